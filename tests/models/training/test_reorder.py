"""The rest of a day in order again: answers teach, a row's own label does not, and what has no score stays put."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.pipeline import Pipeline

from models.candidates import candidates
from models.text import masking
from models.training import reorder, search, vectorisers
from tests.models import frames

NEW = "silver pendant returned"  # words that no tagged report has


@cache
def world() -> tuple[pd.DataFrame, Pipeline]:
    """Reports, some of which hold words that only answers can teach; and a champion of them."""
    frame = frames.training_frame(n=180).assign(is_suspected_false=False)
    unlike = frame.index[~frame["label"]][:30]
    frame.loc[unlike, "text"] = frame.loc[unlike, "text"] + " " + NEW
    return frame, champion(frame, "tfidf_logistic")


def champion(frame: pd.DataFrame, name: str) -> Pipeline:
    (candidate,) = candidates.named([name])
    read = vectorisers.Vectorised(masking.texts(frame["text"]), 1)
    matrix, label = read.matrix(candidate.vectoriser), frame["label"].to_numpy(dtype=bool)
    choice = search.search(candidate, matrix, label, np.arange(len(label)) % 3, 1, n_sets=1)
    made = search.refit(candidate, choice, matrix, label, 1)
    return Pipeline([*read.steps(candidate.vectoriser), ("classifier", made)])


def holders(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["text"].str.contains(NEW)]


def test_an_answer_moves_what_reads_like_it_and_only_that():
    frame, pipeline = world()
    learner, alike = reorder.Learner(pipeline, frame), holders(frame)
    others = frame[~frame["label"]].drop(alike.index)["report_id"].tolist()[:10]
    open_ones = [*alike["report_id"][5:15], *others]
    answers = {(row.report_id, row.text_hash): True for row in alike.head(5).itertuples()}
    before, after = learner.scores(open_ones, {}), learner.scores(open_ones, answers)
    assert before is not None
    assert after is not None
    assert (after - before)[:10].min() > (after - before)[10:].max() + 0.1
    denied = learner.scores(open_ones, dict.fromkeys(answers, False))
    assert np.array_equal(denied, before)  # as the force's tag had it
    assert np.array_equal(learner.scores(open_ones, {(r, "another text"): True for r, _ in answers}), before)


def test_neither_its_own_label_nor_its_near_duplicates_move_an_open_row():
    frame, pipeline = world()
    alike = holders(frame)["report_id"].tolist()
    open_ones, near = alike[:5], alike[5:9]
    turned = frame.assign(label=frame["label"] ^ frame["report_id"].isin([*open_ones, *near]))
    scores = [reorder.Learner(pipeline, f).scores(open_ones, {}, near) for f in (frame, turned)]
    assert np.array_equal(*scores)
    assert not np.array_equal(scores[0], reorder.Learner(pipeline, turned).scores(open_ones, {}))  # near ones did teach


def test_what_is_suspected_false_teaches_nothing_even_when_answered():
    frame, pipeline = world()
    alike = holders(frame)
    false = frame.assign(is_suspected_false=frame.index.isin(alike.index[:5]))
    answers = {(row.report_id, row.text_hash): True for row in alike.head(5).itertuples()}
    learner, open_ones = reorder.Learner(pipeline, false), alike["report_id"].tolist()[5:]
    assert np.array_equal(learner.scores(open_ones, answers), learner.scores(open_ones, {}))


def test_without_both_classes_the_order_stays():
    frame, pipeline = world()
    assert reorder.Learner(pipeline, frame.assign(label=False)).scores(frame["report_id"].tolist()[:3], {}) is None
    with pytest.raises(TypeError, match="not fitted again within seconds"):
        reorder.Learner(object(), frame)


@given(
    st.lists(st.one_of(st.none(), st.floats(-5, 5)), max_size=12).flatmap(
        lambda scores: st.tuples(
            st.just(scores), st.lists(st.integers(1, 99), min_size=len(scores), max_size=len(scores), unique=True)
        )
    )
)
def test_rows_without_score_keep_their_places_and_the_others_share_theirs(
    rows: tuple[list[float | None], list[int]],
):
    scores, ranks = rows
    placed = reorder.places(ranks, scores)
    moving = [n for n, score in enumerate(scores) if score is not None]
    assert sorted(placed) == sorted(ranks)
    assert [placed[n] for n in range(len(ranks)) if n not in moving] == [
        ranks[n] for n in range(len(ranks)) if n not in moving
    ]
    by_place = sorted(moving, key=lambda n: placed[n])
    assert [scores[n] for n in by_place] == sorted((scores[n] for n in moving), reverse=True)
