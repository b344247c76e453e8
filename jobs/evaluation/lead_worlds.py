"""Synthetic worlds for the evaluation of leads, without files: what silver would hold of them, and what is to be found.

A world has a planted line with its bystanders for each `planted.REPORTS_A_LINE` reports, or bystanders only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from pipelines.comms import access, leads
from pipelines.synthesis.comms import cells, comms, network, planted
from pipelines.synthesis.comms.lines import Line
from pipelines.synthesis.core import world
from pipelines.synthesis.reports import cases, people
from schemas import silver
from schemas.contract import Table

NIGHT = date(2026, 1, 5)
FORCES = ("36", "37", "47", "45", "22")
OPERATOR = "telco"  # all cells and events of a world count as one network's
Columns = dict[str, pa.Array]


@dataclass(frozen=True)
class World:
    """One world as a night knows it, and its truth: columns line, detector, a, b, latitude, longitude."""

    known: leads.Known
    truth: pd.DataFrame


def make(spark: SparkSession, seed: int, n_lines: int, *, has_lines: bool = True) -> World:
    """A world of one night; without lines, every second one (of odd seed) has some that no child goes with.

    Its events are those that lie within their authorisations, numbers in E.164."""
    planet = world.make(seed, NIGHT, 1, max(n_lines * planted.REPORTS_A_LINE, 1000), FORCES)
    lines = [Line(planet, n) for n in range(n_lines)]
    is_seen = has_lines or seed % 2 == 1
    events = [_frame(planted.events(line, has_line=is_seen)) for line in lines]
    granted = [_frame(planted.authorisations(line, s, has_line=is_seen)) for line in lines for s in planet.providers]
    for sender in planet.providers:
        provider = comms.Provider(planet, sender)
        index = provider.arriving(0)
        events.append(_frame(provider.events(index)))
        granted.append(_frame(provider.authorisations(index)))
    held = events_of(spark, pd.concat(events))
    authorisations = silver_of(spark, silver.COMMS_AUTHORISATIONS, pd.concat(granted))
    known = leads.Known(
        events=access.usable(held, authorisations, NIGHT),
        hidden=access.hidden_numbers(held, authorisations, NIGHT),
        cells=_cells(spark, planet),
        authorisations=authorisations,
        people=_people(spark, planet),
        suspects=_suspects(spark, planet),
        episodes=_episodes(spark, planet, has_lines=has_lines),
    )
    truth = _frame(planted.truth(lines, has_line=is_seen)[0])
    return World(known, truth if has_lines else truth[truth["detector"] != "missing_overlap"])


def _frame(columns: Columns) -> pd.DataFrame:
    return pd.DataFrame({name: column.to_pandas() for name, column in columns.items()})


def events_of(spark: SparkSession, events: pd.DataFrame) -> DataFrame:
    """Rows of silver.comms_events, but for their lineage. What may be used of them the gate says."""
    rows = events.reset_index(drop=True)
    for side in ("a_number", "b_number"):
        rows[side] = rows[side].str.replace("^0", "+44", regex=True)
    rows["event_id"] = [f"e{n:08d}" for n in range(len(rows))]
    rows["direction"] = rows["direction"].fillna("UNKNOWN")
    rows["duration_s"] = rows["duration_s"].astype(float)
    rows["operator"] = OPERATOR
    rows[list(silver.ARRIVAL_FLAGS)] = False
    return silver_of(spark, silver.COMMS_EVENTS, rows)


def silver_of(spark: SparkSession, table: Table, rows: pd.DataFrame) -> DataFrame:
    """Rows of a silver table as known in the night, but for their lineage; missing values are NULL."""
    names = [name for name in table.names if not name.startswith("_")]
    rows = rows.reset_index(drop=True).assign(night=NIGHT)
    kept = rows[names].astype(object).where(rows[names].notna(), None)
    for name in rows[names].select_dtypes("datetime"):  # as objects they would be nanoseconds
        kept[name] = rows[name]
    schema = ", ".join(f"{name} {table.columns[name].type.simpleString()}" for name in names)
    return spark.createDataFrame(kept, schema)


def _cells(spark: SparkSession, planet: world.World) -> DataFrame:
    tables = [cells.rows(planet.first_day), *(network.Network(planet, s).rows() for s in planet.providers)]
    table = pd.concat([_frame(each) for each in tables])
    table["operator"] = OPERATOR
    names = ["operator", "cell", "latitude", "longitude", "azimuth", "from_on", "to_on"]
    kept = table[names].astype(object).where(table[names].notna(), None)
    schema = ", ".join(f"{n} {silver.COMMS_CELLS.columns[n].type.simpleString()}" for n in names)
    return spark.createDataFrame(kept, schema)


def _records(planet: world.World) -> pd.DataFrame:
    record_rows = []
    for force in planet.forces:
        index = people.arrivals(force, 0)
        rows = _frame(people.records(planet, force, index, 0, False))
        rows["person_id"] = force.code + ":" + rows["person_ref"]
        rows["kind"] = people.resolve(planet, force, index).kind
        record_rows.append(rows)
    return pd.concat(record_rows)


def _people(spark: SparkSession, planet: world.World) -> DataFrame:
    rows = _records(planet)
    rows["phone"] = rows["phone"].str.replace(" ", "").str.replace("^0", "+44", regex=True)
    kept = rows[["person_id", "phone"]].astype(object).where(rows[["person_id", "phone"]].notna(), None)
    return spark.createDataFrame(kept, "person_id string, phone string")


def _suspects(spark: SparkSession, planet: world.World) -> DataFrame:
    rows = _records(planet)
    return spark.createDataFrame(rows.loc[rows["kind"] == world.SUSPECT, ["person_id"]])


def _episodes(spark: SparkSession, planet: world.World, *, has_lines: bool) -> DataFrame:
    episode_rows = []
    for force in planet.forces:
        parts = [cases.missing(planet, force, cases.episodes(planet, force, 0), 0)]
        parts.append(planted.missing(planet, force, 0, has_line=has_lines))
        for part in filter(None, parts):
            rows = _frame(part)
            for ours, ref in (("person_id", "person_ref"), ("episode_id", "episode_ref")):
                rows[ours] = force.code + ":" + rows[ref]
            episode_rows.append(rows[["person_id", "episode_id", "reported_at", "last_seen_at", "found_at"]])
    rows = pd.concat(episode_rows)
    schema = "person_id string, episode_id string, reported_at timestamp, last_seen_at timestamp, found_at timestamp"
    return spark.createDataFrame(rows, schema)
