"""Feeds without files of their own, which read the rows of another's: `rows_of` of a layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from schemas.documents import Location
from schemas.layouts.feed import OF_FILES, OF_WRITING, Feed, mapped_columns


def told(name: str, body: Any, feeds: Mapping[str, Any]) -> Any:
    """A feed with its own name, and what it takes over of the one whose rows it reads."""
    if not isinstance(body, Mapping):
        return body
    read = _read(body, feeds)
    taken = {key: read[key] for key in (*OF_FILES, *OF_WRITING) if key in read} if isinstance(read, Mapping) else {}
    return {**taken, **body, "name": name}


def why_not(name: str, body: Mapping[str, Any], feeds: Mapping[str, Any]) -> Iterator[tuple[Location, str]]:
    """What is wrong with a feed that reads the rows of another."""
    read = _read(body, feeds)
    if name == "reports":  # whose markings are looked at before a row is kept
        yield (name, "rows_of"), "belongs to other feeds: reports have files of their own"
        return
    if not isinstance(read, Mapping) or body["rows_of"] == name or "rows_of" in read:
        yield (name, "rows_of"), "takes the name of another feed of this sender that has files of its own"
        return
    if body.get("format") != read.get("format"):
        yield (name, "format"), f"is another than that of {body['rows_of']}, whose files it reads"
    for key in (*OF_FILES, "due"):
        if key in body:
            yield (name, key), f"is said under {body['rows_of']}, whose files it reads"


def known(feeds: dict[str, Feed]) -> dict[str, Feed]:
    """Feeds of which each knows the columns that others read of its files: none of them is rescued there."""
    more: dict[str, list[str]] = {}
    for feed in feeds.values():
        if feed.rows_of is not None:
            more.setdefault(feed.rows_of, []).extend(sorted(mapped_columns(feed)))
    return {
        name: feed.model_copy(update={"ignore": (*feed.ignore, *more[name])}) if name in more else feed
        for name, feed in feeds.items()
    }


def _read(body: Mapping[str, Any], feeds: Mapping[str, Any]) -> Any:
    """What the layout says of the feed whose rows are read; None without one."""
    name = body.get("rows_of")
    return feeds.get(name) if isinstance(name, str) else None
