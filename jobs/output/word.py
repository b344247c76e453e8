"""Word documents: the marking in header and footer of each page, every value as plain text, and no picture.

Equal values give equal bytes: dates of a document and of the entries of its archive are those of a fixed day.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from jobs.output import escaping

_FIXED = datetime(2000, 1, 1)
_MARK, _SOFT, _AMBER = RGBColor(0x7A, 0x1F, 0x1F), RGBColor(0x5A, 0x67, 0x72), RGBColor(0x7A, 0x4A, 0x00)


def new(title: str, marking: str) -> Any:
    """An empty document in landscape, marked on each page."""
    made = docx.Document()
    # The library's template brings a picture of its first page; a document of ours holds none.
    for id_, relation in list(made.part.package.rels.items()):
        if relation.reltype.endswith("/thumbnail"):
            del made.part.package.rels[id_]
    properties = made.core_properties
    properties.author, properties.title, properties.comments = "Nightjar", title, ""
    properties.created = properties.modified = _FIXED
    style = made.styles["Normal"]
    style.font.name, style.font.size = "Arial", Pt(9.5)
    section = made.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE  # the tables are wide
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.left_margin = section.right_margin = Mm(16)
    for part in (section.header, section.footer):
        paragraph = part.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        run = paragraph.add_run(marking)
        run.bold, run.font.color.rgb = True, _MARK
    _page_number(section.footer.add_paragraph())
    return made


def text(value: Any) -> str:
    """Text for a document: controls and reordering shown as U+FFFD; Word runs nothing that stands in a paragraph."""
    return escaping.clean(value)


def soft(made: Any, value: str) -> None:
    """A paragraph in grey."""
    made.add_paragraph().add_run(text(value)).font.color.rgb = _SOFT


def table(
    made: Any,
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    size: float = 8,
    *,
    is_calculated: Callable[[str], bool] = lambda value: False,
) -> None:
    """A table whose headings are repeated on each page; values that are calculated stand out."""
    grid = made.add_table(rows=1, cols=len(headings), style="Light Grid Accent 1")
    _repeat(grid.rows[0])
    for cell, heading in zip(grid.rows[0].cells, headings, strict=True):
        _fill(cell, heading, size, bold=True)
    for row in rows:
        added = grid.add_row()
        for cell, value in zip(added.cells, row, strict=True):
            _fill(cell, value, size, is_calculated=is_calculated(value))
    made.add_paragraph()


def saved(made: Any) -> bytes:
    """The document with every entry of its archive dated alike."""
    first, out = io.BytesIO(), io.BytesIO()
    made.save(first)
    with zipfile.ZipFile(first) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as kept:
        for name in sorted(source.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            kept.writestr(entry, source.read(name))
    return out.getvalue()


def _page_number(paragraph: Any) -> None:
    """ "Page N" as a field that Word fills in."""
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = paragraph.add_run("Page ")
    for kind, value in (("begin", None), (None, "PAGE"), ("end", None)):
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.set(qn("xml:space"), "preserve")
            mark.text = value
        run._r.append(mark)


def _fill(cell: Any, value: str, size: float, *, bold: bool = False, is_calculated: bool = False) -> None:
    run = cell.paragraphs[0].add_run(text(value))
    run.font.size, run.bold = Pt(size), bold
    if is_calculated:
        run.italic, run.font.color.rgb = True, _AMBER


def _repeat(row: Any) -> None:
    """The row is repeated at the top of each page that its table runs over."""
    header = OxmlElement("w:tblHeader")
    header.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(header)
