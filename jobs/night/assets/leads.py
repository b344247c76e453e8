"""Leads in communications data: every detector over the night's events, the table and its queue, in two writes."""

from collections.abc import Iterator, Mapping
from datetime import date

import dagster as dg
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.night.assets import common
from jobs.runtime import progress
from jobs.runtime.context import Workplace
from pipelines.common import as_of, concurrency
from pipelines.comms import leads
from pipelines.comms.leads import queue
from schemas import gold, silver
from schemas import leads as contract

READ = (
    silver.COMMS_EVENTS, silver.COMMS_CELLS, silver.COMMS_AUTHORISATIONS, silver.PEOPLE, silver.REPORT_PEOPLE,
    silver.INVESTIGATIONS, silver.MISSING_EPISODES,
)  # fmt: skip


def looked(place: Workplace, night: date) -> Iterator[dg.MaterializeResult]:
    """Look for every pattern in what the night knows; publish what is worth a look."""
    lake, values, tonight = place.lake, place.settings["leads"], {"night": night.isoformat()}
    given = leads.Thresholds.of(values, place.settings["schedule"]["time_zone"])
    with progress.CURRENT.step("leads in communications data"):
        known = {table.path: as_of.current(lake.read(table), table.key, night) for table in READ}
        (events,) = concurrency.computed(known[silver.COMMS_EVENTS.path])
        rows = _rows(place, night, known, events, given)
        by_detector, _ = concurrency.at_once(
            rows.groupBy("detector").count().orderBy("detector").collect,
            lambda: lake.replace(rows, contract.COMMS_LEADS, tonight),
        )
        counts = {row.detector: row["count"] for row in by_detector}
        _log(place, night.isoformat(), counts)
        items = queue.queue_items(
            rows, events, lake.read(gold.DECISIONS).where(F.col("night") <= F.lit(night)), night,
            capacity=int(values["capacity"]), made_with=place.provenance((*READ, contract.COMMS_LEADS)),
        ).localCheckpoint(eager=False)  # fmt: skip
        lake.replace(items, gold.QUEUE_ITEMS, {**tonight, "queue": queue.QUEUE})
    yield common.result(
        place, contract.COMMS_LEADS, {"leads": sum(counts.values()), "by detector": common.bars(counts, "leads")}
    )


def _rows(
    place: Workplace, night: date, known: Mapping[str, DataFrame], events: DataFrame, given: leads.Thresholds
) -> DataFrame:
    """Rows of gold.comms_leads as of a night, computed."""
    if events.isEmpty():
        return place.spark.createDataFrame([], contract.COMMS_LEADS.struct())
    people = known[silver.PEOPLE.path].select("person_id", "force", "phone").localCheckpoint(eager=False)
    material = leads.Known(
        events=events,
        cells=known[silver.COMMS_CELLS.path],
        authorisations=known[silver.COMMS_AUTHORISATIONS.path],
        people=people,
        suspects=_suspects(known),
        episodes=known[silver.MISSING_EPISODES.path],
    )
    (use,) = concurrency.computed(leads.used(material, given))
    limits = {"least_score": given.least_score, "unassigned": place.settings["leads"]["unassigned_force"]}
    found = leads.candidates(material, use, given)
    return concurrency.computed(queue.comms_leads(found, use, people, night, **limits))[0]


def _suspects(known: Mapping[str, DataFrame]) -> DataFrame:
    """Who is a suspect in a report or an investigation."""
    named = [
        known[table.path].where("role = 'SUSPECT'").select("person_id")
        for table in (silver.REPORT_PEOPLE, silver.INVESTIGATIONS)
    ]
    return named[0].unionByName(named[1]).distinct()


def _log(place: Workplace, night: str, counts: dict[str, int]) -> None:
    """Communications data was joined with nominal records and missing episodes."""
    for table in (silver.PEOPLE, silver.MISSING_EPISODES):
        what = f"{silver.COMMS_EVENTS.path} with {table.path}, night {night}"
        place.audit.append("combination", "nightjar", what, why="leads in communications data", counts=counts)


PIECE = common.Piece((common.spec(contract.COMMS_LEADS, (*READ, gold.DECISIONS)),), looked)
