"""Text that looks the same is the same: one form of each value, taken once for a whole row, whatever the format.

Senders' systems leave characters that nobody sees: directions around numbers copied from a phone, soft hyphens,
line ends of workbooks (`_x000D_`), half characters, letters in parts. Each would make another key, name or number.
"""

from __future__ import annotations

import json
import re
import unicodedata

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column
from pyspark.sql import functions as F

from pipelines.ingest import markup

_APOSTROPHES = (
    "\u2018\u2019\u201a\u201b\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u00b4\u0060\u2032\u2035\uff07\ua78c\u05f3"
)
_LINE_ENDS = "\x0b\x0c\x85\u2028\u2029"
_HYPHENS = "\u2010\u2011"
_UNSEEN = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u3164\uffa0\ufffc"  # without width, and not in Cf
_LIGATURES = {0xFB00 + n: text for n, text in enumerate(("ff", "fi", "fl", "ffi", "ffl", "st", "st"))}
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")  # of workbooks, ECMA-376 22.4.2.4


def _windows(code: int) -> str:
    """A control character from 80 to 9F as Windows-1252, as which it was most likely written."""
    try:
        return bytes([code]).decode("cp1252")
    except UnicodeDecodeError:
        return ""


def _table() -> dict[int, str | None]:
    """Character -> what it is read as."""
    table: dict[int, str | None] = dict.fromkeys((*range(9), *range(14, 32), 127))
    table |= {code: _windows(code) for code in range(0x80, 0xA0)}
    for code in (*range(0x10000), *range(0xE0000, 0xE0080)):  # the last: tags, which nothing shows
        category = unicodedata.category(chr(code))
        if category == "Cf":
            table[code] = None
        elif category == "Zs":
            table[code] = " "
    table |= {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}  # full width
    table |= _LIGATURES
    table |= {ord(c): "\n" for c in _LINE_ENDS}
    table |= {ord(c): "-" for c in _HYPHENS}
    table |= dict.fromkeys((*map(ord, _UNSEEN), *range(65024, 65040)))
    return table | {ord(c): "'" for c in (*_APOSTROPHES, "\x91", "\x92")}


_TABLE = _table()


def plain(text: str) -> str:
    """`text` in the one form of all that look like it, without markup: composed (NFC), seen characters only.

    `plain(plain(text)) == plain(text)` for text without markup.
    """
    unescaped = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    seen = _paired(markup.as_text(_paired(unescaped)))  # markup has half characters of its own: RTF's \u-10179
    return unicodedata.normalize("NFC", seen.translate(_TABLE))


def _paired(text: str) -> str:
    """`text` with two halves of a character as that one, and without single halves, which no UTF-8 holds."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")


_STRING = re.compile(r'"((?:[^"\\]|\\.)*+)"(\s*:)?')
# A row of JSON that is in this form already, which is nearly every one, is not looked at further: ASCII, letters of
# European languages, dashes and quotation marks; no escape by number, no entity, no tag.
_ODD = (
    r"[^\t\n\r\x20-\x5f\x61-\x7e\u00a1-\u00ac\u00ae-\u00b3\u00b5-\u017f\u2012-\u2017\u201c-\u2022\u2026\u20ac]"
    r"|\\[ubf]|_x[0-9A-Fa-f]{4}_|&[#a-zA-Z][0-9a-zA-Z]*;|<[a-zA-Z/!]|\{\\\\rtf"
)

# The same in the words of Arrow's expressions, which look at a row in a hundredth of the time that Java's take.
_ODD_IN_ARROW = re.sub(r"\\u([0-9a-f]{4})", r"\\x{\1}", _ODD)


def _of_row(raw: str) -> str:
    """A row's JSON with its values in their one form. Names of columns are the layout's, and stay."""

    def one(found: re.Match[str]) -> str:
        if found[2]:
            return found[0]
        try:
            return json.dumps(plain(json.loads(found[0], strict=False)), ensure_ascii=False)
        except ValueError:  # no string of JSON: the row is judged as it is
            return found[0]

    return _STRING.sub(one, raw)


def rows(raw: Column) -> Column:
    """Rows of JSON with every value in its one form; see `plain`.

    It is given out as not deterministic, which it is, because Spark merges Python functions of several projections into
    one (SPARK-53399): all that telephone numbers are made of would be written out in place of each column's name.
    """

    @F.pandas_udf("string")  # type: ignore[attr-defined, untyped-decorator]  # not exported
    def normalise(texts: pd.Series) -> pd.Series:
        made: list[str | None] = [None] * len(texts)  # what is in its form already is taken as it came
        is_odd = pc.match_substring_regex(pa.array(texts, pa.string()), _ODD_IN_ARROW)
        for at in np.flatnonzero(pc.fill_null(is_odd, False).to_numpy(zero_copy_only=False)):
            made[at] = _of_row(texts.iloc[at])
        return pd.Series(made, index=texts.index, dtype=object)

    return F.coalesce(normalise.asNondeterministic()(raw), raw)
