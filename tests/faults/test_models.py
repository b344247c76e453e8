"""Trials 18 to 20: malicious models are refused before they are loaded, wrong input is a typed error, one champion."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import pickle
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import mlflow
import numpy as np
import pyarrow as pa
import pytest
import skops.io
import yaml
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from models.candidates import candidates
from models.registry import manifest, registry, verification
from models.serving import artefact, scoring
from models.training import compare, promotion
from tests.models import frames

pytestmark = pytest.mark.slow

NAME = "reclassify"
FILE = "artifacts/model.skops"  # of a version, the one that a night reads
TAGS = {"night": "2026-01-05", "data_version": "1", "code_commit": "abc"}
CRITERIA = promotion.Criteria()


@pytest.fixture(scope="module")
def compared() -> compare.Comparison:
    chosen = (candidates.KEYWORD_RULE, candidates.TFIDF_LOGISTIC)
    return compare.train(frames.training_frame(), chosen, seed=1, n_folds=3, capacity=20)


@pytest.fixture(scope="module")
def registered(
    tmp_path_factory: pytest.TempPathFactory, compared: compare.Comparison
) -> tuple[registry.Registry, Path, str]:
    """A registry with one version, the champion; the version's folder, and the run of the comparison."""
    made = registry.Registry(tmp_path_factory.mktemp("mlflow"))
    run = made.log(compared, TAGS)
    version = made.register(NAME, compared.best(), run, TAGS)
    assert made.promote(NAME, version, compared.best(), compared, CRITERIA) == []
    return made, next(path.parent for path in Path(made._folder, "artifacts").rglob("MLmodel")), run


@pytest.fixture
def shelf(registered: tuple[registry.Registry, Path, str], tmp_path: Path) -> Iterator[registry.Registry]:
    """The registry, with the champion's files and tags as they were after each test."""
    made, folder, _ = registered
    client = mlflow.MlflowClient(made.uri, made.uri)
    tags = client.get_model_version(NAME, "1").tags
    shutil.copytree(folder, tmp_path / "kept")
    yield made
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "kept", folder)
    for name, value in tags.items():
        client.set_model_version_tag(NAME, "1", name, value)


@pytest.fixture
def folder(registered: tuple[registry.Registry, Path, str]) -> Path:
    return registered[1]


@pytest.fixture
def run(registered: tuple[registry.Registry, Path, str]) -> str:
    return registered[2]


