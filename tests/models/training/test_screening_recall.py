"""Deleted tags of the public screening set, two seeds: a quick watch over the candidates. The peer trial has more."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.candidates import candidates
from models.training import compare

SEEDS = (4, 5)


@pytest.mark.slow
def test_most_of_half_of_the_deleted_tags_come_first(shared_data: Path):
    found = pd.read_csv(shared_data / "screening" / "Nagtegaal_2019.csv", keep_default_na=False)
    text, label = found["title"] + "\n" + found["abstract"], (found["label_included"] == 1).to_numpy()
    reached = []
    for seed in SEEDS:
        chosen = np.random.default_rng(seed).choice(np.flatnonzero(label), round(0.3 * label.sum()), replace=False)
        deleted = np.isin(np.arange(len(label)), chosen)
        frame = pd.DataFrame(
            {
                "report_id": "ZZ:" + found["record_id"].astype(str).str.zfill(5),
                "text": text,
                "text_hash": [hashlib.sha256(t.encode()).hexdigest() for t in text],
                "label": label & ~deleted,
                "stratum": "NO_TAG",
                "force": "ZZ",
                "person_ids": [[] for _ in text],
                "is_suspected_false": False,
            }
        )
        effort = compare.Effort(is_explained=False)
        chosen_for = [candidates.TFIDF_LOGISTIC]
        made = compare.train(frame, chosen_for, seed=seed, n_folds=5, capacity=60, effort=effort)
        score = made.out_of_fold("tfidf_logistic").set_index("report_id").loc[frame["report_id"], "score"].to_numpy()
        untagged = np.flatnonzero(~frame["label"].to_numpy())
        first = untagged[np.argsort(-score[untagged], kind="stable")[: 2 * deleted.sum()]]
        reached.append(deleted[first].sum() / deleted.sum())
    # 60 of 1,948 rows at random hold 0.03 of them; five seeds averaged 0.52 when measured, one seed varies by 0.1
    assert np.mean(reached) >= 0.4
