"""A phone that is silent for just the time of a journey.

A journey is a matched flight, or a flight out of the United Kingdom and the next one back. Reference: the phone's own
habits. Of all the windows of the journey's length within the time that the phone was seen, the share that lies wholly
in one of its *other* silences is how likely the match is by chance; a phone that is often quiet proves nothing. Events
come in as those that may be used; others are not read, and break no silence.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipelines.common import authorised, concurrency
from pipelines.queues import items
from pipelines.travel import matches as travel_matches
from schemas import silver

LONGEST = 60 * 86_400  # seconds: a return after more than this is another journey
_SILENT_IF_AWAY = (
    0.8  # P(no event in the provider's data | the phone's holder is on the journey): roaming is rare in it
)


def journeys(matches: DataFrame, *, published_from: float) -> DataFrame:
    """Matched flights of subjects with a phone, as windows: each flight, and each way out with the next way back.

    Args:
        found: result of `travel_matches.best`.

    Returns:
        The columns of `found`, `_start` and `_end` (seconds since 1970, UTC), `is_return`.
    """
    timed = "departs_at IS NOT NULL AND arrives_at IS NOT NULL AND recorded_phone IS NOT NULL AND NOT is_cancelled"
    sure = matches.where(F.col("score") >= published_from).where(timed)
    start, end = F.unix_timestamp("departs_at"), F.unix_timestamp("arrives_at")
    next_flight = Window.partitionBy("subject_id").orderBy("departs_at", "passenger_id")
    seen = sure.withColumns(
        {
            "_start": start,
            "_end": end,
            "_next": F.lead("direction").over(next_flight),
            "_back": F.lead(end).over(next_flight),
        }
    )
    is_return = (F.col("direction") == "OUTBOUND") & (F.col("_next") == "INBOUND")
    is_return = F.coalesce(is_return & (F.col("_back") - F.col("_start") <= LONGEST), F.lit(False))
    ends = F.when(is_return, F.col("_back")).otherwise(F.col("_end"))
    return seen.withColumns({"is_return": is_return, "_end": ends}).drop("_next", "_back")


def silences(events: DataFrame, phones: DataFrame) -> DataFrame:
    """Stretches without an event, of some phones: phone, before_id and after_id (events), `_from`, `_to` (seconds).

    Args:
        events: usable communications events as of the night.
        phones: `phone`, distinct.

    Raises:
        ValueError: `events` are not usable events but rows of the table.
    """
    authorised.require_usable(events, silver.COMMS_EVENTS)
    ends = [
        events.select(F.col(end).alias("phone"), "event_id", "started_at", "duration_s")
        for end in ("a_number", "b_number")
    ]
    mine = ends[0].unionByName(ends[1]).join(F.broadcast(phones), ["phone"], how="left_semi")
    at = F.unix_timestamp("started_at")
    ended = at + F.coalesce("duration_s", F.lit(0.0)).cast("long")
    next_event = Window.partitionBy("phone").orderBy("started_at", "event_id")
    gaps = mine.select(
        "phone",
        F.col("event_id").alias("before_id"),
        F.lead("event_id").over(next_event).alias("after_id"),
        ended.alias("_from"),
        F.lead(at).over(next_event).alias("_to"),
    )
    return gaps.where("_to IS NOT NULL AND _to > _from")


def rows(matches: DataFrame, events: DataFrame, night: date, *, by_chance: float, published_from: float) -> DataFrame:
    """Rows of kind PHONE_GAP, where the silence would match by chance with at most probability `by_chance`.

    The score is that of the match with the silence's likelihood ratio weighed in.
    """
    trips = concurrency.materialise_lazily(journeys(matches, published_from=published_from))  # used three times
    gaps = silences(events, trips.select(F.col("recorded_phone").alias("phone")).distinct())
    around = gaps.withColumnRenamed("phone", "recorded_phone")
    length = F.col("_end") - F.col("_start")
    joined = trips.join(around, ["recorded_phone"], how="inner")
    per_trip = ["subject_id", "passenger_id"]
    covers = (F.col("_from") <= F.col("_start")) & (F.col("_to") >= F.col("_end"))
    by_trip = joined.groupBy(*per_trip).agg(
        F.max(F.when(covers, F.struct("_from", "_to", "before_id", "after_id"))).alias("gap"),
        F.sum(F.when(covers, 0).otherwise(F.greatest(F.lit(0), F.col("_to") - F.col("_from") - length))).alias("_room"),
        (F.max("_to") - F.min("_from")).alias("_seen"),
        F.count("*").alias("n_gaps"),
    )
    matched = trips.join(by_trip.where("gap IS NOT NULL"), per_trip, how="inner")
    chance = F.greatest(F.col("_room") / F.greatest(F.col("_seen") - length, F.lit(1)), 1 / (F.col("n_gaps") + 1))
    matched = matched.withColumn("by_chance", F.least(F.lit(1.0), chance)).where(F.col("by_chance") <= by_chance)
    ratio = F.lit(_SILENT_IF_AWAY) / F.col("by_chance")
    matched = matched.withColumns({name: _raised(F.col(name), ratio) for name in ("score", "score_low", "score_high")})
    matched = matched.withColumn("bits", F.col("bits") + F.log2(ratio))
    hours = (F.col("gap._to") - F.col("gap._from")) / 3600
    text = F.format_string(
        "no event of %s for %.0f hours around the journey%s; such a silence covers %.1f%% of its time otherwise",
        "recorded_phone",
        hours,
        F.when(F.col("is_return"), F.lit(", out and back")).otherwise(F.lit("")),
        F.col("by_chance") * 100,
    )
    made = matched.withColumns(
        {
            "kind": F.lit("PHONE_GAP"),
            "match_id": travel_matches.match_id("GAP", "subject_id", "passenger_id"),
            "other_id": F.lit(None).cast("string"),
            "other_name": F.lit(None).cast("string"),
            "reasons": F.array(
                _of_event(text, "gap.before_id", F.log2(ratio)),
                _of_event(F.lit("the first event after it"), "gap.after_id", F.lit(0.0)),
                travel_matches.identity(),
            ),
            "details": travel_matches.details(
                {
                    "phone": F.col("recorded_phone"),
                    "silent_from": _clock(F.col("gap._from")),
                    "silent_to": _clock(F.col("gap._to")),
                    "by_chance": F.format_string("%.4f", "by_chance"),
                }
            ),
            "source_rows": F.array(travel_matches.person_row(), travel_matches.passenger_row()),
        }
    )
    return travel_matches.shaped(made, night, published_from)


def _raised(score: Column, ratio: Column) -> Column:
    """A probability after evidence with this likelihood ratio."""
    odds = score / F.greatest(1 - score, F.lit(1e-12)) * ratio
    return odds / (1 + odds)


def _of_event(text: Column, event: str, weight: Column) -> Column:
    return items.reason("match", text, "silver.comms_events", F.col(event), weight)


def _clock(seconds: Column) -> Column:
    local = F.from_utc_timestamp(F.timestamp_seconds(seconds), travel_matches.LONDON)
    return F.date_format(local, "EEE d MMM yyyy HH:mm")
