"""A subject profile as a Word document: the marking in header and footer of each page, every value as plain text.

Equal profiles give equal bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from jobs.output import word
from jobs.profile.model import CALCULATED, CAUTION, Profile, Section, Source

_table = partial(word.table, is_calculated=lambda value: CALCULATED in value)


def document(profile: Profile) -> bytes:
    """The profile as the bytes of a DOCX file."""
    made = word.new(f"Subject profile {profile.subject}", profile.marking)
    made.add_heading(word.text(profile.name), level=0)
    about = f"Subject profile. Record {', '.join(profile.person_ids)}. As known in the night of {profile.night}."
    made.add_paragraph(word.text(about))
    made.add_paragraph(CAUTION, style="Intense Quote")
    numbers = profile.sources()
    for n, section in enumerate(profile.sections, start=1):
        _section(made, n, section, numbers)
    n = len(profile.sections) + 1
    made.add_heading(f"{n}  Gaps in knowledge", level=1)
    for gap in profile.gaps:
        made.add_paragraph(word.text(gap), style="List Bullet")
    made.add_heading(f"{n + 1}  Sources", level=1)
    rows = [(str(k), s.table, s.id, f"{s.file}, row {s.row}" if s.file else "–") for s, k in numbers.items()]
    _table(made, ("No.", "Table", "Id", "File it arrived in"), rows, size=7)
    made.add_heading(f"{n + 2}  How this was made", level=1)
    _table(made, ("What", "Value"), [(k, str(v)) for k, v in profile.provenance.items()], size=8)
    return word.saved(made)


def _section(made: Any, n: int, section: Section, numbers: dict[Source, int]) -> None:
    made.add_heading(f"{n}  {word.text(section.title)}", level=1)
    if not section.statements:
        made.add_paragraph(word.text(section.empty))
        return
    if section.note:
        word.soft(made, section.note)
    rows: Sequence[Sequence[str]] = [
        (*s.cells, s.grading, " ".join(str(numbers[source]) for source in dict.fromkeys(s.sources)))
        for s in section.statements
    ]
    _table(made, (*section.headings, "Grading", "Sources"), rows)
    if section.chart:
        largest = max(section.chart.values()) or 1
        shown = [(label, f"{'█' * round(30 * n / largest)} {n}") for label, n in section.chart.items()]
        _table(made, ("Hour", "Events"), shown, size=7)
