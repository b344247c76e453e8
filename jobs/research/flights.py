"""Listing search: which flights left from where to where, between two days, by UK local time."""

from __future__ import annotations

from datetime import date
from typing import Any

from pyspark.sql import functions as F

from jobs.runtime.audit import operations
from jobs.runtime.context import RunContext
from pipelines.travel import matches as travel_matches
from schemas import travel
from schemas.errors import InvalidInputError


def search(
    ctx: RunContext,
    *,
    origin: str | None,
    destination: str | None,
    first: date,
    last: date,
    carrier: str | None,
    night: date | None,
    limit: int,
    reviewer: str,
) -> list[dict[str, Any]]:
    """Listed flights with their UK end between two days (UK local time), both included, after the look was logged.

    The UK end is the departure of a flight out, the arrival of a flight in; of others the departure. Where two lists
    know one flight, it is one row with what either knows.

    Raises:
        InvalidInputError: the last day is before the first, or a code is not a code.
        NotFoundError: no night has run.
    """
    if last < first:
        raise InvalidInputError("the last day is before the first")
    for name, value, letters in (("--from", origin, 3), ("--to", destination, 3)):
        if value and not (len(value) == letters and value.isalpha()):
            raise InvalidInputError(f"{name} takes an airport's IATA code of three letters, not {value!r}")
    on = night or ctx.known().newest_published()
    asked = f"{origin or 'any'} to {destination or 'any'}, {first} to {last}, {carrier or 'any carrier'}"
    operations.flights_searched(ctx.audit, reviewer, asked, on)
    known = ctx.known(on).table(travel.FLIGHTS)
    if origin:
        known = known.where(F.col("from_airport") == F.lit(origin.upper()))
    if destination:
        known = known.where(F.col("to_airport") == F.lit(destination.upper()))
    if carrier:
        wanted = carrier.upper().replace(" ", "")
        known = known.where((F.col("carrier") == F.lit(wanted)) | (F.col("flight_no") == F.lit(wanted)))
    legs = known.groupBy(*travel_matches.LEG[:3], F.coalesce("departs_on", "arrives_on").alias("flight_on"))
    lists = legs.agg(F.sort_array(F.collect_set("_sender")).alias("lists"), F.max("status").alias("status"))
    flights = travel_matches.timetable(known).join(lists, list(travel_matches.LEG), how="inner")
    leaves, lands = (F.from_utc_timestamp(name, travel_matches.LONDON) for name in ("departs_at", "arrives_at"))
    uk_end = F.when(F.col("direction") == "INBOUND", lands).otherwise(F.coalesce(leaves, lands))
    timed = flights.withColumns({"leaves": leaves, "lands": lands, "uk_end": uk_end})
    timed = timed.where(F.to_date("uk_end").between(F.lit(first), F.lit(last))).orderBy("uk_end", "flight_no")
    clocks = {name: F.date_format(name, "yyyy-MM-dd HH:mm") for name in ("leaves", "lands")}  # text: no zone to slip
    shown = ("flight_no", "from_airport", "to_airport", "direction", "leaves", "lands", "status", "lists")
    return [row.asDict() for row in timed.limit(limit).withColumns(clocks).select(*shown).collect()]


def text(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "No listed flight fits."
    lines = ["OFFICIAL-SENSITIVE   listed flights, UK local time", ""]
    lines.append(f"{'flight':<8}{'from':<5}{'to':<5}{'':<10}{'leaves':<18}{'lands':<18}{'status':<11}lists")
    for row in rows:
        clock = [row[name] or "-" for name in ("leaves", "lands")]
        lines.append(
            f"{row['flight_no']:<8}{row['from_airport']:<5}{row['to_airport']:<5}{row['direction'].lower():<10}"
            f"{clock[0]:<18}{clock[1]:<18}{(row['status'] or '-').lower():<11}{', '.join(row['lists'])}"
        )
    return "\n".join(lines)
