"""Writes replace exactly what they own, do nothing twice, and keep each contract's constraints."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

from jobs.runtime import context, lakehouse
from pipelines.common import concurrency
from schemas import gold, review, risk, silver
from tests.support import tables

pytestmark = pytest.mark.spark
PEOPLE = silver.PEOPLE
FIRST, SECOND = date(2026, 1, 5), date(2026, 1, 6)


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> lakehouse.Lakehouse:
    return lakehouse.Lakehouse(spark, tmp_path)


def people(spark: SparkSession, night: date, *surnames: str):
    return tables.frame(
        spark, PEOPLE, *[{"night": night, "person_id": f"36:{n}", "surname": s} for n, s in enumerate(surnames)]
    )


def test_a_table_never_written_reads_as_empty(lake: lakehouse.Lakehouse):
    assert lake.read(PEOPLE).columns == PEOPLE.names
    assert lake.read(PEOPLE).isEmpty()
    assert lake.version(PEOPLE) is None


def test_a_table_that_is_being_made_reads_as_empty(lake: lakehouse.Lakehouse, tmp_path: Path):
    """Delta makes the folder of the log before its first commit, and another thread may look in between."""
    log = tmp_path / PEOPLE.layer / PEOPLE.noun / "_delta_log"
    log.mkdir(parents=True)
    (log / f".{0:020d}.json.tmp").touch()
    assert lake.read(PEOPLE).isEmpty()
    assert lake.version(PEOPLE) is None


def test_the_same_content_is_not_written_again(lake: lakehouse.Lakehouse, spark: SparkSession):
    assert lake.replace(people(spark, FIRST, "A", "B"), PEOPLE, {"night": str(FIRST)})
    version = lake.version(PEOPLE)
    assert not lake.replace(people(spark, FIRST, "A", "B"), PEOPLE, {"night": str(FIRST)})
    assert lake.version(PEOPLE) == version


def test_a_night_replaces_itself_and_no_other(lake: lakehouse.Lakehouse, spark: SparkSession):
    lake.replace(people(spark, SECOND, "C"), PEOPLE, {"night": str(SECOND)})
    lake.replace(people(spark, FIRST, "A", "B"), PEOPLE, {"night": str(FIRST)})  # an older night after a newer one
    lake.replace(people(spark, FIRST, "X"), PEOPLE, {"night": str(FIRST)})
    found = {(row.night, row.surname) for row in lake.read(PEOPLE).collect()}
    assert found == {(FIRST, "X"), (SECOND, "C")}


def test_what_is_written_is_computed_once(lake: lakehouse.Lakehouse, spark: SparkSession, tmp_path: Path):
    computed = tmp_path / "computed"
    computed.touch()

    def tell(batches):
        for batch in batches:
            with computed.open("a") as file:
                file.write("x" * batch.num_rows)
            yield batch

    df = people(spark, FIRST, "A", "B")
    assert lake.replace(df.mapInArrow(tell, df.schema), PEOPLE, {"night": str(FIRST)})
    assert computed.read_text() == "xx"
    assert not lake.replace(df.mapInArrow(tell, df.schema), PEOPLE, {"night": str(FIRST)})
    assert computed.read_text() == "xxxx"


def test_rows_of_a_night_are_those_that_commits_tell_of(lake: lakehouse.Lakehouse, spark: SparkSession):
    """Spark is the witness: over a checkpoint, a night made anew, rows deleted, and a table that was never written."""
    lake.replace(people(spark, FIRST, "A"), PEOPLE, {"night": str(FIRST)})
    spark.sql(f"ALTER TABLE {lake.sql_name(PEOPLE)} SET TBLPROPERTIES ('delta.checkpointInterval' = '3')")
    for night, surnames in [(SECOND, "AB"), (FIRST, "ABCD"), (SECOND, "A")]:
        lake.replace(people(spark, night, *surnames), PEOPLE, {"night": str(night)})
    assert list((lake.root / "silver" / "people" / "_delta_log").glob("*.checkpoint.parquet"))
    before = lakehouse.n_actions(spark)
    told = lake.n_rows((PEOPLE, gold.QUEUE_ITEMS), FIRST)
    assert lakehouse.n_actions(spark) == before
    assert told == {PEOPLE.path: 4, gold.QUEUE_ITEMS.path: 0}
    spark.sql(f"DELETE FROM {lake.sql_name(PEOPLE)} WHERE surname = 'C'")
    assert lake.n_rows((PEOPLE,), FIRST)[PEOPLE.path] == lake.read(PEOPLE).where(f"night = '{FIRST}'").count() == 3


def test_rows_of_a_night_are_counted_where_commits_do_not_tell(lake: lakehouse.Lakehouse, spark: SparkSession):
    lake.replace(people(spark, FIRST, "A", "B"), PEOPLE, {"night": str(FIRST)})
    commit = lake.root / "silver" / "people" / "_delta_log" / f"{1:020d}.json"
    actions = [json.loads(line) for line in commit.read_text().splitlines()]
    for action in actions:
        action.get("add", {}).pop("stats", None)
    commit.write_text("\n".join(json.dumps(action) for action in actions))
    commit.with_name(f".{commit.name}.crc").unlink(missing_ok=True)
    assert lake.n_rows((PEOPLE,), FIRST) == {PEOPLE.path: 2}


def test_rows_of_another_night_are_refused(lake: lakehouse.Lakehouse, spark: SparkSession):
    with pytest.raises(AnalysisException):
        lake.replace(people(spark, SECOND, "C"), PEOPLE, {"night": str(FIRST)})
    assert lake.read(PEOPLE).isEmpty()


def test_the_contract_is_kept_by_delta_itself(lake: lakehouse.Lakehouse, spark: SparkSession):
    bad = tables.frame(spark, PEOPLE, {"person_id": "36:1", "sex": "X"})
    with pytest.raises(Exception, match="sex_among"):
        lake.append(bad, PEOPLE)
    assert lake.read(PEOPLE).isEmpty()


def test_a_table_is_made_with_the_rules_and_words_of_its_contract(spark: SparkSession, tmp_path: Path):
    """Rules hold backslashes and quotes, and a folder may be called anything."""
    lake = lakehouse.Lakehouse(spark, tmp_path / "o'clock `x` {new}")
    assert lake.append_new(people(spark, FIRST, "A"), PEOPLE) == 1
    assert any("\\\\" in rule and "'" in rule for rule in PEOPLE.constraints().values())
    told = spark.sql(f"SHOW TBLPROPERTIES {lake.sql_name(PEOPLE)}").collect()
    kept = {row.key.removeprefix("delta.constraints."): row.value for row in told if ".constraints." in row.key}
    assert kept == PEOPLE.constraints()
    fields = {field.name: field for field in lake.read(PEOPLE).schema}
    for name, column in PEOPLE.columns.items():
        assert fields[name].dataType == column.type
        assert fields[name].nullable == column.nullable
        assert fields[name].metadata["comment"] == column.doc


def test_content_hash_sees_values_and_counts_but_not_order(spark: SparkSession):
    first = spark.createDataFrame([(1, "a"), (2, None)], "n int, s string")
    assert lakehouse.content_hash(first) == lakehouse.content_hash(first.orderBy("n", ascending=False).repartition(3))
    for other in ([(1, "a"), (2, "")], [(1, "a")], [(1, "a"), (2, None), (2, None)]):
        assert lakehouse.content_hash(first) != lakehouse.content_hash(spark.createDataFrame(other, "n int, s string"))


def test_content_hash_sees_no_order_of_a_maps_entries(spark: SparkSession):
    here, there, other = (
        spark.sql(f"SELECT map({entries}) AS m") for entries in ("'a', 1, 'b', 2", "'b', 2, 'a', 1", "'a', 2, 'b', 1")
    )
    assert lakehouse.content_hash(here) == lakehouse.content_hash(there) != lakehouse.content_hash(other)


def test_a_write_that_delta_skips_is_an_error(lake: lakehouse.Lakehouse, spark: SparkSession, monkeypatch):
    lake.append(people(spark, FIRST, "A"), PEOPLE)
    monkeypatch.setattr(lake, "version", lambda table: 1)  # what a silently skipped commit looks like
    with pytest.raises(lakehouse.WriteSkippedError):
        lake.append(people(spark, FIRST, "B"), PEOPLE)


def test_each_action_is_counted_once(spark: SparkSession):
    before = lakehouse.n_actions(spark)
    for _ in range(3):
        spark.range(3).collect()
    assert lakehouse.n_actions(spark) == before + 3


def test_a_nights_effort_is_counted_from_its_beginning(lake: lakehouse.Lakehouse, spark: SparkSession):
    lake.append(people(spark, FIRST, "A"), PEOPLE)
    lake.begin_night()
    assert lake.effort() == {"writes": 0, "actions": 0}
    lake.append(people(spark, SECOND, "A"), PEOPLE)
    found = lake.effort()
    assert found["writes"] == 1
    assert found["actions"] > 0


def test_threads_that_write_parts_of_one_table_take_turns(lake: lakehouse.Lakehouse, spark: SparkSession):
    nights = [FIRST, SECOND]
    concurrency.run(*(partial(lake.replace, people(spark, n, "A"), PEOPLE, {"night": str(n)}) for n in nights))
    assert sorted(row.night for row in lake.read(PEOPLE).collect()) == nights
    assert lake.version(PEOPLE) == 2  # made once, with its constraints; then a commit a night
    assert lake.n_writes == 3


def test_a_table_from_before_gets_the_columns_that_came_since(lake: lakehouse.Lakehouse, spark: SparkSession):
    since = ("log_entries", "log_hash")
    columns = {name: column for name, column in gold.RUN_MANIFEST.columns.items() if name not in since}
    before = replace(gold.RUN_MANIFEST, columns=columns)
    lake.replace(tables.frame(spark, before, {"night": FIRST}), before, {"night": str(FIRST)})
    assert tuple(lake.read(gold.RUN_MANIFEST).select(*since).collect()[0]) == (None, None)
    assert not set(since) & set(lake.stored(gold.RUN_MANIFEST).columns)
    rows = tables.frame(spark, gold.RUN_MANIFEST, {"night": SECOND, "log_entries": 7, "log_hash": "ab"})
    lake.replace(rows, gold.RUN_MANIFEST, {"night": str(SECOND)})
    found = lake.read(gold.RUN_MANIFEST).orderBy("night").select("night", *since).collect()
    assert [tuple(row) for row in found] == [(FIRST, None, None), (SECOND, 7, "ab")]


def test_a_table_from_before_takes_the_words_that_its_contract_gained_since(
    lake: lakehouse.Lakehouse, spark: SparkSession
):
    """By each way of writing; what today's contract refuses is refused still."""
    column = risk.NETWORK_RISK.columns["stratum"]
    old = replace(column, among=tuple(name for name in column.among or () if name != "DIRECT"))
    before = replace(risk.NETWORK_RISK, columns={**risk.NETWORK_RISK.columns, "stratum": old})
    first = tables.frame(spark, before, {"night": FIRST, "stratum": "MISSING"})
    lake.replace(first, before, {"night": str(FIRST)})
    now = tables.frame(spark, risk.NETWORK_RISK, {"night": SECOND, "stratum": "DIRECT"})
    lake.replace(now, risk.NETWORK_RISK, {"night": str(SECOND)})
    third = tables.frame(spark, risk.NETWORK_RISK, {"night": SECOND, "entity_id": "e2", "stratum": "DIRECT"})
    lake.append(third, risk.NETWORK_RISK)
    wrong = tables.frame(spark, risk.NETWORK_RISK, {"night": SECOND, "entity_id": "e3", "stratum": "NEAR"})
    with pytest.raises(Exception, match="stratum_among"):
        lake.append(wrong, risk.NETWORK_RISK)
    assert sorted(row.stratum for row in lake.read(risk.NETWORK_RISK).collect()) == ["DIRECT", "DIRECT", "MISSING"]


