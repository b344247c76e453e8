"""Past days of many worlds, walked at once: every day of every world is a copy of its own, moved to one night.

A copy holds what was recorded by the end of its day, and nothing later, and its dates are moved by the days between its
day and the night. Ids, numbers, addresses and forces carry the copy's name, so copies have nothing to do with each
other and one walk ranks the children of them all. Edges, seeds, paths and queue are the night's own code.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.evaluation import network as network_evaluation
from jobs.evaluation import risk_worlds
from jobs.evaluation.risk_worlds import NIGHT
from pipelines.common import concurrency
from pipelines.network import queue
from pipelines.network.edges import edges
from pipelines.network.entities import entities
from pipelines.network.risk import scores as risk_scores
from schemas import codes, gold, network, silver

END = f"timestamp'{NIGHT + timedelta(days=1)}'"  # what was recorded before it counts


def replayed(
    spark: SparkSession,
    worlds: Sequence[tuple[int, risk_worlds.World]],
    days: Sequence[date],
    rules: risk_scores.Rules,
    *,
    capacity: int,
    direct_share: float,
    unknown_age: float,
) -> pd.DataFrame:
    """A row a child who could have been looked at on a day of a world.

    Returns:
        world, day, force, person; by each way of ordering the higher the sooner: network (the score), queue (the order
        in which the queue shows them; 0 for who is not shown), police_risk, episodes, degree, page_rank.
    """
    moved = _Moved(spark, worlds, days)
    known = moved.known()
    walk = risk_scores.walk(known, rules)
    children = risk_scores.standing(walk).where("queue = 'children'")
    # Nobody was decided on, so whatever stands for the evidence of an item does.
    (children,) = concurrency.materialise(children.withColumn("evidence_hash", F.lit("")))
    shown = queue.chosen(
        children, known.decisions, {"*": capacity}, direct_share=direct_share, unknown_age=unknown_age
    ).select("entity_id", "rank")
    ranked = children.join(shown, ["entity_id"], how="left").drop("queue", "stratum")
    table = ranked.toPandas()  # children reported missing: bounded by the worlds
    table["page_rank"] = table["entity_id"].map(network_evaluation.page_rank(walk)).fillna(0.0)
    return moved.told(table, capacity)


def _is_by_then(name: str) -> Column:
    """Whether an instant lies before the end of the night."""
    return F.col(name) < F.expr(END)


class _Moved:
    """Silver tables of all copies as of NIGHT."""

    def __init__(
        self, spark: SparkSession, worlds: Sequence[tuple[int, risk_worlds.World]], days: Sequence[date]
    ) -> None:
        self._spark, self._worlds, self._days = spark, worlds, days
        copies = [(f"W{n}D{k}", n, (NIGHT - day).days) for n, _ in worlds for k, day in enumerate(days)]
        self._copies = spark.createDataFrame(copies, "copy string, world int, shift int")

    def _all(self, name: str, schema: str) -> DataFrame:
        rows = pd.concat([getattr(made, name).assign(world=n) for n, made in self._worlds], ignore_index=True)
        every = risk_worlds.frame(self._spark, rows, f"{schema}, world int")
        return every.join(F.broadcast(self._copies), ["world"], how="inner").withColumn("night", F.lit(NIGHT))

    def known(self) -> risk_scores.Known:
        people, reports, named, episodes, events = self._tables()
        tables = {
            silver.PEOPLE.path: people,
            silver.REPORTS.path: reports,
            silver.REPORT_PEOPLE.path: named,
            silver.MISSING_EPISODES.path: episodes,
            silver.COMMS_EVENTS.path: events,
        }
        records = people.select(
            F.col("person_id").alias("record_id"), "force", "forename", "surname", "born_on",
            F.lit(False).alias("is_organisation"), F.lit(None).cast("string").alias("record_hash"), "entity_id",
        )  # fmt: skip
        no_links = F.array().cast(f"array<{network.LINK.simpleString()}>").alias("links")
        assigned = records.select("record_id", "entity_id", no_links)
        records = records.drop("entity_id")
        persons, members = concurrency.materialise(
            entities.person_entities(records, assigned, NIGHT), entities.person_members(records, assigned, NIGHT)
        )
        pieces = edges.judged(edges.evidence(tables, NIGHT), members, persons, NIGHT).where("refusal IS NULL")
        pieces = concurrency.materialise_lazily(pieces)
        values, made = concurrency.materialise(edges.values(pieces, NIGHT), edges.edges(pieces, NIGHT))
        return risk_scores.Known(
            NIGHT,
            entities=persons.unionByName(entities.value_entities(values, NIGHT)),
            members=members.unionByName(entities.value_members(values, NIGHT)),
            edges=made,
            reports=reports,
            report_people=named,
            episodes=episodes,
            decisions=self._spark.createDataFrame([], gold.DECISIONS.struct()),
        )

    def _tables(self) -> list[DataFrame]:
        people = self._all("people", risk_worlds.PEOPLE)
        people = people.select(
            "night", _own("person_id"), "force", "forename", "surname", _moved_day("born_on"), _of_copy("phone"),
            _of_copy("address", " "), _of_copy("postcode", " "), _of_copy("vehicle"),
            F.concat_ws(".", "copy", "person").alias("entity_id"),
        )  # fmt: skip
        reports = self._all("reports", risk_worlds.REPORTS)
        item = F.transform(
            F.split("grades", ","),
            lambda g: F.struct(F.substring(g, 1, 1).alias("source"), F.substring(g, 2, 1).alias("intelligence")),
        )
        reports = reports.select(
            "night", _own("report_id"), _moved("created_at"), _moved_day("intelligence_on"), item.alias("items"),
            F.col("grades").contains("E").alias("is_suspected_false"), "is_csae", F.lit("3x5x2").alias("scheme"),
            F.lit(codes.MARKINGS[-1]).alias("marking"), F.lit("0" * 64).alias("text_hash"),
        ).where(_is_by_then("created_at"))  # fmt: skip
        named = self._all("named", risk_worlds.NAMED).select("night", _own("report_id"), _own("person_id"), "role")
        episodes = self._all("episodes", risk_worlds.EPISODES).select(
            "night", _own("episode_id"), _own("person_id"), F.concat_ws(".", "force", "copy").alias("force"),
            *[_moved(name) for name in ("reported_at", "last_seen_at", "found_at")], "risk",
            _of_copy("found_postcode", " "),
        )  # fmt: skip
        is_found = _is_by_then("found_at")
        episodes = episodes.where(_is_by_then("reported_at")).withColumns(
            {name: F.when(is_found, F.col(name)) for name in ("found_postcode", "found_at")}
        )
        events = self._all("events", risk_worlds.EVENTS).select(
            "night", F.concat_ws(".", "copy", "event_id").alias("event_id"), _of_copy("a_number"), _of_copy("b_number"),
            _moved("started_at"),
        )  # fmt: skip
        return concurrency.materialise(people, reports, named, episodes, events.where(_is_by_then("started_at")))

    def told(self, table: pd.DataFrame, capacity: int) -> pd.DataFrame:
        """Rows in the words of the worlds: which world, day and person a row of the walk is of."""
        at = table["entity_id"].str.extract(r"^W(?P<world>\d+)D(?P<day>\d+)\.(?P<person>.*)$")
        level = {name: k for k, name in enumerate(codes.MISSING_RISKS)}
        return pd.DataFrame(
            {
                "world": at["world"].astype(int),
                "day": np.asarray(self._days, dtype=object)[at["day"].astype(int)],
                "force": table["force"].str.split(".").str[0],
                "person": at["person"],
                "network": table["score"],
                "queue": (capacity + 1 - table["rank"]).fillna(0),
                "police_risk": table["police_risk"].map(level).fillna(-1),
                "episodes": table["n_episodes"],
                "degree": table["degree"],
                "page_rank": table["page_rank"],
            }
        )


def _own(name: str) -> Column:
    """An id of the copy: the force stays in front."""
    return F.concat(
        F.substring_index(name, ":", 1), F.lit(":"), F.col("copy"), F.lit("."), F.substring_index(name, ":", -1)
    ).alias(name)


def _of_copy(name: str, between: str = "") -> Column:
    return F.concat("copy", F.lit(between), name).alias(name)


def _moved(name: str) -> Column:
    return (F.col(name) + F.make_dt_interval("shift")).alias(name)


def _moved_day(name: str) -> Column:
    return F.date_add(name, F.col("shift")).alias(name)
