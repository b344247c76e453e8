"""Reports in words: of a night, and of a dry run of a sender's files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from jobs.sources.dry_run import FeedCheck
from schemas import codes

COLUMNS = ("in", "loaded", "quarantined", "deduplicated", "deleted")


def proposals_text(proposals: list[dict[str, Any]]) -> str:
    """For files of a sender without a layout: which layout comes nearest, and what they lack of it."""
    lines = []
    for proposal in proposals:
        if proposal["nearest"] is None:
            lines.append(f"{proposal['feed']}: {proposal['file']} is like no layout that is known")
        elif proposal["is_fit"]:
            lines.append(f"{proposal['feed']}: {proposal['file']} fits {proposal['nearest']}.yaml")
        else:
            absent = ", ".join(proposal["absent"])
            lines.append(
                f"{proposal['feed']}: {proposal['file']} comes nearest to {proposal['nearest']}.yaml; absent: {absent}"
            )
    return "".join(f"\n  {line}" for line in lines)


def refused_layouts_text(refused: Mapping[str, str]) -> list[str]:
    """Senders whose layout cannot be used, and all that is wrong with it: the rest of the night does without them."""
    lines = ["", "layouts that cannot be used: their files wait in the quarantine; mend them, then run the night again"]
    for sender, why in refused.items():
        lines += [f"  {sender}", *(f"    {line}" for line in why.splitlines())]
    return lines if refused else []


def values_text(counted: Sequence[Mapping[str, Any]]) -> list[str]:
    """Codes that no layout names, links that lead nowhere and tags that went missing, one by one; the rest per feed."""
    lines = []
    for row in counted:
        where = f"  {row['sender']:<14}{row['n_rows']:>7,}  {row['feed']}.{row['field']}"
        if row["note"] == "UNKNOWN_CODE":
            new = ", new tonight" if row["is_new"] else ""
            lines.append(f"{where} = {row['value']!r} -> {row['becomes'] or 'nothing'}{new}")
        elif row["note"] == "DANGLING":
            lines.append(f"{where} names what nothing known has")
        elif row["note"] == "SHARE_FELL":
            lines.append(f"{where} = {row['value']}: far more seldom than in the fortnight before")
        elif row["note"] == "SHARE_ROSE":
            lines.append(f"{where}: far more {_TOLD[row['value']]} than in the fortnight before")
    by_feed: Counter[tuple[str, str, str]] = Counter()
    for row in counted:
        by_feed[row["sender"], row["feed"], row["note"]] += row["n_rows"]
    for (sender, feed, note), n in sorted(by_feed.items()):
        if note in _TOLD:
            lines.append(f"  {sender:<14}{n:>7,}  {feed}: {_TOLD[note]}")
    return ["", "values that were not taken as they came (gold.value_counts)", *lines] if lines else []


_TOLD = {"NOTHING": "values that mean nothing", "UNREAD": "values that cannot be read"}


def arrivals_text(report: Mapping[str, Any]) -> list[str]:
    """Senders that did not send what was expected of them, files that are not whole yet, and files sent again."""
    concerns, waiting, again = (report.get(name, []) for name in ("concerns", "waiting", "again"))
    lines = ["", "not as expected"] if concerns else []
    lines += [f"  {each['sender']}{each['feed'] and '/' + each['feed']}: {each['why']}" for each in concerns]
    lines += ["", "left for the next night: not known to be whole"] if waiting else []
    lines += [f"  {each['file']}: {each['why']}" for each in waiting]
    lines += ["", "sent again with other content: read as of tonight"] if again else []
    return lines + [f"  {name}" for name in again]


def text(report: dict[str, Any]) -> str:
    """What happened per sender, what was published, where it is, and what to do next."""
    lines = [f"Night {report['night']}", "", f"{'sender':<14}" + "".join(f"{name:>13}" for name in ("files", *COLUMNS))]
    for row in report["senders"]:
        note = "   refused whole" if row["in"] and not row["loaded"] + row["deduplicated"] else ""
        lines.append(f"{row['sender']:<14}" + "".join(f"{row[name]:>13,}" for name in ("files", *COLUMNS)) + note)
    if not report["senders"]:
        lines.append("  no sender delivered anything")
    lines += arrivals_text(report)
    lines += refused_layouts_text(report["refused_layouts"])
    if report["quarantine"]:
        lines += ["", "quarantined, and why"]
        lines += [
            f"  {q['sender']:<14}{q['rows']:>5}  {codes.QUARANTINE_REASONS[q['reason']]}" for q in report["quarantine"]
        ]
    lines += values_text(report["values"])
    lines += ["", f"{report['n_queue_items']} queue rows published by {report['model'] or 'no model'}"]
    lines += [f"  {report['why_no_model']}"] if report.get("why_no_model") else []
    lines += [
        f"  {q['queue']:<20}{codes.FORCES.get(q['force'], q['force']):<28}{q['rows']:>5}" for q in report["queue"]
    ]
    lines += [f"  in {report['table']}", f"{report['n_decisions']} decisions taken in"]
    if "seconds" in report:
        actions = "" if report["n_actions"] is None else f", {report['n_actions']} Spark actions"
        lines.append(f"{report['seconds']:.0f} s, {report['n_writes']} writes{actions}")
    following = date.fromisoformat(report["night"]) + timedelta(days=1)
    flag = " --future" if report.get("is_next_future") else ""
    lines += [
        "",
        "next",
        f"  .venv/bin/nightjar queue show --night {report['night']}     the queue, here",
        f"  make notebooks                                   the queue as a page, in {report['home']}/exports",
        "  .venv/bin/nightjar decide ITEM TAG_ADDED --tag CSE_LONE --why '...'",
        f"  .venv/bin/nightjar nightly --night {following}{flag}        the next night",
        "  make ui                                          Dagster and MLflow in the browser",
    ]
    return "\n".join(lines)


def check_text(reports: list[FeedCheck]) -> str:
    """Per feed: what maps, what does not, and the first rows that would be refused."""
    lines: list[str] = []
    for report in reports:
        share = f" ({report.accepted_share:.1%})" if report.n_files else ""
        lines.append(
            f"{report.feed}: {report.n_files} files, {report.n_rows} rows, {report.n_accepted} accepted{share}"
        )
        for ours, theirs in report.mapped.items():
            filled = f"   filled in {report.loaded[ours]:.1%}" if ours in report.loaded else ""
            n_written, n_read = report.n_written.get(ours, 0), report.n_read.get(ours, 0)
            unread = f"   {n_written - n_read} of {n_written} values cannot be read" if n_read < n_written else ""
            lines.append(f"  {ours:<28}<- {theirs:<28}{filled}{unread}".rstrip())
        for said, names in (
            ("fields of ours that nothing maps", report.unmapped_fields),
            ("columns named in the layout that no file has", report.absent_columns),
            ("columns that the layout does not name (kept, not used)", report.unmapped_columns),
        ):
            lines += [f"  {said}: {', '.join(names)}"] if names else []
        lines += [
            f"  unknown code {c['field']} = {c['value']!r} in {c['n_rows']} rows -> {c['becomes']}"
            for c in report.unknown_codes
        ]
        lines += [f"  refused {n:>6}  {codes.QUARANTINE_REASONS[reason]}" for reason, n in report.reasons.items()]
        lines += [f"  {b['file']} row {b['row_number']}: {b['reason']} ({b['detail']})" for b in report.first_bad]
        lines += [
            f"  {each['file']}: {each['n_rows']} rows were read, another reader counts {each['n_counted']}"
            for each in report.lost
        ]
        lines += [f"  not as in the last nights: {why}" for why in report.changed]
        for row in report.as_read:
            lines += [f"  {row['file']} row {row['row_number']}", f"    written {row['raw']}"]
            lines += [f"    {ours:<22} {value}" for ours, value in row["record"].items()]
        lines.append("")
    return "\n".join(lines).rstrip() or "no file of a feed that the layout names"
