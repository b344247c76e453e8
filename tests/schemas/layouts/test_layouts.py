"""Layouts of senders: the shipped ones load, and mistakes are named with file and key."""

from __future__ import annotations

import copy
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.synthesis.programme import world
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
    programme = layouts.load_file(world.LAYOUT)  # comes with the world that needs it: a deployment has its own or none
    assert {feed for source in (*found.values(), programme) for feed in source.feeds} == set(bronze.FEEDS)
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
# Cases in the rows of links: one file for two feeds.
CASES = {
    "rows_of": "report_links", "format": "csv", "constants": {"role": "OTHER", "status": "OPEN"},
    "columns": {"investigation_ref": "Case", "person_ref": "Person", "opened_on": "Opened"},
}  # fmt: skip
AT = ("feeds", "investigations")
MISTAKES = {
    "rows of itself": (changed(*AT, {**CASES, "rows_of": "investigations"}), "investigations.rows_of"),
    "rows of nothing": (changed(*AT, {**CASES, "rows_of": "nominals"}), "investigations.rows_of"),
    "rows in another format": (changed(*AT, {**CASES, "format": "jsonl"}), "investigations.format"),
    "how a file of another feed is read": (changed(*AT, {**CASES, "delimiter": ";"}), "investigations.delimiter"),
    "when a file of another feed is due": (changed(*AT, {**CASES, "due": "daily"}), "investigations.due"),
    "reports of another feed": (
        changed("feeds", "reports", {**REPORTS, "rows_of": "report_links"}),
        "reports have files of their own",
    ),
    "more records of a file of its own": (
        changed("feeds", "report_links", "more_columns", [{"person_ref": "Other"}]),
        "belongs to a feed with rows_of",
    ),
    "more records in other fields": (
        changed(*AT, {**CASES, "more_columns": [{"operation": "Op"}]}),
        "more_columns.0.operation",
    ),
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
    "items empty": (changed("feeds", "report_links", "items", None), "feeds.report_links.items"),
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
    "column and constant": (changed("feeds", "report_links", "constants", {"urn": "x"}), "columns.urn"),
    "name of a feed": (changed("feeds", "report_links", "name", "x"), "feeds.report_links.name"),
    "number as text": (changed("name", 7), "name: takes text"),
    "truth as a number": (changed("feeds", "report_links", "skip_rows", True), "skip_rows"),
    "rows of no workbook": (changed("feeds", "report_links", "skip_rows", 1), "belongs to xlsx only"),
    "expression": (changed("feeds", "report_links", "patterns", {"urn": "("}), "patterns.urn"),
    "two groups": (changed("feeds", "report_links", "patterns", {"urn": "(a)(b)"}), "exactly one group"),
    "pattern of no column": (changed("feeds", "report_links", "patterns", {"forename": "(a)"}), "patterns.forename"),
    "clock": (changed("feeds", "report_links", "clock", {"column": "Z", "offsets": {"BST": 1}}), "clock.offsets.BST"),
    "clock twice": (
        changed("feeds", "report_links", "clock", {"column": "Z", "offsets": {"BST": "+01:00", "bst": "+01:00"}}),
        "clock.offsets.bst: is named twice",
    ),
    "empty clock": (changed("feeds", "report_links", "clock", None), "clock"),
    "not a mapping": (["a"], "mapping"),
}


