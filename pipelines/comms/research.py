"""Bulk research of communications data: what thousands of identifiers' calls say of who, when and with whom.

Every function takes legs of subjects (`comms_calls.of_subjects`) and returns one table. Order of input rows, files and
partitions never matters. Everything is a count of records: a reason to look, never a fact about a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

TEXTS = ("SMS", "MMS")
KINDS = ("NUMBER", "IMEI", "IMSI")


@dataclass(frozen=True)
class Options:
    """Thresholds of the research (settings, section `comms_research`)."""

    zone: str = "Europe/London"
    night_from: int = 22  # hour of the wall clock
    night_to: int = 7
    new_days: int = 28
    gap_days: float = 3.0
    near_km: float = 1.0
    near_minutes: int = 30
    clock_skew_s: int = 5

    @classmethod
    def of(cls, section: Mapping[str, object]) -> Options:
        """From a section of the settings; names that are not ours are left to others."""
        return cls(**{name: section[name] for name in cls.__dataclass_fields__ if name in section})  # type: ignore[arg-type]


def _counts() -> list[Column]:
    is_text = F.col("type").isin(*TEXTS)
    return [
        F.count("*").alias("n"),
        F.count_if(F.col("type") == "VOICE").alias("n_calls"),
        F.count_if(is_text).alias("n_texts"),
        F.count_if("is_out").alias("n_out"),
        F.count_if(~F.col("is_out")).alias("n_in"),
        F.sum(F.when(F.col("type") == "VOICE", F.col("duration_s")).otherwise(0.0)).alias("talk_s"),
        F.min("started_at").alias("first_at"),
        F.max("started_at").alias("last_at"),
        F.countDistinct(F.to_date("local_at")).alias("n_days"),
    ]


def summary(legs: DataFrame, options: Options) -> DataFrame:
    """One row a subject: how much, with how many, when first and last, and how much of it by night.

    `operators` of more than one say that a number was ported, or roamed.
    """
    hour = F.hour("local_at")
    is_night = (hour >= options.night_from) | (hour < options.night_to)
    return legs.groupBy("subject").agg(
        *_counts(),
        F.count_if(F.col("type") == "DATA").alias("n_data"),
        F.count_if(F.col("other").isNull() & (F.col("type") != "DATA")).alias("n_withheld"),
        F.countDistinct("other").alias("n_contacts"),
        (F.count_if(is_night) / F.count("*")).alias("night_ratio"),
        F.array_sort(F.collect_set("number")).alias("numbers"),
        F.array_sort(F.collect_set("imei")).alias("imeis"),
        F.array_sort(F.collect_set("imsi")).alias("imsis"),
        F.array_sort(F.collect_set("operator")).alias("operators"),
    )


def contacts(legs: DataFrame, wanted: DataFrame) -> DataFrame:
    """One row a subject and other party: counts, first and last, `rank` among the subject's contacts, and whether the
    other party is listed itself (`is_listed`): who contacts whom."""
    by_contact = legs.where(F.col("other").isNotNull()).groupBy("subject", "other", "other_kind").agg(*_counts())
    listed = wanted.where(F.col("kind") == "NUMBER").select(F.col("value").alias("other"), F.lit(True).alias("_listed"))
    by_contact = by_contact.join(F.broadcast(listed), on="other", how="left")
    order = Window.partitionBy("subject").orderBy(F.col("n").desc(), F.col("talk_s").desc(), "other")
    return by_contact.select(
        "subject",
        *[c for c in by_contact.columns if c not in ("subject", "_listed")],
        F.coalesce("_listed", F.lit(False)).alias("is_listed"),
        F.row_number().over(order).alias("rank"),
    )


def common(contacts: DataFrame) -> DataFrame:
    """Parties in contact with two subjects or more, who are not listed themselves and are no service."""
    shared = contacts.where(~F.col("is_listed") & (F.col("other_kind") != "SERVICE"))
    by_other = shared.groupBy("other", "other_kind").agg(
        F.count("*").alias("n_subjects"),
        F.array_sort(F.collect_set("subject")).alias("subjects"),
        F.sum("n").alias("n"),
        F.min("first_at").alias("first_at"),
        F.max("last_at").alias("last_at"),
    )
    return by_other.where(F.col("n_subjects") > 1)


def hours(legs: DataFrame) -> DataFrame:
    """Events of each subject by weekday (1 Monday) and hour of the wall clock."""
    at = F.col("local_at")
    weekday = (F.weekday(at) + 1).alias("weekday")
    return legs.groupBy("subject", weekday, F.hour(at).alias("hour")).agg(F.count("*").alias("n"))


def new_contacts(contacts: DataFrame, options: Options) -> DataFrame:
    """Parties whom a subject first met in its last `new_days` days, where its data goes back further than that."""
    of_subject = Window.partitionBy("subject")
    end, start = F.max("last_at").over(of_subject), F.min("first_at").over(of_subject)
    since = F.make_dt_interval(F.lit(options.new_days))
    is_new = (F.col("first_at") > end - since) & (start <= end - since)
    return contacts.withColumn("_new", is_new).where("_new").drop("_new")


def shared_equipment(legs: DataFrame) -> DataFrame:
    """Handsets seen with two SIMs or numbers or more, and SIMs seen in two handsets or more.

    `kind` IMEI: `with_numbers` and `with_other` (SIMs) of one handset; IMSI: numbers and handsets of one SIM.
    """

    def of(kind: str, own: str, other: str) -> DataFrame:
        found = (
            legs.where(F.col(own).isNotNull())
            .groupBy(F.col(own).alias("value"))
            .agg(
                F.array_sort(F.collect_set("number")).alias("with_numbers"),
                F.array_sort(F.collect_set(other)).alias("with_other"),
                F.array_sort(F.collect_set("subject")).alias("subjects"),
                F.min("started_at").alias("first_at"),
                F.max("started_at").alias("last_at"),
            )
        )
        return found.where((F.size("with_numbers") > 1) | (F.size("with_other") > 1)).withColumn("kind", F.lit(kind))

    columns = ("kind", "value", "with_numbers", "with_other", "subjects", "first_at", "last_at")
    return of("IMEI", "imei", "imsi").unionByName(of("IMSI", "imsi", "imei")).select(*columns)


def gaps(legs: DataFrame, options: Options) -> DataFrame:
    """Silences of `gap_days` days or longer between two of a subject's events: `from_at`, `to_at`, `days`.

    Silence in what was handed over: a window's end, a phone at rest, and a phone not used look alike.
    """
    following = Window.partitionBy("subject").orderBy("started_at", "call_id", "is_out")
    found = legs.select(
        "subject", F.col("started_at").alias("from_at"), F.lead("started_at").over(following).alias("to_at")
    )
    days = (F.unix_micros("to_at") - F.unix_micros("from_at")) / 86_400e6
    return found.withColumn("days", days).where(F.col("days") >= options.gap_days)


def holders(legs: DataFrame, subscribers: DataFrame) -> DataFrame:
    """Who is on record for the subjects' numbers, and how many of the events fall into each holder's time.

    A number that was given out again has several rows: what was done in one holder's time is not the other's.

    Args:
        subscribers: usable subscriber records (shape of silver.comms_subscribers).
    """
    days = legs.where(F.col("number").isNotNull()).groupBy("subject", "number", F.to_date("local_at").alias("_day"))
    counted = days.agg(F.count("*").alias("_n"))
    own = ("number", "operator", "name", "address", "postcode", "from_on", "to_on", "auth_urn")
    mine = counted.select("subject", "number").distinct().join(subscribers.select(*own), on="number", how="inner")
    is_within = (F.col("_day") >= F.col("from_on")) & (F.col("_day") <= F.coalesce("to_on", F.col("_day")))
    joined = mine.join(counted, on=["subject", "number"], how="inner")
    return joined.groupBy("subject", *own).agg(F.sum(F.when(is_within, F.col("_n")).otherwise(0)).alias("n_events"))
