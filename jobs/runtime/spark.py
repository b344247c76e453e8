"""The one Spark session of a run. Each setting carries its reason; on a cluster the cluster's own session is used."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path

from pyspark.sql import SparkSession

from jobs.runtime import jars
from schemas.errors import NotFoundError

ARCHIVE = Path(sys.prefix) / "java-classes.jsa"  # see jobs/night/class_archive.py
# Of an archive that no longer fits Java or the packages it would say so on standard output, where `--json` goes.
QUIET = "-Xlog:cds=error -Xlog:cds+dynamic=error"
# Of every session, a cluster's as well, whose own may differ.
EVERYWHERE = {
    "spark.sql.session.timeZone": "UTC",  # instants are UTC everywhere
    "spark.databricks.delta.schema.autoMerge.enabled": "false",  # a write never widens a table by itself
    "spark.sql.execution.arrow.maxRecordsPerBatch": "5000",  # report text is long: keeps workers' memory flat
    # Follows the key of a join back through all that it is made of: of events, 13 s of planning. Nights are literals.
    "spark.sql.optimizer.dynamicPartitionPruning.enabled": "false",
}
REMOTE_TASKS = 200  # Spark's own default of a shuffle
INTERPRETED = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}


def session(
    home: Path, *, cores: str = "*", memory: str = "2g", java_options: str = "", is_compiled: bool = True
) -> SparkSession:
    """The session: the cluster's where there is one (Databricks, Spark Connect), else one local Spark with Delta.

    Args:
        home: folder of state; scratch goes below it.
        java_options: more options for the local Java machine.
        is_compiled: plans are compiled to Java, which pays with millions of rows; else interpreted, which spares a
            night of thousands a fifth of its time. Both give the same rows.

    Raises:
        NotFoundError: the Delta jars are not there; set-up has not run.
    """
    if _is_of_a_cluster():
        taken = SparkSession.builder.getOrCreate()
        if is_remote(taken):
            _know_deltas_errors()
        for name, value in EVERYWHERE.items():
            taken.conf.set(name, value)
        return taken
    archives = sorted(jars.folder().glob("*.jar"))
    if not any(archive.name.startswith("delta-spark") for archive in archives):
        raise NotFoundError(f"No Delta jars in {jars.folder()}. Run `make setup` in a checkout, else `nightjar jars`.")
    os.environ["PYSPARK_PYTHON"] = sys.executable  # workers run what the driver runs, not whatever `python3` is
    scratch = home / "spark"
    scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
    n_cores = (os.cpu_count() or 2) if cores == "*" else int(cores)
    settings = {
        **EVERYWHERE,
        "spark.driver.extraClassPath": os.pathsep.join(map(str, archives)),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.ui.enabled": "false",  # start-up time, and no open port
        "spark.ui.showConsoleProgress": "false",  # the night prints its own progress
        "spark.driver.memory": memory,
        "spark.driver.host": "127.0.0.1",  # loopback only
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": str(n_cores),  # 200 tiny tasks cost seconds on one machine
        "spark.default.parallelism": str(n_cores),
        "spark.databricks.delta.snapshotPartitions": "1",  # the default of 50 makes each small write take seconds
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        # Plans are wide here and data of one machine small: adapting them prints each plan anew at every stage, which
        # took more time than the work. A cluster's own session adapts.
        "spark.sql.adaptive.enabled": "false",
        # Rows that lie together by one key of a join stay there: one machine gains nothing by spreading them.
        "spark.sql.requireAllClusterKeysForCoPartition": "false",
        # Each operation on a column told Java which Python line made it: more calls than the operation itself.
        "spark.python.sql.dataFrameDebugging.enabled": "false",
        # Java classes of compiled plans are kept for the next time. By default 100 are: research of a list takes more,
        # so that each time made them all anew, and Java's own compiler had a third of the cores.
        "spark.sql.codegen.cache.maxEntries": "2000",
        # Plans are written out at each stage, and nobody reads them here.
        "spark.sql.maxPlanStringLength": "2000",
        "spark.sql.ui.explainMode": "simple",
        # Each sort, hash table and broadcast takes at least one such page; by default it is 32 MB at this heap, which
        # filled it with nothing every few seconds.
        "spark.buffer.pageSize": "1m",
        # What is kept for later must give way to what is being sorted now, else a large night ends for want of memory.
        "spark.memory.storageFraction": "0.1",
        **({} if is_compiled else INTERPRETED),
        "spark.sql.files.maxPartitionBytes": str(32 << 20),
        "spark.local.dir": str(scratch),
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        "spark.log.level": "ERROR",
        # Hadoop gives each file that it makes 0644 by itself, whatever the process's umask.
        "spark.hadoop.fs.permissions.umask-mode": "077",
    }
    # Java logging of Delta and Parquet is quieted, and derby.log stays out of the working directory.
    java = f"-Dderby.system.home={scratch} -Djava.io.tmpdir={scratch} -Duser.timezone=UTC {java_options}".strip()
    java += f" -XX:SharedArchiveFile={ARCHIVE} {QUIET}" if ARCHIVE.exists() else ""
    builder = SparkSession.builder.appName("nightjar").master(f"local[{cores}]")
    builder = builder.config("spark.driver.extraJavaOptions", java)
    for key, value in settings.items():
        builder = builder.config(key, value)
    made = builder.getOrCreate()
    _remember_functions(made)
    return made


def interpreted(session: SparkSession) -> AbstractContextManager[None]:
    """Plans within are interpreted, however large the lakehouse: a page's questions read few rows, and each is asked
    once. A cluster's own session is taken as it is."""
    return nullcontext() if _is_of_a_cluster() else configured(session, INTERPRETED)


