"""Records counted by readers that share no parser with those that read: rows that one of them swallowed are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.ingest.readers import second_count
from tests.fuzz import damage
from tests.support import bombs, one_file

HEADER = ",".join(damage.HEADER)


def _counted(folder: Path, name: str, content: bytes, sender: str = "norfolk", **keys: Any) -> tuple[int, int | None]:
    """Rows that the reader makes of a file, refused ones too, and records by the second count."""
    sources = one_file.norfolk(**keys)
    _, *rows = one_file.rows(folder, name, content, sources, sender)
    return len(rows), second_count.of_file(folder / name, sources[sender].feeds["report_links"])


@pytest.mark.parametrize("kind", damage.WRITERS)
def test_what_is_not_damaged_is_counted_alike(tmp_path: Path, kind: str) -> None:
    write, keys = damage.WRITERS[kind]
    rows = [
        ["R1 said, later, and, then", 'N1 the "one"', "x\nand then, later"],
        ["R2", "N2; | \u00e9", ""],
        ["R3", "", "x"],
    ]
    assert _counted(tmp_path, f"f.{kind.split(',')[0]}", write(rows), **keys) == (3, 3)


def test_rows_that_were_swallowed_are_counted(tmp_path: Path) -> None:
    """Two values that begin with a quotation mark: what lies between them is one row, of one reader and the other."""
    lines = [HEADER, "R1,N1,x", 'R2,"N2,x', "R3,N3,x", "R4,N4,x", 'R5,"N5,x', "R6,N6,x"]
    assert _counted(tmp_path, "f.csv", "\n".join(lines).encode()) == (3, 6)
    assert _counted(tmp_path, "f.csv", "\n".join(lines).encode(), quoting="none") == (6, 6)


def test_lines_before_the_header_and_after_the_rows(tmp_path: Path) -> None:
    text = f"Title, of 2, records\n\n{HEADER}\n\nR1,N1,x\nR2,N2,x\nTotal: 2\n"
    assert _counted(tmp_path, "f.csv", text.encode()) == (3, 3)


def test_a_workbook_of_another_program(tmp_path: Path) -> None:
    content = bombs.workbook([bombs._inline(*bombs.SURREY_LINKS), "<row></row>", bombs._inline("R1", "N1", "x")], "")
    assert _counted(tmp_path, "f.xlsx", content, "surrey") == (1, 1)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"\x1f\x8b\x08", b"PK\x03\x04", b"{", b"[" * 100_000])
@pytest.mark.parametrize("format_", ["csv", "jsonl", "json", "xlsx", "parquet"])
def test_what_cannot_be_counted_is_not(tmp_path: Path, content: bytes, format_: str) -> None:
    (tmp_path / "f").write_bytes(content)
    feed = one_file.norfolk(format=format_)["norfolk"].feeds["report_links"]
    assert second_count.of_file(tmp_path / "f", feed) in (None, 0, 1)
