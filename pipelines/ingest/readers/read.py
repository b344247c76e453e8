"""Reading: from a list of landed files to rows exactly as their senders wrote them, or to reasons why not.

Workers read files side by side with Arrow (`mapInArrow`), each file in a stream, so memory does not grow with a file.
What a file holds never fails a task: a file that cannot be read whole is refused whole, with a reason code. What needs
a row's JSON (is it JSON, is it marked SECRET) is judged in Spark's own expressions afterwards.

Workers open files by path: on a cluster the landing zone must be mounted at the same path everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from pipelines.ingest import layout_columns
from pipelines.ingest.readers import base as readers
from pipelines.ingest.readers import json_document, parquet_rows, workbook
from pipelines.ingest.readers import text as readers_text
from pipelines.ingest.readers.base import FileRefused, Spool
from schemas import codes
from schemas.contract import DATE, LONG, STRING
from schemas.layouts import layouts

JSON = ("jsonl", "json")  # formats whose rows are as their senders wrote them, to be judged as JSON
# What to read: one row per file. `duplicate_of` and `duplicate_rows` come from `ingest.listed`.
FILES = T.StructType(
    [
        T.StructField("night", DATE, False),
        T.StructField("sender", STRING, False),
        T.StructField("feed", STRING, False),
        T.StructField("file", STRING, False),
        T.StructField("path", STRING, False),
        T.StructField("file_hash", STRING),
        T.StructField("n_bytes", LONG),
        T.StructField("reason", STRING),
        T.StructField("detail", STRING),
        T.StructField("changed_ns", LONG),
    ]
)
# What was read. Row 0 of a file speaks of the file as a whole: its reason, or the columns that no mapping names.
ROWS = T.StructType(
    [
        T.StructField("night", DATE, False),
        T.StructField("sender", STRING, False),
        T.StructField("feed", STRING, False),
        T.StructField("file", STRING, False),
        T.StructField("file_hash", STRING),
        T.StructField("row_number", LONG, False),
        T.StructField("raw", STRING),
        T.StructField("reason", STRING),
        T.StructField("detail", STRING),
        T.StructField("rescued_columns", STRING),
        T.StructField("absent_columns", STRING),
    ]
)
_ARROW_TYPES: dict[T.DataType, pa.DataType] = {DATE: pa.date32(), LONG: pa.int64(), STRING: pa.string()}
_ARROW = pa.schema([(field.name, _ARROW_TYPES[field.dataType]) for field in ROWS.fields])


def rows(files: DataFrame, sources: Mapping[str, layouts.Source], n_tasks: int = 16) -> DataFrame:
    """Every row of `files` (shape FILES) as shape ROWS: one row 0 a file, then its rows from 1.

    Files are spread over `n_tasks` tasks; a good number is that of the files, up to a few hundred.


    Files with a `reason` already, or with `duplicate_of` set, are not opened. A row with a reason is refused; its `raw`
    is cut to what the quarantine keeps, and is NULL where the row is, or may be, marked SECRET or above.
    """
    if "duplicate_of" in files.columns:
        files = files.filter(F.col("duplicate_of").isNull())
    spread = files.select(*FILES.names).repartition(n_tasks)
    read_rows = spread.mapInArrow(_reader(dict(sources)), ROWS)
    return _screened(read_rows, sources)


def _reader(sources: dict[str, layouts.Source]) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for file in batch.to_pylist():  # one step a file, not a row
                yield from read_file(file, sources)

    return read


def read_file(file: Mapping[str, Any], sources: Mapping[str, layouts.Source]) -> Iterator[pa.RecordBatch]:
    """One file's batches in the shape of ROWS. Whatever happens inside becomes a reason; nothing is loaded in part."""
    if file["reason"] is not None:
        yield _whole(file, file["reason"], file["detail"])
        return
    with Spool(file["n_bytes"] or 0) as spool:
        try:
            columns = _read_into(spool, file, sources)
            if not spool.n_rows:
                raise FileRefused("FILE_NO_ROWS", "a header and no rows")
        except FileRefused as refused:
            detail = refused.detail + _proposal(refused, file["feed"], sources)
            yield _whole(file, refused.reason, detail)
            return
        except Exception as error:  # noqa: BLE001 - the promise: no input stops the night
            cause = _refusal_behind(error)
            yield _whole(file, cause.reason, cause.detail)
            return
        yield _whole(file, None, None, columns)
        for part in spool.batches():
            yield _rows_of(file, part)


