"""Indirect risk: how near a missing child stands to known CSAE risk, over paths of two or three steps.

    a path's weight = seed risk x link strengths x damping of those in between
    score = 1 - product over first steps of (1 - link strength x damping x what lies beyond)

and what lies beyond a step is put together in the same way: what several paths have in common counts once. Twenty
offenders who call one home are one way to the child, as strong as the way from the home to the child and no stronger.

Paths are simple and respect time: what passes from the seed to the child passes over links in the order in which they
held. Whoever has hundreds of links (a care home, a duty desk) carries next to nothing. Pure joins: children's first
steps and seeds' last steps meet in the middle, and what has fallen under the floor is not followed.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipelines.common import concurrency
from pipelines.network.edges import links

MOST_PATHS = 3  # kept of each subject
# What lies at the end of a path, with gradings as used, at their low and at their high end; and the score of each.
ENDS = {"last": "score", "last_low": "score_low", "last_high": "score_high"}


@dataclass(frozen=True)
class Limits:
    """How far and how thin a path may be. From the settings' section `risk.paths`."""

    max_hops: int  # 2 or 3
    floor: float  # of a path's weight
    free_degree: int  # up to as many links damp nothing
    damping_power: float  # of telephones, places and other things
    person_power: float  # of people


def damping(degree: Column, is_person: Column, limits: Limits) -> Column:
    """1 up to `free_degree` links, then (free_degree / degree) to the power of its kind."""
    power = F.when(is_person, float(limits.person_power)).otherwise(float(limits.damping_power))
    over = F.pow(F.lit(float(limits.free_degree)) / degree, power)
    return F.when(degree <= limits.free_degree, F.lit(1.0)).otherwise(over)


def paths(both_ways: DataFrame, degrees: DataFrame, children: DataFrame, seeds: DataFrame, limits: Limits) -> DataFrame:
    """Every path from a child to a seed above the floor, direct links included as paths of one hop.

    Args:
        both_ways: result of `links.links`.
        degrees: result of `links.degrees`, with is_person: people pass on more than things with as many links.
        children: child_id.
        seeds: seed_id, risk, risk_low, risk_high, is_place (a seed that is no person is damped by its own degree).

    Returns:
        child_id, a_id, b_id (entities in between, from the child; NULL where the path is shorter), seed_id, hops,
        near (first link x damping beyond it; 1 where hops is 1), middle (second link x damping beyond it; 1 where hops
        is below 3), last, last_low, last_high (last link x risk of the seed), weight (near x middle x last), damping.
    """
    passed_on = damping(F.col("degree"), F.col("is_person"), limits)
    carries = degrees.select("entity_id", passed_on.alias("damping"))
    first = _first_steps(both_ways, children)
    last = concurrency.materialise_lazily(_last_steps(both_ways, carries, seeds, limits))
    direct = first.join(last.drop("b_damping"), F.col("a_id") == F.col("seed_id"), how="inner")
    direct = direct.where(F.col("child_id") == F.col("b_id")).select(
        "child_id", *_nothing("a_id", "b_id"), "seed_id", F.lit(1).alias("hops"), *_weights(F.lit(1.0), F.lit(1.0)),
        F.lit(1.0).alias("damping"),
    )  # fmt: skip
    carried = first.join(carries.toDF("a_id", "a_damping"), ["a_id"], how="inner")
    carried = carried.withColumn("w1", F.col("s1") * F.col("a_damping")).where(F.col("w1") >= limits.floor)
    carried = concurrency.materialise_lazily(carried)
    two = carried.join(last, F.col("a_id") == F.col("b_id"), how="inner")
    in_time = F.col("last_first") <= F.col("l1")
    two = two.where((F.col("seed_id") != F.col("child_id")) & in_time).select(
        "child_id", "a_id", *_nothing("b_id"), "seed_id", F.lit(2).alias("hops"), *_weights(F.col("w1"), F.lit(1.0)),
        F.col("a_damping").alias("damping"),
    )  # fmt: skip
    walked = direct.unionByName(two)
    if limits.max_hops >= 3:
        walked = walked.unionByName(_three(both_ways, carried, last, limits))
    return walked.where(F.col("weight") >= limits.floor)


def _nothing(*names: str) -> list[Column]:
    return [F.lit(None).cast("string").alias(name) for name in names]


def _weights(near: Column, middle: Column) -> list[Column]:
    last = F.col("last_weight")
    return [
        near.alias("near"),
        middle.alias("middle"),
        last.alias("last"),
        (last * F.col("low_share")).alias("last_low"),
        F.least(last * F.col("high_share"), F.lit(1.0)).alias("last_high"),
        (near * middle * last).alias("weight"),
    ]


