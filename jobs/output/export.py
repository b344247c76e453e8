"""What each force takes away: its rows of a table of decisions as CSV and XLSX, safe to open, marked and logged.

The same rows give the same bytes, so a rerun finds its files there and neither writes nor logs again. A disclosure is
in the log before its file has its name.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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

CEILING = codes.MARKINGS[-1]


@dataclass(frozen=True)
class Form:
    """Declaration of one kind of file.

    Attributes:
        name: the file's name begins with it.
        sheet: name of the sheet in the workbook.
        note: the line below the marking that says what the rows are.
        columns: by heading, the column of the table and its width in characters.
        order: columns that order the rows of a force; they must not leave ties.
        log: writes the disclosure: log, night, force, to whom, who, counts, ids of decisions.
    """

    name: str
    sheet: str
    note: str
    columns: Mapping[str, tuple[str, int]]
    order: tuple[str, ...]
    log: Callable[..., None]

    def stem(self, force: str, night: date) -> str:
        return f"{self.name}-{force}-{night.isoformat()}"


WRITEBACK = Form(
    name="writeback",
    sheet="Writeback",
    note="Tags that named reviewers decided to add. Each row is a person's decision.",
    columns={
        "URN": ("urn", 18),
        "Tag to add": ("local_tag", 28),
        "National tag": ("tag", 20),
        "Decided by": ("reviewer", 20),
        "Decided at (UTC)": ("decided_at", 20),
        "Reason": ("reason", 60),
        "Report": ("report_id", 24),
        "Decision": ("decision_id", 38),
    },
    order=("urn", "decided_at", "decision_id"),
    log=operations.writeback_exported,
)


def write(
    rows: DataFrame,
    folder: Path,
    night: date,
    log: audit.Log,
    *,
    form: Form = WRITEBACK,
    marking: str = CEILING,
    who: str = operations.SYSTEM,
) -> list[Path]:
    """Write `folder/<night>/<force>/<form>-<force>-<night>.csv` and `.xlsx` of each force with rows, and list them.

    Args:
        rows: the table of the form. Only the night's rows are taken: as many as people decided, so they fit the driver.
        marking: highest marking of what the rows speak of. The default is the highest that this system may hold,
            because a reviewer's words may quote any report.

    Raises:
        ValueError: the marking is not one that may leave, or a force code could not be a folder.
        audit.AuditError: the disclosure cannot be logged; then nothing is written.
    """
    if marking not in codes.MARKINGS:
        raise ValueError(f"{marking!r} is not a marking that may be exported")
    tonight = rows.where(rows["night"] == night).select("force", *dict.fromkeys(name for name, _ in _columns(form)))
    by_force: dict[str, list[Mapping[str, Any]]] = {force: [] for force in _written_before(folder, night, form)}
    for row in tonight.orderBy("force", *form.order).collect():
        by_force.setdefault(row["force"], []).append(row.asDict())
    files = []
    for force, written in sorted(by_force.items()):
        files += _force_files(folder, night, force, written, log, form, marking, who)
    return files


def _columns(form: Form) -> list[tuple[str, int]]:
    return list(form.columns.values())


def _written_before(folder: Path, night: date, form: Form) -> list[str]:
    """Forces that got such a file this night: one whose rows are gone since gets an empty file, not a stale one."""
    there = (folder / night.isoformat()).glob(f"*/{form.name}-*")
    return sorted({path.parent.name for path in there})


def _force_files(
    folder: Path, night: date, force: str, rows: Sequence[Mapping[str, Any]], log: audit.Log, form: Form,
    marking: str, who: str,
) -> list[Path]:  # fmt: skip
    if not re.fullmatch(codes.FORCE_PATTERN, force):
        raise ValueError("a force code that is not of its form cannot be a folder")
    target = folder / night.isoformat() / force
    stem = form.stem(force, night)
    table = [[_shown(row[name]) for name, _ in _columns(form)] for row in rows]
    contents = {
        target / f"{stem}.csv": csv_bytes(form, table, marking),
        target / f"{stem}.xlsx": xlsx_bytes(form, table, marking, night),
    }
    stale = {path: data for path, data in contents.items() if not path.is_file() or path.read_bytes() != data}
    if stale:
        form.log(
            log, night, force, f"force {force} {codes.FORCES.get(force, '')}".strip(), who,
            {"rows": len(rows), "files": len(stale)}, {row["decision_id"] for row in rows},
        )  # fmt: skip
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path, data in stale.items():
            whole_file.write(path, data)
    return list(contents)


def csv_bytes(form: Form, rows: Sequence[Sequence[Any]], marking: str) -> bytes:
    """A CSV file: marking, a line on what it is, headings, rows. UTF-8 with a BOM, as Excel needs; all cells quoted."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([marking])
    writer.writerow([form.note])
    writer.writerow([escaping.cell(heading) for heading in form.columns])
    writer.writerows([[escaping.cell(value) for value in row] for row in rows])
    return buffer.getvalue().encode("utf-8-sig")


def xlsx_bytes(form: Form, rows: Sequence[Sequence[Any]], marking: str, night: date) -> bytes:
    """A workbook of one sheet. Every cell is a string with a quote prefix: text stays text when it is edited, too."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(buffer, options)
    # A fixed instant: the same rows give the same bytes.
    book.set_properties({"title": marking, "created": datetime(night.year, night.month, night.day)})
    sheet = book.add_worksheet(form.sheet)
    text = {"quote_prefix": True, "num_format": "@", "valign": "top"}
    banner = book.add_format({**text, "bold": True, "font_color": "#FFFFFF", "bg_color": "#7A1F1F"})
    heading_format = book.add_format({**text, "bold": True, "bottom": 1, "bg_color": "#EEF1F4"})
    body = book.add_format({**text, "text_wrap": True})
    for column, (_, width) in enumerate(_columns(form)):
        sheet.write_string(0, column, marking if column == 0 else "", banner)
        sheet.set_column(column, column, width)
    sheet.write_string(1, 0, form.note, book.add_format(text))
    for column, heading in enumerate(form.columns):
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
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
