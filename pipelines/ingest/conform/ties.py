"""What a force records as ties between people: associations, further identifiers, journeys."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipelines.ingest.conform import judgement, records
from schemas import ties
from schemas.layouts import layouts


def associations(rows: DataFrame, sources: Mapping[str, layouts.Source], night: date) -> DataFrame:
    """Judged associations (silver.associations).

    Of a sender without references of its own, an association is one by its two people, kind and time. The time of a
    state's record is not when it began, and is no part of it.
    """
    record = records.read(rows, "associations", sources, night)
    ends = {
        "person_id": records.local_id(record.extract, F.col("person_ref")),
        "other_person_id": records.local_id(record.extract, F.col("other_person_ref")),
    }
    happened = judgement.unless(F.col("kind").isin(*ties.STATES), "happened_at")
    record = record.with_columns({**ends, "happened_at": happened})
    pair = F.array_join(F.array_sort(F.array("person_ref", "other_person_ref")), "|")
    digest = F.sha2(F.concat_ws("|", pair, "kind", F.col("happened_at").cast("string")), 256)
    own = F.coalesce(F.col("association_ref"), F.substring(digest, 1, 16))
    record = record.with_columns({"association_id": records.local_id(record.extract, own)})
    return judgement.finish(record, ties.ASSOCIATIONS, "associations")


def identifiers(rows: DataFrame, sources: Mapping[str, layouts.Source], night: date) -> DataFrame:
    """Judged identifiers (silver.identifiers). What is not of its kind's shape identifies nobody and is refused."""
    record = records.read(rows, "identifiers", sources, night)
    record = record.with_columns(
        {
            "person_id": records.local_id(record.extract, F.col("person_ref")),
            "kind": F.when(F.col("kind") == "EMAIL", "HANDLE").otherwise(F.col("kind")),
            "last_at": judgement.unless(F.col("last_at") < F.col("first_at"), "last_at"),
        }
    )
    return judgement.finish(record, ties.IDENTIFIERS, "identifiers")


def journeys(rows: DataFrame, sources: Mapping[str, layouts.Source], night: date) -> DataFrame:
    """Judged people on journeys (silver.journey_people)."""
    record = records.read(rows, "journey_people", sources, night)
    record = record.with_columns(
        {
            "journey_id": records.local_id(record.extract, F.col("journey_ref")),
            "person_id": records.local_id(record.extract, F.col("person_ref")),
        }
    )
    return judgement.finish(record, ties.JOURNEY_PEOPLE, "journey_people")
