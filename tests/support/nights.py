"""A small landing zone and one night's ingest, for tests: what jobs do, without the lakehouse."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from jobs.sources import landing
from pipelines.ingest import bronze as ingest_bronze
from pipelines.ingest import conform
from pipelines.ingest.readers import read
from schemas import bronze
from schemas.layouts import layouts as sources

NIGHT = dt.date(2026, 3, 14)
REPORT = {
    "Intel Ref": "INT/26/000001", "GSC": "OFFICIAL", "Submitted By": "PC 1", "Date of Intelligence": "10/03/2026",
    "Date Created": "11/03/2026 09:30", "Title": "Lift home", "Provenance": "Seen in person", "Prov Source": "1",
    "Prov Intel": "A", "Handling": "P", "Action Code": "", "Sanitisation": "", "Conditions": "", "PII": "N",
    "Crime Types": "Child Sex Exploit - Lone; Drugs", "Item 1 Text": "A van waited by the school.",
    "Item 1 Source": "2", "Item 1 Intel": "B", "Item 2 Text": "", "Item 2 Source": "", "Item 2 Intel": "",
    "Item 3 Text": "", "Item 3 Source": "", "Item 3 Intel": "", "Print Flag": "Y",
}  # fmt: skip  # one report in Norfolk's layout


def report(**changes: str) -> dict[str, str]:
    """A Norfolk report with some values changed: keys with spaces are written with underscores."""
    named = {key.replace("_", " "): value for key, value in changes.items()}
    unknown = set(named) - set(REPORT)
    assert not unknown, f"no such columns: {unknown}"
    return {**REPORT, **named}


def drop(home: Path, sender: str, feed: str, file: str, content: bytes, night: dt.date = NIGHT) -> Path:
    """Puts a file into a sender's drop."""
    path = home / sender / feed / night.isoformat() / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def csv_bytes(rows: Sequence[Mapping[str, Any]], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    """Rows as CSV with the keys of the first as header."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


@dataclass
class Ingested:
    """One night's bronze, as DataFrames over a persisted read."""

    read: DataFrame
    rows: DataFrame
    files: DataFrame
    quarantine: DataFrame


def ingested(
    spark: SparkSession,
    home: Path,
    night: dt.date = NIGHT,
    known: DataFrame | None = None,
    layouts: Mapping[str, sources.Source] | None = None,
    refused: Mapping[str, sources.LayoutError] | None = None,
) -> Ingested:
    """Scans and reads a night's drops."""
    layouts = sources.load() if layouts is None else layouts
    known = spark.createDataFrame([], bronze.FILES.struct()) if known is None else known
    listed = ingest_bronze.listed(landing.frame(spark, landing.scan(home, night, layouts, refused)), known, night)
    found = read.rows(listed, layouts).persist()
    files = ingest_bronze.files(found, listed).persist()
    return Ingested(found, ingest_bronze.rows(found), files, ingest_bronze.quarantine(found, files, listed))


def judged(
    rows: DataFrame, feed: str, night: dt.date = NIGHT, layouts: Mapping[str, sources.Source] | None = None, **more: Any
) -> DataFrame:
    """Judged records of a feed, persisted."""
    return conform.validate(rows, feed, sources.load() if layouts is None else layouts, night, **more).persist()


def raw_rows(
    spark: SparkSession, sender: str, feed: str, rows: Sequence[Mapping[str, Any]], night: dt.date = NIGHT
) -> DataFrame:
    """Rows of bronze.rows made directly, without files."""

    made = [
        (night, feed, sender, f"{sender}/{feed}/f", "0" * 64, n, json.dumps(row)) for n, row in enumerate(rows, start=1)
    ]
    return spark.createDataFrame(made, bronze.ROWS.struct())
