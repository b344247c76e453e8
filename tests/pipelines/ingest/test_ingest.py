"""Reading and the ledger of files: every format, duplicates, rescued columns, a sixth force, a dry run."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
from pyarrow import parquet
from pyspark.sql import SparkSession

from jobs.night import summary
from jobs.sources import dry_run, landing
from pipelines.common import as_of
from pipelines.ingest import conform
from pipelines.ingest.readers import base as readers
from schemas import bronze
from schemas.errors import InvalidInputError
from schemas.layouts import layouts as sources
from tests.support import nights

pytestmark = pytest.mark.spark
NEXT = nights.NIGHT + dt.timedelta(days=1)


def _workbook(rows: list[list[object]], notes: bool = False) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if notes:
        book.create_sheet("Notes").append(["Checked by hand"])
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def _parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    parquet.write_table(table, sink)
    return sink.getvalue()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Good files of every format, with what is awkward about each."""
    home = tmp_path_factory.mktemp("formats")
    quoted = nights.report(Intel_Ref="Q", Item_1_Text='He said "no",\r\nthen left.\nMore \\ text \u2028 \U0001f600')
    nights.drop(
        home, "norfolk", "reports", "a.csv", nights.csv_bytes([quoted, nights.report(Intel_Ref="SPY", GSC="Secret")])
    )
    nights.drop(home, "norfolk", "reports", "b.csv.gz", gzip.compress(nights.csv_bytes([nights.report()])))
    bad = nights.csv_bytes([nights.report(Intel_Ref=str(n)) for n in range(5)]).splitlines(keepends=True)
    bad = [*bad[:3], b"too,short\n", b"\n", *bad[3:]]
    nights.drop(home, "norfolk", "reports", "c.csv", b"".join(bad))
    renamed = {("Originating Officer" if k == "Submitted By" else k): v for k, v in nights.report().items()}
    nights.drop(home, "norfolk", "reports", "drift.csv", nights.csv_bytes([{**renamed, "Beat": "7", "PII": "1"}]))
    lost = {k: v for k, v in nights.report().items() if k != "GSC"}
    nights.drop(home, "norfolk", "reports", "lost.csv", nights.csv_bytes([lost]))
    nights.drop(home, "norfolk", "reports", "twin1.csv", nights.csv_bytes([nights.report(Intel_Ref="T")]))
    nights.drop(home, "norfolk", "reports", "twin2.csv", nights.csv_bytes([nights.report(Intel_Ref="T")]))
    nights.drop(home, "norfolk", "reports", "lost_twin.csv", nights.csv_bytes([lost]))
    people = [["Person ID", "Born", "Phone", "Home Postcode"], ["P1", dt.datetime(1990, 2, 1), 7700900123, None]]
    nights.drop(
        home,
        "surrey",
        "nominals",
        "p.xlsx",
        _workbook([*people, [None] * 4, ["P2", None, None, "GU1 1AA"]], notes=True),
    )
    table = pa.table(
        {
            "nominal_urn": pa.array([9007199254740993, None], pa.int64()),
            "dob": pa.array([dt.date(1990, 2, 1), None]),
            "seen": pa.array([dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC), None], pa.timestamp("us", "UTC")),
            "ratio": [0.1 + 0.2, None],
            "amount": pa.array([Decimal("1.10"), None], pa.decimal128(10, 2)),
            "flag": [True, None],
            "tags": [["a", "b"], None],
            "prov": [{"x": 1, "y": "z"}, None],
        }
    )
    nights.drop(home, "west_mercia", "nominals", "n.parquet", _parquet(table))
    event = {
        "authorisation": "A",
        "calling": "1",
        "called": "2",
        "service": "voice",
        "start_utc": "2026-01-01T00:00:00Z",
    }
    nights.drop(home, "telco_north", "comms_events", "ok.csv", nights.csv_bytes([{**event, "message_type": "x"}]))
    nights.drop(home, "telco_north", "comms_events", "bad.csv", nights.csv_bytes([{**event, "Message Text": "hi"}]))
    lines = [json.dumps({"id": "é1", "n": 1}), '{"id": "2", "id": "3"}', "{broken", "", "[1]", json.dumps({"id": "4"})]
    nights.drop(home, "sussex", "nominals", "n.jsonl", "\r\n".join(lines).encode())
    nights.drop(home, "suffolk", "nominals", "n.txt", "NOMINAL|SURNAME\n1|Caf\u00e9\n".encode())
    return home