@contextmanager
def configured(session: SparkSession, values: Mapping[str, str]) -> Iterator[None]:
    """The session with other settings of SQL, which are what they were afterwards."""
    before = {name: session.conf.get(name) for name in values}
    for name, value in values.items():
        session.conf.set(name, value)
    try:
        yield
    finally:
        for name, earlier in before.items():
            session.conf.set(name, str(earlier))


def n_tasks(session: SparkSession) -> int:
    """How many tasks the session does at the same time; over Spark Connect, which does not tell, those of a shuffle."""
    if is_remote(session):
        told = session.conf.get("spark.sql.shuffle.partitions") or ""
        return int(told) if told.isdigit() else REMOTE_TASKS  # Databricks says `auto`
    return session.sparkContext.defaultParallelism


def n_actions(spark: SparkSession) -> int | None:
    """Spark SQL actions of this session so far; None where the engine does not tell (Spark Connect).

    By the number of the last one: Spark remembers a thousand of them and no more.
    """
    session = getattr(spark, "_jsparkSession", None)
    if session is None:
        return None
    spark.sparkContext._jsc.sc().listenerBus().waitUntilEmpty()  # it is told of actions a moment after they began
    store = session.sharedState().statusStore()
    n_kept = int(store.executionsCount())
    return int(store.executionsList(n_kept - 1, 1).head().executionId()) + 1 if n_kept else 0


def checkpoint_in(session: SparkSession, folder: str) -> None:
    """Checkpoints of GraphFrames go to `folder`; for a session of this machine, since a cluster names its own."""
    session.sparkContext.setCheckpointDir(folder)


def is_remote(session: SparkSession) -> bool:
    """Whether the session speaks to a server by Spark Connect: there is no Java machine to reach into."""
    return not hasattr(session, "_jsparkSession")


def _know_deltas_errors() -> None:
    """Let conflicts of commits that a server tells of be raised as Delta's own classes: importing says so."""
    with suppress(ImportError):
        importlib.import_module("delta.connect.exceptions")


def _is_of_a_cluster() -> bool:
    return "DATABRICKS_RUNTIME_VERSION" in os.environ or "SPARK_REMOTE" in os.environ


def _remember_functions(spark: SparkSession) -> None:
    """Keep Java's class of SQL functions: each use of one searched every jar of the class path for its name."""
    java = spark._jvm
    assert java is not None, "a classic session has a Java machine"
    java.functions = java.functions
    setattr(java, "org.apache.spark.sql.functions", java.functions)
