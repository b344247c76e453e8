"""Subjects on flights: how likely is it that a passenger row and a subject are one person?

A likelihood ratio in bits, after Fellegi and Sunter (1969), per piece of evidence, against how common the name is on
the lists themselves (Winkler 1988): a rare surname says more than a common one, and a spelling says less the more names
share it. Prior odds come from how many subjects one expects on the lists. Of several subjects with different dates of
birth who could be one passenger, at most one is: their odds compete. The arithmetic is in docs/travel.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipelines.common import concurrency
from pipelines.travel import names as travel_names
from schemas import codes

YEAR = 365.25  # days


@dataclass(frozen=True)
class Odds:
    """What one expects of evidence. Numbers and their reasons are in the settings, section `travel`."""

    names: Mapping[str, float]  # level of `travel_names` or DIFFERENT -> P(level | the same person), of one word
    births: Mapping[str, float]  # agreement -> P(agreement | the same person)
    birth_span_years: float  # dates of birth of passengers spread over so many years
    document_same: float  # P(the known document is shown again | the same person)
    expected_share: float  # of the subjects are on the lists
    expected_factor: float  # the share may be so many times smaller or larger: the interval
    document_from: float  # score from which a passenger row teaches a subject's document

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Odds:
        return cls(**{name: settings[name] for name in cls.__dataclass_fields__})


def subjects(
    people: DataFrame, investigations: DataFrame, episodes: DataFrame, resolved: DataFrame | None = None
) -> DataFrame:
    """Who is looked for: people in open investigations, and people who are missing now.

    Args:
        people: silver.people as of the night.
        investigations: silver.investigations as of the night.
        episodes: silver.missing_episodes as of the night.
        resolved: `person_id`, `subject_id` of resolved entities; records that it does not name stand for themselves.

    Returns:
        subject_id, person_id, force, role (MISSING, VICTIM or SUSPECT; the first that applies), forename, surname,
        born_on, phone, forenames and surnames (words; of a forename the first only), and the row's lineage; one row a
        record, records without a name left out. Used several times, so persist it.
    """
    looked_for = (F.col("status") == "OPEN") & F.col("role").isin(*codes.SCOPE_ROLES)
    named = investigations.where(looked_for).select("person_id", F.col("role").alias("_why"))
    missing = episodes.where(F.col("found_at").isNull()).select("person_id", F.lit("MISSING").alias("_why"))
    roles = named.unionByName(missing).groupBy("person_id").agg(F.collect_set("_why").alias("_whys"))
    role = F.when(F.array_contains("_whys", "MISSING"), "MISSING")
    role = role.when(F.array_contains("_whys", "VICTIM"), "VICTIM").otherwise("SUSPECT")
    wanted = people.where(F.coalesce("surname", "forename").isNotNull()).join(roles, ["person_id"], how="inner")
    if resolved is None:
        wanted = wanted.withColumn("subject_id", F.col("person_id"))
    else:
        wanted = wanted.join(resolved, ["person_id"], how="left")
        wanted = wanted.withColumn("subject_id", F.coalesce("subject_id", "person_id"))
    lineage = ("_file", "_file_hash", "_row_number")
    kept = ("subject_id", "person_id", "force", "forename", "surname", "born_on", "phone")
    words = {
        "forenames": F.slice(travel_names.words_of(F.col("forename")), 1, 1),
        "surnames": travel_names.words_of(F.col("surname")),
    }
    return wanted.select(*kept, role.alias("role"), *[words[name].alias(name) for name in words], *lineage)


def listed(passengers: DataFrame) -> DataFrame:
    """Passenger rows with the words of their names, forenames first where the list divides the name.

    Args:
        passengers: silver.flight_passengers as of the night, those that matter tonight.
    """
    divided = F.nullif(F.concat_ws(" ", "forename", "surname"), F.lit(""))
    n_forenames = F.size(F.split(F.coalesce("forename", F.lit("")), " "))
    words = travel_names.words_of(F.coalesce(divided, F.col("name")))
    return passengers.withColumns({"words": F.slice(words, 1, 6), "n_forenames": n_forenames})


def neighbours(wanted: DataFrame, crowd: DataFrame, n_rows: int, odds: Odds) -> DataFrame:
    """Words on the lists that agree with a word of a subject's name, with what the agreement is worth in bits.

    Args:
        wanted: result of `subjects`.
        crowd: result of `listed`.
        n_rows: number of passenger rows.

    Returns:
        wanted, word, level, bits, least (bits with the word as common as the sample leaves open). Persist it.
    """
    words = crowd.select("passenger_id", F.explode(F.array_distinct("words")).alias("word"))
    population = words.groupBy("word").agg(F.count("*").alias("n"))
    mine = wanted.select(F.explode(F.concat("forenames", "surnames")).alias("word")).distinct()
    return _weighed(travel_names.neighbours(mine, population), F.lit(n_rows), odds)


def evidence(wanted: DataFrame, crowd: DataFrame, near: DataFrame, odds: Odds) -> DataFrame:
    """Pairs of a subject's record and a passenger row that may be one person, with their evidence in bits.

    Args:
        wanted: result of `subjects`.
        crowd: result of `listed`.
        near: result of `neighbours`.

    Returns:
        person_id, passenger_id, name_bits, name_bits_least (names as common as the sample leaves open), how (struct of
        the words compared), birth_agreement, birth_bits.
    """
    best = _by_both_words(wanted, crowd, near).unionByName(_by_birth_and_word(wanted, crowd, near, odds))
    strongest = F.max(F.struct("name_bits", "name_bits_least", "how")).alias("_best")
    compared = best.groupBy("person_id", "passenger_id").agg(strongest).select("person_id", "passenger_id", "_best.*")
    births = wanted.select("person_id", F.col("born_on").alias("_born"))
    compared = compared.join(F.broadcast(births), ["person_id"], how="inner")
    compared = compared.join(crowd.select("passenger_id", "born_on"), ["passenger_id"], how="inner")
    compared = compared.withColumn("birth_agreement", birth_agreement(F.col("_born"), F.col("born_on")))
    return compared.withColumn("birth_bits", _birth_bits(odds)).drop("_born", "born_on")


def _weighed(near: DataFrame, n_rows: Column, odds: Odds) -> DataFrame:
    """Neighbouring words with their bits: log2 of P(level | same) over the share of rows that agree at that level.

    The share is counted with half a row more (Jeffreys), and with two standard errors more for the cautious end.
    """
    of_level = Window.partitionBy("wanted", "level")
    n = F.sum("n").over(of_level)
    share = (n + 0.5) / (n_rows + 1)
    most = F.least(F.lit(1.0), (n + 0.5 + 2 * F.sqrt(n + 0.5)) / (n_rows + 1))
    same = F.create_map(*[F.lit(v) for pair in odds.names.items() for v in pair])
    same_share = F.try_element_at(same, F.col("level"))
    bits, least = F.log2(same_share / share), F.log2(same_share / most)
    return near.select("wanted", "word", "level", bits.alias("bits"), least.alias("least"))


def _by_both_words(records: DataFrame, crowd: DataFrame, near: DataFrame) -> DataFrame:
    """Pairs whose forename and surname both have a neighbour among the words of the row, in either order."""
    ways = records.select("person_id", F.get("forenames", F.lit(0)).alias("f"), F.explode("surnames").alias("s"))
    first, last = _as(near, "f"), _as(near, "s")
    ways = ways.join(first, ["f"], how="inner").join(last, ["s"], how="inner")
    pairs = crowd.select("passenger_id", "n_forenames", "words", F.posexplode("words").alias("f_at", "f_word"))
    pairs = pairs.select("*", F.posexplode("words").alias("s_at", "s_word")).where("f_at != s_at")
    met = pairs.join(ways, ["f_word", "s_word"], how="inner")
    swapped = (F.col("f_at") >= F.col("n_forenames")) & (F.col("s_at") < F.col("n_forenames"))
    return met.select(
        "person_id",
        "passenger_id",
        (F.col("f_bits") + F.col("s_bits")).alias("name_bits"),
        (F.col("f_least") + F.col("s_least")).alias("name_bits_least"),
        _how("f", "f_word", "f_level", "s", "s_word", "s_level", swapped),
    )


def _by_birth_and_word(records: DataFrame, crowd: DataFrame, near: DataFrame, odds: Odds) -> DataFrame:
    """Pairs with the same date of birth and one word of the name; the other counts as different."""
    different = F.lit(math.log2(odds.names["DIFFERENT"]))
    mine = records.where("born_on IS NOT NULL").select(
        "person_id", "born_on", F.explode(F.concat("forenames", "surnames")).alias("f")
    )
    mine = mine.join(_as(near, "f"), ["f"], how="inner")
    rows = crowd.where("born_on IS NOT NULL").select("passenger_id", "born_on", F.explode("words").alias("f_word"))
    met = mine.join(rows, ["born_on", "f_word"], how="inner")
    none = F.lit(None).cast("string")
    return met.select(
        "person_id",
        "passenger_id",
        (F.col("f_bits") + different).alias("name_bits"),
        (F.col("f_least") + different).alias("name_bits_least"),
        _how("f", "f_word", "f_level", none, none, F.lit("DIFFERENT"), F.lit(False)),
    )


def _as(near: DataFrame, prefix: str) -> DataFrame:
    """Neighbours of a subject's word under names that begin with `prefix`."""
    return near.select(
        F.col("wanted").alias(prefix), *[F.col(name).alias(f"{prefix}_{name}") for name in near.columns[1:]]
    )