@pytest.fixture(scope="module")
def night(spark: SparkSession, home: Path) -> nights.Ingested:
    return nights.ingested(spark, home)


@pytest.fixture(scope="module")
def raws(night: nights.Ingested) -> dict[str, dict[int, dict[str, object]]]:
    found: dict[str, dict[int, dict[str, object]]] = {}
    for row in night.rows.collect():
        found.setdefault(row.file.rsplit("/", 1)[-1], {})[row.row_number] = json.loads(row.raw)
    return found


@pytest.fixture(scope="module")
def files(night: nights.Ingested) -> dict[str, bronze.Table]:
    return {row.file.rsplit("/", 1)[-1]: row for row in night.files.collect()}


def test_csv_values_come_through_as_written(raws: dict[str, dict[int, dict[str, object]]]) -> None:
    assert raws["a.csv"][1]["Item 1 Text"] == 'He said "no",\r\nthen left.\nMore \\ text \u2028 \U0001f600'
    assert raws["b.csv.gz"][1] == nights.REPORT
    assert sorted(raws["c.csv"]) == [1, 2, 4, 5, 6]  # the third row is refused, the blank line is no row
    assert [raws["c.csv"][n]["Intel Ref"] for n in sorted(raws["c.csv"])] == ["0", "1", "2", "3", "4"]


def test_secret_rows_never_enter_bronze(night: nights.Ingested, raws: dict[str, dict[int, dict[str, object]]]) -> None:
    assert list(raws["a.csv"]) == [1]
    refused = night.quarantine.filter("reason = 'MARKING_REFUSED'").collect()
    assert [(row.row_number, row.raw) for row in refused] == [(2, None)]


def test_workbooks(raws: dict[str, dict[int, dict[str, object]]], files: dict[str, bronze.Table]) -> None:
    assert raws["p.xlsx"][1] == {
        "Person ID": "P1",
        "Born": "1990-02-01T00:00:00",
        "Phone": "7700900123",
        "Home Postcode": None,
    }
    assert raws["p.xlsx"][2]["Home Postcode"] == "GU1 1AA"
    assert files["p.xlsx"].rescued_columns == "[sheet Notes]"


def test_parquet_values_are_exact(raws: dict[str, dict[int, dict[str, object]]]) -> None:
    row = raws["n.parquet"][1]
    assert row == {
        "nominal_urn": "9007199254740993", "dob": "1990-02-01", "seen": "2026-01-01T12:00:00.000000Z",
        "ratio": "0.30000000000000004", "amount": "1.10", "flag": "true", "tags": ["a", "b"],
        "prov": {"x": 1, "y": "z"},
    }  # fmt: skip
    assert set(raws["n.parquet"][2].values()) == {None}


def test_json_lines(night: nights.Ingested, raws: dict[str, dict[int, dict[str, object]]]) -> None:
    assert raws["n.jsonl"] == {1: {"id": "é1", "n": 1}, 5: {"id": "4"}}
    refused = night.quarantine.filter("file LIKE '%n.jsonl'").collect()
    assert {r.row_number: r.reason for r in refused} == {
        2: "ROW_DUPLICATE_KEYS", 3: "ROW_MALFORMED", 4: "ROW_MALFORMED"
    }  # fmt: skip


