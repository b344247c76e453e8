"""One truth about the champion: what MLflow's alias says is what nights, doctor and commands go by."""

from __future__ import annotations

import json
import os
import pwd
from datetime import timedelta
from pathlib import Path

import mlflow
import pytest
from click.testing import CliRunner, Result
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.cli import main as cli_main
from jobs.runtime import context
from jobs.runtime.health import doctor
from jobs.training import champion
from models.serving import artefact
from schemas import gold
from tests.support import whole_nights as nights

pytestmark = [pytest.mark.spark, pytest.mark.slow]
FIRST, SECOND, THIRD = (nights.FIRST + timedelta(days=n) for n in range(3))
NAME = "reclassify"


@pytest.fixture(scope="module")
def home(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> context.RunContext:
    """A first night that trained version 1, and a training on the second night that made version 2 champion."""
    ctx = nights.world(tmp_path_factory.mktemp("home"), n_reports=1200, n_nights=2, without=nights.NOT_FORCES)
    nights.run_to_queue(ctx, FIRST)
    assert champion.train(ctx, SECOND, is_first=True)["refusals"] == []
    return ctx


@pytest.fixture
def client(home: context.RunContext) -> mlflow.MlflowClient:
    return mlflow.MlflowClient(home.registry.uri, home.registry.uri)


def models(ctx: context.RunContext, *words: str) -> Result:
    return CliRunner().invoke(
        cli_main.main, ["models", *words], env={"NIGHTJAR_HOME": str(ctx.settings.home), "USER": "somebody else"}
    )


def versions_of(ctx: context.RunContext, night: object) -> set[str]:
    scores = ctx.lake.read(gold.REPORT_SCORES).where(F.col("night") == F.lit(night))
    return {row.model_version for row in scores.select("model_version").distinct().collect()}


def last_entry(ctx: context.RunContext) -> dict:
    return list(ctx.audit.entries())[-1]


def test_a_roll_back_in_mlflow_is_what_the_next_night_and_doctor_go_by(
    home: context.RunContext, client: mlflow.MlflowClient
):
    assert str(client.get_model_version_by_alias(NAME, "champion").version) == "2"
    client.set_registered_model_alias(NAME, "champion", "1")
    nights.run_to_queue(home, SECOND)
    assert versions_of(home, SECOND) == {"1"}
    assert f"champion {NAME} v1 matches its manifest; nights use it" in doctor._registry(home)["said"]


def test_the_command_promotes_logs_who_and_why_and_the_night_follows(
    home: context.RunContext, client: mlflow.MlflowClient
):
    assert models(home, "promote", "2").exit_code == 2  # without a reason nothing is done
    said = models(home, "promote", "2", "--why", "recall was checked by hand")
    assert said.exit_code == 0, said.output
    assert "v2 is champion, in the place of v1" in said.output
    assert str(client.get_model_version_by_alias(NAME, "champion").version) == "2"
    entry = last_entry(home)
    assert (entry["action"], entry["on_what"]) == ("alteration", f"model {NAME} v2")
    assert entry["why"] == "promoted to champion in the place of v1: recall was checked by hand"
    assert entry["who"] == pwd.getpwuid(os.getuid()).pw_name
    nights.run_to_queue(home, SECOND)
    assert versions_of(home, SECOND) == {"2"}
    again = models(home, "promote", "2", "--why", "again")
    assert again.exit_code == 1
    assert "is champion already" in again.output


def test_a_rerun_keeps_its_model_until_that_is_withdrawn(home: context.RunContext, client: mlflow.MlflowClient):
    manifest = home.spark.createDataFrame(
        [(SECOND, "c", "h", NAME, "2", None, {}, 0, 0, 0, None, None)], gold.RUN_MANIFEST.struct()
    )  # fmt: skip
    home.lake.replace(manifest, gold.RUN_MANIFEST, {"night": SECOND.isoformat()})
    client.set_registered_model_alias(NAME, "champion", "1")
    home.classifiers.clear()
    assert champion.champion(home, SECOND).model.version == "2"
    client.set_registered_model_alias(NAME, "champion", "2")


def test_withdrawing_names_what_was_touched_and_the_next_night_does_without(
    home: context.RunContext, client: mlflow.MlflowClient
):
    scores = home.lake.read(gold.REPORT_SCORES).where("model_version = '2'").count()
    rows = home.lake.read(gold.QUEUE_ITEMS).where("model_version = '2'").count()
    assert scores > 0
    assert rows > 0
    said = models(home, "withdraw", "2", "--why", "learnt from a wrong file", "--json")
    assert said.exit_code == 0, said.output
    told = json.loads(said.output)
    assert told["touched"] == {"scores": scores, "queue rows": rows, "decisions": 0}
    assert told["nights"] == [SECOND.isoformat()]
    assert (told["was_champion"], told["champion"]) == (True, "1")
    entry = last_entry(home)
    assert entry["why"] == "withdrawn, v1 follows it as champion: learnt from a wrong file"
    assert entry["counts"] == {"scores": scores, "queue rows": rows, "decisions": 0, "nights": 1}
    assert str(client.get_model_version_by_alias(NAME, "champion").version) == "1"
    home.classifiers.clear()
    assert champion.champion(home, THIRD).model.version == "1"
    assert champion.champion(home, SECOND).model.version == "1"  # run again, it is scored without
    for words, reason in ((("promote", "2"), "was withdrawn: learnt from a wrong file"),
                          (("withdraw", "2"), "was withdrawn"), (("withdraw", "77"), "has no")):  # fmt: skip
        refused = models(home, *words, "--why", "x")
        assert refused.exit_code == 1
        assert reason in refused.output
        assert "Traceback" not in refused.output


def test_the_list_says_which_is_champion_and_what_became_of_the_others(home: context.RunContext):
    said = models(home, "list")
    assert said.exit_code == 0, said.output
    second, first = said.output.splitlines()[1:3]
    assert first.split()[0] == "1"
    assert first.endswith("champion")
    assert "withdrawn: learnt from a wrong file" in second
    kept = json.loads(models(home, "list", "--json").output)
    assert [each["version"] for each in kept] == ["2", "1"]


def test_an_alias_on_a_withdrawn_version_stops_the_night_and_doctor_says_so(
    home: context.RunContext, client: mlflow.MlflowClient
):
    client.set_registered_model_alias(NAME, "champion", "2")
    try:
        finding = doctor._registry(home)
        assert not finding["ok"]
        assert "v2 was withdrawn" in finding["said"]
        home.classifiers.clear()
        with pytest.raises(RuntimeError, match="v2 was withdrawn"):
            champion.champion(home, THIRD)
    finally:
        client.set_registered_model_alias(NAME, "champion", "1")


def test_doctor_says_that_a_model_was_changed(home: context.RunContext):
    stored = list((home.settings.mlflow / "artifacts").rglob("model.skops"))
    contents = [path.read_bytes() for path in stored]
    try:
        for path in stored:
            path.write_bytes(b"other")
        finding = doctor._registry(home)
    finally:
        for path, content in zip(stored, contents, strict=True):
            path.write_bytes(content)
    assert not finding["ok"]
    assert "is not what was registered" in finding["said"]


def test_a_night_leaves_no_copy_of_a_model_behind(home: context.RunContext):
    assert isinstance(home.registry.champion(NAME), artefact.Artefact)
    assert not [path for path in home.settings.mlflow.iterdir() if path.name.startswith("model-")]
    assert not [path for path in Path(home.settings.home).rglob("*.skops") if "artifacts" not in path.parts]
