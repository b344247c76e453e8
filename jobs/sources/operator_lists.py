"""The operator's own lists, which are looked for in every submission: key words, and known pictures by their hashes.

A folder of the operator's (`device.lists`), with CSV, XLSX and TXT for key words and JSON for known pictures. Links and
folders in it are left alone.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from jobs.sources import submissions
from pipelines.device import keyword_lists

PREFIX = "operator/"  # of the names of these lists: no file of a submission is named so
KEYWORDS, PICTURES = (".csv", ".xlsx", ".txt"), (".json",)


@dataclass(frozen=True)
class OperatorLists:
    """What the folder holds; `problems` are for an alert: names and reasons, no terms."""

    keyword_lists: tuple[tuple[str, keyword_lists.KeywordList], ...] = ()  # each with its name
    pictures: tuple[tuple[str, str], ...] = ()  # name and path
    problems: tuple[str, ...] = ()


def read(folder: str | None) -> OperatorLists:
    """The lists of the folder, by name; none where no folder is set."""
    if folder is None:
        return OperatorLists()
    try:
        paths = sorted(Path(folder).iterdir())
    except OSError as error:
        return OperatorLists(problems=(f"the folder device.lists cannot be read ({type(error).__name__})",))
    terms: list[tuple[str, keyword_lists.KeywordList]] = []
    pictures: list[tuple[str, str]] = []
    problems: list[str] = []
    for path in paths:
        if path.name.startswith(".") or (path.is_dir() and not path.is_symlink()):
            continue
        name, ending = PREFIX + path.name, path.suffix.lower()
        if path.is_symlink() or ending not in (*KEYWORDS, *PICTURES) or not _is_text(path):
            problems.append(f"{ascii(name)[1:-1]}: neither a list of key words nor one of known pictures")
        elif ending in PICTURES:
            pictures.append((name, str(path)))
        else:
            try:
                listed = submissions.read_list(path)
            except (keyword_lists.UnreadableError, OSError) as error:
                is_ours = isinstance(error, keyword_lists.UnreadableError)
                problems.append(f"{name}: {error if is_ours else 'cannot be opened'}")
                continue
            terms.append((name, listed))
            if listed.refused:
                problems.append(f"{name}: {len(listed.refused)} terms cannot be looked for")
    return OperatorLists(tuple(terms), tuple(pictures), tuple(problems))


def beside(
    own: tuple[tuple[str, keyword_lists.KeywordList], ...], operators: OperatorLists
) -> list[tuple[str, keyword_lists.KeywordList]]:
    """The lists that are looked for in a submission: its own, and of the operator's those that say anything else."""
    kept, versions = list(own), {each.version for _, each in own}
    for name, listed in operators.keyword_lists:
        if listed.version not in versions:
            versions.add(listed.version)
            kept.append((name, listed))
    return kept


def _is_text(path: Path) -> bool:
    """Whether the file's name is UTF-8: tables hold it."""
    return os.fsencode(path.name) == path.name.encode("utf-8", "replace")
