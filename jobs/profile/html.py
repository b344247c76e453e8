"""A subject profile as one HTML page that loads and runs nothing. Every value is escaped here.

On paper the marking stands at the top and bottom of each page: it is head and foot of a table, which repeat there.
"""

from __future__ import annotations

from pathlib import Path

from jobs.output import escaping
from jobs.pages import rendering
from jobs.profile.model import CALCULATED, CAUTION, Profile, Section, Source, Statement

_PAGE = """\
<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<table class="sheet" role="presentation">
<thead><tr><td><div class="mark" role="note" aria-label="protective marking">{marking}</div></td></tr></thead>
<tfoot><tr><td><div class="mark" role="note" aria-label="protective marking">{marking}</div></td></tr></tfoot>
<tbody><tr><td><main>
{body}
</main></td></tr></tbody>
</table>
</body>
</html>
"""


def page(profile: Profile) -> str:
    """The profile as a page."""
    numbers = profile.sources()
    parts = [_head(profile), _contents(profile)]
    parts += [_section(n, section, numbers) for n, section in enumerate(profile.sections, start=1)]
    n = len(profile.sections) + 1
    parts += [_gaps(n, profile), _sources(n + 1, numbers), _provenance(n + 2, profile)]
    return _PAGE.format(
        policy=rendering.POLICY,
        title=escaping.html(f"Subject profile {profile.subject}"),
        style=Path(__file__).with_suffix(".css").read_text(encoding="utf-8"),
        marking=escaping.html(profile.marking),
        body="\n".join(parts),
    )


def _head(profile: Profile) -> str:
    records = ", ".join(profile.person_ids)
    return (
        f'<p class="kind">Subject profile</p><h1>{escaping.html(profile.name)}</h1>'
        f'<p class="about">Record {escaping.html(records)}. '
        f"As known in the night of {escaping.html(profile.night)}.</p>"
        f'<div class="caution">{escaping.html(CAUTION)}</div>'
    )


def _contents(profile: Profile) -> str:
    titles = [*(s.title for s in profile.sections), "Gaps in knowledge", "Sources", "How this was made"]
    items = []
    for n, title in enumerate(titles, start=1):
        count = f" <i>{len(profile.sections[n - 1].statements)}</i>" if n <= len(profile.sections) else ""
        items.append(f'<li><a href="#s{n}">{escaping.html(title)}</a>{count}</li>')
    return f'<nav aria-label="contents"><ol>{"".join(items)}</ol></nav>'


def _section(n: int, section: Section, numbers: dict[Source, int]) -> str:
    heading = f'<h2 id="s{n}"><span>{n}</span>{escaping.html(section.title)}</h2>'
    note = f'<p class="note">{escaping.html(section.note)}</p>' if section.note else ""
    if not section.statements:
        return f'<section>{heading}<p class="none">{escaping.html(section.empty)}</p></section>'
    heads = "".join(f"<th>{escaping.html(h)}</th>" for h in (*section.headings, "Grading", "Sources"))
    body = "".join(_row(statement, numbers) for statement in section.statements)
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
    return f"<section>{heading}{note}{table}{_chart(section)}</section>"


def _row(statement: Statement, numbers: dict[Source, int]) -> str:
    cells = "".join(f"<td>{escaping.html(cell)}</td>" for cell in statement.cells)
    css = "calc" if CALCULATED in statement.grading else "grade"
    references = " ".join(
        f'<a href="#q{numbers[source]}">{numbers[source]}</a>' for source in dict.fromkeys(statement.sources)
    )
    grading = f'<td class="g"><span class="{css}">{escaping.html(statement.grading)}</span></td>'
    return f'<tr>{cells}{grading}<td class="q">{references}</td></tr>'


def _chart(section: Section) -> str:
    """Counts by label as bars: an inline picture."""
    if not section.chart:
        return ""
    largest = max(section.chart.values()) or 1
    width, height, step = 720, 120, 720 / len(section.chart)
    bars = []
    for k, (label, count) in enumerate(section.chart.items()):
        tall = 84 * count / largest
        x = k * step
        bars.append(f'<rect x="{x + 3:.1f}" y="{94 - tall:.1f}" width="{step - 6:.1f}" height="{tall:.1f}" rx="2"/>')
        bars.append(f'<text x="{x + step / 2:.1f}" y="110">{escaping.html(label)}</text>')
    label = f"{section.title}: counts by hour, largest {largest}"
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escaping.html(label)}">{"".join(bars)}</svg>'
        f'<p class="note">The tallest bar is {largest}.</p>'
    )


def _gaps(n: int, profile: Profile) -> str:
    items = "".join(f"<li>{escaping.html(gap)}</li>" for gap in profile.gaps)
    return f'<section><h2 id="s{n}"><span>{n}</span>Gaps in knowledge</h2><ul class="gaps">{items}</ul></section>'


def _sources(n: int, numbers: dict[Source, int]) -> str:
    rows = []
    for source, number in numbers.items():
        where = f"{source.file}, row {source.row}" if source.file else "–"
        cells = "".join(f"<td>{escaping.html(v)}</td>" for v in (source.table, source.id, where))
        rows.append(f'<tr id="q{number}"><td class="q">{number}</td>{cells}</tr>')
    head = "<tr><th>No.</th><th>Table</th><th>Id</th><th>File it arrived in</th></tr>"
    table = f'<table class="sources"><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table>'
    return f'<section><h2 id="s{n}"><span>{n}</span>Sources</h2>{table}</section>'


def _provenance(n: int, profile: Profile) -> str:
    pairs = "".join(f"<dt>{escaping.html(k)}</dt><dd>{escaping.html(v)}</dd>" for k, v in profile.provenance.items())
    note = "Code, settings and the version of each table that was read. The look and the hand-over are in the log."
    heading = f'<h2 id="s{n}"><span>{n}</span>How this was made</h2>'
    return f'<section>{heading}<p class="note">{note}</p><dl>{pairs}</dl></section>'
