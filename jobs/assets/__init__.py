"""Dagster assets by layer. An asset reads, calls a transformation, writes and reports: nothing is computed here."""

from __future__ import annotations

from jobs.assets import bronze, common, entities, gold, leads, queueing, reviewing, risk, silver, travel

ALL = [
    *bronze.ALL,
    *silver.ALL,
    *entities.ALL,
    *gold.ALL,
    *queueing.ALL,
    common.side_by_side("leads_and_flights", leads.PIECE, travel.PIECE),
    common.side_by_side("risk_and_review", risk.PIECE, reviewing.PIECE),
]
