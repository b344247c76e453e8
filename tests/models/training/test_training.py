"""Training: out of fold in every respect, and clear about what it cannot use."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.candidates import candidates
from models.explanation import contributions, terms
from models.training import compare, search
from tests.models import frames

pytestmark = pytest.mark.slow

ALL = (*(c.name for c in candidates.CANDIDATES if c.is_baseline), *candidates.BAG_OF_WORDS, "tfidf_topics_logistic")


def _train(frame, *chosen, n_folds=3):
    return compare.train(frame, chosen or candidates.named(ALL), seed=1, n_folds=n_folds, capacity=20)


@pytest.fixture(scope="module")
def comparison() -> compare.Comparison:
    return _train(frames.training_frame())


def test_candidates_beat_the_keyword_rule_on_words_it_does_not_know(comparison: compare.Comparison):
    precision = comparison.table().set_index("name")["average_precision"]
    for name in ALL:
        if not comparison.result(name).candidate.is_baseline:
            assert precision[name] > max(precision["keyword_rule"], precision["random_order"]) + 0.2
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


def _refold(frame: pd.DataFrame, made: compare.Comparison) -> np.ndarray:
    """Scores on given folds, whatever the labels would make of the folds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compare.folds_module, "grouped", lambda *a, **k: made.folds)
        return _train(frame, candidates.TFIDF_LOGISTIC).results[0].score


def test_same_seed_same_scores(comparison: compare.Comparison):
    names = ("random_order", "count_bayes", "tfidf_svc", "count_tree", "tfidf_xgboost")
    again = _train(frames.training_frame().sample(frac=1.0, random_state=9), *candidates.named(names))
    assert again.folds.hash == comparison.folds.hash
    for other in again.results:
        assert np.array_equal(comparison.result(other.candidate.name).score, other.score)


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
        ({"label": False}, compare.NoPositivesError),
        ({"label": True}, compare.NoNegativesError),
        ({"text": ""}, compare.EmptyTextError),
        ({"text": "the of and 2024"}, compare.EmptyTextError),
    ],
)
def test_what_cannot_train_is_a_typed_error(change: dict[str, object], error: type[Exception]):
    # The stop-word text is one near-duplicate group: give it labels that leave folds with both classes impossible.
    with pytest.raises((error, compare.OneClassFoldError)) as raised:
        _train(frames.training_frame(n=60).assign(**change), candidates.TFIDF_LOGISTIC)
    if change != {"text": "the of and 2024"}:
        assert raised.type is error


def test_too_few_positives_for_the_folds_names_the_folds():
    frame = frames.training_frame(n=90)
    frame["label"] = np.arange(90) < 2
    with pytest.raises(compare.OneClassFoldError, match="fold"):
        _train(frame, candidates.TFIDF_LOGISTIC)


@pytest.mark.parametrize("name", [*candidates.BAG_OF_WORDS, "tfidf_topics_logistic"])
def test_explained_parts_and_what_belongs_to_no_term_are_the_log_odds(comparison: compare.Comparison, name: str):
    pipeline = comparison.result(name).pipeline
    texts = ["officer noted parcel collected nightly near bridge", "garden window market nothing further known"]
    probability = pipeline.predict_proba(texts)[:, 1]
    moved = contributions.of(pipeline, pipeline[:-1].transform(texts))
    total = contributions.base(pipeline) + np.asarray(moved.sum(axis=1)).ravel()
    single = 1e-4 if "xgboost" in name else 1e-6  # XGBoost counts in single precision
    assert total == pytest.approx(np.log(probability / (1 - probability)), abs=single)
    found = terms.terms(pipeline, texts)[0]
    if not found:  # a tree may reach its leaf by words that the text does not hold
        assert name.endswith("tree")
        held = pipeline[:-1].transform(texts)[0].toarray() != 0
        assert not moved[0].toarray()[held].any()
        return
    strongest = found[0]
    assert strongest.weight > 0
    assert texts[0][strongest.start : strongest.end].startswith(strongest.text.split()[0])


def test_calibration_is_that_of_scikit_learn_without_fitting_twice():
    from sklearn.calibration import CalibratedClassifierCV

    frame, candidate = frames.training_frame(), candidates.TFIDF_LOGISTIC
    matrix = candidates.VECTORISERS["count"].counts().fit_transform(frame["text"])
    label, fold = frame["label"].to_numpy(), np.arange(len(frame)) % 3
    choice = search.search(candidate, matrix, label, fold, 1, n_sets=1)
    ours = search.refit(candidate, choice, matrix, label, 1).predict_proba(matrix)
    splits = [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(3)]
    peer = CalibratedClassifierCV(candidate.build(1, **choice.parameters), method="sigmoid", ensemble=False, cv=splits)
    assert ours == pytest.approx(peer.fit(matrix, label).predict_proba(matrix), abs=1e-6)


