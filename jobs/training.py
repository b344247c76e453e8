"""Training: what was known in a night goes to the candidates, and what they made goes to the registry."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from jobs import nights, progress
from jobs.workplace import Workplace
from schemas import gold, silver

if TYPE_CHECKING:
    import pandas as pd

    from models import artefact

# models and MLflow are imported where they are used: they take seconds that Dagster's definitions need not spend.


def champion(place: Workplace, night: date) -> artefact.Artefact:
    """The model of a night: what its first run used, else the champion of what was known then, else a new one.

    So a rerun scores with the same model whatever was promoted since, and a backfill never uses a model that learnt
    from later nights.
    """
    from models import registry

    name = place.settings["training"]["model"]
    shelf = registry.Registry(place.settings.mlflow)
    used = place.lake.read(gold.RUN_MANIFEST).where(F.col("night") == F.lit(night)).select("model_version").collect()
    if used and used[0].model_version is not None:
        return shelf.load(name, used[0].model_version)
    found = shelf.champion(name, night)
    if (
        found is not None
        and not place.lake.read(gold.OOF_SCORES).where(F.col("model_version") == found.version).isEmpty()
    ):
        return found
    train(place, night)
    found = shelf.champion(name, night)
    if found is None:
        raise registry.RegistryError("no classifier met the criteria, and there is no champion to fall back on")
    return found


def train(place: Workplace, night: date) -> dict[str, Any]:
    """Compare, register the best, and promote it if it meets the criteria.

    Returns:
        night, figures per candidate, name and version registered, refusals (none: it is the champion).
    """
    from models import candidates, registry, training

    chosen = place.settings["training"]
    reports = nights.training_reports(place, night)
    frame = reports.orderBy(F.xxhash64("report_id"), "report_id").limit(int(chosen["max_reports"])).toPandas()
    comparison = training.train(
        frame,
        candidates.named(chosen["candidates"]),
        seed=place.settings.night_seed(night),
        n_folds=int(chosen["n_folds"]),
        capacity=int(place.settings["queue"]["capacity"]),
        progress=lambda said: progress.CURRENT.say(f"{'':>8} {said}"),
    )
    table = comparison.table()
    real = [name for name in table["name"] if comparison.result(name).pipeline is not None]
    best, rule = comparison.result(real[0]), comparison.result(candidates.KEYWORD_RULE.name)
    tags = {
        "night": night.isoformat(),
        "data_version": str(place.lake.versions((silver.REPORTS, gold.DECISIONS))),
        "code_commit": place.code_commit,
    }
    shelf = registry.Registry(place.settings.mlflow)
    run = shelf.log(comparison, tags)
    version = shelf.register(chosen["model"], best, run, tags)
    _keep_out_of_fold(place, comparison.out_of_fold(best.candidate.name), chosen["model"], version)
    refusals = shelf.promote(chosen["model"], version, best, rule)
    place.audit.append(
        "alteration",
        "nightjar",
        f"model {chosen['model']} v{version}",
        why="; ".join(refusals) or "promoted to champion",
    )
    return {
        "night": night.isoformat(),
        "n_reports": len(comparison.reports),
        "candidates": table.to_dict("records"),
        "registered": f"{chosen['model']} v{version} ({best.candidate.name})",
        "refusals": refusals,
    }


def _keep_out_of_fold(place: Workplace, scores: pd.DataFrame, name: str, version: str) -> None:
    rows = place.spark.createDataFrame(scores.assign(model_name=name, model_version=version))
    place.lake.replace(rows, gold.OOF_SCORES, {"model_version": version})


def text(outcome: dict[str, Any]) -> str:
    lines = [f"trained on {outcome['n_reports']:,} reports known in night {outcome['night']}", ""]
    lines.append(f"{'candidate':<24}{'avg precision':>14}{'brier':>9}{'calibration':>13}{'ms/report':>11}")
    lines += [
        f"{c['name']:<24}{c['average_precision']:>14.3f}{c['brier']:>9.4f}{c['calibration_error']:>13.4f}{c['ms_per_report']:>11.3f}"
        for c in outcome["candidates"]
    ]
    became = "is now champion" if not outcome["refusals"] else "was refused: " + "; ".join(outcome["refusals"])
    return "\n".join([*lines, "", f"{outcome['registered']} {became}", "next: make ui, then MLflow's page"])
