"""MLflow's own doors as witnesses: what its users load, serve, search and compare is what a night scores with."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import replace
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import yaml
from pyspark.sql import SparkSession

from models.candidates import candidates
from models.registry import manifest, packaging, registry, tracking, verification
from models.serving import artefact, scoring
from models.training import compare, promotion
from tests.models import frames

pytestmark = pytest.mark.slow  # what its fixture makes takes seconds

NAME = "reclassify"
CHAMPION = f"models:/{NAME}@champion"
TAGS = {"night": "2026-01-05", "data_version": "1", "code_commit": "0" * 40}
INPUTS = (tracking.Input("silver.reports", "/lake/silver/reports", 7), tracking.Input("gold.decisions", "/lake/d", 2))
# As written: spaced out, with a Cyrillic letter, a zero-width space and figures for letters; plain; without any word.
TEXTS = ["b l u e lanyard s\u0435en", "par\u200bcel c0llected nightly", "vehicle in the street", "?!"]
READ = ["blue lanyard seen", "parcel collected nightly", "vehicle in the street", "?!"]


@pytest.fixture(scope="module")
def compared() -> compare.Comparison:
    """All twelve bags of words and both baselines, without a search."""
    chosen = candidates.named(("random_order", "keyword_rule", *candidates.BAG_OF_WORDS))
    effort = compare.Effort(n_sets=1, n_inner=2)
    return compare.train(frames.training_frame(), chosen, seed=1, n_folds=3, capacity=20, effort=effort)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory, compared: compare.Comparison) -> registry.Registry:
    """A registry with one champion."""
    made = registry.Registry(tmp_path_factory.mktemp("mlflow"))
    run = made.log(compared, TAGS, {}, INPUTS)
    made.judged(run, {r.candidate.name: promotion.refusals(r, compared, promotion.Criteria())
                      for r in promotion.ranked(compared)})  # fmt: skip
    best = compared.result("tfidf_logistic")
    version = made.register(NAME, best, run, TAGS)
    made.appoint(NAME, version, lambda replaced: None, although_refused=True)
    return made


@pytest.fixture(autouse=True)
def at_home(shelf: registry.Registry) -> None:
    """MLflow's client points at the registry, as that of its users does."""
    mlflow.set_tracking_uri(shelf.uri)
    mlflow.set_registry_uri(shelf.uri)


@pytest.fixture(scope="module")
def client(shelf: registry.Registry) -> mlflow.MlflowClient:
    return mlflow.MlflowClient(shelf.uri, shelf.uri)


def night_scores(model: artefact.Artefact, texts: list[str]) -> np.ndarray:
    """Scores as a night's workers make them."""
    ids = pa.array([str(n) for n in range(len(texts))])
    batch = pa.RecordBatch.from_arrays([ids, ids, pa.array(texts)], names=["report_id", "text_hash", "text"])
    (scored,) = scoring.scorer(model)(iter([batch]))
    return scored.column("score").to_numpy()


def test_the_champion_gives_one_number_per_text_equal_to_the_nights(shelf: registry.Registry):
    expected = night_scores(shelf.champion(NAME), TEXTS)
    answer = mlflow.pyfunc.load_model(CHAMPION).predict(pd.DataFrame({"text": TEXTS}))
    assert np.asarray(answer).shape == (len(TEXTS),)
    assert np.array_equal(answer, expected)
    assert len(set(expected)) > 2
    assert np.array_equal(answer, night_scores(shelf.champion(NAME), READ))  # normalised as a night reads them
    assert np.asarray(mlflow.pyfunc.load_model(CHAMPION).predict(pd.DataFrame({"text": []}, dtype=str))).shape == (0,)


def test_each_of_the_twelve_loads_and_scores_as_it_was_fitted(
    shelf: registry.Registry, compared: compare.Comparison, client: mlflow.MlflowClient
):
    experiment = client.get_experiment_by_name(registry.EXPERIMENT).experiment_id
    logged = {model.name: model for model in client.search_logged_models([experiment])}
    assert set(logged) == set(candidates.BAG_OF_WORDS)
    for name, model in logged.items():
        answer = mlflow.pyfunc.load_model(f"models:/{model.model_id}").predict(pd.DataFrame({"text": TEXTS}))
        fitted = scoring.scores(compared.result(name).pipeline, TEXTS)
        assert np.array_equal(answer, fitted), name