@pytest.mark.trial(10)
def test_changed_columns_are_rescued_and_lost_ones_refuse_the_file(files: dict[str, bronze.Table]) -> None:
    """Trial 10."""
    assert files["drift.csv"].status == "LOADED"
    assert files["drift.csv"].rescued_columns == "Originating Officer,Beat"
    assert (files["lost.csv"].status, files["lost.csv"].reason) == ("QUARANTINED", "FILE_LAYOUT_UNKNOWN")


@pytest.mark.trial(10)
def test_drifted_columns_are_kept_in_the_record(night: nights.Ingested) -> None:
    judged = nights.judged(night.rows.filter("file LIKE '%drift.csv'"), "reports").collect()
    assert [row.reason for row in judged] == [None]
    assert judged[0].originator is None
    assert judged[0].is_immunity_claimed is True  # retyped from Y/N to 1/0
    assert json.loads(judged[0]._rescued) == {"Originating Officer": "PC 1", "Beat": "7"}


def test_content_of_communications_is_refused(night: nights.Ingested, files: dict[str, bronze.Table]) -> None:
    assert files["ok.csv"].status == "LOADED"
    assert files["bad.csv"].reason == "FILE_CONTENT_COLUMN"
    assert not [r for r in night.quarantine.collect() if r.raw and "hi" in r.raw]


def test_text_in_the_wrong_encoding_is_refused(files: dict[str, bronze.Table]) -> None:
    assert files["n.txt"].reason == "FILE_ENCODING"  # UTF-8, and Suffolk's layout says Windows-1252


def test_twins_of_one_night(night: nights.Ingested, files: dict[str, bronze.Table]) -> None:
    assert files["twin1.csv"].status == "LOADED"
    assert (files["twin2.csv"].status, files["twin2.csv"].n_rows_deduplicated) == ("DUPLICATE", 1)
    assert files["twin2.csv"].duplicate_of == files["twin1.csv"].file
    assert (
        files["lost_twin.csv"].reason == "FILE_LAYOUT_UNKNOWN"
    )  # what was refused is no duplicate: it is refused again
    whole = {r.file.rsplit("/", 1)[-1] for r in night.quarantine.filter("row_number = 0").collect()}
    assert {"lost.csv", "lost_twin.csv"} <= whole


def test_rows_are_conserved(night: nights.Ingested) -> None:
    for row in night.files.filter("reason IS NULL").collect():
        assert row.n_rows == row.n_rows_loaded + row.n_rows_quarantined + row.n_rows_deduplicated
    loaded = sum(row.n_rows_loaded for row in night.files.collect())
    refused = sum(row.n_rows_quarantined for row in night.files.collect())
    assert (night.rows.count(), night.quarantine.count()) == (loaded, refused)


@pytest.mark.trial(1)
@pytest.mark.trial(2)
def test_a_renamed_copy_loads_nothing_and_a_rerun_changes_nothing(
    spark: SparkSession, night: nights.Ingested, tmp_path: Path
) -> None:
    """Trials 1 and 2, without the lakehouse."""
    known = night.files
    first = known.filter("file LIKE '%twin1.csv'").first()
    assert first is not None
    nights.drop(tmp_path, "norfolk", "reports", "again.csv", nights.csv_bytes([nights.report(Intel_Ref="T")]), NEXT)
    later = nights.ingested(spark, tmp_path, NEXT, known)
    again = {row.file.rsplit("/", 1)[-1]: row for row in later.files.collect()}["again.csv"]
    assert (again.status, again.duplicate_of, again.n_rows_deduplicated) == ("DUPLICATE", first.file, 1)
    assert later.rows.count() == 0
    nights.drop(tmp_path, "norfolk", "reports", "again.csv", nights.csv_bytes([nights.report(Intel_Ref="T")]))
    rerun = nights.ingested(spark, tmp_path, nights.NIGHT, known.unionByName(later.files))
    assert [row.status for row in rerun.files.collect()] == ["LOADED"]  # a night is not compared with itself as stored


