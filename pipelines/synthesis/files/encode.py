"""From our names and national codes to a sender's own file: words, dates, columns, format.

`write` takes columns in our names: strings, booleans, date32, timestamp[s] in UTC, integers, a list of national tags,
and `item{k}_text/_source/_intelligence` for reports. Everything is done by column.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.synthesis.comms import provider_words
from pipelines.synthesis.core import draws, grammar, names, senders
from pipelines.synthesis.files import json_lines, xlsx

Columns = dict[str, pa.Array]

_STRFTIME = (("yyyy", "%Y"), ("MMM", "%b"), ("MM", "%m"), ("dd", "%d"), ("HH", "%H"), ("mm", "%M"), ("ss", "%S"))
_BOOLEANS = {",": ("Y", "N"), "|": ("1", "0"), ";": ("True", "False")}
_NONE = pa.scalar(None, pa.string())
EXTENSIONS = {"csv": "csv", "jsonl": "jsonl", "xlsx": "xlsx", "parquet": "parquet"}


def _strftime(pattern: str) -> str:
    for spark, c in _STRFTIME:
        pattern = pattern.replace(spark, c)
    return pattern.replace("'T'", "T").replace("XXX", "")


def _local(times: pa.Array, zone: str) -> tuple[pa.Array, pa.Array]:
    """Wall-clock times in a zone, and their offsets from UTC in minutes. pandas brings its own zone data."""
    utc = pd.DatetimeIndex(times.to_pandas()).tz_localize("UTC")
    wall = utc.tz_convert(zone).tz_localize(None)
    minutes = (wall - utc.tz_localize(None)).total_seconds() / 60
    return pa.array(wall, pa.timestamp("s")), pa.array(np.nan_to_num(minutes).astype(np.int64))


def _time_text(times: pa.Array, pattern: str, zone: str) -> pa.Array:
    wall, offset = _local(times, zone)
    text = pc.strftime(wall, format=_strftime(pattern))
    if not pattern.endswith("XXX"):
        return text
    zones = pc.if_else(pc.equal(offset, 0), "Z", pc.if_else(pc.equal(offset, 60), "+01:00", _NONE))
    return grammar.concat([text, zones], len(text))


def _in_their_words(values: pa.Array, words: Mapping[str, tuple[str, ...]], turn: draws.Ints) -> pa.Array:
    """National codes as the sender says them; where it has two words for one code, by turns."""
    coded = values.dictionary_encode()
    nationals = coded.dictionary.to_pylist()
    choices = [words.get(v, (v,)) for v in nationals]
    width = max((len(c) for c in choices), default=1)
    table = pa.array([c[k % len(c)] for c in choices for k in range(width)], pa.string())
    index = np.asarray(coded.indices.fill_null(0)) * width + turn % width
    return table.take(pa.array(index, mask=np.asarray(values.is_null()))) if len(table) else values


def _worded(ours: str, values: pa.Array, feed: senders.Feed, turn: draws.Ints) -> pa.Array:
    if pa.types.is_list(values.type):
        flat = values.flatten()
        inner = np.arange(len(flat)) + int(turn[0]) if len(turn) else np.arange(len(flat))
        worded = _in_their_words(flat, feed.theirs.get(ours, {}), inner)
        local = names.LOCAL_TAGS.take(pa.array(inner % len(names.LOCAL_TAGS)))
        worded = pc.if_else(pc.starts_with(worded, "!"), local, worded)
        lists = pa.ListArray.from_arrays(values.offsets, worded)
        if ours not in feed.lists:
            return lists
        joined = pc.binary_join(lists, feed.lists[ours])
        return pc.if_else(pc.equal(joined, ""), _NONE, joined)
    if ours in feed.theirs:
        return _in_their_words(values, feed.theirs[ours], turn)
    return values


def _combined(columns: Columns, prefix: str) -> pa.Array:
    """Source and intelligence grades as one text, e.g. B2."""
    return pc.binary_join_element_wise(columns[f"{prefix}_intelligence"], columns[f"{prefix}_source"], "")


def theirs(layout: senders.Layout, feed: senders.Feed, columns: Columns) -> Columns:
    """Columns in the sender's names, order, words and types. Items in arrays are nested later, by format."""
    n = len(next(iter(columns.values())))
    turn = np.arange(n)
    columns = provider_words.as_told(columns, feed, layout.zone)
    if "direction" in columns:  # a provider's two words for one kind of event say which way it went
        turn = np.asarray(pc.fill_null(pc.equal(columns["direction"], "INCOMING"), False)).astype(np.int64)
    translated: Columns = {}
    for ours, name in feed.columns.items():
        values = _combined(columns, "provenance") if ours == "provenance_grade" else columns[ours]
        translated[name] = _shaped(_worded(ours, values, feed, turn), layout, feed)
        if ours == "title" and feed.items and "numbered" in feed.items:
            numbered = feed.items["numbered"]
            for k in range(1, numbered["up_to"] + 1):
                for part in ("text", "source", "intelligence"):
                    translated[numbered[part].format(n=k)] = columns[f"item{k}_{part}"]
    if feed.clock is not None:
        translated[feed.clock["column"]] = columns["_clock"]
    for name in feed.ignore:
        numbers = pa.array(np.arange(1, n + 1))
        translated[name] = numbers if feed.format == "parquet" else numbers.cast(pa.string())
    return translated


