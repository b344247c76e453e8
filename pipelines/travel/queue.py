"""The queue `travel`: what of the night's matches is shown to whom, and in which order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipelines.common.provenance import Provenance
from schemas import codes, gold
from schemas import travel as contract

QUEUE = "travel"
# Children who are missing come first, then who lands soon, then the rest by score.
_URGENT = {"NEXT_ARRIVAL": 1, "SUBJECT_ON_FLIGHT": 2, "CO_TRAVELLER": 2, "PAIR_BEYOND_CHANCE": 2, "PHONE_GAP": 2}


def queue_items(
    matches: DataFrame,
    decisions: DataFrame,
    capacity: Mapping[str, int],
    night: date,
    *,
    recent_days: int,
    made_with: Provenance,
) -> DataFrame:
    """Rows of gold.QUEUE_ITEMS: published matches of recent and coming flights that nobody has settled.

    Args:
        matches: gold.travel_matches of the night.
        decisions: gold.DECISIONS up to the night.
        capacity: rows per force code, `*` for forces that are not named.
        recent_days: flights that left longer ago are in the table, and not asked about.
    """
    newest = Window.partitionBy("item_id").orderBy(F.col("sequence").desc())
    settled = decisions.where(F.col("queue") == QUEUE).withColumn("_n", F.row_number().over(newest)).where("_n = 1")
    settled = settled.where(F.col("outcome").isin(*codes.FINAL_OUTCOMES)).select("item_id")
    recent = F.col("flight_on") >= F.date_sub(F.lit(night), recent_days)
    is_pattern = F.col("kind").isin("PAIR_BEYOND_CHANCE", "PHONE_GAP")  # these speak of several journeys
    asked = matches.where(F.col("is_published") & (recent | is_pattern)).withColumnRenamed("match_id", "item_id")
    asked = asked.join(settled, ["item_id"], how="left_anti")
    urgent = F.try_element_at(F.create_map(*[F.lit(v) for pair in _URGENT.items() for v in pair]), F.col("kind"))
    urgent = F.when(F.col("role") == "MISSING", 0).otherwise(urgent)
    order = Window.partitionBy("force").orderBy(urgent, F.col("score").desc(), "item_id")
    ranked = asked.withColumn("rank", F.row_number().over(order)).where(F.col("rank") <= _most(capacity))
    none = F.lit(None).cast("string")
    return gold.QUEUE_ITEMS.conform(
        ranked.select(
            F.lit(night).alias("night"),
            F.lit(QUEUE).alias("queue"),
            "item_id",
            "force",
            "rank",
            F.lit("travel").alias("subject_kind"),
            "subject_id",
            "person_ids",
            F.col("kind").alias("stratum"),
            "score",
            "score_low",
            "score_high",
            "reasons",
            F.lit(codes.MARKINGS[-1]).alias("marking"),  # people and where they go: never below OFFICIAL-SENSITIVE
            F.lit(False).alias("is_text_changed"),
            F.lit(False).alias("is_suspected_false"),
            none.alias("text_hash"),
            _details().alias("details"),
            "source_rows",
            none.alias("model_name"),
            none.alias("model_version"),
            *made_with.columns(),
        )
    )


def _most(capacity: Mapping[str, int]) -> Column:
    named = [F.lit(v) for force, n in sorted(capacity.items()) if force != "*" for v in (force, n)]
    most = F.lit(capacity["*"])
    return F.coalesce(F.try_element_at(F.create_map(*named), F.col("force")), most) if named else most


def _details() -> Column:
    flight = F.format_string(
        "%s %s to %s, %s", "flight_no", "from_airport", "to_airport", F.date_format("flight_on", "d MMM yyyy")
    )
    kinds = F.create_map(*[F.lit(v) for pair in contract.KINDS.items() for v in pair])
    shown = {
        "title": flight,
        "what": F.try_element_at(kinds, F.col("kind")),
        "role": F.col("role"),
        "person_id": F.col("person_id"),
        "passenger_id": F.col("passenger_id"),
        "other_id": F.coalesce("other_id", F.lit("")),
        "listed_name": F.col("listed_name"),
        "other_name": F.coalesce("other_name", F.lit("")),
        "bits": F.format_string("%.1f", "bits"),
    }
    own = F.create_map(*[part for name, value in shown.items() for part in (F.lit(name), value)])
    return F.map_concat(own, F.map_filter("details", lambda name, _: ~name.isin(*shown)))
