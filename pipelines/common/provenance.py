"""Where the rows of a queue come from, so that each can be traced: table versions, code, settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F


@dataclass(frozen=True)
class Provenance:
    """What a night made its rows with.

    Attributes:
        versions: Delta version of each table that was read, by path.
        code_commit: commit of the code.
        config_hash: hash of the settings.
    """

    versions: Mapping[str, int]
    code_commit: str
    config_hash: str

    def columns(self) -> tuple[Column, ...]:
        """table_versions, code_commit, config_hash, as gold.QUEUE_ITEMS has them."""
        pairs = [(F.lit(table), F.lit(version).cast("long")) for table, version in sorted(self.versions.items())]
        return (
            F.create_map(*[part for pair in pairs for part in pair]).alias("table_versions"),
            F.lit(self.code_commit).alias("code_commit"),
            F.lit(self.config_hash).alias("config_hash"),
        )
