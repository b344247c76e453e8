"""From bronze rows to silver nouns: one judged DataFrame per feed, over all its senders in one pass.

    judged = concurrency.materialise_lazily(conform.validate(rows, "reports", sources, night))
    conform.accepted(judged, "reports")   # shape of silver.reports
    conform.refused(judged)               # shape of bronze.quarantine
    conform.counts(judged)                # rows per sender: loaded, quarantined, deduplicated

A judged row is exactly one input row, so rows in = loaded + quarantined + deduplicated by construction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipelines.ingest.conform import comms, people, programme, reports, ties, travel
from schemas import bronze, silver
from schemas.layouts import layouts
from schemas.programme import records as programme_records

_JUDGES: dict[str, Callable[[DataFrame, Mapping[str, layouts.Source], date], DataFrame]] = {
    "reports": reports.judge,
    "nominals": people.nominals,
    "report_links": people.report_links,
    "investigations": people.investigations,
    "missing_episodes": people.missing_episodes,
    "associations": ties.associations,
    "identifiers": ties.identifiers,
    "journey_people": ties.journeys,
    **{feed: partial(programme.judged, feed) for feed in programme_records.BY_FEED},
    "comms_authorisations": comms.authorisations,
    "comms_cells": comms.cells,
    "airports": travel.airports,
    "flight_routes": travel.routes,
    "flight_passengers": travel.passengers,
}
# What is held under an authorisation is judged against those known.
_AUTHORISED = {"comms_events": comms.events, "comms_subscribers": comms.subscribers}
AUTHORISED = tuple(_AUTHORISED)


def validate(
    rows: DataFrame,
    feed: str,
    sources: Mapping[str, layouts.Source],
    night: date,
    authorisations: DataFrame | None = None,
    airports: DataFrame | None = None,
) -> DataFrame:
    """Every row of `feed` as a record in its silver contract's columns, with the reason where it is refused.

    Args:
        rows: bronze.rows of one night (other feeds are left out).
        feed: one of `bronze.FEEDS`.
        sources: every layout; rows of senders without a layout for the feed are left out.
        night: the night whose version of the records this is.
        authorisations: for the feeds of AUTHORISED, those as of the night, tonight's included, one row an `auth_urn`.
        airports: for flights, airports as of the night, tonight's included, one row an `airport`.

    Returns:
        The contract's columns, `_feed`, `reason`, `detail`, `raw` (of refused rows only) and `is_superseded`: a later
        row of this night holds the same record. Used several times, so persist it.

    Raises:
        ValueError: a feed of AUTHORISED without `authorisations`, or flights without `airports`.
    """
    if feed in _AUTHORISED:
        if authorisations is None:
            raise ValueError(f"{feed} cannot be judged without authorisations")
        return _AUTHORISED[feed](rows, sources, night, authorisations)
    if feed == "flights":
        if airports is None:
            raise ValueError("flights cannot be judged without airports")
        return travel.flights(rows, sources, night, airports)
    return _JUDGES[feed](rows, sources, night)


def accepted(judged: DataFrame, feed: str) -> DataFrame:
    """Records to load, in the shape of the feed's silver table; its key is unique."""
    kept = judged.filter(F.col("reason").isNull() & ~F.col("is_superseded"))
    return silver.BY_FEED[feed].conform(kept)


def rejected(judged: DataFrame) -> DataFrame:
    """Refused rows, in the shape of bronze.quarantine (stage conform)."""
    bad = judged.filter(F.col("reason").isNotNull())
    return bronze.QUARANTINE.conform(
        bad.select(
            "night",
            F.lit("conform").alias("stage"),
            F.col("_sender").alias("sender"),
            F.col("_feed").alias("feed"),
            F.col("_file").alias("file"),
            F.col("_file_hash").alias("file_hash"),
            F.col("_row_number").alias("row_number"),
            "reason",
            "detail",
            "raw",
        )
    )


def counts(judged: DataFrame) -> DataFrame:
    """Per sender and feed: `n_in`, and the `n_loaded`, `n_quarantined`, `n_deduplicated` that it is the sum of."""
    is_bad = F.col("reason").isNotNull()
    is_loaded = ~is_bad & ~F.col("is_superseded")
    return judged.groupBy(F.col("_sender").alias("sender"), F.col("_feed").alias("feed")).agg(
        F.count("*").alias("n_in"),
        F.count_if(is_loaded).alias("n_loaded"),
        F.count_if(is_bad).alias("n_quarantined"),
        F.count_if(~is_bad & F.col("is_superseded")).alias("n_deduplicated"),
    )
