"""From records to calls, and from calls to legs: what each party's side of a call tells.

Two providers record one call from their own sides. They are one call here: an outgoing and an incoming record of the
same parties and kind that start within a few seconds of each other (their clocks differ).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipelines.common import authorised
from pipelines.comms import sides
from pipelines.comms.identifiers import Wanted, frame
from schemas import silver

CLOCK_SKEW_S = 5  # seconds by which two providers' clocks may differ
_CALL = ("a_number", "b_number", "type")


def calls(events: DataFrame, clock_skew_s: int = CLOCK_SKEW_S, keep: Sequence[str] = ()) -> DataFrame:
    """Calls: `call_id`, `a_number`, `b_number`, `type`, `started_at`, `duration_s`, `operators`, `event_ids`, and for
    each side `a_imei`, `a_imsi`, `a_first_cell`, `a_last_cell`, `a_operator`, `b_...` (NULL where no record tells).

    Args:
        events: usable events (`access.usable`), one row an event.
        clock_skew_s: seconds by which two providers' clocks may differ.
        keep: further columns of a record that each side keeps, such as `auth_urn`: `a_auth_urn`, `b_auth_urn`, and
            `auth_urns`, those of both records.

    Within a run of records of the same parties and kind that follow each other within the skew, the n-th outgoing and
    the n-th incoming record are one call: the order of input rows does not matter. A record with a withheld party, or
    with no direction, is a call by itself.

    Raises:
        ValueError: `events` are not usable events but rows of the table.
    """
    authorised.require_usable(events, silver.COMMS_EVENTS)
    is_paired = F.col("a_number").isNotNull() & F.col("b_number").isNotNull() & (F.col("direction") != "UNKNOWN")
    at = F.unix_micros("started_at")
    of_parties = Window.partitionBy(*_CALL, "_alone").orderBy("started_at", "direction", "event_id")
    alone = F.when(is_paired, F.lit("")).otherwise(F.col("event_id"))
    gap = at - F.lag(at).over(of_parties)
    is_start = F.when(gap > clock_skew_s * 1_000_000, 1).otherwise(0)
    runs = events.withColumn("_alone", alone).withColumn("_start", is_start)
    runs = runs.withColumn("_run", F.sum("_start").over(of_parties.rowsBetween(Window.unboundedPreceding, 0)))
    of_side = Window.partitionBy(*_CALL, "_alone", "_run", "direction").orderBy("started_at", "event_id")
    placed = runs.withColumn("_place", F.row_number().over(of_side))
    return _merged(placed, keep)


def _merged(placed: DataFrame, keep: Sequence[str]) -> DataFrame:
    is_b = sides.is_of_called()
    of_record = dict.fromkeys(("operator", *sides.OWN, *keep))
    of_call = dict.fromkeys(("operator", "event_id", *keep))
    told = (name for name in of_record if name != "event_id")
    record = F.struct("event_id", "started_at", *told)  # one of each side at most: the greatest is it
    calls = placed.groupBy(*_CALL, "_alone", "_run", "_place").agg(
        F.max("duration_s").alias("duration_s"),
        F.max(F.when(~is_b, record)).alias("_a"),
        F.max(F.when(is_b, record)).alias("_b"),
    )

    def of_both(part: str) -> Column:
        return F.sort_array(F.array_distinct(F.array_compact(F.array(f"_a.{part}", f"_b.{part}"))))

    return calls.select(
        F.least("_a.event_id", "_b.event_id").alias("call_id"),
        *_CALL,
        F.coalesce("_a.started_at", "_b.started_at").alias("started_at"),  # the caller's provider says when
        "duration_s",
        *(of_both(part).alias(f"{part}s") for part in of_call),
        *(F.col(f"_{side}.{part}").alias(f"{side}_{part}") for side in "ab" for part in of_record),
    )


def legs(calls: DataFrame, zone: str = "Europe/London", keep: Sequence[str] = ()) -> DataFrame:
    """Each call from both sides: `number`, `other` (NULL where withheld or none), `is_out`, the call's columns, and of
    this side `operator`, `imei`, `imsi`, `first_cell`, `last_cell`; `local_at` is the wall clock in `zone`, and
    `other_kind` says what the other party is.

    A party without number, handset and SIM has no leg. `keep` as for `calls`: this side's, and that of both records.
    """
    of_both = dict.fromkeys(("event_ids", *(f"{name}s" for name in keep)))
    shared = ("call_id", "type", "started_at", "duration_s", *of_both)

    def side(own: str, other: str) -> Column:
        of_record = dict.fromkeys(("operator", *sides.OWN, *keep))
        parts = [F.col(f"{own}_{part}").alias(part) for part in of_record]
        return F.struct(
            F.col(f"{own}_number").alias("number"),
            F.col(f"{other}_number").alias("other"),
            F.lit(own == "a").alias("is_out"),
            *parts,
        )

    both = calls.select(*shared, F.explode(F.array(side("a", "b"), side("b", "a"))).alias("_side"))
    both = both.select(*shared, "_side.*").where(F.coalesce("number", "imei", "imsi").isNotNull())
    return both.withColumns({"local_at": F.from_utc_timestamp("started_at", zone), "other_kind": party_kind("other")})


def party_kind(name: str) -> Column:
    """What a party is: UK_MOBILE, UK, INTERNATIONAL, SERVICE (short codes and senders' names), or WITHHELD."""
    party = F.col(name)
    is_service = ~party.startswith("+")
    return (
        F.when(party.isNull(), "WITHHELD")
        .when(is_service, "SERVICE")
        .when(party.startswith("+447"), "UK_MOBILE")
        .when(party.startswith("+44"), "UK")
        .otherwise("INTERNATIONAL")
    )


def of_subjects(legs: DataFrame, wanted: Iterable[Wanted]) -> DataFrame:
    """Legs of the listed identifiers, with `subject`, partitioned by it; a leg that two of a subject's identifiers
    name (number and handset) is there once. Legs are looked up by the kinds that the list holds.

    Args:
        wanted: the list, each kind and value once (see `comms_identifiers.read`).
    """
    of_kind: dict[str, list[Wanted]] = {}
    for each in wanted:
        of_kind.setdefault(each.kind, []).append(each)
    of_subject = legs
    for kind, some in of_kind.items():
        listed = frame(legs.sparkSession, some).select(
            F.col("value").alias("_value"), F.col("subject").alias(f"_{kind}")
        )
        of_subject = of_subject.join(F.broadcast(listed), on=F.col(kind.lower()) == F.col("_value"), how="left").drop(
            "_value"
        )
    subjects = F.array_distinct(F.array(*(f"_{kind}" for kind in of_kind)))
    of_subject = of_subject.select(*legs.columns, F.explode(subjects).alias("subject"))
    return of_subject.where(F.col("subject").isNotNull()).repartition("subject")