SIXTH = """
sender: kent
name: Kent Police
kind: force
force: "46"
time_zone: Europe/London
feeds:
  reports:
    format: csv
    delimiter: "\\t"
    dates: ["d MMM yyyy"]
    columns: {urn: Log, marking: Class, intelligence_on: When, handling_code: Hand, tags: Kinds}
    items: {numbered: {text: Words}}
    lists: {tags: "+"}
    codes: {tags: {Groom: ONLINE_GROOMING, "A|B": CCE}}
    constants: {item_source: "2", item_intelligence: "D", title: "Log entry"}
"""


def test_a_sixth_force_is_one_yaml_and_no_code(spark: SparkSession, tmp_path: Path) -> None:
    folder = tmp_path / "layouts"
    folder.mkdir()
    (folder / "kent.yaml").write_text(SIXTH, encoding="utf-8")
    layouts = {**sources.load(), **sources.load(folder)}
    row = {"Log": "K1", "Class": "OFFICIAL", "When": "3 Mar 2026", "Hand": "P", "Kinds": "Groom+a|b", "Words": "Seen."}
    wrong = {**row, "Log": "K2", "Kinds": "Fishing"}
    nights.drop(tmp_path / "land", "kent", "reports", "k.tsv", nights.csv_bytes([row, wrong], delimiter="\t"))
    found = nights.ingested(spark, tmp_path / "land", layouts=layouts)
    judged = nights.judged(found.rows, "reports", layouts=layouts)
    accepted = conform.accepted(judged, "reports").collect()
    assert [(r.report_id, r.tags, r.text, r.scheme) for r in accepted] == [
        ("46:K1", ["CCE", "ONLINE_GROOMING"], "Log entry\nSeen.", "3x5x2")
    ]
    assert accepted[0].intelligence_on == dt.date(2026, 3, 3)
    assert [(i.source, i.intelligence) for i in accepted[0]["items"]] == [("2", "D")]
    assert [r.reason for r in conform.rejected(judged).collect()] == ["BAD_CODE"]
    checked = dry_run.check(spark, tmp_path / "land" / "kent", layouts["kent"], nights.NIGHT)
    assert [c.feed for c in checked] == ["reports"]
    report = checked[0]
    assert (report.n_files, report.n_rows, report.n_accepted, report.reasons) == (1, 2, 1, {"BAD_CODE": 1})
    assert report.unknown_codes == [{"field": "tags", "value": "Fishing", "becomes": None, "n_rows": 1}]
    assert report.first_bad[0]["row_number"] == 2
    assert "originator" in report.unmapped_fields
    assert (report.absent_columns, report.unmapped_columns) == ([], [])
    assert (report.loaded["tags"], report.loaded["created_at"], report.as_read) == (1.0, 0.0, [])
    with pytest.raises(InvalidInputError, match=r"Below 90% would load: reports 1 of 2 rows \(50.0%\)"):
        dry_run.refuse_below(0.9, checked, tmp_path)
    dry_run.refuse_below(0.5, checked, tmp_path)
    (shown,) = dry_run.check(spark, tmp_path / "land" / "kent", layouts["kent"], nights.NIGHT, n_shown=2)
    (beside,) = shown.as_read  # of accepted rows alone
    assert json.loads(beside["raw"]) == row
    assert (beside["row_number"], beside["record"]["report_id"], beside["record"]["tags"]) == (
        1, "46:K1", ["CCE", "ONLINE_GROOMING"],
    )  # fmt: skip
    text = summary.check_text([shown])
    assert "reports: 1 files, 2 rows, 1 accepted (50.0%)" in text
    assert "written {" in text


