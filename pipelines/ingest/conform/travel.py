"""Airports, routes, flight listings and passenger rows. Times of listings are by the clock of the end they speak of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipelines.ingest.conform import judgement, places, records
from pipelines.ingest.conform.judgement import Problem
from schemas import travel
from schemas.layouts import layouts

UK = ("UNITED KINGDOM", "UK", "GB", "GBR", "GREAT BRITAIN", "ENGLAND", "SCOTLAND", "WALES", "NORTHERN IRELAND")
_ZONE = r"^[A-Z][A-Za-z_]+(?:/[A-Za-z0-9_+\-]+){1,2}$"
_NUMBER = r"^([A-Z]{3}|[A-Z0-9]{2})\s*0*([1-9][0-9]{0,3}[A-Z]?)$"
_CLOCK = r"^([01]?[0-9]|2[0-3])[:.]?([0-5][0-9])$"
_TITLE = r"(?:MR|MRS|MS|MISS|MSTR|MASTER|MX|DR|CHD|INF)"


def airports(rows: DataFrame, sources: Mapping[str, layouts.Source], night: date) -> DataFrame:
    """Judged airports (silver.airports). Where latitude and longitude are no place, both become NULL."""
    record = records.read(rows, "airports", sources, night)
    is_no_place = places.is_off_earth() | places.is_nowhere()
    record = record.with_columns(
        {
            "airport": _airport("airport"),
            **{name: judgement.unless(is_no_place, name) for name in ("latitude", "longitude")},
            "time_zone": F.when(F.col("time_zone").rlike(_ZONE), F.col("time_zone")),
            "is_uk": F.coalesce(F.upper("country").isin(*UK), F.lit(False)),
        }
    )
    return judgement.finish(record, travel.AIRPORTS, "airports", then=(_no_airport("airport"),))


def routes(rows: DataFrame, sources: Mapping[str, layouts.Source], night: date) -> DataFrame:
    """Judged routes (silver.flight_routes)."""
    record = records.read(rows, "flight_routes", sources, night)
    carrier = F.upper("carrier")
    record = record.with_columns(
        {
            "carrier": F.when(carrier.rlike(r"^(?:[A-Z]{3}|[A-Z0-9]{2})$"), carrier),
            "from_airport": _airport("from_airport"),
            "to_airport": _airport("to_airport"),
        }
    )
    no_carrier = Problem(F.col("carrier").isNull(), "BAD_CODE", "carrier: not a code of two or three characters")
    problems = (no_carrier, _no_airport("from_airport"), _no_airport("to_airport"))
    return judgement.finish(record, travel.ROUTES, "flight_routes", then=problems)


def flights(rows: DataFrame, sources: Mapping[str, layouts.Source], night: date, known: DataFrame) -> DataFrame:
    """Judged flight listings (silver.flights).

    Args:
        rows: bronze rows.
        sources: every layout.
        night: night of the run.
        known: airports as of the night, tonight's included, one row an `airport` (shape of silver.airports).

    Clock times of a schedule that `times_in: AIRPORT` are read in the zone of the airport of their end; an arrival not
    after its departure is on the next day. A listing whose zone nobody knows is refused: a guess would be an hour out.
    """
    record = records.read(rows, "flights", sources, night)
    is_arrival = F.col("side") == "ARRIVAL"
    record = record.with_columns(
        {
            "from_airport": _airport(F.coalesce("from_airport", F.when(is_arrival, F.col("other_airport")).otherwise(
                F.col("home_airport")))),
            "to_airport": _airport(F.coalesce("to_airport", F.when(is_arrival, F.col("home_airport")).otherwise(
                F.col("other_airport")))),
            **_flight_number(),
            "departs_at": F.coalesce("departs_at", F.when(F.col("side") == "DEPARTURE", F.col("listed_at"))),
            "arrives_at": F.coalesce("arrives_at", F.when(is_arrival, F.col("listed_at"))),
        }
    )  # fmt: skip
    joined = record.df
    for end, name in (("_from", "from_airport"), ("_to", "to_airport")):
        zones = known.select(
            F.col("airport").alias(f"{end}_airport"),
            F.col("time_zone").alias(f"{end}_zone"),
            F.col("is_uk").alias(f"{end}_uk"),
        )
        joined = joined.join(F.broadcast(zones), on=F.col(name) == F.col(f"{end}_airport"), how="left")
    record = _timed(replace(record, df=joined))
    unzoned = F.coalesce(F.col("times_in") == "AIRPORT", F.lit(False)) & (
        F.col("_from_zone").isNull() | F.col("_to_zone").isNull()
    )
    problems = (
        Problem(F.col("flight_no").isNull(), "BAD_CODE", "flight_no: not a carrier code and a number"),
        _no_airport("from_airport"),
        _no_airport("to_airport"),
        Problem(unzoned, "BAD_CODE", "an airport whose time zone is not known, so its local times cannot be read"),
        Problem(
            F.coalesce("departs_at", "arrives_at").isNull(), "MISSING_REQUIRED", "a time of departure or of arrival"
        ),
        Problem(F.col("arrives_at") <= F.col("departs_at"), "BAD_DATE", "arrives_at: not after departs_at"),
    )
    return judgement.finish(record, travel.FLIGHTS, "flights", then=problems)


def _timed(record: judgement.Record) -> judgement.Record:
    """Both ends as instants, their local dates, the direction and the id."""
    own = record.extract.time_zone()
    at_airport = F.col("times_in") == "AIRPORT"
    from_zone = F.when(at_airport, F.col("_from_zone")).otherwise(own)
    to_zone = F.when(at_airport, F.col("_to_zone")).otherwise(own)
    leaves = F.to_utc_timestamp(_on("service_on", "departs_time"), from_zone)
    lands = F.to_utc_timestamp(_on("service_on", "arrives_time"), to_zone)
    record = record.with_columns({"departs_at": F.coalesce("departs_at", leaves)})
    next_day = F.to_utc_timestamp(_on("service_on", "arrives_time", 1), to_zone)
    lands = F.when(lands <= F.col("departs_at"), next_day).otherwise(lands)
    record = record.with_columns({"arrives_at": F.coalesce("arrives_at", lands)})
    departs_on = F.to_date(F.from_utc_timestamp("departs_at", F.coalesce("_from_zone", own)))
    arrives_on = F.to_date(F.from_utc_timestamp("arrives_at", F.coalesce("_to_zone", own)))
    is_from, is_to = (F.coalesce(name, F.lit(False)) for name in ("_from_uk", "_to_uk"))
    direction = F.when(is_from & is_to, "DOMESTIC").when(is_from, "OUTBOUND").when(is_to, "INBOUND").otherwise("OTHER")
    known = F.concat_ws("", F.when(departs_on.isNotNull(), "D"), F.when(arrives_on.isNotNull(), "A"))
    listed = F.date_format(F.coalesce(departs_on, arrives_on), "yyyy-MM-dd")
    ends = F.concat_ws("-", "from_airport", "to_airport")
    return record.with_columns(
        {
            "departs_on": departs_on,
            "arrives_on": arrives_on,
            "direction": direction,
            "flight_id": F.concat_ws(":", "flight_no", ends, listed, known),
        }
    )


def _on(day: str, clock: str, later: int = 0) -> Column:
    """A clock time on a date, as if UTC; NULL where either cannot be read."""
    read = F.regexp_extract(clock, _CLOCK, 1), F.regexp_extract(clock, _CLOCK, 2)
    text = F.concat(
        F.date_format(F.date_add(day, later), "yyyy-MM-dd'T'"), F.lpad(read[0], 2, "0"), F.lit(":"), read[1]
    )
    return F.when(F.col(clock).rlike(_CLOCK), F.concat(text, F.lit(":00Z")).try_cast("timestamp"))


def passengers(rows: DataFrame, sources: Mapping[str, layouts.Source], night: date) -> DataFrame:
    """Judged passenger rows (silver.flight_passengers). A row without a lawful basis and an authority is refused."""
    record = records.read(rows, "flight_passengers", sources, night)
    whole = F.coalesce("name", F.nullif(F.concat_ws(" ", "forename", "surname"), F.lit("")))
    parts = _divided(F.upper(F.regexp_replace("name", r"\s+", " ")))
    document = F.regexp_replace(F.upper("document_no"), r"[^A-Z0-9]", "")
    record = record.with_columns(
        {
            "forename": F.coalesce(_plain("forename"), parts["forename"]),
            "surname": F.coalesce(_plain("surname"), parts["surname"]),
            "name": whole,
            "born_on": judgement.unless(F.col("born_on") > F.col("flight_on"), "born_on"),
            "document_no": F.nullif(document, F.lit("")),
            "from_airport": _airport("from_airport"),
            "to_airport": _airport("to_airport"),
            **_flight_number(),
        }
    )
    about = ("sender", "flight_no", "from_airport", "to_airport", "flight_on", "booking_ref", "name", "born_on")
    own = F.concat_ws("|", *[F.coalesce(F.col(name).cast("string"), F.lit("")) for name in (*about, "document_no")])
    record = record.with_columns({"passenger_id": F.substring(F.sha2(own, 256), 1, 32)})
    unlawful = (
        Problem(F.col("_t_basis").isNull(), "NO_LAWFUL_BASIS", "the row names no lawful basis"),
        Problem(F.col("_t_authority_ref").isNull(), "NO_LAWFUL_BASIS", "the row names no authority"),
    )
    problems = (
        Problem(F.col("name").isNull(), "MISSING_REQUIRED", "name"),
        Problem(F.col("flight_no").isNull(), "BAD_CODE", "flight_no: not a carrier code and a number"),
        _no_airport("from_airport"),
        _no_airport("to_airport"),
    )
    return judgement.finish(record, travel.PASSENGERS, "flight_passengers", first=unlawful, then=problems)


def _divided(name: Column) -> dict[str, Column]:
    """Forenames and surname of a whole name: `SURNAME/GIVEN MR`, `SURNAME, GIVEN`, else the last word is the surname.

    Titles are left out; on tickets they stand at the end, often without a space.
    """
    parted = F.regexp_extract(name, r"^([^/,]+)[/,]\s*(.*)$", 1)
    given = F.regexp_extract(name, r"^([^/,]+)[/,]\s*(.*)$", 2)
    is_ticket = F.contains(name, F.lit("/"))
    given = F.when(is_ticket, F.regexp_replace(given, rf"(?<=[A-Z]{{3}}) ?{_TITLE}$", "")).otherwise(given)
    given = F.btrim(F.regexp_replace(given, rf"(?:^| ){_TITLE}\.?$|^{_TITLE}\.? ", ""))
    plain = F.btrim(F.regexp_replace(name, rf"^{_TITLE}\.? ", ""))
    is_parted = parted != ""
    forename = F.when(is_parted, given).otherwise(F.regexp_extract(plain, r"^(.*) ([^ ]+)$", 1))
    surname = F.when(is_parted, F.btrim(parted)).otherwise(F.regexp_extract(plain, r"([^ ]+)$", 1))
    return {"forename": F.nullif(forename, F.lit("")), "surname": F.nullif(surname, F.lit(""))}


def _plain(name: str) -> Column:
    return F.upper(F.regexp_replace(name, r"\s+", " "))


def _flight_number() -> dict[str, Column]:
    """`flight_no` without spaces and leading zeros ("ba 0117" -> "BA117"), and its carrier; NULL where it is none."""
    text = F.upper("_t_flight_no")
    carrier, number = (F.regexp_extract(text, _NUMBER, n) for n in (1, 2))
    is_number = text.rlike(_NUMBER)
    return {"flight_no": F.when(is_number, F.concat(carrier, number)), "carrier": F.when(is_number, carrier)}


def _airport(code: str | Column) -> Column:
    upper = F.upper(code)
    return F.when(upper.rlike("^[A-Z]{3}$"), upper)


def _no_airport(name: str) -> Problem:
    return Problem(F.col(name).isNull(), "BAD_CODE", f"{name}: not an IATA code of three letters")
