"""Which communications data may be used: within its authorisation as it stands on the night, and approved if protected.

Everything that counts, scores or shows communications data goes through here, so that excess data and hidden rows never
appear (Investigatory Powers Act 2016 part 3).
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipelines.common import as_of
from schemas import silver


def events(events: DataFrame, authorisations: DataFrame, night: date) -> DataFrame:
    """Current usable events as of `night`.

    Args:
        events: silver.comms_events, or a part of it that holds every version of the events it holds.
        authorisations: silver.comms_authorisations.

    Returns:
        Rows of `events` that are not excess, when they arrived or by the authorisation as it stands, and that are not
        hidden, or approved since. A window that was widened later does not bring excess data back.
    """
    granted = _granted(authorisations, night)
    current = as_of.current(events, silver.COMMS_EVENTS.key, night)
    joined = current.join(F.broadcast(granted), on=F.col("auth_urn") == F.col("_auth"), how="inner")
    is_inside = F.col("started_at").between(F.col("_granted"), F.col("_expires")) & (F.col("_kind") == "EVENTS")
    return joined.where(is_inside & _is_usable()).select(*events.columns)


def subscribers(subscribers: DataFrame, authorisations: DataFrame, night: date) -> DataFrame:
    """Current usable subscriber records as of `night`: as `events`, under an authorisation of either kind."""
    granted = _granted(authorisations, night)
    current = as_of.current(subscribers, silver.COMMS_SUBSCRIBERS.key, night)
    joined = current.join(F.broadcast(granted), on=F.col("auth_urn") == F.col("_auth"), how="inner")
    return joined.where(_is_usable()).select(*subscribers.columns)


def _is_usable() -> Column:
    is_hidden = (F.col("is_protected") | F.col("_hidden")) & F.col("_approved").isNull()
    return ~F.col("is_excess") & ~is_hidden


def _granted(authorisations: DataFrame, night: date) -> DataFrame:
    """Authorisations as of the night, one row each."""
    return as_of.current(authorisations, silver.COMMS_AUTHORISATIONS.key, night).select(
        F.col("auth_urn").alias("_auth"),
        F.col("kind").alias("_kind"),
        F.col("granted_at").alias("_granted"),
        F.col("expires_at").alias("_expires"),
        F.col("approved_at").alias("_approved"),
        (F.col("is_protected_profession") | F.col("is_journalist_source")).alias("_hidden"),
    )
