"""Dagster assets by layer. An asset reads, calls a transformation, writes and reports: nothing is computed here."""

from __future__ import annotations

from jobs.assets import bronze, entities, gold, leads, queueing, reviewing, risk, silver, travel

ALL = [
    *bronze.ALL,
    *silver.ALL,
    *entities.ALL,
    *gold.ALL,
    *queueing.ALL,
    *reviewing.ALL,
    *risk.ALL,
    *travel.ALL,
    *leads.ALL,
]
