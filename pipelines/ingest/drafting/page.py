"""A draft as YAML: what is sure as keys, what must be answered as keys with nothing after them, the rest as comments.

No value of the files is written, but for words of coded fields that come again and again: those are what a layout is
made of.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from pipelines.ingest.drafting.coded import Words
from pipelines.ingest.drafting.draft import Draft
from pipelines.ingest.drafting.feed_draft import ORDER, FeedDraft
from pipelines.ingest.drafting.items import flow
from pipelines.ingest.drafting.table import Question
from pipelines.ingest.drafting.vocabulary import among
from schemas.layouts.fields import FIELDS

WIDTH = 118
MARK = "QUESTION"
_PLAIN_LIST = 20  # national codes that are told next to a question
_HEAD = """\
# Drafted from the sender's files. Nothing here is final before somebody who knows them has looked.
# A key with nothing after it has to be answered before the layout can be used; a {mark} without such a key may stay
# open, and what it says then holds. Take the marks away as you answer. docs/onboarding.md has the whole grammar.
"""


def text(draft: Draft, schema: str | None = None) -> str:
    """The YAML of a draft. `schema` is where editors find the grammar."""
    lines = [f"# yaml-language-server: $schema={schema}"] if schema else []
    lines += [_HEAD.format(mark=MARK).rstrip()]
    lines += [f"sender: {scalar(draft.sender)}", f"name: {scalar(draft.name)}", "kind: force"]
    asked = {question.key: question for question in draft.questions}
    lines += [f"force: {scalar(draft.force)}"] if draft.force is not None else _open(asked["force"], "force", "")
    lines += _open(asked["time_zone"], "time_zone", "")
    lines += list(_comment(asked["references"], "references: ")) if "references" in asked else []
    lines += ["feeds:"]
    for feed in draft.feeds:
        lines += [f"  {feed.name}:", *("    " + line if line else "" for line in _feed(feed))]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _feed(feed: FeedDraft) -> Iterator[str]:
    asked: dict[str, list[Question]] = {}
    for question in feed.questions:
        asked.setdefault(question.key.split(".")[0], []).append(question)
    for question in (*asked.pop("", []), *(q for q in asked.pop("columns", []) if "." not in q.key)):
        yield from _comment(question)
    if feed.is_plain:
        yield from _wrapped("plain ASCII alone: a later file in another encoding than the one below is refused whole")
    for key in ORDER:
        for question in asked.pop(key, []):
            yield from _open(question, key, "")
        if key in feed.keys:
            yield f"{key}: {_value(feed.keys[key])}"
    if feed.keys:
        yield from _columns(feed)
        yield from _by_field(feed, asked.pop("lists", []), "lists", feed.lists)
        for question in asked.pop("joined", []):
            yield from _open(question, "joined", "")
        if feed.items is not None:
            yield f"items: {flow(feed.items)}"
        for question in asked.pop("items", []):
            yield from _open(question, "items", "")
        yield from _codes(feed)
    for key, questions in asked.items():
        for question in questions:
            yield from _open(question, key, "") if question.must else _comment(question, f"{key}: ")


def _columns(feed: FeedDraft) -> Iterator[str]:
    yield "columns:"
    asked = {q.key.partition(".")[2]: q for q in feed.questions if q.key.startswith("columns.")}
    for name in FIELDS[feed.name]:
        if name in feed.columns.sure:
            yield from (f"  {line}" for line in (_comment(asked[name], f"{name}: ") if name in asked else ()))
            yield f"  {name}: {scalar(feed.columns.sure[name])}"
        elif name in asked:
            yield from (f"  {line}" for line in _open(asked[name], name, ""))


def _by_field(feed: FeedDraft, questions: Sequence[Question], key: str, sure: Mapping[str, str]) -> Iterator[str]:
    must = [question for question in questions if question.must]
    if sure or must:
        yield f"{key}:"
        yield from (f"  {name}: {scalar(value)}" for name, value in sure.items())
        for question in must:
            yield from (f"  {line}" for line in _open(question, question.key.partition(".")[2], ""))
    for question in questions:
        if not question.must:
            yield from _comment(question, f"{key}: {{{question.key.partition('.')[2]}: ", "}")


def _codes(feed: FeedDraft) -> Iterator[str]:
    written = {name: words for name, words in feed.codes.items() if words.known or words.asked}
    if written:
        yield "codes:"
    for name, words in written.items():
        yield f"  {name}:"
        yield from (f"    {scalar(word)}: {scalar(national)}" for word, national in words.known.items())
        if words.asked:
            yield from (f"    {line}" for line in _wrapped(f"{MARK} codes.{name}: what is each? {_choice(feed, name)}"))
        for word, proposal in words.asked.items():
            yield f"    {scalar(word)}:" + (f"  # {proposal}?" if proposal else "")
    for name, words in feed.codes.items():
        if words.rare:
            text = (
                f"{len(words.rare)} rarer words of {name} are not written here, and were shown by the command. Words "
                "that no key names refuse the row where the field is required, else they are left out"
            )
            yield from _comment(Question(f"codes.{name}", text, must=False))
    for n, (name, words) in enumerate(feed.proposed_codes.items()):
        yield from _proposed(feed, name, words, is_first=not written and not n)
    if "tags" in {**feed.codes, **feed.proposed_codes}:
        text = "a tag that is not named refuses its report, unless this key says what others become"
        yield from _comment(Question("unmapped", text, ("{tags: OTHER}",), must=False), "unmapped: ")


def _proposed(feed: FeedDraft, name: str, words: Words, is_first: bool) -> Iterator[str]:
    """Codes of a column that is itself a question: comments, to be taken in with it."""
    if not words.known and not words.asked:
        return
    text = f"should {name} be the first column that is proposed, these are its words. {_choice(feed, name)}"
    yield from _comment(Question(f"codes.{name}", text, must=False))
    yield from ["# codes:"] if is_first else []
    yield f"#   {name}:"
    yield from (f"#     {scalar(word)}: {scalar(national)}" for word, national in words.known.items())
    yield from (f"#     {scalar(word)}:" + (f"  # {own}?" if own else "") for word, own in words.asked.items())


def _choice(feed: FeedDraft, name: str) -> str:
    national = among(feed.name, name)
    return (
        "One of " + ", ".join(national)
        if 0 < len(national) <= _PLAIN_LIST
        else "The codes are in docs/data-dictionary.md"
    )


def _open(question: Question, key: str, indent: str) -> list[str]:
    """A question before its key: with nothing after it where it must be answered, else as a comment."""
    if not question.must:
        return list(_comment(question, f"{key}: "))
    return [*_comment(question, f"{key}: "), f"{indent}{key}:"]


def _comment(question: Question, before: str = "", after: str = "") -> Iterator[str]:
    """A question and its options as comments, each option in the form in which it stands in the layout."""
    told = f"{MARK} {question.key}: {question.text}" if question.key else f"{MARK}: {question.text}"
    yield from _wrapped(told)
    is_column = question.key.startswith("columns.")
    yield from (f"# {before}{scalar(option) if is_column else option}{after}" for option in question.options)


def _wrapped(told: str) -> list[str]:
    """Text as comments. What comes from files has no line ends or other characters that nothing shows."""
    shown = "".join(c if c.isprintable() else " " for c in told)
    return [f"# {line}" for line in textwrap.wrap(shown, WIDTH - 12, break_on_hyphens=False)]


def _value(value: Any) -> str:
    return scalar(value) if isinstance(value, str) else flow(value) if isinstance(value, list | dict) else str(value)


def scalar(text: str) -> str:
    """A text as YAML on one line, in quotes where it would be read as something else."""
    if (
        text.replace(" ", "").replace("_", "").isalnum()
        and text[0].isalpha()
        and text.isascii()
        and text == text.strip()
        and yaml.safe_load(text) == text
    ):
        return text
    return str(yaml.safe_dump(text, default_style='"', allow_unicode=True, width=100_000)).strip()
