"""HTML of one opened report: its text with the reasons marked, gradings, people, and where the row comes from.

As in `jobs.pages.html`, every value is escaped here and what a function returns is safe.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobs.output import escaping
from jobs.pages import html as pages_html
from schemas import codes

Row = Mapping[str, Any]

LEGEND = (
    '<p class="legend"><span><mark class="up strong">strongly</mark><mark class="up">somewhat</mark> raises it</span>'
    '<span><mark class="down strong">strongly</mark><mark class="down">somewhat</mark> lowers it</span>'
    "<span>hover a mark for its weight</span></p>"
)


def report_text(report: Row, item: Row, *, is_blind: bool) -> str:
    """The report's text by item, each with its grading; reasons are marked if it is the text that was scored."""
    is_same = item["text_hash"] is None or item["text_hash"] == report["text_hash"]
    spans = [
        escaping.Span(r["start"], r["end"], float(r["weight"] or 0.0), str(r["text"]))
        for r in item["reasons"]
        if not is_blind and is_same and r["source_id"] in (None, item["subject_id"])
    ]
    strong_from = max((abs(span.weight) for span in spans), default=0.0) / 2
    shown = []
    for start, text, label, is_false in _sections(report):
        inside = [escaping.Span(_less(s.start, start), _less(s.end, start), s.weight, s.label) for s in spans]
        kind = "flag" if is_false else "tag"
        head = f'<div class="grading"><span class="chip {kind}">{escaping.html(label)}</span></div>' if label else ""
        css = "part" if label else "part heading"
        shown.append(f'<div class="{css}">{head}{escaping.highlight(text, inside, strong_from=strong_from)}</div>')
    changed = (
        ""
        if is_same
        else pages_html.notice("This is not the text that was scored, so no reasons are marked in it.", "warn")
    )
    return f'{changed}{LEGEND if spans else ""}<div class="report">{"".join(shown)}</div>'


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
    found, at = [], 0
    for text, label, is_false in parts:
        found.append((at, text, label, is_false))
        at += len(text) + 1
    return found


def reasons(rows: Sequence[Row]) -> str:
    """All reasons with their weights, as bars: to the right those that raise the score."""
    largest = max((abs(r["weight"]) for r in rows if r["weight"] is not None), default=0.0) or 1.0
    lines = []
    for text, weight in dict.fromkeys((r["text"], r["weight"]) for r in rows):
        if not weight:  # a rule or a flag, which moves nothing
            lines.append(f'<tr><td>{escaping.html(text)}</td><td class="num"></td><td class="wide"></td></tr>')
            continue
        width = 50 * abs(weight) / largest
        kind, left = ("up", 50.0) if weight >= 0 else ("down", 50 - width)
        bar = f'<div class="moved"><i class="{kind}" style="left:{left:.1f}%;width:{width:.1f}%"></i></div>'
        lines.append(
            f'<tr><td>{escaping.html(text)}</td><td class="num">{weight:+.2f}</td><td class="wide">{bar}</td></tr>'
        )
    head = "<tr><th>Words</th><th class='num'>Weight</th><th>lowers the score \N{MIDDLE DOT} raises it</th></tr>"
    return f'<h3>Reasons</h3><table class="tight"><thead>{head}</thead><tbody>{"".join(lines)}</tbody></table>'


def members(rows: Sequence[Row]) -> str:
    """Near-duplicates that the opened report stands for: a decision on it is one on each of them too."""
    if not rows:
        return ""
    shown = pages_html.table(
        ("No.", "Report", "Item", "In common"),
        [(n, row["subject_id"], row["item_id"], f"{row['similarity']:.0%}") for n, row in enumerate(rows, start=1)],
    )
    how = "Your decision covers these too. A later decision on one of them, by its number, takes that one out."
    return f'<h3>Near-duplicates</h3><p class="small">{escaping.html(how)}</p>{shown}'


def report_facts(report: Row) -> str:
    """Marking, grading, handling, provenance and tags of a report."""
    handling = [f"{report['handling_code']}: {codes.HANDLING_CODES.get(report['handling_code'], '')}"]
    lists = (("action_code", codes.ACTION_CODES), ("sanitisation_code", codes.SANITISATION_CODES))
    handling += [f"{report[name]}: {known.get(report[name], '')}" for name, known in lists if report[name]]
    provenance = report["provenance"] or {"text": None, "source": None, "intelligence": None}
    return "".join(
        [
            "<h3>Report</h3>",
            pages_html.facts(
                [
                    ("URN", report["urn"]),
                    ("Force", pages_html.force_name(report["force"])),
                    ("Marking", report["marking"]),
                    ("Intelligence of", report["intelligence_on"]),
                    ("Originator", report["originator"]),
                    ("Graded in", report["scheme"]),
                    ("Known since night", report["night"]),
                ]
            ),
            "<h3>Tags</h3>",
            pages_html.chips(report["tags"]) or '<p class="soft small">none recorded</p>',
            "<h3>Provenance</h3>",
            f'<p class="small">{escaping.html(provenance["text"] or "–")}</p>',
            f'<p class="small soft">{escaping.html(_grading(provenance))}</p>' if provenance["source"] else "",
            "<h3>Handling</h3>",
            "".join(f'<p class="small">{escaping.html(line)}</p>' for line in handling),
            f'<p class="small">{escaping.html(report["handling_conditions"])}</p>'
            if report["handling_conditions"]
            else "",
            pages_html.chips(["public-interest immunity is claimed"], "flag") if report["is_immunity_claimed"] else "",
        ]
    )


def _grading(graded: Row) -> str:
    source = codes.SOURCE_GRADES.get(str(graded["source"]), "")
    known = codes.INTELLIGENCE_GRADES.get(str(graded["intelligence"]), "")
    return f"{graded['source'] or '–'} {source} · {graded['intelligence'] or '–'} {known}"


def people(rows: Sequence[Row]) -> str:
    """People named in the report, and the investigations that bring it into scope."""
    if not rows:
        return '<p class="soft small">nobody is linked</p>'
    shown = []
    for row in rows:
        name = " ".join(part for part in (row["forename"], row["surname"]) if part) or "(no name)"
        born = f", born {row['born_on']}" if row["born_on"] else ""
        scope = "; ".join(row["investigations"]) or "no investigation known"
        shown.append(
            f'<p class="small"><b>{escaping.html(name)}</b>{escaping.html(born)} '
            f"{pages_html.chips([row['role'].lower()])}<br>"
            f'<span class="soft">{escaping.html(row["person_id"])} · {escaping.html(scope)}</span></p>'
        )
    return "".join(shown)


def trace(item: Row) -> str:
    """Where a row comes from: source rows, table versions, model, code and settings."""
    sources = pages_html.table(
        ("Table", "Id", "File", "Row", "SHA-256 of the file"),
        [
            (r["table"], r["id"], r["file"], r["row_number"], (r["file_hash"] or "")[:16] + "…")
            for r in item["source_rows"]
        ],
    )
    versions = ", ".join(f"{name} v{version}" for name, version in sorted(item["table_versions"].items()))
    return (
        sources
        + "<p></p>"
        + pages_html.facts(
            [
                ("Delta versions read", versions),
                ("Model", f"{item['model_name'] or '–'} v{item['model_version'] or '–'}"),
                ("Code", item["code_commit"]),
                ("Settings", item["config_hash"]),
                ("Text", item["text_hash"]),
            ]
        )
    )