def _how(*parts: str | Column) -> Column:
    names = ("first", "first_listed", "first_level", "last", "last_listed", "last_level", "is_swapped")
    columns = [F.col(part) if isinstance(part, str) else part for part in parts]
    return F.struct(*[column.alias(name) for column, name in zip(columns, names, strict=True)]).alias("how")


def birth_agreement(one: Column, other: Column) -> Column:
    """Two dates of birth compared: one of `schemas.travel.BIRTH_AGREEMENTS`."""
    day, month = F.date_format(one, "dd"), F.date_format(one, "MM")
    swapped = F.concat(month, day, F.date_format(one, "yyyy")) == F.date_format(other, "ddMMyyyy")
    mine, theirs = F.date_format(one, "ddMMyyyy"), F.date_format(other, "ddMMyyyy")
    digits = [(F.substring(mine, n, 1) != F.substring(theirs, n, 1)).cast("int") for n in range(1, 9)]
    differ = reduce(Column.__add__, digits)
    return (
        F.when(one.isNull() | other.isNull(), "UNKNOWN")
        .when(one == other, "SAME")
        .when(swapped, "SWAPPED")
        .when(differ == 1, "ONE_DIGIT")
        .otherwise("DIFFERENT")
    )


def _birth_bits(odds: Odds) -> Column:
    """log2 of P(agreement | same) over P(agreement | different people), births being spread evenly over the span.

    About 30 dates differ from one in one digit: nine years, the few others in the decade's place, days and months.
    """
    dates = odds.birth_span_years * YEAR
    chance = {"SAME": 1 / dates, "SWAPPED": 1 / dates, "ONE_DIGIT": 30 / dates}
    chance["DIFFERENT"] = 1 - sum(chance.values())
    bits = {name: math.log2(odds.births[name] / p) for name, p in chance.items()} | {"UNKNOWN": 0.0}
    table = F.create_map(*[F.lit(v) for pair in bits.items() for v in pair])
    return F.try_element_at(table, F.col("birth_agreement"))


