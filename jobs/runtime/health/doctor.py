"""Health of a deployment: tables as their logs say, chains unbroken, registry verifiable, and what mends what is not.

Where tables are folders, Spark is not needed: it would take minutes, and end at the first thing that is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import pyarrow as pa
from pyspark.errors import PySparkException
from pyspark.sql.pandas.types import to_arrow_schema

from jobs.runtime import home, lakehouse, night_bounds, watch
from jobs.runtime.audit import Mark, verification
from jobs.runtime.context import RunContext
from jobs.runtime.delta import delta_log
from jobs.runtime.delta.delta_log import Log
from jobs.runtime.health import table_health
from models.registry import registry
from models.serving import artefact
from pipelines.decisions import intake
from schemas import catalogue, gold
from schemas.contract import Table

Finding = dict[str, Any]
N_SHOWN = 10  # findings of one thing that the text lists; JSON has them all


def examine(ctx: RunContext, *, deep: bool = False) -> list[Finding]:
    """One finding per thing examined: `what`, whether it is well (`ok`), what was seen (`said`), and its `mend`.

    Args:
        deep: read every byte and row of the tables as well.
    """
    checks = {
        "tables": _tables_of_catalogue if ctx.settings.catalog else partial(_tables, deep=deep),
        "last good night": _heartbeat, "running now": _running, "nights to come": _future,
        "log of processing": _log, "modes of the home": _modes, "chain of decisions": _decisions, "registry": _registry,
    }  # fmt: skip
    return [finding for what, check in checks.items() for finding in _examined(what, partial(check, ctx))]


def _examined(what: str, check: Callable[[], Finding | list[Finding]]) -> list[Finding]:
    """What a check finds; whatever it dies of is its finding, and the next check still runs."""
    try:
        found = check()
    except Exception as error:  # noqa: BLE001 - the promise: one broken thing never hides another
        line = " ".join(str(error).split())[:300]
        return [_finding(what, False, f"cannot be examined: {type(error).__name__}: {line}")]
    return found if isinstance(found, list) else [found]


def _tables(ctx: RunContext, *, deep: bool) -> list[Finding]:
    is_written_to = ctx.is_written_to()

    def seen(table: Table) -> list[Finding]:
        folder = table_health.folder_of(ctx.settings.lakehouse, table)
        health = table_health.examine(folder, table, deep=deep, is_written_to=is_written_to)
        return [_finding(table.path, *each) for each in health]

    findings = [each for table in catalogue.TABLES for each in _examined(table.path, partial(seen, table))]
    return [*findings, *_examined("tables of the last night", partial(_behind, ctx))]


def _behind(ctx: RunContext) -> list[Finding]:
    """Tables that are gone, or older than the last night noted in its manifest."""
    manifest = delta_log.rows(_log_of(ctx, gold.RUN_MANIFEST), ("night", "table_versions")).to_pylist()
    if not manifest:
        return []
    last = max(manifest, key=lambda row: str(row["night"]))
    noted: dict[str, int] = dict(last["table_versions"])
    findings = []
    for table in catalogue.TABLES:
        before = lakehouse.RENAMED.get(table.path, table.path)
        version = noted.get(table.path, noted.get(before, delta_log.NOTHING))
        newest = _log_of(ctx, table).newest
        if newest < version:
            now = "gone" if newest == delta_log.NOTHING else f"at version {newest}"
            said = f"night {last['night']} left it at version {version}; it is {now}"
            findings.append(_finding(table.path, False, said, table_health.BACKUP))
    return findings


def _log_of(ctx: RunContext, table: Table) -> Log:
    return delta_log.read(table_health.folder_of(ctx.settings.lakehouse, table))


def _tables_of_catalogue(ctx: RunContext) -> list[Finding]:
    """The same where tables are names in a catalogue, whose files are not ours to look at: Spark reads each."""
    findings = []
    for table in catalogue.TABLES:
        if not ctx.lake.exists(table):
            findings.append(_finding(table.path, True, "not written yet"))
            continue
        version = None
        try:
            version = ctx.lake.version(table)
            df = ctx.lake.stored(table)
            n_rows = df.select(df.columns[0]).count()
            missing = set(table.names) - set(df.columns)
            said = f"columns missing: {sorted(missing)}" if missing else f"{n_rows:,} rows at version {version}"
            findings.append(_finding(table.path, not missing, said))
        except (PySparkException, ValueError) as error:
            line = " ".join(str(error).split())[:300]
            findings.append(_finding(table.path, False, f"version {version} cannot be read: {line}"))
    return findings


def _heartbeat(ctx: RunContext) -> Finding:
    is_recent, said = watch.heartbeat(ctx.settings)
    return _finding("last good night", is_recent, said)


def _running(ctx: RunContext) -> Finding:
    mark = watch.seen_running(ctx.settings)
    if mark is None:
        return _finding("running now", True, "nothing")
    said = f"{mark.night} since {mark.started_at}, process {mark.pid}"
    if not ctx.is_written_to():
        return _finding("running now", False, f"{said}, which is gone: killed, or out of memory. Run the night again")
    return _finding("running now", mark.age_s() <= ctx.settings.checks.max_runtime_s, said)


def _future(ctx: RunContext) -> Finding:
    nights = ctx.known().later_nights() if ctx.settings.catalog else _published_later(ctx)
    if not nights:
        return _finding("nights to come", True, "none is published")
    listed = ", ".join(map(str, nights[:5]))
    return _finding(
        "nights to come", False, f"published but later than tomorrow, so never taken for the newest: {listed}"
    )


def _published_later(ctx: RunContext) -> list[date]:
    """`Known.later_nights` without Spark: a night's row is a partition of the manifest."""
    nights = {live.partition["night"] for live in _log_of(ctx, gold.RUN_MANIFEST).state.files.values()}
    published = {date.fromisoformat(night) for night in nights if night}
    return sorted(night for night in published if night > night_bounds.last_night(ctx.settings))