# What Spark 4 makes of each was seen: another day or hour in silence, or an error that ends the night of every sender.
MISREAD = {
    "dd/mm/yyyy": "minutes and no hour",  # 5 January for 05/03/1990
    "dd/MM": "year, month and day", "MM/yyyy": "year, month and day", "yyyy": "year, month and day",
    "yyyy-MM-DD": "days of the year", "dd/MM/yyyy HH:MM": "minutes are mm",
    "dd/MM/yyyy hh:mm": "am and pm", "dd/MM/yyyy K:mm": "am and pm", "dd/MM/yyyy HH:mm a": "am and pm",
    "dd/MM/yyyy HH:mm z": "Bougainville",  # as which BST is read, eleven hours before UTC
    "EEE dd/MM/yyyy HH:mm zzz": "Bougainville", "dd/MM/uuuu": "a year is yyyy", "dd/MM/YYYY": "a year is yyyy",
    "EEE dd/MM/yyyy": "day of the week", "ddd/MM/yyyy": "repeats a letter", "MMMMM dd yyyy": "repeats a letter",
    "dd/MM/yyyyy": "repeats a letter", "dd/MM/yyyy n": "date pattern", "dd/MM/yyyy HH:mm V": "repeats a letter",
}  # fmt: skip
READ = [
    "dd/MM/yyyy", "d/M/yy", "yyyyMMdd", "dd MMMM yyyy", "dd-MMM-yyyy HH:mm:ss", "dd/MM/yyyy hh:mm:ss a", "yyyy-DDD",
    "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "dd/MM/yyyy kk:mm", "dd/MM/yyyy HH:mm VV", "dd/LLL/yyyy", "'on' dd/MM/yyyy",
    "dd/MM/yyyy HHmm", "MMM dd yyyy HH:mm:ss Z", "dd/MM/yyyy h:mma",
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "why"), MISREAD.items())
def test_patterns_that_are_read_otherwise_than_they_are_meant(pattern: str, why: str) -> None:
    for key in ("dates", "times"):
        with pytest.raises(layouts.LayoutError, match=why):
            layouts.parse(changed("feeds", "report_links", key, [pattern]))


@pytest.mark.parametrize("pattern", READ)
def test_patterns_that_are_read_as_they_are_meant(pattern: str) -> None:
    feed = layouts.parse(changed("feeds", "report_links", "times", [pattern])).feeds["report_links"]
    assert feed.times == (pattern,)


@pytest.mark.parametrize("mistake", sorted(MISTAKES))
def test_mistakes_name_file_and_key(mistake: str, tmp_path: Path) -> None:
    document, key = MISTAKES[mistake]
    (tmp_path / "kent.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(layouts.LayoutError) as error:
        layouts.load(tmp_path)
    assert str(error.value).startswith("kent.yaml")
    assert key in str(error.value)


def test_a_feed_may_read_the_rows_of_another() -> None:
    made = layouts.parse(
        {**changed(*AT, {**CASES, "more_columns": [{"person_ref": "Other"}]})}
    ).feeds  # fmt: skip
    assert layouts.beside({"kent": layouts.parse(changed(*AT, CASES))}) == {("kent", "investigations"): "report_links"}
    assert made["investigations"].parts()[1]["person_ref"] == "Other"
    assert {"Case", "Opened", "Other"} <= layouts.mapped_columns(made["report_links"])  # none of them is rescued there
    assert made["report_links"].required_columns() == ["Ref", "Person", "Role"]
    own = {**MINIMAL["feeds"]["report_links"], "delimiter": "|", "dates": ["dd.MM.yyyy"]}
    document = changed(*AT, CASES)
    document["feeds"]["report_links"] = own
    told = layouts.parse(document).feeds["investigations"]
    assert (told.delimiter, told.dates) == ("|", ("dd.MM.yyyy",))


def test_the_minimal_layout_is_not_one_of_the_mistakes() -> None:
    assert layouts.parse(MINIMAL).feeds["report_links"].delimiter == ","
    assert layouts.parse(changed("feeds", "reports", REPORTS)).feeds["reports"].constants == {"scheme": "3x5x2"}


def test_every_mistake_of_every_file_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "kent.yaml").write_text(WRONG_IN_FIVE_PLACES, encoding="utf-8")
    (tmp_path / "surrey.yaml").write_text("sender: sussex\n", encoding="utf-8")
    with pytest.raises(layouts.LayoutError) as error:
        layouts.load(tmp_path)
    told = [(p.file, p.line, p.key) for p in error.value.problems]
    assert told == [
        ("kent.yaml", 1, "colour"),
        ("kent.yaml", 4, "kind"),
        ("kent.yaml", 5, "force"),
        ("kent.yaml", 8, "feeds.report_links.columns"),
        ("kent.yaml", 9, "feeds.report_links.codes.role.V"),
        ("kent.yaml", 10, "feeds.gossip"),
        *(("surrey.yaml", 1, key) for key in ("feeds", "kind", "name", "sender", "time_zone")),
    ]
    assert "kent.yaml:8: feeds.report_links.columns: lacks required fields: person_ref, role" in str(error.value)


