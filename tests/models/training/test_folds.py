"""Folds: nothing that is tied straddles them, and they depend on the set of reports only."""

from __future__ import annotations

import numpy as np

from models.text import near_duplicates
from models.training import folds
from tests.models import frames


def _grouped(frame, n_folds=4, seed=1):
    return folds.grouped(
        frame["report_id"], frame["text"], frame["label"], frame["person_ids"], n_folds=n_folds, seed=seed
    )


def test_a_nominal_never_straddles_and_positives_spread():
    frame = frames.training_frame(n=400, n_people=300)
    made = _grouped(frame)
    by_person = frame.assign(fold=made.fold).explode("person_ids").groupby("person_ids")["fold"].nunique()
    assert by_person.max() == 1
    assert made.n_straddling == 0
    positives = np.bincount(made.fold, weights=frame["label"], minlength=4)
    assert positives.max() - positives.min() <= 3
    assert np.bincount(made.fold).max() <= 130  # a fair share is 100; groups allow no finer cut than this


def test_folds_do_not_depend_on_the_order_of_rows_but_on_the_seed():
    frame = frames.training_frame()
    shuffled = frame.sample(frac=1.0, random_state=5)
    one, other = _grouped(frame), _grouped(shuffled)
    assert one.hash == other.hash
    assert (one.fold == other.fold[np.argsort(shuffled["report_id"].to_numpy())]).all()
    assert _grouped(frame, seed=2).hash != one.hash


def test_near_duplicates_share_a_group():
    base = " ".join(f"word{chr(97 + k % 26)}{chr(97 + k // 26)}" for k in range(120))
    texts = [base, base.upper() + " 17!", base.replace("wordza", "changed"), "entirely different words stand here now"]
    group = near_duplicates.groups(texts)
    assert group[0] == group[1] == group[2]
    assert group[3] != group[0]


def test_a_hub_person_does_not_tie_all_reports_together():
    n = 60
    # unlike texts: six random letters a word, so no two reports are near-duplicates
    rng = np.random.default_rng(0)
    texts = [" ".join("".join(w) for w in rng.choice(list("abcdefghij"), (12, 6))) for _ in range(n)]
    frame = frames.frame(texts, [k % 4 == 0 for k in range(n)], [["36:HUB", f"36:P{k // 2}"] for k in range(n)])
    made = _grouped(frame)
    assert made.person_bound < n
    assert len(np.unique(made.group)) == n // 2  # pairs stay tied through their own person
    assert made.n_straddling == 1  # the hub alone
    assert (made.fold[0::2] == made.fold[1::2]).all()


def test_partitions_keep_groups_together_and_differ():
    frame = frames.training_frame(n=400, n_people=300)
    given = frame["report_id"], frame["text"], frame["label"], frame["person_ids"]
    made = folds.partitions(*given, n_folds=4, seed=1, n_partitions=4)
    assert made[0].hash == _grouped(frame).hash
    assert len({one.hash for one in made}) == 4
    for one in made:
        by_person = frame.assign(fold=one.fold).explode("person_ids").groupby("person_ids")["fold"].nunique()
        assert by_person.max() == 1
        assert np.bincount(one.fold, weights=frame["label"], minlength=4).min() > 0
    shuffled = frame.sample(frac=1.0, random_state=5)
    again = folds.partitions(
        shuffled["report_id"], shuffled["text"], shuffled["label"], shuffled["person_ids"],
        n_folds=4, seed=1, n_partitions=4,
    )  # fmt: skip
    assert [one.hash for one in again] == [one.hash for one in made]
