"""What the fuzzer found: each of these files ended a reader, or a night, or was read in silence."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.fuzz import damage, readers
from tests.support import one_file

ROW = {"Intel Ref": "R1", "Nominal No": "N1", "Involvement": "Victim"}


def _read(folder: Path, name: str, content: bytes, **keys: Any) -> list[dict[str, Any]]:
    sources = one_file.norfolk(**keys)
    assert not list(readers.problems(folder, name, content, sources, are_values_told=False))
    return one_file.rows(folder, name, content, sources)


@pytest.mark.parametrize(("format_", "write"), [("jsonl", json.dumps), ("json", lambda row: json.dumps([row]))])
def test_half_a_character_in_the_name_of_a_column(tmp_path: Path, format_: str, write: Any) -> None:
    """It ended the task that read the file, and with it the night of every sender."""
    whole, row = _read(tmp_path, f"f.{format_}", write({**ROW, "X\ud800": "1"}).encode(), format=format_)
    assert (whole["reason"], whole["rescued_columns"], row["reason"]) == (None, "X?", None)


def test_a_footer_that_ends_the_library_that_reads_it(tmp_path: Path) -> None:
    """A column that is said to be required, with the counts of one that is not: an error that no program catches."""
    sink = io.BytesIO()
    parquet.write_table(pa.table({name: [value] for name, value in ROW.items()}), sink)
    optional = b"\x15\x0c\x25\x02\x18"  # a schema's element: BYTE_ARRAY, OPTIONAL, and its name
    content = sink.getvalue()
    assert content.count(optional) == 3
    damaged = content.replace(optional, b"\x15\x0c\x25\x00\x18")
    (whole,) = _read(tmp_path, "f.parquet", damaged, format="parquet")
    assert (whole["reason"], whole["detail"]) == ("FILE_UNREADABLE", "a footer that no program can read")


def test_a_header_alone_is_not_a_long_row(tmp_path: Path) -> None:
    (whole,) = _read(tmp_path, "f.csv", ",".join(f'"{name}"' for name in ROW).encode())
    assert (whole["reason"], whole["detail"]) == ("FILE_NO_ROWS", "a header and no rows")


@pytest.mark.parametrize("between", ["", ",", " , "])
def test_two_objects_on_a_line_are_no_row(tmp_path: Path, between: str) -> None:
    """A parser of lines reads the first: the second is lost, and all counts agree."""
    nested = {**ROW, "more": [{"Other": 1}, {"Intel Ref": "R9"}], "text": 'a } {"Intel Ref": "x"}'}
    lines = [json.dumps(ROW), json.dumps(ROW) + between + json.dumps(ROW), json.dumps(nested), json.dumps(ROW) + ","]
    _, *rows = _read(tmp_path, "f.jsonl", "\n".join(lines).encode(), format="jsonl")
    assert {row["row_number"]: row["detail"] for row in rows if row["reason"]} == {2: "several objects on a line"}
    _, *rows = _read(tmp_path, "f.jsonl", lines[1].encode(), format="jsonl")
    assert [row["reason"] for row in rows] == ["ROW_MALFORMED"]


@pytest.mark.parametrize("kind", damage.WRITERS)
def test_what_is_not_damaged_is_read_as_it_was(tmp_path: Path, kind: str) -> None:
    write, keys = damage.WRITERS[kind]
    rows = [["(r0c0) said, later", '(r0c1) the "one"', "(r0c2)\nand then"], ["(r1c0)", "(r1c1); | \u00e9", "(r1c2)"]]
    _, *found = _read(tmp_path, f"f.{kind.split(',')[0]}", write(rows), **keys)
    assert [list(json.loads(row["raw"]).values()) for row in found] == rows


@pytest.mark.parametrize("seed", range(0, 150, 30))
def test_some_rounds_of_the_fuzzer(tmp_path: Path, seed: int) -> None:
    assert not [problem for n in range(seed, seed + 30) for problem in readers.round_of(n, tmp_path)]
