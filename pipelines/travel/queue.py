"""The queue `travel`: what of the night's matches is shown to whom, and in which order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipelines.queues import items, settled
from schemas import codes
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
    made_with: items.Provenance,
) -> DataFrame:
    """Rows of gold.QUEUE_ITEMS: published matches of recent and coming flights that nobody has settled.

    Args:
        matches: gold.travel_matches of the night.
        decisions: gold.DECISIONS up to the night.
        capacity: rows per force code, `*` for forces that are not named.
        recent_days: flights that left longer ago are in the table, and not asked about.
    """
    recent = F.col("flight_on") >= F.date_sub(F.lit(night), recent_days)
    is_pattern = F.col("kind").isin("PAIR_BEYOND_CHANCE", "PHONE_GAP")  # these speak of several journeys
    published = matches.where(F.col("is_published") & (recent | is_pattern)).withColumnRenamed("match_id", "item_id")
    published = published.withColumns({"queue": F.lit(QUEUE), "text_hash": _evidence_hash()})
    urgent = F.try_element_at(F.create_map(*[F.lit(v) for pair in _URGENT.items() for v in pair]), F.col("kind"))
    urgent = F.when(F.col("role") == "MISSING", 0).otherwise(urgent)
    order: list[Column | str] = [urgent, F.col("score").desc(), "item_id"]
    asked = settled.still_asked(published, decisions)
    changed = items.flags({items.EVIDENCE_CHANGED: F.col("is_text_changed")}, "silver.people", F.col("person_id"))
    return items.rows(
        items.within_capacity(asked, items.capacity_of(capacity), order),
        night,
        made_with,
        subject_kind=F.lit("travel"),
        stratum=F.col("kind"),
        reasons=items.reasons(F.col("reasons"), changed),
        marking=F.lit(codes.MARKINGS[-1]),  # people and where they go: never below OFFICIAL-SENSITIVE
        details=_details(),
    )


def _evidence_hash() -> Column:
    """What is decided on: whose records, which passengers and events, and how they agree.

    Not the kind (a flight becomes an arrival as its day comes), the bits and scores (they move as lists grow), or
    clock times, seats and cancellations: none of them says who travels.
    """
    named = F.transform("reasons", lambda r: F.concat_ws("|", r["source_table"], r["source_id"]))
    behind = F.transform("source_rows", lambda r: F.concat_ws("|", r["table"], r["id"]))
    sources = F.array_sort(F.array_distinct(F.concat(named, behind)))
    told = [F.try_element_at("details", F.lit(name)) for name in ("recorded_name", "n_shared", "phone")]
    return items.evidence_hash(sources, F.col("birth_agreement"), *told)


def _details() -> Column:
    flight = F.format_string(
        "%s %s to %s, %s", "flight_no", "from_airport", "to_airport", F.date_format("flight_on", "d MMM yyyy")
    )
    kinds = F.create_map(*[F.lit(v) for pair in contract.KINDS.items() for v in pair])
    said = {
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
    return F.map_concat(items.details(said), F.map_filter("details", lambda name, _: ~name.isin(*said)))
