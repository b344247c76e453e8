"""The programme's figures as of a night: as they are, as they may be published, and opened to their rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from jobs.runtime.audit import operations
from jobs.runtime.context import RunContext
from schemas.errors import InvalidInputError, NotFoundError
from schemas.programme import figures as contract


def figures(ctx: RunContext, night: date | None, who: str, *, is_published: bool) -> dict[str, Any]:
    """Figures as of a night, the newest published by default.

    Args:
        is_published: counts under five, and what would give them away by subtraction, are withheld.

    Returns:
        night, `figures` (figure, part, n, says; n is None where withheld, and `why`), and `absent`: feeds that never
        came, without which some figures are not known.

    Raises:
        NotFoundError: no night has run yet.
        AuditError: the look cannot be logged.
    """
    from pipelines.programme import suppression, totals

    known = ctx.known(night or ctx.known().newest_published())
    rows, absent = known.programme(), known.absent_programme_feeds()
    said = [row.asDict() for row in known.tonight(contract.PROGRAMME_FIGURES).collect()]  # some fifty
    operations.rows_viewed(ctx.audit, who, f"{contract.PROGRAMME_FIGURES.path} as of {known.night}", "", len(said), ())
    why: dict[tuple[str, str], str] = {}
    if is_published:
        counts: dict[tuple[str, str], int | None] = {}
        for of in rows:
            made = suppression.published(totals.memberships(rows, of).toPandas())  # a row per cell
            counts |= {_key(name): n for name, n in made.counts.items()}
            why |= {_key(name): reason for name, reason in made.why.items()}
        said = [{"figure": figure, "part": part, "n": n} for (figure, part), n in counts.items()]
    order = list(contract.FIGURES)
    told = [
        {
            "figure": each["figure"], "part": each["part"], "n": each["n"],
            "says": contract.FIGURES[each["figure"]].says, "why": why.get((each["figure"], each["part"]), ""),
        }
        for each in sorted(said, key=lambda each: (order.index(each["figure"]), each["part"]))
    ]  # fmt: skip
    return {"night": known.night, "is_published": is_published, "figures": told, "absent": absent}


def _key(name: str) -> tuple[str, str]:
    figure, _, part = name.partition(" ")
    return figure, part


def opened(
    ctx: RunContext, figure: str, part: str, night: date | None, who: str, limit: int = 1000
) -> list[dict[str, Any]]:
    """The rows that a figure counts, by id, at most `limit`. The look is logged, with the ids, before it returns.

    Raises:
        InvalidInputError: there is no such figure or part.
        NotFoundError: no night has run yet, or a feed that the figure needs never came.
        AuditError: the look cannot be logged.
    """
    from pipelines.programme import totals

    if figure not in contract.FIGURES:
        raise InvalidInputError(f"No figure is named {figure!r}: there are {', '.join(contract.FIGURES)}.")
    of = contract.FIGURES[figure].of
    known = ctx.known(night or ctx.known().newest_published())
    rows = known.programme()
    if of not in rows:
        raise NotFoundError(f"{figure} is not known: it needs the feeds {', '.join(contract.NEEDS[of])}.")
    try:
        found = totals.opened(rows, figure, part)
    except ValueError as error:
        raise InvalidInputError(str(error)) from error
    key = contract.IDS[of]
    kept = found.select(*(name for name in found.columns if not name.startswith("_") and name != "name"))
    shown = [row.asDict() for row in kept.orderBy(key).limit(limit).collect()]
    ids = {str(row[name]) for row in shown for name in (key, "case_id")}
    operations.rows_viewed(ctx.audit, who, f"{figure} {part} as of {known.night}", "programme open", len(shown), ids)
    return shown


def text(made: Mapping[str, Any]) -> str:
    """Figures for people."""
    kind = "as they may be published" if made["is_published"] else "not for publication"
    lines = [f"Figures of the programme as of {made['night']}, {kind}"]
    reasons = {"SMALL": "withheld: under five", "GIVES_AWAY": "withheld: it would give another away"}
    for each in made["figures"]:
        value = reasons[each["why"]] if each["n"] is None else f"{each['n']:,}"
        name = f"    {each['part']}" if each["part"] else f"  {each['figure']} ({each['says']})"
        lines.append(f"{name}: {value}")
    if made["absent"]:
        lines.append(f"  feeds that never came: {', '.join(made['absent'])}; figures that need them are not shown")
    return "\n".join(lines)


def rows_text(rows: list[dict[str, Any]]) -> str:
    """Rows for people, one line each."""
    return "\n".join("  ".join(f"{name}={value}" for name, value in row.items()) for row in rows) or "no row"
