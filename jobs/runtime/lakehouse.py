"""The lakehouse: reads and writes of contracted Delta tables, in folders here and under three-level names on a cluster.

Every write replaces exactly what it owns (a night) or appends. Content that is already there is not written again, so a
rerun leaves tables *and their versions* as they were, and a rerun after a crash writes only what was missing.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from pathlib import Path
from typing import TypeVar

from delta import exceptions as delta_exceptions
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.runtime import fault_points
from jobs.runtime.delta import delta_log
from jobs.runtime.spark import n_actions
from pipelines.common import concurrency
from schemas.contract import Table

Written = TypeVar("Written")

# From which versions a row was made, where the log stood, and when a file was touched is not what it says: made again
# after later nights, from newer versions of the same rows, it stays as it is, and keeps the versions that it was made
# from.
PROVENANCE = ("table_versions", "log_entries", "log_hash", "changed_ns")
VIOLATED = "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES"  # Delta's class of a row that a CHECK refuses
MAX_ATTEMPTS = 8  # of an append that other writers came between
CONFLICTS = (  # what Delta says then; its classes have no base of their own
    delta_exceptions.ConcurrentAppendException,
    delta_exceptions.ConcurrentDeleteReadException,
    delta_exceptions.ConcurrentTransactionException,
    delta_exceptions.ConcurrentWriteException,
    delta_exceptions.DeltaConcurrentModificationException,
    delta_exceptions.MetadataChangedException,
    delta_exceptions.ProtocolChangedException,
)


# Tables that were once called otherwise: path now, path then.
RENAMED = {"gold.queue_near_duplicates": "gold.queue_members"}


class WriteSkippedError(RuntimeError):
    """Delta reported success but the table's version did not move: data would be lost in silence."""


