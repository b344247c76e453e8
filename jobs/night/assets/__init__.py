"""Dagster assets by layer. An asset reads, calls a transformation, writes and reports: nothing is computed here."""

from __future__ import annotations

from jobs.night.assets import (
    bronze,
    common,
    device,
    leads,
    network,
    programme,
    queue_items,
    report_queue,
    reports,
    review_metrics,
    risk,
    silver,
    travel,
)

ALL = [
    *bronze.ALL,
    *silver.ALL,
    *device.ALL,
    *network.ALL,
    *reports.ALL,
    *report_queue.ALL,
    *queue_items.ALL,
    common.side_by_side("leads_and_flights", leads.PIECE, travel.PIECE),
    common.side_by_side("risk_and_review", risk.PIECE, review_metrics.PIECE),
    common.side_by_side("programme", programme.PIECE),
]
