"""Shuffling a provider's rows, splitting its files and merging them changes nothing, whatever the cut."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession

from pipelines.comms import calls as comms_calls
from pipelines.ingest import conform
from pipelines.synthesis.files import encode
from schemas import silver
from tests.pipelines.ingest import test_providers as providers
from tests.support import nights

COUNTER = itertools.count()
SENDER = "telco_isle"
# What is said of where a row came from differs by its place; all else must not.
SAID = [n for n in silver.COMMS_EVENTS.names if not n.startswith("_") and n not in silver.ARRIVAL_FLAGS]
N = len(providers.STARTS)


@pytest.fixture(scope="module")
def known(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> DataFrame:
    """The one authorisation."""
    home = tmp_path_factory.mktemp("known")
    providers.drop(home, SENDER, "comms_authorisations", providers.authorisation())
    read = nights.ingested(spark, home, night=providers.NIGHT)
    feed = "comms_authorisations"
    return conform.accepted(nights.judged(read.rows, feed, providers.NIGHT), feed).persist()


def made(spark: SparkSession, home: Path, parts: list[list[int]], known: DataFrame) -> tuple[list[Any], list[Any]]:
    """Events and legs of the truth's rows, written as one file a part in that order."""
    columns = providers.as_sent(SENDER)
    layout = providers.LAYOUTS[SENDER]
    for n, rows in enumerate(parts):
        taken = {name: values.take(pa.array(np.array(rows, dtype=np.int64))) for name, values in columns.items()}
        path = home / SENDER / "comms_events" / providers.NIGHT.isoformat() / f"part_{n}.csv"
        encode.write(path, layout, "comms_events", taken)
    read = nights.ingested(spark, home, night=providers.NIGHT)
    judged = nights.judged(read.rows, "comms_events", providers.NIGHT, authorisations=known)
    for c in conform.counts(judged).collect():
        assert c.n_in == c.n_loaded + c.n_quarantined + c.n_deduplicated
    events = conform.accepted(judged, "comms_events").select(*SAID)
    legs = comms_calls.legs(comms_calls.calls(events))
    found = sorted(map(str, events.collect())), sorted(map(str, legs.collect()))
    for df in (read.read, read.files, judged):
        df.unpersist()
    return found


@pytest.fixture(scope="module")
def whole(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory, known: DataFrame
) -> tuple[list[Any], list[Any]]:
    """What one file in the truth's order makes."""
    found = made(spark, tmp_path_factory.mktemp("whole"), [list(range(N))], known)
    assert len(found[0]) == N
    return found


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(
    order=st.permutations(range(N)),
    cuts=st.sets(st.integers(1, N - 1), max_size=3),
    again=st.sets(st.integers(0, N - 1), max_size=2),
)
def test_order_and_cuts_of_files_change_nothing(
    order: list[int], cuts: set[int], again: set[int],
    spark: SparkSession, tmp_path: Path, known: DataFrame, whole: tuple[list[Any], list[Any]],
) -> None:  # fmt: skip
    edges = [0, *sorted(cuts), N]
    parts = [list(order[a:b]) for a, b in itertools.pairwise(edges)]
    if again:  # rows that a second file repeats
        parts.append(sorted(again))
    assert made(spark, tmp_path / str(next(COUNTER)), parts, known) == whole
