"""The grammar of a layout and the fields of each feed as Markdown, made from the models.

`python -m schemas.layouts.grammar` writes them into `docs/onboarding.md`, below the line that says so; a test fails
where the page is not what the models say.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from schemas import bronze, codes, silver
from schemas.layouts import feed, layouts
from schemas.layouts.fields import FIELDS, ITEM_CODES, ITEM_CONSTANTS, Field

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "onboarding.md"
MARK = "<!-- Made from the models by `make dictionary`, from here on; a test keeps it true: do not edit it by hand. -->"
_FEW = 12  # codes that are listed in a cell
_PARTS = (
    ("A layout", layouts.Source),
    ("A feed", feed.Feed),
    ("items", feed.Items),
    ("items.numbered", feed.NumberedItems),
    ("items.each", feed.NestedItems),
    ("clock", feed.Clock),
)
KINDS = {
    "text": "text as it is",
    "narrative": "text of any length; words such as Unknown stay",
    "name": "a name of a person",
    "address": "an address",
    "reference": "a key of the sender's own, one form in all its feeds",
    "document": "a number of a passport or the like",
    "code": "one of the national codes, in the sender's words by `codes`",
    "codes": "several of them: an array, or one text that `lists` divides",
    "boolean": "Y, Yes, True, T, 1 or N, No, False, F, 0; other words by `codes`, as Y and N",
    "date": "a day, by `dates` or ISO",
    "instant": "a day with its time, by `times` or ISO, in `time_zone` where it has no offset",
    "number": "a number of 0 or more",
    "duration": "a length of time, by `durations`",
    "degrees": "degrees of WGS 84, or by `grid`",
    "phone": "a telephone number, by `numbers` and `region`",
    "identifier": "a telephone number, registration mark, handle, e-mail address or account, as the field `kind` says",
    "party": "a telephone number, a short code or the name of a sender of messages",
    "imei": "a handset's code",
    "imsi": "a SIM's code",
    "postcode": "a postcode of the United Kingdom",
    "vehicle": "a registration mark",
    "marking": "a marking of the Government Security Classifications",
}
# Fields that are no column of the silver table of their feed.
_MEANINGS = {
    "urn": "the report's reference in the force's own system",
    "person_ref": "the nominal's reference in the force's own system",
    "investigation_ref": "the investigation's reference in the force's own system",
    "episode_ref": "the episode's reference in the force's own system",
    "association_ref": "the association's own reference; without one it is one by both people, kind and time",
    "other_person_ref": "the other nominal's reference in the force's own system",
    "case_ref": "the investigation's reference in the sender's own system",
    "subject_ref": "the subject's reference in the sender's own system",
    "entry_ref": "the entry's reference on the list",
    "disruption_ref": "the disruption's reference in the sender's own system",
    "outcome_ref": "the outcome's reference in the sender's own system",
    "in_force": "Home Office code of a force in which an entity of the investigation is",
    "country": "country outside the United Kingdom, by two letters; instead of a force",
    "journey_ref": "the journey's reference in the force's own system",
    "platform": "of a handle: the site or app; else the value is a link, or names it (`Snapchat: kestrel`)",
    "amended_at": "when the sender last changed the record: of several of one night, the newest holds",
    "provenance_text": "how the source came to know",
    "provenance_source": "source grade of the provenance",
    "provenance_intelligence": "intelligence grade of the provenance",
    "provenance_grade": 'both grades as one word, such as "B2"',
    "subject_number": "whose record it is, of a sender who says that and with whom",
    "other_number": "with whom",
    "side": "of an airport's own list: whether it lists arrivals or departures",
    "home_airport": "of an airport's own list: the airport",
    "other_airport": "of an airport's own list: where from, or where to",
    "listed_at": "of an airport's own list: when, there",
    "service_on": "of a schedule: the day, with clock times",
    "departs_time": "of a schedule: clock time of departure",
    "arrives_time": "of a schedule: clock time of arrival",
    "times_in": "by whose clock a schedule's times are",
}


def markdown() -> str:
    """The generated part of the page. Ends in one newline."""
    lines = [MARK, "", "## The grammar of a layout", ""]
    lines += ["A key without a default is needed, unless its meaning says when it may be left out."]
    for title, model in _PARTS:
        lines += ["", f"### {title}", "", *_keys(model.model_json_schema(), title)]
    lines += ["", "## Fields", "", "What a field takes is its kind.", "", "| kind | takes |", "|---|---|"]
    lines += [f"| {kind} | {_cell(takes)} |" for kind, takes in KINDS.items()]
    for name in bronze.FEEDS:
        lines += ["", f"### {name}", "", *_fields(name)]
    return "\n".join(lines) + "\n"


def page(text: str) -> str:
    """`text`, the page, with its generated part made anew.

    Raises:
        ValueError: the page has no line that the generated part begins with.
    """
    written, mark, _ = text.partition(MARK)
    if not mark:
        raise ValueError(f"the page has no line {MARK!r}")
    return written + markdown()


def _keys(schema: Mapping[str, Any], title: str) -> Iterator[str]:
    yield "| key | takes | default | meaning |"
    yield "|---|---|---|---|"
    for name, about in schema["properties"].items():
        if title == "A feed" and name == "name":  # the key of the feed itself
            continue
        default = about.get("default")
        shown = "" if default in (None, {}, []) else f"`{default}`"
        shown = "left out" if name not in schema.get("required", ()) and not shown else shown
        yield "| " + " | ".join((f"`{name}`", _cell(_takes(about)), shown, _cell(about["description"]))) + " |"


def _takes(about: Mapping[str, Any]) -> str:
    """What a key takes, in words, from its JSON schema."""
    if "anyOf" in about:
        parts = [part for part in about["anyOf"] if part.get("type") != "null"]
        return " or ".join(dict.fromkeys(_takes(part) for part in parts))
    if "$ref" in about:
        return "a mapping, see below"
    if "enum" in about or "const" in about:
        return ", ".join(f"`{value}`" for value in about.get("enum", [about.get("const")]))
    if about["type"] == "array":
        return f"a list of {_takes(about['items'])}"
    if about["type"] == "object":
        return f"a mapping to {_takes(about['additionalProperties'])}"
    if about["type"] == "integer":
        return f"a whole number, {about['minimum']} to {about['maximum']}" if "minimum" in about else "a whole number"
    return "one character" if about.get("maxLength") == 1 else "text"


def _fields(name: str) -> Iterator[str]:
    yield "| field | kind | required | meaning | codes |"
    yield "|---|---|---|---|---|"
    for field_name, about in FIELDS[name].items():
        cells = (f"`{field_name}`", about.kind, _required(field_name, about), meaning(name, field_name), _among(about))
        yield "| " + " | ".join(_cell(cell) for cell in cells) + " |"
    if name == "reports":
        yield ""
        yield (
            "Items of a report are under `items`; "
            + _named(ITEM_CODES, "`codes`")
            + ", "
            + _named(ITEM_CONSTANTS, "`constants`")
            + "."
        )


def _required(name: str, about: Field) -> str:
    if name == "scheme":
        return f"left out: {feed.SCHEME}"
    return "yes" if about.is_required else "strictly read" if about.is_strict else ""


def _named(names: tuple[str, ...], key: str) -> str:
    return f"{key} may also name " + ", ".join(f"`{name}`" for name in names)


def meaning(feed_name: str, name: str) -> str:
    """What a field is: as the silver table's column of its name says."""
    columns = silver.BY_FEED[feed_name].columns
    return columns[name].doc if name in columns else _MEANINGS[name]


def _among(about: Field) -> str:
    among = ("Y", "N") if about.kind == "boolean" else about.among
    if about.kind == "marking":
        among = (*codes.MARKINGS, *codes.LEGACY_MARKINGS)
    return ", ".join(among) if len(among) <= _FEW else f"{len(among)} codes, see the data dictionary"


def _cell(text: str) -> str:
    """Text for a Markdown table: a bar would end the cell."""
    return text.replace("|", "\\|").replace("\n", " ")


def main(path: Path = PAGE) -> None:
    """Write the page's generated part."""
    path.write_text(page(path.read_text(encoding="utf-8")), encoding="utf-8")
    print(path)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
