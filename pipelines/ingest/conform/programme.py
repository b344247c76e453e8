"""What the programme records: investigations, where they reach, what they brought to light, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipelines.ingest.conform import judgement, records
from pipelines.ingest.conform.judgement import Problem
from schemas import codes as national
from schemas.contract import whole
from schemas.layouts import layouts
from schemas.programme import codes
from schemas.programme import records as contract


@dataclass(frozen=True)
class _Form:
    """How a feed becomes its table: ids from the sender's references, and days that may not come before others."""

    ids: Mapping[str, str]
    not_before: Mapping[str, str] = field(default_factory=dict)
    has_force: bool = False


_CASE = {"case_id": "case_ref"}
_FORMS = {
    "case_records": _Form(_CASE, {"closed_on": "opened_on"}, has_force=True),
    "case_areas": _Form(_CASE),
    "case_subjects": _Form({**_CASE, "subject_id": "subject_ref"}),
    "master_list": _Form({"entry_id": "entry_ref"}, {"removed_on": "listed_on"}),
    "disruptions": _Form({**_CASE, "disruption_id": "disruption_ref"}),
    "case_outcomes": _Form({**_CASE, "outcome_id": "outcome_ref"}),
}


def judged(feed: str, rows: DataFrame, sources: Mapping[str, layouts.Source], night: date) -> DataFrame:
    """Judged records of a feed of the programme (its table of `schemas.programme.records`).

    A last day before the first is not known. An area is a force or a country; without either, or with both, it is
    refused.
    """
    form = _FORMS[feed]
    record = records.read(rows, feed, sources, night)
    made = {ours: records.local_id(record.extract, F.col(theirs)) for ours, theirs in form.ids.items()}
    made |= {last: judgement.unless(F.col(last) < F.col(first), last) for last, first in form.not_before.items()}
    then: tuple[Problem, ...] = ()
    if form.has_force:
        made["force"] = record.extract.force()
    if feed == "case_areas":
        made |= {"area": F.coalesce("in_force", F.upper("country")), "is_abroad": F.col("in_force").isNull()}
        is_one = F.col("in_force").isNull() != F.col("country").isNull()
        is_country = F.col("country").isNull() | F.upper("country").rlike(whole(codes.COUNTRY_PATTERN))
        then = (
            Problem(~is_one, "MISSING_REQUIRED", "in_force or country, one of both"),
            Problem(~is_country, "BAD_CODE", "country: two letters"),
        )
    if feed == "case_outcomes":
        made["item_id"] = judgement.unless(~F.col("item_id").rlike(whole(national.ITEM_ID_PATTERN)), "item_id")
    return judgement.finish(record.with_columns(made), contract.BY_FEED[feed], feed, then=then)
