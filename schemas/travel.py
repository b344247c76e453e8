"""Flights: listings, the people on them where lawfully held, and what the night makes of both.

A listing says that a flight is planned or was flown; a passenger row says who was booked or carried, under which lawful
basis. Two lists may name one flight: an airport's arrivals know when it landed, a schedule also when it left. They stay
rows of their own and meet in `pipelines.travel.matching`, by flight number, ends and date.
"""

from __future__ import annotations

from schemas import codes, shared_columns
from schemas.contract import BOOLEAN, DATE, DOUBLE, INSTANT, STRING, Column, Table, array, mapping, required

FLIGHT_NO = r"(?:[A-Z]{3}|[A-Z0-9]{2})[1-9][0-9]{0,3}[A-Z]?"
AIRPORT = "[A-Z]{3}"

AIRPORTS = Table(
    path="silver.airports",
    doc="Airports by IATA code: where they are, and the time zone that their lists are in. Reference data.",
    key=("night", "airport"),
    columns={
        "night": shared_columns.NIGHT,
        "airport": required(STRING, "IATA code", pattern=AIRPORT),
        "name": Column(STRING, "name"),
        "city": Column(STRING, "city it serves"),
        "country": Column(STRING, "country as the sender names it"),
        "latitude": Column(DOUBLE, "latitude, WGS 84", minimum=-90, maximum=90, unit="degrees"),
        "longitude": Column(DOUBLE, "longitude, WGS 84", minimum=-180, maximum=180, unit="degrees"),
        "time_zone": Column(STRING, "IANA time zone; NULL where the sender does not know it"),
        "is_uk": required(BOOLEAN, "in the United Kingdom"),
        **shared_columns.LINEAGE,
    },
    partition_by=("night",),
)

ROUTES = Table(
    path="silver.flight_routes",
    doc="Which carrier flies from where to where. Reference data: a listed flight on no known route is worth a look.",
    key=("night", "carrier", "from_airport", "to_airport"),
    columns={
        "night": shared_columns.NIGHT,
        "carrier": required(STRING, "carrier code", pattern="[A-Z]{3}|[A-Z0-9]{2}"),
        "from_airport": required(STRING, "IATA code", pattern=AIRPORT),
        "to_airport": required(STRING, "IATA code", pattern=AIRPORT),
        **shared_columns.LINEAGE,
    },
    partition_by=("night",),
)

FLIGHTS = Table(
    path="silver.flights",
    doc="Flight listings: schedules, and airports' lists of arrivals and departures.",
    key=("night", "flight_id"),
    columns={
        "night": shared_columns.NIGHT,
        "flight_id": required(STRING, "flight number, ends, date, and which times it knows (D, A, DA)"),
        "flight_no": required(STRING, "carrier and number without leading zeros", pattern=FLIGHT_NO),
        "carrier": required(STRING, "carrier code"),
        "from_airport": required(STRING, "IATA code", pattern=AIRPORT),
        "to_airport": required(STRING, "IATA code", pattern=AIRPORT),
        "direction": required(STRING, "seen from the United Kingdom", among=codes.FLIGHT_DIRECTIONS),
        "departs_at": Column(INSTANT, "departure, UTC; NULL in a list of arrivals"),
        "arrives_at": Column(INSTANT, "arrival, UTC; NULL in a list of departures"),
        "departs_on": Column(DATE, "date of departure at the airport of departure"),
        "arrives_on": Column(DATE, "date of arrival at the airport of arrival"),
        "status": Column(STRING, "what the listing says became of it", among=codes.FLIGHT_STATUSES),
        **shared_columns.LINEAGE,
    },
    partition_by=("night",),
    checks={
        "known_end": "departs_at IS NOT NULL OR arrives_at IS NOT NULL",
        "lands_after_leaving": "departs_at IS NULL OR arrives_at IS NULL OR arrives_at > departs_at",
    },
)