def test_a_field_that_would_be_empty_and_a_file_refused_whole_are_told(spark: SparkSession, tmp_path: Path) -> None:
    """Days and months exchanged: rows load, and the dates over 12 are lost. A file in another encoding is not read."""
    norfolk = sources.load()["norfolk"]
    some = ("nominals", "missing_episodes")
    layout = norfolk.model_copy(update={"feeds": {feed: norfolk.feeds[feed] for feed in some}})
    people = [
        {"Nominal No": f"N{n}", "Surname": "Ash", "DOB": f"01/{n + 1:02}/1990", "Telephone": "n/k"} for n in range(20)
    ]
    nights.drop(tmp_path, "norfolk", "nominals", "a.csv", nights.csv_bytes(people))
    other = [{"Nominal No": "N99", "Surname": "Renée"}]
    nights.drop(tmp_path, "norfolk", "nominals", "b.csv", nights.csv_bytes(other, encoding="cp1252"))
    episode = {"Nominal No": "N1", "Reported": "02/01/2026 10:00", "Risk": "High", "CSE Flag": "perhaps"}
    times = [{**episode, "Misper Ref": f"M{n}", "Located": f"0{n + 1}/01/2026 09:00"} for n in range(4)]
    nights.drop(tmp_path, "norfolk", "missing_episodes", "m.csv", nights.csv_bytes(times))
    report, episodes = checked = dry_run.check(spark, tmp_path / "norfolk", layout, nights.NIGHT)
    assert (episodes.n_written["found_at"], episodes.n_read["found_at"]) == (4, 2)  # two before they were reported
    assert (episodes.n_written["is_cse_flagged"], episodes.n_read["is_cse_flagged"]) == (4, 0)
    assert (episodes.n_written["care_status"], episodes.n_read["reported_at"]) == (0, 4)
    assert report.accepted_share == 1.0
    assert (report.n_written["born_on"], report.n_read["born_on"], report.n_written["phone"]) == (20, 12, 0)
    assert [file["reason"] for file in report.refused_files] == ["FILE_ENCODING"]
    with pytest.raises(InvalidInputError) as refused:
        dry_run.refuse_below(0.9, checked, tmp_path)
    whole, unread, *_ = str(refused.value).splitlines()
    assert whole.startswith(
        "Files of nominals would be refused whole: nominals/2026-03-14/b.csv (bytes that are not utf-8)"
    )
    assert unread == (
        "Of nominals, born_on (column DOB) holds 20 values, and only 12 of them would be read (60.0%): "
        "the others would be empty."
    )
    assert "8 of 20 values cannot be read" in summary.check_text(checked)


def test_a_folder_without_a_file_of_the_layout_is_no_success(spark: SparkSession, tmp_path: Path) -> None:
    checked = dry_run.check(spark, tmp_path, sources.load()["norfolk"], nights.NIGHT)
    with pytest.raises(InvalidInputError, match="No file of a feed that the layout names"):
        dry_run.refuse_below(0.9, checked, tmp_path)


def test_as_of_sees_only_what_was_known(spark: SparkSession) -> None:
    day = dt.date(2026, 1, 1)
    rows = [("a", day, 1), ("a", day + dt.timedelta(days=2), 2), ("b", day + dt.timedelta(days=1), 3)]
    df = spark.createDataFrame(rows, "id string, night date, v int")
    seen = {
        n: sorted(r.v for r in as_of.current(df, ("night", "id"), day + dt.timedelta(days=n)).collect())
        for n in (-1, 0, 1, 2)
    }
    assert seen == {-1: [], 0: [1], 1: [1, 3], 2: [2, 3]}


def test_content_words() -> None:
    refused = ["body", "Message Text", "msg_content", "messageBody", "SMS Text", "Transcript"]
    kept = ["message_type", "Text Count", "context", "Antibody", "start", "content-length"]
    assert [name for name in refused + kept if readers.looks_like_content(name)] == refused


def test_scan_leaves_unfinished_uploads(tmp_path: Path) -> None:
    for name in (".hidden.csv", "a.csv.tmp", "a.csv.part", "a.csv"):
        nights.drop(tmp_path, "norfolk", "reports", name, b"x")
    assert [f.file.rsplit("/", 1)[-1] for f in landing.scan(tmp_path, nights.NIGHT)] == ["a.csv"]
    assert landing.nights(tmp_path) == [nights.NIGHT]
