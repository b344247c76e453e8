"""The operator's own lists: which files of the folder are lists, and which lists a submission is searched for."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.sources import operator_lists
from pipelines.device import keyword_lists


def listed(*terms: str) -> keyword_lists.KeywordList:
    return keyword_lists.read("x.txt", "\n".join(terms).encode())


def test_lists_are_told_apart_and_what_is_none_is_named(tmp_path: Path) -> None:
    contents = {
        "terms.csv": b"term,kind\nburner,word\n(a,regex\n", "more.TXT": b"tick\n", "known.json": b"{}",
        "notes.pdf": b"%PDF-", "bad.xlsx": b"no workbook", ".hidden.txt": b"x\n",
    }  # fmt: skip
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "older").mkdir()
    (tmp_path / "older" / "old.txt").write_bytes(b"old\n")
    (tmp_path / "link.txt").symlink_to(tmp_path / "terms.csv")
    found = operator_lists.read(str(tmp_path))
    told = {name: [term.term for term in each.terms] for name, each in found.keyword_lists}
    assert told == {"operator/terms.csv": ["burner"], "operator/more.TXT": ["tick"]}
    assert found.pictures == (("operator/known.json", str(tmp_path / "known.json")),)
    assert [problem.partition(":")[0] for problem in found.problems] == [
        "operator/bad.xlsx", "operator/link.txt", "operator/notes.pdf", "operator/terms.csv",
    ]  # fmt: skip
    assert "(a" not in "".join(found.problems)


@pytest.mark.parametrize(("folder", "n_problems"), [(None, 0), ("/nowhere/at/all", 1)])
def test_no_folder_is_no_list_and_a_wrong_one_is_told(folder: str | None, n_problems: int) -> None:
    found = operator_lists.read(folder)
    assert (found.keyword_lists, found.pictures, len(found.problems)) == ((), (), n_problems)


def test_a_list_that_a_submission_brings_too_is_looked_for_once() -> None:
    own = (("terms.csv", listed("burner")),)
    operators = operator_lists.OperatorLists(
        (("operator/a", listed("burner")), ("operator/b", listed("tick")), ("operator/c", listed("tick")))
    )
    assert [name for name, _ in operator_lists.beside(own, operators)] == ["terms.csv", "operator/b"]
    assert [name for name, _ in operator_lists.beside((), operators)] == ["operator/a", "operator/b"]