def test_rows_that_are_merged_in_are_under_todays_checks_too(lake: lakehouse.Lakehouse, spark: SparkSession):
    column = PEOPLE.columns["sex"]
    old = replace(column, among=(column.among or ())[:1])
    before = replace(PEOPLE, columns={**PEOPLE.columns, "sex": old})
    first, second = (column.among or ())[:2]
    assert lake.append_new(tables.frame(spark, before, {"person_id": "36:A", "sex": first}), before) == 1
    assert lake.append_new(tables.frame(spark, PEOPLE, {"person_id": "36:B", "sex": second}), PEOPLE) == 1
    assert sorted(row.sex for row in lake.read(PEOPLE).collect()) == sorted([first, second])


def test_where_the_log_stood_is_kept_from_the_first_run(lake: lakehouse.Lakehouse, spark: SparkSession):
    """A night that is run again changes no table, though the log has grown since."""
    for log_entries in (7, 9):
        rows = tables.frame(spark, gold.RUN_MANIFEST, {"night": FIRST, "log_entries": log_entries, "log_hash": "ab"})
        assert lake.replace(rows, gold.RUN_MANIFEST, {"night": str(FIRST)}) == (log_entries == 7)
    assert [row.log_entries for row in lake.read(gold.RUN_MANIFEST).collect()] == [7]


