"""Whose record an event is: the side whose provider wrote it. Handset, SIM and cells on it are that side's alone."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

OWN = ("imei", "imsi", "first_cell", "last_cell")  # what a record tells of its own side only


def is_of_called() -> Column:
    """Whether the called party's provider wrote the record; without a direction it counts as the calling party's."""
    return F.col("direction") == "INCOMING"


def own_number() -> Column:
    """Number of the side whose provider wrote the record; NULL where it is withheld."""
    return F.when(is_of_called(), F.col("b_number")).otherwise(F.col("a_number"))


def other_number() -> Column:
    """Number of the other side; NULL where it is withheld or there is none."""
    return F.when(is_of_called(), F.col("a_number")).otherwise(F.col("b_number"))
