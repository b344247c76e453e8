"""Pictures of devices that stand in lists of known pictures: by the same MD5 or SHA-1, or by PDQ hashes that are near.

Lists are read in the workers, item by item. No picture is opened here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_schema

from pipelines.device import hash_lists, pdq, reading
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
        T.StructField("pdq", T.StringType()),
        T.StructField("pdq_quality", T.IntegerType()),
        T.StructField("refused", T.StringType()),
        T.StructField("stopped", T.StringType()),
    ]
)
BATCH_ROWS = 10_000
N_REFUSALS = 20  # that are named; all are counted
_KINDS = {"SHA1": "sha1", "MD5": "md5"}  # what proves more comes first
_OF_MATCH = (
    "night", "submission_id", "media_id", "list_name", "list_version", "item", "category", "series", "hash_kind",
    "distance", "is_turned",
)  # fmt: skip
_ALIKE = T.StructType([T.StructField(f.name, f.dataType, True) for f in device.KNOWN_MEDIA.struct()])
PART = 200_000  # items of a list that one task holds


def told(files: DataFrame) -> DataFrame:
    """What lists hold: a row per item, per refusal, for the form and for where reading stopped.

    Args:
        files: rows of `FILES`; paths are read by the workers. Without a submission it is a list for all of them.
    """
    return files.mapInArrow(_reading, _TOLD)


def lists(found: DataFrame, night: date, submissions: Sequence[str]) -> DataFrame:
    """Rows of bronze.device_hash_lists.

    Args:
        found: what `told` gave.
        submissions: of the night: each has a row for each list that is for all.
    """
    refusals = F.sort_array(F.collect_set(F.when(F.col("refused").isNotNull(), F.struct("item", "refused"))))
    first = F.transform(F.slice(refusals, 1, N_REFUSALS), lambda r: F.concat_ws(": ", r["item"], r["refused"]))
    by_list = found.groupBy("submission_id", "list_name").agg(
        F.max("list_version").alias("list_version"),
        F.max("form").alias("form"),
        F.count_if(_is_item()).alias("n_items"),
        F.count_if(F.col("pdq").isNotNull()).alias("n_pdq"),
        F.count_if(F.expr("pdq IS NOT NULL AND pdq_quality IS NULL")).alias("n_pdq_unrated"),
        F.countDistinct(F.when(F.col("refused").isNotNull(), F.col("item"))).alias("n_refused"),
        first.alias("refusals"),
        F.max("stopped").alias("stopped"),
    )
    of_all = F.array(*map(F.lit, submissions)).cast("array<string>")
    told_to = F.when(F.col("submission_id").isNull(), of_all).otherwise(F.array("submission_id"))
    each = by_list.withColumn("submission_id", F.explode(told_to))
    return device.HASH_LISTS.conform(each.withColumn("night", F.lit(night)))


def matches(found: DataFrame, media: DataFrame) -> DataFrame:
    """Rows of gold.device_known_media: each picture of a submission with each item of its lists, or of those for all,
    that it is or is like.

    Where list and device have both hashes and only one is equal, it is another file, and no match by these. Alike are
    PDQ hashes at most 31 bits apart in one of eight orientations, if list or device tells a quality of 50 or more and
    neither tells less: a hash whose quality nobody tells may be of a flat picture, which is like every other one.

    Args:
        found: what `told` gave.
        media: silver.device_media of the night.
    """
    listed = found.where(_is_item()).drop("form", "refused", "stopped")
    there = media.select("night", "media_id", "submission_id", F.col("md5").alias("_md5"), F.col("sha1").alias("_sha1"))
    hashes, held = _by_hash(listed, "md5", "sha1"), _by_hash(there, "_md5", "_sha1")
    joined = hashes.join(held, ["submission_id", "_kind", "_hash"])  # a list without a submission joins none
    of_all = hashes.where("submission_id IS NULL").drop("submission_id").join(held, ["_kind", "_hash"])
    joined = joined.unionByName(of_all)
    same = [F.coalesce(F.col(name) == F.col(f"_{name}"), F.lit(True)) for name in _KINDS.values()]
    kinds = F.array(*map(F.lit, _KINDS))
    best = F.min(F.array_position(kinds, F.col("_kind"))).cast("int")
    names = ("night", "submission_id", "media_id", "list_name", "list_version", "item", "category", "series")
    known = joined.where(same[0] & same[1]).groupBy(*names).agg(F.element_at(kinds, best).alias("hash_kind"))
    known = known.withColumns({"distance": F.lit(None).cast("int"), "is_turned": F.lit(None).cast("boolean")})
    near = _alike(listed, media)
    near = near.join(known.select(*device.KNOWN_MEDIA.key), list(device.KNOWN_MEDIA.key), how="left_anti")
    return device.KNOWN_MEDIA.conform(known.select(*_OF_MATCH).unionByName(near.select(*_OF_MATCH)))


def _alike(listed: DataFrame, media: DataFrame) -> DataFrame:
    """Pictures that are like items of lists, each with the least distance: `device.KNOWN_MEDIA`."""
    is_good = f"pdq IS NOT NULL AND coalesce(pdq_quality, 100) >= {pdq.MIN_QUALITY}"
    there = media.where(is_good).select("night", "submission_id", "media_id", "pdq", "pdq_quality")
    items = listed.where(is_good).withColumn("_part", F.floor(F.col("item") / PART))
    every = there.select("submission_id").distinct()
    of_all = items.where("submission_id IS NULL").drop("submission_id").crossJoin(F.broadcast(every))
    items = items.where("submission_id IS NOT NULL").unionByName(of_all)
    by, as_ = ("submission_id", "list_name", "_part"), ("_of_submission", "_of_list", "_of_part")
    parts = items.select(*(F.col(name).alias(other) for name, other in zip(by, as_, strict=True))).distinct()
    met = there.join(F.broadcast(parts), F.col("submission_id") == F.col("_of_submission"))
    return items.groupBy(*by).cogroup(met.groupBy(*as_)).applyInArrow(_compared, _ALIKE)


def _compared(items: pa.Table, media: pa.Table) -> pa.Table:
    """Items of a part of a list with the pictures of a submission that are like them."""
    schema = to_arrow_schema(_ALIKE, timezone="UTC")
    if not items.num_rows or not media.num_rows:
        return schema.empty_table()
    turned = pdq.orientations(pdq.packed(media["pdq"].to_pylist()))
    left, right, apart = pdq.near(turned.reshape(-1, turned.shape[2]), pdq.packed(items["pdq"].to_pylist()))
    picture, orientation = left // pdq.ORIENTATIONS, left % pdq.ORIENTATIONS
    rated = [pc.is_valid(side["pdq_quality"]).to_numpy() for side in (media, items)]
    told = rated[0][picture] | rated[1][right]
    order = np.lexsort((orientation, apart, right, picture))
    order = order[told[order]]
    _, first = np.unique(np.stack([picture, right])[:, order], axis=1, return_index=True)
    best = order[first]
    there, known = media.take(pa.array(picture[best])), items.take(pa.array(right[best]))
    return (
        pa.table(
            {
                **{name: there[name] for name in ("night", "submission_id", "media_id")},
                **{name: known[name] for name in ("list_name", "list_version", "item", "category", "series")},
                "hash_kind": pa.array(["PDQ"] * len(best), pa.string()),
                "distance": pa.array(apart[best], pa.int32()),
                "is_turned": pa.array(orientation[best] > 0, pa.bool_()),
            }
        )
        .select(schema.names)
        .cast(schema)
    )


def _is_item() -> Column:
    return F.coalesce("md5", "sha1", "pdq").isNotNull()


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
    return {"item": each.n, **{name: getattr(each, name) for name in each._fields[1:]}}
