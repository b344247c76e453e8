"""One JSON document as systems export it: its rows are those that Python's own parser finds, or the file is refused."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.common.json_stream import JsonStream
from pipelines.ingest.readers import base
from schemas.errors import InvalidInputError
from schemas.layouts import layouts
from tests.support import one_file

ROWS = [{"Intel Ref": f"R{n}", "Nominal No": f"N{n}", "Involvement": "Subject"} for n in range(3)]
NAMES = list(ROWS[0])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def _read(folder: Path, text: str | bytes, name: str = "links.json", **keys: Any) -> list[dict[str, Any]]:
    """The file's own row, and its rows."""
    content = text.encode() if isinstance(text, str) else text
    return one_file.rows(folder, name, content, one_file.norfolk(format="json", **keys))


def _kept(rows: list[dict[str, Any]]) -> list[Any]:
    assert rows[0]["reason"] is None, rows[0]
    assert sorted(row["row_number"] for row in rows) == list(range(len(rows)))
    return [json.loads(row["raw"]) for row in rows[1:] if row["reason"] is None]


@pytest.mark.slow
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    ("document", "keys"),
    [
        (ROWS, {}),
        ({"export": {"made": "x", "rows": ROWS, "n": 3}}, {"rows_at": "export.rows"}),
        ({"rows": ROWS, "rows_of_others": [1]}, {"rows_at": "rows"}),
        ({"names": NAMES, "rows": [list(row.values()) for row in ROWS]}, {"rows_at": "rows", "names_at": "names"}),
        ({"d": {"rows": [list(row.values()) for row in ROWS]}, "of": {"names": NAMES}},
         {"rows_at": "d.rows", "names_at": "of.names"}),
    ],
)  # fmt: skip
def test_rows_are_found_where_the_layout_says(tmp_path: Path, document: Any, keys: dict, indent: int | None) -> None:
    text = json.dumps(document, indent=indent)
    assert _kept(_read(tmp_path, text, **keys)) == ROWS
    assert _kept(_read(tmp_path, gzip.compress(text.encode()), "links.json.gz", **keys)) == ROWS


@pytest.mark.slow
@given(st.lists(st.dictionaries(st.text(max_size=4), VALUES, max_size=4), min_size=1, max_size=20), st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_are_those_of_pythons_parser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, Any]], data: st.DataObject
) -> None:
    """In blocks so small that every value is cut somewhere."""
    monkeypatch.setattr(base, "BLOCK", data.draw(st.integers(1, 9)))
    rows = [{**ROWS[0], **row} for row in rows]
    text = json.dumps({"before": rows, "rows": rows, "after": 1}, indent=data.draw(st.sampled_from([None, 1])))
    assert _kept(_read(tmp_path, text, rows_at="rows")) == json.loads(text)["rows"]


