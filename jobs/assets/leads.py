"""Leads in communications data: every detector over the night's events, the table and its queue, in two writes."""

import dagster as dg
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import progress
from jobs.assets import common
from jobs.workplace import Workplace
from pipelines import asof, leads
from pipelines.leads import queue
from schemas import gold, silver
from schemas import leads as contract

READ = (
    silver.COMMS_EVENTS, silver.COMMS_CELLS, silver.COMMS_AUTHORISATIONS, silver.PEOPLE, silver.REPORT_PEOPLE,
    silver.INVESTIGATIONS, silver.MISSING_EPISODES,
)  # fmt: skip


@dg.asset(
    key=common.key(contract.COMMS_LEADS),
    deps=[*(common.key(table) for table in READ), common.key(gold.DECISIONS)],
    partitions_def=common.NIGHTS,
    group_name="gold",
    kinds={"delta", "spark"},
    description=contract.COMMS_LEADS.doc,
    required_resource_keys={"place"},
)
def found(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Look for every pattern in what the night knows; publish what is more likely right than wrong."""
    place, night = common.place_of(context), common.night_of(context)
    lake, values = place.lake, place.settings["leads"]
    given = leads.Thresholds.of(values, place.settings["schedule"]["time_zone"])
    kept: list[DataFrame] = []

    def keep(df: DataFrame) -> DataFrame:
        kept.append(df.localCheckpoint(eager=False))
        return kept[-1]

    with progress.CURRENT.step("leads in communications data"):
        known = {table.path: asof.current(lake.read(table), table.key, night) for table in READ}
        events, people = (
            keep(known[silver.COMMS_EVENTS.path]),
            keep(known[silver.PEOPLE.path].select("person_id", "force", "phone")),
        )
        try:
            material = leads.Known(
                events=events,
                cells=known[silver.COMMS_CELLS.path],
                authorisations=known[silver.COMMS_AUTHORISATIONS.path],
                people=people,
                suspects=_suspects(known),
                episodes=known[silver.MISSING_EPISODES.path],
            )
            use = keep(leads.used(material, given))
            rows = keep(
                queue.comms_leads(
                    leads.candidates(material, use, given, keep), use, people, night,
                    least_score=given.least_score, unassigned=values["unassigned_force"],
                )
            )  # fmt: skip
            lake.replace(rows, contract.COMMS_LEADS, {"night": night.isoformat()})
            items = keep(
                queue.queue_items(
                    rows, events, lake.read(gold.DECISIONS).where(F.col("night") <= F.lit(night)), night,
                    capacity=int(values["capacity"]), made_with=place.provenance((*READ, contract.COMMS_LEADS)),
                )
            )  # fmt: skip
            lake.replace(items, gold.QUEUE_ITEMS, {"night": night.isoformat(), "queue": queue.QUEUE})
            counts = {
                row.detector: row["count"] for row in rows.groupBy("detector").count().orderBy("detector").collect()
            }
            _log(place, night.isoformat(), counts)
        finally:
            for df in kept:
                df.unpersist()
    return common.result(
        place, contract.COMMS_LEADS, {"leads": sum(counts.values()), "by detector": common.bars(counts, "leads")}
    )


def _suspects(known: dict[str, DataFrame]) -> DataFrame:
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


ALL = [found]
