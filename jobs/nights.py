"""What a night knows: its scope, the decisions up to it with what they cover, and the nights before it."""

from __future__ import annotations

from datetime import date, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.workplace import Workplace
from pipelines import asof, members, reclassify
from schemas import gold, review, silver

READ = (silver.REPORTS, silver.REPORT_PEOPLE, silver.INVESTIGATIONS)
EPOCH = date(2020, 1, 1)  # frames of certificates are counted from here


def current(place: Workplace, night: date) -> tuple[DataFrame, DataFrame, DataFrame]:
    """Reports, who is named in them, and investigations, as of a night."""
    reports, people, investigations = (asof.current(place.lake.read(table), table.key, night) for table in READ)
    return reports, people, investigations


def scope(place: Workplace, night: date) -> DataFrame:
    """Reports without a CSAE tag that are in scope, as of a night."""
    return reclassify.in_scope(*current(place, night))


def training_reports(place: Workplace, night: date) -> DataFrame:
    """Every report known in a night, labelled by tag and decisions."""
    reports, people, _ = current(place, night)
    return reclassify.training_reports(reports, people, decisions(place, night))


def decisions(place: Workplace, night: date) -> DataFrame:
    """gold.DECISIONS up to a night, each for the near-duplicates too that it covers."""
    known = place.lake.read(gold.DECISIONS).where(F.col("night") <= F.lit(night))
    covered = place.lake.read(review.QUEUE_MEMBERS).where(F.col("night") < F.lit(night))
    return members.with_members(known, covered)


def scored_alike(place: Workplace, night: date, model_version: str) -> date | None:
    """The last complete night before this one, if the same model and code scored it; else everything is scored anew."""
    before = place.lake.read(gold.RUN_MANIFEST).where(F.col("night") < F.lit(night))
    last = before.orderBy(F.col("night").desc()).limit(1).collect()
    if last and (last[0].model_version, last[0].code_commit) == (model_version, place.code_commit):
        return date.fromisoformat(str(last[0].night))
    return None


def frame_opened_on(place: Workplace, night: date, frame_nights: int) -> date:
    """The first complete night of the period of `frame_nights` days that a night lies in, or the night itself."""
    start = EPOCH + timedelta(days=(night - EPOCH).days // frame_nights * frame_nights)
    mine = (F.col("night") >= F.lit(start)) & (F.col("night") < F.lit(night))
    first = place.lake.read(gold.RUN_MANIFEST).where(mine).agg(F.min("night")).collect()[0][0]
    return night if first is None else date.fromisoformat(str(first))
