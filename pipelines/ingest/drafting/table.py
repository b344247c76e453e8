"""A sender's file as a table of texts, whatever its format, and what is asked about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.ingest import look_alikes
from schemas import absent, codes

MAX_ROWS = 100_000  # of a feed that are looked at
_SHORT = 200  # characters up to which a value is brought to its one form
_MARK = 60  # characters up to which a value may be a marking


@dataclass(frozen=True)
class Question:
    """Something that the files do not say.

    `key` is the dotted key of the layout that answers it. Where it `must` be answered, the draft has that key with
    nothing after it, so that it cannot be used before; else the key stands there as a comment. `options` are answers
    that the files allow, as YAML. Neither holds a value of the files, but for words of coded fields.
    """

    key: str
    text: str
    options: tuple[str, ...] = ()
    must: bool = True


@dataclass
class Table:
    """Rows as texts by column; dotted paths name nested values. Empty values are left out.

    `lists` holds values of columns that are arrays of plain values, `arrays` those that are arrays of objects: path ->
    key -> values.
    """

    columns: dict[str, None] = field(default_factory=dict)
    rows: list[dict[str, str]] = field(default_factory=list)
    lists: dict[str, list[str]] = field(default_factory=dict)
    arrays: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    n_marked: int = 0  # rows marked SECRET or above: not looked at, and not shown

    def values(self, column: str) -> list[str]:
        """Every value of a column that holds something, in order of rows."""
        return [row[column] for row in self.rows if column in row]

    def add(self, row: Mapping[str, Any]) -> None:
        """Adds a row of parsed JSON, unless a value of it is a marking that may not be held."""
        flat = dict(_flat(row))
        if any(_is_refused_marking(value) for value in flat.values() if isinstance(value, str)):
            self.n_marked += 1
            return
        texts: dict[str, str] = {}
        for path, value in flat.items():
            if isinstance(value, str):
                self.columns.setdefault(path)
                if value:
                    texts[path] = value
            elif value and all(isinstance(each, dict) for each in value):
                self._add_objects(path, value)
            else:
                self.columns.setdefault(path)
                self.lists.setdefault(path, []).extend(text for each in value if (text := _text(each)))
        self.rows.append(texts)

    def _add_objects(self, path: str, elements: list[dict[str, Any]]) -> None:
        keys = self.arrays.setdefault(path, {})
        for element in elements:
            for key, value in _flat(element):
                keys.setdefault(key, []).extend([value] if isinstance(value, str) and value else [])

    def extend(self, other: Table) -> None:
        """Adds the rows of another file of the same feed."""
        self.columns |= other.columns
        self.rows += other.rows[: max(0, MAX_ROWS - len(self.rows))]
        for path, values in other.lists.items():
            self.lists.setdefault(path, []).extend(values)
        for path, keys in other.arrays.items():
            for key, values in keys.items():
                self.arrays.setdefault(path, {}).setdefault(key, []).extend(values)
        self.n_marked += other.n_marked


def _flat(row: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in row.items():
        path = f"{above}.{key}" if above else key
        if isinstance(value, dict) and value:
            yield from _flat(value, path)
        elif isinstance(value, list):
            yield path, value
        else:
            yield path, _text(value)


def _text(value: Any) -> str:
    if value is None or isinstance(value, dict | list):
        return ""
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    return (look_alikes.plain(text) if len(text) <= _SHORT else text).strip()


def _is_refused_marking(value: str) -> bool:
    return len(value) <= _MARK and any(marking in value.upper() for marking in codes.REFUSED_MARKINGS)


def means_something(kind: str, value: str) -> bool:
    """Whether a value is none of the words that always mean nothing in a field of `kind`."""
    bare = " ".join(value.upper().replace("_", " ").split()).strip(" \"'()[]{}<>.,;:*-")
    return bool(bare) and bare not in absent.words(kind)