def test_signature_example_and_requirements_are_complete(shelf: registry.Registry, compared: compare.Comparison):
    about = mlflow.models.get_model_info(CHAMPION)
    assert [(c.name, c.type.name) for c in about.signature.inputs] == [("text", "string")]
    assert [c.type.name for c in about.signature.outputs] == ["double"]
    example = mlflow.pyfunc.load_model(CHAMPION).input_example
    assert list(example.columns) == ["text"]
    with pytest.raises(mlflow.MlflowException, match="text"):
        mlflow.pyfunc.load_model(CHAMPION).predict(pd.DataFrame({"words": TEXTS}))
    with pytest.raises(TypeError, match="takes texts"):
        mlflow.pyfunc.load_model(CHAMPION).predict(pd.DataFrame({"text": ["a", None]}))


@pytest.mark.slow
def test_what_a_boosted_model_imports_is_required(client: mlflow.MlflowClient):
    """MLflow loads it in a process of its own and lists what came with it."""
    experiment = client.get_experiment_by_name(registry.EXPERIMENT).experiment_id
    (boosted,) = client.search_logged_models([experiment], "name = 'count_xgboost'")
    folder = mlflow.artifacts.download_artifacts(f"models:/{boosted.model_id}")
    inferred = mlflow.models.infer_pip_requirements(folder, "python_function")
    stated = (Path(folder) / "requirements.txt").read_text().split()
    optional = {"psutil", "rich"}  # imported by joblib and skops where they are installed, and not needed
    assert {line.split("==")[0] for line in inferred} - optional <= {line.split("==")[0] for line in stated}
    assert f"xgboost=={metadata.version('xgboost')}" in stated


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _asked(url: str, body: dict[str, Any] | None = None) -> Any:
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, content, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        said = answer.read()
    return json.loads(said) if body is not None else said


def _wait_for(server: subprocess.Popen[bytes], url: str) -> None:
    for _ in range(240):
        assert server.poll() is None, "the scoring server ended"
        try:
            _asked(url)
        except OSError:
            time.sleep(1)
        else:
            return
    raise AssertionError("the scoring server did not answer")


@pytest.mark.slow
def test_the_scoring_server_answers_what_the_night_scores(shelf: registry.Registry, tmp_path: Path):
    """A process outside the checkout, where no package `models` can be imported."""
    port = _free_port()
    environment = {**os.environ, "MLFLOW_TRACKING_URI": shelf.uri, "MLFLOW_REGISTRY_URI": shelf.uri}
    environment.pop("PYTHONPATH", None)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    binaries = Path(sys.executable).parent  # where the server finds uvicorn
    environment["PATH"] = f"{binaries}{os.pathsep}{environment['PATH']}"
    command = [
        str(binaries / "mlflow"), "models", "serve", "-m", CHAMPION, "--env-manager", "local",
        "--host", "127.0.0.1", "--port", str(port),
    ]  # fmt: skip
    server = subprocess.Popen(command, cwd=tmp_path, env=environment, start_new_session=True)
    try:
        _wait_for(server, f"http://127.0.0.1:{port}/ping")
        body = {"dataframe_split": {"columns": ["text"], "data": [[text] for text in TEXTS]}}
        answer = _asked(f"http://127.0.0.1:{port}/invocations", body)["predictions"]
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
    assert answer == night_scores(shelf.champion(NAME), TEXTS).tolist()  # and whatever it left there is no hindrance


