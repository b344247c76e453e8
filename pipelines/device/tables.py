"""What Spark makes of a submission's files: every file is read once, by whichever worker has it, into the tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any

import pyarrow as pa
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_schema

from pipelines.device import reading
from pipelines.device.records import Attachment, Call, Contact, Media, Message, Refused, Source
from schemas import device
from schemas.contract import Table as Contract
from schemas.layouts.device_table import Table

BATCH_ROWS, BATCH_CHARACTERS = 2_000, 16 << 20  # of records that leave a worker at once
WHERE = ("submission_id", "file", "member", "byte_from", "byte_to", "reader")
_MADE_HERE = {
    "night",
    "message_id",
    "content_key",
    "contact_id",
    "call_id",
    "media_id",
    "is_privileged",
    "privileged_by",
    *WHERE,
}

FILES = T.StructType(
    [
        T.StructField("submission_id", T.StringType()),
        T.StructField("file", T.StringType()),
        T.StructField("path", T.StringType()),
        T.StructField("owner_identifiers", T.ArrayType(T.StringType())),
        T.StructField("region", T.StringType()),
        T.StructField("time_zone", T.StringType()),
        T.StructField("tables", T.ArrayType(T.StringType())),  # layouts of tables, each as JSON
        T.StructField("text_in_pictures", T.BooleanType()),
        T.StructField("reason", T.StringType()),  # why it is not to be opened
        T.StructField("detail", T.StringType()),
    ]
)


def _of(table: Contract) -> T.StructType:
    return T.StructType(
        [T.StructField(name, c.type, True) for name, c in table.columns.items() if name not in _MADE_HERE]
    )


_FILE = T.StructType(
    [
        T.StructField(name, column.type, True)
        for name, column in device.FILES.columns.items()
        if name not in {"night", "submission_id", "file", "member", "n_loaded", "n_duplicate"}
    ]
)
_KINDS: dict[type, tuple[str, T.StructType]] = {
    Message: ("message", _of(device.MESSAGES)),
    Contact: ("contact", _of(device.CONTACTS)),
    Call: ("call", _of(device.CALLS)),
    Media: ("media", _of(device.MEDIA)),
    Refused: ("refused", _of(device.REFUSALS)),
    reading.FileRow: ("read_file", _FILE),
}
RECORDS = T.StructType(
    [
        *(T.StructField(name, T.LongType() if name.startswith("byte") else T.StringType()) for name in WHERE),
        *(T.StructField(name, fields) for name, fields in _KINDS.values()),
    ]
)


def records(files: DataFrame, n_tasks: int) -> DataFrame:
    """Everything of the files, in rows of `RECORDS` of which one struct is filled.

    Args:
        files: rows of `FILES`, a row per file.
        n_tasks: pieces of work; one file is one piece, so many small ones go well and one large one takes its time.
    """
    return files.repartition(n_tasks, "file").mapInArrow(_read(), RECORDS)


def _read() -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    schema = to_arrow_schema(RECORDS, timezone="UTC")

    def read(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        rows: list[dict[str, Any]] = []
        n_characters = 0
        for batch in batches:
            for listed in batch.to_pylist():  # a row per file: few, and each is minutes or milliseconds of reading
                for row in _rows(listed):
                    rows.append(row)
                    n_characters += len((row.get("message") or {}).get("text") or "")
                    if len(rows) == BATCH_ROWS or n_characters > BATCH_CHARACTERS:
                        yield pa.RecordBatch.from_pylist(rows, schema)
                        rows, n_characters = [], 0
        if rows:
            yield pa.RecordBatch.from_pylist(rows, schema)

    return read


def _rows(listed: dict[str, Any]) -> Iterator[dict[str, Any]]:
    where = {"submission_id": listed["submission_id"], "file": listed["file"]}
    if listed["reason"]:
        failed = reading.FileRow("FAILED", reason=listed["reason"], detail=listed["detail"])
        yield {**where, "member": "", "reader": reading.HASHES, "read_file": dataclasses.asdict(failed)}
        return
    source = Source(
        listed["file"].rsplit("/", 1)[-1],
        tuple(listed["owner_identifiers"]),
        listed["region"],
        listed["time_zone"],
        bool(listed["text_in_pictures"]),
        tuple(map(Table.model_validate_json, listed["tables"] or ())),
    )
    for told in reading.records(listed["path"], source):
        name, fields = _KINDS[type(told.record)]
        values = {field: getattr(told.record, field) for field in fields.names}
        if isinstance(told.record, Message):
            values["attachments"] = [_attachment(one) for one in told.record.attachments]
        row = {**where, "member": told.member, "reader": told.reader, name: values}
        if not isinstance(told.record, reading.FileRow):
            row["byte_from"], row["byte_to"] = told.record.place
        yield row


def _attachment(one: Attachment) -> dict[str, str | None]:
    return {"name": one.name, "type": one.type, "hash": one.hash}


def messages(records: DataFrame, night: date) -> DataFrame:
    """Rows of silver.device_messages, none of them privileged yet; `is_duplicate`: the file has the message before."""
    kept = _kept(records, "message", night, "message_id")
    same = F.sha2(
        F.to_json(
            F.struct(
                F.coalesce("app", F.lit("")).alias("app"),
                F.coalesce("sender", F.lit("")).alias("sender"),
                F.date_trunc("second", "sent_at").alias("at"),
                F.coalesce("text", F.lit("")).alias("text"),
                F.transform("attachments", lambda a: F.coalesce(a["hash"], a["name"], F.lit(""))).alias("attached"),
            )
        ),
        256,
    )
    told = F.col("sent_at").isNotNull() & (F.col("text").isNotNull() | (F.size("attachments") > 0))
    kept = kept.withColumns(
        {
            "content_key": F.when(told, F.substring(same, 1, 24)).otherwise(F.col("message_id")),
            "is_privileged": F.lit(False),
            "privileged_by": F.lit(None).cast("array<string>"),
        }
    )
    # At a whole minute a clock may only tell minutes: two messages alike may then be two.
    in_file = Window.partitionBy("submission_id", "file", "member", "chat_id", "content_key").orderBy(
        "is_deleted", "byte_from"
    )
    is_again = told & (F.second("sent_at") != 0) & (F.row_number().over(in_file) > 1)
    return kept.withColumn("is_duplicate", is_again)


def others(records: DataFrame, table: Contract, night: date) -> DataFrame:
    """Rows of silver.device_contacts, device_calls, device_media or bronze.device_refusals."""
    kinds = {
        device.CONTACTS.path: ("contact", "contact_id"),
        device.CALLS.path: ("call", "call_id"),
        device.MEDIA.path: ("media", "media_id"),
        device.REFUSALS.path: ("refused", ""),
    }
    kind, id_ = kinds[table.path]
    return table.conform(_kept(records, kind, night, id_))


def _kept(records: DataFrame, kind: str, night: date, id_: str) -> DataFrame:
    kept = records.where(F.col(kind).isNotNull()).select(F.lit(night).alias("night"), *WHERE, f"{kind}.*")
    place = F.sha2(F.concat_ws("|", "submission_id", "file", "member", "byte_from", "byte_to"), 256)
    return kept.withColumn(id_, F.substring(place, 1, 24)) if id_ else kept


def files(records: DataFrame, messages: DataFrame, night: date) -> DataFrame:
    """Rows of bronze.device_files: what the readers say, and of their messages those that were there twice."""
    again = messages.where("is_duplicate").groupBy("submission_id", "file", "member").count()
    told = records.where(F.col("read_file").isNotNull())
    told = told.select(F.lit(night).alias("night"), "submission_id", "file", "member", "read_file.*")
    joined = told.join(again, ["submission_id", "file", "member"], how="left")
    n_duplicate: Column = F.coalesce("count", F.lit(0).cast("long"))
    counted = joined.withColumn("n_duplicate", n_duplicate)
    n_loaded = F.col("n_messages") - F.col("n_quarantined") - F.col("n_duplicate")
    return device.FILES.conform(counted.withColumn("n_loaded", n_loaded))