WRONG_IN_FIVE_PLACES = """colour: blue
sender: kent
name: Kent Police
kind: charity
force: 46
time_zone: Europe/London
feeds:
  report_links: {format: csv, columns: {urn: Ref},
    codes: {role: {V: VICTUM}}}
  gossip: {}
"""

BROKEN: dict[str, tuple[bytes, str]] = {
    "syntax": (b"sender: kent\nname: [Kent\nkind: force\n", "kent.yaml:3: is not YAML"),
    "duplicate key": (b"sender: kent\nname: a\nname: b\n", "kent.yaml:3: name: is here twice: line 2 has it too"),
    "binary": (b"sender: kent\n\x00\x01\x02", "kent.yaml:2: is not YAML: holds a character that text does not"),
    "not UTF-8": (b"sender: kent\nname: K\xe9nt\n", "kent.yaml:2: is not UTF-8 text"),
    "a list": (b"- kent\n", "kent.yaml:1: takes a mapping, not a list"),
    "empty": (b"", "kent.yaml:1: feeds: is needed"),
    "an object of Python": (b"sender: !!python/object:os.system {}\n", "kent.yaml:1"),
    "no date": (b"sender: kent\nname: 2026-13-45\n", "kent.yaml:2: is not YAML: holds a value that cannot be read"),
    "number of no digits": (b"sender: !!int ''\n", "kent.yaml:1: is not YAML: holds a value that cannot be read"),
    "half a character": (b'sender: "\\ud800"\n', "kent.yaml:1: is not YAML: holds a character that text does not"),
    "deep": (b"sender: " + b"[" * 5_000, "kent.yaml:1: is nested too deeply"),
    "aliases of aliases": (
        b"a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + b"".join(b"%c: &%c [%s]\n" % (n, n, b", ".join([b"*%c" % (n - 1)] * 10)) for n in b"bcdefgh"),
        "kent.yaml:1: is not YAML: nested too deeply, or too large",
    ),
    "itself": (b"sender: &a [*a]\n", "kent.yaml:1: is not YAML: nested too deeply, or too large"),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", BROKEN)
def test_files_that_are_no_layout_are_refused_with_the_line(kind: str, tmp_path: Path) -> None:
    content, told = BROKEN[kind]
    (tmp_path / "kent.yaml").write_bytes(content)
    with pytest.raises(layouts.LayoutError) as error:
        layouts.load(tmp_path)
    assert told in str(error.value)


def test_files_that_cannot_be_opened_are_refused(tmp_path: Path) -> None:
    (tmp_path / "kent.yaml").mkdir()
    (tmp_path / "surrey.yaml").symlink_to(tmp_path / "nowhere")
    with pytest.raises(layouts.LayoutError) as error:
        layouts.load(tmp_path)
    assert str(error.value).splitlines() == [
        "kent.yaml: cannot be read (Is a directory)",
        "surrey.yaml: cannot be read (No such file or directory)",
    ]


def test_a_wrong_layout_takes_its_own_sender_out_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "kent.yaml").write_text(yaml.safe_dump(MINIMAL), encoding="utf-8")
    (tmp_path / "norfolk.yaml").write_text("sender: norfolk\n", encoding="utf-8")
    found = layouts.load_all(layouts.FOLDER, tmp_path, tmp_path / "nowhere")
    assert set(found.sources) == {*layouts.load(), "kent"} - {"norfolk"}  # the one that ships is not taken instead
    assert set(found.refused) == {"norfolk"}
    assert "norfolk.yaml:1: kind: is needed; " in found.refused["norfolk"].detail


