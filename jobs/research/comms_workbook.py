"""The workbook of a research: one sheet a table, marked, every cell text that cannot act."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import xlsxwriter
from pyspark.sql import DataFrame

from jobs.output import escaping
from schemas import codes

MARKING = codes.MARKINGS[-1]  # names and numbers under authorisations: the highest that this system may hold
NOTE = "Counts of records as providers sent them: a reason to look, never a fact about a person."
_WIDTH = 22  # characters


def rows(sheet: DataFrame, limit: int) -> list[list[Any]]:
    """The first `limit` rows of a table, in the order of its columns' values, so that a rerun shows the same."""
    order = [name for name, kind in sheet.dtypes if not kind.startswith(("array", "map"))]
    return [list(row) for row in sheet.orderBy(*order).limit(limit).collect()]


def book(sheets: Mapping[str, tuple[str, Sequence[str], Iterable[Sequence[Any]], int]], night: date) -> bytes:
    """A workbook of sheets: name to (what it says, columns, rows, how many rows there are in all).

    Texts are written as texts, with a quote prefix: nothing that a provider sent can become a formula or a link.
    """
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    workbook = xlsxwriter.Workbook(buffer, options)
    workbook.set_properties({"title": MARKING, "created": datetime(night.year, night.month, night.day)})
    text = {"quote_prefix": True, "num_format": "@", "valign": "top"}
    formats = {
        "banner": workbook.add_format({**text, "bold": True, "font_color": "#FFFFFF", "bg_color": "#7A1F1F"}),
        "head": workbook.add_format({**text, "bold": True, "bottom": 1, "bg_color": "#EEF1F4"}),
        "text": workbook.add_format(text),
        "number": workbook.add_format({"valign": "top"}),
    }
    for name, (says, columns, body, total) in sheets.items():
        _sheet(workbook.add_worksheet(name[:31]), formats, says, columns, list(body), total)
    workbook.close()
    return buffer.getvalue()


def _sheet(
    sheet: Any, formats: Mapping[str, Any], says: str, columns: Sequence[str], body: list[Any], total: int
) -> None:
    for column in range(max(len(columns), 1)):
        sheet.write_string(0, column, MARKING if column == 0 else "", formats["banner"])
        sheet.set_column(column, column, _WIDTH)
    shown = (
        f" The first {len(body)} of {total} rows; the tables beside this workbook hold all."
        if total > len(body)
        else ""
    )
    sheet.write_string(1, 0, f"{says} {NOTE}{shown}", formats["text"])
    for column, heading in enumerate(columns):
        sheet.write_string(2, column, escaping.sheet_text(heading), formats["head"])
    for n, row in enumerate(body, start=3):
        for column, value in enumerate(row):
            if isinstance(value, int | float) and not isinstance(value, bool):
                sheet.write_number(n, column, round(value, 6), formats["number"])
            else:
                sheet.write_string(n, column, escaping.sheet_text(shown_as(value)), formats["text"])
    sheet.freeze_panes(3, 1)
    sheet.set_landscape()
    sheet.repeat_rows(0, 2)
    sheet.set_header(f"&C{MARKING}")
    sheet.set_footer(f"&C{MARKING}&RPage &P of &N")


def shown_as(value: Any) -> str:
    """A value as people read it: instants in UTC, lists with commas."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, list | tuple):
        return ", ".join(shown_as(v) for v in value)
    return "" if value is None else str(value)
