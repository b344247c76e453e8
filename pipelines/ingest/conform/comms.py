"""Communications data under its authorisations (Investigatory Powers Act 2016 part 3): events and who holds a number.

Content is out of scope. Data that goes beyond its authorisation is kept, and marked `is_excess`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipelines.common import authorised
from pipelines.ingest.conform import judgement, places, records
from pipelines.ingest.conform.judgement import Problem
from schemas import silver
from schemas.layouts import layouts

_EQUIPMENT = ("imei", "imsi")
_IDENTIFYING = ("a_number", "b_number", "subject_number", "other_number", *_EQUIPMENT)


def authorisations(rows: DataFrame, sources: Mapping[str, layouts.Source], night: date) -> DataFrame:
    """Judged authorisations (silver.comms_authorisations). A flag that is not given counts as not set."""
    record = records.read(rows, "comms_authorisations", sources, night)
    flags = ("is_protected_profession", "is_journalist_source")
    record = record.with_columns({name: F.coalesce(name, F.lit(False)) for name in flags})
    backwards = Problem(F.col("expires_at") < F.col("granted_at"), "BAD_DATE", "expires_at: before granted_at")
    return judgement.finish(record, silver.COMMS_AUTHORISATIONS, "comms_authorisations", then=(backwards,))


def events(rows: DataFrame, sources: Mapping[str, layouts.Source], night: date, known: DataFrame) -> DataFrame:
    """Judged events (silver.comms_events).

    Args:
        rows: bronze rows.
        sources: every layout.
        night: night of the run.
        known: authorisations as of the night, one row an `auth_urn` (shape of silver.comms_authorisations).

    An event that anything identifies is kept, whatever its other values hold. One whose authorisation is absent or
    unknown is refused; one outside the window, or under an authorisation for
    entity data alone, is kept and `is_excess`.
    """
    record = _authorised(records.read(rows, "comms_events", sources, night), known)
    is_incoming = F.coalesce(F.col("direction") == "INCOMING", F.lit(False))
    subject, other = F.col("subject_number"), F.col("other_number")
    record = record.with_columns(
        {
            "a_number": F.coalesce("a_number", F.when(is_incoming, other).otherwise(subject)),
            "b_number": F.coalesce("b_number", F.when(is_incoming, subject).otherwise(other)),
        }
    )
    record = record.with_columns(
        {
            "operator": F.col("sender"),
            "direction": F.coalesce("direction", F.lit("UNKNOWN")),
            "is_excess": ~authorised.covers_event(),
            "event_id": _event_id(),
        }
    )
    return judgement.finish(record, silver.COMMS_EVENTS, "comms_events", first=_unauthorised(), then=_nobody())


def _nobody() -> tuple[Problem, ...]:
    """Why an event is refused that no number, handset or SIM identifies."""
    written, read = (
        F.coalesce(*names) for names in ([f"_t_{name}" for name in _IDENTIFYING], ["a_number", "b_number", *_EQUIPMENT])
    )
    return (
        Problem(written.isNull(), "MISSING_REQUIRED", "a number, imei or imsi"),
        Problem(read.isNull(), "BAD_NUMBER", "no number, imei or imsi can be read"),
    )


def subscribers(rows: DataFrame, sources: Mapping[str, layouts.Source], night: date, known: DataFrame) -> DataFrame:
    """Judged subscriber records (silver.comms_subscribers). Arguments as for `events`.

    Entity data may be held under either kind of authorisation, for a record that touches its window.
    """
    record = _authorised(records.read(rows, "comms_subscribers", sources, night), known)
    key = F.concat_ws("|", "sender", "number", F.col("from_on").cast("string"))
    record = record.with_columns(
        {
            "operator": F.col("sender"),
            "is_excess": ~authorised.covers_subscriber(night),
            "subscriber_id": F.sha2(key, 256),
            **{name: F.upper(F.regexp_replace(name, r"\s+", " ")) for name in ("name", "address")},
        }
    )
    backwards = Problem(F.col("to_on") < F.col("from_on"), "BAD_DATE", "to_on: before from_on")
    return judgement.finish(
        record, silver.COMMS_SUBSCRIBERS, "comms_subscribers", first=_unauthorised(), then=(backwards,)
    )


def cells(rows: DataFrame, sources: Mapping[str, layouts.Source], night: date) -> DataFrame:
    """Judged cells (silver.comms_cells): reference data, which needs no authorisation.

    A cell is kept without an azimuth that is none: it sends all ways, or was not told.
    """
    record = records.read(rows, "comms_cells", sources, night)
    azimuth = judgement.unless(~F.col("azimuth").between(0, 360), "azimuth")
    record = record.with_columns({"operator": F.col("sender"), "azimuth": azimuth})
    problems = (
        *places.problems(record.extract),
        Problem(F.col("to_on") < F.col("from_on"), "BAD_DATE", "to_on: before from_on"),
    )
    return judgement.finish(record, silver.COMMS_CELLS, "comms_cells", then=problems)


def _authorised(record: judgement.Record, known: DataFrame) -> judgement.Record:
    """Adds the authorisation that each row names (see `authorised.windows`; NULL where unknown), and `is_protected`."""
    windows = F.broadcast(authorised.windows(known))
    joined = record.df.join(windows, on=F.col("auth_urn") == F.col("_auth"), how="left")
    return replace(record, df=joined.withColumn("is_protected", F.coalesce("_hides", F.lit(False))))


def _unauthorised() -> tuple[Problem, ...]:
    return (
        Problem(F.col("_t_auth_urn").isNull(), "NO_AUTHORISATION", "the row names no authorisation"),
        Problem(F.col("_auth").isNull(), "NO_AUTHORISATION", "no authorisation of this reference is known"),
    )


def _event_id() -> Column:
    """SHA-256 of provider, parties, handset, SIM, type, start, duration and cells: only the same event twice is one.

    Times to the minute then lose nothing: two calls of one minute differ in their length, or in the cells.
    """
    parts = (
        "sender",
        "a_number",
        "b_number",
        "imei",
        "imsi",
        "type",
        "started_at",
        "duration_s",
        "first_cell",
        "last_cell",
    )
    spelt = [F.unix_micros(name) if name == "started_at" else F.col(name) for name in parts]
    return F.sha2(F.concat_ws("|", *[F.coalesce(part.cast("string"), F.lit("")) for part in spelt]), 256)
