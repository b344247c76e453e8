"""Grouped folds: near-duplicate reports and a nominal's reports never straddle folds.

Reports are tied when their texts are equal but for case, punctuation and figures, when they are near-duplicates
(MinHash over three-word shingles, estimated Jaccard of at least 0.7; Broder 1997), or when they name the same nominal.
Groups are the connected components of these ties. People named in very many reports (a social worker's client list, a
persistent suspect) would tie everything into one component, so a person named in more reports than a bound makes no
tie; inside a group too large for one fold the bound is lowered further, and the bound and the number of people whose
reports still straddle folds are stated with the folds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from models.text import near_duplicates

PERSON_BOUNDS = (50, 25, 12, 6, 3, 2)  # reports a person may tie together; tried in this order
N_GREEDY = 2_000  # groups placed one by one, largest first; the many small rest is dealt in one go


@dataclass(frozen=True)
class Folds:
    """Fold and group of each report, in the order they were given.

    Attributes:
        fold: int per report, 0 to n_folds - 1.
        group: int per report; equal numbers never straddle folds.
        hash: SHA-256 of which report is in which fold; equal hashes mean identical folds.
        person_bound: a person named in more reports than this ties nothing.
        n_straddling: people above the bound whose reports are in more than one fold.
    """

    fold: np.ndarray
    group: np.ndarray
    n_folds: int
    hash: str
    person_bound: int
    n_straddling: int


def grouped(
    report_ids: Sequence[str],
    texts: Sequence[str],
    labels: Sequence[bool] | np.ndarray,
    person_ids: Sequence[Sequence[str]],
    *,
    n_folds: int,
    seed: int,
) -> Folds:
    """The first of `partitions`."""
    return partitions(report_ids, texts, labels, person_ids, n_folds=n_folds, seed=seed, n_partitions=1)[0]


def partitions(
    report_ids: Sequence[str],
    texts: Sequence[str],
    labels: Sequence[bool] | np.ndarray,
    person_ids: Sequence[Sequence[str]],
    *,
    n_folds: int,
    seed: int,
    n_partitions: int,
) -> tuple[Folds, ...]:
    """Folds over reports, stratified by label as far as groups allow, dealt `n_partitions` times over the same groups.

    They depend on the set of reports and the seed only, not on the order reports come in, and the first ones not on how
    many more there are.

    Raises:
        ValueError: fewer than three folds (calibration needs folds within the training part), ids not unique, or no
            partition is asked for.
    """
    ids = pd.Index(report_ids)
    if n_folds < 3:
        raise ValueError("at least three folds are needed: one is scored, the others train and calibrate")
    if not ids.is_unique:
        raise ValueError("report ids are not unique")
    if n_partitions < 1:
        raise ValueError("at least one partition is needed")
    texts, person_ids = list(texts), list(person_ids)  # by place, whatever index a pandas column brings
    order = np.argsort(ids.to_numpy(dtype=str), kind="stable")
    label = np.asarray(labels, dtype=bool)[order]
    duplicates = near_duplicates.duplicate_ties([texts[i] for i in order])
    people = _incidence([person_ids[i] for i in order])
    group, bound = _groups(duplicates, people, largest=int(np.ceil(len(ids) / n_folds)))
    sorted_ids, back = ids[order], np.argsort(order)

    def dealt(own_seed: int) -> Folds:
        fold = _deal(group, label, _shuffle_keys(sorted_ids, own_seed), n_folds)
        digest = _digest(sorted_ids, fold)
        return Folds(fold[back], group[back], n_folds, digest, bound, _n_straddling(people, fold))

    return tuple(dealt(_seed_of(seed, number) if number else seed) for number in range(n_partitions))


def _seed_of(seed: int, partition: int) -> int:
    """A seed per partition that no other night's first partition has by plain counting on."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{partition}".encode()).digest()[:6], "big")


