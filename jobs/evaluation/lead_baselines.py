"""The simple rules that every detector of leads must beat, one threshold each, over the use of telephones in pandas.

They are what an analyst would put into a spreadsheet, and are named in docs/leads.md. For evaluation only.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

Found = set[tuple[str, ...]]


def deal_line(use: pd.DataFrame) -> Found:
    """Twenty different numbers texted in one clock hour, on three days."""
    texts = use[use["is_outgoing"] & use["type"].eq("SMS") & use["contact"].notna()]
    hourly = texts.groupby(["number", texts["started_at"].dt.floor("h")])["contact"].nunique()
    busy = hourly[hourly >= 20].reset_index()
    days = busy.groupby("number")["started_at"].apply(lambda s: s.dt.date.nunique())
    return {(n,) for n in days[days >= 3].index}


def successor(use: pd.DataFrame) -> Found:
    """A number first used after another's last use, within two weeks; cosine of contact counts at least a half."""
    counts = use[use["contact"].notna()].pivot_table(index="number", columns="contact", aggfunc="size", fill_value=0)
    unit = counts.to_numpy(dtype=float)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    cosine = unit @ unit.T
    span = use.groupby("number")["started_at"].agg(["min", "max"]).reindex(counts.index)
    pairs: Found = set()
    for i, j in np.argwhere(cosine >= 0.5):
        gap = (span["min"].iloc[j] - span["max"].iloc[i]) / pd.Timedelta(days=1)
        if i != j and -2 <= gap <= 14:
            pairs.add((counts.index[i], counts.index[j]))
    return pairs


def swap(use: pd.DataFrame) -> Found:
    """Any handset with two numbers, any number with two handsets."""
    numbers = [sorted(set(group)) for _, group in use.groupby("imei")["number"]]
    pairs: Found = {(a, b) for group in numbers for k, a in enumerate(group) for b in group[k + 1 :]}
    handsets = use.groupby("number")["imei"].nunique()
    return pairs | {(n,) for n in handsets[handsets >= 2].index}


def two_phones(use: pd.DataFrame) -> Found:
    """At one mast in one clock hour on five days."""
    seen = use[use["latitude"].notna()][["number", "latitude", "longitude", "started_at"]].copy()
    seen["hour"] = seen.pop("started_at").dt.floor("h")
    seen = seen.drop_duplicates()
    met = seen.merge(seen, on=["latitude", "longitude", "hour"])
    met = met[met["number_x"] < met["number_y"]]
    days = met.groupby(["number_x", "number_y"])["hour"].apply(lambda s: s.dt.date.nunique())
    return set(days[days >= 5].index)


def night_place(use: pd.DataFrame) -> pd.DataFrame:
    """Three nights on which it was seen at 25 km or more from the mast it uses most at night: number, and latitude and
    longitude of the mast it uses most there."""
    hour = use["started_at"].dt.hour
    night = use[((hour >= 23) | (hour < 6)) & use["latitude"].notna()]
    places = []
    for number, own in night.groupby("number"):
        top = own.groupby(["latitude", "longitude"]).size().idxmax()
        north = (own["latitude"] - top[0]) * 111.3
        east = (own["longitude"] - top[1]) * 111.3 * np.cos(np.radians(top[0]))
        away = own[np.hypot(north, east) >= 25]
        if away["started_at"].dt.date.nunique() >= 3:
            places.append((str(number), *away.groupby(["latitude", "longitude"]).size().idxmax()))
    return pd.DataFrame(places, columns=["number", "latitude", "longitude"])


def common_contact(use: pd.DataFrame, listed: set[str], suspects: set[str]) -> Found:
    """A number in no record that two suspects' numbers are in contact with."""
    pairs = use[use["number"].isin(suspects) & use["contact"].notna() & ~use["contact"].isin(listed)]
    n = pairs.groupby("contact")["number"].nunique()
    return {(c,) for c in n[n >= 2].index}


def missing_overlap(use: pd.DataFrame, episodes: pd.DataFrame, lines: set[str]) -> Found:
    """Two episodes on days on which the line was seen outside its most used town."""
    pairs: Found = set()
    for number, own in use[use["number"].isin(lines) & use["latitude"].notna()].groupby("number"):
        town = own["latitude"].round(1).astype(str) + own["longitude"].round(1).astype(str)
        away = set(own.loc[town != town.mode().iloc[0], "started_at"].dt.date)
        for child, each in episodes.groupby("person_id"):
            n = sum(
                any(day.date() in away for day in pd.date_range(a.normalize(), b.normalize()))
                for a, b in zip(each["reported_at"], each["found_at"].fillna(each["reported_at"]), strict=True)
            )
            if n >= 2:
                pairs.add((str(child), str(number)))
    return pairs


SIMPLE: dict[str, Callable[[pd.DataFrame], Found]] = {
    "deal_line": deal_line, "successor": successor, "swap": swap, "two_phones": two_phones,
}  # fmt: skip
