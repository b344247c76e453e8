"""YAML with lines: keys are text as written, `<<` and aliases work, one document is laid over another."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas import documents
from schemas.documents import DocumentError, Problem


def test_keys_are_text_as_it_is_written_and_values_have_types() -> None:
    found = documents.parse("01: a\nNo: b\n2026-01-05: c\n~: d\nn: 7\nyes: [1, 0.5, true, null]\n", "x.yaml")
    assert found.values == {"01": "a", "No": "b", "2026-01-05": "c", "~": "d", "n": 7, "yes": [1, 0.5, True, None]}


def test_each_value_has_its_line() -> None:
    found = documents.parse("# said first\na:\n  b: 1\n  c:\n    - x\n    - y\nd: {e: 2,\n  f: 3}\n", "x.yaml")
    lines = {".".join(map(str, at)): line for at, (_, line) in found.places.items()}
    assert lines == {"": 2, "a": 2, "a.b": 3, "a.c": 4, "a.c.0": 5, "a.c.1": 6, "d": 7, "d.e": 7, "d.f": 8}
    assert str(found.problem(("a", "c", 1, "z"), "is wrong")) == "x.yaml:6: a.c.1.z: is wrong"


def test_what_is_taken_from_elsewhere_gives_way_to_what_is_written() -> None:
    found = documents.parse("base: &base {a: 1, b: 2}\nown: {<<: *base, b: 3}\n", "x.yaml")
    assert found.values["own"] == {"a": 1, "b": 3}
    assert not found.problems


def test_a_document_laid_over_another_keeps_what_it_does_not_name_and_both_files_lines() -> None:
    base = documents.parse("a: {b: 1, c: 2}\nd: [1, 2]\ne: {}\n", "base.yaml")
    over = documents.parse("\nd: [3]\na: {c: 4}\ne: {f: 5}\n", "over.yaml")
    found = over.laid_over(base)
    assert found.values == {"a": {"b": 1, "c": 4}, "d": [3], "e": {"f": 5}}
    assert str(found.problem(("a", "b"), "x")) == "base.yaml:1: a.b: x"
    assert str(found.problem(("a", "c"), "x")) == "over.yaml:3: a.c: x"
    assert str(found.problem(("d", 0), "x")) == "over.yaml:2: d.0: x"


def test_only_so_many_mistakes_are_told_in_order_of_line() -> None:
    error = DocumentError([Problem("x.yaml", line, "k", "is wrong") for line in range(30, 0, -1)])
    told = str(error).splitlines()
    assert told[0] == "x.yaml:1: k: is wrong"
    assert told[-1] == "and 10 more"
    assert len(told) == documents.SHOWN + 1


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"#" * (documents.MAX_BYTES + 1))
    with pytest.raises(DocumentError, match=r"^x\.yaml: is larger than 1 MB$"):
        documents.read(path)
