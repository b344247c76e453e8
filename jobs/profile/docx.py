"""A subject profile as a Word document: the marking in header and footer of each page, every value as plain text.

Equal profiles give equal bytes: the document's dates are those of a fixed day, and so are those of the archive.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from jobs.output import escaping
from jobs.profile.model import CALCULATED, CAUTION, Profile, Section, Source

_FIXED = datetime(2000, 1, 1)
_MARK, _SOFT, _AMBER = RGBColor(0x7A, 0x1F, 0x1F), RGBColor(0x5A, 0x67, 0x72), RGBColor(0x7A, 0x4A, 0x00)


def document(profile: Profile) -> bytes:
    """The profile as the bytes of a DOCX file."""
    made = docx.Document()
    _paper(made, profile)
    made.add_heading(_text(profile.name), level=0)
    about = f"Subject profile. Record {', '.join(profile.person_ids)}. As known in the night of {profile.night}."
    made.add_paragraph(_text(about))
    made.add_paragraph(CAUTION, style="Intense Quote")
    numbers = profile.sources()
    for n, section in enumerate(profile.sections, start=1):
        _section(made, n, section, numbers)
    n = len(profile.sections) + 1
    made.add_heading(f"{n}  Gaps in knowledge", level=1)
    for gap in profile.gaps:
        made.add_paragraph(_text(gap), style="List Bullet")
    made.add_heading(f"{n + 1}  Sources", level=1)
    rows = [(str(k), s.table, s.id, f"{s.file}, row {s.row}" if s.file else "–") for s, k in numbers.items()]
    _table(made, ("No.", "Table", "Id", "File it arrived in"), rows, size=7)
    made.add_heading(f"{n + 2}  How this was made", level=1)
    _table(made, ("What", "Value"), [(k, str(v)) for k, v in profile.provenance.items()], size=8)
    return _fixed(made)


def _text(value: Any) -> str:
    """Text for a document: controls and reordering shown as U+FFFD; Word runs nothing that stands in a paragraph."""
    return escaping.clean(value)


def _paper(made: Any, profile: Profile) -> None:
    properties = made.core_properties
    properties.author, properties.title, properties.comments = "Nightjar", f"Subject profile {profile.subject}", ""
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
        run = paragraph.add_run(profile.marking)
        run.bold, run.font.color.rgb = True, _MARK
    _page_number(section.footer.add_paragraph())


def _page_number(paragraph: Any) -> None:
    """ "Page N" as a field that Word fills in."""
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = paragraph.add_run("Page ")
    for kind, text in (("begin", None), (None, "PAGE"), ("end", None)):
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.set(qn("xml:space"), "preserve")
            mark.text = text
        run._r.append(mark)


def _section(made: Any, n: int, section: Section, numbers: dict[Source, int]) -> None:
    made.add_heading(f"{n}  {_text(section.title)}", level=1)
    if not section.statements:
        made.add_paragraph(_text(section.empty))
        return
    if section.note:
        made.add_paragraph().add_run(_text(section.note)).font.color.rgb = _SOFT
    rows = [
        (*s.cells, s.grading, " ".join(str(numbers[source]) for source in dict.fromkeys(s.sources)))
        for s in section.statements
    ]
    _table(made, (*section.headings, "Grading", "Sources"), rows)
    if section.chart:
        largest = max(section.chart.values()) or 1
        shown = [(label, f"{'█' * round(30 * n / largest)} {n}") for label, n in section.chart.items()]
        _table(made, ("Hour", "Events"), shown, size=7)


def _table(made: Any, headings: Sequence[str], rows: Sequence[Sequence[str]], size: float = 8) -> None:
    table = made.add_table(rows=1, cols=len(headings), style="Light Grid Accent 1")
    _repeat(table.rows[0])
    for cell, heading in zip(table.rows[0].cells, headings, strict=True):
        _fill(cell, heading, size, bold=True)
    for row in rows:
        added = table.add_row()
        for cell, value in zip(added.cells, row, strict=True):
            _fill(cell, value, size, is_calculated=CALCULATED in value)
    made.add_paragraph()


def _fill(cell: Any, value: str, size: float, *, bold: bool = False, is_calculated: bool = False) -> None:
    run = cell.paragraphs[0].add_run(_text(value))
    run.font.size, run.bold = Pt(size), bold
    if is_calculated:
        run.italic, run.font.color.rgb = True, _AMBER


def _repeat(row: Any) -> None:
    """The row is repeated at the top of each page that its table runs over."""
    header = OxmlElement("w:tblHeader")
    header.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(header)


def _fixed(made: Any) -> bytes:
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
