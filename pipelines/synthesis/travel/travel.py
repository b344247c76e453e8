"""What the senders of flights deliver in a night, the silence of a few phones, and the truth of who flew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.synthesis.comms import comms
from pipelines.synthesis.core import draws, grammar, world
from pipelines.synthesis.reports import people
from pipelines.synthesis.travel import flights, passengers

Columns = dict[str, pa.Array]

_PHONES = "telco_north"  # the provider of the phones whose silence matches a journey
_EVENTS_A_DAY = 14
_AROUND = 30  # days of events before a journey, and up to the first night after it
FLIGHTS_A_FILE = 2_000  # of some nine passengers each: what is held in memory at once


@dataclass(frozen=True, eq=False)
class Travel:
    planet: world.World

    @cached_property
    def lists(self) -> flights.Flights:
        return flights.Flights(self.planet)

    @cached_property
    def planted(self) -> passengers.Planted:
        return passengers.Planted(self.lists)

    def drops(self, night: int) -> Iterator[tuple[str, str, Columns]]:
        """Sender, feed and columns of each file of a night."""
        tonight = flights.HISTORY + night
        if night == 0:
            yield "skyline", "airports", flights.airports()
            yield "skyline", "flight_routes", self.lists.routes()
        planned = self.lists.of_days(0 if night == 0 else tonight + flights.AHEAD, tonight + flights.AHEAD)
        yield "skyline", "flights", self.lists.schedule(planned, night)
        yield "southgate", "flights", self.lists.board(self.lists.of_days(tonight - 1, tonight + 1), night)
        own = planned[self.lists.is_bluewing(planned)]
        yield "bluewing", "flights", self.lists.own(own, night)
        listed = self.lists.of_days(0 if night == 0 else tonight + 1, tonight + 1)
        for sender, is_bluewing in (("skyline", False), ("bluewing", True)):
            mine = listed[self.lists.is_bluewing(listed) == is_bluewing]
            for start in range(0, len(mine), FLIGHTS_A_FILE):
                yield sender, "flight_passengers", self.manifest(sender, mine[start : start + FLIGHTS_A_FILE])

    def manifest(self, sender: str, flight: draws.Ints) -> Columns:
        """Passenger rows of some flights, planted ones among the others, in our names."""
        crowd = passengers.Crowd(self.lists).on(flight)
        planted = self.planted.rows
        rows = pd.concat([crowd, planted[planted.flight.isin(flight)][crowd.columns]], ignore_index=True)
        rows = rows.sort_values(["flight", "booking_ref", "forename"], ignore_index=True)
        origin, to = self.lists.codes(rows.flight.to_numpy())
        lawful = pa.array(rows.is_lawful)
        none = pa.scalar(None, pa.string())
        basis = pa.array(["PNR" if sender == "bluewing" else "API"] * len(rows))
        known = rows.born.notna().to_numpy()
        return {
            "flight_no": self.lists.numbers(rows.flight.to_numpy()),
            "from_airport": origin,
            "to_airport": to,
            "flight_on": _days(self.lists.departs(rows.flight.to_numpy())[1]),
            "name": _ticket(rows),
            "forename": pa.array(rows.forename),
            "surname": pa.array(rows.surname),
            "born_on": _days(rows.born.fillna(0).to_numpy(), ~known),
            "document_no": pa.array(rows.document_no, pa.string()),
            "booking_ref": pa.array(rows.booking_ref),
            "seat": pa.array(rows.seat),
            "basis": basis,
            "authority_ref": pc.if_else(lawful, f"NBTC/{sender.upper()}/2026", none),
        }

    def truth(self) -> Columns:
        """Planted passenger rows: who they are, and of which kind. `name` is as the sender writes it."""
        rows = self.planted.rows
        flight = rows.flight.to_numpy()
        own = grammar.concat([pa.array(rows.forename), " ", pa.array(rows.surname)], len(rows))
        name = pc.if_else(pa.array(self.lists.is_bluewing(flight)), own, _ticket(rows))
        return {
            "flight_no": self.lists.numbers(flight),
            "flight_on": _days(self.lists.departs(flight)[1]),
            "booking_ref": pa.array(rows.booking_ref),
            "name": name,
            "person_id": pa.array(rows.person_id),
            "kind": pa.array(rows.kind),
            "is_subject": pa.array(rows.is_subject),
        }

    def phones(self) -> Iterator[tuple[str, str, Columns]]:
        """Calls of subjects whose phone is busy every day, and silent while they are abroad."""
        rows = self.planted.rows
        away = rows[(rows.kind == "phone_gap") & (rows.number >= 0)]
        if away.empty or _PHONES not in self.planet.providers:
            return
        trips = away.sort_values("flight").groupby("person_id", sort=True).agg(
            out=("flight", "first"), back=("flight", "last"), number=("number", "first")
        )  # fmt: skip
        trips = trips[trips.out < trips.back]
        left = self.lists.departs(trips.out.to_numpy())[0]
        returned = self.lists.arrives(trips.back.to_numpy())
        urn = pa.array([f"CD/TRAVEL/{n:06d}" for n in range(len(trips))])
        start = left - _AROUND * world.DAY
        end = np.full(len(trips), self.planet.first_day * world.DAY)
        yield _PHONES, "comms_authorisations", {
            "auth_urn": urn,
            "section": pa.array(["s.60A"] * len(trips)),
            "purpose": pa.array(["PREVENT_OR_DETECT_CRIME"] * len(trips)),
            "kind": pa.array(["EVENTS"] * len(trips)),
            "granted_at": pa.array(start).cast(pa.timestamp("s")),
            "expires_at": pa.array(end).cast(pa.timestamp("s")),
            "authoriser": pa.array(["OCDA Hale"] * len(trips)),
            "is_protected_profession": pa.array([False] * len(trips)),
            "is_journalist_source": pa.array([False] * len(trips)),
            "approved_at": pa.array([None] * len(trips), pa.timestamp("s")),
        }  # fmt: skip
        yield _PHONES, "comms_events", self._events(urn, trips.number.to_numpy(), start, left, returned, end)

    def _events(
        self,
        urn: pa.Array,
        number: draws.Ints,
        start: draws.Ints,
        left: draws.Ints,
        returned: draws.Ints,
        end: draws.Ints,
    ) -> Columns:
        draw = self.planet.draw
        per = int((end - start).max() // world.DAY) * _EVENTS_A_DAY
        trip = np.repeat(np.arange(len(number)), per)
        place = np.tile(np.arange(per), len(number))
        key = draw.hash("travel/event", number[trip] * 100_000 + place)
        hour = 7 * 3600 + (draw.uniform("travel/hour", key) * 16 * 3600).astype(np.int64)
        at = start[trip] // world.DAY * world.DAY + place // _EVENTS_A_DAY * world.DAY + hour
        kept = (at > start[trip]) & (at < end[trip]) & ((at < left[trip] - 3600) | (at > returned[trip] + 1800))
        trip, key, at = trip[kept], key[kept], at[kept]
        other = number[trip] + 1 + draw.early("travel/other", key, 12)
        voice = draw.chance("travel/voice", key, 0.4)
        n, provider = len(trip), comms.Provider(self.planet, _PHONES)
        return {
            "auth_urn": urn.take(pa.array(trip)),
            "a_number": people.e164(number[trip]),
            "b_number": people.e164(other % (people.N_MOBILES + people.N_LANDLINES)),
            "imei": provider.imei(number[trip]),
            "imsi": provider.imsi(number[trip]),
            "type": pc.if_else(pa.array(voice), "VOICE", "SMS"),
            "started_at": pa.array(at).cast(pa.timestamp("s")),
            "duration_s": pa.array(np.where(voice, 20 + draw.below("travel/seconds", key, 300), 0)),
            "first_cell": pa.array(["001-01-1001-1"] * n),
            "last_cell": pa.array(["001-01-1001-1"] * n),
            "direction": pa.array(["OUTGOING"] * n),
        }


def _days(days: draws.Ints | draws.Floats, mask: draws.Bools | None = None) -> pa.Array:
    return pa.array(days.astype(np.int32), mask=mask).cast(pa.date32())


def _ticket(rows: pd.DataFrame) -> pa.Array:
    """Names as tickets have them: SURNAME/GIVEN and, on every other row, a title without a space."""
    title = pa.array(np.where(rows.flight.to_numpy() % 2 == 0, "MR", "").tolist())
    parts = [pc.utf8_upper(pa.array(rows.surname)), "/", pc.utf8_upper(pa.array(rows.forename)), title]
    return grammar.concat(parts, len(rows))
