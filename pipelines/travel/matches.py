"""Rows of gold.travel_matches: a subject on a flight, arrivals of the next day, and who travels in one booking.

Every row keeps its evidence as reasons with weights in bits that add up to the odds behind its score.
"""

from __future__ import annotations

import math
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipelines.queues import items
from pipelines.travel import matching
from schemas import shared_columns
from schemas import travel as contract
from schemas.contract import array

LONDON = "Europe/London"
LEG = ("flight_no", "from_airport", "to_airport", "flight_on")
_REASONS = array(shared_columns.REASON)
_BIRTH_WORDS = {
    "SAME": "the date of birth is the same",
    "SWAPPED": "the date of birth is the same with day and month exchanged",
    "ONE_DIGIT": "the dates of birth differ in one digit",
    "DIFFERENT": "the dates of birth differ",
    "UNKNOWN": "a date of birth is not recorded",
}
_LEVEL_WORDS = {
    "EXACT": "as recorded",
    "SPELLING": "in another spelling",
    "CLOSE": "but for a slip",
    "SHORT": "in a short or long form",
    "INITIAL": "as an initial",
}


def best(scored: DataFrame, wanted: DataFrame, crowd: DataFrame, legs: DataFrame, kept_from: float) -> DataFrame:
    """One row a subject and passenger, of the record that fits best, with the passenger's and the flight's columns.

    Args:
        scored: result of `travel.scored`.
        wanted: result of `travel.subjects`.
        crowd: result of `travel.listed`.
        legs: result of `timetable`.
        kept_from: least score that is kept.
    """
    fits = Window.partitionBy("subject_id", "passenger_id").orderBy(F.col("score").desc(), "person_id")
    kept = scored.where(F.col("score") >= kept_from).withColumn("_n", F.row_number().over(fits)).where("_n = 1")
    about = wanted.select(
        "person_id",
        "force",
        "role",
        F.concat_ws(" ", "forename", "surname").alias("recorded_name"),
        F.col("phone").alias("recorded_phone"),
        *[F.col(name).alias(f"_p{name}") for name in ("_file", "_file_hash", "_row_number")],
    )
    records = wanted.groupBy("subject_id").agg(F.sort_array(F.collect_set("person_id")).alias("person_ids"))
    ranked = kept.drop("_n").join(F.broadcast(about), ["person_id"], how="inner")
    ranked = ranked.join(F.broadcast(records), ["subject_id"], how="inner")
    ranked = ranked.join(crowd.drop("words", "n_forenames", "night"), ["passenger_id"], how="inner")
    return ranked.join(legs, list(LEG), how="left")


def timetable(flights: DataFrame) -> DataFrame:
    """Flights by number, ends and date of departure: times from whichever list knows them, and whether cancelled.

    An arrivals list does not say when a flight left: it stands for the flights that left on the day of landing or the
    day before, where no other list knows better.

    Args:
        flights: silver.flights as of the night.
    """
    ends = list(LEG[:3])
    left = flights.where("departs_on IS NOT NULL").groupBy(*ends, F.col("departs_on").alias("flight_on"))
    known = left.agg(
        F.max("departs_at").alias("departs_at"),
        F.max("arrives_at").alias("_arrives_at"),
        F.max((F.col("status") == "CANCELLED").cast("int")).alias("_off"),
        F.max("direction").alias("direction"),
    )
    landed = flights.where("departs_on IS NULL")
    day = F.explode(F.array(F.col("arrives_on"), F.date_sub("arrives_on", 1)))
    landed = landed.withColumn("flight_on", day)
    landed = landed.groupBy(*LEG).agg(
        F.min("arrives_at").alias("_listed_at"),
        F.max((F.col("status") == "CANCELLED").cast("int")).alias("_off2"),
        F.max("direction").alias("_direction2"),
    )
    both = known.join(landed, list(LEG), how="full_outer")
    plausible = F.when(F.col("departs_at").isNull() | (F.col("_listed_at") > F.col("departs_at")), F.col("_listed_at"))
    return both.select(
        *LEG,
        "departs_at",
        F.coalesce("_arrives_at", plausible).alias("arrives_at"),
        F.coalesce("direction", "_direction2").alias("direction"),
        (F.coalesce("_off", "_off2", F.lit(0)) == 1).alias("is_cancelled"),
    )


def on_flights(
    matches: DataFrame, night: date, n_rows: int, odds: matching.Odds, *, published_from: float
) -> DataFrame:
    """Rows of kind SUBJECT_ON_FLIGHT, and NEXT_ARRIVAL for those that land in the UK from this midnight to the next
    morning but one (30 hours: the night and the day that it prepares)."""
    midnight = F.to_utc_timestamp(F.lit(night).cast("timestamp"), LONDON)
    lands_soon = (F.col("direction") == "INBOUND") & F.col("arrives_at").between(
        midnight, midnight + F.expr("INTERVAL 30 HOURS")
    )
    published = F.col("score") >= published_from
    lands_soon = F.coalesce(lands_soon & ~F.col("is_cancelled") & published, F.lit(False))
    rows = matches.withColumns(
        {
            "kind": F.when(lands_soon, "NEXT_ARRIVAL").otherwise("SUBJECT_ON_FLIGHT"),
            "match_id": match_id("FLIGHT", "subject_id", "passenger_id"),
            "other_id": F.lit(None).cast("string"),
            "other_name": F.lit(None).cast("string"),
            "reasons": _evidence(n_rows, odds),
            "details": details({}),
            "source_rows": F.array(person_row(), passenger_row()),
        }
    )
    return shaped(rows, night, published_from)


