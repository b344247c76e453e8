"""Where a table's header stands, and whether it is one: a row of data taken for it would put values into the layout."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.ingest.drafting import dates

SEARCHED = 50  # rows, as many as the reader of CSV searches
BELOW = 200  # rows below it that are compared with it
_SAME_WIDTH = 0.9
_SAME_SHAPE = 0.8
_MAX_UNNAMED = 0.5  # share of the columns
_LONGEST = 80  # characters of a column's name
# How often a separator may stand in a name: more, and the text is a row.
_MOST_MARKS = {"|": 0, "\t": 0, "^": 0, "~": 0, ";": 1, ",": 2}
_DATA = re.compile(
    r"[^@\s]+@[^@\s]+\.[a-z]+|[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}|[+(]?[0-9][0-9 ()./+-]*", re.IGNORECASE
)  # an address of mail, a postcode, a number

Row = Sequence[str | None]


def find(rows: Sequence[Row]) -> list[int]:
    """Positions of the rows that can be the header: the first such, and those right below it that can be as well.

    More than one is a question. None is a table without a header, or none: a row of data as wide as the table, above
    all that could be its header, says that it has none.
    """
    found: list[int] = []
    for n, row in enumerate(rows[:SEARCHED]):
        if found and n > found[-1] + 1:
            break
        if _can_be(row, rows[n + 1 : n + 1 + BELOW], is_further=bool(found)):
            found.append(n)
    if found:
        width = len(cells(rows[found[0]]))
        if any(_is_data(row, rows[n + 1 : n + 1 + BELOW], width) for n, row in enumerate(rows[: found[0]])):
            return []
    return found


def _is_data(row: Row, below: Sequence[Row], width: int) -> bool:
    """Whether a row has `width` values, one of which is no name, or is one more value of its column."""
    texts = cells(row)
    if len(texts) != width:
        return False
    rest = [other for other in below if cells(other) != texts]
    columns = [[value.strip() for other in rest if n < len(other) and (value := other[n])] for n in range(width)]
    return any(text and (not is_name(text) or _is_of(text, columns[n])) for n, text in enumerate(texts))


def _can_be(row: Row, below: Sequence[Row], is_further: bool) -> bool:
    names = cells(row)
    named = [name for name in names if name]  # a column without a name is called by its number
    if len(named) < 2 or len(named) <= _MAX_UNNAMED * len(names) or len({n.casefold() for n in named}) < len(named):
        return False
    if not all(is_name(name) for name in named):
        return False
    rest = [other for other in below if any(value and value.strip() for value in other) and cells(other) != names]
    if not rest or sum(len(cells(other)) <= len(names) for other in rest) < _SAME_WIDTH * len(rest):
        return False
    if max(len(cells(other)) for other in rest) < len(names) and not _is_ragged(rest, len(names)):
        return False
    columns = [[value.strip() for other in rest if n < len(other) and (value := other[n])] for n in range(len(names))]
    if any(_is_of(name, values) for name, values in zip(names, columns, strict=True)):
        return False
    return not is_further or any(_stands_out(name, values) for name, values in zip(names, columns, strict=True))


def _is_ragged(rows: Sequence[Row], width: int) -> bool:
    """Whether rows are as wide as the header, though their last values are empty in all of them."""
    return sum(len(row) >= width for row in rows) >= _SAME_WIDTH * len(rows)


def cells(row: Row) -> list[str]:
    """Texts of a row, less empty ones at its end."""
    texts = [(value or "").strip() for value in row]
    while texts and not texts[-1]:
        texts.pop()
    return texts


def is_name(text: str) -> bool:
    """Whether a text can be a column's name: it has a letter, and is no date, number, postcode or address of mail, nor
    a row that another separator divides."""
    has_letter = any(c.isalpha() for c in text)
    if any(text.count(mark) > most for mark, most in _MOST_MARKS.items()):
        return False
    return has_letter and len(text) <= _LONGEST and not _DATA.fullmatch(text) and not dates.is_day(text)


def _is_of(name: str, values: Sequence[str]) -> bool:
    """Whether a header's text is one more value of the column below it: there again, or in the shape of nearly all."""
    if name and name in values:
        return True
    if not any(c.isdigit() for c in name):
        return False
    return sum(_shape(value) == _shape(name) for value in values) >= max(1, _SAME_SHAPE * len(values))


def _stands_out(name: str, values: Sequence[str]) -> bool:
    """Whether a text without digits stands over values that nearly all have some."""
    n_with_digits = sum(any(c.isdigit() for c in value) for value in values)
    return not any(c.isdigit() for c in name) and n_with_digits >= max(2, _SAME_WIDTH * len(values))


def _shape(text: str) -> str:
    return re.sub(r"[A-Z]+", "A", re.sub(r"[a-z]+", "a", re.sub(r"[0-9]", "9", text)))
