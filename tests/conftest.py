"""One lazy Spark session for the whole test process, and the folders that tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs import spark as spark_job

# Java's quick compiler alone: tests are many short jobs, whose time the thorough one would spend on itself.
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    session = spark_job.session(tmp_path_factory.mktemp("spark"), cores="2")
    yield session
    session.stop()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Public data beside the checkout; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("NIGHTJAR_SHARED_DATA", SHARED_DATA))
    if not folder.is_dir():
        pytest.skip(f"public data folder {folder.name!r} is not beside the checkout")
    return folder