def refusal(file: Mapping[str, Any], sources: Mapping[str, layouts.Source]) -> FileRefused | None:
    """Why a file (one of FILES) cannot be read in its sender's layout, or None where it can."""
    if file["reason"] is not None:
        return FileRefused(file["reason"], file["detail"] or "")
    with Spool(file["n_bytes"] or 0) as spool:
        try:
            _read_into(spool, file, sources)
        except FileRefused as found:
            return found
        except Exception as error:  # noqa: BLE001 - as in `read_file`
            return _refusal_behind(error)
    return None


def _proposal(refused: FileRefused, feed: str, sources: Mapping[str, layouts.Source]) -> str:
    """For a file whose layout is unknown, the layout that comes nearest and what the file lacks of it."""
    proposed = layouts.nearest(refused.paths, feed, sources) if refused.paths else None
    if proposed is None:
        return ""
    sender, absent = proposed
    return f"; nearest layout: {sender}.yaml, " + (f"absent: {', '.join(absent)}" if absent else "which it fits")


def _refusal_behind(error: BaseException) -> FileRefused:
    """The refusal that an error wraps (parsers call our streams and wrap what those raise), or the error's kind."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, FileRefused):
            return cause
        cause = cause.__cause__ or cause.__context__
    return FileRefused("FILE_UNREADABLE", f"cannot be read ({type(error).__name__})")


def _read_into(spool: Spool, file: Mapping[str, Any], sources: Mapping[str, layouts.Source]) -> readers.Columns:
    feed = sources[file["sender"]].feeds[file["feed"]]
    with readers.open_plain(file["path"], file["n_bytes"]) as stream:
        head = stream.read(4 << 20)
        stream.seek(0)
        if not head:
            raise FileRefused("FILE_EMPTY", "0 bytes")
        is_packed = not head.startswith(readers.ZIP) and readers.check_name(file["file"], feed.format)
        if is_packed and not head.startswith(readers.GZIP):
            raise FileRefused("FILE_TYPE_MISMATCH", "the name says gzip, the content does not")
        if not is_packed:
            readers.check_head(head, feed.format)
            readers.check_name(file["file"], feed.format)
        del head
        if feed.format == "xlsx":
            return workbook.read_xlsx(stream, feed, spool)
        if feed.format == "parquet":
            return parquet_rows.read_parquet(stream, feed, spool)
        line_limit = readers.MAX_LINE if feed.format == "csv" else None

        def opened() -> readers_text.CheckedText:
            stream.seek(0)
            return readers_text.CheckedText(stream, feed.encoding, is_packed, line_limit)

        text = opened()
        start = text.peek(1 << 16)
        if not start.strip():
            raise FileRefused("FILE_EMPTY", "nothing but white space")
        readers.check_head(start, feed.format)
        if feed.format == "json":
            return json_document.read_json(opened, feed, spool)
        reader = readers_text.read_csv if feed.format == "csv" else readers_text.read_jsonl
        return reader(text, feed, spool)


def _whole(
    file: Mapping[str, Any], reason: str | None, detail: str | None, columns: readers.Columns | None = None
) -> pa.RecordBatch:
    row = {**{name: file.get(name) for name in _ARROW.names}, "row_number": 0, "raw": None}
    rescued, absent = (",".join(names) or None for names in columns or ((), ()))
    row.update(reason=reason, detail=_encodable(detail))
    row.update(rescued_columns=_encodable(rescued), absent_columns=_encodable(absent))
    return pa.RecordBatch.from_pylist([row], schema=_ARROW)


def _encodable(text: str | None) -> str | None:
    """Names of columns may hold half a character, which no text of a table can."""
    return None if text is None else text.encode("utf-8", "replace").decode()


def _rows_of(file: Mapping[str, Any], part: pa.RecordBatch) -> pa.RecordBatch:
    def column(field: pa.Field) -> pa.Array:
        if field.name in part.schema.names:
            return part.column(field.name)
        return pa.repeat(pa.scalar(file.get(field.name), field.type), part.num_rows)

    return pa.RecordBatch.from_arrays([column(field) for field in _ARROW], schema=_ARROW)


# A JSON key that ends in a content word, at any depth: in snake, kebab or spaced case, or in camel case.
_CONTENT_KEY = (
    r'"(?:(?i:(?:[^"\\]*[^a-z"\\])?(?:content|body|message|text|transcript)(?:[_ .-]?(?:text|body|content))?)'
    r'|[^"\\]*[a-z](?:Content|Body|Message|Text|Transcript))"\s*:'
)


def _screened(read_rows: DataFrame, sources: Mapping[str, layouts.Source]) -> DataFrame:
    """Adds the reasons that need a row's JSON, and drops text that may not be kept."""
    is_row = F.col("row_number") > 0
    is_readable = is_row & F.col("reason").isNull()
    json_feeds = [f"{s.sender}/{f.name}" for s in sources.values() for f in s.feeds.values() if f.format in JSON]
    is_json = is_readable & F.concat_ws("/", "sender", "feed").isin(json_feeds)
    extract = layout_columns.Extract(sources, "reports", F.from_json("raw", "map<string,string>"))
    is_suspect = is_readable & (F.col("feed") == "reports") & _may_be_marked(sources)
    judged = read_rows.withColumn("_marking", F.when(is_suspect, extract.text("marking")))  # only suspects are parsed
    is_refused = layout_columns.is_refused_marking(extract.national("marking", F.col("_marking")))
    marked = F.when(is_refused, _why("MARKING_REFUSED", "marked SECRET or above: text not kept"))
    judged = judged.withColumn("_why", F.coalesce(F.when(is_json, _json_refusal(sources)), marked))
    reason = F.coalesce("reason", F.col("_why.reason"))
    # A row that cannot be parsed does not tell its marking: text that may be marked is not kept either.
    is_unparsed = reason.isin("ROW_MALFORMED", "ROW_TOO_DEEP", "ROW_DUPLICATE_KEYS") & (F.col("feed") == "reports")
    is_withheld = reason.isin("MARKING_REFUSED", "FILE_CONTENT_COLUMN") | (is_unparsed & _may_be_marked(sources))
    kept = F.when(reason.isNull(), F.col("raw")).otherwise(F.substring("raw", 1, readers.KEPT_RAW))
    return judged.select(
        *ROWS.names[:6],
        F.when(~F.coalesce(is_withheld, F.lit(False)), kept).alias("raw"),
        reason.alias("reason"),
        F.coalesce("detail", F.col("_why.detail")).alias("detail"),
        "rescued_columns",
        "absent_columns",
    )


