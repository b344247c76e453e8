"""Nominal records as the linkage of people compares them: names cleaned and keyed, dates as text, contacts exact.

A name's skeleton is what is left of its sounds when spelling is taken away: H and vowels after the first letter go,
letters that stand for one sound become one, doubles collapse. HUSSAIN, HUSSEIN and HOSSAIN are one skeleton. It serves
blocking and a weak level of comparison, so it may be coarse.
"""

from __future__ import annotations

import json

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipelines.network.entities import given_names, scripts

# Latin letters with marks, and what they become; NFKD is not a function of Spark SQL.
_MARKED = "ÀÁÂÃÄÅĀĂĄÇĆČĎÈÉÊËĒĖĘĚĞÌÍÎÏĪĮİŁĹĽÑŃŇÒÓÔÕÖØŌŐŔŘŚŠŞȘŤȚŢÙÚÛÜŪŮŰŲÝŸŹŻŽĐÐ"
_PLAIN = "AAAAAAAAACCCDEEEEEEEEGIIIIIIILLLNNNOOOOOOOORRSSSSTTTUUUUUUUUYYZZZDD"

# In order: sounds of several letters, then letters that stand for one sound, then what carries none, then doubles.
_SOUNDS = (
    ("PH", "F"), ("SCH", "S"), ("SZCZ", "S"), ("SZ", "S"), ("CZ", "S"), ("SH", "S"), ("CH", "S"), ("CK", "K"),
    ("QU", "K"), ("KH", "K"), ("GH", "G"), ("TH", "T"), ("DZH", "J"), ("ZH", "J"), ("X", "KS"),
    ("[QC]", "K"), ("W", "V"), ("Z", "S"), ("[JY]", "I"),
    ("(?<!^)[AEIOUH]", ""), ("^[AEIOU]", "A"), (r"(.)\1+", "$1"),
)  # fmt: skip

# Words in the name of a place or an office: such a record is kept, and never linked to another.
_ORGANISATIONS = (
    r"\b(CHILDRENS? HOME|CARE HOME|RESIDENTIAL|HOSTEL|SCHOOL|ACADEMY|COLLEGE|HOSPITAL|SURGERY|COUNCIL|SOCIAL SERVICES"
    r"|SOCIAL WORK|CUSTODY|POLICE|LTD|LIMITED|PLC|TAXIS|HOTEL|UNKNOWN|NOT KNOWN|NOT RECORDED|N/?K)\b"
)

COMPARED = (
    "forename", "forename_group", "forename_key", "second_forenames", "surname", "surname_key", "born_on", "sex",
    "phone", "address", "postcode", "vehicle",
)  # fmt: skip


def records(people: DataFrame) -> DataFrame:
    """What is compared of each nominal.

    Args:
        people: silver.people as of a night.

    Returns:
        record_id, force, night (of the version), the columns COMPARED as text (`born_on` as YYYY-MM-DD, NULL before
        1900 and after the version's night), is_organisation, record_hash (SHA-256 of what is compared).
    """
    groups = F.from_json(F.lit(json.dumps(given_names.groups())), "map<string,string>")
    is_possible = F.col("born_on").between(F.lit("1900-01-01").cast("date"), F.col("night"))
    cleaned = people.select(
        F.col("person_id").alias("record_id"),
        "force",
        "night",
        F.nullif(F.split_part(_letters("forename"), F.lit(" "), F.lit(1)), F.lit("")).alias("forename"),
        F.nullif(F.regexp_extract(_letters("forename"), "^[A-Z]+ (.+)$", 1), F.lit("")).alias("second_forenames"),
        F.nullif(_letters("surname"), F.lit("")).alias("surname"),
        F.when(is_possible, F.col("born_on").cast("string")).alias("born_on"),
        F.when(F.col("sex") != "U", F.col("sex")).alias("sex"),
        "phone",
        address_text("address").alias("address"),
        "postcode",
        "vehicle",
        is_organisation("forename", "surname").alias("is_organisation"),
    )  # fmt: skip
    keyed = cleaned.select(
        "*",
        F.coalesce(F.try_element_at(groups, F.col("forename")), F.col("forename")).alias("forename_group"),
        skeleton("forename").alias("forename_key"),
        skeleton("surname").alias("surname_key"),
    )
    compared = F.to_json(F.struct(*COMPARED), {"ignoreNullFields": "false"})
    order = ["record_id", "force", "night", *COMPARED, "is_organisation"]
    return keyed.select(*order, F.sha2(compared, 256).alias("record_hash"))


def is_organisation(*names: str) -> Column:
    """Whether the columns together name a place or an office (a children's home, a custody desk) and nobody."""
    return F.coalesce(F.concat_ws(" ", *[_letters(name) for name in names]).rlike(_ORGANISATIONS), F.lit(False))


def address_text(name: str) -> Column:
    """An address in upper case without punctuation, FLAT 2 12 HIGH STREET; NULL where nothing is left."""
    plain = F.translate(F.upper(name), _MARKED, _PLAIN)
    return F.nullif(F.btrim(F.regexp_replace(plain, "[^A-Z0-9]+", " ")), F.lit(""))


def skeleton(name: str) -> Column:
    """What is left of a cleaned name's sounds; NULL where it is NULL."""
    key = F.regexp_replace(name, "[^A-Z]", "")
    for pattern, sound in _SOUNDS:
        key = F.regexp_replace(key, pattern, sound)
    return F.nullif(key, F.lit(""))


def _letters(name: str) -> Column:
    """A name in upper case with plain letters; hyphens and the like become spaces, apostrophes go."""
    upper = F.upper(name)
    by_letter = F.from_json(F.lit(json.dumps(scripts.letters())), "map<string,string>")
    spelt = F.transform(F.split(upper, ""), lambda letter: F.coalesce(F.try_element_at(by_letter, letter), letter))
    latin = F.when(upper.rlike(scripts.OTHER_SCRIPTS), F.array_join(spelt, "")).otherwise(upper)
    plain = F.regexp_replace(F.translate(latin, _MARKED, _PLAIN), "['’`.]", "")
    return F.btrim(F.regexp_replace(plain, "[^A-Z]+", " "))