PASSENGERS = Table(
    path="silver.flight_passengers",
    doc="People booked on or carried by flights, each row held under a lawful basis that it names.",
    key=("night", "passenger_id"),
    columns={
        "night": shared_columns.NIGHT,
        "passenger_id": required(STRING, "hash of sender, flight, booking, name, birth", pattern="[0-9a-f]{32}"),
        "flight_no": required(STRING, "carrier and number without leading zeros", pattern=FLIGHT_NO),
        "carrier": required(STRING, "carrier code"),
        "from_airport": required(STRING, "IATA code", pattern=AIRPORT),
        "to_airport": required(STRING, "IATA code", pattern=AIRPORT),
        "flight_on": required(DATE, "date of departure at the airport of departure"),
        "name": required(STRING, "name as given", is_personal=True),
        "forename": Column(STRING, "forenames as the list divides the name, upper case", is_personal=True),
        "surname": Column(STRING, "surname as the list divides the name, upper case", is_personal=True),
        "born_on": Column(DATE, "date of birth", is_personal=True),
        "document_no": Column(STRING, "travel document, letters and digits only", is_personal=True),
        "booking_ref": Column(STRING, "booking reference"),
        "seat": Column(STRING, "seat"),
        "basis": required(STRING, "lawful basis", among=tuple(codes.PASSENGER_BASES)),
        "authority_ref": required(STRING, "reference of the request, order or scheme under which it is held"),
        **shared_columns.LINEAGE,
    },
    partition_by=("night",),
)  # fmt: skip

KINDS = {
    "SUBJECT_ON_FLIGHT": "a subject, or someone very like one, is on a flight",
    "NEXT_ARRIVAL": "a subject is on a flight that lands in the United Kingdom within the next day",
    "CO_TRAVELLER": "somebody travels in one booking with a subject",
    "PAIR_BEYOND_CHANCE": "a subject and another traveller share more flights than chance explains",
    "PHONE_GAP": "a subject's phone is silent for just the time of a journey",
}
ROLES = ("MISSING", "VICTIM", "SUSPECT")  # safeguarding first
BIRTH_AGREEMENTS = ("SAME", "SWAPPED", "ONE_DIGIT", "DIFFERENT", "UNKNOWN")

MATCHES = Table(
    path="gold.travel_matches",
    doc="Subjects and passengers that may be one person, and what follows from it. A calculation, never a fact.",
    key=("night", "match_id"),
    columns={
        "night": required(DATE, "night"),
        "match_id": required(STRING, "stable: the same question keeps its id", pattern="[0-9a-f]{16}"),
        "kind": required(STRING, "what there is to look at", among=tuple(KINDS)),
        "force": required(STRING, "force of the subject"),
        "subject_id": required(STRING, "resolved entity, or the person where nothing is resolved"),
        "person_id": required(STRING, "record of the subject that fits best"),
        "person_ids": required(array(STRING), "records of the subject"),
        "role": required(STRING, "why the subject is looked for", among=ROLES),
        "passenger_id": required(STRING, "passenger row that may be the subject"),
        "other_id": Column(STRING, "passenger row of the other traveller"),
        "flight_no": required(STRING, "flight"),
        "from_airport": required(STRING, "IATA code"),
        "to_airport": required(STRING, "IATA code"),
        "flight_on": required(DATE, "date of departure at the airport of departure"),
        "departs_at": Column(INSTANT, "departure, UTC, where a listing knows it"),
        "arrives_at": Column(INSTANT, "arrival, UTC, where a listing knows it"),
        "listed_name": required(STRING, "name on the list", is_personal=True),
        "other_name": Column(STRING, "name of the other traveller on the list", is_personal=True),
        "birth_agreement": required(STRING, "dates of birth compared", among=BIRTH_AGREEMENTS),
        "bits": required(DOUBLE, "evidence that they are one person: log2 of the likelihood ratio", unit="bits"),
        "score": required(DOUBLE, "calibrated probability", minimum=0, maximum=1),
        "score_low": required(DOUBLE, "lower end of the interval", minimum=0, maximum=1),
        "score_high": required(DOUBLE, "upper end of the interval", minimum=0, maximum=1),
        "is_published": required(BOOLEAN, "at or above the threshold of the queue"),
        "reasons": required(array(shared_columns.REASON), "at least one, each naming its source"),
        "details": required(mapping(STRING), "what the kind adds of its own"),
        "source_rows": required(array(shared_columns.SOURCE_ROW), "rows behind the match"),
    },
    partition_by=("night",),
    checks={"has_reason": "size(reasons) >= 1", "interval": "score_low <= score AND score <= score_high"},
)  # fmt: skip

SILVER = (AIRPORTS, ROUTES, FLIGHTS, PASSENGERS)
BY_FEED = {
    "airports": AIRPORTS,
    "flight_routes": ROUTES,
    "flights": FLIGHTS,
    "flight_passengers": PASSENGERS,
}
GOLD = (MATCHES,)
FEEDS = tuple(BY_FEED)
