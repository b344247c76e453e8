"""A layout's codes reach every field, the grades of items among them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import Row, SparkSession

from schemas.layouts import layouts
from schemas.layouts.values import folded
from tests.support import nights

SOURCES = {"1 - Reliable": "1", "2 - Untested": "2", "3 - Not reliable": "3"}
INTELLIGENCE = {"A (known directly)": "A", "B (known indirectly)": "B", "E (suspected to be false)": "E"}
CODES: dict[str, dict[str, str]] = {
    "item_source": SOURCES, "item_intelligence": INTELLIGENCE, "provenance_source": SOURCES,
    "provenance_intelligence": INTELLIGENCE, "handling_code": {"Lawful sharing": "P", "Conditions apply": "C"},
    "action_code": {"No action": "A1"}, "sanitisation_code": {"Ask first": "S2"},
}  # fmt: skip


def _layouts(**changes: Any) -> dict[str, layouts.Source]:
    """The shipped layouts, of which one force's reports are written otherwise; checked as a file would be."""
    known = layouts.load()
    document = known["norfolk"].model_dump(exclude_defaults=True)
    feed = document["feeds"]["reports"]
    for key, value in changes.items():
        feed[key] = {**feed.get(key, {}), **value}
    return {**known, "norfolk": layouts.parse(document)}


def _judged(spark: SparkSession, sources: dict[str, layouts.Source], *reports: dict[str, str]) -> list[Row]:
    rows = nights.raw_rows(spark, "norfolk", "reports", reports)
    return sorted(nights.judged(rows, "reports", layouts=sources).collect(), key=lambda row: row._row_number)


@pytest.mark.spark
def test_grades_in_words(spark: SparkSession) -> None:
    words = {"Item_1_Source": "2 \u2013 untested", "Item_1_Intel": "B (known  indirectly)", "Prov_Source": "1-Reliable",
             "Prov_Intel": "a (Known directly)", "Handling": "conditions apply", "Action_Code": "No action",
             "Sanitisation": "ASK FIRST"}  # fmt: skip
    plain = {"Intel_Ref": "R2", "Item_1_Source": "2", "Item_1_Intel": "B"}
    false = {"Intel_Ref": "R3", "Item_1_Intel": "E (suspected to be false)"}
    unknown = {"Intel_Ref": "R4", "Item_1_Source": "Untested, mostly"}
    found = _judged(spark, _layouts(codes=CODES), *[nights.report(**r) for r in (words, plain, false, unknown)])
    assert [row.reason for row in found] == [None, None, None, "BAD_GRADING"]
    assert [[(i.source, i.intelligence) for i in row["items"]] for row in found[:3]] == [
        [("2", "B")], [("2", "B")], [("2", "E")],
    ]  # fmt: skip
    assert (found[0].provenance.source, found[0].provenance.intelligence) == ("1", "A")
    assert (found[0].handling_code, found[0].action_code, found[0].sanitisation_code) == ("C", "A1", "S2")
    assert [row.is_suspected_false for row in found[:3]] == [False, False, True]


@pytest.mark.spark
def test_one_senders_codes_leave_other_senders_text_alone(spark: SparkSession) -> None:
    sources = _layouts(codes={"title": {"N/T": "Untitled"}})
    found = _judged(spark, sources, nights.report(Title="Lift Home"), nights.report(Title="n/t", Intel_Ref="R2"))
    assert [row.title for row in found] == ["Lift Home", "Untitled"]


def test_a_layout_that_codes_no_field_of_ours_is_told_so() -> None:
    with pytest.raises(layouts.LayoutError, match=r"item_colour.*is not one of our fields"):
        _layouts(codes={"item_colour": {"red": "R"}})


@given(st.sampled_from(["Child Sex Exploit - Lone", "2 - Untested", "CSA/FAM"]), st.data())
def test_writings_of_one_code_agree(code: str, data: st.DataObject) -> None:
    dash, blank = data.draw(st.sampled_from("-\u2010\u2011\u2013\u2014")), data.draw(st.sampled_from(["", " ", "  "]))
    written = code.replace(" - ", f"{blank}{dash}{blank}").replace("/", f"{blank}/{blank}")
    written = data.draw(st.sampled_from([written, written.upper(), f" {written.lower()} "]))
    assert folded(written) == folded(code)