class Bomb:
    """Writes a file when it is unpickled: the proof that something ran."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return os.mkdir, (str(self.canary),)


def _described(folder: Path, change: Callable[[dict], None]) -> None:
    about = yaml.safe_load((folder / "MLmodel").read_text())
    change(about)
    (folder / "MLmodel").write_text(yaml.safe_dump(about))


def a_pickle_in_the_place_of_the_file(folder: Path, canary: Path) -> None:
    (folder / FILE).write_bytes(pickle.dumps(Bomb(canary)))


def a_loader_of_its_own(folder: Path, canary: Path) -> None:
    (folder / "evil.py").write_text(f"import os\nos.mkdir({str(canary)!r})\n")
    _described(folder, lambda about: about["flavors"]["python_function"].update(loader_module="evil"))


def code_beside_the_model(folder: Path, canary: Path) -> None:
    (folder / "code").mkdir()
    (folder / "code" / "sklearn.py").write_text(f"import os\nos.mkdir({str(canary)!r})\n")
    _described(folder, lambda about: about["flavors"]["python_function"].update(code="code"))


def a_pickled_flavour(folder: Path, canary: Path) -> None:
    (folder / "model.pkl").write_bytes(pickle.dumps(Bomb(canary)))
    change = {"pickled_model": "model.pkl", "serialization_format": "cloudpickle"}
    _described(folder, lambda about: about["flavors"].update(sklearn=change))


def a_pickled_python_model(folder: Path, canary: Path) -> None:
    (folder / "python_model.pkl").write_bytes(pickle.dumps(Bomb(canary)))
    change = {"python_model": "python_model.pkl", "loader_module": "mlflow.pyfunc.model"}
    _described(folder, lambda about: about["flavors"]["python_function"].update(change))


def a_type_that_is_not_on_the_list(folder: Path, canary: Path) -> None:
    calls = make_pipeline(FunctionTransformer(os.mkdir), CountVectorizer(), LogisticRegression())
    (folder / FILE).write_bytes(skops.io.dumps(calls))


def a_link_to_another_file(folder: Path, canary: Path) -> None:
    outside = canary.with_suffix(".skops")
    outside.write_bytes((folder / FILE).read_bytes())
    (folder / FILE).unlink()
    (folder / FILE).symlink_to(outside)


def other_code_in_the_place_of_ours(folder: Path, canary: Path) -> None:
    for source in folder.rglob("*.py"):
        source.write_text(f"import os\nos.mkdir({str(canary)!r})\n")


EIGHT = (
    a_pickle_in_the_place_of_the_file, a_loader_of_its_own, code_beside_the_model, a_pickled_flavour,
    a_pickled_python_model, a_type_that_is_not_on_the_list, a_link_to_another_file, other_code_in_the_place_of_ours,
)  # fmt: skip


@pytest.mark.trial(18)
@pytest.mark.parametrize("is_forged", [False, True], ids=["", "and its hashes forged"])
@pytest.mark.parametrize("attack", EIGHT)
def test_a_malicious_model_is_refused_before_it_is_loaded(
    shelf: registry.Registry, folder: Path, tmp_path: Path, attack: Callable[[Path, Path], None], is_forged: bool
):
    canary = tmp_path / "it-ran"
    attack(folder, canary)
    if is_forged:  # who writes to the registry's database writes hashes as well, but has not this deployment's key
        hashes = json.dumps(manifest.files(folder), sort_keys=True)
        mlflow.MlflowClient(shelf.uri, shelf.uri).set_model_version_tag(NAME, "1", "manifest", hashes)
    for look in (lambda: shelf.load(NAME, "1"), lambda: shelf.champion(NAME, date(2026, 1, 5))):
        with pytest.raises(artefact.ModelRefusedError):
            look()
    assert not canary.exists()


def an_older_form_with_code(folder: Path, canary: Path) -> None:
    """As versions were once stored, by MLflow's own flavour, with a folder of code to be put before Python's."""
    (folder / "model.skops").write_bytes((folder / FILE).read_bytes())
    flavour = {"serialization_format": "skops", "pickled_model": "model.skops"}
    loader = {"loader_module": "mlflow.sklearn", "code": "code"}
    _described(folder, lambda about: about.update(flavors={"sklearn": flavour, "python_function": loader}))


def settings_of_its_own(folder: Path, canary: Path) -> None:
    _described(folder, lambda about: about["flavors"]["python_function"].update(model_config={"path": str(canary)}))


def a_package_that_is_not_ours(folder: Path, canary: Path) -> None:
    def other(about: dict) -> None:
        about["flavors"]["python_function"]["artifacts"]["code"]["path"] = str(canary)

    _described(folder, other)


# What a thief of the key can do but for `serve.py`, which no night imports.
WITH_THE_KEY = (*EIGHT[:-1], an_older_form_with_code, settings_of_its_own, a_package_that_is_not_ours)


@pytest.mark.trial(18)
@pytest.mark.parametrize("attack", WITH_THE_KEY)
def test_hashes_and_seal_do_not_excuse_code_or_a_foreign_type(
    shelf: registry.Registry, folder: Path, tmp_path: Path, attack: Callable[[Path, Path], None]
):
    """What a thief of the key could do: the description and the types are judged all the same."""
    client, canary = mlflow.MlflowClient(shelf.uri, shelf.uri), tmp_path / "it-ran"
    attack(folder, canary)
    hashes = manifest.files(folder)
    client.set_model_version_tag(NAME, "1", "manifest", json.dumps(hashes, sort_keys=True))
    client.set_model_version_tag(NAME, "1", "seal", manifest.sealed(NAME, hashes, shelf._folder))
    with pytest.raises(artefact.ModelRefusedError):
        shelf.load(NAME, "1").load()
    assert not canary.exists()


def test_a_bert_file_that_is_none_is_refused():
    for blob in (b"", pickle.dumps({"a": 1}), (2).to_bytes(8, "little") + b"{}"):
        with pytest.raises(artefact.ModelRefusedError, match="not a BERT of ours"):
            artefact.load(blob, hashlib.sha256(blob).hexdigest(), artefact.BERT)


@pytest.mark.trial(19)
@pytest.mark.parametrize(
    "given",
    ["one text", b"bytes", 7, [1, 2], ["a", None], [["a"], ["b"]], [b"a"], np.array([["a", "b"]]), [float("nan")]],
)
def test_what_is_not_a_list_of_texts_is_a_typed_error(shelf: registry.Registry, given: object):
    model = shelf.champion(NAME)
    with pytest.raises(artefact.SignatureError):
        artefact.probabilities(model.load(), given)
    assert artefact.probabilities(model.load(), []).shape == (0,)
    assert artefact.probabilities(model.load(), ["", "parcel collected nightly"]).shape == (2,)


@pytest.mark.trial(19)
def test_a_batch_with_a_null_or_a_number_for_a_text_is_a_typed_error(shelf: registry.Registry):
    score = scoring.scorer(shelf.champion(NAME))
    for texts in (pa.array(["a", None]), pa.array([1, 2])):
        batch = pa.RecordBatch.from_arrays([pa.array(["r1", "r2"]), pa.array(["h", "h"]), texts],
                                           names=["report_id", "text_hash", "text"])  # fmt: skip
        with pytest.raises(artefact.SignatureError):
            list(score(iter([batch])))


class Odd:
    def __init__(self, gives: np.ndarray) -> None:
        self.gives = gives

    def predict_proba(self, texts: object) -> np.ndarray:
        return self.gives


@pytest.mark.trial(19)
@pytest.mark.parametrize(
    "gives", [np.zeros((2, 3)), np.zeros(2), np.array([[0, np.nan], [0, 1]]), np.full((2, 2), 1.5)]
)
def test_what_is_not_a_probability_per_text_is_a_typed_error(gives: np.ndarray):
    with pytest.raises(artefact.OutputError):
        artefact.probabilities(Odd(gives), ["a", "b"])


@pytest.mark.trial(19)
def test_another_signature_is_refused():
    about = {
        "flavors": {"nightjar_bert": {}},
        "signature": {"inputs": '[{"type": "long", "name": "age", "required": true}]', "outputs": None, "params": None},
    }
    with pytest.raises(artefact.ModelRefusedError, match="something else than text"):
        verification.form_and_file(about, "it")


@pytest.mark.trial(20)
def test_a_worse_model_is_refused_and_stays_challenger(
    shelf: registry.Registry, compared: compare.Comparison, run: str
):
    best = compared.best()
    worse = replace(best, metrics={**best.metrics, "average_precision": 0.001})
    version = shelf.register(NAME, worse, run, TAGS)
    said: list[tuple[list[str], str | None]] = []
    refusals = shelf.promote(NAME, version, worse, compared, CRITERIA, lambda *entry: said.append(entry))
    assert any("below the champion's" in why for why in refusals)
    assert said == [(refusals, "1")]
    client = mlflow.MlflowClient(shelf.uri, shelf.uri)
    aliases = client.get_registered_model(NAME).aliases
    assert {alias: str(number) for alias, number in aliases.items()} == {"champion": "1", "challenger": version}
    assert "refused" in client.get_model_version(NAME, version).tags


def test_where_the_log_cannot_be_written_nothing_is_promoted(
    shelf: registry.Registry, compared: compare.Comparison, run: str
):
    later = {**TAGS, "night": "2026-01-06"}
    version = shelf.register(NAME, compared.best(), run, later)

    def record(refusals: list[str], replaced: str | None) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        shelf.promote(NAME, version, compared.best(), compared, CRITERIA, record)
    assert shelf.champion(NAME).version == "1"


def test_a_model_of_an_older_night_serves_its_backfill_and_leaves_the_champion(
    shelf: registry.Registry, compared: compare.Comparison, run: str
):
    older = {**TAGS, "night": "2026-01-02"}
    version = shelf.register(NAME, compared.best(), run, older)
    assert shelf.promote(NAME, version, compared.best(), compared, CRITERIA) == []
    assert shelf.champion(NAME, date(2026, 1, 3)).version == version
    assert shelf.champion(NAME).version == "1"


def _promote(folder: Path, version: str, compared: compare.Comparison, precision: float, gate, told) -> None:
    shelf = registry.Registry(folder)
    best = compared.best()
    own = replace(best, metrics={**best.metrics, "average_precision": precision})
    gate.wait()
    told.put((version, shelf.promote(NAME, version, own, compared, CRITERIA)))


@pytest.mark.trial(20)
def test_of_two_promotions_at_once_one_is_champion(tmp_path: Path, compared: compare.Comparison):
    """Two processes, the same night, each good enough alone: whoever is second must beat the first."""
    shelf = registry.Registry(tmp_path / "mlflow")
    run = shelf.log(compared, TAGS)
    versions = [shelf.register(NAME, compared.best(), run, TAGS) for _ in range(2)]
    own = compared.best().metrics["average_precision"]
    context = multiprocessing.get_context("spawn")
    gate, told = context.Barrier(2), context.Queue()
    both = [
        context.Process(target=_promote, args=(tmp_path / "mlflow", v, compared, own, gate, told)) for v in versions
    ]
    for each in both:
        each.start()
    outcome = dict(told.get(timeout=120) for _ in both)
    for each in both:
        each.join(timeout=30)
    winners = [version for version, refusals in outcome.items() if not refusals]
    assert len(winners) == 1
    assert any("same night" in why for why in outcome[next(v for v in versions if v not in winners)])
    client = mlflow.MlflowClient(shelf.uri, shelf.uri)
    promoted = [v for v in client.search_model_versions(f"name = '{NAME}'") if v.tags.get("promoted") == "true"]
    assert [str(v.version) for v in promoted] == winners
    assert str(client.get_model_version_by_alias(NAME, "champion").version) == winners[0]
