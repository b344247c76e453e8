"""Rows of gold.network_risk: every subject of the three network queues with its score, its strongest paths, the
incumbent indicators beside it, and what changed since the night before.

Safeguarding comes first: a child who is also named as a suspect stands in the queue `children`, before all others, and
never in the queue `people`. A missing child whose own contacts are known suspects needs no path of two or three steps:
its stratum is DIRECT, and it has a share of the queue of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipelines.common import concurrency
from pipelines.network.edges import links
from pipelines.network.entities import nominals
from pipelines.network.risk import paths as risk_paths
from pipelines.network.risk import seeds
from schemas import risk as tables

IDS = ("child_id", "a_id", "b_id", "seed_id")
OTHER_PLACES = 100  # beyond the places of paths: those of direct links
MOST_EVIDENCE = 5  # records named under one link of a path


@dataclass(frozen=True)
class Known:
    """What was known on a night: the network of the night, silver tables as of it, decisions up to it."""

    night: date
    entities: DataFrame
    members: DataFrame
    edges: DataFrame
    reports: DataFrame
    report_people: DataFrame
    episodes: DataFrame
    decisions: DataFrame
    scores: DataFrame | None = None  # gold.report_scores, read only where settings let unreviewed output count


@dataclass(frozen=True)
class Rules:
    """Weights and limits of a configuration, and its hash."""

    weights: seeds.Weights
    limits: risk_paths.Limits
    look_back_days: int  # a child reported missing within so many days is scored
    direct_from: float  # direct risk from suspects from which on a missing child is of the stratum DIRECT
    min_children: int  # people and places that are no seed stand in a queue from so many children on
    configuration: str


@dataclass(frozen=True)
class Walk:
    """The network walked once: everything that rows are made from."""

    known: Known
    rules: Rules
    pair: DataFrame
    degrees: DataFrame
    seeds: DataFrame
    children: DataFrame
    subjects: DataFrame
    direct: DataFrame  # paths of one hop, of children

    @property
    def scores(self) -> DataFrame:
        """queue, entity_id, score, score_low, score_high, n_paths, n_children: of whoever stands in a queue."""
        is_seed = self.seeds.select("entity_id", F.lit(True).alias("_seed"))
        scored = risk_paths.scores(self.subjects).join(is_seed, ["entity_id"], how="left")
        enough = (F.col("queue") == "children") | F.col("_seed") | (F.col("n_children") >= self.rules.min_children)
        return scored.where(F.coalesce(enough, F.lit(False))).drop("_seed")


def walk(known: Known, rules: Rules) -> Walk:
    """Seeds, links and paths of what was known; what is used again is computed once."""
    usable = links.usable(known.edges, known.entities, known.night)
    weighed = seeds.report_weights(known.reports, known.decisions, known.night, rules.weights, known.scores)
    named = seeds.named(known.report_people, known.members, usable, known.entities)
    tied, pair = concurrency.materialise(
        seeds.seeds(weighed, named, known.entities, known.night, rules.weights),
        links.pairs(links.projected(usable), known.night),
    )
    both_ways, children = concurrency.materialise(links.links(pair), _children(known, tied, rules.look_back_days))
    people = known.entities.where("kind = 'PERSON'").select(
        "entity_id", (~nominals.is_organisation("label")).alias("is_person")
    )
    degrees = links.degrees(both_ways).join(people, ["entity_id"], how="left")
    degrees = concurrency.materialise_lazily(degrees.withColumn("is_person", F.coalesce("is_person", F.lit(False))))
    ends = tied.where("risk > 0").select(
        F.col("entity_id").alias("seed_id"),
        "risk",
        "risk_low",
        "risk_high",
        (F.col("kind") != "PERSON").alias("is_place"),
    )
    ids = children.select(F.col("entity_id").alias("child_id"))
    walked_paths = concurrency.materialise_lazily(risk_paths.paths(both_ways, degrees, ids, ends, rules.limits))
    subjects = concurrency.materialise_lazily(risk_paths.subjects(walked_paths, _kinds(known.entities, children)))
    return Walk(
        known,
        rules,
        pair,
        degrees,
        tied,
        children,
        subjects,
        concurrency.materialise_lazily(risk_paths.direct(walked_paths)),
    )


def _children(known: Known, tied: DataFrame, look_back_days: int) -> DataFrame:
    """Missing children, and children who are named as suspects: entity_id and the incumbent indicators.

    Age is not always recorded: somebody who was reported missing and has no date of birth counts as a child here.
    """
    night_end = F.lit(known.night).cast("timestamp") + F.expr("INTERVAL 1 DAY")
    ago = F.date_diff(F.lit(known.night), F.col("reported_at").cast("date"))
    of_person = known.members.where("kind = 'PERSON'").select(F.col("record_id").alias("person_id"), "entity_id")
    episodes = known.episodes.where(F.col("reported_at") < night_end).join(of_person, ["person_id"], how="inner")
    newest = F.max_by(F.struct("risk", "force", "reported_at"), F.struct("reported_at", "episode_id"))
    missing = episodes.groupBy("entity_id").agg(
        newest.alias("_"), F.count_if(ago <= 365).cast("int").alias("n_episodes"), F.min(ago).alias("_ago")
    )
    people = known.entities.where((F.col("kind") == "PERSON") & (F.col("is_child") | F.col("born_on").isNull()))
    suspects = tied.where("is_suspect").select("entity_id", F.lit(True).alias("_suspect"))
    joined = people.select("entity_id", "is_child").join(missing, ["entity_id"], how="left")
    joined = joined.join(suspects, ["entity_id"], how="left")
    is_missing = F.coalesce(F.col("_ago") <= look_back_days, F.lit(False))
    return joined.where(is_missing | (F.col("is_child") & F.coalesce("_suspect", F.lit(False)))).select(
        "entity_id",
        F.coalesce("is_child", F.lit(False)).alias("is_age_known"),
        F.col("_.risk").alias("police_risk"),
        F.coalesce("n_episodes", F.lit(0)).alias("n_episodes"),
        F.col("_.reported_at").alias("last_episode_at"),
        F.col("_.force").alias("episode_force"),
    )


def _kinds(entities: DataFrame, children: DataFrame) -> DataFrame:
    """Who may stand in `people` and `locations`: no child, nobody who stands in `children`."""
    adults = entities.where((F.col("kind") == "ADDRESS") | ((F.col("kind") == "PERSON") & ~F.col("is_child")))
    adults = adults.join(children.select("entity_id"), ["entity_id"], how="left_anti")
    return adults.select("entity_id", F.when(F.col("kind") == "PERSON", "people").otherwise("locations").alias("queue"))


def rows(walked: Walk, before: DataFrame, without: Without) -> DataFrame:
    """Rows of gold.NETWORK_RISK.

    Args:
        before: gold.network_risk of the night before; empty in a first night.
        without: scores under other circumstances, for what changed and why.
    """
    night = walked.known.night
    joined = _standing(walked)
    joined = joined.join(concurrency.materialise_lazily(_paths(walked)), ["queue", "entity_id"], how="left")
    joined = without.joined(joined, before)
    markings = F.array_compact(F.array("_marking", "_seed_marking", "_path_marking"))
    no_paths = F.array().cast(tables.NETWORK_RISK.columns["paths"].type)
    is_child = F.col("queue") == "children"
    return tables.NETWORK_RISK.conform(
        joined.select(
            F.lit(night).alias("night"),
            "queue",
            "entity_id",
            F.coalesce("label", "entity_id").alias("label"),
            "force",
            "forces",
            "record_ids",
            "stratum",
            "score",
            *[F.coalesce(n, F.lit(0.0)).alias(n) for n in ("score_low", "score_high")],
            "direct",
            F.when(is_child, F.coalesce("n_direct_suspects", F.lit(0))).alias("n_direct_suspects"),
            *[F.coalesce(n, F.lit(0)).alias(n) for n in ("n_paths", "n_children", "degree", "n_episodes")],
            F.coalesce("paths", no_paths).alias("paths"),
            F.when(is_child, F.coalesce("direct_paths", no_paths)).alias("direct_paths"),
            F.when(is_child, F.col("is_age_known")).alias("is_age_known"),
            "police_risk",
            "last_episode_at",
            F.coalesce("is_seed", F.lit(False)).alias("is_seed"),
            "is_suspect",
            F.coalesce(F.greatest("_own_false", "_path_false"), F.lit(False)).alias("is_suspected_false"),
            F.array_max(markings).alias("marking"),
            F.coalesce("evidence_hash", F.sha2(F.lit(""), 256)).alias("evidence_hash"),
            "score_before",
            "change_data",
            "change_decision",
            "change_configuration",
            F.lit(walked.rules.configuration).alias("configuration"),
        )
    )


def standing(walked: Walk) -> DataFrame:
    """What the order of a queue is made of, without paths and changes: queue, entity_id, force, stratum, score, direct,
    is_age_known, and of children the incumbents police_risk, n_episodes and degree."""
    names = ("queue", "entity_id", "force", "stratum", "score", "direct", "is_age_known", "police_risk")
    incumbents = [F.coalesce(name, F.lit(0)).alias(name) for name in ("n_episodes", "degree")]
    return _standing(walked).select(*names, *incumbents)


def _standing(walked: Walk) -> DataFrame:
    """A row a subject of a queue: what `rows` tells of it that is not about its paths."""
    children = walked.children.select("entity_id", F.lit("children").alias("queue"))
    all_of = children.join(walked.scores, ["entity_id", "queue"], how="full")
    about = walked.known.entities.select(
        "entity_id", "label", "forces", "record_ids", F.col("marking").alias("_marking")
    )
    seed = walked.seeds.select(
        "entity_id", F.lit(True).alias("is_seed"), "is_suspect", F.col("is_suspected_false").alias("_own_false"),
        F.col("marking").alias("_seed_marking"),
    )  # fmt: skip
    joined = all_of.join(about, ["entity_id"], how="inner").join(walked.children, ["entity_id"], how="left")
    for more in (seed, walked.degrees.drop("is_person"), risk_paths.direct_risk(walked.direct, walked.seeds)):
        joined = joined.join(more, ["entity_id"], how="left")
    is_suspect = F.coalesce("is_suspect", F.lit(False))
    is_direct = F.coalesce("direct_suspects", F.lit(0.0)) >= walked.rules.direct_from
    stratum = F.when(F.col("queue") == "people", "PERSON").when(F.col("queue") == "locations", "LOCATION")
    stratum = F.coalesce(stratum, F.when(is_suspect, "SAFEGUARDING").when(is_direct, "DIRECT").otherwise("MISSING"))
    is_child = F.col("queue") == "children"
    return joined.withColumns(
        {
            "force": F.coalesce("episode_force", F.try_element_at("forces", F.lit(1)), F.lit("XX")),
            "stratum": stratum,
            "is_suspect": is_suspect,
            "score": F.coalesce("score", F.lit(0.0)),
            "direct": F.when(is_child, F.coalesce("direct", F.lit(0.0))).otherwise(0.0),
        }
    )


@dataclass(frozen=True)
class Without:
    """Scores (queue, entity_id, score) had things been otherwise; None where nothing would be.

    `decisions`: tonight without the decisions taken in tonight. `data`: the night before, under tonight's rules.
    """

    decisions: DataFrame | None
    data: DataFrame | None

    def joined(self, scored: DataFrame, before: DataFrame) -> DataFrame:
        """Adds score_before and the three parts of the change, which add up to it exactly."""
        key = ["queue", "entity_id"]
        compared = scored.join(before.select(*key, F.col("score").alias("score_before")), key, how="left")
        for name, frame in (("_no_decisions", self.decisions), ("_old_data", self.data)):
            if frame is not None:
                compared = compared.join(frame.select(*key, F.col("score").alias(name)), key, how="left")
        now, was = F.coalesce("score", F.lit(0.0)), F.coalesce("score_before", F.lit(0.0))
        undecided = now if self.decisions is None else F.coalesce("_no_decisions", F.lit(0.0))
        old = was if self.data is None else F.coalesce("_old_data", F.lit(0.0))
        is_known = F.col("score_before").isNotNull()

        def part(more: Column, less: Column) -> Column:
            return F.when(is_known, F.round(more - less, 6)).otherwise(0.0)

        return compared.select(
            "*",
            part(undecided, old).alias("change_data"),
            part(now, undecided).alias("change_decision"),
            part(old, was).alias("change_configuration"),
        )


def counterfactual(known: Known, rules: Rules) -> DataFrame:
    """Only the scores: queue, entity_id, score."""
    return walk(known, rules).scores.select("queue", "entity_id", "score")


def undecided(known: Known) -> Known:
    """The same night without the decisions that it took in itself."""
    return replace(known, decisions=known.decisions.where(F.col("night") < F.lit(known.night)))


def left_out(walked: Walk, shown: DataFrame) -> DataFrame:
    """`shown` (queue, entity_id among its columns) with `score_without`: see `risk.left_out`."""
    key = ["queue", "entity_id"]
    theirs = walked.subjects.join(shown.select(*key), key, how="left_semi")
    return shown.join(risk_paths.left_out(concurrency.materialise_lazily(theirs)), key, how="left")


def _paths(walked: Walk) -> DataFrame:
    """queue, entity_id, paths and direct_paths (arrays of schemas.risk.PATH), evidence_hash, _path_false,
    _path_marking."""
    apart = risk_paths.strongest(walked.direct).withColumn("place", F.col("place") + OTHER_PLACES)
    best = concurrency.materialise_lazily(risk_paths.strongest(walked.subjects).unionByName(apart))
    key = ["queue", "entity_id", "place"]
    ids = F.array_compact(F.array(*IDS))
    pair = F.zip_with(ids, F.slice(ids, 2, 3), lambda near, far: F.struct(near.alias("near"), far.alias("far")))
    steps = best.select(*key, F.posexplode(pair).alias("at", "_"))
    steps = steps.where(F.col("_.far").isNotNull()).select(*key, "at", "_.near", "_.far")
    ties = steps.select(F.least("near", "far").alias("near_id"), F.greatest("near", "far").alias("far_id")).distinct()
    link = _link(walked.pair.join(F.broadcast(ties), ["near_id", "far_id"], how="left_semi"))
    on = (F.least("near", "far") == F.col("near_id")) & (F.greatest("near", "far") == F.col("far_id"))
    ends = [F.col("near").alias("near_id"), F.col("far").alias("far_id")]
    step = F.struct(*ends, "kinds", "strength", "first_at", "last_at", "n", "evidence_ids").alias("link")
    in_order = F.sort_array(F.collect_list(F.struct("at", step))).alias("_links")
    linked = steps.join(link, on, how="inner").groupBy(*key).agg(in_order)
    names = best.select(*key, F.posexplode(ids).alias("at", "entity"))
    about = walked.known.entities.select(F.col("entity_id").alias("entity"), "label", "kind")
    name = F.struct("at", F.coalesce("label", "entity").alias("label"), "kind")
    along = F.sort_array(F.collect_list(name)).alias("_names")
    named = names.join(about, ["entity"], how="left").groupBy(*key).agg(along)
    seed = walked.seeds.select(
        F.col("entity_id").alias("seed_id"), "risk", "reports", F.col("is_suspected_false").alias("_false"), "marking"
    )
    whole = best.join(linked, key, how="inner").join(named, key, how="inner").join(seed, ["seed_id"], how="inner")
    path = F.struct(
        F.round("weight", 6).alias("weight"),
        "hops",
        ids.alias("entity_ids"),
        F.transform("_names", lambda n: n["label"]).alias("labels"),
        F.transform("_names", lambda n: n["kind"]).alias("kinds"),
        F.transform("_links", lambda n: n["link"]).alias("links"),
        F.round("damping", 6).alias("damping"),
        F.col("risk").alias("seed_risk"),
        F.col("reports").alias("seed_reports"),
    )
    grouped = whole.groupBy("queue", "entity_id").agg(
        F.sort_array(F.collect_list(F.struct("place", path.alias("path")))).alias("_paths"),
        F.max("_false").alias("_path_false"),
        F.max("marking").alias("_path_marking"),
    )
    is_path = F.filter("_paths", lambda n: n["place"] <= OTHER_PLACES)
    is_apart = F.filter("_paths", lambda n: n["place"] > OTHER_PLACES)
    paths, direct_paths = (F.transform(part, lambda n: n["path"]) for part in (is_path, is_apart))
    # What was decided on: who is on the paths and which reports and records stand behind them, and not the weights,
    # which move a little every night as reports age.
    evidence = F.transform(
        F.concat(paths, direct_paths),
        lambda p: F.struct(
            p["entity_ids"],
            F.transform(p["links"], lambda k: k["evidence_ids"]),
            F.transform(p["seed_reports"], lambda r: r["report_id"]),
        ),
    )
    return grouped.select(
        "queue",
        "entity_id",
        paths.alias("paths"),
        direct_paths.alias("direct_paths"),
        F.sha2(F.to_json(evidence), 256).alias("evidence_hash"),
        "_path_false",
        "_path_marking",
    )


def _link(pair: DataFrame) -> DataFrame:
    """One row a pair, with what stands behind it: kinds, newest records."""
    mine = pair.withColumn("_records", F.transform("evidence", lambda e: F.struct(
        (-F.unix_micros(F.coalesce(e["at"], F.timestamp_seconds(F.lit(0))))).alias("order"),
        F.concat_ws("|", e["table"], e["id"]).alias("id"))))  # fmt: skip
    grouped = mine.groupBy("near_id", "far_id").agg(
        F.sort_array(F.collect_set("kind")).alias("kinds"),
        F.round(links.either(F.col("strength")), 6).alias("strength"),
        F.min("first_at").alias("first_at"),
        F.max("last_at").alias("last_at"),
        F.sum("n").cast("int").alias("n"),
        F.sort_array(F.flatten(F.collect_list("_records"))).alias("_records"),
    )
    newest = F.slice(F.array_distinct(F.transform("_records", lambda r: r["id"])), 1, MOST_EVIDENCE)
    return grouped.withColumn("evidence_ids", newest).drop("_records")


def newest_before(risks: DataFrame, night: date) -> DataFrame:
    """gold.network_risk of the newest night before `night`."""
    earlier = risks.where(F.col("night") < F.lit(night))
    return earlier.join(F.broadcast(earlier.agg(F.max("night").alias("night"))), ["night"], how="left_semi")
