"""Dagster assets by layer. An asset reads, calls a transformation, writes and reports: nothing is computed here."""

from __future__ import annotations

from jobs.assets import bronze, gold, leads, silver

ALL = [*bronze.ALL, *silver.ALL, *gold.ALL, *leads.ALL]
