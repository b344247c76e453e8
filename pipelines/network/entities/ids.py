"""Ids that persist from night to night, and the events where they could not: merges and splits, each with its evidence.

Tonight's clusters inherit the ids of last night's entities by their records: the largest overlap first, so that an
entity that grows, or loses a record, is still itself. What is new takes an id that follows from its least record. All
of this is a function of the two nights, so a night run again gives the same ids.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipelines.network.entities.clustering import Groups, Pair


@dataclass(frozen=True)
class Evidence:
    """What is known of a pair of records: their link's weight, probability and waterfall; NULL where there is none."""

    match_weight: float | None = None
    match_probability: float | None = None
    waterfall: str | None = None


@dataclass(frozen=True)
class Change:
    """A merge or split: the sides, the ids before and after, and the pair of records that decided it."""

    kind: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    pair: Pair
    left: tuple[str, ...]
    right: tuple[str, ...]


def new_id(kind: str, value: str, n: int = 0) -> str:
    """Id of what is first seen as `value`; `n` tells apart what would have the same."""
    return hashlib.sha256(f"{kind}|{value}|{n}".encode() if n else f"{kind}|{value}".encode()).hexdigest()[:16]


def persistent(clusters: pd.Series, before: Mapping[str, str]) -> pd.Series:
    """Entity id of each record.

    Args:
        clusters: cluster by record id.
        before: last night's entity id by record id.
    """
    records = pd.DataFrame({"record": clusters.index, "cluster": clusters.to_numpy()}).sort_values("record")
    records["old"] = records["record"].map(before)
    overlap = records.dropna(subset=["old"]).groupby(["cluster", "old"], as_index=False).agg(
        n=("record", "size"), least=("record", "min")
    )  # fmt: skip
    overlap = overlap.sort_values(["n", "least"], ascending=[False, True])
    is_simple = ~overlap["cluster"].duplicated(keep=False) & ~overlap["old"].duplicated(keep=False)
    kept_ids: dict[Any, str] = dict(zip(overlap.loc[is_simple, "cluster"], overlap.loc[is_simple, "old"], strict=True))
    taken = set(kept_ids.values())
    for cluster, old in overlap.loc[~is_simple, ["cluster", "old"]].itertuples(index=False):
        if cluster not in kept_ids and old not in taken:
            kept_ids[cluster] = old
            taken.add(old)
    least = records.groupby("cluster")["record"].min()
    for cluster, record in least[~least.index.isin(list(kept_ids))].items():
        n = 0
        while (made := new_id("PERSON", record, n)) in taken:
            n += 1
        kept_ids[cluster] = made
        taken.add(made)
    return clusters.map(kept_ids)


def merges(ids: pd.Series, before: Mapping[str, str], links: pd.DataFrame, together: Sequence[Pair]) -> list[Change]:
    """What joined tonight: for each entity of several parts, the links that joined them, strongest first.

    A part is what was one entity last night, or a record that is new.
    """
    part = pd.Series(ids.index, index=ids.index).map(lambda record: before.get(record, record))
    n_parts = part.groupby(ids.to_numpy()).nunique()
    grown = set(n_parts[n_parts > 1].index)
    mine = links[links["left_id"].map(ids).isin(grown) & (links["left_id"].map(ids) == links["right_id"].map(ids))]
    strongest = mine.sort_values(["match_weight", "left_id", "right_id"], ascending=[False, True, True])
    pairs = [*((a, b) for a, b in together if ids.get(a) == ids.get(b) and ids.get(a) in grown)]
    pairs += list(zip(strongest["left_id"], strongest["right_id"], strict=True))
    groups, oldest = Groups(), dict[tuple[str, str], str]()
    for record in sorted(ids.index[ids.isin(grown)]):
        if record in before:
            first = oldest.setdefault((ids[record], before[record]), record)
            groups.find(record)
            if first != record:
                groups.join(first, record)
    merged = []
    for left, right in pairs:
        a, b = groups.find(left), groups.find(right)
        if a == b:
            continue
        sides = [tuple(sorted(groups.members[root])) for root in (a, b)]
        old = tuple(sorted({before[r] for side in sides for r in side if r in before}))
        merged.append(Change("MERGE", old, (ids[left],), (left, right), *sides))
        groups.join(left, right)
    return merged


def splits(ids: pd.Series, before: Mapping[str, str], links_before: Mapping[Pair, float]) -> list[Change]:
    """What came apart tonight: of each entity of last night, every part that does not bear its id any more."""
    there = pd.DataFrame({"r": ids.index, "old": ids.index.map(before), "new": ids.to_numpy()}).dropna(subset=["old"])
    n_parts = there.groupby("old")["new"].nunique()
    return list(_splits(there[there["old"].isin(n_parts[n_parts > 1].index)], links_before))


def _splits(there: pd.DataFrame, links_before: Mapping[Pair, float]) -> Iterator[Change]:
    for old, rows in there.groupby("old"):
        sides = {str(new): tuple(sorted(group["r"])) for new, group in rows.groupby("new")}
        sizes = Counter({new: len(side) for new, side in sides.items()})
        stays = str(old) if old in sides else min(sides, key=lambda new: (-sizes[new], sides[new]))
        for new in sorted(set(sides) - {stays}, key=str):
            left, right = sides[stays], sides[new]
            crossing = [tuple(sorted((a, b))) for a in left for b in right]
            linked = [pair for pair in crossing if pair in links_before]
            a, b = max(linked, key=lambda pair: (links_before[pair], pair)) if linked else min(crossing)
            yield Change("SPLIT", (str(old),), tuple(sorted((str(stays), str(new)))), (a, b), left, right)
