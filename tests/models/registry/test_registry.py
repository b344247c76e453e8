"""The registry on a real SQLite: what is logged, what is promoted, and what is refused before it is loaded."""

from __future__ import annotations

import hashlib
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
