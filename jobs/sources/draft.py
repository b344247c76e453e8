"""A first layout of a force from its files: which files are of which feed, the YAML, and what is shown on the terminal.

Values are shown to whoever runs it, and written nowhere.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jobs.runtime import settings, whole_file
from jobs.sources import landing
from pipelines.ingest.drafting import columns, page, values
from pipelines.ingest.drafting import draft as drafting
from pipelines.ingest.drafting.draft import Draft
from pipelines.ingest.drafting.feed_draft import FeedDraft
from pipelines.ingest.drafting.table import MAX_ROWS
from schemas import bronze, codes, forces
from schemas.errors import InvalidInputError, NotFoundError
from schemas.layouts import layouts

SHOWN_VALUES = 3  # of a column
SHOWN_WORDS = 12  # of a column that holds few different ones
_WIDTH = 40
_WITHHELD = "SECRET"  # rows with this word are not shown: they may be marked so


def draft(folder: Path, force: str, feed: str | None, sources: Mapping[str, layouts.Source]) -> Draft:
    """The draft of a force's layout from the files below `folder`. Nothing is written.

    Args:
        folder: holds files in folders named as feeds, at any depth; others are guessed by their columns, and asked.
        force: a code or a name; one that no list has is asked for its code.
        feed: the feed of files in no such folder.
        sources: layouts that words are learnt from, such as those that ship.

    Raises:
        InvalidInputError: no file lies there, or `feed` is none of a force's.
    """
    if feed is not None and feed not in drafting.FORCE_FEEDS:
        raise InvalidInputError(f"{feed!r} is no feed of a force: {', '.join(drafting.FORCE_FEEDS)}.")
    files, unplaced, guessed = _by_feed(folder, feed, sources)
    if not files:
        told = "".join(f"\n  {file}: {why}" for file, why in unplaced.items())
        raise InvalidInputError(
            f"No file below {folder} is of a known feed. Put each feed's files into a folder named as the feed "
            f"({', '.join(drafting.FORCE_FEEDS)}), or say --feed.{told}"
        )
    name, code = _named(force)
    made = drafting.draft(_sender(name), name, code, files, sources, guessed)
    made.unplaced = unplaced
    return made


def _named(force: str) -> tuple[str, str | None]:
    """The force's name and code; no code where no list has it: it is asked."""
    try:
        code = forces.code_of(force)
        return codes.FORCES[code], code
    except NotFoundError:
        given = force.strip()
        is_code = re.fullmatch(codes.FORCE_PATTERN, given) is not None
        return given, given if is_code else None


def _sender(name: str) -> str:
    sender = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if not sender:
        raise InvalidInputError(f"{name!r} has no letter or digit that a sender's folder could be named by.")
    return sender


def _by_feed(
    folder: Path, feed: str | None, sources: Mapping[str, layouts.Source]
) -> tuple[dict[str, list[Path]], dict[str, str], dict[str, str]]:
    """Files by feed; those of none with the reason; and feeds that only columns tell, with a question."""
    files: dict[str, list[Path]] = {}
    unplaced: dict[str, str] = {}
    guessed: dict[str, str] = {}
    for path, named in _files(folder):
        if named is not None and named not in drafting.FORCE_FEEDS:
            unplaced[path.name] = f"{named} is no feed of a force"
        elif named or feed:
            files.setdefault(str(named or feed), []).append(path)
        else:
            likely, n_fields = drafting.guess(path, sources)
            if len(likely) != 1:
                why = (
                    f"its columns are like those of {' and of '.join(likely)}" if likely else "its columns are unknown"
                )
                unplaced[path.name] = f"{why}: put it into a folder named as its feed, or say --feed"
                continue
            files.setdefault(likely[0], []).append(path)
            guessed[likely[0]] = (
                f"are these files {likely[0]}? They lie in no folder named as a feed; their columns name {n_fields} "
                f"fields of it. Put them into a folder {likely[0]} if so, else draft again with --feed"
            )
    return files, unplaced, guessed


def _files(folder: Path) -> Iterator[tuple[Path, str | None]]:
    """Plain files below a folder in order, each with the innermost folder above it that is named as a feed.

    Submissions of devices are none of a layout's.
    """
    for parent, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != landing.DEVICES)
        inside = (folder.resolve().name, *Path(parent).relative_to(folder).parts)
        feed = next((part for part in reversed(inside) if part in bronze.FEEDS), None)
        for name in sorted(names):
            path = Path(parent) / name
            is_whole = not name.startswith(".") and not name.lower().endswith(landing.UNFINISHED)
            if is_whole and path.is_file() and not path.is_symlink():
                yield path, feed


def write(made: Draft, out: Path, home: Path, *, is_overwriting: bool) -> list[str]:
    """Writes the draft's YAML; returns what keeps it from being used, a sentence each (the open questions).

    Raises:
        InvalidInputError: the file is there already, or would lie in the home, where nights read layouts.
    """
    if out.resolve().is_relative_to(home.resolve()):
        raise InvalidInputError(
            f"{out} lies in NIGHTJAR_HOME: a draft is answered and checked first. Run this in another folder, or "
            "say --out."
        )
    if os.path.lexists(out) and not is_overwriting:
        raise InvalidInputError(f"{out} is there already, perhaps with answers: say --overwrite to lose it, or --out.")
    if not out.parent.is_dir():
        raise InvalidInputError(f"{out.parent} is no folder.")
    schema = settings.ROOT / "docs" / "schemas" / "layout.schema.json"  # of a checkout; a wheel has none
    near = os.path.relpath(schema, out.resolve().parent) if schema.is_file() else None
    whole_file.write(out, page.text(made, near).encode("utf-8"))
    return problems(out)