def _why(reason: str, detail: str) -> Column:
    return F.struct(F.lit(reason).alias("reason"), F.lit(detail).alias("detail"))


def _json_refusal(sources: Mapping[str, layouts.Source]) -> Column:
    """Why a JSON line is not one object with distinct keys: the variant parser refuses a key named twice."""
    is_object = F.ltrim("raw").startswith("{")
    parses = F.try_parse_json("raw").isNotNull()
    is_json = F.get_json_object("raw", "$").isNotNull()
    # A layout that maps such a name itself was written by a person who looked; its files are judged by column only.
    mapped = [
        source.sender
        for source in sources.values()
        for feed in source.feeds.values()
        if any(readers.looks_like_content(layouts.split_path(feed, c)[-1]) for c in feed.columns.values())
    ]
    is_comms = F.col("feed").startswith("comms_") & ~F.col("sender").isin(mapped)
    return (
        F.when(~is_object | (~parses & ~is_json), _why("ROW_MALFORMED", "not one JSON object"))
        .when(~parses, _why("ROW_DUPLICATE_KEYS", "a key is named twice"))
        .when(is_comms & F.col("raw").rlike(_CONTENT_KEY), _why("FILE_CONTENT_COLUMN", "a key looks like content"))
    )


def _may_be_marked(sources: Mapping[str, layouts.Source]) -> Column:
    """Whether a report's raw text could carry a refused marking: the word, an escape, or a sender's own code."""
    coded = [
        name
        for name, (_, feed) in layouts.of_feed(sources, "reports").items()
        if set(feed.codes.get("marking", {}).values()) & set(codes.REFUSED_MARKINGS)
        or feed.constants.get("marking") in codes.REFUSED_MARKINGS
    ]
    text = F.upper("raw")
    return text.contains("SECRET") | text.contains("\\U") | F.col("sender").isin(coded)