def _log(ctx: RunContext) -> Finding:
    verdict = verification.verify(ctx.settings, ctx.audit, _noted(ctx))
    return _finding("log of processing", verdict.broken is None, verdict.text())


def _noted(ctx: RunContext) -> list[Mark]:
    """Where the log stood after each night, as the nights' own table has it: its copies are files that can be deleted.
    Where the table cannot be read, its own findings say so."""
    if ctx.settings.catalog:
        return []
    columns = ("night", "log_entries", "log_hash")
    try:
        noted = delta_log.rows(_log_of(ctx, gold.RUN_MANIFEST), columns).to_pylist()
    except (OSError, ValueError):
        return []
    return [
        Mark(row["log_entries"], row["log_hash"], f"{gold.RUN_MANIFEST.path} of {row['night']}")
        for row in noted
        if row.get("log_entries") and row.get("log_hash")
    ]


def _modes(ctx: RunContext) -> Finding:
    return _finding("modes of the home", *home.examine(ctx.settings.home))


def _decisions(ctx: RunContext) -> Finding:
    if ctx.settings.catalog:
        broken = intake.verify_chain(ctx.lake.read(gold.DECISIONS))
    else:
        broken = intake.verify_rows(_decided(ctx))
    return _finding(
        "chain of decisions", broken is None, "chain is whole" if broken is None else f"first bad decision: {broken}"
    )


def _decided(ctx: RunContext) -> pa.Table:
    """The table of decisions as Arrow, with the types of its contract."""
    schema = to_arrow_schema(gold.DECISIONS.struct(), timezone="UTC")
    rows = delta_log.rows(_log_of(ctx, gold.DECISIONS))
    return rows.select(schema.names).cast(schema) if rows.num_rows else schema.empty_table()


def _registry(ctx: RunContext) -> Finding:
    """The version that the alias names, which is what the next night uses, loaded as a night loads it."""
    name = ctx.settings.training.model
    try:
        champion = ctx.registry.champion(name)
    except (registry.RegistryError, artefact.ModelRefusedError, OSError) as error:
        return _finding("registry", False, str(error))
    if champion is None:
        return _finding("registry", True, "no champion: the next night trains one")
    moved = ctx.registry.moved_from
    said = f"champion {name} v{champion.version} matches its manifest; nights use it"
    return _finding("registry", True, f"{said}; moved here from {moved}" if moved else said)


def _finding(what: str, ok: bool, said: str, mend: str | None = None) -> Finding:
    return {"what": what, "ok": ok, "said": said, "mend": mend}


def text(findings: list[Finding]) -> str:
    """The findings for people, with what mends each; of many of one thing the first ones."""
    lines = []
    n_of = Counter(finding["what"] for finding in findings if not finding["ok"])
    n_shown: Counter[str] = Counter()
    for finding in findings:
        what = finding["what"]
        n_shown[what] += 1
        if n_shown[what] <= N_SHOWN:
            lines.append(f"{'well ' if finding['ok'] else 'WRONG'}  {what:<28} {finding['said']}")
            lines += [f"{'':<7}{'mend:':>28} {finding['mend']}"] if finding["mend"] else []
        elif n_shown[what] == N_SHOWN + 1:
            lines.append(f"WRONG  {what:<28} and {n_of[what] - N_SHOWN:,} more: --json lists them")
    return "\n".join(lines)
