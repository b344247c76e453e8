"""Layouts of senders: the shipped ones load, and mistakes are named with file and key."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas import bronze, silver
from schemas.layouts import layouts

MINIMAL: dict[str, Any] = {
    "sender": "kent",
    "name": "Kent Police",
    "kind": "force",
    "force": "46",
    "time_zone": "Europe/London",
    "feeds": {
        "report_links": {"format": "csv", "columns": {"urn": "Ref", "person_ref": "Person", "role": "Role"}},
    },
}


def changed(*path: Any) -> dict[str, Any]:
    """MINIMAL with the value at a path of keys replaced; the last argument is the value."""
    *keys, last, value = path
    document = copy.deepcopy(MINIMAL)
    inside = document
    for key in keys:
        inside = inside[key]
    inside[last] = value
    return document


def test_shipped_layouts_cover_every_feed() -> None:
    found = layouts.load()
    assert {feed for source in found.values() for feed in source.feeds} == set(bronze.FEEDS)
    assert all(source.sender == name for name, source in found.items())
    assert {source.force for source in found.values() if source.kind == "force"} >= {"36", "37", "47", "45", "22"}


def test_every_feed_has_fields_and_a_table() -> None:
    assert set(layouts.FIELDS) == set(bronze.FEEDS) == set(silver.BY_FEED)


def test_mapped_and_required_columns_know_nesting_and_items() -> None:
    found = layouts.load()
    nested, flat = found["sussex"].feeds["reports"], found["norfolk"].feeds["reports"]
    assert {"header", "entries", "categories"} <= layouts.mapped_columns(nested)
    assert [c for c in nested.required_columns() if c in ("header.urn", "entries")] == ["header.urn", "entries"]
    assert {"Item 1 Text", "Item 3 Intel", "Print Flag"} <= layouts.mapped_columns(flat)
    assert "Item 1 Text" in flat.required_columns()
    assert "Item 2 Text" not in flat.required_columns()


def test_codes_are_compared_without_case_and_spaces() -> None:
    document = changed("feeds", "report_links", "codes", {"role": {"  injured   Party ": "VICTIM"}})
    assert layouts.parse(document).feeds["report_links"].codes["role"] == {"INJURED PARTY": "VICTIM"}


REPORTS = {
    "format": "csv",
    "columns": {"urn": "U", "marking": "M", "intelligence_on": "D", "handling_code": "H"},
    "items": {"numbered": {"text": "T"}},
}
MISTAKES = {
    "sender": (changed("sender", "Kent Police"), "sender"),
    "kind": (changed("kind", "charity"), "kind"),
    "force unquoted": (changed("force", 46), "force"),
    "time zone": (changed("time_zone", "Europe/Londres"), "time_zone"),
    "unknown key": (changed("colour", "blue"), "colour"),
    "unknown feed": (changed("feeds", "gossip", {}), "feeds.gossip"),
    "feed of a provider": (changed("feeds", "comms_events", {"format": "csv"}), "feeds.comms_events"),
    "format": (changed("feeds", "report_links", "format", "docx"), "format"),
    "unknown field": (changed("feeds", "report_links", "columns", "colour", "C"), "columns.colour"),
    "required field": (changed("feeds", "report_links", "columns", {"urn": "Ref", "role": "R"}), "person_ref"),
    "national code": (changed("feeds", "report_links", "codes", {"role": {"V": "VICTUM"}}), "codes.role.V"),
    "code twice": (changed("feeds", "report_links", "codes", {"role": {"v": "VICTIM", "V ": "OTHER"}}), "codes.role"),
    "unmapped": (changed("feeds", "report_links", "unmapped", {"role": "NOBODY"}), "unmapped.role"),
    "delimiter": (changed("feeds", "report_links", "delimiter", "||"), "delimiter"),
    "encoding": (changed("feeds", "report_links", "encoding", "utf-9"), "encoding"),
    "pattern": (changed("feeds", "report_links", "dates", ["dd/MM/yyyy$(rm)"]), "dates"),
    "items missing": (changed("feeds", "reports", {k: v for k, v in REPORTS.items() if k != "items"}), "items"),
    "items elsewhere": (changed("feeds", "report_links", "items", REPORTS["items"]), "items"),
    "items both": (
        changed(
            "feeds", "reports", {**REPORTS, "items": {"numbered": {"text": "T"}, "each": {"path": "p", "text": "t"}}}
        ),
        "items",
    ),
    "items without n": (
        changed("feeds", "reports", {**REPORTS, "items": {"numbered": {"text": "T", "up_to": 2}}}),
        "numbered",
    ),
    "column and constant": (changed("feeds", "report_links", "constants", {"urn": "x"}), "constants"),
    "not a mapping": (["a"], "mapping"),
}


@pytest.mark.parametrize("mistake", sorted(MISTAKES))
def test_mistakes_name_file_and_key(mistake: str, tmp_path: Path) -> None:
    document, key = MISTAKES[mistake]
    (tmp_path / "kent.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(layouts.LayoutError) as error:
        layouts.load(tmp_path)
    assert str(error.value).startswith("kent.yaml")
    assert key in str(error.value)


def test_the_minimal_layout_is_not_one_of_the_mistakes() -> None:
    assert layouts.parse(MINIMAL).feeds["report_links"].delimiter == ","
    assert layouts.parse(changed("feeds", "reports", REPORTS)).feeds["reports"].constants == {"scheme": "3x5x2"}


def test_two_layouts_of_one_sender_and_broken_yaml_are_refused(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(yaml.safe_dump(MINIMAL), encoding="utf-8")
    with pytest.raises(layouts.LayoutError, match=r"b\.yaml: sender"):
        layouts.load(tmp_path)
    (tmp_path / "b.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(layouts.LayoutError, match=r"b\.yaml: cannot be read"):
        layouts.load(tmp_path)
