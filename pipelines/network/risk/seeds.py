"""Seeds of risk: people and places tied to CSAE reports by recorded tag or by an analyst's decision.

A report weighs as much as its best item's grading, less as it ages; an item graded E counts nothing, and the row says
that there was one. Every weight has a low, a used and a high value, from which all intervals follow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipelines.network.edges import links
from pipelines.queues import settled
from schemas import codes, risk

ENDS = ("low", "used", "high")
NAMES = {"low": "weight_low", "used": "weight", "high": "weight_high"}
MOST_REPORTS = 10


@dataclass(frozen=True)
class Weights:
    """What reports and roles weigh. Triples are low, used and high. From the settings' section `risk.seeds`."""

    source: Mapping[str, Sequence[float]]
    intelligence: Mapping[str, Sequence[float]]
    legacy: Sequence[float]  # graded in a scheme that has no official mapping
    role: Mapping[str, float]
    half_life_days: float
    use_unreviewed_scores: bool
    unreviewed_from: float


def report_weights(
    reports: DataFrame, decisions: DataFrame, night: date, weights: Weights, scores: DataFrame | None = None
) -> DataFrame:
    """CSAE reports as of the night, with what each weighs.

    The newest decision wins over the recorded tag: an added tag holds whatever becomes of the text, a refused one only
    for the text that was read. Scores that nobody reviewed count only where `use_unreviewed_scores` says so.

    Args:
        reports: silver.reports as of the night.
        decisions: gold.decisions up to the night.
        scores: gold.report_scores of the night; read only with `use_unreviewed_scores`.

    Returns:
        report_id, basis, weight_low, weight, weight_high, source, intelligence (of the best item),
        is_suspected_false, marking.
    """
    judged = reports.join(_decided(decisions), ["report_id"], how="left")
    is_decided = F.when(F.col("_is_csae"), True).when(F.col("_text_hash") == F.col("text_hash"), False)
    basis = F.when(is_decided, "DECISION").when(is_decided.isNull() & F.col("is_csae"), "TAG")
    chance: Column = F.lit(1.0)
    if weights.use_unreviewed_scores and scores is not None:
        judged = judged.join(scores.select("report_id", F.col("score").alias("_score")), ["report_id"], how="left")
        is_likely = is_decided.isNull() & (F.col("_score") >= weights.unreviewed_from)
        basis = F.coalesce(basis, F.when(is_likely, "SCORE"))
        chance = F.when(F.col("basis") == "SCORE", F.col("_score")).otherwise(F.lit(1.0))
    best = _best_item(weights)
    age = F.greatest(F.date_diff(F.lit(night), "intelligence_on"), F.lit(0))
    fresh = F.pow(F.lit(0.5), age / F.lit(float(weights.half_life_days)))
    weighed = judged.withColumn("basis", basis).where(F.col("basis").isNotNull()).withColumn("_best", best)
    return weighed.where(F.col("_best").isNotNull()).select(
        "report_id",
        "basis",
        *[(F.col(f"_best.{end}") * fresh * chance).alias(NAMES[end]) for end in ENDS],
        "_best.source",
        "_best.intelligence",
        "is_suspected_false",
        "marking",
    )


def _decided(decisions: DataFrame) -> DataFrame:
    """Newest labelling decision of each report: report_id, _is_csae, _text_hash."""
    labelling = decisions.where(F.col("outcome").isin(*codes.LABELLING_OUTCOMES))
    is_csae = F.create_map(*[F.lit(v) for pair in codes.LABELLING_OUTCOMES.items() for v in pair])
    return settled.newest(labelling, of=["subject_id"]).select(
        F.col("subject_id").alias("report_id"),
        F.try_element_at(is_csae, F.col("outcome")).alias("_is_csae"),
        F.col("text_hash").alias("_text_hash"),
    )