def scored(evidence_rows: DataFrame, wanted: DataFrame, crowd: DataFrame, n_rows: int, odds: Odds) -> DataFrame:
    """Evidence with the document weighed in, and the probabilities that follow from all of it.

    Returns:
        The columns of `found`, document_bits, bits, score, score_low, score_high, subject_id.
    """
    subject = wanted.select("person_id", "subject_id", F.col("born_on").alias("_class"))
    rows = crowd.select("passenger_id", "document_no")
    joined = evidence_rows.join(F.broadcast(subject), ["person_id"], how="inner").join(
        rows, ["passenger_id"], how="inner"
    )
    joined = concurrency.materialise_lazily(joined)  # scored without documents, then with what the sure ones teach
    first = _posterior(joined.withColumn("document_bits", F.lit(0.0)), n_rows, odds)
    known = first.where((F.col("score") >= odds.document_from) & F.col("document_no").isNotNull())
    known = known.groupBy("subject_id", "document_no").agg(F.collect_set("passenger_id").alias("_taught_by"))
    holders = known.select("subject_id", F.col("document_no").alias("_known"), "_taught_by")
    weighed = joined.join(holders, ["subject_id"], how="left")
    taught = F.size(F.array_except("_taught_by", F.array("passenger_id"))) > 0  # a row does not confirm itself
    same = F.lit(math.log2(odds.document_same * (n_rows + 1)))
    other = F.lit(math.log2(1 - odds.document_same))
    bits = (
        F.when(F.col("document_no").isNull() | ~F.coalesce(taught, F.lit(False)), 0.0)
        .when(F.col("_known") == F.col("document_no"), same)
        .otherwise(other)
    )
    weighed = weighed.withColumn("document_bits", bits)
    best = Window.partitionBy("person_id", "passenger_id").orderBy(F.col("document_bits").desc(), "_known")
    weighed = weighed.withColumn("_n", F.row_number().over(best)).where("_n = 1").drop("_n", "_known", "_taught_by")
    return _posterior(weighed, n_rows, odds).drop("_class", "document_no")


