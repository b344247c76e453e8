"""What masking finds and what it costs.

    python -m tests.bench.bench_masking wikigold.conll a.conll ...  # words with their kind, one a line, as CoNLL 2003
    python -m tests.bench.bench_masking --cost                      # CPU milliseconds a report
    python -m tests.bench.bench_masking --accuracy ../shared/data   # candidates with and without it, on the same folds

A file's sentences are put together from their words. Recall is over words of personal names (PER), precision over
masked words: of persons, and of any name (person, place, organisation, other).
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd

from models.candidates import candidates
from models.evaluation import metrics
from models.text import masking, normalisation
from models.training import compare
from tests.peers.test_label_issues import difference, found
from tests.support import label_worlds

EFFORT = compare.Effort(n_inner=3, n_partitions=2, is_explained=False)


def sentences(path: Path) -> Iterator[list[tuple[str, str]]]:
    """(word, kind) of each sentence; kind is PER, LOC, ORG, MISC or O."""
    for block in path.read_text(encoding="utf-8").replace("\r", "").split("\n\n"):
        lines = [line.split() for line in block.splitlines() if line.strip()]
        if lines:
            yield [(line[0], line[-1].rpartition("-")[2]) for line in lines if len(line) > 1]


def words_found(path: Path) -> Counter[tuple[str, bool]]:
    """Number of words of two letters and more by kind and by whether they are masked."""
    counts: Counter[tuple[str, bool]] = Counter()
    for sentence in sentences(path):
        text, spans = "", []
        for word, kind in sentence:
            text += "" if not text or text.endswith("@") else " "
            spans.append((len(text), len(text) + len(word), kind))
            text += word
        read = masking.masked(text)
        for start, end, kind in spans:
            if end - start > 1 and text[start:end].isalpha():
                counts[kind, not read[start:end].strip()] += 1
    return counts


def words_line(path: Path) -> str:
    counts = words_found(path)
    masked = sum(n for (_, is_masked), n in counts.items() if is_masked)
    persons, ordinary = counts["PER", True] + counts["PER", False], counts["O", True] + counts["O", False]
    return (
        f"| {path.stem} | {persons:,} | {counts['PER', True] / persons:.2f} | {counts['PER', True] / masked:.2f} | "
        f"{1 - counts['O', True] / masked:.2f} | {counts['O', True] / ordinary:.3f} |"
    )


def accuracy_lines(name: str, frame: pd.DataFrame) -> Iterator[str]:
    chosen = candidates.named(["count_bayes", "tfidf_logistic"])
    made = []
    for read in (normalisation.texts, masking.texts):
        with mock.patch.object(masking, "texts", read):
            made.append(compare.train(frame, chosen, seed=1, n_folds=5, capacity=50, effort=EFFORT))
    for candidate in chosen:
        both = [one.out_of_fold(candidate.name).set_index("report_id")["score"] for one in made]
        kept = frame[frame["report_id"].isin(both[0].index)].reset_index(drop=True)
        scores = [one.reindex(kept["report_id"]).to_numpy() for one in both]
        is_csae, is_hidden = kept["is_csae"].to_numpy(), (~kept["label"] & kept["is_csae"]).to_numpy()
        capacity = round(2 * is_hidden.sum() / kept["force"].nunique())
        before, after = (found(kept, score, capacity) for score in scores)
        group = made[0].reports.set_index("report_id")["group"].reindex(kept["report_id"]).to_numpy()[is_hidden]
        gain, low, high = difference(after, before, group)
        truth = [metrics.average_precision(is_csae, score) for score in scores]
        yield (
            f"| {name} | {candidate.name} | {truth[0]:.3f} | {truth[1]:.3f} | {is_hidden.sum()} | "
            f"{np.mean(before):.3f} | {np.mean(after):.3f} | {gain:+.3f} [{low:+.3f}, {high:+.3f}] |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--accuracy", type=Path, metavar="SHARED_DATA")
    parser.add_argument("--cost", action="store_true")
    given = parser.parse_args()
    if given.cost:
        written = label_worlds.synthetic(3_000, 1)["text"]
        for name, read in (("normalised", normalisation.texts), ("and masked", masking.texts)):
            begun = time.process_time()
            read(written)
            print(f"{name}: {1000 * (time.process_time() - begun) / len(written):.3f} ms a report")
    if given.files:
        print("| text | words of names | found | of masked: persons | any name | other words lost |")
        print("|---|---:|---:|---:|---:|---:|")
        for path in given.files:
            print(words_line(path), flush=True)
    if given.accuracy:
        print("| reports | candidate | AP on the truth before | after | hidden | recall before | after | difference |")
        print("|---|---|---:|---:|---:|---:|---:|---:|")
        worlds = {f"synthetic, seed {seed}": label_worlds.synthetic(3_000, seed) for seed in (1, 2)}
        for seed in (1, 2, 3):
            worlds[f"screening, seed {seed}"] = label_worlds.screening(given.accuracy, seed, by_phrasing=False)
        for name, frame in worlds.items():
            for line in accuracy_lines(name, frame):
                print(line, flush=True)


if __name__ == "__main__":
    main()
