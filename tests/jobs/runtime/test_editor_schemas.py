"""The JSON schemas for editors: as the models say, true of what ships, and false of what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from jobs.runtime import editor_schemas, settings
from schemas import bronze, documents
from schemas.layouts import layouts

HINT = "# yaml-language-server: $schema="


def validator(name: str) -> jsonschema.Draft7Validator:
    schema = json.loads((editor_schemas.FOLDER / name).read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


@pytest.mark.parametrize("name", ["settings.schema.json", "layout.schema.json"])
def test_the_committed_schemas_are_what_the_models_say(name: str) -> None:
    said = editor_schemas.text(editor_schemas.schemas()[name])
    assert (editor_schemas.FOLDER / name).read_text(encoding="utf-8") == said, "run `make dictionary`"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        *((path, "layout.schema.json") for path in sorted(layouts.FOLDER.glob("*.yaml"))),
        (settings.DEFAULTS, "settings.schema.json"),
    ],
    ids=lambda part: Path(part).stem,
)
def test_what_ships_is_valid_and_names_its_schema(path: Path, name: str) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith(HINT)
    assert (path.parent / first.removeprefix(HINT)).resolve() == editor_schemas.FOLDER / name
    assert not list(validator(name).iter_errors(documents.read(path).values))


@pytest.mark.parametrize(
    "text",
    ["queue: {capacity: lots}", "queue: {capcity: 7}", "leads: 5", "risk: {paths: {max_hops: two}}", "quue: {}",
     "review: {blind_share: 7}", "spark: {memory: lots}", "training: {candidates: [nope]}", "overtagged: {is_on: 1}"],
)  # fmt: skip
def test_an_editor_marks_wrong_settings(text: str) -> None:
    assert list(validator("settings.schema.json").iter_errors(yaml.safe_load(text)))
    assert not list(validator("settings.schema.json").iter_errors(yaml.safe_load("queue: {capacity: 7}")))


def _suffolk() -> Any:
    return documents.read(layouts.FOLDER / "suffolk.yaml").values


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (("kind",), "club"),
        (("force",), 37),
        (("colour",), "blue"),
        (("feeds", "gossip"), {}),
        (("feeds", "reports", "format"), "docx"),
        (("feeds", "reports", "columns", "colour"), "Red"),
        (("feeds", "nominals", "items"), {"numbered": {"text": "T"}}),
        (("feeds", "nominals", "name"), "nominals"),
    ],
)
def test_an_editor_marks_a_wrong_layout(at: tuple[str, ...], value: Any) -> None:
    document = _suffolk()
    *above, key = at
    inside = document
    for part in above:
        inside = inside[part]
    inside[key] = value
    assert list(validator("layout.schema.json").iter_errors(document))


def test_an_editor_completes_the_fields_of_each_feed_and_shows_reasons() -> None:
    schemas = editor_schemas.schemas()
    feeds = schemas["layout.schema.json"]["properties"]["feeds"]["properties"]
    assert set(feeds) == set(bronze.FEEDS)
    for name, feed in feeds.items():
        assert list(feed["properties"]["columns"]["properties"]) == list(layouts.FIELDS[name])
    capacity = schemas["settings.schema.json"]["properties"]["queue"]["properties"]["capacity"]
    assert capacity == {
        "type": "integer", "minimum": 1, "maximum": 2**31 - 1, "default": 50,
        "description": "rows per force and night: about one analyst's day",
    }  # fmt: skip
