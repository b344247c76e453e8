"""Archive of the Java classes of a night: `python -m jobs.night.class_archive`, which set-up runs once.

Finding and checking the classes of Spark and Delta takes the first ten seconds of each session. Java can map them from
an archive of application classes instead (JEP 350). Here a few files go through the first steps of a night, and Java
writes down what it loaded. An archive that no longer fits Java or the packages is passed over by Java without a word.
"""

from __future__ import annotations

import os
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from jobs.runtime import settings, spark
from jobs.runtime.context import RunContext
from jobs.sources import demo, landing
from pipelines.common import concurrency
from pipelines.ingest import bronze as ingest_bronze
from pipelines.ingest import conform
from pipelines.ingest.readers import read
from schemas import bronze, silver

NIGHT = date(2026, 1, 1)
FEEDS = ("nominals", "reports")


def main() -> None:
    spark.ARCHIVE.unlink(missing_ok=True)
    written = spark.ARCHIVE.with_suffix(".part")
    with tempfile.TemporaryDirectory(prefix="nightjar-rehearsal-", ignore_cleanup_errors=True) as folder:
        os.environ["NIGHTJAR_HOME"] = folder
        config = settings.load()
        java = f"{config.spark.java_options} -XX:ArchiveClassesAtExit={written} {spark.QUIET}"
        session = spark.session(Path(folder), java_options=java, is_compiled=False)
        demo.write(config, first_night=NIGHT, n_reports=100, n_nights=1, forces=["36"])
        first_steps(RunContext(config))
        gateway: Any = session.sparkContext._gateway  # typed as absent until there is one
        session.stop()
        process = gateway.proc
        gateway.shutdown()
        process.stdin.close()  # Java ends with its input
        process.wait()
    written.replace(spark.ARCHIVE)


def first_steps(ctx: RunContext) -> None:
    """Bronze and some of silver: readers, joins, windows, writes with constraints."""
    tonight = {"night": NIGHT.isoformat()}
    files = landing.frame(ctx.spark, landing.scan(ctx.settings.landing, NIGHT, ctx.sources, ctx.layouts.refused))
    listed = concurrency.materialise_lazily(ingest_bronze.listed(files, ctx.lake.read(bronze.FILES), NIGHT))
    rows = concurrency.materialise_lazily(read.rows(listed, ctx.sources))
    ctx.lake.replace(ingest_bronze.rows(rows), bronze.ROWS, tonight)
    ctx.lake.replace(ingest_bronze.files(rows, listed), bronze.FILES, tonight)
    known = ctx.lake.read(bronze.ROWS)
    for feed in FEEDS:
        judged = concurrency.materialise_lazily(conform.validate(known, feed, ctx.sources, NIGHT, None, None))
        table = silver.BY_FEED[feed]
        ctx.lake.replace(conform.accepted(judged, feed), table, tonight)
        ctx.known(NIGHT).table(table).count()


if __name__ == "__main__":
    main()
