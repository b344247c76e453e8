"""Training: what was known in a night goes to the candidates, and what they made goes to the registry."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import progress
from jobs.workplace import Workplace
from models import candidates, registry, training
from pipelines import asof, reclassify
from schemas import gold, silver


def known_reports(place: Workplace, night: date) -> DataFrame:
    """Every report as known in `night`, labelled by its recorded tag, corrected by decisions."""
    lake = place.lake
    reports = asof.current(lake.read(silver.REPORTS), ["report_id"], night)
    people = asof.current(lake.read(silver.REPORT_PEOPLE), ["report_id", "person_id", "role"], night)
    decided = lake.read(gold.DECISIONS).where(F.col("night") <= F.lit(night))
    return reclassify.training_reports(reports, people, decided)


def train(place: Workplace, night: date) -> dict[str, Any]:
    """Compare, register and perhaps promote. Returns the table of figures and what became of the winner."""
    chosen = place.settings["training"]
    with progress.CURRENT.step("train the classifiers"):
        frame = _frame(known_reports(place, night), int(chosen["max_reports"]))
        comparison = training.train(
            frame,
            [candidate for candidate in candidates.CANDIDATES if candidate.name in chosen["candidates"]],
            seed=place.settings.night_seed(night),
            n_folds=int(chosen["n_folds"]),
            capacity=int(place.settings["queue"]["capacity"]),
            progress=progress.CURRENT.say,
        )
    raise NotImplementedError(registry, comparison)


def _frame(reports: DataFrame, most: int) -> pd.DataFrame:
    """The training reports on the driver: at most `most`, the same ones whatever the order, by hash of their id."""
    return reports.orderBy(F.xxhash64("report_id"), "report_id").limit(most).toPandas()
