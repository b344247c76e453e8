"""Pictures of devices that stand in lists of known pictures: by the same MD5 or SHA-1, and by nothing else.

Lists are read in the workers, item by item. No picture is opened here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import date
from typing import Any

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_schema

from pipelines.device import hash_lists, reading
from schemas import device

FILES = T.StructType([T.StructField(name, T.StringType()) for name in ("submission_id", "list_name", "path")])
_TOLD = T.StructType(
    [
        *FILES.fields[:2],
        T.StructField("list_version", T.StringType()),
        T.StructField("form", T.StringType()),
        T.StructField("item", T.LongType()),
        T.StructField("md5", T.StringType()),
        T.StructField("sha1", T.StringType()),
        T.StructField("category", T.IntegerType()),
        T.StructField("series", T.StringType()),
        T.StructField("refused", T.StringType()),
        T.StructField("stopped", T.StringType()),
    ]
)
BATCH_ROWS = 10_000
N_REFUSALS = 20  # that are named; all are counted
_KINDS = {"SHA1": "sha1", "MD5": "md5"}  # what proves more comes first


def told(files: DataFrame) -> DataFrame:
    """What lists hold: a row per item, per refusal, for the form and for where reading stopped.

    Args:
        files: rows of `FILES`; paths are read by the workers.
    """
    return files.mapInArrow(_reading, _TOLD)


def lists(found: DataFrame, night: date) -> DataFrame:
    """Rows of bronze.device_hash_lists.

    Args:
        found: what `told` gave.
    """
    refusals = F.sort_array(F.collect_set(F.when(F.col("refused").isNotNull(), F.struct("item", "refused"))))
    first = F.transform(F.slice(refusals, 1, N_REFUSALS), lambda r: F.concat_ws(": ", r["item"], r["refused"]))
    by_list = found.groupBy("submission_id", "list_name").agg(
        F.max("list_version").alias("list_version"),
        F.max("form").alias("form"),
        F.count_if(_is_item()).alias("n_items"),
        F.countDistinct(F.when(F.col("refused").isNotNull(), F.col("item"))).alias("n_refused"),
        first.alias("refusals"),
        F.max("stopped").alias("stopped"),
    )
    return device.HASH_LISTS.conform(by_list.withColumn("night", F.lit(night)))


def matches(found: DataFrame, media: DataFrame) -> DataFrame:
    """Rows of gold.device_known_media: each picture of a submission with each item of its lists that it is.

    Where list and device have both hashes and only one is equal, it is another picture, and no match.

    Args:
        found: what `told` gave.
        media: silver.device_media of the night.
    """
    listed = found.where(_is_item()).drop("form", "refused", "stopped")
    there = media.select("night", "media_id", "submission_id", F.col("md5").alias("_md5"), F.col("sha1").alias("_sha1"))
    joined = _by_hash(listed, "md5", "sha1").join(_by_hash(there, "_md5", "_sha1"), ["submission_id", "_kind", "_hash"])
    same = [F.coalesce(F.col(name) == F.col(f"_{name}"), F.lit(True)) for name in _KINDS.values()]
    kinds = F.array(*map(F.lit, _KINDS))
    best = F.min(F.array_position(kinds, F.col("_kind"))).cast("int")
    names = ("night", "submission_id", "media_id", "list_name", "list_version", "item", "category", "series")
    known = joined.where(same[0] & same[1]).groupBy(*names).agg(F.element_at(kinds, best).alias("hash_kind"))
    return device.KNOWN_MEDIA.conform(known)


def _is_item() -> Column:
    return F.coalesce("md5", "sha1").isNotNull()


def _by_hash(rows: DataFrame, md5: str, sha1: str) -> DataFrame:
    """A row per hash that there is."""
    named = {"SHA1": sha1, "MD5": md5}
    pairs = F.array(*(F.struct(F.lit(kind).alias("kind"), F.col(name).alias("hash")) for kind, name in named.items()))
    each = rows.withColumn("_pair", F.explode(pairs))
    each = each.withColumns({"_kind": F.col("_pair.kind"), "_hash": F.col("_pair.hash")}).drop("_pair")
    return each.where(F.col("_hash").isNotNull())


def _reading(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    schema = to_arrow_schema(_TOLD, timezone="UTC")
    for batch in batches:
        for file in batch.to_pylist():
            rows: list[dict[str, Any]] = []
            for row in _rows(file["path"]):
                rows.append({"submission_id": file["submission_id"], "list_name": file["list_name"], **row})
                if len(rows) == BATCH_ROWS:
                    yield pa.RecordBatch.from_pylist(rows, schema)
                    rows = []
            if rows:
                yield pa.RecordBatch.from_pylist(rows, schema)


def _rows(path: str) -> Iterator[dict[str, Any]]:
    try:
        with closing(reading.opened(path)) as stream:
            digest = hashlib.sha256()
            while block := stream.read(reading.BLOCK):
                digest.update(block)
            version = digest.hexdigest()[:16]
            stream.seek(0)
            yield {"list_version": version}
            for each in hash_lists.read(stream):
                yield {"list_version": version, **_row(each)}
    except hash_lists.UnreadableError as error:
        yield {"stopped": str(error)}
    except OSError as error:
        yield {"stopped": f"it cannot be opened ({type(error).__name__})"}


def _row(each: hash_lists.Form | hash_lists.Item | hash_lists.Refused) -> dict[str, Any]:
    if isinstance(each, hash_lists.Form):
        return {"form": each.name}
    if isinstance(each, hash_lists.Refused):
        return {"item": each.n, "refused": each.reason}
    return {
        "item": each.n, "md5": each.md5, "sha1": each.sha1, "category": each.category, "series": each.series
    }  # fmt: skip