def _first_steps(both_ways: DataFrame, children: DataFrame) -> DataFrame:
    """child_id, a_id, s1, f1, l1."""
    mine = both_ways.join(F.broadcast(children), F.col("near_id") == F.col("child_id"), how="inner")
    return mine.select(
        "child_id", F.col("far_id").alias("a_id"), F.col("strength").alias("s1"), F.col("first_at").alias("f1"),
        F.col("last_at").alias("l1"),
    )  # fmt: skip


def _last_steps(both_ways: DataFrame, carries: DataFrame, seeds: DataFrame, limits: Limits) -> DataFrame:
    """From whom the last step leads to a seed: b_id, b_damping, seed_id, last_weight (risk x strength), last_first,
    last_last, low_share and high_share (what the ends of the interval are of the risk)."""
    theirs = both_ways.join(F.broadcast(seeds), F.col("near_id") == F.col("seed_id"), how="inner")
    theirs = theirs.join(carries.toDF("seed_id", "own_damping"), ["seed_id"], how="inner")
    own = F.when(F.col("is_place"), F.col("own_damping")).otherwise(F.lit(1.0))
    theirs = theirs.withColumn("last_weight", F.col("risk") * own * F.col("strength"))
    theirs = theirs.where(F.col("last_weight") >= limits.floor)
    return theirs.join(carries.toDF("far_id", "b_damping"), ["far_id"], how="inner").select(
        F.col("far_id").alias("b_id"), "b_damping", "seed_id", "last_weight", F.col("first_at").alias("last_first"),
        F.col("last_at").alias("last_last"), (F.col("risk_low") / F.col("risk")).alias("low_share"),
        (F.col("risk_high") / F.col("risk")).alias("high_share"),
    )  # fmt: skip


def _three(both_ways: DataFrame, carried: DataFrame, last: DataFrame, limits: Limits) -> DataFrame:
    """Paths of three hops. Middle links are those between an end of a first step and an end of a last step, and each is
    followed only where the best last step beyond it could still lift the path over the floor."""
    reaches = last.where(F.col("b_damping") * F.col("last_weight") >= limits.floor)
    best = reaches.groupBy(F.col("b_id").alias("best_id")).agg(
        F.max(F.col("b_damping") * F.col("last_weight")).alias("best")
    )
    starts = carried.groupBy(F.col("a_id").alias("near_id")).agg(F.max("w1").alias("most"))
    middle = both_ways.join(starts, ["near_id"], how="inner").join(
        best, F.col("far_id") == F.col("best_id"), how="inner"
    )
    middle = middle.where(F.col("most") * F.col("strength") * F.col("best") >= limits.floor).select(
        F.col("near_id").alias("m_near"), F.col("far_id").alias("m_far"), F.col("strength").alias("s2"),
        F.col("first_at").alias("f2"), F.col("last_at").alias("l2"), "best",
    )  # fmt: skip
    met = carried.join(middle, F.col("a_id") == F.col("m_near"), how="inner")
    met = met.withColumn("w2", F.col("w1") * F.col("s2")).where(
        (F.col("m_far") != F.col("child_id"))
        & (F.col("w2") * F.col("best") >= limits.floor)
        & (F.col("f2") <= F.col("l1"))
    )
    whole = met.join(reaches, F.col("m_far") == F.col("b_id"), how="inner")
    is_simple = (F.col("seed_id") != F.col("child_id")) & (F.col("seed_id") != F.col("a_id"))
    in_time = (F.col("last_first") <= F.col("l2")) & (F.greatest("last_first", "f2") <= F.col("l1"))
    return whole.where(is_simple & in_time).select(
        "child_id", "a_id", "b_id", "seed_id", F.lit(3).alias("hops"),
        *_weights(F.col("w1"), F.col("s2") * F.col("b_damping")),
        (F.col("a_damping") * F.col("b_damping")).alias("damping"),
    )  # fmt: skip


def subjects(paths: DataFrame, kinds: DataFrame) -> DataFrame:
    """Whose score each path belongs to: the child's, where it is indirect; and those of the people and places on it.

    Args:
        found: result of `paths`.
        kinds: entity_id, queue: `people` or `locations` for those that may stand in these queues.

    Returns:
        The columns of `found`, queue, entity_id, part: what a reader may think away. Of a child that is one path; of a
        person or place all paths of one child.
    """
    path = F.concat_ws("|", "child_id", F.coalesce("a_id", F.lit("")), F.coalesce("b_id", F.lit("")), "seed_id")
    own = paths.where("hops >= 2").select(
        "*", F.lit("children").alias("queue"), F.col("child_id").alias("entity_id"), path.alias("part")
    )
    on = paths.select("*", F.explode(F.array_compact(F.array("a_id", "b_id", "seed_id"))).alias("entity_id"))
    theirs = on.join(kinds, ["entity_id"], how="inner").select(
        *paths.columns, "queue", "entity_id", F.col("child_id").alias("part")
    )
    return own.unionByName(theirs)