def _best_item(weights: Weights) -> Column:
    """Grading of the item that weighs most: struct of used, low, high, source, intelligence; NULL where all are E."""

    def grade(item: Column) -> Column:
        is_legacy = F.col("scheme") != F.lit("3x5x2")
        parts = []
        for at, end in ((1, "used"), (0, "low"), (2, "high")):  # `used` first: the maximum is taken by it
            known = _at(weights.source, item["source"], at) * _at(weights.intelligence, item["intelligence"], at)
            parts.append(F.when(is_legacy, F.lit(float(weights.legacy[at]))).otherwise(known).alias(end))
        return F.struct(*parts, item["source"].alias("source"), item["intelligence"].alias("intelligence"))

    graded = F.transform("items", grade)
    return F.array_max(F.filter(graded, lambda item: F.coalesce(item["used"], F.lit(0.0)) > 0))


def _at(table: Mapping[str, Sequence[float]], key: Column, place: int) -> Column:
    pairs = [F.lit(v) for grade, values in sorted(table.items()) for v in (str(grade), float(values[place]))]
    return F.try_element_at(F.create_map(*pairs), key)


def seeds(weighed: DataFrame, named: DataFrame, entities: DataFrame, night: date, weights: Weights) -> DataFrame:
    """Rows of gold.RISK_SEEDS.

    Args:
        weighed: result of `report_weights`.
        named: report_id, entity_id, role: which entity stands in which report, from `named`.
        entities: gold.entities of the night.
    """
    role = F.create_map(*[F.lit(v) for pair in sorted(weights.role.items()) for v in (pair[0], float(pair[1]))])
    share = F.coalesce(F.try_element_at(role, F.col("role")), F.lit(0.0))
    tied = named.join(weighed, ["report_id"], how="inner").where(share > 0)
    tied = tied.select("*", *[(F.col(NAMES[end]) * share).alias(f"_{end}") for end in ENDS])
    # The heaviest role of an entity in a report: named twice there is not twice the risk.
    heaviest = Window.partitionBy("entity_id", "report_id").orderBy(F.col("_used").desc(), "role")
    tied = tied.withColumn("_n", F.row_number().over(heaviest)).where("_n = 1")
    report = F.struct(
        (-F.col("_used")).alias("order"),
        F.struct("report_id", "role", F.round("_used", 6).alias("weight"), "basis", "source", "intelligence").alias(
            "report"
        ),
    )
    grouped = tied.groupBy("entity_id").agg(
        *[F.round(links.either(F.col(f"_{end}")), 6).alias(f"_{end}_risk") for end in ENDS],
        F.max(F.col("role") == "SUSPECT").alias("is_suspect"),
        F.max("is_suspected_false").alias("is_suspected_false"),
        F.count("*").cast("int").alias("n_reports"),
        F.transform(F.slice(F.sort_array(F.collect_list(report)), 1, MOST_REPORTS), lambda r: r["report"]).alias(
            "reports"
        ),
        F.max("marking").alias("marking"),  # OFFICIAL < OFFICIAL-SENSITIVE, as words too
    )
    known = grouped.join(entities.select("entity_id", "kind"), ["entity_id"], how="inner")
    return risk.RISK_SEEDS.conform(
        known.select(
            F.lit(night).alias("night"),
            "*",
            F.col("_used_risk").alias("risk"),
            F.least("_low_risk", "_used_risk").alias("risk_low"),
            F.greatest("_high_risk", "_used_risk").alias("risk_high"),
        )
    )


def named(report_people: DataFrame, members: DataFrame, edges: DataFrame, entities: DataFrame) -> DataFrame:
    """Who and what stands in a report: report_id, entity_id, role.

    People come by the record that the report names. Places, telephones and other things come by the edges that rest on
    the report; they have the role OTHER.
    """
    people = report_people.join(
        members.select(F.col("record_id").alias("person_id"), "entity_id"), ["person_id"], how="inner"
    ).select("report_id", "entity_id", "role")
    things = entities.where(F.col("kind") != "PERSON").select("entity_id")
    ends = edges.select(F.explode(F.array("from_id", "to_id")).alias("entity_id"), "evidence")
    cited = ends.join(things, ["entity_id"], how="left_semi").select("entity_id", F.explode("evidence").alias("_"))
    cited = cited.where(F.col("_.table") == "silver.reports").select(
        F.col("_.id").alias("report_id"), "entity_id", F.lit("OTHER").alias("role")
    )
    return people.unionByName(cited).distinct()