def problems(path: Path) -> list[str]:
    """What keeps a layout from being used, a sentence for each key; empty where it can be."""
    try:
        layouts.load_file(path)
    except layouts.LayoutError as error:
        return list({problem.key: str(problem) for problem in error.problems}.values())
    return []


# -- what is shown ----------------------------------------------------------------------------------------------------


def as_dict(made: Draft) -> dict[str, Any]:
    """The draft for programs: per feed the files, columns with values seen, and every question."""
    return {
        "sender": made.sender,
        "force": made.force,
        "feeds": {feed.name: _feed_dict(feed) for feed in made.feeds},
        "unplaced": made.unplaced,
        "questions": [vars(question) for question in made.all_questions()],
    }


def _feed_dict(feed: FeedDraft) -> dict[str, Any]:
    ours = {column: name for name, column in feed.columns.sure.items()}
    return {
        "files": feed.files,
        "refused": feed.refused,
        "n_rows": len(feed.table.rows),
        "refused_rows": dict(feed.refused_rows),
        "n_marked": feed.table.n_marked,
        "columns": [{"column": c, "field": ours.get(c), **_seen(feed, c)} for c in feed.table.columns],
        "rare_words": {name: words.rare for name, words in {**feed.proposed_codes, **feed.codes}.items() if words.rare},
        "is_plain_ascii": feed.is_plain,
    }


def _seen(feed: FeedDraft, column: str) -> dict[str, Any]:
    held = columns.texts(feed.table, column)
    is_list = column in feed.table.lists
    shown = held if is_list else [r[column] for r in feed.table.rows if column in r and not _may_be_marked(r)]
    counted = Counter(shown)
    n_shown = SHOWN_WORDS if len(counted) <= values.MAX_CODES and len(counted) < len(shown) / 2 else SHOWN_VALUES
    examples = [_printable(value) for value, _ in counted.most_common(n_shown)]
    return {"n_filled": len(held), "n_different": len(set(held)), "values": examples}


def _may_be_marked(row: Mapping[str, str]) -> bool:
    return any(_WITHHELD in value.upper() for value in row.values())


def _printable(value: str) -> str:
    """A value for a terminal: cut, and without characters that would act there."""
    cut = value if len(value) <= _WIDTH else value[: _WIDTH - 1] + "…"
    return "".join(c if c.isprintable() else "·" for c in cut)


def text(made: Draft, out: Path, left: list[str]) -> str:
    """The draft for people: files, columns and values seen, questions, and what to do next."""
    lines: list[str] = []
    for feed in made.feeds:
        lines += [*_feed_text(feed), ""]
    lines += [f"left out: {file}: {why}" for file, why in made.unplaced.items()]
    questions = made.all_questions()
    asked_words = sum(len(words.asked) for feed in made.feeds for words in feed.codes.values())
    lines += [f"{len(questions)} questions, and {asked_words} words of codes to name:"]
    lines += [f"  {'must' if q.must else 'may '} {q.key}: {_printable_text(q.text)}" for q in questions]
    lines += [f"written: {out}. Values stay here; the file has none but words of coded fields."]
    lines += [f"It can be used once its keys without a value are answered: {len(left)}."] if left else []
    lines += [f"next: answer, then nightjar sources check FOLDER --layout {out}"]
    return "\n".join(lines)


def _feed_text(feed: FeedDraft) -> Iterator[str]:
    dialect = ", ".join(f"{name} {value!r}" for name, value in feed.keys.items())
    yield f"{feed.name}: {len(feed.files)} files, {len(feed.table.rows)} rows   {dialect}"
    yield from (f"  {file} cannot be read: {why}" for file, why in feed.refused.items())
    yield from (f"  {n} rows are refused: {why}" for why, n in feed.refused_rows.items())
    if len(feed.table.rows) >= MAX_ROWS:
        yield f"  only the first {MAX_ROWS} rows were looked at"
    if feed.table.n_marked:
        yield f"  {feed.table.n_marked} rows marked SECRET or above were not looked at"
    ours = {column: name for name, column in feed.columns.sure.items()}
    for column in feed.table.columns:
        seen = _seen(feed, column)
        told = " | ".join(seen["values"])
        counts = f"{seen['n_filled']:>6} filled, {seen['n_different']:>6} different"
        yield f"  {_printable(column):<28} {ours.get(column, '?'):<24} {counts}   {told}"
    for name, words in {**feed.proposed_codes, **feed.codes}.items():
        if words.rare:
            rare = ", ".join(f"{_printable(word)} ({n})" for word, n in words.rare.items())
            yield f"  rarer words of {name}, not written: {rare}"


def _printable_text(told: str) -> str:
    return "".join(c if c.isprintable() else "·" for c in told)
