"""The queues `children`, `people` and `locations`: rows of gold.queue_items from gold.network_risk.

Each row says on which paths it stands, what changed since the night before and why, what police risk level, episodes
and degree say beside it, and what would change the score.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipelines.common.provenance import Provenance
from schemas import codes, gold
from schemas import risk as tables

SUBJECT_KINDS = {"children": "person", "people": "person", "locations": "location"}


def chosen(risks: DataFrame, decisions: DataFrame, capacity: Mapping[str, int]) -> DataFrame:
    """Which subjects are shown: per queue and force up to its capacity, children who are named as suspects first.

    Who was settled is left out until the evidence behind the paths changes.

    Args:
        risks: gold.network_risk of the night.
        decisions: gold.decisions up to the night.
        capacity: rows per force code, `*` for forces that are not named.

    Returns:
        The columns of `risks`, item_id, rank, is_text_changed (decided before, on other evidence).
    """
    item_id = F.substring(F.sha2(F.concat_ws("|", "queue", "entity_id"), 256), 1, 16)
    final = decisions.where(F.col("queue").isin(*tables.QUEUES) & F.col("outcome").isin(*codes.FINAL_OUTCOMES))
    newest = Window.partitionBy("queue", "subject_id").orderBy(F.col("sequence").desc())
    settled = (
        final.withColumn("_n", F.row_number().over(newest))
        .where("_n = 1")
        .select("queue", F.col("subject_id").alias("entity_id"), F.col("text_hash").alias("_decided_on"))
    )
    is_changed = F.col("_decided_on").isNotNull() & ~F.col("_decided_on").eqNullSafe(F.col("evidence_hash"))
    is_of_interest = (F.col("score") > 0) | (F.col("direct") > 0) | (F.col("stratum") == "SAFEGUARDING")
    asked = risks.where(is_of_interest).join(settled, ["queue", "entity_id"], how="left")
    asked = asked.withColumn("is_text_changed", is_changed).where(F.col("_decided_on").isNull() | is_changed)
    order = Window.partitionBy("queue", "force").orderBy(
        (F.col("stratum") == "SAFEGUARDING").desc(), F.col("score").desc(), F.col("direct").desc(), "entity_id"
    )
    named = [F.lit(v) for force, n in sorted(capacity.items()) if force != "*" for v in (force, n)]
    most = F.lit(capacity["*"])
    if named:
        most = F.coalesce(F.try_element_at(F.create_map(*named), F.col("force")), most)
    ranked = asked.withColumn("rank", F.row_number().over(order)).where(F.col("rank") <= most)
    return ranked.withColumn("item_id", item_id).drop("_decided_on")


def queue_items(
    shown: DataFrame,
    reports: DataFrame,
    night: date,
    made_with: Provenance,
) -> DataFrame:
    """Rows of gold.QUEUE_ITEMS from what `chosen` chose; `reports` are silver.reports as of the night.

    Args:
        shown: result of `chosen`, with `score_without` of `network_risk.left_out`.
    """
    kind = F.create_map(*[F.lit(v) for pair in SUBJECT_KINDS.items() for v in pair])
    joined = shown.join(_sources(shown, reports), ["item_id"], how="left")
    no_rows = F.array().cast(gold.QUEUE_ITEMS.columns["source_rows"].type)
    return gold.QUEUE_ITEMS.conform(
        joined.select(
            F.lit(night).alias("night"),
            "queue",
            "item_id",
            "force",
            "rank",
            F.element_at(kind, F.col("queue")).alias("subject_kind"),
            F.col("entity_id").alias("subject_id"),
            F.when(F.col("queue") == "locations", F.array().cast("array<string>"))
            .otherwise(F.col("record_ids"))
            .alias("person_ids"),
            "stratum",
            "score",
            "score_low",
            "score_high",
            _reasons().alias("reasons"),
            "marking",
            "is_text_changed",
            "is_suspected_false",
            F.col("evidence_hash").alias("text_hash"),
            _details().alias("details"),
            F.coalesce("source_rows", no_rows).alias("source_rows"),
            F.lit(None).cast("string").alias("model_name"),
            F.lit(None).cast("string").alias("model_version"),
            *made_with.columns(),
        )
    )


def _sources(shown: DataFrame, reports: DataFrame) -> DataFrame:
    """item_id, source_rows: the reports behind the paths, as files and rows."""
    cited = F.flatten(F.transform("paths", lambda p: F.concat(
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
    row = F.struct(
        F.lit("silver.reports").alias("table"),
        F.col("report_id").alias("id"),
        F.col("_file").alias("file"),
        F.col("_file_hash").alias("file_hash"),
        F.col("_row_number").alias("row_number"),
    )
    found = reports.select("report_id", "_file", "_file_hash", "_row_number").join(wanted, ["report_id"], how="inner")
    return found.groupBy("item_id").agg(F.sort_array(F.collect_list(row)).alias("source_rows"))


def path_text(path: Column) -> Column:
    """A path as a person reads it: names, and what ties each to the next."""

    def step(label: Column, link: Column) -> Column:
        kinds = F.lower(F.replace(F.array_join(link["kinds"], ", "), F.lit("_"), F.lit(" ")))
        return F.concat(F.lit(" \N{EN DASH} "), kinds, F.lit(" \N{EN DASH} "), label)

    rest = F.zip_with(F.slice(path["labels"], 2, 3), path["links"], step)
    return F.concat(F.try_element_at(path["labels"], F.lit(1)), F.array_join(rest, ""))


def _reason(kind: str, text: Column, table: Column, source: Column, weight: Column) -> Column:
    none = F.lit(None).cast("int")
    return F.struct(
        F.lit(kind).alias("kind"), text.alias("text"), table.alias("source_table"), source.alias("source_id"),
        none.alias("start"), none.alias("end"), weight.cast("double").alias("weight"),
    )  # fmt: skip


def _reasons() -> Column:
    """Paths, strongest first; then what a reader must know."""
    reports = F.lit("silver.reports")

    def report(path: Column) -> Column:
        return F.coalesce(F.try_element_at(path["seed_reports"], F.lit(1))["report_id"], F.lit(""))

    paths = F.transform("paths", lambda p: _reason("path", path_text(p), reports, report(p), p["weight"]))
    own, itself, nothing = F.lit("gold.network_risk"), F.col("entity_id"), F.lit(0.0)
    first_report = F.coalesce(F.try_element_at("paths", F.lit(1))["seed_reports"][0]["report_id"], itself)
    flags = {
        "a child who is also named as a suspect: safeguarding first": F.col("stratum") == "SAFEGUARDING",
        "decided before; the evidence changed since": F.col("is_text_changed"),
        "itself tied to a CSAE report": F.col("is_seed") & (F.col("stratum") != "SAFEGUARDING"),
    }
    parts = [
        F.when(holds, F.array(_reason("flag", F.lit(text), own, itself, nothing))) for text, holds in flags.items()
    ]
    graded = _reason("flag", F.lit("a report behind it has an item graded E, which counts nothing"), reports,
                     first_report, nothing)  # fmt: skip
    linked = F.format_string("linked directly to CSAE risk: %.2f (not part of the score)", "direct")
    parts += [
        F.when(F.col("is_suspected_false"), F.array(graded)),
        F.when(F.col("direct") > 0, F.array(_reason("flag", linked, own, itself, nothing))),
        F.when(F.col("score_before").isNotNull() & (change() != 0), F.array(
            _reason("flag", change_text(), own, itself, nothing))),
    ]  # fmt: skip
    none = F.array().cast(gold.REASON_LIST)
    return F.concat(paths.cast(gold.REASON_LIST), *(F.coalesce(part, none) for part in parts))


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
    shown = {
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
    return F.create_map(*[part for name, value in shown.items() for part in (F.lit(name), value)])


def _would_change() -> Column:
    """What the score would be without its strongest path (of a child), or without the child it stands on most."""
    top = F.try_element_at("paths", F.lit(1))
    what = F.when(F.col("queue") == "children", F.lit("without the strongest path")).otherwise(
        F.concat(F.lit("without the paths of "), F.try_element_at(top["labels"], F.lit(1)))
    )
    left = F.try_element_at("score_without", F.lit(1))
    said = F.when(left.isNotNull(), F.format_string(": %.3f instead of %.3f", left, "score"))
    return F.coalesce(F.concat(what, said), F.lit("no path to take away"))
