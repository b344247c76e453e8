"""Training as a job: what it keeps, what it says, and a night that cannot train. One small night is shared."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from click.testing import CliRunner
from pyspark.sql import SparkSession

from jobs.cli import main as cli_main  # fmt: skip
from jobs.evaluation import hidden_reports
from jobs.night import summary
from jobs.pages import compare_models, notebook, rendering
from jobs.runtime import context, settings
from jobs.runtime.known import Known
from jobs.training import champion, pretraining
from jobs.training import summary as training_summary
from models.candidates import candidates
from models.serving import artefact
from models.training import compare as models_training
from schemas import gold
from schemas.errors import InvalidInputError
from tests.models import frames
from tests.support import changed_settings
from tests.support import whole_nights as nights

pytestmark = [pytest.mark.spark, pytest.mark.slow]
NIGHT = nights.FIRST


@pytest.fixture(scope="module")
def night(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> tuple[context.RunContext, dict]:
    """A world with more folds than tagged reports, so that some fold holds one class; and the report of its night."""
    ctx = nights.world(tmp_path_factory.mktemp("small"), n_reports=100, n_nights=1, without=nights.NOT_FORCES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ctx, "settings", changed_settings.changed(ctx.settings, training={"n_folds": 50}))
        return ctx, nights.run(ctx, NIGHT)


def test_a_night_that_cannot_train_publishes_an_empty_queue_and_says_why(night: tuple[context.RunContext, dict]):
    ctx, report = night
    assert not [row for row in report["queue"] if row["queue"] == "reclassify"]
    assert report["model"] is None
    assert report["why_no_model"].startswith("training is impossible: ")
    assert "queue rows published by no model\n  training is impossible" in summary.text(report)
    assert ctx.lake.exists(gold.QUEUE_ITEMS)
    (alert,) = (ctx.settings.log_folder / "alerts.jsonl").read_text().splitlines()
    assert "no classifier, so no queue of reports" in json.loads(alert)["message"]


def test_the_command_says_what_is_missing(night: tuple[context.RunContext, dict], monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise models_training.NoPositivesError("none of 70 training reports carries a CSAE tag: nothing to learn from")

    monkeypatch.setattr(champion, "train", refuse)
    said = CliRunner().invoke(cli_main.main, ["train"], env={"NIGHTJAR_HOME": str(night[0].settings.home)})
    assert said.exit_code == 1
    assert "carries a CSAE tag" in said.output
    assert "Traceback" not in said.output


def test_a_bert_reads_the_reports_of_a_night_and_is_written_as_any_is_published(
    night: tuple[context.RunContext, dict], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    pytest.importorskip("transformers", reason="the extra `bert` is not installed")
    pytest.importorskip("torch", reason="the extra `bert` is not installed")
    from models.candidates.bert import pretraining as bert_pretraining

    ctx, how = night[0], {"max_reports": 60, "epochs": 1, "rate": 1e-3, "batch": 16, "device": "cpu"}
    size = bert_pretraining.Size(n_layers=1, hidden=32, n_heads=2, vocabulary=300)
    with pytest.raises(ValueError, match="pretraining takes 1,000 or more"):
        pretraining.pretrain(ctx, NIGHT, tmp_path / "bert", size, **how)
    monkeypatch.setattr(pretraining, "MIN_TEXTS", 10)
    made = pretraining.pretrain(ctx, NIGHT, tmp_path / "bert", size, **how)
    assert made["n_reports"] == 60
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {f.name for f in (tmp_path / "bert").iterdir()}
    *_, entry = ctx.audit.entries()
    assert (entry["action"], entry["counts"]) == ("consultation", {"reports": 60})
    assert "set training.bert.weights to" in pretraining.text(made)
    with pytest.raises(InvalidInputError, match="name a new folder"):
        pretraining.pretrain(ctx, NIGHT, tmp_path / "bert", size, **how)


@pytest.fixture(scope="module")
def trained(night: tuple[context.RunContext, dict], spark: SparkSession) -> tuple[context.RunContext, dict]:
    """The same home, on reports that can train; some of them decided on."""
    ctx, _ = night
    ctx.classifiers.clear()
    frame = frames.training_frame(n=240).assign(marking="OFFICIAL-SENSITIVE")
    decided = [None if n % 5 else bool(label) != (n % 3 == 0) for n, label in enumerate(frame["label"])]
    frame = frame.assign(recorded=frame["label"], adjudicated=pd.Series(decided, dtype="boolean"))
    columns = ", ".join(
        f"{name} {kind}"
        for name, kind in {
            **dict.fromkeys(("report_id", "text", "text_hash", "stratum", "force", "marking"), "string"),
            **dict.fromkeys(("label", "recorded", "adjudicated", "is_suspected_false"), "boolean"),
            "person_ids": "array<string>",
        }.items()
    )
    rows = [
        tuple(None if row[name.split()[0]] is pd.NA else row[name.split()[0]] for name in columns.split(", "))
        for row in frame.astype(object).to_dict("records")
    ]
    known = spark.createDataFrame(rows, columns)
    true = frame[["report_id"]].assign(
        night=NIGHT, is_csae=[n % 7 == 0 or label for n, label in enumerate(frame["label"])],
        hidden_by=["random" if n % 2 else "force" for n in range(len(frame))],
    )  # fmt: skip
    true.to_parquet(ctx.settings.truth / "reports.parquet")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Known, "training_reports", lambda _: known)
        compared = ["random_order", "keyword_rule", "count_tree", "tfidf_logistic", "tfidf_bayes"]
        training = {"n_folds": 3, "first": {"candidates": compared}}
        patch.setattr(ctx, "settings", changed_settings.changed(ctx.settings, training=training))
        return ctx, champion.train(ctx, NIGHT, is_first=True)


def test_training_registers_promotes_and_keeps_what_the_night_needs(trained: tuple[context.RunContext, dict]):
    ctx, found = trained
    assert found["refusals"] == []
    chosen = champion.champion(ctx, NIGHT)
    assert chosen.model is not None
    assert chosen.model.version == found["registered"]["version"]
    assert chosen.model.tags["fold_hash" if "fold_hash" in chosen.model.tags else "code_commit"]
    assert ctx.lake.read(gold.OOF_SCORES).count() == found["n_reports"]
    entry = [e for e in ctx.audit.entries() if e["action"] == "alteration"][-1]
    assert entry["why"].startswith("promoted to champion")
    assert found["registered"]["candidate"] in entry["on_what"]


def test_a_champion_is_fitted_again_with_answers_and_only_then(
    trained: tuple[context.RunContext, dict], monkeypatch: pytest.MonkeyPatch
):
    ctx, found = trained
    shelf, next_night, n_given = ctx.registry, NIGHT + timedelta(days=1), 9
    monkeypatch.setattr(Known, "n_answers_since", lambda *_: n_given)

    def of(night: date) -> artefact.Artefact:
        ctx.classifiers.clear()
        model = champion.champion(ctx, night).model
        assert model is not None
        return model

    first = of(next_night)
    assert first.version == found["registered"]["version"]  # nine answers are too few
    n_given = 10
    with monkeypatch.context() as patch:
        patch.setattr(ctx, "settings", changed_settings.changed(ctx.settings, training={"refit": {"is_on": False}}))
        assert of(next_night).version == first.version
    with monkeypatch.context() as patch:
        patch.setattr(ctx, "settings", changed_settings.changed(ctx.settings, training={"refit": {"max_reports": 9}}))
        assert of(next_night).version == first.version
    with monkeypatch.context() as patch:
        patch.setattr(ctx, "settings", changed_settings.changed(ctx.settings, promotion={"transparency_at_least": 1.0}))
        assert of(next_night).version == first.version  # refused: the same criteria
    again = of(next_night)
    assert (again.tags["refit_of"], again.tags["n_answers"]) == (first.version, "10")
    assert again.tags["candidate"] == first.tags["candidate"]
    assert again.tags["night"] == next_night.isoformat()
    learnt = ctx.lake.read(gold.OOF_SCORES).where(f"model_version = '{again.version}'").count()
    client = mlflow.MlflowClient(f"sqlite:///{ctx.settings.mlflow / 'mlflow.db'}")
    run = client.get_run(client.get_model_version(again.name, again.version).run_id)
    assert client.get_experiment(run.info.experiment_id).name == "refits"
    assert learnt == int(run.data.params["n_reports"]) > 0
    assert [summary["night"] for summary in shelf.summaries()] == [NIGHT.isoformat()]  # the page's comparison stays
    assert shelf.champion(again.name, NIGHT).version == first.version  # a night that knew no answer

    client.set_registered_model_alias(again.name, "champion", first.version)  # somebody rolls it back
    assert of(next_night + timedelta(days=1)).version == first.version
    client.set_registered_model_alias(again.name, "champion", again.version)
    assert of(next_night + timedelta(days=1)).tags["refit_of"] == again.version
    client.set_registered_model_alias(again.name, "champion", first.version)


def test_runs_are_nested_and_carry_what_they_learnt_from(trained: tuple[context.RunContext, dict]):
    ctx, found = trained
    client = mlflow.MlflowClient(f"sqlite:///{ctx.settings.mlflow / 'mlflow.db'}")
    (experiment,) = client.search_experiments(filter_string="name = 'reclassify'")
    runs = client.search_runs([experiment.experiment_id])
    (parent,) = (run for run in runs if "mlflow.parentRunId" not in run.data.tags)
    children = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    assert {run.data.tags["candidate"] for run in children} == {c["name"] for c in found["candidates"]}
    for run in runs:
        assert {"data_version", "fold_hash", "code_commit", "seed", "night"} <= set(run.data.tags)
    logistic = next(run for run in children if run.data.tags["candidate"] == "tfidf_logistic")
    figures = {"average_precision", "recorded_average_precision", "adjudicated_brier", "recall_no_tag", "ms_per_report",
               "model_mib", "fit_s", "deletion_fidelity", "explanation_stability", "truth_recall_random"}  # fmt: skip
    assert figures <= set(logistic.data.metrics)
    assert {file.path for file in client.list_artifacts(logistic.info.run_id)} >= {
        "precision_recall.png",
        "reliability.png",
    }


def test_the_command_line_shows_the_comparison(trained: tuple[context.RunContext, dict]):
    said = training_summary.text(trained[1])
    for words in ("candidate", "* best of the column", "behind ", "decisions (48 reports)", "CPU seconds went",
                  "is now champion", "recall of hidden reports at capacity", "is the base rate",
                  "is the ceiling"):  # fmt: skip
        assert words in said
    assert trained[1]["base_rate"] == trained[1]["n_positives"] / trained[1]["n_reports"]
    assert trained[1]["base_rate"] < trained[1]["ceiling"] < 1
    assert trained[1]["criteria"].keys() == trained[1]["refused"].keys()
    json.dumps(trained[1], allow_nan=False)


def test_the_notebook_shows_the_comparison_and_nothing_active(trained: tuple[context.RunContext, dict], tmp_path: Path):
    ctx, found = trained
    session = notebook.NotebookSession("20_compare_models", ctx)
    compared = compare_models.open_comparison(session)
    assert compared.comparison["fold_hash"] == found["fold_hash"]
    whole, part = compare_models.table(compared), compare_models.table(compared, only_what_differs=True)
    assert "★" in whole
    assert len(part) < len(whole)
    assert all(each["name"] in compare_models.header(compared) for each in found["candidates"][:1])
    verdict = compare_models.verdict(compared)
    assert "deletion fidelity" in verdict
    assert ">met<" in verdict
    assert "change places" in compare_models.flips(compared) or "changes place" in compare_models.flips(compared)
    before = compare_models.open_comparison(session, night="2020-01-01")
    assert "Nothing was compared yet" in compare_models.header(before)
    assert compare_models.table(before) == compare_models.curves(before) == ""
    page = rendering.render(
        settings.ROOT / "notebooks" / "20_compare_models.py", tmp_path / "page.html", home=ctx.settings.home
    ).read_text()
    assert "<script" not in page
    assert page.count("<svg") > 5
    assert "OFFICIAL-SENSITIVE" in page


def test_truth_counts_what_was_hidden_and_never_what_was_tagged(tmp_path: Path):
    frame = frames.training_frame(n=120)
    compared = models_training.train(frame, [candidates.TFIDF_LOGISTIC], seed=1, n_folds=3, capacity=200)
    assert hidden_reports.figures(tmp_path, compared, date(2026, 1, 5)) == {}
    true = frame[["report_id"]].assign(night=date(2026, 1, 5), is_csae=True, hidden_by="phrasing")
    true.to_parquet(tmp_path / "reports.parquet")
    found = hidden_reports.figures(tmp_path, compared, date(2026, 1, 5))["tfidf_logistic"]
    assert found["truth_recall"] == found["truth_recall_phrasing"] == 1  # capacity exceeds all there is
    assert hidden_reports.counts(tmp_path, compared, date(2026, 1, 5)) == {"phrasing": int((~frame["label"]).sum())}
    assert hidden_reports.figures(tmp_path, compared, date(2026, 1, 4)) == {}
    n = len(frame)
    assert hidden_reports.ceiling(tmp_path, compared, date(2026, 1, 5)) == pytest.approx(frame["label"].sum() / n)
    half = frame[["report_id"]].assign(night=date(2026, 1, 5), is_csae=frame["label"], hidden_by=None)
    half.to_parquet(tmp_path / "reports.parquet")
    assert hidden_reports.ceiling(tmp_path, compared, date(2026, 1, 5)) == 1
    assert hidden_reports.ceiling(tmp_path / "none", compared, date(2026, 1, 5)) is None
