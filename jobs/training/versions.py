"""Registered classifiers in people's hands: which there are, which one nights use, and taking one out of use.

Every act is in the log of processing before it happens, with who and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.runtime.audit import operations
from jobs.runtime.context import RunContext
from models.registry import registry
from models.serving import artefact
from schemas import gold
from schemas.contract import Table

_TOUCHED = {"scores": gold.REPORT_SCORES, "queue rows": gold.QUEUE_ITEMS, "decisions": gold.DECISIONS}


def listed(ctx: RunContext) -> list[dict[str, Any]]:
    """One entry per registered version, the newest first. Starts no Spark."""
    return [vars(version) for version in ctx.registry.versions(ctx.settings.training.model)]


def promote(ctx: RunContext, version: str, why: str, who: str, *, although_refused: bool = False) -> dict[str, Any]:
    """Make a version the champion, from the next night on. Starts no Spark.

    Raises:
        registry.RegistryError: it cannot be, or its files are not those that were registered; the message says why.
    """
    name = ctx.settings.training.model

    def record(replaced: str | None) -> None:
        instead = f" in the place of v{replaced}" if replaced else ""
        although = ", although the criteria refused it" if although_refused else ""
        said = f"promoted to champion{instead}{although}: {why}"
        operations.model_promoted(ctx.audit, who, f"{name} v{version}", said)

    try:
        replaced = ctx.registry.appoint(name, version, record, although_refused=although_refused)
    except artefact.ModelRefusedError as error:
        raise registry.RegistryError(str(error)) from error
    return {"model": name, "version": version, "replaced": replaced}


def withdraw(ctx: RunContext, version: str, why: str, who: str) -> dict[str, Any]:
    """Take a version out of use for good, and say what it touched.

    Returns:
        model, version, was_champion, champion (the version that follows, or None), touched (rows by kind) and nights.

    Raises:
        registry.RegistryError: it cannot be; the message says why.
    """
    name = ctx.settings.training.model
    touched, nights = _touched(ctx, name, version)

    def record(was_champion: bool, follows: str | None) -> None:
        then = f"v{follows} follows it as champion" if follows else "no champion is left"
        said = f"withdrawn{f', {then}' if was_champion else ''}: {why}"
        counts = {**touched, "nights": len(nights)}
        operations.model_withdrawn(ctx.audit, who, f"{name} v{version}", said, counts)

    was_champion, follows = ctx.registry.withdraw(name, version, why, record)
    return {
        "model": name, "version": version, "was_champion": was_champion, "champion": follows,
        "touched": touched, "nights": nights,
    }  # fmt: skip


def _touched(ctx: RunContext, name: str, version: str) -> tuple[dict[str, int], list[str]]:
    """Rows that carry the version, by kind; and the nights that used it."""
    counts = {kind: _rows_of(ctx, table, name, version).count() for kind, table in _TOUCHED.items()}
    scored, ran = (_rows_of(ctx, table, name, version) for table in (gold.REPORT_SCORES, gold.RUN_MANIFEST))
    nights = scored.select("night").unionByName(ran.select("night")).distinct().orderBy("night")
    return counts, [str(row.night) for row in nights.collect()]


def _rows_of(ctx: RunContext, table: Table, name: str, version: str) -> DataFrame:
    """Rows of a table that a version made. Decisions name the version alone."""
    rows = ctx.lake.read(table).where(F.col("model_version") == version)
    return rows.where(F.col("model_name") == name) if "model_name" in rows.columns else rows


def list_text(versions: list[dict[str, Any]]) -> str:
    """One line per version for the terminal."""
    if not versions:
        return "no version is registered yet: the first night trains one, and so does `nightjar train`"
    lines = [f"{'version':<9}{'candidate':<22}{'night':<12}{'precision':<11}state"]
    for each in versions:
        precision = f"{float(each['average_precision']):.3f}" if each["average_precision"] else "-"
        lines.append(f"{each['version']:<9}{each['candidate']:<22}{each['night']:<12}{precision:<11}{_state(each)}")
    return "\n".join(lines)


def _state(version: Mapping[str, Any]) -> str:
    if version["withdrawn"]:
        return f"withdrawn: {version['withdrawn']}"
    if version["aliases"]:
        state = ", ".join(version["aliases"])
        return f"{state} (refused: {version['refused']})" if version["refused"] else state
    if version["is_promoted"]:
        return "was champion"
    return f"refused: {version['refused']}" if version["refused"] else "registered"


def promoted_text(outcome: Mapping[str, Any]) -> str:
    """What a promotion did, for the terminal."""
    instead = f", in the place of v{outcome['replaced']}" if outcome["replaced"] else ""
    return f"{outcome['model']} v{outcome['version']} is champion{instead}; the next night uses it"


def withdrawn_text(outcome: Mapping[str, Any]) -> str:
    """What a withdrawal did and what the version touched, for the terminal."""
    touched = ", ".join(f"{n:,} {kind}" for kind, n in outcome["touched"].items())
    nights = ", ".join(outcome["nights"]) or "none"
    lines = [
        f"{outcome['model']} v{outcome['version']} is withdrawn: no night uses it from now on",
        f"it touched {touched}; nights: {nights}",
    ]
    if outcome["was_champion"]:
        follows = outcome["champion"]
        lines.append(f"champion is now v{follows}" if follows else "there is no champion: the next night trains one")
    if outcome["nights"]:
        lines.append("a night that is run again is scored without it: nightjar nightly --night NIGHT")
    return "\n".join(lines)
