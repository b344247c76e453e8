"""The queue of reports that probably miss the CSAE tag: who is in scope, what trains, what is shown and why.

Everything takes tables as of a night (`asof.current`), so an old night sees only what was known then.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipelines.queues import items, settled
from schemas import codes, gold

QUEUE = "reclassify"
REPORT_QUEUES = (QUEUE, "overtagged")
KEY = ["report_id"]
SILENT = "no single term moved the score"
HIDDEN = "one of the rows that are shown without score or reasons"


def training_reports(reports: DataFrame, report_people: DataFrame, decisions: DataFrame) -> DataFrame:
    """Every report with its label: the recorded tag, corrected by the newest decision on the same text.

    Args:
        reports: silver.reports as of the night.
        report_people: silver.report_people as of the night.
        decisions: gold.DECISIONS up to the night, with the near-duplicates that they cover.

    Returns:
        report_id, text, text_hash, label, recorded (the force's tag), adjudicated (what was decided, else NULL),
        stratum (NO_TAG, OTHER_TAG; CSAE where the tag is recorded), force, person_ids, is_suspected_false, marking.
    """
    people = report_people.groupBy(*KEY).agg(F.sort_array(F.collect_set("person_id")).alias("person_ids"))
    is_csae = F.create_map(*[F.lit(v) for pair in codes.LABELLING_OUTCOMES.items() for v in pair])
    labelling = decisions.where(F.col("outcome").isin(*codes.LABELLING_OUTCOMES))
    decided = settled.newest(labelling, of=["subject_id"])
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


def answers(decisions: DataFrame) -> DataFrame:
    """Decisions that say whether a report is CSAE, of whichever queue asks about reports: what a classifier learns."""
    is_on_report = F.col("queue").isin(*REPORT_QUEUES)
    return decisions.where(is_on_report & F.col("outcome").isin(*codes.LABELLING_OUTCOMES))


def in_scope(reports: DataFrame, report_people: DataFrame, investigations: DataFrame) -> DataFrame:
    """Reports without a CSAE tag that name a victim or suspect of an open investigation.

    Returns:
        The columns of silver.reports, `stratum` and `person_ids` (the nominals that bring it into scope).
    """
    untagged = reports.where(~F.col("is_csae")).join(_people_in_scope(report_people, investigations), KEY, how="inner")
    return untagged.withColumn("stratum", _stratum())


def in_scope_tagged(reports: DataFrame, report_people: DataFrame, investigations: DataFrame) -> DataFrame:
    """Reports with a CSAE tag that name a victim or suspect of an open investigation; columns as `in_scope`."""
    tagged = reports.where(F.col("is_csae")).join(_people_in_scope(report_people, investigations), KEY, how="inner")
    return tagged.withColumn("stratum", F.lit("CSAE"))


def _people_in_scope(report_people: DataFrame, investigations: DataFrame) -> DataFrame:
    subjects = investigations.where((F.col("status") == "OPEN") & F.col("role").isin(*codes.SCOPE_ROLES))
    subjects = subjects.select("person_id").distinct()
    people = report_people.join(subjects, ["person_id"], how="left_semi").groupBy(*KEY)
    return people.agg(F.sort_array(F.collect_set("person_id")).alias("person_ids"))


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


def unchanged(scope: DataFrame, before: DataFrame) -> DataFrame:
    """Scores of an earlier night of the same model that still hold: same report, same text.

    Args:
        scope: result of `in_scope`.
        before: gold.REPORT_SCORES of the earlier night.

    Returns:
        The columns of `before`, with force and stratum as they are in `scope`.
    """
    now = scope.select("report_id", "text_hash", "force", "stratum")
    return before.drop("force", "stratum").join(now, [*KEY, "text_hash"], how="inner").select(*before.columns)


def asked(scores: DataFrame, decisions: DataFrame) -> DataFrame:
    """Reports whose question is open: not settled, or the text changed since.

    Args:
        scores: gold.REPORT_SCORES of the night.
        decisions: gold.DECISIONS up to the night, with the near-duplicates that they cover.

    Returns:
        report_id, item_id, force, score, text_hash, is_text_changed.
    """
    scored = scores.select("report_id", "force", "score", "text_hash", *asked_as(QUEUE))
    return settled.still_asked(scored, decisions).drop("queue")


def candidates(
    open_ones: DataFrame, random: DataFrame, scores: DataFrame, second: DataFrame, most: Column
) -> DataFrame:
    """What the queue may show: the highest scores up to `most` a force, rows drawn by chance, second readings.

    Scores of both strata are calibrated to the same thing, so one ranking spends the force's time best.

    Args:
        open_ones: result of `asked`.
        random: result of `sampling.random_rows`.
        scores: gold.REPORT_SCORES of the night.
        second: result of `sampling.second_readings`.

    Returns:
        The columns of `asked` and kind (RANDOM, SECOND or NULL).
    """
    best = Window.partitionBy("force").orderBy(F.col("score").desc(), "report_id")
    drawn = random.select("report_id", F.lit("RANDOM").alias("kind"))
    ranked = open_ones.withColumn("_place", F.row_number().over(best)).join(drawn, KEY, how="left")
    first = ranked.where(F.col("kind").isNotNull() | (F.col("_place") <= most)).drop("_place")
    again = scores.join(second, [*KEY, "text_hash"], how="left_semi").join(open_ones, KEY, how="left_anti")
    again = again.withColumns({"is_text_changed": F.lit(False), "item_id": asked_as(QUEUE)[1]})
    return first.unionByName(again.select(*open_ones.columns, F.lit("SECOND").alias("kind")))


def confirmed(training: DataFrame, most: int) -> DataFrame:
    """Reports that are CSAE by tag or decision, up to `most` of them: what others are compared with.

    Args:
        training: result of `training_reports`.

    Returns:
        report_id, force, text.
    """
    known = training.where(F.col("label") & ~F.col("is_suspected_false"))
    order = F.xxhash64("report_id")  # a sample where there are more, the same each night
    return known.orderBy(order, "report_id").limit(most).select("report_id", "force", "text")


def asked_as(queue: str) -> tuple[Column, Column]:
    """queue and item_id of the question that a queue asks about a report."""
    name = F.lit(queue)
    return name.alias("queue"), items.item_id(name, F.col("report_id")).alias("item_id")


def queue_items(
    shown: DataFrame,
    explained: DataFrame,
    night: date,
    made_with: items.Provenance,
    *,
    queue: str = QUEUE,
) -> DataFrame:
    """Rows of gold.QUEUE_ITEMS.

    A row of some kind (`sampling`) is published without score and reasons, whichever the kind: nothing that reviewers
    can read tells why it is there.

    Args:
        shown: `sampling.placed` with the columns of the report, of its score, and item_id.
        explained: report_id, reasons of the rows that are shown with their score.
    """
    is_scored = F.col("kind").isNull()
    return items.rows(
        shown.join(explained, KEY, how="left"),
        night,
        made_with,
        queue=F.lit(queue),
        subject_kind=F.lit("report"),
        subject_id=F.col("report_id"),
        **{name: F.when(is_scored, F.col(name)) for name in ("score", "score_low", "score_high")},
        reasons=F.when(is_scored, _reasons()).otherwise(_reasons_of_hidden()),
        is_suspected_false=F.col("is_suspected_false"),
        details=_details(),
        source_rows=F.array(items.source_row("silver.reports", "report_id")),
        model_name=F.col("model_name"),
        model_version=F.col("model_version"),
    )


def said(kind: str, text: Column | str) -> Column:
    """A reason of which the report itself is the source."""
    return items.reason(kind, text, "silver.reports", F.col("report_id"))


def _reasons() -> Column:
    """Terms, then flags; where nothing moved the score, a reason that says just that."""
    terms = items.reasons(F.col("reasons"))
    silent = F.when(~F.exists(terms, lambda r: r["kind"] == "term"), F.array(said("rule", SILENT)))
    return items.reasons(terms, _flags(), silent)


def _reasons_of_hidden() -> Column:
    return items.reasons(F.array(said("rule", HIDDEN)), _flags())


def _flags() -> Column:
    return items.flags(
        {
            "an item is graded E: suspected to be false": F.col("is_suspected_false"),
            items.TEXT_CHANGED: F.col("is_text_changed"),
        },
        "silver.reports",
        F.col("report_id"),
    )


def _details() -> Column:
    return items.details(
        {
            "title": F.coalesce("title", F.lit("")),
            "tags": F.array_join("tags", ", "),
            "urn": F.col("urn"),
            "intelligence_on": F.col("intelligence_on").cast("string"),
            "is_out_of_fold": F.when(F.col("kind").isNull(), F.col("is_out_of_fold").cast("string")).otherwise(""),
        }
    )


def _stratum() -> Column:
    return F.when(F.size("tags") == 0, "NO_TAG").otherwise("OTHER_TAG")
