"""The registry on a real SQLite: what is logged, what is promoted, and what is refused before it is loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from models.candidates import candidates
from models.explanation import terms
from models.registry import registry
from models.serving import artefact
from models.training import compare, promotion

pytestmark = pytest.mark.slow

CRITERIA = promotion.Criteria()
TAGS = {"night": "2026-01-05", "data_version": "1", "code_commit": "abc"}
SIGNS = "gifts hotel older phone secret".split()
PLAIN = "vehicle speeding market noise garden parking shop fence dog bus".split()


@pytest.fixture(scope="module")
def comparison() -> compare.Comparison:
    rng = np.random.default_rng(1)
    label = rng.random(400) < 0.2
    texts = [
        " ".join(rng.choice(PLAIN, 8)) + (" " + " ".join(rng.choice(SIGNS, 3)) if is_csae else "") for is_csae in label
    ]
    frame = pd.DataFrame(
        {
            "report_id": [f"36:{n}" for n in range(400)], "text": texts,
            "text_hash": [hashlib.sha256(f"{n}{t}".encode()).hexdigest() for n, t in enumerate(texts)], "label": label,
            "stratum": np.where(label, "CSAE", "NO_TAG"), "force": "36",
            "person_ids": [[f"36:p{n}"] for n in range(400)],
            "is_suspected_false": False,
        }
    )  # fmt: skip
    chosen = (candidates.KEYWORD_RULE, candidates.TFIDF_LOGISTIC)
    return compare.train(frame, chosen, seed=1, n_folds=3, capacity=20)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory, comparison: compare.Comparison) -> registry.Registry:
    """A registry with one champion."""
    made = registry.Registry(tmp_path_factory.mktemp("mlflow"))
    result = comparison.result("tfidf_logistic")
    version = made.register("reclassify", result, made.log(comparison, TAGS), TAGS)
    assert made.promote("reclassify", version, result, comparison, CRITERIA) == []
    return made


def test_the_champion_comes_back_as_it_was_fitted(shelf: registry.Registry, comparison: compare.Comparison):
    champion = shelf.champion("reclassify")
    assert champion is not None
    fitted = comparison.result("tfidf_logistic").pipeline
    texts = ["older male, gifts and a hotel", "a dog at the garden fence"]
    assert np.array_equal(champion.load().predict_proba(texts), fitted.predict_proba(texts))
    assert champion.tags["night"] == "2026-01-05"


def test_a_night_before_the_training_has_no_champion(shelf: registry.Registry):
    assert shelf.champion("reclassify", date(2026, 1, 4)) is None
    assert shelf.champion("reclassify", date(2026, 1, 5)) is not None


def test_a_baseline_is_never_registered(shelf: registry.Registry, comparison: compare.Comparison):
    with pytest.raises(registry.RegistryError, match="baseline"):
        shelf.register("reclassify", comparison.result("keyword_rule"), "", TAGS)


@pytest.mark.parametrize("name", ["model.skops", "MLmodel"])
def test_a_changed_file_is_refused_before_it_is_loaded(shelf: registry.Registry, name: str):
    stored = next(path for path in Path(shelf._folder, "artifacts").rglob(name))
    content = stored.read_bytes()
    stored.write_bytes(content + b" ")
    try:
        with pytest.raises(artefact.ModelRefusedError, match=name):
            [shelf.load("reclassify", version) for version in ("1", "2")]
    finally:
        stored.write_bytes(content)


class _Foreign(LogisticRegression):
    pass


def test_types_that_are_not_on_the_list_are_refused():
    pipeline = make_pipeline(CountVectorizer(), _Foreign()).fit(["one two", "three four"], [0, 1])
    blob = skops.io.dumps(pipeline)
    with pytest.raises(artefact.ModelRefusedError, match="_Foreign"):
        artefact.load(blob, hashlib.sha256(blob).hexdigest())
    with pytest.raises(artefact.ModelRefusedError, match="not loaded"):
        artefact.load(blob, "0" * 64)


def test_the_parts_of_an_explanation_add_up_to_the_log_odds(comparison: compare.Comparison):
    pipeline = comparison.result("tfidf_logistic").pipeline
    text = "Older male with GIFTS at the hotel; dog at the fence"
    found = terms.terms(pipeline, [text], n_up=100, n_down=100)[0]
    probability = pipeline.predict_proba([text])[0, 1]
    calibrated = pipeline.steps[-1][1].calibrated_classifiers_[0]
    slope, offset = calibrated.calibrators[0].a_, calibrated.calibrators[0].b_
    rest = -(slope * calibrated.estimator.intercept_[0] + offset)
    assert np.isclose(np.log(probability / (1 - probability)), rest + sum(term.weight for term in found))
    gifts = next(term for term in found if term.text == "gifts")
    assert text[gifts.start : gifts.end] == "GIFTS"
    assert gifts.weight > 0


@pytest.fixture
def three(tmp_path: Path, comparison: compare.Comparison) -> registry.Registry:
    """Three nights' versions, promoted one after the other; the third is champion."""
    made = registry.Registry(tmp_path / "mlflow")
    result = comparison.result("tfidf_logistic")
    run = made.log(comparison, TAGS)
    for night in ("2026-01-05", "2026-01-06", "2026-01-07"):
        version = made.register("reclassify", result, run, {**TAGS, "night": night})
        assert made.promote("reclassify", version, result, comparison, CRITERIA) == []
    return made


