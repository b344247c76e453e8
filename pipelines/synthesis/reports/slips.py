"""What people do to text: nicknames, typing slips, misspellings, abbreviations. Vectorised over Arrow strings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.synthesis.core import draws, grammar, names

_LOWER_A, _LOWER_Z = ord("a"), ord("z")


def nicknames(forenames: pa.Array, where: draws.Bools) -> pa.Array:
    """Forenames replaced by a short form where there is one and `where` says so."""
    coded = forenames.dictionary_encode()
    short = pa.array([names.NICKNAMES.get(name, name) for name in coded.dictionary.to_pylist()])
    return pc.if_else(pa.array(where), short.take(coded.indices), forenames)


def typos(texts: pa.Array, where: draws.Bools, draw: draws.Draws, name: str, keys: draws.AnyInts) -> pa.Array:
    """One slip in each chosen text: a letter dropped, or two neighbouring letters swapped.

    Works on the bytes of the whole array at once. Only lower-case ASCII letters are touched, so UTF-8 stays valid.
    """
    places = np.flatnonzero(np.asarray(where) & np.asarray(texts.is_valid()))
    if not len(places):
        return texts
    picked = pa.concat_arrays([texts.take(pa.array(places)).cast(pa.large_string())])
    offsets = np.frombuffer(picked.buffers()[1], dtype=np.int64)[: len(picked) + 1]
    data = np.frombuffer(picked.buffers()[2], dtype=np.uint8)[: offsets[-1]].copy()
    length = np.diff(offsets)
    at = offsets[:-1] + (draw.uniform(f"typo/{name}/at", keys[places]) * np.maximum(length - 2, 1)).astype(np.int64)
    at = np.minimum(at, offsets[1:] - 2)
    fits = length >= 4
    is_letter = (data >= _LOWER_A) & (data <= _LOWER_Z)
    here = at[fits]
    here_ok = is_letter[here] & is_letter[here + 1]
    drops = draw.chance(f"typo/{name}/drop", keys[places][fits], 0.5)
    swap = here[here_ok & ~drops]
    data[swap], data[swap + 1] = data[swap + 1].copy(), data[swap].copy()
    keep = np.ones(len(data), dtype=bool)
    keep[here[here_ok & drops]] = False
    kept = np.concatenate([[0], np.cumsum(keep)])
    fixed = pa.Array.from_buffers(
        pa.large_string(), len(picked), [None, pa.py_buffer(kept[offsets].astype(np.int64)), pa.py_buffer(data[keep])]
    ).cast(pa.string())
    place = np.full(len(texts), -1, dtype=np.int64)
    place[places] = np.arange(len(places))
    return pc.coalesce(fixed.take(pa.array(place, mask=place < 0)), texts)


def replaced(texts: pa.Array, pairs: Sequence[tuple[str, str]]) -> pa.Array:
    for right, wrong in pairs:
        texts = pc.replace_substring(texts, right, wrong)
    return texts


def by_group(texts: pa.Array, group: draws.Ints, changes: Sequence[Sequence[tuple[str, str]]]) -> pa.Array:
    """Each row's text with the replacements of its group; a group without replacements stays as it is."""
    where = [np.flatnonzero(group == k) for k in range(len(changes))]
    return grammar.scatter([replaced(texts.take(pa.array(w)), c) for w, c in zip(where, changes, strict=True)], where)


def capitalised(texts: pa.Array) -> pa.Array:
    """First letter in upper case, the rest as it is."""
    first = pc.utf8_upper(pc.utf8_slice_codeunits(texts, 0, 1))
    return grammar.concat([first, pc.utf8_slice_codeunits(texts, 1)], len(texts))
