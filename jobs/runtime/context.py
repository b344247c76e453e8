"""What a run works with: settings, sources, the one Spark session, the lakehouse. Made once per run, under the lock."""

from __future__ import annotations

import itertools
import os
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.runtime import alerts, audit, home, lock, night_bounds, settings
from jobs.runtime.audit import marks
from jobs.runtime.inbox.folder import FolderInbox
from jobs.runtime.inbox.port import Inbox

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from jobs.runtime.known import Known
    from jobs.runtime.lakehouse import Lakehouse
    from models.registry.registry import Registry
    from pipelines.common.provenance import Provenance
    from schemas.contract import Table
    from schemas.layouts.layouts import Layouts, Source


@dataclass
class RunContext:
    """Everything lazily: reading definitions, printing help or deciding neither starts nor imports Spark."""

    settings: settings.Settings
    is_future_allowed: bool = False  # nights later than tomorrow may be run
    run_id: str = field(default_factory=lambda: str(uuid.uuid4()))  # Dagster's where Dagster began the run
    is_writer: bool = False  # holds the writer's lock of the lakehouse
    classifiers: dict[date, Any] = field(default_factory=dict)  # per night, once this run settled it (training.Chosen)
    submissions: dict[date, Any] = field(default_factory=dict)  # of devices, per night, as they were listed
    _begun: dict[str, Future[Any]] = field(default_factory=dict)

    def begin_spark(self) -> None:
        """Start Spark while the caller goes on. Whatever goes wrong is raised where `spark` is first used."""
        self._begin("spark", self._session)

    def begin_registry(self) -> None:
        """The same for the registry, whose libraries, and in a new home its database, take tens of seconds; and for
        the library of the checks, which come before it."""
        self._begin("registry", self._prepared)

    def _begin(self, what: str, make: Any) -> None:
        if what not in self.__dict__ and what not in self._begun:
            pool = ThreadPoolExecutor(1, thread_name_prefix=what)
            self._begun[what] = pool.submit(make)
            pool.shutdown(wait=False)

    @cached_property
    def spark(self) -> SparkSession:
        if "spark" not in self._begun:
            return self._session()
        self._begun["spark"].result()
        from pyspark.sql import SparkSession

        return SparkSession.builder.getOrCreate()  # the same; makes it this thread's own as well

    @cached_property
    def registry(self) -> Registry:
        return self._begun["registry"].result() if "registry" in self._begun else self._opened_registry()

    def _opened_registry(self) -> Registry:
        from models.registry import registry

        return registry.Registry(self.settings.mlflow, self._promoting if self.settings.is_on_volume else None)

    def _promoting(self) -> AbstractContextManager[None]:
        """What a promotion holds on a volume, which has no locks: the writer's lease, unless this run has it."""
        return nullcontext() if self.is_writer else self.alone()

    def _prepared(self) -> Registry:
        from pipelines.common import quality

        made = self._opened_registry()
        made.prepare()
        quality.prepare()
        return made

    def _session(self) -> SparkSession:
        from jobs.runtime import spark

        values = self.settings.spark
        return spark.session(
            self.settings.home,
            cores=values.cores,
            memory=values.memory,
            java_options=values.java_options,
            is_compiled=self._is_more_than(values.compiled_from_mb << 20),
        )

    def _is_more_than(self, n_bytes: int) -> bool:
        """Whether landing zone and lakehouse together are larger; counts no further than it must."""
        folders = (self.settings.landing, self.settings.lakehouse)
        sizes = (_size(file) for folder in folders for file in folder.rglob("*"))
        return any(total > n_bytes for total in itertools.accumulate(sizes))

    @cached_property
    def lake(self) -> Lakehouse:
        from jobs.runtime import lakehouse

        opened = lakehouse.Lakehouse(self.spark, self.settings.lakehouse, self.settings.catalog)
        if self.is_writer:
            opened.rename_tables()
        return opened

    def known(self, night: date | None = None) -> Known:
        """The lakehouse as of a night; without one, as of tomorrow: nights later than that are nobody's newest."""
        from jobs.runtime.known import Known

        return Known(self.lake, self.settings, night or night_bounds.last_night(self.settings))

    @cached_property
    def layouts(self) -> Layouts:
        """Layouts by sender: those that ship, and this deployment's own, which win; and what is wrong with others."""
        from schemas.layouts import layouts as sender_layouts

        return sender_layouts.load_all(sender_layouts.FOLDER, self.settings.own_sources)

    @property
    def sources(self) -> dict[str, Source]:
        """Layouts that can be used, by sender."""
        return self.layouts.sources

    @property
    def is_on_cluster(self) -> bool:
        """Whether this is a Databricks cluster, where there is no folder that people and nights share."""
        return "DATABRICKS_RUNTIME_VERSION" in os.environ

    @property
    def inbox(self) -> Inbox:
        """Where people hand in decisions and the night takes them in."""
        return self._inbox(self.settings.inbox)

    @property
    def undo_inbox(self) -> Inbox:
        """The same for requests to take back a merge or split of entities."""
        return self._inbox(self.settings.undo, "undo/")

    def _inbox(self, folder: Path, prefix: str = "") -> Inbox:
        """The one place that chooses between a folder and a table."""
        if not (self.is_on_cluster or self.settings.catalog):
            return FolderInbox(folder)
        from jobs.runtime.inbox.table import TableInbox

        return TableInbox(self.lake, prefix)

    @cached_property
    def audit(self) -> audit.Log:
        """The log of processing: the one place that chooses between a file and a table."""
        if not self.settings.is_on_volume:
            return audit.Audit(self.settings.log_folder)
        from jobs.runtime.audit.table import TableLog

        return TableLog(self._own_lake())

    def _own_lake(self) -> Lakehouse:
        """The lakehouse for what a run writes beside its tables: not counted among its writes, and never renamed."""
        from jobs.runtime.lakehouse import Lakehouse

        return Lakehouse(self.spark, self.settings.lakehouse, self.settings.catalog)

    def is_written_to(self) -> bool:
        """Whether anybody holds the writer's lock of the lakehouse."""
        if not self.settings.is_on_volume:
            return lock.is_held(self.settings.lakehouse)
        from jobs.runtime import lease

        return lease.is_held(self._own_lake())

    def alone(self) -> AbstractContextManager[None]:
        """The writer's lock of the lakehouse, to be held: the kernel's, or on a volume a lease in a table."""
        if not self.settings.is_on_volume:
            return lock.writer(self.settings.lakehouse)
        from jobs.runtime import lease

        return lease.writer(self._own_lake())

    def provenance(self, read: tuple[Table, ...]) -> Provenance:
        """What rows that are made now from the tables `read` come from."""
        from pipelines.common.provenance import Provenance

        return Provenance(self.lake.versions(read), self.code_commit, self.settings.config_hash)

    @cached_property
    def code_commit(self) -> str:
        return settings.code_commit()


def _size(file: Path) -> int:
    """Bytes of a file; nothing where a night beside this command has just taken it away."""
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def reader() -> RunContext:
    """A context to read with: no lock, writes nothing.

    Raises:
        SettingsError: the settings cannot be read.
        InvalidInputError: the home cannot be made, or others may enter it and it is not ours to close.
    """
    return RunContext(home.opened())


def anchor_log(ctx: RunContext, cause: str) -> None:
    """Leave an anchor of the log where the settings say. Where that fails an alert is sent, and the run goes on: what
    was done is in the log, and the next anchor covers it."""
    try:
        marks.anchor(ctx.audit, ctx.settings.anchor, cause)
    except (marks.AnchorError, audit.AuditError) as error:
        alerts.send(ctx.settings, cause, str(error), run_id=ctx.run_id)


@contextmanager
def writer(*, is_future_allowed: bool = False) -> Iterator[RunContext]:
    """A context to write with: holds the writer's lock for the length of the block."""
    ctx = reader()
    ctx.is_future_allowed = is_future_allowed
    with ctx.alone():
        ctx.is_writer = True
        try:
            yield ctx
        finally:
            anchor_log(ctx, "a run")
