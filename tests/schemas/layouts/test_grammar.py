"""The grammar of layouts on the page of a force's first day is what the models say."""

from __future__ import annotations

import pytest

from schemas.layouts import feed, grammar, layouts
from schemas.layouts.fields import FIELDS


def test_the_committed_page_is_what_the_models_say() -> None:
    text = grammar.PAGE.read_text(encoding="utf-8")
    assert grammar.page(text) == text, "run `make dictionary`"


def test_every_key_and_every_field_is_on_the_page_with_its_meaning() -> None:
    page = grammar.markdown()
    for model in (layouts.Source, feed.Feed, feed.Items, feed.NumberedItems, feed.NestedItems, feed.Clock):
        for name, about in model.model_fields.items():
            if not about.exclude:
                assert about.description, name
                assert f"| `{name}` | " in page
    for name, fields in FIELDS.items():
        section = page.split(f"### {name}\n")[1].split("\n### ")[0]
        assert all(f"| `{field}` | {about.kind} |" in section for field, about in fields.items())
        assert all(grammar.meaning(name, field) for field in fields)


def test_every_kind_of_field_is_explained_and_no_other() -> None:
    assert {about.kind for fields in FIELDS.values() for about in fields.values()} <= set(grammar.KINDS)


def test_a_page_without_its_mark_is_refused() -> None:
    with pytest.raises(ValueError, match="has no line"):
        grammar.page("# First day\n")
