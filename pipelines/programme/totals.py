"""The programme's figures from its records: how far investigations reach, what is counted, and what came of queues."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from schemas import codes as national
from schemas.programme import codes, figures

Rows = Mapping[str, DataFrame]  # by what a figure is `of`; those whose feeds are missing are not there


def footprints(cases: DataFrame, areas: DataFrame, night: date) -> DataFrame:
    """Rows of gold.CASE_FOOTPRINTS, one per investigation.

    Args:
        cases: silver.CASE_RECORDS as of the night.
        areas: silver.CASE_AREAS as of the night.
    """
    region_of = [each for name, forces in codes.REGIONS.items() for force in forces for each in (force, name)]
    region = F.create_map(*map(F.lit, region_of))
    in_force = F.when(~F.col("is_abroad"), F.col("area"))
    counted = areas.groupBy("case_id").agg(
        F.count_distinct(in_force).cast("int").alias("n_forces"),
        F.count_distinct(F.try_element_at(region, in_force)).cast("int").alias("n_regions"),
        F.count_distinct(F.when(F.col("is_abroad"), F.col("area"))).cast("int").alias("n_countries"),
    )
    found = cases.join(counted, ["case_id"], how="left").na.fill(0, ["n_forces", "n_regions", "n_countries"])
    footprint = (
        F.when(F.col("n_countries") > 0, "INTERNATIONAL")
        .when(F.col("n_regions") > 1, "MULTI_REGION")
        .when(F.col("n_forces") > 1, "REGIONAL")
        .when(F.col("n_forces") == 1, "ONE_FORCE")
        .otherwise("UNKNOWN")
    )
    return figures.CASE_FOOTPRINTS.conform(found.withColumns({"footprint": footprint, "night": F.lit(night)}))


def counted(rows: Rows, night: date) -> DataFrame | None:
    """Rows of gold.PROGRAMME_FIGURES of what there are rows of, each kind read once; None of nothing."""
    parts = [_counted(df, of) for of, df in rows.items()]
    if not parts:
        return None
    whole = reduce(DataFrame.unionByName, parts).where("part = '' OR n > 0")
    return figures.PROGRAMME_FIGURES.conform(whole.withColumn("night", F.lit(night)))


def _counted(df: DataFrame, of: str) -> DataFrame:
    columns = _columns(of)
    sums = [F.coalesce(F.sum(is_in.cast("long")), F.lit(0)).alias(f"f{n}") for n, is_in in enumerate(columns.values())]
    each = [
        F.struct(F.lit(name).alias("figure"), F.lit(part).alias("part"), F.col(f"f{n}").alias("n"))
        for n, (name, part) in enumerate(columns)
    ]
    return df.agg(*sums).select(F.inline(F.array(*each)))


def _columns(of: str) -> dict[tuple[str, str], Column]:
    """Whether a row is counted, by figure and part, of the figures of one kind."""
    columns = {}
    for name, figure in figures.FIGURES.items():
        if figure.of == of:
            is_in = F.coalesce(F.expr(figure.where or "true"), F.lit(False))
            columns[name, ""] = is_in
            for by in figure.by:
                columns |= {(name, f"{by}={value}"): is_in & (F.col(by) == F.lit(value)) for value in _VALUES[of, by]}
    return columns


def opened(rows: Rows, name: str, part: str = "") -> DataFrame:
    """The rows that a figure counts, or a part of it such as `pillar=PURSUE`.

    Raises:
        KeyError: there is no such figure, or there are no rows of its kind.
        ValueError: the figure has no such part.
    """
    figure = figures.FIGURES[name]
    chosen = rows[figure.of].where(figure.where or "true")
    if not part:
        return chosen
    by, _, value = part.partition("=")
    if by not in figure.by:
        raise ValueError(f"{name} has no part {part!r}: parts are by {', '.join(figure.by) or 'nothing'}")
    return chosen.where(F.col(by) == F.lit(value))


def memberships(rows: Rows, of: str) -> DataFrame:
    """Which figures and parts count how many rows together: one column per figure, 0 or 1, and n. Few rows."""
    names = {f"{name} {part}".strip(): is_in.cast("int") for (name, part), is_in in _columns(of).items()}
    df = rows[of].select(*(is_in.alias(name) for name, is_in in names.items()))
    return df.groupBy(*(f"`{name}`" for name in names)).agg(F.count("*").alias("n"))


_VALUES = {
    ("cases", "threat"): codes.THREATS, ("cases", "footprint"): codes.FOOTPRINTS,
    ("disruptions", "pillar"): codes.PILLARS, ("disruptions", "level"): codes.LEVELS,
}  # fmt: skip


def queue_outcomes(decisions: DataFrame, outcomes: DataFrame, night: date) -> DataFrame:
    """Rows of gold.QUEUE_OUTCOMES: from a queue's row, through its decision, to what came of it.

    Args:
        decisions: gold.DECISIONS up to the night.
        outcomes: silver.CASE_OUTCOMES as of the night; those without an item go back to no queue.
    """
    final = decisions.where(F.col("outcome").isin(*national.FINAL_OUTCOMES))
    items = final.select("queue", "force", "item_id").distinct()
    n_decided = items.groupBy("queue", "force").agg(F.count("*").alias("n_decided"))
    came = items.join(outcomes.select("item_id", "kind", "outcome_id"), ["item_id"])
    counts = came.groupBy("queue", "force", "kind").agg(
        F.count_distinct("item_id").alias("n_items"), F.count_distinct("outcome_id").alias("n_outcomes")
    )
    kinds = F.explode(F.array(*[F.lit(kind) for kind in codes.OUTCOMES])).alias("kind")
    whole = n_decided.select("*", kinds).join(counts, ["queue", "force", "kind"], how="left")
    whole = whole.na.fill(0, ["n_items", "n_outcomes"]).withColumn("night", F.lit(night))
    return figures.QUEUE_OUTCOMES.conform(whole)
