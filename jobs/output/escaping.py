"""Escaping at the sink: text of reports, names and model terms must never act in a spreadsheet or log.

Text is kept as it came until it leaves; each way out has one function here, but pages, whose templates escape by
themselves (`jobs.pages.markup`). Nothing is dropped in silence: what cannot be shown safely is shown as U+FFFD, so that
offsets into the text stay true.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# Excel drops what is beyond this many UTF-16 units in a cell, and xlsxwriter then writes no cell at all.
MAX_CELL = 32_767
SHORTENED = " [shortened]"

# What starts a formula: OWASP "CSV injection", with the full-width forms that East Asian locales accept.
_FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20"
# A cell of plain digits cannot compute or call: numbers, and telephone numbers of 7 to 15 digits in groups (E.164).
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_PHONE = re.compile(r"\+(?=(?: ?[0-9]){7,15}\Z)[0-9]+(?: [0-9]+)*")
# A cell may be cut again by a program whose separator is not ours (Excel with a continental locale takes `;`).
_CUTS = re.compile(r"([;\t\r\n])")
# Controls that reorder text around them (Trojan Source, CVE-2021-42574). Plain right-to-left names need none of them.
_REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def clean(value: Any) -> str:
    """`value` as text (None: empty) with each control, reordering or unpaired surrogate replaced, one for one."""
    text = "" if value is None else str(value)
    return _REORDERING.sub(REPLACEMENT, _CONTROLS.sub(REPLACEMENT, text))


def cell(value: Any) -> str:
    """`value` as a CSV cell that no spreadsheet takes for a formula.

    The cell, and each part of it after `;`, tab or line break, gets a leading `'` where its first visible character
    could start a formula; so does a cell that begins with a tab or line break. Plain numbers (`-12.5`) and telephone
    numbers (`+447700900123`, `+44 7700 900123`) stay as they are. The caller still quotes the cell.
    """
    text = clean(value)
    guarded = "".join(_guarded(part) for part in _CUTS.split(text))
    return "'" + guarded if text.startswith(("\t", "\r", "\n")) else guarded


def _guarded(part: str) -> str:
    visible = _visible(part)
    if not visible or visible[0] not in _FORMULA:
        return part
    is_number = _NUMBER.fullmatch(visible) or _PHONE.fullmatch(visible)
    return part if is_number and part.strip(" ") == visible else "'" + part


def _visible(text: str) -> str:
    """`text` without leading blanks and invisible format characters, which importers skip (a BOM, zero-width space).

    An apostrophe at the very front makes a cell text; one behind something invisible is skipped too, to be safe.
    """
    skipped = "" if text.startswith("'") else "'"
    for n, character in enumerate(text):
        if not (character.isspace() or character in skipped or unicodedata.category(character) in ("Cf", "Cc", "Mn")):
            return text[n:].rstrip(" ")
    return ""


def sheet_text(value: Any) -> str:
    """`value` as the text of an XLSX cell of type string. Not prefixed: the type already makes it text.

    Shortened, and says so, where Excel's limit of 32,767 UTF-16 units is passed.
    """
    text = clean(value)
    if len(text.encode("utf-16-le")) // 2 <= MAX_CELL:
        return text
    kept = text.encode("utf-16-le")[: 2 * (MAX_CELL - len(SHORTENED))]
    return kept.decode("utf-16-le", errors="ignore") + SHORTENED


def log_line(value: Any, *, limit: int = 2000) -> str:
    """`value` as one printable line of a log: line breaks, controls and reordering as escapes, cut at `limit`."""
    text = "" if value is None else str(value)
    line = "".join(_escaped(character) for character in text[: limit + 1])
    return line if len(line) <= limit else line[: limit - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _escaped(character: str) -> str:
    if character == "\\":
        return "\\\\"
    if character == " " or (character.isprintable() and unicodedata.category(character) not in ("Zl", "Zp")):
        return character
    return character.encode("unicode_escape").decode("ascii")