@pytest.mark.spark
@pytest.mark.slow
def test_spark_udf_scores_as_the_night_does(shelf: registry.Registry, spark: SparkSession):
    score = mlflow.pyfunc.spark_udf(spark, CHAMPION, env_manager="local")
    assert score.returnType.simpleString() == "double"
    rows = spark.createDataFrame([(n, text) for n, text in enumerate(TEXTS)], "n int, text string").repartition(2)
    scored = rows.withColumn("score", score("text")).orderBy("n").collect()
    assert [row.score for row in scored] == night_scores(shelf.champion(NAME), TEXTS).tolist()


@pytest.mark.slow
def test_mlflow_evaluates_the_model(shelf: registry.Registry):
    data = frames.training_frame(n=60, seed=9)[["text", "label"]].assign(label=lambda f: f["label"].astype(float))
    evaluated = mlflow.models.evaluate(CHAMPION, data, targets="label", model_type="regressor", evaluators="default")
    scores = night_scores(shelf.champion(NAME), data["text"].tolist())
    expected = float(np.mean((scores - data["label"].to_numpy()) ** 2))
    assert evaluated.metrics["mean_squared_error"] == pytest.approx(expected)


def test_the_version_comes_from_the_run_that_holds_its_figures(
    client: mlflow.MlflowClient, compared: compare.Comparison
):
    version = client.get_model_version_by_alias(NAME, "champion")
    run = client.get_run(version.run_id)
    result = compared.result("tfidf_logistic")
    assert run.data.metrics["average_precision"] == pytest.approx(result.metrics["average_precision"])
    row = compared.table().set_index("name").loc["tfidf_logistic"]
    assert run.data.metrics["ap_low"] == pytest.approx(row["ap_low"])
    assert run.data.metrics["ap_high"] == pytest.approx(row["ap_high"])
    wanted = {"setting.C", "grid", "n_folds", "fold_hash", "seed", "data_digest", "n_reports", "n_positives"}
    assert wanted <= set(run.data.params)
    assert run.data.tags["mlflow.source.git.commit"] == TAGS["code_commit"]
    assert "average precision" in run.data.tags["mlflow.note.content"].lower()
    assert version.description
    assert client.get_registered_model(NAME).description
    assert version.source == f"models:/{run.outputs.model_outputs[0].model_id}"


def test_figures_of_each_fold_are_steps(client: mlflow.MlflowClient, compared: compare.Comparison):
    version = client.get_model_version_by_alias(NAME, "champion")
    history = client.get_metric_history(version.run_id, "fold_average_precision")
    assert sorted(point.step for point in history) == [1, 2, 3]
    reports, score = compared.reports, compared.result("tfidf_logistic").score
    first = (reports["fold"] == 0).to_numpy()
    expected = compare.metrics.average_precision(reports["label"].to_numpy(dtype=bool)[first], score[first])
    assert next(point.value for point in history if point.step == 1) == pytest.approx(expected)


def test_models_are_searched_by_figure_and_by_data(client: mlflow.MlflowClient, compared: compare.Comparison):
    experiment = client.get_experiment_by_name(registry.EXPERIMENT).experiment_id
    order = [{"field_name": "metrics.average_precision", "ascending": False, "dataset_name": "silver.reports"}]
    models = client.search_logged_models([experiment], order_by=order)
    expected = [name for name in compared.table()["name"] if name in candidates.BAG_OF_WORDS]
    figures = [next(m.value for m in model.metrics if m.key == "average_precision") for model in models]
    assert figures == sorted(figures, reverse=True)
    assert len(models) == len(expected)
    assert models[0].name == expected[0]
    best = client.search_logged_models([experiment], f"metrics.average_precision >= {figures[0] - 1e-9}")
    assert {model.name for model in best} >= {expected[0]}


