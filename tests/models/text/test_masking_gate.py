"""The counterfactual gate: other people's names move no score, and no name is anything that the champion reads."""

from __future__ import annotations

import hashlib
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from models.candidates import candidates
from models.serving import artefact, reasons, scoring
from models.training import compare
from pipelines.synthesis.core import names as world_names
from tests.support import label_worlds

pytestmark = pytest.mark.slow

MOST_MOVED = 0.01  # of a score, which is a probability
SHARE_UNMOVED = 0.97
GIVEN = [*world_names.FEMALE.to_pylist(), *world_names.MALE.to_pylist()]
SURNAMES = world_names.SURNAMES.to_pylist()
# Invented, on no list: what shape alone must find.
NEW = {
    "given": "Oyelaran Brunhild Zebulon Tarquin Philomena Ozymandias Perpetua Leocadia".split(),
    "surname": "Ditchburn Quibell Thistlewood Ravenhall Ockenden Micklethwait Zuckerkandl Haverstock".split(),
}
# Surnames of the world that its reports also write small, as words.
WORDS = {"price", "cross", "young"}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return label_worlds.synthetic(1_500, 4)


@pytest.fixture(scope="module")
def champion(frame: pd.DataFrame) -> compare.Result:
    effort = compare.Effort(n_sets=1, n_inner=2, is_explained=False)
    made = compare.train(frame, [candidates.TFIDF_LOGISTIC], seed=1, n_folds=3, capacity=50, effort=effort)
    return made.results[0]


def swapped(text: str, rng: np.random.Generator) -> str:
    """Each name of the world replaced by another of its kind, the same wherever it stands in the text."""
    instead: dict[str, str] = {}
    for kind, pool in (("given", GIVEN), ("surname", SURNAMES)):
        for name in pool:
            drawn = str(rng.choice(NEW[kind] if rng.random() < 0.5 else pool))
            instead.setdefault(name, drawn)
    return re.sub(r"\b[A-Z][\w’']+\b", lambda match: _in_case(match.group(), instead), text)


def _in_case(word: str, instead: dict[str, str]) -> str:
    if word in instead and word.lower() not in WORDS:
        return instead[word]
    is_name = word.isupper() and word.title() in instead and word.lower() not in WORDS
    return instead[word.title()].upper() if is_name else word


def test_other_names_move_no_score(frame: pd.DataFrame, champion: compare.Result):
    rng = np.random.default_rng(7)
    texts = frame["text"].sample(300, random_state=3).tolist()
    other = [swapped(text, rng) for text in texts]
    assert sum(one != two for one, two in zip(texts, other, strict=True)) > 200
    before, after = (scoring.scores(champion.pipeline, some) for some in (texts, other))
    moved = np.abs(before - after)
    print(f"moved: {np.mean(moved > 0):.3f} of 300, most {moved.max():.4f}")
    assert moved.max() <= MOST_MOVED
    assert np.mean(moved == 0) >= SHARE_UNMOVED


def test_a_classifier_that_has_learnt_names_gets_none_to_read():
    texts = ["seen with Freddie Rook at a hotel", "seen with Joseph Bramley at a shop"] * 5
    learnt = make_pipeline(CountVectorizer(), LogisticRegression(C=100)).fit(texts, [True, False] * 5)
    asked = ["seen with Freddie Rook at a hotel", "seen with Joseph Bramley at a hotel"]
    assert np.ptp(learnt.predict_proba(asked)[:, 1]) > 0.1
    assert np.ptp(scoring.scores(learnt, asked)) == 0


def test_no_name_of_the_world_is_in_the_vocabulary_and_no_number_but_an_age(champion: compare.Result):
    terms = champion.pipeline.steps[0][1].get_feature_names_out()
    read = {word for term in terms for word in term.split()}
    assert len(read) > 500
    assert {name.lower() for name in (*GIVEN, *SURNAMES)} & read <= WORDS
    numbers = {int(word[:2]) for word in read if word[:2].isdigit()}
    assert not [number for number in numbers if not 5 <= number <= 99]
    assert not {word for word in read if re.search(r"\d", word) and not re.fullmatch(r"\d\d(?:y\w*)?|[a-z]+\d", word)}


def test_no_reason_is_a_name(frame: pd.DataFrame, champion: compare.Result):
    form, blob = artefact.dumps(champion.pipeline)
    model = artefact.Artefact("t", "1", blob, hashlib.sha256(blob).hexdigest(), champion.intervals, form=form)
    some = frame.sample(40, random_state=5)
    confirmed = frame[frame["label"]][["report_id", "force", "text"]].head(20)
    batch = pa.RecordBatch.from_pydict(
        {
            "report_id": some["report_id"].tolist(), "force": some["force"].tolist(), "text": some["text"].tolist(),
            "score": [0.5] * 40, "cutoff": [0.2] * 40,
        }
    )  # fmt: skip
    (made,) = reasons.explainer(model, confirmed)(iter([batch]))
    named = {
        word
        for rows in made.column("reasons").to_pylist()
        for row in rows
        if row["kind"] == "term"
        for word in row["text"].split()
    }
    assert len(named) > 50
    assert {name.lower() for name in (*GIVEN, *SURNAMES)} & named <= WORDS
