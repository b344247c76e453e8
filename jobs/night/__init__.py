"""The night: Dagster definitions, one run, its summary, weekly training."""