def test_a_row_is_kept_as_written(tmp_path: Path) -> None:
    """Digits of numbers, the order of keys and a key that is named twice, which is judged later."""
    written = '{"Nominal No": 35209900176148112.0, "Intel Ref": "R", "Involvement": 1, "Involvement": 2}'
    assert _read(tmp_path, f"[ {written} ,{json.dumps(ROWS[0])}]")[1]["raw"] == written
    rows = '{"n": ["Intel Ref", "Nominal No", "Involvement"], "r": [["R", 35209900176148112.0, 1]]}'
    assert _kept(_read(tmp_path, rows, rows_at="r", names_at="n"))[0]["Nominal No"] == "35209900176148112.0"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "keys", "reason"),
    [
        (json.dumps(ROWS)[:-1], {}, "FILE_TRUNCATED"),
        (json.dumps(ROWS)[:-30], {}, "FILE_TRUNCATED"),
        (json.dumps({"rows": ROWS})[:-1], {"rows_at": "rows"}, "FILE_TRUNCATED"),
        (json.dumps(ROWS) + json.dumps(ROWS), {}, "FILE_UNREADABLE"),
        (json.dumps(ROWS).replace("}, {", "} {"), {}, "FILE_UNREADABLE"),
        ('{"rows": [], "rows": ' + json.dumps(ROWS) + "}", {"rows_at": "rows"}, "FILE_UNREADABLE"),
        (json.dumps({"rows": ROWS}), {}, "FILE_LAYOUT_UNKNOWN"),
        (json.dumps({"rows": ROWS}), {"rows_at": "records"}, "FILE_LAYOUT_UNKNOWN"),
        (json.dumps({"rows": {"of": 1}}), {"rows_at": "rows"}, "FILE_LAYOUT_UNKNOWN"),
        (json.dumps({"rows": [], "n": [None]}), {"rows_at": "rows", "names_at": "n"}, "FILE_LAYOUT_UNKNOWN"),
        (json.dumps([{"Other": 1}]), {}, "FILE_LAYOUT_UNKNOWN"),
        # The second value would take the place of the first.
        (
            json.dumps({"r": [["R", "N", "Victim", "Subject"]], "n": [*NAMES, NAMES[2] + " "]}),
            {"rows_at": "r", "names_at": "n"},
            "FILE_DUPLICATE_COLUMNS",
        ),
        ("[" * 5_000_000, {}, "FILE_UNREADABLE"),
        ('[{"Intel Ref": "' + "x" * 5_000_000 + '"}]', {}, "FILE_UNREADABLE"),
        ("[]", {}, "FILE_NO_ROWS"),
    ],
)
def test_what_is_no_such_document_is_refused_whole(tmp_path: Path, text: str, keys: dict, reason: str) -> None:
    (whole,) = _read(tmp_path, text, **keys)
    assert whole["reason"] == reason


def test_half_a_character_costs_no_file(tmp_path: Path) -> None:
    rows = [["R1\ud800", "N1", "Victim"], ["R2", "N2", "\U0001f600"]]
    found = _kept(_read(tmp_path, json.dumps({"r": rows, "n": NAMES}), rows_at="r", names_at="n"))
    assert [list(row.values()) for row in found] == rows


def test_what_is_no_row_is_refused_alone(tmp_path: Path) -> None:
    deep: Any = "x"
    for _ in range(70):
        deep = [deep]
    rows = _read(tmp_path, json.dumps([ROWS[0], 7, "x", {**ROWS[1], "more": deep}, ROWS[2]]))
    assert _kept(rows) == [ROWS[0], ROWS[2]]
    assert {row["row_number"]: row["reason"] for row in rows[1:] if row["reason"]} == {
        2: "ROW_MALFORMED", 3: "ROW_MALFORMED", 4: "ROW_TOO_DEEP",
    }  # fmt: skip
    short = {"n": NAMES, "r": [list(ROWS[0].values()), ["R", "N"]]}
    rows = _read(tmp_path, json.dumps(short), rows_at="r", names_at="n")
    assert (len(_kept(rows)), [row["detail"] for row in rows[1:] if row["reason"]]) == (1, ["not an array of 3 values"])


@pytest.mark.slow
def test_a_long_document_is_read_in_a_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    widest = 0
    more = JsonStream._more

    def watched(self: Any) -> bool:
        nonlocal widest
        done = more(self)
        widest = max(widest, len(self._window))
        return done

    monkeypatch.setattr(JsonStream, "_more", watched)
    rows = [{**ROWS[0], "Involvement": "x" * 1_000}] * 20_000
    assert len(_kept(_read(tmp_path, json.dumps(rows, indent=1)))) == 20_000
    assert widest <= base.BLOCK + base.MAX_LINE


def test_keys_of_documents_belong_to_json_alone() -> None:
    body = {"sender": "x", "name": "X", "kind": "force", "force": "36", "time_zone": "UTC"}
    feed = {"format": "csv", "rows_at": "rows", "columns": {"report_id": "a", "person_id": "b", "role": "c"}}
    with pytest.raises(InvalidInputError, match="rows_at: belongs to json only"):
        layouts.parse({**body, "feeds": {"report_links": feed}})
