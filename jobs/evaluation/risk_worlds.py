"""Synthetic worlds for the evaluation of risk, without files: what silver would hold of them, and who comes to harm.

Of one night's world with its whole history. Records are the persons that they are, so no figure hangs on how well
people are resolved; subscribers and passengers are left out, who make few ties.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from jobs.evaluation import lead_worlds
from pipelines.comms import access
from pipelines.synthesis import harm
from pipelines.synthesis.comms import comms
from pipelines.synthesis.core import world
from pipelines.synthesis.reports import cases, people, reports, subjects
from schemas import codes, silver

NIGHT = lead_worlds.NIGHT
FORCES = lead_worlds.FORCES
PEOPLE = "person_id string, force string, forename string, surname string, born_on date, phone string, " \
    "address string, postcode string, vehicle string, person string"  # fmt: skip
REPORTS = "report_id string, created_at timestamp, intelligence_on date, grades string, is_csae boolean"
NAMED = "report_id string, person_id string, role string"
EPISODES = "episode_id string, person_id string, force string, reported_at timestamp, last_seen_at timestamp, " \
    "found_at timestamp, risk string, found_postcode string"  # fmt: skip
EVENTS = "event_id string, a_number string, b_number string, started_at timestamp"


@dataclass(frozen=True)
class World:
    """One world, and its truth.

    people, reports, named, episodes, events: rows of the schemas above; `grades` are a report's items, as 1A,2B.
    harmed: person, harm_on, complete_on: a row a child to whom harm comes; NULL where no record leads to it.
    decoys: persons whom much points at, and to whom no harm comes.
    """

    people: pd.DataFrame
    reports: pd.DataFrame
    named: pd.DataFrame
    episodes: pd.DataFrame
    events: pd.DataFrame
    harmed: pd.DataFrame
    decoys: frozenset[str]


def make(spark: SparkSession, seed: int, n_reports: int) -> World:
    """A world of the demonstration's maker."""
    planet = world.make(seed, NIGHT, 1, n_reports, FORCES)
    held = pd.concat([_people(planet, force) for force in planet.forces], ignore_index=True)
    by_force = [_reports(planet, force) for force in planet.forces]
    person = held.set_index("person_id")["person"]
    ties = pd.concat([_frame(harm.ties(planet, force)) for force in planet.forces])
    decoys = pd.concat([_frame(cases.decoys(planet, force)) for force in planet.forces])
    harmed = ties.dropna(subset=["harm_on"]).assign(person=lambda t: t["child_id"].map(person))
    return World(
        people=held,
        reports=pd.concat([each[0] for each in by_force], ignore_index=True),
        named=pd.concat([each[1] for each in by_force], ignore_index=True),
        episodes=pd.concat([_episodes(planet, force) for force in planet.forces], ignore_index=True),
        events=_events(spark, planet),
        harmed=harmed[["person", "harm_on", "complete_on"]].reset_index(drop=True),
        decoys=frozenset(decoys["child_id"].map(person)),
    )


def _frame(columns: dict[str, pa.Array]) -> pd.DataFrame:
    return pd.DataFrame({name: column.to_pandas() for name, column in columns.items()})


def _people(planet: world.World, force: world.Force) -> pd.DataFrame:
    """Nominal records as silver holds them, and whose each is."""
    index = people.arrivals(force, 0)
    rows = _frame(people.records(planet, force, index, 0, False))
    for name in ("forename", "surname", "address"):
        rows[name] = rows[name].str.upper()
    rows["person_id"] = force.code + ":" + rows["person_ref"]
    rows["force"] = force.code
    rows["phone"] = rows["phone"].str.replace(" ", "").str.replace("^0", "+44", regex=True)
    truth = _frame(people.truth(planet, force, index))
    return _only(rows.merge(truth[["person_id", "true_person"]].rename(columns={"true_person": "person"})), PEOPLE)


def _reports(planet: world.World, force: world.Force) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Reports that a reader takes in, and who is named in them."""
    latent = subjects.Latent(planet, force, pd.RangeIndex(force.n_reports).to_numpy())
    rows, links = _frame(reports.rows(latent)), _frame(reports.links(latent))
    rows = rows[reports.flaw(latent) < 0]
    graded = [
        rows[f"item{k}_source"].str.cat(rows[f"item{k}_intelligence"]) for k in (1, 2, 3) if f"item{k}_text" in rows
    ]
    rows = rows.assign(
        report_id=force.code + ":" + rows["urn"],
        grades=pd.concat(graded, axis=1).apply(lambda row: ",".join(row.dropna()), axis=1),
        is_csae=rows["tags"].map(lambda tags: any(tag in codes.CSAE_TAGS for tag in tags)),
    )
    rows = rows[rows["scheme"] == "3x5x2"]  # the few of older schemes weigh by a setting of their own
    links = links.assign(report_id=force.code + ":" + links["urn"], person_id=force.code + ":" + links["person_ref"])
    named = links[links["report_id"].isin(rows["report_id"])].drop_duplicates(["report_id", "person_id", "role"])
    return _only(rows, REPORTS), _only(named, NAMED)


def _episodes(planet: world.World, force: world.Force) -> pd.DataFrame:
    """Episodes with their ends, whatever is known of them on the day that is looked at."""
    index = cases.episodes(planet, force, 0)
    rows = _frame(cases.missing(planet, force, index, 10 * 365))
    for ours, ref in (("person_id", "person_ref"), ("episode_id", "episode_ref")):
        rows[ours] = force.code + ":" + rows[ref]
    return _only(rows.assign(force=force.code), EPISODES)


def _events(spark: SparkSession, planet: world.World) -> pd.DataFrame:
    """Events that may be used, of all providers."""
    events, granted = [], []
    for sender in planet.providers:
        provider = comms.Provider(planet, sender)
        index = provider.arriving(0)
        events.append(_frame(provider.events(index)))
        granted.append(_frame(provider.authorisations(index)))
    held = lead_worlds.events_of(spark, pd.concat(events))
    authorised = lead_worlds.silver_of(spark, silver.COMMS_AUTHORISATIONS, pd.concat(granted))
    usable = access.usable(held, authorised, NIGHT)
    return usable.select("event_id", "a_number", "b_number", "started_at").toPandas()  # bounded by the world


def _only(rows: pd.DataFrame, schema: str) -> pd.DataFrame:
    return rows[[part.split()[0] for part in schema.split(", ")]].reset_index(drop=True)


def frame(spark: SparkSession, rows: pd.DataFrame, schema: str) -> DataFrame:
    """Rows as a DataFrame of the schema; missing values are NULL."""
    kept = rows.astype(object).where(rows.notna(), None)
    for name in rows.select_dtypes("datetime"):  # as objects they would be nanoseconds
        kept[name] = rows[name]
    return spark.createDataFrame(kept, schema)
