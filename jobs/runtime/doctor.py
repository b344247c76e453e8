"""Health of a deployment: tables readable and within their contracts' columns, chains unbroken, registry verifiable."""

from __future__ import annotations

from typing import Any

from pyspark.errors import PySparkException

from jobs.runtime import home, lock, watch
from jobs.runtime.audit import verification
from jobs.runtime.context import RunContext
from models.registry import registry
from models.serving import artefact
from pipelines.decisions import intake
from schemas import catalogue, gold


def examine(ctx: RunContext) -> list[dict[str, Any]]:
    """One finding per thing examined: what, whether it is well, and what was seen."""
    modes = _finding("modes of the home", *home.examine(ctx.settings.home))
    return [*_tables(ctx), *_nights(ctx), _log(ctx), modes, _decisions(ctx), _registry(ctx)]


def _tables(ctx: RunContext) -> list[dict[str, Any]]:
    findings = []
    for table in catalogue.TABLES:
        if not ctx.lake.exists(table):
            findings.append(_finding(table.path, True, "not written yet"))
            continue
        version = None
        try:
            version = ctx.lake.version(table)
            df = ctx.lake.read(table)
            n_rows = df.select(df.columns[0]).count()
            missing = set(table.names) - set(df.columns)
            said = f"columns missing: {sorted(missing)}" if missing else f"{n_rows:,} rows at version {version}"
            findings.append(_finding(table.path, not missing, said))
        except (PySparkException, ValueError) as error:
            line = " ".join(str(error).split())[:300]
            findings.append(_finding(table.path, False, f"version {version} cannot be read: {line}"))
    return findings


def _nights(ctx: RunContext) -> list[dict[str, Any]]:
    """The heartbeat: the last good night, whatever runs or was killed, and nights that cannot be."""
    return [_heartbeat(ctx), _running(ctx), _future(ctx)]


def _heartbeat(ctx: RunContext) -> dict[str, Any]:
    is_recent, said = watch.heartbeat(ctx.settings)
    return _finding("last good night", is_recent, said)


def _running(ctx: RunContext) -> dict[str, Any]:
    mark = watch.seen_running(ctx.settings)
    if mark is None:
        return _finding("running now", True, "nothing")
    said = f"{mark.night} since {mark.started_at}, process {mark.pid}"
    if not lock.is_held(ctx.settings.lakehouse):
        return _finding("running now", False, f"{said}, which is gone: killed, or out of memory. Run the night again")
    return _finding("running now", mark.age_s() <= ctx.settings.checks.max_runtime_s, said)


def _future(ctx: RunContext) -> dict[str, Any]:
    nights = ctx.known().later_nights()
    if not nights:
        return _finding("nights to come", True, "none is published")
    listed = ", ".join(map(str, nights[:5]))
    return _finding(
        "nights to come", False, f"published but later than tomorrow, so never taken for the newest: {listed}"
    )


def _log(ctx: RunContext) -> dict[str, Any]:
    verdict = verification.verify(ctx.settings)
    return _finding("log of processing", verdict.broken is None, verdict.text())


def _decisions(ctx: RunContext) -> dict[str, Any]:
    broken = intake.verify_chain(ctx.lake.read(gold.DECISIONS))
    return _finding(
        "chain of decisions", broken is None, "chain is whole" if broken is None else f"first bad decision: {broken}"
    )


def _registry(ctx: RunContext) -> dict[str, Any]:
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


def _finding(what: str, ok: bool, said: str) -> dict[str, Any]:
    return {"what": what, "ok": ok, "said": said}


def text(findings: list[dict[str, Any]]) -> str:
    return "\n".join(f"{'well ' if f['ok'] else 'WRONG'}  {f['what']:<28} {f['said']}" for f in findings)
