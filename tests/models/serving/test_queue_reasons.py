"""What a queue row says of its report: near-duplicates, similar confirmed reports, what would change its score."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from models.candidates import candidates
from models.explanation import counterfactual, similar_reports
from models.serving import artefact, reasons
from models.text import near_duplicates
from models.training import compare
from tests.models import frames

LONG = "seen near the harbour cafe with an older male who bought her a phone and drove her to a hotel on friday night"


def test_near_duplicates_are_shown_by_the_first_and_say_how_alike_they_are():
    given = pd.DataFrame(
        {
            "report_id": ["a", "b", "c", "d", "e"],
            "text": [LONG, LONG + " again", LONG.upper() + " 12", "another matter entirely, a stolen bicycle", ""],
            "priority": [0.2, 0.9, 0.5, 0.8, 0.1],
        }
    )
    found = near_duplicates.stand_ins(given).set_index("report_id")
    assert found["shown_id"].to_dict() == {"a": "b", "b": "b", "c": "b", "d": "d", "e": "e"}
    assert found.loc["b", "similarity"] == found.loc["d", "similarity"] == 1.0
    assert 0.7 < found.loc["a", "similarity"] < 1.0


def test_similar_confirmed_reports_are_of_the_same_force_and_not_the_report_itself():
    known = similar_reports.Confirmed(
        pd.DataFrame(
            {
                "report_id": ["36:1", "36:2", "37:1"],
                "force": ["36", "36", "37"],
                "text": [LONG, "a stolen bicycle", LONG],
            }
        )
    )
    (first, own) = known.like([LONG, LONG], ["36", "36"], ["36:9", "36:1"])
    assert [match.report_id for match in first] == ["36:1"]
    assert first[0].similarity == pytest.approx(1.0)
    assert own == []
    assert similar_reports.Confirmed(pd.DataFrame({"report_id": [], "force": [], "text": []})).like(
        [LONG], ["36"], ["x"]
    ) == [[]]
    assert similar_reports.Confirmed(pd.DataFrame({"report_id": ["1"], "force": ["36"], "text": ["the"]})).like(
        [LONG], ["36"], ["x"]
    ) == [[]]


class Points:
    """A classifier of three words, each with its log-odds."""

    def predict_proba(self, texts: np.ndarray) -> np.ndarray:
        odds = np.array([-3 + 2.5 * ("hotel" in t) + 1.5 * ("phone" in t) + 0.5 * ("night" in t) for t in texts])
        chance = 1 / (1 + np.exp(-odds))
        return np.stack([1 - chance, chance], axis=1)


def test_the_fewest_terms_that_take_a_report_out_of_the_queue():
    score = Points().predict_proba(np.array([LONG]))[:, 1]
    terms = [["hotel", "phone", "night"]]
    (change,) = counterfactual.changes(Points(), [LONG], terms, score, np.array([0.5]))
    assert (change.terms, change.is_out) == (("hotel",), True)
    (change,) = counterfactual.changes(Points(), [LONG], terms, score, np.array([0.1]))
    assert (change.terms, change.is_out) == (("hotel", "phone"), True)
    (change,) = counterfactual.changes(Points(), [LONG], terms, score, np.array([0.001]))
    assert (change.terms, change.is_out) == (("hotel", "phone", "night"), False)
    (change,) = counterfactual.changes(Points(), [LONG], terms, score, np.array([np.nan]))
    assert not change.is_out
    assert counterfactual.changes(Points(), [LONG], [[]], score, np.array([0.5])) == [None]


def test_a_score_out_of_fold_falls_by_the_log_odds_that_the_terms_carry():
    (change,) = counterfactual.changes(Points(), [LONG], [["hotel"]], np.array([0.5]), np.array([0.4]))
    assert change.score == pytest.approx(1 / (1 + np.exp(2.5)))  # from odds of 0


def test_all_places_of_a_term_are_taken_out_whatever_stands_between_its_words():
    assert counterfactual.without("A hotel room, hotel with a room, hotels", "hotel room").split() == [
        "A",
        ",",
        ",",
        "hotels",
    ]


def test_reasons_point_into_the_text_as_written():
    frame = frames.training_frame(n=300)
    result = compare.train(frame, [candidates.TFIDF_LOGISTIC], seed=1, n_folds=3, capacity=10).results[0]
    blob = artefact.skops_io.dumps(result.pipeline)
    model = artefact.Artefact("t", "1", blob, hashlib.sha256(blob).hexdigest(), result.intervals)
    confirmed = frame[frame["label"]][["report_id", "force", "text"]]
    written = "vehicle street p\u200ba\u200br\u200bcel c o l l e c t e d nightly shop evening"
    batch = pa.RecordBatch.from_pydict(
        {"report_id": ["36:x"], "force": ["36"], "text": [written], "score": [0.9], "cutoff": [0.2]}
    )
    (made,) = reasons.explainer(model, confirmed)(iter([batch]))
    (rows,) = made.column("reasons").to_pylist()
    by_text = {row["text"]: row for row in rows if row["kind"] == "term"}
    term = by_text["parcel collected"]
    assert written[term["start"] : term["end"]] == "p\u200ba\u200br\u200bcel c o l l e c t e d"
    assert term["weight"] > 0
    assert any(row["kind"] == "similar" and row["source_id"].startswith("36:") for row in rows)
    (change,) = [row["text"] for row in rows if row["kind"] == "whatif"]
    assert "its score would be" in change
