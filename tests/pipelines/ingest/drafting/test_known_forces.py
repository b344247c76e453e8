"""Files of forces that have a layout, drafted without it: what the draft takes for sure is what their layout says.

The witness is the layout that a person wrote. Five formats and dialects, each against words learnt from the others.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobs.sources import draft as jobs_draft
from pipelines import synthesis
from pipelines.ingest.drafting import draft as drafting
from pipelines.ingest.drafting import page
from schemas import ties
from schemas.layouts import layouts
from schemas.layouts.feed import Feed

SHIPPED = layouts.load()
FORCES = sorted(name for name, source in SHIPPED.items() if source.kind == "force")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("forces")
    first = dt.date(2026, 3, 5)
    synthesis.write(home / "land", home / "truth", seed=11, first_night=first, n_reports=600, providers=())
    return home / "land"


def drafted(world: Path, sender: str) -> drafting.Draft:
    others = {name: source for name, source in SHIPPED.items() if name != sender}
    return jobs_draft.draft(world / sender, SHIPPED[sender].name, None, others)


@pytest.mark.slow
@pytest.mark.parametrize("sender", FORCES)
def test_nothing_that_is_sure_is_wrong(world: Path, sender: str) -> None:
    made = drafted(world, sender)
    assert {feed.name for feed in made.feeds} == set(SHIPPED[sender].feeds) - set(ties.BY_FEED)  # the world has none
    document = yaml.safe_load(page.text(made))
    for name, keys in document["feeds"].items():
        layout = SHIPPED[sender].feeds[name]
        wrong = [_problem(key, value, layout) for key, value in keys.items() if value is not None]
        assert not [problem for problem in wrong if problem], name


def _problem(key: str, value: Any, layout: Feed) -> str | None:
    """How a sure key differs from the layout's, or None."""
    if key in ("columns", "lists"):
        told = {k: v for k, v in value.items() if v is not None}
        own = getattr(layout, key)
        return None if told == {k: own.get(k) for k in told} else f"{key}: {told}"
    if key == "codes":
        for field, words in value.items():
            for word, national in (words or {}).items():
                own = layout.codes.get(field, {}).get(word.upper())
                if national is not None and own is not None and own != national:
                    return f"codes.{field}.{word}: {national}"
        return None
    if key in ("dates", "times"):
        return None if set(value) <= set(getattr(layout, key)) else f"{key}: {value}"
    if key == "encoding" and value == "utf-8":
        return None  # plain ASCII is told, and loads in either
    if key == "items":
        return None if layout.items == layouts.Items.model_validate(value) else f"items: {value}"
    return None if getattr(layout, key) == (value if key != "encoding" else _codec(value)) else f"{key}: {value}"


def _codec(name: str) -> str:
    import codecs

    return codecs.lookup(name).name


@pytest.mark.slow
@pytest.mark.parametrize("sender", FORCES)
def test_dialects_of_real_files_are_told_without_a_question(world: Path, sender: str) -> None:
    made = drafted(world, sender)
    for feed in made.feeds:
        layout = SHIPPED[sender].feeds[feed.name]
        assert feed.keys["format"] == layout.format
        if layout.format == "csv":
            assert feed.keys["delimiter"] == layout.delimiter
        assert not {"format", "delimiter", "quoting", "skip_rows"} & {question.key for question in feed.questions}