OLD, NEW = (
    replace(review.QUEUE_NEAR_DUPLICATES, path=path) for path in ("gold.queue_members", "gold.queue_near_duplicates")
)


def near_duplicate(spark: SparkSession, n: int):
    return tables.frame(spark, OLD, {"night": FIRST, "item_id": f"{n:016x}", "shown_item_id": f"{n:016x}"})


def test_a_lakehouse_made_before_keeps_the_rows_of_a_renamed_table(spark: SparkSession, tmp_path: Path):
    lake = lakehouse.Lakehouse(spark, tmp_path)
    assert lake.rename_tables() == []
    lake.append(near_duplicate(spark, 1), OLD)
    assert lake.rename_tables() == [NEW.path]
    assert [row.item_id for row in lake.read(NEW).collect()] == [f"{1:016x}"]
    assert not lake.exists(OLD)
    lake.append(near_duplicate(spark, 2), NEW)
    assert lake.version(NEW) == 2  # the table's history goes on
    lake.append(near_duplicate(spark, 3), OLD)  # both: nobody can say which is right, so nothing is lost
    assert lake.rename_tables() == []
    assert (lake.read(OLD).count(), lake.read(NEW).count()) == (1, 2)


def test_only_a_writer_renames(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NIGHTJAR_HOME", str(tmp_path))
    monkeypatch.setattr(context.RunContext, "spark", spark)
    folder = tmp_path / "lakehouse"
    lakehouse.Lakehouse(spark, folder).append(near_duplicate(spark, 1), OLD)
    assert context.reader().lake.exists(OLD)
    with context.writer() as ctx:
        assert ctx.lake.read(NEW).count() == 1
    assert not (folder / "gold" / "queue_members").exists()