def test_the_pages_that_compare_and_chart_get_every_candidate_and_every_fold(
    shelf: registry.Registry, compared: compare.Comparison, monkeypatch: pytest.MonkeyPatch
):
    """MLflow's own server answers what its compare page and charts ask for."""
    from mlflow.server import BACKEND_STORE_URI_ENV_VAR, app, handlers

    monkeypatch.setenv(BACKEND_STORE_URI_ENV_VAR, shelf.uri)
    monkeypatch.setattr(handlers, "_tracking_store", None)  # of whatever this process served before
    page, api = app.test_client(), "/ajax-api/2.0/mlflow"
    (experiment,) = [e for e in mlflow.search_experiments() if e.name == registry.EXPERIMENT]
    asked = {"experiment_ids": [experiment.experiment_id], "filter": "tags.candidate != ''", "max_results": 100}
    runs = page.post(f"{api}/runs/search", json=asked).get_json()["runs"]
    assert {run["info"]["run_name"] for run in runs} == {result.candidate.name for result in compared.results}
    columns = [{each["key"] for each in run["data"][what]} for what in ("metrics", "params") for run in runs]
    both, params = set.intersection(*columns[: len(runs)]), set.intersection(*columns[len(runs) :])
    assert {"average_precision", "ap_low", "ap_high", "recall_no_tag", "fold_average_precision"} <= both
    assert {"candidate", "family", "grid", "n_folds", "fold_hash", "seed", "data_digest"} <= params
    ids = "&".join(f"run_ids={run['info']['run_id']}" for run in runs)
    wanted = f"{api}/metrics/get-history-bulk-interval?{ids}&metric_key=fold_average_precision&max_results=320"
    drawn = page.get(wanted).get_json()["metrics"]
    assert len(drawn) == len(runs) * compared.folds.n_folds
    assert {point["step"] for point in drawn} == {1, 2, 3}
    asked = {"experiment_ids": [experiment.experiment_id], "max_results": 50}
    models = page.post(f"{api}/logged-models/search", json=asked).get_json()["models"]
    assert {m["info"]["name"] for m in models} == set(candidates.BAG_OF_WORDS)
    assert all(any(f["key"] == "average_precision" for f in m["data"]["metrics"]) for m in models)


def test_the_data_are_named_and_none_of_their_words(client: mlflow.MlflowClient, compared: compare.Comparison):
    version = client.get_model_version_by_alias(NAME, "champion")
    inputs = {each.dataset.name: each for each in client.get_run(version.run_id).inputs.dataset_inputs}
    assert set(inputs) == {"silver.reports", "gold.decisions"}
    reports = inputs["silver.reports"].dataset
    assert json.loads(reports.source)["delta_table_version"] == 7
    assert {tag.key: tag.value for tag in inputs["silver.reports"].tags} == {"mlflow.data.context": "training"}
    profile = json.loads(reports.profile)
    assert profile["n_reports"] == len(compared.reports)
    assert profile["n_positives"] == int(compared.reports["label"].sum())
    assert profile["prevalence"] == pytest.approx(profile["n_positives"] / profile["n_reports"], abs=1e-6)
    assert reports.digest == tracking.data_digest(compared)
    assert mlflow.data.get_source(reports).path == "/lake/silver/reports"
    text = frames.training_frame()["text"].iloc[0]
    assert text not in Path(client.tracking_uri.removeprefix("sqlite:///")).read_bytes().decode("latin-1")


def test_pages_open_as_machine_learning_with_a_summary_first(client: mlflow.MlflowClient, compared: compare.Comparison):
    experiment = client.get_experiment_by_name(registry.EXPERIMENT)
    assert experiment.tags["mlflow.experimentKind"] == "custom_model_development"
    assert experiment.tags["mlflow.note.content"]
    runs = client.search_runs([experiment.experiment_id])
    (parent,) = (run for run in runs if "mlflow.parentRunId" not in run.data.tags)
    best = compared.table().iloc[0]
    assert parent.data.metrics["average_precision"] == pytest.approx(best["average_precision"])
    assert f"| {best['name']} |" in parent.data.tags["mlflow.note.content"]
    assert {run.info.status for run in runs} == {"FINISHED"}


def test_runs_last_as_long_as_the_training(client: mlflow.MlflowClient, compared: compare.Comparison):
    experiment = client.get_experiment_by_name(registry.EXPERIMENT)
    for run in client.search_runs([experiment.experiment_id]):
        lasted = (run.info.end_time - run.info.start_time) / 1000
        name = run.data.tags.get("candidate")
        spent = compared.spent.loc[compared.spent["candidate"] == name, "seconds"].sum()
        expected = spent if name else compared.ended_at - compared.began_at
        assert lasted == pytest.approx(expected, abs=0.01)