def _incidence(person_ids: Sequence[Sequence[str]]) -> sparse.csr_matrix:
    """Reports x people, 1 where the report names the person."""
    lengths = [0 if people is None else len(people) for people in person_ids]
    named = np.concatenate(
        [np.asarray(people, dtype=object) for people in person_ids if people is not None and len(people)]
        or [np.empty(0, dtype=object)]
    )
    codes, people_index = pd.factorize(named)
    rows = np.repeat(np.arange(len(person_ids)), lengths)
    matrix = sparse.csr_matrix((np.ones(len(rows)), (rows, codes)), shape=(len(person_ids), len(people_index)))
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def _groups(duplicates: sparse.csr_matrix, people: sparse.csr_matrix, largest: int) -> tuple[np.ndarray, int]:
    """Connected components and the lowest bound used: only inside a component over `largest` is the bound lowered."""
    per_person = np.asarray(people.sum(axis=0)).ravel()
    n_reports = people.shape[0]
    is_tying = (per_person > 1) & (per_person <= PERSON_BOUNDS[0])
    for bound, lower in zip(PERSON_BOUNDS, (*PERSON_BOUNDS[1:], None), strict=True):
        kept = people[:, is_tying]
        graph = sparse.bmat([[duplicates, kept], [kept.T, None]], format="csr") if kept.shape[1] else duplicates
        components = csgraph.connected_components(graph, directed=False)[1]
        size = np.bincount(components[:n_reports], minlength=components.max() + 1)
        lowest = bound
        too_large = size[components[n_reports:]] > largest
        if lower is None or not too_large.any():
            break
        tying = np.flatnonzero(is_tying)
        is_tying[tying[too_large & (per_person[tying] > lower)]] = False
    return np.unique(components[:n_reports], return_inverse=True)[1], lowest


def _shuffle_keys(ids: pd.Index, seed: int) -> np.ndarray:
    """A pseudo-random order of reports that depends on their ids and the seed only."""
    return pd.util.hash_array(ids.to_numpy(dtype=object), hash_key=f"{seed:016d}"[-16:], categorize=False)


def _deal(group: np.ndarray, label: np.ndarray, keys: np.ndarray, n_folds: int) -> np.ndarray:
    """Fold per report: groups with positives are dealt by positives, then the others by size."""
    n_groups = int(group.max()) + 1
    size = np.bincount(group, minlength=n_groups)
    positives = np.bincount(group, weights=label, minlength=n_groups)
    key = np.full(n_groups, np.iinfo(np.uint64).max, dtype=np.uint64)
    np.minimum.at(key, group, keys)
    fold = np.full(n_groups, -1)
    has = np.flatnonzero(positives > 0)
    has = has[np.lexsort((key[has], -size[has], -positives[has]))]
    fold[has] = _fill(positives[has], np.zeros(n_folds))
    rest = np.flatnonzero(positives == 0)
    rest = rest[np.lexsort((key[rest], -size[rest]))]
    fold[rest] = _fill(
        size[rest].astype(float), np.bincount(fold[has], weights=size[has], minlength=n_folds).astype(float)
    )
    return fold[group]


def _fill(weights: np.ndarray, load: np.ndarray) -> np.ndarray:
    """Fold per group, in falling weight: the first to the lightest fold each, the rest by what folds lack."""
    load, fold = load.copy(), np.empty(len(weights), dtype=np.int64)
    for position in range(min(N_GREEDY, len(weights))):  # bounded: groups are sorted, so the rest are the smallest
        fold[position] = np.argmin(load)
        load[fold[position]] += weights[position]
    rest = weights[N_GREEDY:]
    if len(rest):
        lack = np.maximum((load.sum() + rest.sum()) / len(load) - load, 0)
        edges = np.cumsum(lack) / lack.sum() * rest.sum()
        fold[N_GREEDY:] = np.minimum(np.searchsorted(edges, np.cumsum(rest) - rest / 2), len(load) - 1)
    return fold


def _n_straddling(people: sparse.csr_matrix, fold: np.ndarray) -> int:
    by_fold = sparse.csr_matrix((np.ones(len(fold)), (fold, np.arange(len(fold)))))
    return int(((by_fold @ people > 0).sum(axis=0) > 1).sum()) if people.shape[1] else 0


def _digest(ids: pd.Index, fold: np.ndarray) -> str:
    lines: Any = pd.Series(ids.to_numpy(dtype=object)).str.cat(pd.Series(fold.astype(str)), sep=" ")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
