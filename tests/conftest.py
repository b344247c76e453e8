"""One lazy Spark session for the whole test process, and the folders that tests share."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.runtime import settings
from jobs.runtime import spark as spark_job

# A process of pytest-xdist has no main file, which pyspark takes for a doctest run and ends.
if not hasattr(sys.modules["__main__"], "__file__"):
    sys.modules["__main__"].__file__ = __file__
ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("NIGHTJAR_SETTINGS", str(ROOT / "tests" / "support" / "settings.yaml"))
SHARED_DATA = ROOT.parent / "shared" / "data"
# Files of whole nights come first, the longest before the others: two processes then end at about the same time.
LONGEST = ("test_kill.py", "test_three_nights.py", "test_screening.py", "test_two_writers.py", "test_training.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    java_options = settings.load().spark.java_options
    session = spark_job.session(
        tmp_path_factory.mktemp("spark"), cores="2", java_options=java_options, is_compiled=False
    )
    yield session
    session.stop()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Public data beside the checkout; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("NIGHTJAR_SHARED_DATA", SHARED_DATA))
    if not folder.is_dir():
        pytest.skip(f"public data folder {folder.name!r} is not beside the checkout")
    return folder