def test_refusals_are_tags_of_runs_and_models(client: mlflow.MlflowClient, compared: compare.Comparison):
    experiment = client.get_experiment_by_name(registry.EXPERIMENT)
    for result in promotion.ranked(compared):
        name = result.candidate.name
        refusals = promotion.refusals(result, compared, promotion.Criteria())
        (run,) = client.search_runs([experiment.experiment_id], f"tags.candidate = '{name}'")
        (model,) = client.search_logged_models([experiment.experiment_id], f"name = '{name}'")
        for tags in (run.data.tags, model.tags):
            assert tags["meets_criteria"] == str(not refusals).lower()
            assert tags.get("refused", "") == "; ".join(refusals)


def test_nothing_is_left_behind_and_what_was_left_is_removed(shelf: registry.Registry):
    folder = Path(shelf._folder)
    shelf.champion(NAME)
    assert not list(folder.glob("model-*"))
    fresh, left = folder / "model-fresh", folder / "model-left"
    for made in (fresh, left):
        made.mkdir()
        (made / "model.skops").write_bytes(b"names")
    hours_ago = time.time() - 7200
    os.utime(left, (hours_ago, hours_ago))
    shelf.prepare()
    assert fresh.exists()
    assert not left.exists()
    fresh.rename(folder / "kept")
    shutil.rmtree(folder / "kept")


def test_a_registry_that_was_moved_is_found_again(
    shelf: registry.Registry, tmp_path: Path, client: mlflow.MlflowClient
):
    expected = night_scores(shelf.champion(NAME), TEXTS)
    shutil.copytree(shelf._folder, tmp_path / "elsewhere" / "mlflow")
    hidden = Path(shelf._folder).rename(tmp_path / "gone")
    try:
        moved = registry.Registry(tmp_path / "elsewhere" / "mlflow")
        assert moved.moved_from == (Path(shelf._folder) / "artifacts").as_uri()
        assert np.array_equal(night_scores(moved.champion(NAME), TEXTS), expected)
        answer = mlflow.pyfunc.load_model(CHAMPION).predict(pd.DataFrame({"text": TEXTS}))
        assert np.array_equal(answer, expected)
        (parent,) = mlflow.search_runs(experiment_names=[registry.EXPERIMENT], filter_string="tags.best != ''",
                                       output_format="list")  # fmt: skip
        table = json.loads(mlflow.artifacts.load_text(f"runs:/{parent.info.run_id}/comparison.json"))
        assert len(table["data"]) == 14
        assert registry.Registry(tmp_path / "elsewhere" / "mlflow").moved_from is None
    finally:
        hidden.rename(shelf._folder)


def test_a_version_of_the_earlier_layout_still_loads_for_nights(
    shelf: registry.Registry, compared: compare.Comparison, tmp_path: Path
):
    """What registries of before hold: MLflow's scikit-learn flavour, under the same seal."""
    result = compared.result("count_bayes")
    mlflow.sklearn.save_model(
        result.pipeline, tmp_path / "old", serialization_format="skops", signature=packaging.SIGNATURE,
        skops_trusted_types=list(artefact.TRUSTED_TYPES), pip_requirements=["skops"], pyfunc_predict_fn="predict_proba",
        metadata={"calibration_intervals": result.intervals.to_dict("list")},
    )  # fmt: skip
    files = manifest.files(tmp_path / "old")
    tags = {"manifest": json.dumps(files), "seal": manifest.sealed(NAME, files, Path(shelf._folder))}
    version = mlflow.entities.model_registry.ModelVersion(
        NAME, "1", 0, tags=[mlflow.entities.model_registry.ModelVersionTag(k, v) for k, v in tags.items()]
    )
    loaded = verification.verified(version, tmp_path / "old", Path(shelf._folder))
    assert np.array_equal(night_scores(loaded, TEXTS), scoring.scores(result.pipeline, TEXTS))
    about = yaml.safe_load((tmp_path / "old" / "MLmodel").read_text())
    about["flavors"]["sklearn"]["pickled_model"] = "model.pkl"
    with pytest.raises(artefact.ModelRefusedError, match="not stored as"):
        verification.form_and_file(about, "it")


