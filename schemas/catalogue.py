"""Every contracted table, in the order in which the data dictionary lists them."""

from __future__ import annotations

from schemas import bronze, device, gold, leads, network, risk, silver
from schemas.programme import figures

TABLES = (
    *(*bronze.TABLES, *silver.TABLES, *gold.TABLES, *network.TABLES, *risk.TABLES, *leads.TABLES, *device.TABLES),
    *figures.TABLES,
)
