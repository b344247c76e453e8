"""JSON schemas of the settings and of senders' layouts, so that an editor completes and checks them.

`python -m jobs.runtime.editor_schemas` writes them to `docs/schemas/`; a test fails where they are not what the models
say. The reason for each setting, from the comment after its value, is shown with its key.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from jobs.runtime import settings
from jobs.runtime.sections.sections import Sections
from schemas import bronze, documents
from schemas.layouts import layouts
from schemas.layouts.fields import FIELDS, ITEM_CODES, ITEM_CONSTANTS

FOLDER = settings.ROOT / "docs" / "schemas"
_DRAFT = "http://json-schema.org/draft-07/schema#"  # the newest that the YAML language server checks in full
_BY_FIELD = ("columns", "constants", "file_name", "joined", "lists", "codes", "unmapped", "patterns", "absent")


def schemas() -> dict[str, dict[str, Any]]:
    """Each schema, by the name of its file."""
    return {"settings.schema.json": settings_schema(), "layout.schema.json": layout_schema()}


def settings_schema() -> dict[str, Any]:
    """Of an override: every key may be left out. Keys have their reasons and their values as shipped."""
    schema = Sections.model_json_schema()
    definitions = schema.pop("$defs")
    defaults = documents.read(settings.DEFAULTS)
    lines = {place: line for place, (_, line) in defaults.places.items()}
    body = _untitled(_inlined(schema, definitions))
    _explained(body, (), defaults.values, lines, dict(_comments(settings.DEFAULTS.read_text(encoding="utf-8"))))
    return {"$schema": _DRAFT, **body, "title": "Nightjar's settings"}


def layout_schema() -> dict[str, Any]:
    """Of a sender's layout: each feed has its own fields."""
    schema = layouts.Source.model_json_schema(ref_template="#/definitions/{model}")
    definitions = schema.pop("$defs")
    feed = definitions.pop("Feed")
    feed["properties"].pop("name")
    feed["required"].remove("name")
    for key in _BY_FIELD:
        definitions[f"One of {key}"] = feed["properties"][key].pop("additionalProperties")
    schema["properties"]["feeds"] = {
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "properties": {name: _of_feed(copy.deepcopy(feed), name) for name in bronze.FEEDS},
    }
    body = _untitled({**schema, "definitions": definitions})
    return {"$schema": _DRAFT, **body, "title": "Layout of a sender's files"}


def _of_feed(feed: dict[str, Any], name: str) -> dict[str, Any]:
    for key in _BY_FIELD:
        of_items = {"constants": ITEM_CONSTANTS, "codes": ITEM_CODES}.get(key, ())
        fields = [*FIELDS[name], *(of_items if name == "reports" else ())]
        each = {"$ref": f"#/definitions/One of {key}"}
        feed["properties"][key] |= {"properties": dict.fromkeys(fields, each), "additionalProperties": False}
    if name == "reports":
        feed["required"].append("items")
    else:
        del feed["properties"]["items"]
    return feed


def _untitled(part: Any) -> Any:
    """Without pydantic's titles, which are the keys once more; a property of that name stays."""
    if isinstance(part, list):
        return [_untitled(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {key: _untitled(value) for key, value in part.items() if key != "title" or not isinstance(value, str)}


def _inlined(part: Any, definitions: dict[str, Any]) -> Any:
    """The schema with each reference replaced by what it names: every key can then have its own description."""
    if isinstance(part, list):
        return [_inlined(item, definitions) for item in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _inlined(definitions[part["$ref"].removeprefix("#/$defs/")], definitions)
    return {key: _inlined(value, definitions) for key, value in part.items()}


def _explained(
    part: dict[str, Any],
    at: documents.Location,
    default: Any,
    lines: dict[documents.Location, int],
    said: dict[int, str],
) -> None:
    """Adds to each key its reason and default, and asks for none: an override names what it changes."""
    part.pop("required", None)
    if isinstance(default, dict):
        part.pop("minProperties", None)
    for name, inner in part.get("properties", {}).items():
        inner["default"] = default[name]
        if reason := said.get(lines[*at, name]):
            inner["description"] = reason
        _explained(inner, (*at, name), default[name], lines, said)
        if isinstance(inner["default"], dict):
            del inner["default"]


def _comments(text: str) -> Iterator[tuple[int, str]]:
    """The comment at the end of each line that has one, by number of line."""
    ends: dict[int, int] = {}
    for token in yaml.scan(text):
        ends[token.end_mark.line] = max(ends.get(token.end_mark.line, 0), token.end_mark.column)
    for n, line in enumerate(text.splitlines()):
        rest = line[ends.get(n, len(line)) :].strip()
        if rest.startswith("#"):
            yield n + 1, rest.lstrip("# ")


def text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def main(folder: Path = FOLDER) -> None:
    """Write both."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in schemas().items():
        (folder / name).write_text(text(schema), encoding="utf-8")
        print(folder / name)


if __name__ == "__main__":
    main()