def test_the_package_that_goes_with_a_model_names_nothing_of_ours():
    for path, text in packaging.code(artefact.SKOPS).items():
        assert "models." not in "".join(line for line in text.splitlines() if "import" in line), path
    assert "candidates/bert/classifier.py" in packaging.code(artefact.BERT)
    assert not [path for path in packaging.code(artefact.SKOPS) if "bert" in path]
    assert packaging.package_name(artefact.SKOPS) != packaging.package_name(artefact.BERT)


ELSEWHERE = """
import sys, json, mlflow, pandas as pd
model = mlflow.pyfunc.load_model(sys.argv[1])
print(json.dumps(model.predict(pd.DataFrame({"text": json.loads(sys.argv[2])})).tolist()))
"""


@pytest.mark.slow
def test_a_bert_answers_outside_the_checkout_as_it_was_fitted(
    compared: compare.Comparison, tmp_path: Path, shelf: registry.Registry
):
    pytest.importorskip("transformers", reason="the extra `bert` is not installed")
    pytest.importorskip("torch", reason="the extra `bert` is not installed")
    tiny = {"n_layers": 1, "hidden": 32, "n_heads": 2, "vocabulary": 300, "pretrain_epochs": 1, "epochs": 1}
    candidate = candidates.fine_tuned(**tiny)
    frame = frames.training_frame(n=60)
    fitted = candidate.build(1, **candidate.grid[0]).fit(frame["text"].to_numpy(), frame["label"].to_numpy())
    result = replace(compared.result("tfidf_logistic"), candidate=candidate, pipeline=fitted)
    with mlflow.start_run(experiment_id=mlflow.get_experiment_by_name(registry.EXPERIMENT).experiment_id) as run:
        logged = packaging.log(result, tmp_path, {"calibration_intervals": result.intervals.to_dict("list")}, {})
    try:
        folder = mlflow.artifacts.download_artifacts(logged.model_uri, dst_path=str(tmp_path / "copied"))
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        answered = subprocess.run(
            [sys.executable, "-c", ELSEWHERE, folder, json.dumps(TEXTS)],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=True, timeout=300,
        )  # fmt: skip
        expected = scoring.scores(fitted, TEXTS)
        assert json.loads(answered.stdout.splitlines()[-1]) == pytest.approx(expected.tolist(), abs=1e-6)
        about = yaml.safe_load((Path(folder) / "MLmodel").read_text())
        assert verification.form_and_file(about, "it") == (artefact.BERT, "artifacts/model.safetensors")
    finally:
        mlflow.MlflowClient().delete_logged_model(logged.model_id)
        mlflow.delete_run(run.info.run_id)


def test_nights_follow_the_alias_that_mlflow_moved(
    shelf: registry.Registry, compared: compare.Comparison, client: mlflow.MlflowClient
):
    (parent,) = client.search_runs(
        [client.get_experiment_by_name(registry.EXPERIMENT).experiment_id], "tags.best != ''"
    )
    second = shelf.register(NAME, compared.result("count_svc"), parent.info.run_id, {**TAGS, "night": "2026-01-06"})
    shelf.appoint(NAME, second, lambda replaced: None, although_refused=True)
    assert shelf.champion(NAME, date(2026, 1, 7)).version == second
    client.set_registered_model_alias(NAME, "champion", "1")
    assert shelf.champion(NAME, date(2026, 1, 7)).version == "1"
    assert shelf.champion(NAME).version == "1"
    client.set_registered_model_alias(NAME, "champion", second)
    assert shelf.champion(NAME, date(2026, 1, 5)).version == "1"  # a night before it takes what was known then
    client.set_registered_model_alias(NAME, "champion", "1")
