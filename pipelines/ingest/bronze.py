"""From what was read to bronze: rows, quarantine and the ledger of files.

A file is known by its content: the same bytes under another name load nothing. A night is compared with nights before
it and with itself, never with later ones, so a rerun decides as the first run did, in whatever order nights are run.
An old night that is run after a newer one may load a file that the newer one loaded too; both then hold the records
under their own night, and the newest version as of any night is the same. Running the newer night again makes its copy
a duplicate.

The same content counts as the same file within one sender and feed. A drop put into another sender's folder by mistake
is judged by that sender's layout, and does not stand in the way of the rightful one.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from schemas import bronze

_SAME = ("sender", "feed", "file_hash")


def listed(files: DataFrame, known: DataFrame, night: date) -> DataFrame:
    """The night's files, each with the file of the same content that came first.

    Args:
        files: landed files (shape `read.FILES`).
        known: bronze.files; only LOADED files of nights before `night` count.
        night: the night.

    Returns:
        `files` and `duplicate_of` (path of the earlier file, or NULL), `duplicate_rows` (its rows; NULL where the
        earlier file is of this same night and was not read yet).
    """
    before = known.filter((F.col("night") < F.lit(night)) & (F.col("status") == "LOADED"))
    first = before.groupBy(*_SAME).agg(F.min_by(F.struct("file", "n_rows"), F.struct("night", "file")).alias("_before"))
    twins = Window.partitionBy(*_SAME).orderBy("file")
    is_judged = F.col("reason").isNull() & F.col("file_hash").isNotNull()
    twinned = files.withColumn("_twin", F.when(is_judged, F.first("file").over(twins)))
    twinned = twinned.join(F.broadcast(first), on=list(_SAME), how="left")
    twin = F.when(F.col("_twin") != F.col("file"), F.col("_twin"))
    return twinned.select(
        *files.columns,
        F.when(is_judged, F.coalesce(F.col("_before.file"), twin)).alias("duplicate_of"),
        F.when(is_judged, F.col("_before.n_rows")).alias("duplicate_rows"),
    )


def rows(read: DataFrame) -> DataFrame:
    """What could be read, in the shape of bronze.rows."""
    return bronze.ROWS.conform(read.filter((F.col("row_number") > 0) & F.col("reason").isNull()))


def files(read: DataFrame, listed: DataFrame) -> DataFrame:
    """The ledger: one row per file of the night, in the shape of bronze.files.

    Args:
        read: result of `read.rows` over `listed`.
        listed: result of `listed`.
    """
    is_row = F.col("row_number") > 0
    is_bad = F.col("reason").isNotNull()
    by_file = read.groupBy("file").agg(
        F.count_if(is_row & ~is_bad).alias("_loaded"),
        F.count_if(is_row & is_bad).alias("_bad"),
        F.max(F.when(~is_row, F.col("reason"))).alias("_whole"),
        F.min_by("reason", F.when(is_row & is_bad, F.col("row_number"))).alias("_first"),
        F.max("rescued_columns").alias("rescued_columns"),
        F.max("absent_columns").alias("absent_columns"),
    )
    # A twin of this night shares the fate of the file that was read in its stead.
    read_as = F.when(F.col("duplicate_rows").isNull(), F.coalesce("duplicate_of", "file"))
    joined = listed.drop("reason").withColumn("_read_as", read_as)
    joined = joined.join(by_file.withColumnRenamed("file", "_read_as"), on="_read_as", how="left")
    return bronze.FILES.conform(_outcome(joined))


def _outcome(joined: DataFrame) -> DataFrame:
    loaded, bad = F.coalesce("_loaded", F.lit(0)), F.coalesce("_bad", F.lit(0))
    is_refused = F.col("duplicate_rows").isNull() & (loaded == 0)
    is_duplicate = F.col("duplicate_of").isNotNull() & ~is_refused
    n_rows = F.coalesce("duplicate_rows", loaded + bad)
    whole = is_refused & (F.col("_whole").isNotNull() | F.col("duplicate_of").isNotNull())
    zero = F.lit(0).cast("long")

    def long(column: Column) -> Column:
        return column.cast("long")

    return joined.select(
        "night",
        "sender",
        "feed",
        "file",
        "file_hash",
        "n_bytes",
        F.when(is_duplicate, "DUPLICATE").when(is_refused, "QUARANTINED").otherwise("LOADED").alias("status"),
        F.when(is_duplicate, F.col("duplicate_of")).alias("duplicate_of"),
        F.when(is_refused, F.coalesce("_whole", "_first")).alias("reason"),
        F.when(whole, zero).otherwise(long(n_rows)).alias("n_rows"),
        F.when(is_duplicate, zero).otherwise(long(loaded)).alias("n_rows_loaded"),
        F.when(is_duplicate, zero).when(whole, F.lit(1)).otherwise(bad).cast("long").alias("n_rows_quarantined"),
        F.when(is_duplicate, long(n_rows)).otherwise(zero).alias("n_rows_deduplicated"),
        F.when(~is_duplicate, F.col("rescued_columns")).alias("rescued_columns"),
        "changed_ns",
        F.when(~is_duplicate, F.col("absent_columns")).alias("absent_columns"),
    )


def quarantine(read: DataFrame, ledger: DataFrame, listed: DataFrame) -> DataFrame:
    """What was refused: files whole (row 0) and rows, in the shape of bronze.quarantine (stage ingest).

    Args:
        read: result of `read.rows`.
        ledger: result of `files`.
        listed: result of `listed`, which knows the twins of files that were refused.
    """
    refused = read.filter(F.col("reason").isNotNull()).withColumn("stage", F.lit("ingest"))
    refused = refused.withColumn("detail", F.coalesce("detail", F.lit("")))
    twins = listed.filter(F.col("duplicate_of").isNotNull()).select("file", F.col("duplicate_of").alias("_of"))
    again = ledger.filter(F.col("status") == "QUARANTINED").join(F.broadcast(twins), on="file", how="inner")
    again = again.select(
        "night",
        F.lit("ingest").alias("stage"),
        "sender",
        "feed",
        "file",
        "file_hash",
        F.lit(0).cast("long").alias("row_number"),
        "reason",
        F.concat(F.lit("same content as "), F.col("_of")).alias("detail"),
        F.lit(None).cast("string").alias("raw"),
    )
    return bronze.QUARANTINE.conform(refused).unionByName(bronze.QUARANTINE.conform(again))
