"""One opened report: its text with the reasons marked, gradings, people, and where the row comes from.

The elements are in `templates/report.html.j2`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobs.pages import highlighting, markup
from jobs.pages import html as pages_html
from schemas import codes

Row = Mapping[str, Any]


def report_text(report: Row, item: Row, *, is_blind: bool) -> markup.Html:
    """The report's text by item, each with its grading; reasons are marked if it is the text that was scored."""
    is_same = item["text_hash"] is None or item["text_hash"] == report["text_hash"]
    spans = [
        highlighting.Span(r["start"], r["end"], float(r["weight"] or 0.0), str(r["text"]))
        for r in item["reasons"]
        if not is_blind and is_same and r["source_id"] in (None, item["subject_id"])
    ]
    strong_from = max((abs(span.weight) for span in spans), default=0.0) / 2
    sections = []
    for start, text, label, is_false in _sections(report):
        inside = [highlighting.Span(_less(s.start, start), _less(s.end, start), s.weight, s.label) for s in spans]
        marked = highlighting.highlight(text, inside, strong_from=strong_from)
        sections.append({"text": marked, "label": label, "is_false": is_false})
    changed = "This is not the text that was scored, so no reasons are marked in it."
    return markup.join(
        "" if is_same else pages_html.notice(changed, "warn"),
        markup.fill("report", "text", sections=sections, has_marks=bool(spans)),
    )


def _less(offset: int | None, start: int) -> int | None:
    return None if offset is None else offset - start


def _sections(report: Row) -> list[tuple[int, str, str, bool]]:
    """Parts of the text: offset, text, label, whether graded E. One part where the items do not make up the text."""
    parts = [(report["title"] or "", "", False)]
    for item in report["items"]:
        parts.append((item["text"] or "", f"item {item['n']}: {_grading(item)}", item["intelligence"] == "E"))
    if not report["title"]:
        parts = parts[1:]
    if "\n".join(text for text, _, _ in parts) != report["text"]:
        return [(0, report["text"], "", False)]
    sections, at = [], 0
    for text, label, is_false in parts:
        sections.append((at, text, label, is_false))
        at += len(text) + 1
    return sections


def reasons(rows: Sequence[Row]) -> markup.Html:
    """All reasons with their weights, as bars: to the right those that raise the score."""
    largest = max((abs(r["weight"]) for r in rows if r["weight"] is not None), default=0.0) or 1.0
    lines = []
    for text, weight in dict.fromkeys((r["text"], r["weight"]) for r in rows):
        width = 50 * abs(weight or 0.0) / largest  # nothing for a rule or a flag, which moves nothing
        left = 50.0 if (weight or 0.0) >= 0 else 50 - width
        lines.append({"text": text, "weight": weight, "left": left, "width": width})
    return markup.fill("report", "reasons", rows=lines)


def members(rows: Sequence[Row]) -> markup.Html:
    """Near-duplicates that the opened report stands for: a decision on it is one on each of them too."""
    if not rows:
        return markup.join()
    return markup.join(
        pages_html.heading("Near-duplicates"),
        pages_html.small(
            "Your decision covers these too. A later decision on one of them, by its number, takes that one out."
        ),
        pages_html.table(
            ("No.", "Report", "Item", "In common"),
            [(n, row["subject_id"], row["item_id"], f"{row['similarity']:.0%}") for n, row in enumerate(rows, start=1)],
        ),
    )


def report_facts(report: Row) -> markup.Html:
    """Marking, grading, handling, provenance and tags of a report."""
    provenance = report["provenance"] or {"text": None, "source": None, "intelligence": None}
    pairs = [
        ("URN", report["urn"]),
        ("Force", pages_html.force_name(report["force"])),
        ("Marking", report["marking"]),
        ("Intelligence of", report["intelligence_on"]),
        ("Originator", report["originator"]),
        ("Graded in", report["scheme"]),
        ("Known since night", report["night"]),
    ]
    immunity = ["public-interest immunity is claimed"] if report["is_immunity_claimed"] else []
    return markup.join(
        pages_html.heading("Report"),
        pages_html.facts(pairs),
        pages_html.heading("Tags"),
        pages_html.chips(report["tags"]) if report["tags"] else pages_html.remark("none recorded"),
        pages_html.heading("Provenance"),
        pages_html.small(provenance["text"] or "–"),
        pages_html.remark(_grading(provenance)) if provenance["source"] else "",
        pages_html.heading("Handling"),
        *(pages_html.small(line) for line in _handling(report)),
        pages_html.chips(immunity, "flag"),
    )


def _handling(report: Row) -> list[str]:
    """The codes of handling with what they mean, then the conditions in the sender's words."""
    handling = [f"{report['handling_code']}: {codes.HANDLING_CODES.get(report['handling_code'], '')}"]
    lists = (("action_code", codes.ACTION_CODES), ("sanitisation_code", codes.SANITISATION_CODES))
    handling += [f"{report[name]}: {known.get(report[name], '')}" for name, known in lists if report[name]]
    return handling + list(filter(None, [report["handling_conditions"]]))


def _grading(graded: Row) -> str:
    source = codes.SOURCE_GRADES.get(str(graded["source"]), "")
    known = codes.INTELLIGENCE_GRADES.get(str(graded["intelligence"]), "")
    return f"{graded['source'] or '–'} {source} · {graded['intelligence'] or '–'} {known}"


def people(rows: Sequence[Row]) -> markup.Html:
    """People named in the report, and the investigations that bring it into scope."""
    shown = [
        {
            "name": " ".join(part for part in (row["forename"], row["surname"]) if part) or "(no name)",
            "born": f", born {row['born_on']}" if row["born_on"] else "",
            "role": row["role"].lower(),
            "person_id": row["person_id"],
            "scope": "; ".join(row["investigations"]) or "no investigation known",
        }
        for row in rows
    ]
    return markup.fill("report", "people", rows=shown)


def trace(item: Row) -> markup.Html:
    """Origin of a row: source rows, table versions, model, code and settings."""
    sources = pages_html.table(
        ("Table", "Id", "File", "Row", "SHA-256 of the file"),
        [
            (r["table"], r["id"], r["file"], r["row_number"], (r["file_hash"] or "")[:16] + "…")
            for r in item["source_rows"]
        ],
    )
    versions = ", ".join(f"{name} v{version}" for name, version in sorted(item["table_versions"].items()))
    made = pages_html.facts(
        [
            ("Delta versions read", versions),
            ("Model", f"{item['model_name'] or '–'} v{item['model_version'] or '–'}"),
            ("Code", item["code_commit"]),
            ("Settings", item["config_hash"]),
            ("Text", item["text_hash"]),
        ]
    )
    return markup.join(sources, pages_html.small(""), made)