def test_after_a_withdrawal_the_newest_earlier_version_is_champion(three: registry.Registry):
    seen: list[tuple[bool, str | None]] = []
    assert three.withdraw("reclassify", "2", "wrong file", lambda *entry: seen.append(entry)) == (False, None)
    assert three.champion("reclassify").version == "3"
    assert three.champion("reclassify", date(2026, 1, 6)).version == "1"
    assert three.withdraw("reclassify", "3", "wrong file", lambda *entry: seen.append(entry)) == (True, "1")
    assert three.champion("reclassify").version == "1"
    assert three.withdraw("reclassify", "1", "wrong file", lambda *entry: seen.append(entry)) == (True, None)
    assert three.champion("reclassify") is None
    assert seen == [(False, None), (True, "1"), (True, None)]
    with pytest.raises(registry.WithdrawnError):
        three.load("reclassify", "1")


def test_rolled_back_from_is_not_what_follows_a_withdrawal(three: registry.Registry):
    assert three.appoint("reclassify", "2", lambda replaced: None) == "3"
    assert three.withdraw("reclassify", "2", "wrong file", lambda *entry: None) == (True, "1")


def test_a_newer_training_is_judged_against_the_alias(three: registry.Registry, comparison: compare.Comparison):
    three.appoint("reclassify", "1", lambda replaced: None)
    result = comparison.result("tfidf_logistic")
    parent = three._client.get_run(three._client.get_model_version("reclassify", "3").run_id)
    run = parent.data.tags["mlflow.parentRunId"]
    version = three.register("reclassify", result, run, {**TAGS, "night": "2026-01-08"})
    seen: list[str | None] = []
    three.promote("reclassify", version, result, comparison, CRITERIA, lambda _, replaced: seen.append(replaced))
    assert seen == ["1"]
    assert three.champion("reclassify").version == version


def test_what_the_criteria_refused_takes_a_word_more(three: registry.Registry, comparison: compare.Comparison):
    three._client.set_model_version_tag("reclassify", "1", "refused", "calibration error 0.9 is above 0.1")
    three._client.delete_model_version_tag("reclassify", "1", "promoted")
    with pytest.raises(registry.RegistryError, match=r"was refused: calibration error 0\.9"):
        three.appoint("reclassify", "1", lambda replaced: None)
    three.appoint("reclassify", "1", lambda replaced: None, although_refused=True)
    assert three.champion("reclassify").version == "1"


def test_every_move_of_the_alias_holds_what_the_registry_was_given(three: registry.Registry, tmp_path: Path):
    """Where the home is on a volume, which has no locks: `RunContext` gives the writer's lease."""
    held: list[str] = []

    @contextmanager
    def alone() -> Iterator[None]:
        held.append("held")
        yield
        held.append("given back")

    def told(*_: object) -> None:
        assert held.pop() == "held"

    (lock := tmp_path / "mlflow" / ".promotion.lock").unlink()
    given = registry.Registry(tmp_path / "mlflow", alone)
    given.appoint("reclassify", "1", told)
    given.withdraw("reclassify", "1", "wrong file", told)
    assert held == ["given back"] * 2
    assert not lock.exists()


def test_where_the_log_cannot_be_written_nothing_is_moved(three: registry.Registry):
    def full(*_: object) -> None:
        raise OSError("disk full")

    for act in (lambda: three.appoint("reclassify", "1", full), lambda: three.withdraw("reclassify", "3", "x", full)):
        with pytest.raises(OSError, match="disk full"):
            act()
    assert next((v.version, v.aliases, v.withdrawn) for v in three.versions("reclassify")) == ("3", ("champion",), "")
