"""The one Spark session of a run. Each setting carries its reason; on a cluster the cluster's own session is used."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from pyspark.sql import SparkSession

from schemas.errors import NotFoundError

ROOT = Path(__file__).resolve().parents[2]
ARCHIVE = Path(sys.prefix) / "java-classes.jsa"  # see jobs/night/class_archive.py
# Of an archive that no longer fits Java or the packages it would say so on standard output, where `--json` goes.
QUIET = "-Xlog:cds=error -Xlog:cds+dynamic=error"
INTERPRETED = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}


def jars_folder() -> Path:
    """Folder of the jars that set-up fetched: `NIGHTJAR_JARS`, or `.jars` beside the code."""
    return Path(os.environ.get("NIGHTJAR_JARS", ROOT / ".jars"))


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
        return SparkSession.builder.getOrCreate()
    jars = sorted(jars_folder().glob("*.jar"))
    if not any(jar.name.startswith("delta-spark") for jar in jars):
        raise NotFoundError(f"No Delta jars in {jars_folder()}. Run `make setup` first.")
    os.environ["PYSPARK_PYTHON"] = sys.executable  # workers run what the driver runs, not whatever `python3` is
    scratch = home / "spark"
    scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
    n_cores = (os.cpu_count() or 2) if cores == "*" else int(cores)
    settings = {
        "spark.driver.extraClassPath": os.pathsep.join(map(str, jars)),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.ui.enabled": "false",  # start-up time, and no open port
        "spark.ui.showConsoleProgress": "false",  # the night prints its own progress
        "spark.driver.memory": memory,
        "spark.driver.host": "127.0.0.1",  # loopback only
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.session.timeZone": "UTC",  # instants are UTC everywhere
        "spark.sql.shuffle.partitions": str(n_cores),  # 200 tiny tasks cost seconds on one machine
        "spark.default.parallelism": str(n_cores),
        "spark.databricks.delta.snapshotPartitions": "1",  # the default of 50 makes each small write take seconds
        "spark.databricks.delta.schema.autoMerge.enabled": "false",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "5000",  # report text is long: keeps workers' memory flat
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


def _is_of_a_cluster() -> bool:
    return "DATABRICKS_RUNTIME_VERSION" in os.environ or "SPARK_REMOTE" in os.environ


def _remember_functions(spark: SparkSession) -> None:
    """Keep Java's class of SQL functions: each use of one searched every jar of the class path for its name."""
    java = spark._jvm
    assert java is not None, "a classic session has a Java machine"
    java.functions = java.functions
    setattr(java, "org.apache.spark.sql.functions", java.functions)
