"""Past days of worlds, walked at once: what was not yet recorded on a day counts nothing, and worlds stay apart."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from jobs.evaluation import risk_replay, risk_worlds
from schemas import codes
from tests.support import network_world

pytestmark = pytest.mark.spark
NIGHT, HIGH = risk_worlds.NIGHT, codes.MISSING_RISKS.index("HIGH")
CHILD, FRIEND, OFFENDER, OTHER = "36:C", "36:F", "36:O", "36:X"


def ago(days: int) -> pd.Timestamp:
    return pd.Timestamp(NIGHT) - timedelta(days=days)


def table(schema: str, *rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=[part.split()[0] for part in schema.split(", ")])


def made(*, is_together: bool) -> risk_worlds.World:
    """The friend is named with the offender 60 days ago, and with the child, where they are together, 20 days ago."""
    born = {CHILD: 14, FRIEND: 15, OFFENDER: 40, OTHER: 13}
    people = [(who, "36", who[3:], "HART", ago(365 * age).date(), None, None, None, None, who[3:])
              for who, age in born.items()]  # fmt: skip
    reports = [("36:R1", ago(60), ago(60).date(), "1A", True), ("36:R2", ago(20), ago(20).date(), "1A", False)]
    named = [("36:R1", FRIEND, "VICTIM"), ("36:R1", OFFENDER, "SUSPECT"), ("36:R2", CHILD, "VICTIM")]
    named += [("36:R2", FRIEND, "VICTIM")] if is_together else []
    episodes = [(f"36:M{n}", who, "36", ago(90), None, ago(89), risk, None)
                for n, (who, risk) in enumerate(((CHILD, "LOW"), (OTHER, "HIGH")))]  # fmt: skip
    return risk_worlds.World(
        table(risk_worlds.PEOPLE, *people), table(risk_worlds.REPORTS, *reports), table(risk_worlds.NAMED, *named),
        table(risk_worlds.EPISODES, *episodes), table(risk_worlds.EVENTS), pd.DataFrame(), frozenset(),
    )  # fmt: skip


def test_a_day_knows_what_was_recorded_by_then_and_no_world_of_another(spark: SparkSession):
    days = [NIGHT - timedelta(days=100), NIGHT - timedelta(days=30), NIGHT]
    rows = risk_replay.replayed(
        spark, [(1, made(is_together=True)), (2, made(is_together=False))], days, network_world.RULES,
        capacity=1, direct_share=0.3, unknown_age=0.6,
    )  # fmt: skip
    assert set(rows["day"]) == set(days[1:])  # nobody was missing 100 days ago
    assert len(rows) == 8
    score = rows.set_index(["world", "day", "person"])["network"].to_dict()
    # child -0.6- friend -0.6- offender, whose report, 60 days old, weighs 0.8 of a suspect (see network_world)
    aged = 0.5 ** (60 / 365)
    assert score.pop((1, NIGHT, "C")) == pytest.approx(0.6 * 0.6 * 0.8 * aged, abs=1e-6)
    assert set(score.values()) == {0.0}
    shown = rows[rows["queue"] > 0]
    assert [tuple(r) for r in shown[["world", "day", "person"]].to_numpy()] == [(1, NIGHT, "C")]
    assert set(rows.loc[rows["person"] == "X", "police_risk"]) == {HIGH}
    assert (rows["page_rank"] > 0).sum() == 1