def companions(matches: DataFrame, crowd: DataFrame, night: date, *, published_from: float) -> DataFrame:
    """Rows of kind CO_TRAVELLER: whoever shares a booking with a passenger that is probably a subject."""
    other = crowd.where("booking_ref IS NOT NULL").select(
        *LEG,
        "_sender",
        "booking_ref",
        F.col("passenger_id").alias("other_id"),
        F.col("name").alias("other_name"),
        F.col("born_on").alias("other_born_on"),
    )
    sure = matches.where(F.col("score") >= published_from)
    own = sure.select("subject_id", F.col("passenger_id").alias("other_id"))
    pairs = sure.join(other, [*LEG, "_sender", "booking_ref"], how="inner").where("other_id != passenger_id")
    pairs = pairs.join(own, ["subject_id", "other_id"], how="left_anti")
    age = F.floor(F.months_between("flight_on", "other_born_on") / 12).cast("int")
    is_child = F.coalesce(age < 18, F.lit(False))
    child = F.when(
        is_child,
        F.array(
            reason("flag", F.format_string("aged %d on the day of the flight: safeguarding first", age), "other_id")
        ),
    )
    shared = reason("rule", F.format_string("in one booking (%s) with %s", "booking_ref", "name"), "other_id")
    rows = pairs.withColumns(
        {
            "kind": F.lit("CO_TRAVELLER"),
            "match_id": match_id("BOOKING", "subject_id", "passenger_id", "other_id"),
            "reasons": F.concat(F.array(shared), F.coalesce(child, F.array().cast(_REASONS)), F.array(identity())),
            "details": details({"other_age": age.cast("string"), "is_other_child": is_child.cast("string")}),
            "source_rows": F.array(person_row(), passenger_row()),
        }
    )
    return shaped(rows, night, published_from)


def shaped(rows: DataFrame, night: date, published_from: float) -> DataFrame:
    """Rows in the contract's columns."""
    made = rows.withColumns(
        {
            "night": F.lit(night),
            "listed_name": F.col("name"),
            "is_published": F.col("score") >= published_from,
        }
    )
    return contract.MATCHES.conform(made)


def _evidence(n_rows: int, odds: matching.Odds) -> Column:
    """What speaks for and against, in bits, and where the odds start from."""
    birth = F.create_map(*[F.lit(v) for pair in _BIRTH_WORDS.items() for v in pair])
    birth_words = F.try_element_at(birth, F.col("birth_agreement"))
    prior = math.log2(odds.expected_share / n_rows) if n_rows else 0.0
    document = F.when(
        F.col("document_bits") != 0,
        F.array(
            reason(
                "match",
                F.when(F.col("document_bits") > 0, "the travel document is one that the subject travelled with before")
                .otherwise("another travel document than the subject travelled with before"),
                "passenger_id",
                F.col("document_bits"),
            )
        ),
    )  # fmt: skip
    off = F.when(F.col("is_cancelled"), F.array(reason("flag", F.lit("a list says that the flight is cancelled"), "")))
    start = f"where the odds start: {odds.expected_share:.0%} of subjects expected among {n_rows:,} passenger rows"
    none = F.array().cast(_REASONS)
    return F.concat(
        F.array(reason("match", _name_words(), "passenger_id", F.col("name_bits"))),
        F.array(reason("match", birth_words, "passenger_id", F.col("birth_bits"))),
        F.coalesce(document, none),
        F.array(reason("rule", F.lit(start), "", F.lit(prior))),
        F.coalesce(off, none),
    )  # fmt: skip


def _name_words() -> Column:
    """What was compared: "name: DEAN as recorded, PYKE in another spelling; forename and surname exchanged"."""
    levels = F.create_map(*[F.lit(v) for pair in _LEVEL_WORDS.items() for v in pair])
    first = F.concat_ws(" ", "how.first_listed", F.try_element_at(levels, F.col("how.first_level")))
    last = F.concat_ws(" ", "how.last_listed", F.try_element_at(levels, F.col("how.last_level")))
    last = F.when(F.col("how.last_level") == "DIFFERENT", "the rest of the name differs").otherwise(last)
    order = F.when(F.col("how.is_swapped"), "; forename and surname exchanged").otherwise("")
    return F.concat(F.lit("name: "), first, F.lit(", "), last, order)


def identity() -> Column:
    """How sure it is that the passenger is the subject."""
    text = F.format_string("that the passenger is the subject has a score of %.2f", "score")
    return reason("match", text, "passenger_id", F.col("bits"))


def reason(kind: str, text: Column, source: str, weight: Column | None = None) -> Column:
    """A reason that names a passenger row, or, with an empty `source`, the subject's record."""
    table, ids = ("silver.flight_passengers", source) if source else ("silver.people", "person_id")
    return items.reason(kind, text, table, F.col(ids), weight)


def match_id(kind: str, *columns: str) -> Column:
    return items.item_id(F.lit(f"travel|{kind}"), *map(F.col, columns))


def details(more: dict[str, Column]) -> Column:
    """What every kind tells, and what it adds of its own. Clock times are UK local time."""
    clock = "EEE d MMM yyyy HH:mm"
    shown = {
        "recorded_name": F.col("recorded_name"),
        "leaves": F.date_format(F.from_utc_timestamp("departs_at", LONDON), clock),
        "lands": F.date_format(F.from_utc_timestamp("arrives_at", LONDON), clock),
        "direction": F.col("direction"),
        "booking_ref": F.col("booking_ref"),
        "seat": F.col("seat"),
        "basis": F.col("basis"),
        "authority_ref": F.col("authority_ref"),
        **more,
    }
    pairs = [part for name, value in shown.items() for part in (F.lit(name), F.coalesce(value, F.lit("")))]
    return F.create_map(*pairs)


def person_row() -> Column:
    return items.source_row("silver.people", "person_id", "_p_")


def passenger_row() -> Column:
    return items.source_row("silver.flight_passengers", "passenger_id")