def _shaped(values: pa.Array, layout: senders.Layout, feed: senders.Feed) -> pa.Array:
    """Typed values as the format holds them: parquet typed, JSON booleans, workbook dates, otherwise text."""
    kind = values.type
    if feed.format == "parquet":
        return (
            values.cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC")) if pa.types.is_timestamp(kind) else values
        )
    if pa.types.is_timestamp(kind):
        return _time_text(values, feed.times[0] if feed.times else "yyyy-MM-dd'T'HH:mm:ssXXX", layout.zone)
    if pa.types.is_date(kind):
        if feed.format == "xlsx":  # most are date cells; some were typed in as text, and dates before 1900 can only be
            return values
        return pc.strftime(values, format=_strftime(feed.dates[0] if feed.dates else "yyyy-MM-dd"))
    if pa.types.is_boolean(kind) and feed.format != "jsonl":
        yes, no = _BOOLEANS[feed.delimiter] if feed.format == "csv" else ("Yes", "No")
        return pc.if_else(values, yes, no)
    if (pa.types.is_integer(kind) or pa.types.is_floating(kind)) and feed.format != "jsonl":
        return values.cast(pa.string())
    return values


def by_file_name(feed: senders.Feed, columns: Columns) -> list[tuple[str, Columns]]:
    """The rows of each file of a sender whose file names tell whose records they are, with what the name says."""
    told = provider_words.parties(columns)["subject_number"]
    digits = pc.replace_substring_regex(told, r"\D", "")
    by_name = []
    for number in pc.unique(digits).to_pylist():
        where = pc.fill_null(pc.equal(digits, number), False)
        by_name.append((number, {name: values.filter(where) for name, values in columns.items()}))
    return by_name


def write(path: Path, layout: senders.Layout, feed_name: str, columns: Columns, extra: Columns | None = None) -> int:
    """Write one file in the sender's format and return its number of rows. `extra`: more, in the sender's names."""
    feed = layout.feeds[feed_name]
    own = {**theirs(layout, feed, columns), **(extra or {})}
    n = len(next(iter(own.values())))
    path.parent.mkdir(parents=True, exist_ok=True)
    if feed.format == "csv":
        path.write_bytes(_csv(own, feed))
    elif feed.format == "xlsx":
        xlsx.write(path, own, _strftime(feed.dates[-1]) if feed.dates else "%Y-%m-%d", feed.header_rows)
    elif feed.format == "jsonl":
        path.write_bytes(json_lines.encode(own, _entries(feed, columns), n))
    else:
        pq.write_table(_nested(own, feed, columns), path, compression="zstd")
    return n


def _csv(own: Columns, feed: senders.Feed) -> bytes:
    """CSV with a header; quotes only where a value needs them."""
    special = '["\r\n' + ("\\" if feed.delimiter == "|" else "") + feed.delimiter + "]"
    cells: list[pa.Array | str] = []
    for k, values in enumerate(own.values()):
        text = values.cast(pa.string())
        quoted = pc.binary_join_element_wise('"', pc.replace_substring(text, '"', '""'), '"', "")
        text = pc.if_else(pc.match_substring_regex(text, special), quoted, text)
        cells += [feed.delimiter] * (k > 0) + [pc.fill_null(text, "")]
    lines = grammar.concat(cells, len(next(iter(own.values()))))
    header = feed.delimiter.join(f'"{name}"' if feed.delimiter in name else name for name in own)
    body = json_lines.lines_of(lines)
    if feed.encoding != "utf-8":
        body = body.decode("utf-8").encode(feed.encoding)
    return (header + "\n").encode(feed.encoding) + body


def _entries(feed: senders.Feed, columns: Columns) -> tuple[str, list[Columns]] | None:
    """Where items nest, and for each place of an item its columns in the sender's names."""
    if not feed.items or "each" not in feed.items:
        return None
    each = feed.items["each"]
    entries: list[Columns] = []
    for k in range(1, 4):
        item = {each["text"]: columns[f"item{k}_text"]}
        if "grade" in each:
            item[each["grade"]] = _combined(columns, f"item{k}")
        else:
            item[each["source"]] = columns[f"item{k}_source"]
            item[each["intelligence"]] = columns[f"item{k}_intelligence"]
        entries.append(item)
    return each["path"], entries


def _nested(own: Columns, feed: senders.Feed, columns: Columns) -> pa.Table:
    """An Arrow table: dotted names become structs, items a list of structs."""
    tree: dict[str, pa.Array | dict[str, pa.Array]] = {}
    for name, values in own.items():
        head, _, tail = name.partition(".")
        if tail:
            branch = tree.setdefault(head, {})
            if not isinstance(branch, dict):
                raise ValueError(f"{name}: {head} is both a column and a group of columns")
            branch[tail] = values
        else:
            tree[name] = values
    arrays = {
        k: pa.StructArray.from_arrays(list(v.values()), list(v)) if isinstance(v, dict) else v for k, v in tree.items()
    }
    entries = _entries(feed, columns)
    if entries:
        path, items = entries
        arrays[path] = _list_of_structs(items)
    return pa.table(arrays)


def _list_of_structs(items: list[Columns]) -> pa.ListArray:
    n = len(next(iter(items[0].values())))
    there = np.column_stack([np.asarray(next(iter(item.values())).is_valid()) for item in items])
    row, place = np.nonzero(there)
    take = pa.array(place * n + row)
    fields = {name: pa.concat_arrays([item[name] for item in items]).take(take) for name in items[0]}
    offsets = np.concatenate([[0], np.cumsum(there.sum(axis=1))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.StructArray.from_arrays(list(fields.values()), list(fields)))
