"""Variants of TF-IDF with logistic regression that were thought of, on repeated folds: what was decided, and why.

`python -m tests.bench.bench_variants ../shared/data` compares, with the candidate as it stands: terms of two reports
and more (`min_df` 2), pairs of words made before function words are taken out, and bagging for positive and unlabelled
reports (Mordelet and Vert 2014: twenty fits on all tagged reports and five times as many others drawn by chance). Ten
hidings of the public screening set and ten synthetic worlds, three partitions; recall in the first 2 x hidden, with the
interval of the mean difference over hidings (bootstrap).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression

from models.candidates import candidates
from models.text import masking, vocabulary
from models.training import folds
from tests.support import label_worlds

SEEDS = range(1, 11)
N_PARTITIONS, N_FOLDS, N_BAGS, N_REPORTS = 3, 5, 20, 3000
DRAWS = 2000


def counts(texts: np.ndarray, *, min_df: int = candidates.FEWEST_REPORTS, before: bool = False) -> sparse.csr_matrix:
    """Counts of words and pairs; with `before`, pairs are of words that stand together, function words included."""
    made = candidates.word_counts().set_params(min_df=min_df)
    if not before:
        return made.fit_transform(texts)
    made = CountVectorizer(**{**made.get_params(), "stop_words": list(vocabulary.PROTECTED_WORDS)})
    counted = made.fit_transform(texts)
    unread = set(vocabulary.UNREAD_WORDS)
    kept = [n for n, term in enumerate(made.get_feature_names_out()) if set(term.split()) - unread]
    return counted[:, kept]


def held_out(matrix: sparse.csr_matrix, label: np.ndarray, parts: tuple[folds.Folds, ...], bags: int) -> np.ndarray:
    """Mean over partitions of each report's probability out of fold."""
    score = np.zeros(len(label))
    for part in parts:
        for k in range(part.n_folds):
            train = part.fold != k
            weights = TfidfTransformer(sublinear_tf=True)
            seen, others, own = weights.fit_transform(matrix[train]), weights.transform(matrix[~train]), label[train]
            rng = np.random.default_rng(k)
            drawn = [np.arange(len(own))] if not bags else [_bag(own, rng) for _ in range(bags)]
            fits = [_logistic().fit(seen[rows], own[rows]).decision_function(others) for rows in drawn]
            score[~train] += np.mean([1 / (1 + np.exp(-fit)) for fit in fits], axis=0) / len(parts)
    return score


def _bag(label: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    tagged = np.flatnonzero(label)
    return np.r_[tagged, rng.choice(np.flatnonzero(~label), 5 * len(tagged))]


def _logistic() -> LogisticRegression:
    return candidates.TFIDF_LOGISTIC.build(1, C=1.0)


def recalls(frame: pd.DataFrame, seed: int) -> dict[str, float]:
    frame = frame[frame["text"].str.contains(r"\w")].reset_index(drop=True)
    label, true = frame["label"].to_numpy(dtype=bool), frame["is_csae"].to_numpy(dtype=bool)
    texts = np.asarray(masking.texts(frame["text"]), dtype=object)
    parts = folds.partitions(
        frame["report_id"].tolist(), frame["text"].tolist(), label, frame["person_ids"].tolist(), n_folds=N_FOLDS,
        seed=seed, n_partitions=N_PARTITIONS,
    )  # fmt: skip
    plain = counts(texts)
    scores = {
        "as it stands": held_out(plain, label, parts, 0),
        "min_df 2": held_out(counts(texts, min_df=2), label, parts, 0),
        "pairs before function words go": held_out(counts(texts, before=True), label, parts, 0),
        "bagging": held_out(plain, label, parts, N_BAGS),
    }
    untagged = np.flatnonzero(~label)
    hidden = true[untagged]
    first = {name: np.argsort(-score[untagged], kind="stable")[: 2 * hidden.sum()] for name, score in scores.items()}
    return {name: float(hidden[rows].sum() / hidden.sum()) for name, rows in first.items()}


def main() -> None:
    folder = Path(sys.argv[1])
    for what in ("screening", "synthetic"):
        rows = []
        for seed in SEEDS:
            screening = what == "screening"
            made = label_worlds.screening(folder, seed, by_phrasing=False) if screening else None
            rows.append(recalls(label_worlds.synthetic(N_REPORTS, seed) if made is None else made, seed))
            print(what, seed, {name: round(value, 3) for name, value in rows[-1].items()}, file=sys.stderr, flush=True)
        table = pd.DataFrame(rows)
        rng = np.random.default_rng(1)
        for name in table.columns:
            moved = (table[name] - table["as it stands"]).to_numpy()
            low, high = np.percentile(moved[rng.integers(0, len(moved), (DRAWS, len(moved)))].mean(axis=1), [2.5, 97.5])
            print(f"| {what} | {name} | {table[name].mean():.3f} | {moved.mean():+.3f} [{low:+.3f}, {high:+.3f}] |")


if __name__ == "__main__":
    main()
