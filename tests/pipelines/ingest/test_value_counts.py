"""Codes that no layout names are counted, and never become OTHER in silence; so are links that lead nowhere."""

from __future__ import annotations

import datetime as dt

import pytest
from pyspark.sql import SparkSession

from jobs.night import summary
from pipelines.ingest import value_counts
from schemas import gold
from tests.support import nights, tables

# as written -> (national tags, codes that are unknown)
TAGS: dict[str, tuple[list[str], list[str]]] = {
    "Child Sex Exploit - Lone,Drugs": (["CSE_LONE", "DRUGS"], []),
    "Child Sex Exploit \u2013 Lone": (["CSE_LONE"], []),
    "Child Sex Exploit-Lone": (["CSE_LONE"], []),
    "CSE - Lone Offender": ([], ["CSE - Lone Offender"]),
    "Drugs | Child Sex Exploit - Lone": (["CSE_LONE", "DRUGS"], []),
    "Drugs; Child Sex Exploit - Lone": (["CSE_LONE", "DRUGS"], []),
    "Child Sex Exploit - Lone;": (["CSE_LONE"], []),
    "Drugs\nChild Sex Exploit - Lone": (["CSE_LONE", "DRUGS"], []),
    "child\u00a0sex exploit - lone": (["CSE_LONE"], []),
    "Cattle Rustling": (["OTHER"], ["Cattle Rustling"]),
    "Cattle, Sheep": (["OTHER"], ["Cattle, Sheep"]),
    "Drugs; Sexual exploitation (child)": (["DRUGS"], ["Sexual exploitation (child)"]),
    "Grooming online": ([], ["Grooming online"]),
    "Modern slavery and trafficking": ([], ["Modern slavery and trafficking"]),
    "Essex matter": (["OTHER"], ["Essex matter"]),
    "C.S.E.": ([], ["C.S.E."]),
    "C S A": ([], ["C S A"]),
    "Upskirting": ([], ["Upskirting"]),
    "A B C": (["OTHER"], ["A B C"]),
    "N/A": ([], []),
    "Drugs; n/k": (["DRUGS"], []),
}


@pytest.mark.spark
def test_tags_that_no_layout_names(spark: SparkSession) -> None:
    rows = [nights.report(Crime_Types=text, Intel_Ref=f"R{n}") for n, text in enumerate(TAGS)]
    judged = nights.judged(nights.raw_rows(spark, "norfolk", "reports", rows), "reports")
    found = sorted(judged.collect(), key=lambda row: row._row_number)
    assert [row.reason for row in found] == [None] * len(TAGS)
    read = {text: (row.tags, [note.value for note in row.notes if note.note == "UNKNOWN_CODE"])
            for text, row in zip(TAGS, found, strict=True)}  # fmt: skip
    assert read == TAGS
    assert [row.is_csae for row in found] == ["CSE_LONE" in tags for tags, _ in TAGS.values()]
    counted = {(r.field, r.note, r.value): (r.becomes, r.n_rows) for r in value_counts.noted(judged).collect()}
    assert counted["tags", "UNKNOWN_CODE", "CSE - Lone Offender"] == (None, 1)
    assert counted["tags", "UNKNOWN_CODE", "Cattle Rustling"] == ("OTHER", 1)
    assert counted["tags", "NOTHING", ""] == (None, 1)


@pytest.mark.spark
def test_refused_markings_leave_nothing_in_the_counts(spark: SparkSession) -> None:
    rows = [nights.report(GSC="Secret", Crime_Types="Operation Name")]
    judged = nights.judged(nights.raw_rows(spark, "norfolk", "reports", rows), "reports")
    assert value_counts.noted(judged).count() == 0


