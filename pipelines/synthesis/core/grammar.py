"""Phrases with choices and slots, rendered for many rows at once.

A template is text with `[this|that|]` (one alternative is drawn a row) and `{slot}` (a value of the row). A template is
compiled once; rendering takes row numbers and builds one Arrow string array, with no loop over rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.synthesis.core import draws

_TOKEN = re.compile(r"\[([^\]]*)\]|\{([a-z0-9_]+)\}")
_SLOT = re.compile(r"\{([a-z0-9_]+)\}")

Slots = Callable[[str], pa.Array]  # slot name -> values of the whole chunk


@dataclass(frozen=True)
class Literal:
    text: str


@dataclass(frozen=True)
class Slot:
    name: str


@dataclass(frozen=True)
class Choice:
    alternatives: tuple[tuple[Literal | Slot, ...], ...]

    @property
    def plain(self) -> list[str] | None:
        """The alternatives as texts, where none of them holds a slot."""
        texts = ["".join(p.text for p in a if isinstance(p, Literal)) for a in self.alternatives]
        return None if any(isinstance(p, Slot) for a in self.alternatives for p in a) else texts


Part = Literal | Slot | Choice


def _flat(text: str) -> tuple[Literal | Slot, ...]:
    parts: list[Literal | Slot] = []
    end = 0
    for m in _SLOT.finditer(text):
        if m.start() > end:
            parts.append(Literal(text[end : m.start()]))
        parts.append(Slot(m.group(1)))
        end = m.end()
    if end < len(text):
        parts.append(Literal(text[end:]))
    return tuple(parts)


@cache
def compile(template: str) -> tuple[Part, ...]:
    """Parts of a template. Choices do not nest; their alternatives may hold slots."""
    parts: list[Part] = []
    end = 0
    for m in _TOKEN.finditer(template):
        if m.start() > end:
            parts.append(Literal(template[end : m.start()]))
        if m.group(2) is not None:
            parts.append(Slot(m.group(2)))
        else:
            parts.append(Choice(tuple(_flat(a) for a in m.group(1).split("|"))))
        end = m.end()
    if end < len(template):
        parts.append(Literal(template[end:]))
    return tuple(parts)


def variants(template: str) -> int:
    """How many different texts the template's own choices make, slots counted as one."""
    n = 1
    for part in compile(template):
        if isinstance(part, Choice):
            n *= len(part.alternatives)
    return n


def concat(parts: Sequence[pa.Array | str], n: int) -> pa.Array:
    """Row-wise concatenation of string arrays and constants; NULL where any part is NULL."""
    if not parts:
        return pa.array([""] * n)
    if all(isinstance(p, str) for p in parts):
        return pa.array(["".join(p for p in parts if isinstance(p, str))] * n, pa.string())
    return pc.binary_join_element_wise(*[pa.scalar(p) if isinstance(p, str) else p for p in parts], "")


def _render_flat(parts: Sequence[Literal | Slot], rows: pa.Array, slots: Slots) -> pa.Array:
    return concat([p.text if isinstance(p, Literal) else slots(p.name).take(rows) for p in parts], len(rows))


def render(template: str, rows: draws.Ints, keys: draws.Keys, slots: Slots, draw: draws.Draws, name: str) -> pa.Array:
    """Texts of shape (len(rows),): `rows` index the chunk's slots, `keys` drive the choices."""
    where = pa.array(rows)
    out: list[pa.Array | str] = []
    for i, part in enumerate(compile(template)):
        if isinstance(part, Literal):
            out.append(part.text)
        elif isinstance(part, Slot):
            out.append(slots(part.name).take(where))
        elif part.plain is not None:
            drawn = draw.below(f"{name}/{i}", keys, len(part.alternatives))
            out.append(pa.array(part.plain, pa.string()).take(pa.array(drawn)))
        else:
            out.append(_render_choice(part, where, draw.below(f"{name}/{i}", keys, len(part.alternatives)), slots))
    return concat(out, len(rows))


def _render_choice(choice: Choice, rows: pa.Array, drawn: draws.Ints, slots: Slots) -> pa.Array:
    """One alternative a row, where alternatives hold slots: render each on its own rows, then put back in order."""
    groups = [np.flatnonzero(drawn == k) for k in range(len(choice.alternatives))]
    texts = [_render_flat(a, rows.take(pa.array(g)), slots) for a, g in zip(choice.alternatives, groups, strict=True)]
    return scatter(texts, groups)


def scatter(texts: Sequence[pa.Array], groups: Sequence[draws.Ints]) -> pa.Array:
    """The inverse of grouping: `texts[k]` belongs at positions `groups[k]`; the groups cover 0..n-1 once."""
    order = np.concatenate(groups) if groups else np.empty(0, np.int64)
    back = np.empty(len(order), dtype=np.int64)
    back[order] = np.arange(len(order))
    return pa.concat_arrays([t.cast(pa.string()) for t in texts]).take(pa.array(back))


def render_pool(
    pool: Sequence[str],
    rows: draws.Ints,
    keys: draws.Keys,
    slots: Slots,
    draw: draws.Draws,
    name: str,
    turn: tuple[draws.Keys, draws.Ints] | None = None,
) -> pa.Array:
    """One template of the pool a row, drawn by key.

    `turn` is (key of the whole text, how often the text has used this pool): a text then takes templates in turn.
    """
    if turn is None:
        drawn = draw.below(f"{name}/template", keys, len(pool))
    else:
        drawn = (draw.below(f"{name}/template", turn[0], len(pool)) + turn[1]) % len(pool)
    order = np.argsort(drawn, kind="stable")
    ends = np.searchsorted(drawn[order], np.arange(len(pool) + 1))
    groups = [order[ends[k] : ends[k + 1]] for k in range(len(pool))]
    used = [(k, g) for k, g in enumerate(groups) if len(g)]
    texts = [render(pool[k], rows[g], keys[g], slots, draw, f"{name}/{k}") for k, g in used]
    return scatter(texts, [g for _, g in used])
