"""The reader of Delta's log gives what Spark gives: files, rows, sizes, at each version of any log."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.runtime.delta import delta_files, delta_log
from tests.support import damage

pytestmark = pytest.mark.spark
KINDS = ("O'Neill & Co", "50% / a b", "a:=?#")  # partition values that paths have to escape


def told_by_spark(spark: SparkSession, table: Path, version: int) -> tuple[set[str], int]:
    """Data files and rows of a version, by Spark's own reader."""
    df = spark.read.format("delta").option("versionAsOf", version).load(str(table))
    return {name.removeprefix("file:") for name in df.inputFiles()}, df.count()


def told_by_log(table: Path, version: int) -> tuple[set[str], int]:
    state = delta_log.read(table).at(version)
    assert state is not None
    live = state.files.values()
    assert all(one.path.is_file() for one in live)
    return {str(one.path) for one in live}, sum(one.n_live_rows for one in live)


def write(spark: SparkSession, table: Path, n_versions: int, *properties: str) -> None:
    """A partitioned table of appends, overwrites of one partition and deletions."""
    listed = f" TBLPROPERTIES ({', '.join(properties)})" if properties else ""
    name = f"delta.`{table}`"
    spark.sql(f"CREATE TABLE {name} (n LONG, kind STRING) USING delta PARTITIONED BY (kind){listed}")
    for version in range(1, n_versions):
        kind = KINDS[version % len(KINDS)]
        rows = spark.createDataFrame([(version * 10 + n, kind) for n in range(4)], "n long, kind string").coalesce(1)
        if version % 5 == 4:
            spark.sql(f"DELETE FROM {name} WHERE n % 10 = 1")
        elif version % 5 == 3:
            rows.write.format("delta").mode("overwrite").option("replaceWhere", f'kind = "{kind}"').save(str(table))
        else:
            rows.write.format("delta").mode("append").save(str(table))


@pytest.mark.parametrize(
    ("n_versions", "properties", "conf"),
    [
        (4, (), {}),
        (14, (), {}),  # a checkpoint and commits after it
        (14, ("'delta.enableDeletionVectors' = 'true'",), {}),
        (8, ("'delta.checkpointInterval' = '3'",), {"spark.databricks.delta.checkpoint.partSize": "2"}),
    ],
    ids=["commits alone", "a checkpoint", "deletion vectors", "checkpoints in parts"],
)
def test_versions_are_those_that_spark_reads(
    spark: SparkSession, tmp_path: Path, n_versions: int, properties: tuple[str, ...], conf: dict[str, str]
):
    table = tmp_path / "table"
    for name, value in conf.items():
        spark.conf.set(name, value)
    try:
        write(spark, table, n_versions, *properties)
    finally:
        for name in conf:
            spark.conf.unset(name)
    log = delta_log.read(table)
    assert log.flaws == ()
    (detail,) = spark.sql(f"DESCRIBE DETAIL delta.`{table}`").select("numFiles", "sizeInBytes").collect()
    live = log.state.files.values()
    assert (len(live), sum(one.n_bytes for one in live)) == tuple(detail)
    (last,) = spark.sql(f"DESCRIBE HISTORY delta.`{table}` LIMIT 1").select("version").collect()
    assert log.newest == log.state.version == last.version
    for version in range(log.newest + 1):
        assert told_by_log(table, version) == told_by_spark(spark, table, version), f"version {version}"
    assert list(log.state.columns()) == ["n", "kind"]
    if properties and "DeletionVectors" in properties[0]:
        vectors = [path for one in live if (path := delta_files.vector_file(one))]
        assert vectors
        assert all(path.is_file() for path in vectors)
    if conf:
        assert [path for path in (table / "_delta_log").iterdir() if ".0000000002." in path.name]


def test_rows_are_those_that_spark_reads(spark: SparkSession, tmp_path: Path):
    write(spark, tmp_path / "table", 4)
    mine = delta_log.rows(delta_log.read(tmp_path / "table"), ("n", "kind")).to_pylist()
    theirs = spark.read.format("delta").load(str(tmp_path / "table")).collect()
    assert sorted((row["n"], row["kind"]) for row in mine) == sorted((row.n, row.kind) for row in theirs)


def test_a_log_whose_old_commits_delta_cleared_away_is_whole(spark: SparkSession, tmp_path: Path):
    table = tmp_path / "table"
    write(spark, table, 14)
    for version in range(10):
        damage.commit(table, version).unlink()
    log = delta_log.read(table)
    assert log.flaws == ()
    assert log.state.version == 13
    assert log.at(9) is None
    assert told_by_log(table, 13) == told_by_spark(spark, table, 13)


def test_a_checkpoint_of_the_newer_kind_is_told_of_and_commits_are_read(spark: SparkSession, tmp_path: Path):
    table = tmp_path / "table"
    write(spark, table, 5, "'delta.checkpointPolicy' = 'v2'", "'delta.checkpointInterval' = '3'")
    log = delta_log.read(table)
    assert "newer checkpoint" in {flaw.kind for flaw in log.flaws}
    assert told_by_log(table, 4) == told_by_spark(spark, table, 4)


@pytest.mark.parametrize(
    ("damaged", "readable", "word"),
    [(13, 12, "cannot be read"), (12, 11, "cannot be read"), (4, 13, "cannot be read")],
    ids=["the last", "one after the checkpoint", "one before the checkpoint"],
)
def test_a_cut_commit_hides_no_more_than_it_must(
    spark: SparkSession, tmp_path: Path, damaged: int, readable: int, word: str
):
    write(spark, tmp_path / "table", 14)
    damage.cut(damage.commit(tmp_path / "table", damaged))
    log = delta_log.read(tmp_path / "table")
    assert (log.newest, log.state.version) == (13, readable)
    (flaw,) = log.flaws
    assert flaw.version == damaged
    assert word in flaw.why