@pytest.mark.spark
def test_links_that_lead_nowhere_are_counted_and_new_codes_are_new_once(spark: SparkSession) -> None:
    reports = nights.judged(nights.raw_rows(spark, "norfolk", "reports", [nights.report(Intel_Ref="R1")]), "reports")
    people = [{"Nominal No": "N1", "Gender": "Feminine", "DOB": "01/01/1900", "Telephone": "2345678"}]
    people = nights.judged(nights.raw_rows(spark, "norfolk", "nominals", people), "nominals")
    links = [{"Intel Ref": urn, "Nominal No": person, "Involvement": "Victim"}
             for urn, person in (("R1", "N1"), ("r1", "n1"), ("R2", "N1"), ("R1", "N9"))]  # fmt: skip
    links = nights.judged(nights.raw_rows(spark, "norfolk", "report_links", links), "report_links")
    judged = {"reports": reports, "nominals": people, "report_links": links}
    nowhere = value_counts.dangling(judged, reports, people)
    assert nowhere is not None
    none = spark.createDataFrame([], gold.VALUE_COUNTS.struct())
    first = value_counts.rows(nowhere.unionByName(value_counts.noted(people)), none, nights.NIGHT).persist()
    counted = {(r.feed, r.field, r.note, r.value): (r.n_rows, r.is_new) for r in first.collect()}
    assert counted == {
        ("report_links", "urn", "DANGLING", ""): (1, False),
        ("report_links", "person_ref", "DANGLING", ""): (1, False),
        ("nominals", "sex", "UNKNOWN_CODE", "Feminine"): (1, True),
        ("nominals", "born_on", "NOTHING", ""): (1, False),
        ("nominals", "phone", "UNREAD", ""): (1, False),
    }
    later = value_counts.rows(value_counts.noted(people), first, nights.NIGHT + dt.timedelta(days=1))
    assert {row.is_new for row in later.collect()} == {False}


@pytest.mark.spark
def test_a_field_that_is_read_far_more_seldom_is_told(spark: SparkSession) -> None:
    """As where days and months are written the other way round from tonight on: no row is refused for it."""
    night = nights.NIGHT
    days = [night - dt.timedelta(days=n) for n in range(1, 21)]
    of = {"sender": "norfolk", "feed": "nominals"}
    counted = spark.createDataFrame(
        [("norfolk", "nominals", field, note, "", None, n) for field, note, n in (
            ("born_on", "UNREAD", 60), ("phone", "UNREAD", 60), ("vehicle", "NOTHING", 9), ("sex", "NOTHING", 60),
            ("surname", "NOTHING", 10),
        )],
        "sender string, feed string, field string, note string, value string, becomes string, n_rows long",
    )  # fmt: skip
    before = [
        {**of, "night": day, "field": field, "note": note, "value": "", "is_new": False, "n_rows": n}
        for day in days for field, note, n in (("born_on", "UNREAD", 1), ("phone", "UNREAD", 20),
                                               ("born_on", "NOTHING", 50), ("surname", "NOTHING", 1))
    ]  # fmt: skip
    counts = [{**of, "night": day, "n_in": 100} for day in (night, *days)]
    frames = (tables.frame(spark, gold.VALUE_COUNTS, *before), tables.frame(spark, gold.ROW_COUNTS, *counts))
    told = {(r.field, r.value, r.n_rows) for r in value_counts.risen(counted, *frames, night).collect()}
    assert told == {("born_on", "UNREAD", 60), ("sex", "NOTHING", 60), ("surname", "NOTHING", 10)}
    row = {**of, "field": "born_on", "note": "SHARE_ROSE", "value": "UNREAD", "becomes": None, "is_new": False}
    said = "\n".join(summary.values_text([{**row, "n_rows": 60}]))
    assert "nominals.born_on: far more values that cannot be read than in the fortnight before" in said


def test_a_night_prints_what_its_layouts_lack() -> None:
    def row(
        field: str, note: str, value: str = "", becomes: str | None = None, *, is_new: bool = False
    ) -> dict[str, object]:
        return {"sender": "norfolk", "feed": "reports", "field": field, "note": note, "value": value,
                "becomes": becomes, "is_new": is_new, "n_rows": 7}  # fmt: skip

    rows = [
        row("tags", "UNKNOWN_CODE", "CSE - Lone Offender", is_new=True), row("tags", "UNKNOWN_CODE", "Cattle", "OTHER"),
        row("urn", "DANGLING"), row("born_on", "NOTHING"), row("phone", "NOTHING"),
    ]  # fmt: skip
    lines = summary.values_text(rows)
    told = "\n".join(lines)
    assert "reports.tags = 'CSE - Lone Offender' -> nothing, new tonight" in told
    assert "reports.tags = 'Cattle' -> OTHER" in told
    assert "reports.urn names what nothing known has" in told
    assert "14  reports: values that mean nothing" in told
    assert summary.values_text([]) == []