def test_a_layout_is_named_as_its_sender(tmp_path: Path) -> None:
    (tmp_path / "kent_police.yaml").write_text(yaml.safe_dump(MINIMAL), encoding="utf-8")
    (tmp_path / "norfolk_new.yaml").write_text(yaml.safe_dump({**MINIMAL, "sender": "norfolk"}), encoding="utf-8")
    found = layouts.load_all(layouts.FOLDER, tmp_path)
    assert "norfolk" in found.sources
    assert set(found.refused) == {"kent", "kent_police", "norfolk_new"}  # files of `kent` wait: this was to be theirs
    assert found.refused["kent"].detail.startswith(
        "kent_police.yaml:11: sender: is 'kent', and the file is kent_police"
    )


# Damage of a layout that ships: whatever a slip of the hand leaves behind, it is a layout or a refusal with a line.
SHIPPED = (layouts.FOLDER / "suffolk.yaml").read_bytes()
LINES = SHIPPED.splitlines(keepends=True)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Bytes of the layout with a piece cut out, and another piece of it or anything at all put in its place."""
    start = draw(st.integers(0, len(SHIPPED)))
    end = draw(st.integers(start, min(len(SHIPPED), start + 200)))
    piece = (
        st.sampled_from(LINES)
        | st.binary(max_size=12)
        | st.text(":-[]{}&*!|>#'\"%@`,? \n\t", max_size=6).map(str.encode)
    )
    return SHIPPED[:start] + draw(piece) + SHIPPED[end:]


def read(content: bytes) -> layouts.Source | layouts.LayoutError:
    """What becomes of a file of that content; any other error is a traceback, and fails the test."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "suffolk.yaml")
        path.write_bytes(content)
        try:
            return layouts.load_file(path)
        except layouts.LayoutError as error:
            return error


@pytest.mark.slow
@settings(max_examples=300)
@given(damaged())
def test_damage_is_refused_with_file_and_line_or_leaves_a_layout(content: bytes) -> None:
    found = read(content)
    if isinstance(found, layouts.LayoutError):
        assert found.problems
        assert {problem.file for problem in found.problems} == {"suffolk.yaml"}
        assert all(1 <= problem.line <= content.count(b"\n") + 1 for problem in found.problems)
    else:
        assert found.sender == "suffolk"


@pytest.mark.slow
@settings(max_examples=60)
@given(st.data())
def test_damage_of_a_key_is_told_at_its_line(data: st.DataObject) -> None:
    keys = [(n, match) for n, line in enumerate(LINES) if (match := re.match(rb"( *)([a-z_]+):(.*)", line))]
    n, match = data.draw(st.sampled_from(keys))
    indent, key, rest = match.groups()
    wrong = [*LINES[:n], indent + key + b"x:" + rest + b"\n", *LINES[n + 1 :]]
    found = read(b"".join(wrong))
    assert isinstance(found, layouts.LayoutError)
    assert n + 1 in {problem.line for problem in found.problems}


@pytest.mark.slow
@settings(max_examples=30)
@given(st.permutations(["sender", "name", "kind", "force", "time_zone", "feeds"]), st.booleans())
def test_the_order_of_keys_and_comments_change_nothing(order: list[str], is_flow: bool) -> None:
    document = yaml.safe_load(SHIPPED)
    text = yaml.safe_dump({key: document[key] for key in order}, sort_keys=False, default_flow_style=is_flow)
    assert read(f"# a comment\n{text}".encode()) == read(SHIPPED)
