"""Nominals, who is named in which report, investigations and missing episodes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipelines.ingest import layout_columns
from pipelines.ingest.conform import judgement, records
from pipelines.ingest.conform.judgement import Problem
from schemas import codes, silver
from schemas.layouts import layouts


def nominals(rows: DataFrame, sources: Mapping[str, layouts.Source], night: date) -> DataFrame:
    """Judged nominals (silver.people). Older and unknown ethnicity codes are migrated, and flagged."""
    record = records.read(rows, "nominals", sources, night)
    own, officer = F.col("self_defined_ethnicity"), F.col("officer_defined_ethnicity")
    is_older, is_unknown = own.isin(*codes.MIGRATED_ETHNICITIES), officer.isin(*codes.UNKNOWN_OFFICER_DEFINED)
    migrated = F.create_map(*[F.lit(code) for pair in codes.MIGRATED_ETHNICITIES.items() for code in pair])
    record = record.with_columns(
        {
            "is_ethnicity_migrated": F.coalesce(is_older, F.lit(False)) | F.coalesce(is_unknown, F.lit(False)),
            "self_defined_ethnicity": F.coalesce(F.try_element_at(migrated, own), own),
            "officer_defined_ethnicity": F.when(is_unknown, F.lit("IC9")).otherwise(officer),
            "force": record.extract.force(),
            "person_id": records.local_id(record.extract, F.col("person_ref")),
            **{name: _upper(name) for name in ("forename", "surname", "address")},
        }
    )
    written = F.map_filter("_m", lambda _, value: layout_columns.clean(value).isNotNull())
    bare = Problem(F.size(written) == 1, "MISSING_REQUIRED", "nothing but one value: a title or a footer, no person")
    return judgement.finish(record, silver.PEOPLE, "nominals", then=(bare,))


def _upper(name: str) -> Column:
    return F.upper(F.regexp_replace(name, r"\s+", " "))


def report_links(rows: DataFrame, sources: Mapping[str, layouts.Source], night: date) -> DataFrame:
    """Judged links of nominals to reports (silver.report_people)."""
    record = records.read(rows, "report_links", sources, night)
    record = record.with_columns(
        {
            "report_id": records.local_id(record.extract, F.col("urn")),
            "person_id": records.local_id(record.extract, F.col("person_ref")),
        }
    )
    return judgement.finish(record, silver.REPORT_PEOPLE, "report_links")


def investigations(rows: DataFrame, sources: Mapping[str, layouts.Source], night: date) -> DataFrame:
    """Judged subjects of investigations (silver.investigations). A last day before the first is not known."""
    record = records.read(rows, "investigations", sources, night)
    record = record.with_columns(
        {
            "force": record.extract.force(),
            "investigation_id": records.local_id(record.extract, F.col("investigation_ref")),
            "person_id": records.local_id(record.extract, F.col("person_ref")),
            "closed_on": judgement.unless(F.col("closed_on") < F.col("opened_on"), "closed_on"),
        }
    )
    return judgement.finish(record, silver.INVESTIGATIONS, "investigations")


def missing_episodes(rows: DataFrame, sources: Mapping[str, layouts.Source], night: date) -> DataFrame:
    """Judged missing-person episodes (silver.missing_episodes).

    Who was found before being reported is still missing; a last sight after the report is not known.
    """
    record = records.read(rows, "missing_episodes", sources, night)
    record = record.with_columns(
        {
            "force": record.extract.force(),
            "found_at": judgement.unless(F.col("found_at") < F.col("reported_at"), "found_at"),
            "last_seen_at": judgement.unless(F.col("last_seen_at") > F.col("reported_at"), "last_seen_at"),
            "episode_id": records.local_id(record.extract, F.col("episode_ref")),
            "person_id": records.local_id(record.extract, F.col("person_ref")),
        }
    )
    return judgement.finish(record, silver.MISSING_EPISODES, "missing_episodes")
