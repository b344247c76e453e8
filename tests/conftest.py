"""One lazy Spark session for the whole test process, and the folders that tests share."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pyspark
import pytest
from pyspark.sql import SparkSession

from jobs.runtime import settings
from jobs.runtime import spark as spark_job
from tests.trials import recording

# A process of pytest-xdist has no main file, which pyspark takes for a doctest run and ends.
if not hasattr(sys.modules["__main__"], "__file__"):
    sys.modules["__main__"].__file__ = __file__
os.umask(0o077)  # as at each process's door: what tests make of a home is their owner's alone
ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("NIGHTJAR_SETTINGS", str(ROOT / "tests" / "support" / "settings.yaml"))
hypothesis.settings.register_profile("untimed", deadline=None)  # a busy machine is no defect
hypothesis.settings.load_profile("untimed")
SHARED_DATA = ROOT.parent / "shared" / "data"
# Files of whole nights come first, the longest before the others: two processes then end at about the same time.
NOT_QUICK = re.compile(r"^pytestmark = .*\bmark\.(spark|slow|bert)\b", re.MULTILINE)
LONGEST = (
    "test_kill.py", "test_three_nights.py", "test_one_night.py", "test_screening.py", "test_log_of_operations.py",
    "test_served_pages.py", "test_device.py", "test_device_kill.py", "test_wheel.py", "test_training.py",
    "test_versions.py", "test_two_writers.py", "test_draft.py",
)  # fmt: skip


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="only tests that need no Spark, no extra and no half second")
    parser.addoption("--rest", action="store_true", help="only tests that --quick leaves out")
    parser.addoption("--trial", help="only tests that bear one of these numbers of trials: 4,27")
    parser.addoption("--trials", type=Path, help="file of JSON that takes what trials told")


def pytest_configure(config: pytest.Config) -> None:
    if (file := config.getoption("--trials")) and not hasattr(config, "workerinput"):  # the first process writes
        config.pluginmanager.register(recording.Recorder(file))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the files of which no test is quick, so that what they import is not waited for."""
    if not config.getoption("--quick") or collection_path.suffix != ".py":
        return None
    return bool(NOT_QUICK.search(collection_path.read_text(encoding="utf-8"))) or None


@pytest.hookimpl(tryfirst=True)  # before -m is looked at
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "spark" in getattr(item, "fixturenames", ()):
            item.add_marker("spark")
    recording.mark(items)
    if config.getoption("--trial"):
        wanted = {int(number) for number in config.getoption("--trial").split(",")}
        items[:] = [item for item in items if wanted & set(recording.numbers_of(item))]
    if config.getoption("--quick") or config.getoption("--rest"):
        left_out = [item for item in items if _is_quick(item) == config.getoption("--rest")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


def _is_quick(item: pytest.Item) -> bool:
    return not any(item.get_closest_marker(name) for name in ("spark", "slow", "bert"))


@pytest.fixture(autouse=True)
def _quick_tests_start_no_java(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test of the quick tier that would start Spark fails and says so, in place of making everybody wait."""
    if request.config.getoption("--quick"):
        monkeypatch.setattr(pyspark.SparkContext, "_ensure_initialized", _refuse_java)


def _refuse_java(*_: object, **__: object) -> None:
    raise AssertionError("this test starts Spark: it takes the fixture `spark` or the marker `spark`")


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
