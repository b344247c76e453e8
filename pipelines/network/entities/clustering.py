"""From links to people: records joined by the strongest links first, but never across a contradiction.

Plain connected components make one person of a chain whose ends cannot be one (a father, a record without a date of
birth, his son). Here two groups join only if no record of one contradicts a record of the other, and an analyst's undo
is respected. Links of most records have no such trouble, and are settled by one sparse connected-components call; only
groups of three or more, or under an undo, are walked link by link.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler
from scipy import sparse
from scipy.sparse import csgraph

Pair = tuple[str, str]


@dataclass(frozen=True)
class Apart:
    """An analyst said that these two sides are not one person: no record of one joins a record of the other."""

    left: frozenset[str]
    right: frozenset[str]


@dataclass(frozen=True)
class Rulings:
    """What analysts undid, as it stands: sides that stay apart, and pairs that stay together (the newer first)."""

    apart: Sequence[Apart] = ()
    together: Sequence[Pair] = ()

    def records(self) -> set[str]:
        named = {record for each in self.apart for record in (*each.left, *each.right)}
        return named | {record for pair in self.together for record in pair}


@dataclass
class Groups:
    """Union-find over records, with the records of each group."""

    members: dict[str, list[str]] = field(default_factory=dict)  # root -> its records
    root: dict[str, str] = field(default_factory=dict)

    def find(self, record: str) -> str:
        if record not in self.root:
            self.root[record], self.members[record] = record, [record]
        return self.root[record]

    def join(self, left: str, right: str) -> None:
        keep, go = self.find(left), self.find(right)
        if len(self.members[keep]) < len(self.members[go]):
            keep, go = go, keep
        for record in self.members[go]:
            self.root[record] = keep
        self.members[keep] += self.members.pop(go)


def clusters(
    records: pd.DataFrame, links: pd.DataFrame, rulings: Rulings | None = None, *, is_guarded: bool = True
) -> pd.Series:
    """Cluster of each record: an index by `record_id`, values numbers without meaning.

    Args:
        records: record_id, forename, forename_group, forename_key, second_forenames, surname_key, born_on, record_hash.
        links: left_id, right_id, match_weight: admitted links only.
        rulings: of analysts.
        is_guarded: no group holds two records that contradict; else rulings alone keep records apart.
    """
    binding = rulings or Rulings()
    ids = records["record_id"].to_numpy()
    place = pd.Series(np.arange(len(ids)), index=ids)
    known = links[links["left_id"].isin(place.index) & links["right_id"].isin(place.index)]
    together = pd.DataFrame([p for p in binding.together if p[0] in place.index and p[1] in place.index])
    left = np.concatenate([place[known["left_id"]].to_numpy(), place[together[0]].to_numpy() if len(together) else []])
    right = np.concatenate(
        [place[known["right_id"]].to_numpy(), place[together[1]].to_numpy() if len(together) else []]
    )
    joins = sparse.coo_matrix((np.ones(len(left)), (left.astype(int), right.astype(int))), shape=(len(ids), len(ids)))
    _, label = csgraph.connected_components(joins, directed=False)
    size = np.bincount(label, minlength=1)[label] if len(ids) else label
    is_named = np.isin(ids, sorted(binding.records()))
    is_hard = np.isin(label, np.unique(label[((size > 2) & is_guarded) | (is_named & (size > 1))]))
    if is_hard.any():
        label = label.astype(np.int64)
        label[is_hard] = _walked(records[is_hard], known, binding, is_guarded) + (label.max() + 1)
    return pd.Series(label, index=ids)


def _walked(records: pd.DataFrame, links: pd.DataFrame, rulings: Rulings, is_guarded: bool) -> np.ndarray:
    """Clusters of the records of hard components: rulings first, then links from the strongest down."""
    table = records.set_index("record_id")
    content = table["record_hash"].to_dict()
    mine = links[links["left_id"].isin(table.index)]
    ordered = sorted(
        zip(mine["left_id"], mine["right_id"], mine["match_weight"], strict=True),
        key=lambda link: (-link[2], *sorted((content[link[0]], content[link[1]])), link[0], link[1]),
    )
    rows: dict[Any, dict[Any, Any]] = table.to_dict("index")
    forbidden = _forbidden(rulings.apart)
    groups = Groups()

    def clashes(left: str, right: str, *, is_ruled: bool) -> bool:
        pairs = ((a, b) for a in groups.members[groups.find(left)] for b in groups.members[groups.find(right)])
        if is_ruled or not is_guarded:
            return any(forbidden(a, b) for a, b in pairs)
        return any(forbidden(a, b) or contradict(rows[a], rows[b]) for a, b in pairs)

    for left, right in rulings.together:
        if left in rows and right in rows and not clashes(left, right, is_ruled=True):
            groups.join(left, right)
    for left, right, _ in ordered:
        if groups.find(left) != groups.find(right) and not clashes(left, right, is_ruled=False):
            groups.join(left, right)
    number = {root: n for n, root in enumerate(sorted({groups.find(record) for record in table.index}))}
    return np.array([number[groups.find(record)] for record in table.index], dtype=np.int64)


def _forbidden(apart: Iterable[Apart]) -> Callable[[str, str], bool]:
    """Whether a ruling keeps two records apart."""
    side: dict[str, set[tuple[int, int]]] = {}
    for n, each in enumerate(apart):
        for k, records in enumerate((each.left, each.right)):
            for record in records:
                side.setdefault(record, set()).add((n, k))
    return lambda a, b: any((n, 1 - k) in side.get(b, ()) for n, k in side.get(a, ()))


def contradict(one: dict[Any, Any], other: dict[Any, Any]) -> bool:
    """Whether two records cannot be one person: dates of birth further apart than a typo, or forenames unlike."""
    return (
        _dates_clash(one["born_on"], other["born_on"])
        or _forenames_clash(one, other)
        or _second_forenames_clash(one["second_forenames"], other["second_forenames"])
    )


def _dates_clash(one: object, other: object) -> bool:
    if not isinstance(one, str) or not isinstance(other, str) or one[:4] == other[:4]:
        return False
    months = 12 * (int(one[:4]) - int(other[:4])) + int(one[5:7]) - int(other[5:7])
    return abs(months) > 1 and DamerauLevenshtein.distance(one, other) > 1


def _forenames_clash(one: dict[Any, Any], other: dict[Any, Any]) -> bool:
    a, b = one["forename"], other["forename"]
    if not isinstance(a, str) or not isinstance(b, str):
        return False
    if min(len(a), len(b)) != 2 and (a.startswith(b) or b.startswith(a)):
        return False  # the start of it, or its initial
    if b in _words(one["second_forenames"]) or a in _words(other["second_forenames"]):
        return False
    if one["forename_key"] == other["surname_key"] and one["surname_key"] == other["forename_key"]:
        return False  # filled in the wrong way round
    is_one_name = one["forename_group"] == other["forename_group"] or one["forename_key"] == other["forename_key"]
    return not is_one_name and JaroWinkler.similarity(a, b) < 0.9


def _second_forenames_clash(one: object, other: object) -> bool:
    a, b = _words(one), _words(other)
    if not a or not b or a & b:
        return False
    left, right = str(one), str(other)
    if 1 in (len(left), len(right)) and left[0] == right[0]:
        return False
    return JaroWinkler.similarity(left, right) < 0.9


def _words(names: object) -> set[str]:
    return set(names.split()) if isinstance(names, str) else set()