def _posterior(joined: DataFrame, n_rows: int, odds: Odds) -> DataFrame:
    """Probabilities from bits and prior odds; subjects of other dates of birth compete for a passenger.

    P = w / (1 + w + w of the best subject of each other date), w being prior odds times 2^bits.
    """
    weighed = joined.withColumn("bits", F.col("name_bits") + F.col("birth_bits") + F.col("document_bits"))
    least = F.col("bits") - F.col("name_bits") + F.col("name_bits_least")
    ends = {
        "score": (F.col("bits"), odds.expected_share),
        "score_low": (least, odds.expected_share / odds.expected_factor),
        "score_high": (F.col("bits"), odds.expected_share * odds.expected_factor),
    }
    most = F.lit(60.0)  # bits: beyond it a double's odds say nothing more
    weighed = weighed.withColumns(
        {f"_w_{n}": F.pow(F.lit(2.0), F.least(bits, most)) * F.lit(share / n_rows) for n, (bits, share) in ends.items()}
    )
    of_class, of_row = Window.partitionBy("passenger_id", "_class"), Window.partitionBy("passenger_id")
    tops = {f"_t_{name}": F.max(f"_w_{name}").over(of_class) for name in ends}
    weighed = weighed.withColumns({**tops, "_n": F.count("*").over(of_class)})
    weighed = weighed.withColumns(
        {f"_s_{name}": F.sum(F.col(f"_t_{name}") / F.col("_n")).over(of_row) for name in ends}
    )
    for name in ends:
        own, rivals = F.col(f"_w_{name}"), F.greatest(F.col(f"_s_{name}") - F.col(f"_t_{name}"), F.lit(0.0))
        weighed = weighed.withColumn(name, own / (1 + own + rivals))
    weighed = weighed.drop("_n", *[f"_{part}_{name}" for part in "wts" for name in ends])
    lowest, highest = F.least("score_low", "score"), F.greatest("score_high", "score")
    return weighed.withColumns({"score_low": lowest, "score_high": highest})
