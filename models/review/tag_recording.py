"""Which force leaves a family of reports untagged more often than others: rows of gold.TAG_RECORDING.

Of the reports of a force in scope some carry the CSAE tag, all of which are known. Of the others chance drew some, and
what people answered says how many more should carry it. With the share s of the untagged that was drawn, the odds that
a CSAE report is seen among the draws, not among the tagged, are s times the odds that it was left untagged. So where
all forces leave a report untagged with one chance, the drawn and the tagged of a force and of all others make a table
of two by two whose odds ratio is the ratio of their s: Fisher's noncentral hypergeometric distribution given the
margins (Fisher 1935; Fog 2008), exact however few there are. For equal s it is Fisher's exact test.

Rows that were read for their score, blind ones among them, were not drawn by chance. The CSAE reports among them are
untagged too; they count with the weight s that a draw of all would have given them. That varies less than draws do, so
the test errs on the side of silence. Many forces and families are asked at once: p-values are adjusted so that of what
is told a twentieth is wrong at most (Benjamini and Hochberg 1995); where nothing differs, a night tells anything with
that probability at most. Nothing here changes the order of a queue.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

ALPHA = 0.05
MIN_DRAWN = 20  # decided draws of a force's family: fewer say nothing of one in twenty
MIN_TAGGED = 5
MIN_CSAE = 5  # of the family, drawn and tagged, in all forces together
COUNTS = ("n_tagged", "n_untagged", "n_other", "n_other_csae", "n_drawn", "n_drawn_csae")
Row = dict[str, Any]


def rows(counts: pd.DataFrame) -> list[Row]:
    """One row per force and family, those told first: counts, share left untagged, times others', state.

    Args:
        counts: force, family and `COUNTS`: tagged reports; untagged ones; of these decided but not drawn, and CSAE
            among them; drawn and decided, and CSAE among them.

    Raises:
        ValueError: counts that contradict each other.
    """
    if len(counts):
        _refuse_contradictions(counts)
    compared = [row for _, part in counts.groupby("family", sort=True) for row in _family(part.sort_values("force"))]
    asked = [row for row in compared if row["p_value"] is not None]
    if asked:
        adjusted = stats.false_discovery_control([row["p_value"] for row in asked], method="bh")
        for row, p in zip(asked, adjusted, strict=True):
            row["p_adjusted"] = float(p)
            row["state"] = "UNDER_RECORDED" if p <= ALPHA else "NOT_SHOWN"
    return sorted(compared, key=lambda row: (row["state"] != "UNDER_RECORDED", row["force"], row["family"]))


def _refuse_contradictions(counts: pd.DataFrame) -> None:
    numbers = counts[list(COUNTS)]
    is_wrong = (
        numbers.isna().any(axis=1)
        | (numbers < 0).any(axis=1)
        | (counts["n_other_csae"] > counts["n_other"])
        | (counts["n_drawn_csae"] > counts["n_drawn"])
        | (counts["n_other"] + counts["n_drawn"] > counts["n_untagged"])
    )
    if is_wrong.any():
        first = counts[is_wrong].iloc[0]
        raise ValueError(f"counts of force {first['force']}, family {first['family']} contradict each other")


def _family(part: pd.DataFrame) -> Iterator[Row]:
    """Each force of a family against all others together."""
    tagged, seen, share = (values.to_numpy(dtype=float) for values in (part["n_tagged"], *_seen(part)))
    for k, row in enumerate(part.to_dict("records")):
        others = np.arange(len(part)) != k
        made: Row = {
            "force": str(row["force"]),
            "family": str(row["family"]),
            **{name: int(row[name]) for name in COUNTS},
        }
        unrecorded, low, high = _share(row)
        nothing = dict.fromkeys(("times", "times_low", "times_high", "p_value", "p_adjusted"))
        made |= {"share": unrecorded, "share_low": low, "share_high": high, **nothing, "state": "TOO_FEW"}
        if _is_enough(row, part[others]):
            # What draws of the others would have been at one share: that of their tagged reports.
            share_others = float(np.average(share[others], weights=tagged[others]))
            table = np.array([[seen[k], tagged[k]], [seen[others].sum(), tagged[others].sum()]]).round().astype(int)
            made |= _compared(table, float(share[k]) / share_others)
        yield made


def _seen(part: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """CSAE reports among draws, those read for their score at the draws' weight; share of the untagged drawn."""
    pool = (part["n_untagged"] - part["n_other"]).clip(lower=1)
    share = part["n_drawn"] / pool
    return (part["n_drawn_csae"] + (share * part["n_other_csae"]).round()), share


def _is_enough(row: dict[Any, Any], others: pd.DataFrame) -> bool:
    is_told = row["n_drawn"] >= MIN_DRAWN and row["n_tagged"] >= MIN_TAGGED
    n_others = others.loc[(others["n_drawn"] > 0) & (others["n_tagged"] > 0), ["n_drawn", "n_tagged"]].sum()
    n_csae = row["n_drawn_csae"] + others["n_drawn_csae"].sum() + row["n_other_csae"] + others["n_other_csae"].sum()
    return bool(
        is_told and n_others["n_drawn"] >= MIN_DRAWN and n_others["n_tagged"] >= MIN_TAGGED and n_csae >= MIN_CSAE
    )


def _compared(table: np.ndarray, odds: float) -> Row:
    """How many times others' odds the force leaves a report untagged, and the chance of so many where it does not.

    Args:
        table: drawn CSAE reports and tagged ones, of the force and of the others.
        odds: ratio of what was drawn of them.
    """
    seen, tagged = (int(number) for number in table[0])
    drawn = stats.nchypergeom_fisher(int(table.sum()), int(table[:, 0].sum()), seen + tagged, odds)
    return {**_times(table, odds), "p_value": float(np.clip(drawn.sf(seen - 1), 0, 1))}


def _times(table: np.ndarray, odds: float) -> Row:
    """The conditional odds ratio and its exact 95 % interval, as a multiple of `odds`; None where it has no end."""
    ratio = stats.contingency.odds_ratio(table, kind="conditional")
    interval = ratio.confidence_interval(0.95)
    ends = {"times": ratio.statistic, "times_low": interval.low, "times_high": interval.high}
    return {name: float(end) / odds if np.isfinite(end) else None for name, end in ends.items()}


def _share(row: dict[Any, Any]) -> tuple[float | None, float | None, float | None]:
    """Share of the CSAE reports that carry no tag, with a 95 % interval (Clopper and Pearson 1934, of the draws)."""
    if not row["n_drawn"]:
        return None, None, None
    among = stats.binomtest(int(row["n_drawn_csae"]), int(row["n_drawn"]))
    interval = among.proportion_ci(0.95, method="exact")
    pool = row["n_untagged"] - row["n_other"]
    hidden = [row["n_other_csae"] + pool * share for share in (among.statistic, interval.low, interval.high)]
    shares = [float(n / (n + row["n_tagged"])) if n + row["n_tagged"] else None for n in hidden]
    return shares[0], shares[1], shares[2]
