"""Where a report's numbered items stand: in columns whose names differ by a number, or in an array of objects."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.ingest.drafting.table import Question, Table
from pipelines.ingest.drafting.vocabulary import MIN_WORD, Vocabulary, key, template
from schemas import codes
from schemas.layouts.feed import MAX_ITEMS

_NARRATIVE = 40  # characters that the longest of an item's texts has at least
_GRADE = re.compile(r"[1-5][ /.-]?[A-Ea-e]|[A-Ea-e][ /.-]?[1-5]")


@dataclass
class Items:
    """The layout's `items`, where it is sure; else a question. `columns` are those that it takes; `values` of its parts
    are for their codes."""

    keys: dict[str, Any] | None = None
    question: Question | None = None
    columns: list[str] = field(default_factory=list)
    values: dict[str, list[str]] = field(default_factory=dict)


def sniff(table: Table, vocabulary: Vocabulary) -> Items:
    """The items of reports."""
    numbered: dict[str, dict[int, str]] = {}
    for column in table.columns:
        if (found := template(column)) is not None and 1 <= found[1] <= MAX_ITEMS:
            numbered.setdefault(found[0], {})[found[1]] = column
    held = {name: [v for c in columns.values() for v in table.values(c)] for name, columns in numbered.items()}
    arrays = [(path, keys) for path, keys in table.arrays.items() if keys]
    if numbered:
        up_to = max(max(columns) for columns in numbered.values())
        items = _parted(held, vocabulary, {"up_to": up_to}, "numbered")
        items.columns = [column for columns in numbered.values() for column in columns.values()]
    elif len(arrays) == 1:
        items = _parted(arrays[0][1], vocabulary, {"path": arrays[0][0]}, "each")
    else:
        items = Items(question=_by_one_text(table))
    return items


def _parted(held: Mapping[str, Sequence[str]], vocabulary: Vocabulary, more: dict[str, Any], kind: str) -> Items:
    """Parts of items by the words of layouts; by their values, as a question, where these do not tell all."""
    by_word: dict[str, list[str]] = {}
    for name in held:
        agreed = vocabulary.parts.get(key(name), frozenset())
        if len(agreed) == 1 and sum(c.isalpha() for c in name.replace("{n}", "")) >= MIN_WORD:
            by_word.setdefault(next(iter(agreed)), []).append(name)
    parts = {part: names[0] for part, names in by_word.items() if len(names) == 1}
    is_whole = set(parts) in ({"text", "source", "intelligence"}, {"text", "grade"})
    if is_whole and len(parts) == len(held) and _is_prose(held[parts["text"]]):
        return Items(_keys(kind, parts, more), values=_graded(parts, held))
    guessed = _by_value(held)
    text = f"a report's items: which of these is text, source, intelligence or grade? {', '.join(held)}"
    question = Question("items", text, (flow(_keys(kind, guessed, more)),))
    return Items(None, question, values=_graded(guessed, held))


def _keys(kind: str, parts: Mapping[str, str], more: Mapping[str, Any]) -> dict[str, Any]:
    """`items` of a layout: the path first, then parts in their order, then how many there are."""
    ordered = {part: parts[part] for part in ("text", "source", "intelligence", "grade") if part in parts}
    return {kind: {**{k: v for k, v in more.items() if k == "path"}, **ordered, **more}}


def _graded(parts: Mapping[str, str], held: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {f"item_{part}": list(held[name]) for part, name in parts.items() if part in ("source", "intelligence")}


def _by_value(held: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The likeliest part of each name: texts are long, grades are of their lists."""
    parts: dict[str, str] = {}
    longest = max(held, key=lambda name: sum(map(len, held[name])))
    parts["text"] = longest
    for name, texts in held.items():
        words = {text.upper() for text in texts}
        if name == longest or not words:
            continue
        if words <= set(codes.SOURCE_GRADES):
            parts.setdefault("source", name)
        elif words <= set(codes.INTELLIGENCE_GRADES):
            parts.setdefault("intelligence", name)
        elif all(_GRADE.fullmatch(word) for word in words):
            parts.setdefault("grade", name)
    return parts


def _is_prose(texts: Sequence[str]) -> bool:
    return max(map(len, texts), default=0) >= _NARRATIVE


def _by_one_text(table: Table) -> Question:
    """Of a sender without numbered items: each report is one item, the text of which is asked."""
    prose = [column for column in table.columns if _is_prose(table.values(column))]
    options = tuple(flow({"numbered": {"text": column}}) for column in prose[:4])
    text = (
        "no columns or arrays of numbered items: where does a report's text stand? Its grades come as source and "
        "intelligence, or as grade, next to it"
    )
    return Question("items", text, options)


def flow(value: Any) -> str:
    """A mapping or list in YAML on one line."""
    import yaml

    return yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=100_000).strip()