def test_naive_bayes_is_stored_as_the_same_numbers():
    frame = frames.training_frame()
    matrix = candidates.VECTORISERS["count"].counts().fit_transform(frame["text"])
    label = frame["label"].to_numpy()
    for kind in ("multinomial", "complement"):
        bayes = candidates.named(["count_bayes"])[0].build(1, kind=kind, alpha=0.3).fit(matrix, label)
        linear = search._plain(bayes)
        assert linear.decision_function(matrix) == pytest.approx(search.raw_score(bayes, matrix), abs=1e-9)
        assert linear.predict_proba(matrix) == pytest.approx(bayes.predict_proba(matrix), abs=1e-9)


def test_the_search_tries_every_set_and_takes_the_best(comparison: compare.Comparison):
    frame = frames.training_frame()
    matrix = candidates.VECTORISERS["count"].counts().fit_transform(frame["text"])
    candidate = candidates.named(["count_logistic"])[0]
    choice = search.search(candidate, matrix, frame["label"].to_numpy(), np.arange(len(frame)) % 3, 1, n_inner=2)
    assert len(choice.reached) == len(candidate.grid)
    assert choice.parameters == candidate.grid[int(np.argmax(choice.reached))]
    assert set(comparison.spent["stage"]) >= {"search", "fit", "score", "explain"}


def test_figures_come_under_three_readings_of_the_labels():
    frame = frames.training_frame()
    decided = pd.Series([None] * len(frame), dtype=object)
    decided[:40] = list(~frame["label"][:40].to_numpy())  # analysts turned forty labels round
    label = frame["label"].where(decided.isna(), decided).astype(bool)
    made = _train(frame.assign(recorded=frame["label"], label=label, adjudicated=decided), candidates.TFIDF_LOGISTIC)
    figures = made.results[0].metrics
    assert figures["adjudicated_n_reports"] == 40
    assert figures["recorded_n_positives"] == frame["label"].sum()
    assert figures["n_positives"] == label.sum()
    # Decisions that turn every label round make the score worse than chance: the share of positives among them.
    assert figures["adjudicated_average_precision"] < (~frame["label"][:40]).mean()
    assert set(made.differences) == {"corrected", "recorded", "adjudicated"}


def test_transparency_tells_a_reason_from_a_random_word(comparison: compare.Comparison):
    table = comparison.table().set_index("name")
    assert table.loc["tfidf_logistic", "deletion_fidelity"] > 0.3
    assert table.loc["random_order", "deletion_fidelity"] == 0
    stability = table.loc[list(candidates.BAG_OF_WORDS), "explanation_stability"]
    assert stability.between(0, 1).all()
    assert stability["tfidf_logistic"] > 0.2
    assert (table["model_mib"].dropna() > 0).all()


def test_a_candidate_whose_extra_is_missing_is_listed_and_the_others_go_on():
    from dataclasses import replace

    absent = replace(candidates.fine_tuned(), needs="a_package_that_nobody_has")
    made = _train(frames.training_frame(), candidates.TFIDF_LOGISTIC, absent)
    assert made.not_installed == {"bert_compact": "a_package_that_nobody_has"}
    assert [r.candidate.name for r in made.results] == ["tfidf_logistic"]


def test_a_megabyte_another_language_and_stop_words_train_like_any_report():
    frame = frames.training_frame()
    frame.loc[2, "text"] = "parcel collected nightly " * 42_000  # a megabyte
    frame.loc[3, "text"] = "Мужчина забрал посылку у вокзала поздно вечером и уехал"
    frame.loc[4, "text"] = "the of and to"
    made = _train(frame, candidates.TFIDF_LOGISTIC)
    assert len(made.reports) == len(frame)
    assert ((made.results[0].score >= 0) & (made.results[0].score <= 1)).all()
    whole = made.results[0].pipeline
    assert terms.terms(whole, ["the of and to", ""]) == [[], []]


def test_terms_beyond_the_bound_are_left_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(candidates, "MOST_TERMS", 10)
    made = _train(frames.training_frame(), candidates.TFIDF_LOGISTIC)
    assert len(made.results[0].pipeline.steps[0][1].vocabulary_) == 10


def test_a_score_is_the_mean_over_partitions_and_the_dear_are_on_a_budget():
    frame, chosen = frames.training_frame(), candidates.named(["tfidf_bayes", "count_tree"])
    effort = compare.Effort(is_explained=False, n_partitions=3, n_partitions_dear=1)
    made = compare.train(frame, chosen, seed=1, n_folds=3, capacity=20, effort=effort)
    once = _train(frame, *chosen)
    bayes, tree = made.result("tfidf_bayes"), made.result("count_tree")
    assert bayes.by_partition.shape == (3, len(made.reports))
    assert bayes.score == pytest.approx(bayes.by_partition.mean(axis=0))
    assert np.array_equal(bayes.by_partition[0], once.result("tfidf_bayes").score)
    assert not np.array_equal(bayes.by_partition[0], bayes.by_partition[1])
    assert np.array_equal(tree.score, once.result("count_tree").score)  # one partition: nothing to average
    assert bayes.metrics["average_precision_draw_sd"] > 0
    assert (bayes.metrics["n_partitions"], tree.metrics["n_partitions"]) == (3, 1)
    assert made.fold_hash != once.fold_hash == once.folds.hash
    assert effort.sets_of(tree.candidate, 1) == 1
    assert effort.sets_of(bayes.candidate, 1) is None
