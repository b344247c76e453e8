"""Leads of one night: from what the night knows to rows of gold.comms_leads."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame

from pipelines.common import concurrency
from pipelines.comms import leads
from pipelines.comms.leads import queue
from schemas import leads as contract


def rows(known: leads.Known, night: date, thresholds: leads.Thresholds, unassigned_force: str) -> DataFrame:
    """Rows of gold.comms_leads, computed.

    Args:
        known: as of the night; `people` may have more columns than are used.
        unassigned_force: force of a lead whose numbers no force's record names.
    """
    if known.events.isEmpty():
        return known.events.sparkSession.createDataFrame([], contract.COMMS_LEADS.struct())
    (use,) = concurrency.materialise(leads.used(known, thresholds))
    candidates = leads.candidates(known, use, thresholds)
    published = queue.comms_leads(
        candidates, use, known.people, night, min_score=thresholds.min_score, unassigned=unassigned_force
    )
    return concurrency.materialise(published)[0]


def suspects(report_people: DataFrame, investigations: DataFrame) -> DataFrame:
    """`person_id` of whoever is a suspect in a report or an investigation; one row each."""
    named = [named.where("role = 'SUSPECT'").select("person_id") for named in (report_people, investigations)]
    return named[0].unionByName(named[1]).distinct()
