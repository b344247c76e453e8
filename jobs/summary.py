"""A night's report in words."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from schemas import codes

COLUMNS = ("in", "loaded", "quarantined", "deduplicated", "deleted")


def text(report: dict[str, Any]) -> str:
    """What happened per sender, what was published, where it is, and what to do next."""
    lines = [f"Night {report['night']}", "", f"{'sender':<14}" + "".join(f"{name:>13}" for name in ("files", *COLUMNS))]
    for row in report["senders"]:
        note = "   refused whole" if row["in"] and not row["loaded"] + row["deduplicated"] else ""
        lines.append(f"{row['sender']:<14}" + "".join(f"{row[name]:>13,}" for name in ("files", *COLUMNS)) + note)
    if not report["senders"]:
        lines.append("  no sender delivered anything")
    if report["quarantine"]:
        lines += ["", "quarantined, and why"]
        lines += [
            f"  {q['sender']:<14}{q['rows']:>5}  {codes.QUARANTINE_REASONS[q['reason']]}" for q in report["quarantine"]
        ]
    lines += ["", f"{report['n_queue_items']} queue rows published by {report['model'] or 'no model'}"]
    lines += [
        f"  {q['queue']:<14}{codes.FORCES.get(q['force'], q['force']):<28}{q['rows']:>5}" for q in report["queue"]
    ]
    lines += [f"  in {report['table']}", f"{report['n_decisions']} decisions taken in"]
    if "seconds" in report:
        lines.append(f"{report['seconds']:.0f} s, {report['n_writes']} writes, {report['n_actions']} Spark actions")
    following = (date.fromisoformat(report["night"]) + timedelta(days=1)).isoformat()
    lines += [
        "",
        "next",
        f"  .venv/bin/nightjar queue show --night {report['night']}     the queue, here",
        f"  make notebooks                                   the queue as a page, in {report['home']}/exports",
        "  .venv/bin/nightjar decide ITEM TAG_ADDED --tag CSE_LONE --why '...'",
        f"  .venv/bin/nightjar nightly --night {following}        the next night",
        "  make ui                                          Dagster and MLflow in the browser",
    ]
    return "\n".join(lines)
