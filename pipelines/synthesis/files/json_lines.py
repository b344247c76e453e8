"""JSON lines by column: each line is assembled from Arrow string arrays, with no object a row."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.synthesis.core import grammar

Columns = dict[str, pa.Array]


def _escaped(text: pa.Array) -> pa.Array:
    for plain, code in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        text = pc.replace_substring(text, plain, code)
    return text


def _quoted(text: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise('"', _escaped(text), '"', "")


def _value(values: pa.Array) -> pa.Array:
    """JSON text of each value; `null` where absent."""
    if pa.types.is_list(values.type):
        return _list(values)
    if pa.types.is_boolean(values.type):
        text = pc.if_else(values, "true", "false")
    elif pa.types.is_integer(values.type):
        text = values.cast(pa.string())
    else:
        text = _quoted(values.cast(pa.string()))
    return pc.fill_null(text, "null")


def _list(values: pa.ListArray) -> pa.Array:
    quoted = pa.ListArray.from_arrays(values.offsets, _quoted(values.flatten()))
    return grammar.concat(["[", pc.binary_join(quoted, ", "), "]"], len(values))


def _object(tree: dict[str, Any], n: int) -> pa.Array:
    parts: list[pa.Array | str] = ["{"]
    for k, (name, child) in enumerate(tree.items()):
        parts.append((", " if k else "") + json.dumps(name) + ": ")
        parts.append(_object(child, n) if isinstance(child, dict) else child)
    return grammar.concat([*parts, "}"], n)


def _items(items: list[Columns], n: int) -> pa.Array:
    """A JSON array of the items that are there (those with a text)."""
    pieces: list[pa.Array | str] = ["["]
    for k, item in enumerate(items):
        text = _object({name: _value(values) for name, values in item.items()}, n)
        there = pc.is_valid(next(iter(item.values())))
        pieces.append(pc.if_else(there, grammar.concat([", ", text], n) if k else text, ""))
    return grammar.concat([*pieces, "]"], n)


def encode(columns: Columns, entries: tuple[str, list[Columns]] | None, n: int) -> bytes:
    """UTF-8 lines. Dotted names nest; `entries` is (name, one set of columns for each place of an item)."""
    tree: dict[str, Any] = {}
    for name, values in columns.items():
        *groups, leaf = name.split(".")
        branch = tree
        for group in groups:
            branch = branch.setdefault(group, {})
        branch[leaf] = _value(values)
    if entries:
        tree[entries[0]] = _items(entries[1], n)
    lines = _object(tree, n)
    return lines_of(lines)


def lines_of(lines: pa.Array) -> bytes:
    """All lines, each ended by a newline."""
    if not len(lines):
        return b""
    ended = pa.concat_arrays([grammar.concat([lines, "\n"], len(lines)).cast(pa.large_string())])
    size = pc.sum(pc.binary_length(ended)).as_py()
    return ended.buffers()[2][:size].to_pybytes()
