"""The queues `children`, `people` and `locations`: rows of gold.queue_items from gold.network_risk.

Each row says on which paths it stands, what changed since the night before and why, what police risk level, episodes
and degree say beside it, and what would change the score.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipelines.queues import items, settled
from schemas import gold, risk

SUBJECT_KINDS = {"children": "person", "people": "person", "locations": "location"}


def chosen(
    risks: DataFrame,
    decisions: DataFrame,
    capacity: Mapping[str, int],
    *,
    direct_share: float,
    unknown_age: float,
) -> DataFrame:
    """Which subjects are shown: per queue and force up to its capacity.

    Children who are named as suspects come first. Then children whose own contacts are known suspects, the strongest
    links first, up to their share of the capacity: paths of two and three steps say nothing of them. Then the others by
    score, and those of both that are left. Who was settled is left out until the evidence behind the paths changes.

    Args:
        risks: gold.network_risk of the night.
        decisions: gold.decisions up to the night.
        capacity: rows per force code, `*` for forces that are not named.
        direct_share: share of a force's capacity that the stratum DIRECT has to itself.
        unknown_age: what a score counts in the order where no date of birth says that it is a child's: how likely
            somebody who is reported missing is one.

    Returns:
        The columns of `risks`, item_id, text_hash (that of the evidence), is_text_changed, rank.
    """
    is_of_interest = (F.col("score") > 0) | (F.col("direct") > 0) | (F.col("stratum") == "SAFEGUARDING")
    subjects = risks.where(is_of_interest).withColumns(
        {"item_id": items.item_id(F.col("queue"), F.col("entity_id")), "text_hash": F.col("evidence_hash")}
    )
    rows_of = items.capacity_of(capacity)
    by_age = F.when(F.coalesce("is_age_known", F.lit(True)), 1.0).otherwise(unknown_age)
    asked = settled.still_asked(subjects, decisions).withColumns(
        {"_score": F.col("score") * by_age, "_direct": F.col("direct") * by_age}
    )
    strongest = Window.partitionBy("queue", "force", "stratum").orderBy(F.col("_direct").desc(), "entity_id")
    is_within = F.row_number().over(strongest) <= F.ceil(rows_of * direct_share)
    asked = asked.withColumn("_own", F.when((F.col("stratum") == "DIRECT") & is_within, F.col("_direct")))
    first = (F.col("stratum") == "SAFEGUARDING").desc()
    order: list[Column | str] = [
        first, F.col("_own").desc_nulls_last(), F.col("_score").desc(), F.col("_direct").desc(), "entity_id",
    ]  # fmt: skip
    return items.within_capacity(asked, rows_of, order).drop("_score", "_direct", "_own")


def queue_items(shown: DataFrame, reports: DataFrame, night: date, made_with: items.Provenance) -> DataFrame:
    """Rows of gold.QUEUE_ITEMS from what `chosen` chose; `reports` are silver.reports as of the night.

    Args:
        shown: result of `chosen`, with `score_without` of `network_risk.left_out`.
    """
    kind = F.create_map(*[F.lit(v) for pair in SUBJECT_KINDS.items() for v in pair])
    is_place = F.col("queue") == "locations"
    no_rows = F.array().cast(gold.QUEUE_ITEMS.columns["source_rows"].type)
    return items.rows(
        shown.join(_sources(shown, reports), ["item_id"], how="left"),
        night,
        made_with,
        subject_kind=F.element_at(kind, F.col("queue")),
        subject_id=F.col("entity_id"),
        person_ids=F.when(is_place, F.array().cast("array<string>")).otherwise(F.col("record_ids")),
        reasons=_reasons(),
        is_suspected_false=F.col("is_suspected_false"),
        details=_details(),
        source_rows=F.coalesce("source_rows", no_rows),
    )


def _sources(shown: DataFrame, reports: DataFrame) -> DataFrame:
    """item_id, source_rows: the reports behind the paths, as files and rows."""
    no_paths = F.array().cast(risk.NETWORK_RISK.columns["paths"].type)
    every = F.concat("paths", F.coalesce("direct_paths", no_paths))
    cited = F.flatten(F.transform(every, lambda p: F.concat(
        F.transform(p["seed_reports"], lambda r: r["report_id"]),
        F.transform(
            F.filter(
                F.flatten(F.transform(p["links"], lambda k: k["evidence_ids"])),
                lambda e: e.startswith("silver.reports|"),
            ),
            lambda e: F.split_part(e, F.lit("|"), F.lit(2)),
        ),
    )))  # fmt: skip
    wanted = shown.select("item_id", F.explode(F.array_distinct(cited)).alias("report_id"))
    row = items.source_row("silver.reports", "report_id")
    wanted_rows = reports.select("report_id", "_file", "_file_hash", "_row_number").join(
        wanted, ["report_id"], how="inner"
    )
    return wanted_rows.groupBy("item_id").agg(F.sort_array(F.collect_list(row)).alias("source_rows"))


def path_text(path: Column) -> Column:
    """A path as a person reads it: names, and what ties each to the next."""

    def step(label: Column, link: Column) -> Column:
        kinds = F.lower(F.replace(F.array_join(link["kinds"], ", "), F.lit("_"), F.lit(" ")))
        return F.concat(F.lit(" \N{EN DASH} "), kinds, F.lit(" \N{EN DASH} "), label)

    rest = F.zip_with(F.slice(path["labels"], 2, 3), path["links"], step)
    return F.concat(F.try_element_at(path["labels"], F.lit(1)), F.array_join(rest, ""))


def _reasons() -> Column:
    """Paths, strongest first; then what a reader must know."""

    def report(path: Column) -> Column:
        return F.coalesce(F.try_element_at(path["seed_reports"], F.lit(1))["report_id"], F.lit(""))

    def strength(path: Column) -> Column:
        return items.reason("path", path_text(path), "silver.reports", report(path), path["weight"])

    own, itself = "gold.network_risk", F.col("entity_id")
    first_of = [F.try_element_at(name, F.lit(1))["seed_reports"][0]["report_id"] for name in ("paths", "direct_paths")]
    first_report = F.coalesce(*first_of, itself)
    suspects = F.format_string("linked directly to people named as suspects: %d (its own share of the queue)",
                               F.coalesce("n_direct_suspects", F.lit(0)))  # fmt: skip
    links = F.transform("direct_paths", lambda path: items.reason(
        "flag", F.concat(F.lit("direct link: "), path_text(path)), "silver.reports", report(path)))  # fmt: skip
    linked = F.format_string("linked directly to CSAE risk: %.2f (not part of the score)", "direct")
    moved = F.col("score_before").isNotNull() & (change() != 0)
    return items.reasons(
        F.when(F.col("stratum") == "DIRECT", F.array(items.reason("flag", suspects, own, itself))),
        F.transform("paths", strength),
        items.flags(
            {
                "a child who is also named as a suspect: safeguarding first": F.col("stratum") == "SAFEGUARDING",
                items.EVIDENCE_CHANGED: F.col("is_text_changed"),
                "no date of birth: somebody who is reported missing counts as a child": ~F.col("is_age_known"),
                "itself tied to a CSAE report": F.col("is_seed") & (F.col("stratum") != "SAFEGUARDING"),
            },
            own,
            itself,
        ),
        items.flags(
            {"a report behind it has an item graded E, which counts nothing": F.col("is_suspected_false")},
            "silver.reports",
            first_report,
        ),
        F.when(F.col("direct") > 0, F.array(items.reason("flag", linked, own, itself))),
        links,
        F.when(moved, F.array(items.reason("flag", change_text(), own, itself))),
    )


def change() -> Column:
    return F.round(F.col("change_data") + F.col("change_decision") + F.col("change_configuration"), 6)


def change_text() -> Column:
    """The change since the night before, and its three parts, which add up to it."""
    return F.format_string(
        "%+.3f since the night before: new data and age %+.3f, decisions %+.3f, configuration %+.3f",
        change(), "change_data", "change_decision", "change_configuration",
    )  # fmt: skip


def _details() -> Column:
    two = "%.2f"
    said = {
        "title": F.col("label"),
        "tags": F.lit(""),
        "forces": F.array_join("forces", ", "),
        "police_risk": F.coalesce("police_risk", F.lit("")),
        "n_episodes_12_months": F.col("n_episodes").cast("string"),
        "last_episode_at": F.coalesce(F.col("last_episode_at").cast("string"), F.lit("")),
        "degree": F.col("degree").cast("string"),
        "direct": F.format_string(two, "direct"),
        "n_paths": F.col("n_paths").cast("string"),
        "n_children": F.col("n_children").cast("string"),
        "score_before": F.when(F.col("score_before").isNull(), "").otherwise(F.format_string("%.3f", "score_before")),
        "change": F.when(F.col("score_before").isNull(), "first night").otherwise(change_text()),
        "would_change": _would_change(),
        "score_without": F.to_json(F.coalesce("score_without", F.array().cast("array<double>"))),
    }
    return items.details(said)


def _would_change() -> Column:
    """What the score would be without its strongest path (of a child), or without the child it stands on most."""
    top = F.try_element_at("paths", F.lit(1))
    what = F.when(F.col("queue") == "children", F.lit("without the strongest path")).otherwise(
        F.concat(F.lit("without the paths of "), F.try_element_at(top["labels"], F.lit(1)))
    )
    left = F.try_element_at("score_without", F.lit(1))
    said = F.when(left.isNotNull(), F.format_string(": %.3f instead of %.3f", left, "score"))
    return F.coalesce(F.concat(what, said), F.lit("no path to take away"))
