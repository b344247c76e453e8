"""The queue of reports that probably miss the CSAE tag: who is in scope, what trains, what is shown and why.

Everything takes tables as of a night (`asof.current`), so an old night sees only what was known then.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from schemas import codes, gold

QUEUE = "reclassify"
KEY = ["report_id"]


def training_reports(reports: DataFrame, report_people: DataFrame, decisions: DataFrame) -> DataFrame:
    """Every report with its label: the recorded tag, corrected by the newest decision on the same text.

    Args:
        reports: silver.reports as of the night.
        report_people: silver.report_people as of the night.
        decisions: gold.DECISIONS up to the night.

    Returns:
        report_id, text, text_hash, label, recorded (the force's tag), adjudicated (what was decided, else NULL),
        stratum (NO_TAG, OTHER_TAG; CSAE where the tag is recorded), force, person_ids, is_suspected_false, marking.
    """
    people = report_people.groupBy(*KEY).agg(F.sort_array(F.collect_set("person_id")).alias("person_ids"))
    is_csae = F.create_map(*[F.lit(v) for pair in codes.LABELLING_OUTCOMES.items() for v in pair])
    decided = _newest_decision(decisions.where(F.col("outcome").isin(*codes.LABELLING_OUTCOMES)))
    decided = decided.select(
        F.col("subject_id").alias("report_id"),
        "text_hash",
        F.try_element_at(is_csae, F.col("outcome")).alias("_decided"),
    )
    joined = reports.join(people, KEY, how="left").join(decided, [*KEY, "text_hash"], how="left")
    return joined.select(
        "report_id",
        "text",
        "text_hash",
        F.coalesce("_decided", "is_csae").alias("label"),
        F.col("is_csae").alias("recorded"),
        F.col("_decided").alias("adjudicated"),
        F.when(F.col("is_csae"), "CSAE").otherwise(_stratum()).alias("stratum"),
        "force",
        F.coalesce("person_ids", F.array().cast("array<string>")).alias("person_ids"),
        "is_suspected_false",
        "marking",
    )


def in_scope(reports: DataFrame, report_people: DataFrame, investigations: DataFrame) -> DataFrame:
    """Reports without a CSAE tag that name a victim or suspect of an open investigation.

    Returns:
        The columns of silver.reports, `stratum` and `person_ids` (the nominals that bring it into scope).
    """
    subjects = investigations.where((F.col("status") == "OPEN") & F.col("role").isin(*codes.SCOPE_ROLES))
    subjects = subjects.select("person_id").distinct()
    people = report_people.join(subjects, ["person_id"], how="left_semi").groupBy(*KEY)
    scope = people.agg(F.sort_array(F.collect_set("person_id")).alias("person_ids"))
    return reports.where(~F.col("is_csae")).join(scope, KEY, how="inner").withColumn("stratum", _stratum())


def report_scores(
    scored: DataFrame, scope: DataFrame, out_of_fold: DataFrame, night: date, model: tuple[str, str]
) -> DataFrame:
    """Rows of gold.REPORT_SCORES: a report that trained the model gets its out-of-fold score.

    Args:
        scored: report_id, text_hash, score, score_low, score_high of every report in scope.
        scope: result of `in_scope`.
        out_of_fold: gold.OOF_SCORES of the model.
        model: registered name and version.
    """
    kept = out_of_fold.select("report_id", "text_hash", F.col("score").alias("_out_of_fold"))
    joined = scored.join(scope.select("report_id", "force", "stratum"), KEY, how="inner")
    joined = joined.join(kept, [*KEY, "text_hash"], how="left")
    score = F.coalesce("_out_of_fold", "score")
    return gold.REPORT_SCORES.conform(
        joined.select(
            F.lit(night).alias("night"),
            "report_id",
            "force",
            "stratum",
            score.alias("score"),
            F.least("score_low", score).alias("score_low"),
            F.greatest("score_high", score).alias("score_high"),
            F.col("_out_of_fold").isNotNull().alias("is_out_of_fold"),
            F.array().cast(gold.REASON_LIST).alias("reasons"),
            "text_hash",
            F.lit(model[0]).alias("model_name"),
            F.lit(model[1]).alias("model_version"),
        )
    )


def chosen(scores: DataFrame, scope: DataFrame, decisions: DataFrame, capacity: Mapping[str, int]) -> DataFrame:
    """The reports that are shown: per force the highest scores up to its capacity, both strata in one ranking.

    Scores of both strata are calibrated to the same thing, so one ranking spends the force's time best. A report whose
    question was settled is left out, unless its text changed since.

    Args:
        capacity: rows per force code, `*` for forces that are not named.

    Returns:
        The columns of `scope` and of `scores`, `rank`, `is_text_changed`.
    """
    settled = _newest_decision(
        decisions.where((F.col("queue") == QUEUE) & F.col("outcome").isin(*codes.FINAL_OUTCOMES))
    )
    settled = settled.select(F.col("subject_id").alias("report_id"), F.col("text_hash").alias("_decided_on"))
    own = ["night", "force", "stratum", "text_hash"]
    joined = scores.drop("night", "reasons").join(scope.drop(*own), KEY, how="inner").join(settled, KEY, how="left")
    is_changed = F.col("_decided_on").isNotNull() & ~F.col("_decided_on").eqNullSafe(F.col("text_hash"))
    asked = joined.withColumn("is_text_changed", is_changed).where(F.col("_decided_on").isNull() | is_changed)
    order = Window.partitionBy("force").orderBy(F.col("score").desc(), "report_id")
    named = [F.lit(v) for force, n in sorted(capacity.items()) if force != "*" for v in (force, n)]
    most = F.lit(capacity["*"])
    if named:
        most = F.coalesce(F.try_element_at(F.create_map(*named), F.col("force")), most)
    return asked.withColumn("rank", F.row_number().over(order)).where(F.col("rank") <= most).drop("_decided_on")


def queue_items(
    shown: DataFrame,
    explained: DataFrame,
    night: date,
    *,
    versions: Mapping[str, int],
    code_commit: str,
    config_hash: str,
) -> DataFrame:
    """Rows of gold.QUEUE_ITEMS from what `chosen` chose and the terms that explain it (report_id, reasons)."""
    item_id = F.substring(F.sha2(F.concat(F.lit(f"{QUEUE}|"), F.col("report_id")), 256), 1, 16)
    joined = shown.join(explained, KEY, how="left")
    return gold.QUEUE_ITEMS.conform(
        joined.select(
            F.lit(night).alias("night"),
            F.lit(QUEUE).alias("queue"),
            item_id.alias("item_id"),
            "force",
            "rank",
            F.lit("report").alias("subject_kind"),
            F.col("report_id").alias("subject_id"),
            "person_ids",
            "stratum",
            "score",
            "score_low",
            "score_high",
            _reasons().alias("reasons"),
            "marking",
            "is_text_changed",
            "is_suspected_false",
            "text_hash",
            _details().alias("details"),
            F.array(_source_row()).alias("source_rows"),
            _versions(versions).alias("table_versions"),
            "model_name",
            "model_version",
            F.lit(code_commit).alias("code_commit"),
            F.lit(config_hash).alias("config_hash"),
        )
    )  # fmt: skip


def _reasons() -> Column:
    """Terms, then flags; where nothing moved the score, a reason that says just that."""
    terms = F.coalesce("reasons", F.array().cast(gold.REASON_LIST))
    suspected = F.when(
        F.col("is_suspected_false"), F.array(_said("flag", "an item is graded E: suspected to be false"))
    )
    changed = F.when(F.col("is_text_changed"), F.array(_said("flag", "decided before; the text changed since")))
    silent = F.when(F.size(terms) == 0, F.array(_said("rule", "no single term moved the score")))
    none = F.array().cast(gold.REASON_LIST)
    return F.concat(terms, *(F.coalesce(part, none) for part in (suspected, changed, silent)))


def _said(kind: str, text: str) -> Column:
    return F.struct(
        F.lit(kind).alias("kind"),
        F.lit(text).alias("text"),
        F.lit("silver.reports").alias("source_table"),
        F.col("report_id").alias("source_id"),
        F.lit(None).cast("int").alias("start"),
        F.lit(None).cast("int").alias("end"),
        F.lit(0.0).alias("weight"),
    )


def _details() -> Column:
    shown = {
        "title": F.coalesce("title", F.lit("")),
        "tags": F.array_join("tags", ", "),
        "urn": F.col("urn"),
        "intelligence_on": F.col("intelligence_on").cast("string"),
        "is_out_of_fold": F.col("is_out_of_fold").cast("string"),
    }
    return F.create_map(*[part for name, value in shown.items() for part in (F.lit(name), value)])


def _source_row() -> Column:
    return F.struct(
        F.lit("silver.reports").alias("table"),
        F.col("report_id").alias("id"),
        F.col("_file").alias("file"),
        F.col("_file_hash").alias("file_hash"),
        F.col("_row_number").alias("row_number"),
    )


def _versions(versions: Mapping[str, int]) -> Column:
    pairs = [(F.lit(table), F.lit(version).cast("long")) for table, version in sorted(versions.items())]
    return F.create_map(*[part for pair in pairs for part in pair])


def _stratum() -> Column:
    return F.when(F.size("tags") == 0, "NO_TAG").otherwise("OTHER_TAG")


def _newest_decision(decisions: DataFrame) -> DataFrame:
    newest = Window.partitionBy("subject_id").orderBy(F.col("sequence").desc())
    return decisions.withColumn("_n", F.row_number().over(newest)).where("_n = 1").drop("_n")
