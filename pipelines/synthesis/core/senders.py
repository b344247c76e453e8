"""Senders' layouts as the writer needs them: the same YAML that the reader uses, turned round (ours to theirs).

Five forces have a layout of their own. A world of more forces gives each further one of the five under its own
name: `texts` returns those YAMLs, so that the reader can be pointed at a folder that holds them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

import schemas
from schemas import codes
from schemas.errors import InvalidInputError

FOLDER = Path(schemas.__file__).parent / "sources"
OWN = {"36": "norfolk", "37": "suffolk", "47": "sussex", "45": "surrey", "22": "west_mercia"}
PROVIDERS = ("telco_north", "telco_south", "telco_west", "telco_east", "telco_coast", "telco_isle")
DEFAULT_PROVIDERS = PROVIDERS[:2]
TRAVEL = ("bluewing", "skyline", "southgate")


@dataclass(frozen=True)
class Feed:
    """One feed of a sender: `columns` ours to theirs, `theirs` ours to national code to the sender's words for it."""

    format: str
    delimiter: str = ","
    encoding: str = "utf-8"
    dates: tuple[str, ...] = ()  # Spark patterns; the writer uses the first, and workbooks the last for typed-in text
    times: tuple[str, ...] = ()  # none: typed, or ISO with offset
    columns: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, str] = field(default_factory=dict)
    items: Mapping[str, Any] | None = None
    theirs: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    takes_unmapped_tags: bool = False
    header_rows: int = 1
    durations: str = "seconds"
    clock: Mapping[str, Any] | None = None
    patterns: Mapping[str, str] = field(default_factory=dict)
    file_name: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Layout:
    sender: str
    zone: str
    force: str | None
    feeds: Mapping[str, Feed]


def sender(force: str) -> str:
    """Folder name of a force's sender: its name in lower case with underscores."""
    return OWN.get(force) or re.sub(r"[^a-z]+", "_", codes.FORCES[force].lower()).strip("_")


def _template(force: str) -> str:
    """Which of the five layouts a force writes in: its own, or one by its place in the code list."""
    return OWN.get(force) or list(OWN.values())[list(codes.FORCES).index(force) % len(OWN)]


def texts(forces: Sequence[str]) -> dict[str, str]:
    """YAML text by sender, for these forces, every provider and the senders of flights."""
    unknown = sorted(set(forces) - set(codes.FORCES))
    if unknown:
        raise InvalidInputError(
            f"unknown force {', '.join(unknown)}: expected Home Office codes, as in schemas.codes.FORCES"
        )
    layouts = {name: (FOLDER / f"{name}.yaml").read_text(encoding="utf-8") for name in (*PROVIDERS, *TRAVEL)}
    for force in forces:
        text = (FOLDER / f"{_template(force)}.yaml").read_text(encoding="utf-8")
        if force not in OWN:
            text = re.sub(
                r"\A(#.*\n)+", f"# {codes.FORCES[force]}: writes in the layout of {_template(force)}.\n", text
            )
            text = re.sub(r"^sender: .*$", f"sender: {sender(force)}", text, count=1, flags=re.M)
            text = re.sub(r"^name: .*$", f"name: {codes.FORCES[force]} Police", text, count=1, flags=re.M)
            text = re.sub(r"^force: .*$", f'force: "{force}"', text, count=1, flags=re.M)
        layouts[sender(force)] = text
    return layouts


def _turned(words: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    codes_by_value: dict[str, tuple[str, ...]] = {}
    for theirs, national in words.items():
        codes_by_value[national] = (*codes_by_value.get(national, ()), theirs)
    return codes_by_value


def parse(text: str) -> Layout:
    """A layout from its YAML text."""
    raw = yaml.safe_load(text)
    feeds = {
        name: Feed(
            format=feed["format"],
            delimiter=feed.get("delimiter", ","),
            encoding=feed.get("encoding", "utf-8"),
            dates=tuple(feed.get("dates", ())),
            times=tuple(feed.get("times", ())),
            columns=feed["columns"],
            lists=feed.get("lists", {}),
            items=feed.get("items"),
            theirs={ours: _turned(words) for ours, words in feed.get("codes", {}).items()},
            ignore=tuple(feed.get("ignore", ())),
            takes_unmapped_tags="tags" in feed.get("unmapped", {}),
            **{
                name: feed[name]
                for name in ("header_rows", "durations", "clock", "patterns", "file_name")
                if name in feed
            },
        )
        for name, feed in raw["feeds"].items()
    }
    return Layout(raw["sender"], raw.get("time_zone", "Europe/London"), raw.get("force"), feeds)


def of(forces: Sequence[str]) -> dict[str, Layout]:
    """Layouts by sender."""
    return {name: parse(text) for name, text in texts(forces).items()}
