"""Trial 17: words hidden by zero-width characters, homoglyphs, spaced letters or figures cost at most 5 points."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from models.candidates import candidates
from models.text import masking
from models.training import compare, folds
from tests.support import label_worlds

pytestmark = pytest.mark.slow

MOST_LOST = 0.05
SHARE = 0.5  # of the words of four letters and more
CYRILLIC = str.maketrans("aeopcxiy", "аеорсхіу")
FIGURES = str.maketrans("oieas", "01345"[:5])


def zero_width(word: str) -> str:
    return word[:2] + "\u200b" + word[2:]


def homoglyphs(word: str) -> str:
    return word.translate(CYRILLIC)


def spaced(word: str) -> str:
    return " ".join(word) if word.isalpha() else word


def figures(word: str) -> str:
    return word[0] + word[1:-1].translate(FIGURES) + word[-1] if word.isalpha() and word.islower() else word


ATTACKS: dict[str, Callable[[str], str]] = {
    "zero width": zero_width, "homoglyphs": homoglyphs, "spaced letters": spaced, "figures": figures
}  # fmt: skip


def attacked(text: str, attack: Callable[[str], str], rng: np.random.Generator) -> str:
    """`text` with about half of its longer words hidden; two hidden words never stand side by side."""
    words, is_last = text.split(" "), False
    for k, word in enumerate(words):
        is_last = len(word) > 3 and not is_last and rng.random() < SHARE
        if is_last:
            words[k] = attack(word)
    return " ".join(words)


@pytest.fixture(scope="module")
def halves() -> tuple[object, pd.DataFrame]:
    """A classifier of one half of a world's groups, and the reports of the other half."""
    frame = label_worlds.synthetic(3_000, 3)
    dealt = folds.grouped(
        frame["report_id"].tolist(), frame["text"].tolist(), frame["label"].to_numpy(), frame["person_ids"].tolist(),
        n_folds=4, seed=1,
    )  # fmt: skip
    train, test = frame[dealt.fold < 2], frame[dealt.fold >= 2]
    made = compare.train(train, [candidates.TFIDF_LOGISTIC], seed=1, n_folds=3, capacity=50)
    return made.results[0].pipeline, test.reset_index(drop=True)


def recall(pipeline: object, test: pd.DataFrame, texts: np.ndarray) -> float:
    """Share of CSAE reports, tagged or not, among the first twice as many."""
    score = pipeline.predict_proba(texts)[:, 1]
    is_csae = test["is_csae"].to_numpy()
    first = np.argsort(-score, kind="stable")[: 2 * int(is_csae.sum())]
    return float(is_csae[first].sum() / is_csae.sum())


@pytest.mark.trial(17)
@pytest.mark.parametrize("name", ATTACKS)
def test_hidden_words_cost_little(
    name: str, halves: tuple[object, pd.DataFrame], record_property: Callable[[str, object], None]
):
    """Only CSAE reports are attacked: whoever hides words hides those."""
    pipeline, test = halves
    rng = np.random.default_rng(5)
    is_csae = test["is_csae"].to_numpy()
    written = test["text"].to_numpy(dtype=object).copy()
    written[is_csae] = [attacked(text, ATTACKS[name], rng) for text in written[is_csae]]
    assert sum(new != old for new, old in zip(written, test["text"], strict=True)) == is_csae.sum()
    before = recall(pipeline, test, masking.texts(test["text"]))
    after, unread = recall(pipeline, test, masking.texts(written)), recall(pipeline, test, written)
    print(f"{name}: recall {before:.3f}, hidden {after:.3f}, hidden and not read back {unread:.3f}")
    record_property("points of recall lost", round(100 * (before - after), 1))
    record_property("without normalisation", round(100 * (before - unread), 1))
    assert before - after <= MOST_LOST
