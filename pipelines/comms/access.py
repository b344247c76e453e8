"""Which communications data may be used: within its authorisation as it stands on the night, and approved if protected.

Everything that counts, scores or shows communications data takes it from here, so that excess data and hidden rows
never appear (Investigatory Powers Act 2016 part 3). What comes out carries no arrival flags: whoever reads has nothing
left to filter by, and what still has the flags has not been here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipelines.common import as_of, authorised
from pipelines.comms import sides
from schemas import silver


def usable(events: DataFrame, authorisations: DataFrame, night: date) -> DataFrame:
    """Events that may be used, as of `night`: one row an event, its columns without the arrival flags.

    Args:
        events: silver.comms_events, or a part of it that holds every version of the events it holds.
        authorisations: silver.comms_authorisations, all versions.

    Returns:
        Events that are not excess, neither when they arrived nor by the authorisation as it stands, and that are not
        hidden, or approved since. A window that was widened later does not bring excess data back.
    """
    held = _held(events, silver.COMMS_EVENTS.key, authorisations, night)
    return _shown(held.where(authorised.covers_event()), events.columns)


def usable_subscribers(subscribers: DataFrame, authorisations: DataFrame, night: date) -> DataFrame:
    """Subscriber records that may be used, as of `night`: as `usable`, under an authorisation of either kind."""
    held = _held(subscribers, silver.COMMS_SUBSCRIBERS.key, authorisations, night)
    return _shown(held.where(authorised.covers_subscriber(night)), subscribers.columns)


def hidden_numbers(events: DataFrame, authorisations: DataFrame, night: date) -> DataFrame:
    """`number`: those whose own events are hidden as of `night`. Arguments as for `usable`.

    What a machine looks for by itself leaves these numbers out on either side of an event (see `leads.usage`); an
    event of somebody else with such a number is held under that person's own authorisation, and may be looked up.
    """
    hidden = _held(events, silver.COMMS_EVENTS.key, authorisations, night).where(_is_hidden())
    return hidden.select(sides.own_number().alias("number")).where("number IS NOT NULL").distinct()


def _held(rows: DataFrame, key: Sequence[str], authorisations: DataFrame, night: date) -> DataFrame:
    """Rows as of the night, each with its authorisation as of the night; what no authorisation holds is left out."""
    granted = authorised.windows(as_of.current(authorisations, silver.COMMS_AUTHORISATIONS.key, night))
    current = as_of.current(rows, key, night)
    return current.join(F.broadcast(granted), on=F.col("auth_urn") == F.col("_auth"), how="inner")


def _shown(held: DataFrame, columns: Sequence[str]) -> DataFrame:
    kept = [name for name in columns if name not in silver.ARRIVAL_FLAGS]
    return held.where(~F.col("is_excess") & ~_is_hidden()).select(*kept)


def _is_hidden() -> Column:
    """Of a protected profession or a journalist's source, by the flag then or now, and not approved."""
    return (F.col("is_protected") | F.col("_hides")) & F.col("_approved").isNull()
