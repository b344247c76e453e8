"""Not recognised elsewhere: what investigations brought to light, without what the master list held on that day.

An entry stood on the list on a day from `listed_on` to the day before `removed_on`. It is the same where it has the
same reference, or the same name, written alike but for case and marks, and no other date of birth. A name of another
day, or one nearly the same, recognises nobody: it is shown as the nearest.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from schemas.programme import figures

# Latin letters with marks, and what they become; NFKD is not a function of Spark SQL.
_MARKED = "ÀÁÂÃÄÅĀĂĄÇĆČĎÈÉÊËĒĖĘĚĞÌÍÎÏĪĮİŁĹĽÑŃŇÒÓÔÕÖØŌŐŔŘŚŠŞȘŤȚŢÙÚÛÜŪŮŰŲÝŸŹŻŽĐÐ"
_PLAIN = "AAAAAAAAACCCDEEEEEEEEGIIIIIIILLLNNNOOOOOOOORRSSSSTTTUUUUUUUUYYZZZDD"
NEAR = 0.6  # share of letters that agree, from which a name is worth showing
KEY_LETTERS = 3  # names are compared that share the beginning of a word
MAX_PER_KEY = 200  # entries of one beginning that are compared: a list of one name would be compared in full otherwise


def recognised(subjects: DataFrame, entries: DataFrame, night: date) -> DataFrame:
    """Rows of gold.SUBJECT_RECOGNITION, one per subject.

    Args:
        subjects: silver.CASE_SUBJECTS as of the night.
        entries: silver.MASTER_LIST as of the night.
    """
    asked, listed = _named(subjects, "s"), _named(entries, "e")
    is_listed = (F.col("e_listed_on") <= F.col("s_identified_on")) & (
        F.col("e_removed_on").isNull() | (F.col("e_removed_on") > F.col("s_identified_on"))
    )
    by_ref = asked.join(listed, (F.col("s_kind") == F.col("e_kind")) & (F.col("s_ref") == F.col("e_ref")))
    by_name = asked.join(listed, (F.col("s_kind") == F.col("e_kind")) & (F.col("s_fold") == F.col("e_fold")))
    births_differ = F.coalesce(F.col("s_born_on") != F.col("e_born_on"), F.lit(False))
    same = by_ref.unionByName(by_name.where(~births_differ)).where(is_listed)
    known = same.groupBy("s_id").agg(F.min("e_id").alias("entry_id"))
    unknown = asked.join(known, ["s_id"], how="left_anti")
    found = subjects.join(known.withColumnRenamed("s_id", "subject_id"), ["subject_id"], how="left")
    found = found.join(_nearest(unknown, listed, is_listed), ["subject_id"], how="left")
    return figures.SUBJECT_RECOGNITION.conform(
        found.withColumn("is_recognised", F.col("entry_id").isNotNull()).withColumn("night", F.lit(night))
    )


def _named(rows: DataFrame, prefix: str) -> DataFrame:
    """Columns of subjects or entries under a prefix, with the folded name and the reference in capitals."""
    own = "subject_id" if prefix == "s" else "entry_id"
    days = ("identified_on",) if prefix == "s" else ("listed_on", "removed_on")
    return rows.select(
        F.col(own).alias(f"{prefix}_id"),
        F.col("kind").alias(f"{prefix}_kind"),
        F.col("born_on").alias(f"{prefix}_born_on"),
        _folded(F.col("name")).alias(f"{prefix}_fold"),
        F.upper("national_ref").alias(f"{prefix}_ref"),
        *(F.col(day).alias(f"{prefix}_{day}") for day in days),
    )


def _folded(name: Column) -> Column:
    """A name without case, punctuation, marks and doubled blanks; NULL of nothing."""
    plain = F.regexp_replace(F.translate(F.upper(name), _MARKED, _PLAIN), r"[^\p{L}\p{N}]+", " ")
    return F.nullif(F.trim(plain), F.lit(""))


def _nearest(unknown: DataFrame, listed: DataFrame, is_listed: Column) -> DataFrame:
    """The nearest entry of each subject that is not recognised: subject_id, nearest_entry_id, likeness, why.

    Compared are names of one kind that share the first letters of a word; of a beginning that more than MAX_PER_KEY
    entries share, the first of them by name and id.
    """
    keyed = _keyed(listed, "e_fold")
    place = F.row_number().over(Window.partitionBy("e_kind", "key").orderBy("e_fold", "e_id"))
    keyed = keyed.withColumn("_n", place).where(F.col("_n") <= MAX_PER_KEY).drop("_n")
    pairs = _keyed(unknown, "s_fold").join(
        keyed.withColumnRenamed("key", "e_key"), (F.col("s_kind") == F.col("e_kind")) & (F.col("key") == F.col("e_key"))
    )
    likeness = 1 - F.levenshtein("s_fold", "e_fold") / F.greatest(F.length("s_fold"), F.length("e_fold"))
    pairs = pairs.withColumn("likeness", likeness).where(F.col("likeness") >= NEAR)
    why = (
        F.when(F.col("s_fold") != F.col("e_fold"), "OTHER_NAME")
        .when(F.coalesce(F.col("s_born_on") != F.col("e_born_on"), F.lit(False)), "OTHER_BIRTH")
        .when(F.col("e_listed_on") > F.col("s_identified_on"), "LISTED_LATER")
        .otherwise("REMOVED_BEFORE")
    )
    order = Window.partitionBy("s_id").orderBy(F.desc("likeness"), is_listed.desc(), "e_id")
    best = pairs.withColumn("_n", F.row_number().over(order)).where("_n = 1")
    return best.select(
        F.col("s_id").alias("subject_id"),
        F.col("e_id").alias("nearest_entry_id"),
        F.col("likeness").alias("nearest_likeness"),
        why.alias("nearest_why"),
    )


def _keyed(rows: DataFrame, fold: str) -> DataFrame:
    beginnings = F.transform(F.split(F.col(fold), " "), lambda word: F.substring(word, 1, KEY_LETTERS))
    return rows.withColumn("key", F.explode(F.array_distinct(beginnings)))
