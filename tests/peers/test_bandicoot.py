"""Weekly indicators against those that bandicoot's own tests expect of its own records, for several numbers at once."""

from __future__ import annotations

import csv
import datetime as dt
import json
import statistics
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import Row, SparkSession

from pipelines.comms import indicators

SCHEMA = (
    "number string, other string, is_out boolean, kind string, local_at timestamp, duration_s double, cell string, "
    "record_id string"
)
# Ours: theirs, with the part that stands for the kind of record. Each is compared by mean and spread over weeks.
OF_KIND = {
    "number_of_contacts_{k}": "number_of_contacts__allweek__allday__{k}",
    "percent_nocturnal_{k}": "percent_nocturnal__allweek__allday__{k}",
    "entropy_of_contacts_{k}": "entropy_of_contacts__allweek__allday__{k}",
    "interactions_per_contact_{k}_mean": "interactions_per_contact__allweek__allday__{k}__mean",
    "interactions_per_contact_{k}_std": "interactions_per_contact__allweek__allday__{k}__std",
    "balance_of_contacts_{k}_mean": "balance_of_contacts__allweek__allday__{k}__mean",
    "balance_of_contacts_{k}_std": "balance_of_contacts__allweek__allday__{k}__std",
    "interevent_time_{k}_mean": "interevent_time__allweek__allday__{k}__mean",
    "interevent_time_{k}_std": "interevent_time__allweek__allday__{k}__std",
    "percent_pareto_interactions_{k}": "percent_pareto_interactions__allweek__allday__{k}",
    "number_of_interactions_{k}": "number_of_interactions__allweek__allday__{k}",
    "number_of_interaction_in_{k}": "number_of_interaction_in__allweek__allday__{k}",
    "number_of_interaction_out_{k}": "number_of_interaction_out__allweek__allday__{k}",
}
OTHERS = {
    "active_days": "active_days__allweek__allday__callandtext",
    "call_duration_mean": "call_duration__allweek__allday__call__mean",
    "call_duration_std": "call_duration__allweek__allday__call__std",
    "percent_initiated_conversations": "percent_initiated_conversations__allweek__allday__callandtext",
    "percent_initiated_interactions": "percent_initiated_interactions__allweek__allday__call",
    "response_rate_text": "response_rate_text__allweek__allday__callandtext",
    "response_delay_text_mean": "response_delay_text__allweek__allday__callandtext__mean",
    "percent_pareto_durations": "percent_pareto_durations__allweek__allday__call",
    "number_of_antennas": "number_of_antennas__allweek__allday",
    "entropy_of_antennas": "entropy_of_antennas__allweek__allday",
    "percent_at_home": "percent_at_home__allweek__allday",
    "frequent_antennas": "frequent_antennas__allweek__allday",
}


def read(path: Path, number: str) -> list[tuple[Any, ...]]:
    """A file of bandicoot's as records of one number."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            (number, r["correspondent_id"], r["direction"] == "out", r["interaction"],
             dt.datetime.fromisoformat(r["datetime"]).replace(tzinfo=dt.UTC),
             float(r["call_duration"]) if r["call_duration"] else None, r["antenna_id"], f"{n:06d}")
            for n, r in enumerate(csv.DictReader(file))
        ]  # fmt: skip


@pytest.fixture(scope="module")
def weeks(spark: SparkSession, shared_data: Path) -> dict[str, list[Row]]:
    """Indicators of three numbers, made in one run."""
    folder = shared_data / "cdr_indicators"
    rows = [r for r in read(folder / "bandicoot_network_ego.csv", "ego") if r[1] != "H"]  # the regression's 13 records
    rows += read(folder / "bandicoot_manual_A.csv", "A") + read(folder / "bandicoot_manual_B.csv", "B")
    made = indicators.weekly(spark.createDataFrame(rows, SCHEMA)).collect()
    found: dict[str, list[Row]] = {}
    for row in sorted(made, key=lambda r: (r.number, r.week)):
        found.setdefault(row.number, []).append(row)
    return found


def test_every_indicator_of_every_week_to_nine_digits(weeks: dict[str, list[Row]], shared_data: Path) -> None:
    text = (shared_data / "cdr_indicators" / "bandicoot_regressions_ego.json").read_text(encoding="utf-8")
    expected = json.loads(text)["ego"]
    assert expected["reporting__bins_with_data"] == len(weeks["ego"]) == 4
    pairs = dict(OTHERS)
    for ours, theirs in OF_KIND.items():
        pairs |= {ours.format(k=kind): theirs.format(k=kind) for kind in ("call", "text")}
    wrong = {}
    for ours, theirs in pairs.items():
        values = [row[ours] for row in weeks["ego"] if row[ours] is not None]
        mean = statistics.fmean(values) if values else None
        spread = statistics.pstdev(values) if values else None
        for found, name in ((mean, f"{theirs}__mean"), (spread, f"{theirs}__std")):
            want = expected[name]
            is_right = found is want if found is None or want is None else abs(found - want) <= 1e-9
            if not is_right:
                wrong[name] = (found, want)
    assert wrong == {}


def test_the_worked_examples(weeks: dict[str, list[Row]]) -> None:
    """What bandicoot's authors worked out by hand, to the digits they give. A is one week; B has two, A's are whole."""
    (a,) = weeks["A"]
    expected = {
        "active_days": 2, "call_duration_mean": 339.5, "call_duration_std": 202.5, "entropy_of_contacts_call": 0.6931,
        "entropy_of_antennas": 0.636514, "interevent_time_call_mean": 86465.0, "interevent_time_text_mean": 120,
        "interevent_time_text_std": 103.92304, "number_of_antennas": 2, "percent_at_home": 0.666666,
        "percent_initiated_conversations": 0, "percent_initiated_interactions": 0.5, "percent_nocturnal_text": 1.0,
        "response_delay_text_mean": 180.0, "response_delay_text_std": 120.0, "response_rate_text": 1.0,
        "balance_of_contacts_text_mean": 0.6, "frequent_antennas": 2,
    }  # fmt: skip
    assert {k: v for k, v in expected.items() if a[k] != pytest.approx(v, abs=1e-4)} == {}
