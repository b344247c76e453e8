"""How a provider tells of an event: whose record it is, for how long, by which clock, and where a cell points."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.synthesis.core import grammar, senders

Columns = dict[str, pa.Array]


def as_told(columns: Columns, feed: senders.Feed, zone: str) -> Columns:
    """The columns of a feed with what this provider's layout needs beside or instead of them."""
    told = dict(columns)
    if feed.durations != "seconds":
        told["duration_s"] = _duration(columns["duration_s"], feed.durations)
    if "other_number" in feed.columns:
        told.update(parties(columns))
    if feed.clock is not None:
        told["_clock"] = _clock(columns["started_at"], feed, zone)
    for cell, azimuth in (("first_cell", "first_azimuth"), ("last_cell", "last_azimuth"), ("cell", "azimuth")):
        if cell in feed.patterns and azimuth in columns:
            told[cell] = _pointed(columns[cell], columns[azimuth])
            if azimuth in feed.patterns:  # both are told in one column
                told[azimuth] = told[cell]
    return told


def parties(columns: Columns) -> Columns:
    """Whose record each event is, and with whom: the called party of an incoming one, else the calling one."""
    is_incoming = pc.fill_null(pc.equal(columns["direction"], "INCOMING"), False)
    a, b = columns["a_number"], columns["b_number"]
    return {"subject_number": pc.if_else(is_incoming, b, a), "other_number": pc.if_else(is_incoming, a, b)}


def _duration(seconds: pa.Array, unit: str) -> pa.Array:
    """Seconds as decimal minutes with two decimals, or as mm:ss."""
    known = np.asarray(pc.fill_null(seconds, 0)).astype(np.int64)
    if unit == "minutes":
        text = pa.array([f"{s / 60:.2f}" for s in known])
    else:
        text = pa.array([f"{s // 60:02d}:{s % 60:02d}" for s in known])
    return pc.if_else(seconds.is_valid(), text, pa.scalar(None, pa.string()))


def _clock(times: pa.Array, feed: senders.Feed, zone: str) -> pa.Array:
    """The provider's word for the clock that each local time was read from."""
    assert feed.clock is not None
    words = {offset: word for word, offset in feed.clock["offsets"].items()}
    utc = pd.DatetimeIndex(times.to_pandas()).tz_localize("UTC")
    minutes = (utc.tz_convert(zone).tz_localize(None) - utc.tz_localize(None)).total_seconds() / 60
    return pa.array([words[f"+{int(m) // 60:02d}:{int(m) % 60:02d}"] for m in minutes])


def _pointed(cells: pa.Array, azimuths: pa.Array) -> pa.Array:
    """Cells with their azimuth behind an @, where they have one."""
    degrees = pc.utf8_lpad(azimuths.cast(pa.int64()).cast(pa.string()), 3, "0")
    return pc.coalesce(grammar.concat([cells, "@", degrees], len(cells)), cells)
