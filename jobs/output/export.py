"""What each force takes away: its rows of `gold.writeback` as CSV and XLSX, safe to open, marked and logged.

The same rows give the same bytes, so a rerun finds its files there and neither writes nor logs again. A disclosure is
in the log before its file has its name.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlsxwriter

from jobs.output import escaping
from jobs.runtime import audit, whole_file
from jobs.runtime.audit import operations
from schemas import codes

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Heading that people read, and the column of gold.writeback behind it.
COLUMNS = {
    "URN": "urn",
    "Tag to add": "local_tag",
    "National tag": "tag",
    "Decided by": "reviewer",
    "Decided at (UTC)": "decided_at",
    "Reason": "reason",
    "Report": "report_id",
    "Decision": "decision_id",
}
WIDTHS = (18, 28, 20, 20, 20, 60, 24, 38)  # characters, in the order of COLUMNS
NOTE = "Tags that named reviewers decided to add. Each row is a person's decision."
CEILING = codes.MARKINGS[-1]


def write(
    rows: DataFrame,
    folder: Path,
    night: date,
    log: audit.Audit,
    *,
    marking: str = CEILING,
    who: str = "nightjar",
) -> list[Path]:
    """Write `folder/<night>/<force>/writeback-<force>-<night>.csv` and `.xlsx` of each force with rows, and list them.

    Args:
        rows: `gold.WRITEBACK`. Only the night's rows are taken: as many as people decided, so they fit the driver.
        marking: highest marking of what the rows speak of. The default is the highest that this system may hold,
            because a reviewer's words may quote any report.

    Raises:
        ValueError: the marking is not one that may leave, or a force code could not be a folder.
        audit.AuditError: the disclosure cannot be logged; then nothing is written.
    """
    if marking not in codes.MARKINGS:
        raise ValueError(f"{marking!r} is not a marking that may be exported")
    tonight = rows.where(rows["night"] == night).select("force", *dict.fromkeys(COLUMNS.values()))
    by_force: dict[str, list[Mapping[str, Any]]] = {force: [] for force in _written_before(folder / night.isoformat())}
    for row in tonight.orderBy("force", "urn", "decided_at", "decision_id").collect():
        by_force.setdefault(row["force"], []).append(row.asDict())
    files = []
    for force, written in sorted(by_force.items()):
        files += _force_files(folder, night, force, written, log, marking, who)
    return files


def _written_before(folder: Path) -> list[str]:
    """Forces that got a file this night: one whose rows are gone since gets an empty file, not a stale one."""
    return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def _force_files(
    folder: Path, night: date, force: str, rows: Sequence[Mapping[str, Any]], log: audit.Audit, marking: str, who: str
) -> list[Path]:
    if not re.fullmatch(codes.FORCE_PATTERN, force):
        raise ValueError("a force code that is not of its form cannot be a folder")
    target = folder / night.isoformat() / force
    stem = f"writeback-{force}-{night.isoformat()}"
    table = [[_shown(row[name]) for name in COLUMNS.values()] for row in rows]
    contents = {
        target / f"{stem}.csv": csv_bytes(COLUMNS, table, marking),
        target / f"{stem}.xlsx": xlsx_bytes(COLUMNS, table, marking, night),
    }
    stale = {path: data for path, data in contents.items() if not path.is_file() or path.read_bytes() != data}
    if stale:
        operations.writeback_exported(
            log, night, force, f"force {force} {codes.FORCES.get(force, '')}".strip(), who,
            {"rows": len(rows), "files": len(stale)}, [row["decision_id"] for row in rows],
        )  # fmt: skip
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path, data in stale.items():
            whole_file.write(path, data)
    return list(contents)


def csv_bytes(headings: Mapping[str, str] | Sequence[str], rows: Sequence[Sequence[Any]], marking: str) -> bytes:
    """A CSV file: marking, a line on what it is, headings, rows. UTF-8 with a BOM, as Excel needs; all cells quoted."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([marking])
    writer.writerow([NOTE])
    writer.writerow([escaping.cell(heading) for heading in headings])
    writer.writerows([[escaping.cell(value) for value in row] for row in rows])
    return buffer.getvalue().encode("utf-8-sig")


def xlsx_bytes(
    headings: Mapping[str, str] | Sequence[str], rows: Sequence[Sequence[Any]], marking: str, night: date
) -> bytes:
    """A workbook of one sheet. Every cell is a string with a quote prefix: text stays text when it is edited, too."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(buffer, options)
    # A fixed instant: the same rows give the same bytes.
    book.set_properties({"title": marking, "created": datetime(night.year, night.month, night.day)})
    sheet = book.add_worksheet("Writeback")
    text = {"quote_prefix": True, "num_format": "@", "valign": "top"}
    banner = book.add_format({**text, "bold": True, "font_color": "#FFFFFF", "bg_color": "#7A1F1F"})
    heading_format = book.add_format({**text, "bold": True, "bottom": 1, "bg_color": "#EEF1F4"})
    body = book.add_format({**text, "text_wrap": True})
    for column in range(len(headings)):
        sheet.write_string(0, column, marking if column == 0 else "", banner)
        sheet.set_column(column, column, WIDTHS[column] if column < len(WIDTHS) else 20)
    sheet.write_string(1, 0, NOTE, book.add_format(text))
    for column, heading in enumerate(headings):
        sheet.write_string(2, column, escaping.sheet_text(heading), heading_format)
    for n, row in enumerate(rows, start=3):
        for column, value in enumerate(row):
            sheet.write_string(n, column, escaping.sheet_text(value), body)
    sheet.freeze_panes(3, 1)
    sheet.set_landscape()
    sheet.repeat_rows(0, 2)
    sheet.set_header(f"&C{marking}")
    sheet.set_footer(f"&C{marking}&RPage &P of &N")
    book.close()
    return buffer.getvalue()


def _shown(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")  # Spark collects instants in the process's zone
    return "" if value is None else str(value)
