"""Communications data under its authorisations (Investigatory Powers Act 2016 part 3): events, never content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipelines.conform import records
from pipelines.conform.records import Problem
from schemas import silver
from schemas import sources as layouts


def authorisations(rows: DataFrame, sources: Mapping[str, layouts.Source], night: date) -> DataFrame:
    """Judged authorisations (silver.comms_authorisations). A flag that is not given counts as not set."""
    record = records.read(rows, "comms_authorisations", sources, night)
    flags = ("is_protected_profession", "is_journalist_source")
    record = record.with_columns({name: F.coalesce(name, F.lit(False)) for name in flags})
    backwards = Problem(F.col("expires_at") < F.col("granted_at"), "BAD_DATE", "expires_at: before granted_at")
    return records.finish(record, silver.COMMS_AUTHORISATIONS, "comms_authorisations", then=(backwards,))


def events(rows: DataFrame, sources: Mapping[str, layouts.Source], night: date, known: DataFrame) -> DataFrame:
    """Judged events (silver.comms_events).

    Args:
        rows: bronze rows.
        sources: every layout.
        night: night of the run.
        known: authorisations as of the night, one row an `auth_urn` (shape of silver.comms_authorisations).

    An event whose authorisation is absent or unknown is refused; one outside the window is kept and `is_excess`.
    """
    record = records.read(rows, "comms_events", sources, night)
    windows = known.select(
        F.col("auth_urn").alias("_auth"),
        F.col("granted_at").alias("_granted"),
        F.col("expires_at").alias("_expires"),
        F.col("is_protected_profession").alias("_protected"),
    )
    joined = record.df.join(F.broadcast(windows), on=F.col("auth_urn") == F.col("_auth"), how="left")
    is_inside = F.col("started_at").between(F.col("_granted"), F.col("_expires"))
    record = replace(record, df=joined).with_columns(
        {
            "direction": F.coalesce("direction", F.lit("UNKNOWN")),
            "is_excess": ~F.coalesce(is_inside, F.lit(False)),
            "is_protected": F.coalesce("_protected", F.lit(False)),
            "event_id": _event_id(),
        }
    )
    parties = F.coalesce("_t_a_number", "_t_b_number", "_t_imei", "_t_imsi")
    unauthorised = (
        Problem(F.col("_t_auth_urn").isNull(), "NO_AUTHORISATION", "the event names no authorisation"),
        Problem(F.col("_auth").isNull(), "NO_AUTHORISATION", "no authorisation of this reference is known"),
    )
    nobody = Problem(parties.isNull(), "MISSING_REQUIRED", "a number, imei or imsi")
    return records.finish(record, silver.COMMS_EVENTS, "comms_events", first=unauthorised, then=(nobody,))


def _event_id() -> Column:
    """SHA-256 of provider, parties, type and start; handset and SIM stand in where there is no number (data)."""
    has_number = F.coalesce("a_number", "b_number").isNotNull()
    parts = [
        F.col("sender"),
        F.coalesce("a_number", F.lit("")),
        F.coalesce("b_number", F.lit("")),
        F.when(has_number, F.lit("")).otherwise(F.coalesce("imei", F.lit(""))),
        F.when(has_number, F.lit("")).otherwise(F.coalesce("imsi", F.lit(""))),
        F.coalesce("type", F.lit("")),
        F.coalesce(F.unix_micros("started_at").cast("string"), F.lit("")),
    ]
    return F.sha2(F.concat_ws("|", *parts), 256)