@dataclass
class Lakehouse:
    """Delta tables below `root`, or in the Unity catalogue `catalog`. Counts its commits in `n_writes`."""

    spark: SparkSession
    root: Path
    catalog: str | None = None
    n_writes: int = 0
    _before: tuple[int, int] = (0, 0)  # writes and actions when a night began: a session may run several
    _versions: dict[str, int] = field(default_factory=dict)
    _counting: threading.Lock = field(default_factory=threading.Lock)  # tables are written from several threads
    _writing: dict[str, threading.Lock] = field(default_factory=dict)

    def location(self, table: Table) -> str:
        """Where the table is: a folder, or a three-level name."""
        return f"{self.catalog}.{table.path}" if self.catalog else str(self.root / table.layer / table.noun)

    def sql_name(self, table: Table) -> str:
        """The table as SQL names it."""
        return self.location(table) if self.catalog else f"delta.`{self.location(table).replace('`', '``')}`"

    def exists(self, table: Table) -> bool:
        """Whether the table has a commit: its folder is there before, while another thread is making it."""
        if self.catalog:
            return self.spark.catalog.tableExists(self.location(table))
        return any((self.root / table.layer / table.noun / "_delta_log").glob("*.json"))

    def rename_tables(self) -> list[str]:
        """Give tables of a lakehouse made before the names of `RENAMED`; returns which. For the one writer alone.

        Where there is a table of the new name, both stay as they are.
        """
        return [new for new, old in RENAMED.items() if self._rename(old, new)]

    def _rename(self, old: str, new: str) -> bool:
        if self.catalog:
            then, now = (f"{self.catalog}.{path}" for path in (old, new))
            if self.spark.catalog.tableExists(now) or not self.spark.catalog.tableExists(then):
                return False
            self.spark.sql(f"ALTER TABLE {then} RENAME TO {now}")
            return True
        before, after = (self.root.joinpath(*path.split(".")) for path in (old, new))
        if after.exists() or not before.is_dir():
            return False
        before.rename(after)
        return True

    def read(self, table: Table, *, version: int | None = None) -> DataFrame:
        """The table, or an empty DataFrame of its contract where it was never written.

        Columns that came into the contract since the table was last written are there, and NULL.
        """
        stored = self.stored(table, version=version)
        since = {c.name: F.lit(None).cast(c.dataType) for c in table.struct() if c.name not in stored.columns}
        return stored.withColumns(since) if since else stored

    def stored(self, table: Table, *, version: int | None = None) -> DataFrame:
        """The table with the columns that it was written with; where it never was, as `read`."""
        if not self.exists(table):
            return self.spark.createDataFrame([], table.struct())
        reader = self.spark.read if version is None else self.spark.read.option("versionAsOf", version)
        return reader.table(self.location(table)) if self.catalog else reader.format("delta").load(self.location(table))

    def version(self, table: Table) -> int | None:
        """Newest Delta version of the table; None where it was never written."""
        if not self.exists(table):
            return None
        if self.catalog:
            return int(self.spark.sql(f"DESCRIBE HISTORY {self.sql_name(table)} LIMIT 1").collect()[0].version)
        return max(int(commit.stem) for commit in (Path(self.location(table)) / "_delta_log").glob("*.json"))

    def versions(self, tables: tuple[Table, ...]) -> dict[str, int]:
        """Newest version of each table that exists, by path. Remembers what this run wrote: one writer, one truth."""
        version_of = {}
        for table in tables:
            if table.path not in self._versions:
                version = self.version(table)
                if version is None:
                    continue
                self._versions[table.path] = version
            version_of[table.path] = self._versions[table.path]
        return version_of

    def n_rows(self, tables: tuple[Table, ...], night: date) -> dict[str, int]:
        """Rows of the night in each table as it is now, by path; 0 where it was not written.

        In folders, from the counts that each commit holds of its files; else counted, in one action.
        """
        told = {table.path: self.n_rows_told(table, night=night.isoformat()) for table in tables}
        of_night = F.col("night") == F.lit(night)
        counts = [
            self.read(table).where(of_night).agg(F.lit(table.path).alias("path"), F.count("*").alias("n"))
            for table in tables
            if told.get(table.path) is None
        ]
        counted = reduce(DataFrame.unionByName, counts).collect() if counts else []
        return {path: n for path, n in told.items() if n is not None} | {row.path: row.n for row in counted}

    def n_rows_told(self, table: Table, **partition: str) -> int | None:
        """Rows of a partition as the table's log counts them, without an action; None where it does not tell."""
        if self.catalog or not partition.keys() <= set(table.partition_by):
            return None
        return delta_log.n_rows(Path(self.location(table)), partition)

    def replace(self, df: DataFrame, table: Table, where: Mapping[str, str | tuple[str, ...]]) -> bool:
        """Make `df` the whole content of the partitions `where` (column to value, or to several) of `table`.

        `df` is computed once. Writes nothing where the same content is there. Returns True if it wrote.
        """
        df = concurrency.materialise_lazily(table.conform(df))
        condition = " AND ".join(_condition(column, value) for column, value in where.items())
        with self._alone(table):
            self._ensure(table)
        if self._holds(df, self.read(table).where(condition), table, where):
            return False
        self._add_columns(table)
        self._commit(df, table, {"replaceWhere": condition}, "overwrite")
        return True

    def clear(self, table: Table, where: Mapping[str, str | tuple[str, ...]]) -> bool:
        """Make nothing the content of the partitions `where`; without an action where the table's log says so already.

        Returns True if it wrote.
        """
        if self._is_empty(table, where):
            return False
        return self.replace(self.spark.createDataFrame([], table.struct()), table, where)

    def begin_night(self) -> None:
        """Writes and Spark actions are counted from here."""
        self._before = (self.n_writes, n_actions(self.spark) or 0)

    def effort(self) -> dict[str, int | None]:
        """Writes and Spark actions since the night began; None for actions where the engine does not tell."""
        actions = n_actions(self.spark)
        return {
            "writes": self.n_writes - self._before[0],
            "actions": None if actions is None else actions - self._before[1],
        }

    def _is_empty(self, table: Table, where: Mapping[str, str | tuple[str, ...]]) -> bool:
        """Whether the table's log says that nothing is there."""
        partition = {column: value for column, value in where.items() if isinstance(value, str)}
        return len(partition) == len(where) and self.n_rows_told(table, **partition) == 0

    def _holds(self, df: DataFrame, there: DataFrame, table: Table, where: Mapping[str, str | tuple[str, ...]]) -> bool:
        if self._is_empty(table, where) or there.isEmpty():
            return df.isEmpty()
        return content_hash(df.drop(*PROVENANCE)) == content_hash(there.drop(*PROVENANCE))

    def append(self, df: DataFrame, table: Table) -> None:
        """Append rows. The caller makes sure that they are not there yet."""
        with self._alone(table):
            self._ensure(table)
            self._allow_nulls(table)
        self._commit(table.conform(df), table, {}, "append")

    def append_new(self, df: DataFrame, table: Table) -> int:
        """Append the rows of `df` (unique by the table's key) whose key is not there, and return how many those are.

        Safe with writers elsewhere: where another commits in between, Delta refuses this one and it looks again.
        """
        return self._merge(df, table, "")

    def claim(self, df: DataFrame, table: Table, where: str) -> int:
        """Write the rows of `df` (unique by the table's key) whose key is not there, or is there in a row that `where`
        holds for (SQL over `there` and `new`). Returns how many were written. Safe with writers elsewhere, as
        `append_new`.
        """
        return self._merge(df, table, f"WHEN MATCHED AND ({where}) THEN UPDATE SET *")

    def _merge(self, df: DataFrame, table: Table, matched: str) -> int:
        fault_points.point(f"before {table.path}")
        same = " AND ".join(f"there.{name} = new.{name}" for name in table.key)
        name = self.sql_name(table).replace("{", "{{").replace("}", "}}")  # Spark formats the statement
        merge = f"MERGE INTO {name} AS there USING {{new}} AS new ON {same} {matched}"
        for attempt in range(MAX_ATTEMPTS):
            try:
                with self._alone(table):
                    self._ensure(table)
                    merged = self._under_todays_checks(
                        table,
                        lambda: self.spark.sql(
                            f"{merge} WHEN NOT MATCHED THEN INSERT *", new=table.conform(df)
                        ).collect(),
                    )
                    n_written = int(merged[0].num_affected_rows)
                    self._versions.pop(table.path, None)
                break
            except CONFLICTS:
                if attempt == MAX_ATTEMPTS - 1:
                    raise
                time.sleep(random.uniform(0, 0.1 * 2**attempt))  # writers that met once must not meet again
        self._count_write()
        fault_points.point(f"after {table.path}")
        return n_written

    def _allow_nulls(self, table: Table) -> None:
        """Columns of a table from before, which the contract no longer requires, take NULL from now on."""
        for field_ in self.stored(table).schema:
            if not field_.nullable and table.columns[field_.name].nullable:
                self.spark.sql(f"ALTER TABLE {self.sql_name(table)} ALTER COLUMN {field_.name} DROP NOT NULL")

    def _add_columns(self, table: Table) -> None:
        """Columns of the contract that a table from before has not, empty in the rows that are there."""
        there = self.stored(table).columns
        added = [column for column in table.struct() if column.name not in there]
        if added:
            name = self.location(table) if self.catalog else f"delta.`{self.location(table)}`"
            listed = ", ".join(f"{column.name} {column.dataType.simpleString()}" for column in added)
            with self._alone(table):
                self.spark.sql(f"ALTER TABLE {name} ADD COLUMNS ({listed})")

    def _under_todays_checks(self, table: Table, write: Callable[[], Written]) -> Written:
        """What `write` returns; refused by a CHECK of a table from before, what it returns under those of today."""
        try:
            return write()
        except Exception as error:
            if VIOLATED not in str(error) or not self._renew_checks(table):
                raise
        return write()

    def _renew_checks(self, table: Table) -> bool:
        """Give the table the CHECKs of its contract; whether any was another."""
        name, prefix = self.sql_name(table), "delta.constraints."
        properties = {row.key: row.value for row in self.spark.sql(f"SHOW TBLPROPERTIES {name}").collect()}
        there = {key.removeprefix(prefix): sql for key, sql in properties.items() if key.startswith(prefix)}
        own = {check.lower(): sql for check, sql in table.constraints().items()}
        changed = [check for check in {**there, **own} if there.get(check) != own.get(check)]
        for check in changed:
            self.spark.sql(f"ALTER TABLE {name} DROP CONSTRAINT IF EXISTS {check}")
            if check in own:
                self.spark.sql(f"ALTER TABLE {name} ADD CONSTRAINT {check} CHECK ({own[check]})")
        self._versions.pop(table.path, None)
        return bool(changed)

    def _commit(self, df: DataFrame, table: Table, options: Mapping[str, str], mode: str) -> None:
        fault_points.point(f"before {table.path}")
        with self._alone(table):
            writer = df.write.format("delta").mode(mode).options(**options)
            save = writer.saveAsTable if self.catalog else writer.save

            def saved() -> int | None:
                version = self.version(table)
                save(self.location(table))
                return version

            before = self._under_todays_checks(table, saved)
            after = self.version(table)
            if after == before or after is None:
                raise WriteSkippedError(
                    f"{table.path} is still at version {before} after a write to {options or 'its end'}"
                )
            self._versions[table.path] = after
        self._count_write()
        fault_points.point(f"after {table.path}")

    def _alone(self, table: Table) -> threading.Lock:
        """Held while a table is made or committed to: threads that write parts of one table take turns."""
        with self._counting:
            return self._writing.setdefault(table.path, threading.Lock())

    def _count_write(self) -> None:
        with self._counting:
            self.n_writes += 1

    def _ensure(self, table: Table) -> None:
        """Create the table with its constraints in its first commit, so that no version of it ever lacked them."""
        if self.exists(table):
            return
        self.spark.sql(table.creation(self.sql_name(table)))
        self._count_write()


def _condition(column: str, value: str | tuple[str, ...]) -> str:
    if isinstance(value, tuple):
        listed = ", ".join(f"'{each}'" for each in value)
        return f"{column} IN ({listed})"
    return f"{column} = '{value}'"


def content_hash(df: DataFrame) -> str:
    """Hash of a DataFrame's rows, whatever their order, files or partitions: sums of digests, and the count.

    The order of a map's entries is that of whoever made it, and does not count either.
    """
    maps = {column.name for column in df.schema if isinstance(column.dataType, T.MapType)}
    values = [F.array_sort(F.map_entries(name)).alias(name) if name in maps else name for name in sorted(df.columns)]
    digest = F.sha2(F.to_json(F.struct(*values), {"ignoreNullFields": "false"}), 256)
    row = df.select(digest.alias("d")).agg(
        *[
            F.coalesce(F.sum(F.conv(F.substring("d", start, 15), 16, 10).cast("decimal(38,0)")), F.lit(0)).alias(
                f"s{start}"
            )
            for start in (1, 16)
        ],
        F.count("*").alias("n"),
    )
    return "-".join(str(value) for value in row.collect()[0])