def scores(subjects: DataFrame, *by: str) -> DataFrame:
    """From `subjects`: queue, entity_id, score, score_low, score_high, n_paths, n_children; apart for each `by`.

    A child's paths are put together step by step (see above). A person or place counts each child once, by the
    strongest path to it: the score says how many children it reaches.
    """
    key = ["queue", "entity_id", *by]
    is_child = F.col("queue") == "children"
    near, middle = (F.max(name).alias(name) for name in ("near", "middle"))  # the same in all that share the step
    last_steps = subjects.where(is_child).groupBy(*key, "a_id", "b_id")
    last = last_steps.agg(near, middle, *_either(F.lit(1.0)), F.count("*").alias("n"))
    beyond = last.groupBy(*key, "a_id").agg(near, *_either(F.col("middle")), F.sum("n").alias("n"))
    own = beyond.drop("a_id").withColumn("child_id", F.col("entity_id"))
    whole = [(F.col("near") * F.col("middle") * F.col(end)).alias(end) for end in ENDS]
    theirs = subjects.where(~is_child).select(*key, "child_id", *whole).groupBy(*key, "child_id")
    strongest_of_each = [F.max(end).alias(end) for end in ENDS]
    others = theirs.agg(F.lit(1.0).alias("near"), *strongest_of_each, F.count("*").alias("n"))
    by_subject = own.unionByName(others).groupBy(*key)
    n_children = F.count_distinct("child_id").cast("int").alias("n_children")
    either = by_subject.agg(*_either(F.col("near")), F.sum("n").cast("int").alias("n_paths"), n_children)
    return either.select(*key, *[F.round(end, 6).alias(name) for end, name in ENDS.items()], "n_paths", "n_children")


def _either(step: Column) -> list[Column]:
    """Of ways that begin with `step` and go on with each of the ENDS: one or another of them, at each end."""
    return [links.either(step * F.col(end)).alias(end) for end in ENDS]


def left_out(subjects: DataFrame) -> DataFrame:
    """Of `subjects` what each score would be without the part that each of its strongest paths belongs to.

    Returns:
        queue, entity_id, score_without: array of double, in the order of the paths.
    """
    key = ["queue", "entity_id"]
    best = concurrency.materialise_lazily(strongest(subjects).select(*key, "place", "part")).toDF(*key, "place", "out")
    rest = scores(subjects.join(best, key, how="inner").where(F.col("part") != F.col("out")), "place")
    rest = rest.select(*key, "place", "score").toDF(*key, "place", "score")  # anew: it is joined to what it is made of
    with_rest = best.join(rest, [*key, "place"], how="left")
    without = F.struct("place", F.coalesce("score", F.lit(0.0)).alias("score"))
    return with_rest.groupBy(*key).agg(F.sort_array(F.collect_list(without))["score"].alias("score_without"))


def direct(paths: DataFrame) -> DataFrame:
    """Paths of one hop, as rows of `subjects`: shown apart, and never part of a score."""
    return paths.where("hops = 1").select(
        "*", F.lit("children").alias("queue"), F.col("child_id").alias("entity_id"), F.col("seed_id").alias("part")
    )


def direct_risk(ones: DataFrame, seeds: DataFrame) -> DataFrame:
    """From `direct`: entity_id, direct (risk over all such links), direct_suspects (over those to people named as
    suspects), n_direct_suspects.

    Args:
        seeds: entity_id, is_suspect.
    """
    of_seed = seeds.select(F.col("entity_id").alias("seed_id"), "is_suspect")
    known = ones.select("entity_id", "seed_id", "weight").join(of_seed, ["seed_id"], how="inner")
    to_suspect = F.when(F.col("is_suspect"), F.col("weight")).otherwise(0.0)
    return known.groupBy("entity_id").agg(
        F.round(links.either(F.col("weight")), 6).alias("direct"),
        F.round(links.either(to_suspect), 6).alias("direct_suspects"),
        F.count_distinct(F.when(F.col("is_suspect"), F.col("seed_id"))).cast("int").alias("n_direct_suspects"),
    )


def strongest(subjects: DataFrame) -> DataFrame:
    """Of `subjects` the strongest paths of each subject, at most three, numbered from 1 in `place`."""
    order = Window.partitionBy("queue", "entity_id").orderBy(
        F.round("weight", 9).desc(), "hops", "child_id", F.coalesce("a_id", F.lit("")), F.coalesce("b_id", F.lit("")),
        "seed_id",
    )  # fmt: skip
    return subjects.withColumn("place", F.row_number().over(order)).where(F.col("place") <= MOST_PATHS)
