"""What an authorisation covers: one rule for the row that arrives and for the row that is read on a later night.

Both join the authorisation's columns to the row under names with an underscore, as `windows` gives them.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from schemas import silver
from schemas.contract import Table


def windows(authorisations: DataFrame) -> DataFrame:
    """One row an authorisation: `_auth` (its reference), `_kind`, `_granted`, `_expires`, `_approved`, and `_hides`,
    whether its rows are hidden until they are approved.

    Args:
        authorisations: silver.comms_authorisations as of a night.
    """
    return authorisations.select(
        F.col("auth_urn").alias("_auth"),
        F.col("kind").alias("_kind"),
        F.col("granted_at").alias("_granted"),
        F.col("expires_at").alias("_expires"),
        F.col("approved_at").alias("_approved"),
        (F.col("is_protected_profession") | F.col("is_journalist_source")).alias("_hides"),
    )


def covers_event() -> Column:
    """Whether an event lies in the window of an authorisation for events data; false where its start is not known."""
    is_inside = F.col("started_at").between(F.col("_granted"), F.col("_expires")) & (F.col("_kind") == "EVENTS")
    return F.coalesce(is_inside, F.lit(False))


def covers_subscriber(night: date) -> Column:
    """Whether a subscriber record touches the window, under either kind; one without a last day lasts until `night`."""
    last = F.coalesce("to_on", F.lit(night))
    touches = (F.col("from_on") <= F.to_date("_expires")) & (last >= F.to_date("_granted"))
    return F.coalesce(touches, F.lit(False))


def require_usable(rows: DataFrame, table: Table) -> None:
    """Refuse rows that have not passed the gate of communications data: it takes the arrival flags off.

    Raises:
        ValueError: the rows still carry a flag that was set when they arrived.
    """
    if flags := sorted(set(rows.columns) & set(silver.ARRIVAL_FLAGS)):
        raise ValueError(f"{table.path} with {', '.join(flags)}: hand in what may be used, not the table")
