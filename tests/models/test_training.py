"""Training: out of fold in every respect, and clear about what it cannot use."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models import candidates, explain, training
from tests.models import frames


def _train(frame, *chosen, n_folds=3):
    return training.train(frame, chosen or candidates.CANDIDATES, seed=1, n_folds=n_folds, capacity=20)


@pytest.fixture(scope="module")
def comparison() -> training.Comparison:
    return _train(frames.training_frame())


def test_candidates_beat_the_keyword_rule_on_words_it_does_not_know(comparison: training.Comparison):
    precision = comparison.table().set_index("name")["average_precision"]
    for name in ("tfidf_logistic", "tfidf_topics_logistic"):
        assert precision[name] > precision["keyword_rule"] + 0.2
        assert comparison.result(name).metrics["calibration_error"] < 0.15
    assert comparison.result("keyword_rule").pipeline is None


def test_the_score_of_a_report_does_not_depend_on_its_own_label():
    frame = frames.training_frame()
    one = _train(frame, candidates.TFIDF_LOGISTIC)
    mate = one.reports[one.reports["fold"] == one.reports["fold"][0]]
    # Two reports of one fold swap labels: counts per fold and folds stay, so their scores must stay as well.
    inside = mate.drop_duplicates("group")
    inside = inside[inside["group"].map(one.reports["group"].value_counts()) == 1]
    yes, no = inside[inside["label"]].index[0], inside[~inside["label"]].index[0]
    swapped = frame.assign(label=frame["label"].where(~frame.index.isin([yes, no]), ~frame["label"]))
    other = _refold(swapped, one)
    same_fold = (one.reports["fold"] == one.reports["fold"][yes]).to_numpy()
    score = one.results[0].score
    assert np.allclose(score[same_fold], other[same_fold])
    assert not np.allclose(score[~same_fold], other[~same_fold])  # the label did matter to the others


def _refold(frame: pd.DataFrame, made: training.Comparison) -> np.ndarray:
    """Scores on given folds, whatever the labels would make of the folds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training.folds_module, "grouped", lambda *a, **k: made.folds)
        return _train(frame, candidates.TFIDF_LOGISTIC).results[0].score


def test_same_seed_same_scores(comparison: training.Comparison):
    again = _train(frames.training_frame().sample(frac=1.0, random_state=9))
    assert again.folds.hash == comparison.folds.hash
    for one, other in zip(comparison.results, again.results, strict=True):
        assert np.array_equal(one.score, other.score)


def test_suspected_false_and_empty_reports_are_left_out_and_counted():
    frame = frames.training_frame()
    frame.loc[0, "is_suspected_false"] = True
    frame.loc[1, "text"] = " \n "
    made = _train(frame, candidates.TFIDF_LOGISTIC)
    assert made.n_excluded == {"suspected_false": 1, "empty_text": 1}
    assert not set(frame["report_id"][:2]) & set(made.reports["report_id"])


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"label": False}, training.NoPositivesError),
        ({"label": True}, training.NoNegativesError),
        ({"text": ""}, training.EmptyTextError),
        ({"text": "the of and 2024"}, training.EmptyTextError),
    ],
)
def test_what_cannot_train_is_a_typed_error(change: dict[str, object], error: type[Exception]):
    # The stop-word text is one near-duplicate group: give it labels that leave folds with both classes impossible.
    with pytest.raises((error, training.OneClassFoldError)) as raised:
        _train(frames.training_frame(n=60).assign(**change), candidates.TFIDF_LOGISTIC)
    if change != {"text": "the of and 2024"}:
        assert raised.type is error


def test_too_few_positives_for_the_folds_names_the_folds():
    frame = frames.training_frame(n=90)
    frame["label"] = np.arange(90) < 2
    with pytest.raises(training.OneClassFoldError, match="fold"):
        _train(frame, candidates.TFIDF_LOGISTIC)


@pytest.mark.parametrize("name", ["tfidf_logistic", "tfidf_topics_logistic"])
def test_explained_parts_and_intercept_are_the_log_odds(comparison: training.Comparison, name: str):
    pipeline = comparison.result(name).pipeline
    texts = ["officer noted parcel collected nightly near bridge", "garden window market nothing further known"]
    calibrated = pipeline.steps[-1][1].calibrated_classifiers_[0]
    sigmoid = calibrated.calibrators[0]
    base = -(sigmoid.a_ * calibrated.estimator.intercept_[0] + sigmoid.b_)
    probability = pipeline.predict_proba(texts)[:, 1]
    found = explain.terms(pipeline, texts, n_up=1000, n_down=1000)
    total = np.array([base + sum(term.weight for term in terms) for terms in found])
    assert total == pytest.approx(np.log(probability / (1 - probability)), abs=1e-6)
    strongest = found[0][0]
    assert strongest.weight > 0
    assert texts[0][strongest.start : strongest.end].startswith(strongest.text.split()[0])
