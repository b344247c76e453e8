"""A fold's counts taken out of all counts are those of scikit-learn fitted on the fold."""

from __future__ import annotations

import numpy as np
import pytest

from models.candidates import candidates
from models.training import vectorisers
from tests.models import frames

TEXTS = frames.training_frame(n=90)["text"].to_numpy(dtype=object)
IS_TRAIN = np.random.default_rng(4).random(len(TEXTS)) < 0.6


@pytest.mark.parametrize("name", ["count", "tfidf", "keywords"])
@pytest.mark.parametrize("most", [200_000, 25])
def test_a_part_of_the_counts_is_what_fitting_that_part_gives(
    name: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "MOST_TERMS", most)
    counted = vectorisers.Counted(TEXTS)
    ours = vectorisers.Vectorised(TEXTS, 1, counted=counted, is_train=IS_TRAIN)
    theirs = vectorisers.Vectorised(TEXTS[IS_TRAIN], 1)
    for mine, other in (
        (ours.matrix(name), theirs.matrix(name)),
        (ours.held_out(name), theirs.transform(name, TEXTS[~IS_TRAIN])),
    ):
        assert mine.shape == other.shape
        assert mine.dtype == other.dtype
        assert np.array_equal(mine.indices, other.indices)
        assert np.array_equal(mine.data, other.data)
    (_, words), (_, fitted) = ours.steps(name)[0], theirs.steps(name)[0]
    assert words.vocabulary_ == fitted.vocabulary_
    assert vars(words).keys() - {"_stop_words_id"} == vars(fitted).keys() - {"_stop_words_id"}  # only for a warning
    new = ["parcel collected nightly near the bridge", "?"]
    assert (words.transform(new) != fitted.transform(new)).nnz == 0
    assert {type(column) for column in words.vocabulary_.values()} == {int}  # which a stored model holds as one file
    if name == "count":
        assert len(words.vocabulary_) < counted._whole[candidates.word_counts][0].shape[1]  # others have their own


def test_a_part_without_a_word_is_said() -> None:
    counted = vectorisers.Counted(TEXTS)
    few = np.arange(len(TEXTS)) < 2  # no term is in three of two reports
    with pytest.raises(vectorisers.EmptyVocabularyError, match="enough of 2 training reports"):
        counted.part("count", few)
    with pytest.raises(vectorisers.EmptyVocabularyError, match="enough of 3"):
        vectorisers.Counted(np.array(["the", "of", "and"], dtype=object)).part("count", np.ones(3, dtype=bool))
    with pytest.raises(ValueError, match="held out"):
        vectorisers.Vectorised(TEXTS, 1).held_out("count")
