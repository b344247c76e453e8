"""Lists of known pictures as JSON: VICS 2.0 and 1.3, and CAID's form of 1.2. Read as a stream, item by item.

    {"@odata.context": ".../DataModels/2.0.xml/UK/$metadata#Media", "value": [{"MD5": ..., "Category": 1, ...}, ...]}
    {"odata.metadata": ".../ProjectVic/DataModels/1.3.xml#Media", "value": [...]}

`#Cases` has the items in `Media` of each case. Of an item its hashes, category and series are taken and nothing else: a
list may hold pictures, and none of them is kept. A PDQ hash stands among `AlternativeHashes`, as
`{"HashName": "PDQ", "HashValue": "hash"}` or with its quality as "hash,quality". Source: Project VIC's data models, as
public generators write them.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from pipelines.common import json_stream
from pipelines.common.json_stream import JsonStream, JsonStreamError
from pipelines.device import pdq
from schemas.device import HASH_LIST_FORMS

MAX_VALUE = 4 << 20  # characters of one value of a list; an item has a few hundred
_FORM = re.compile(r"/DataModels/(\d\.\d)\.xml(?:/[A-Za-z]+)?(?:/\$metadata)?#(Media|Cases)$")
_WHY = {
    json_stream.CUT: "it ends early", json_stream.NO_JSON: "it is not JSON",
    json_stream.MORE: "it goes on after its end", json_stream.TOO_LONG: "a value is longer than any of a list",
}  # fmt: skip
_FORMS = dict(zip(("2.0", "1.3", "1.2"), HASH_LIST_FORMS, strict=True))
_HEADS = ("@odata.context", "odata.metadata")
_HASHES = {"MD5": re.compile("[0-9a-f]{32}"), "SHA1": re.compile("[0-9a-f]{40}")}
_TAKEN = (*_HASHES, "Category", "Series", "AlternativeHashes")
CATEGORIES = range(10)  # of the countries' schemes; in the UK 1 to 3 are A to C, and 0 is not yet categorised


class Item(NamedTuple):
    """One picture or video of a list, by its hashes. `n` is its place in the list, from 1."""

    n: int
    md5: str | None
    sha1: str | None
    category: int | None
    series: str | None
    pdq: str | None = None
    pdq_quality: int | None = None


class Refused(NamedTuple):
    """An item, or one of its values, that is not taken."""

    n: int
    reason: str


class Form(NamedTuple):
    """Which data model the list says that it follows; first of all, or never where it says so after its items."""

    name: str


class UnreadableError(ValueError):
    """The file is no list, or not to its end; the message says why. What came before it stands."""


def read(stream: BinaryIO) -> Iterator[Form | Item | Refused]:
    """What a list holds, in its order; an item may be both taken and refused a value.

    Raises:
        UnreadableError: it is cut, is not JSON in UTF-8, or follows none of the data models.
    """
    try:
        yield from _read(_stream(stream))
    except JsonStreamError as error:
        mark = f": no {error.wanted} where one belongs" if error.wanted else ""
        raise UnreadableError(_WHY[error.kind] + mark) from error
    except UnicodeDecodeError as error:
        raise UnreadableError("its characters are not UTF-8") from error


def _read(text: JsonStream) -> Iterator[Form | Item | Refused]:
    n, form = 0, None
    for key in text.members():
        if key in _HEADS:
            form = _form(text.value().value)
            yield form
        elif key != "value":
            text.value()
        elif form is None:
            raise UnreadableError("it does not say first which data model it follows")
        else:
            for item in _items(text):
                n += 1
                yield from _taken(n, item)
    if form is None:
        raise UnreadableError("it does not say which data model it follows")
    text.end()


def _form(said: Any) -> Form:
    found = _FORM.search(said) if isinstance(said, str) else None
    if not found or found[1] not in _FORMS:
        raise UnreadableError("it follows neither VICS 2.0, VICS 1.3 nor CAID")
    return Form(_FORMS[found[1]])


def _items(text: JsonStream) -> Iterator[Any]:
    """Items of `value`, or of `Media` of its cases."""
    for _ in text.elements():
        if text.peek() != "{":
            yield text.value().value
            continue
        item: dict[str, Any] = {}
        is_case = False
        for key in text.members():
            if key == "Media" and text.peek() == "[":
                is_case = True
                for _ in text.elements():
                    yield text.value().value
            else:
                value = text.value().value
                if key in _TAKEN:
                    item[key] = value
        if not is_case:
            yield item


def _taken(n: int, item: Any) -> Iterator[Item | Refused]:
    if not isinstance(item, dict):
        yield Refused(n, "no object")
        return
    hashes: dict[str, str | None] = {}
    for name, form in _HASHES.items():
        said = item.get(name)
        hashes[name] = said.strip().lower() if isinstance(said, str) and said.strip() else None
        if said is not None and said != "" and not (hashes[name] and form.fullmatch(hashes[name] or "")):
            hashes[name] = None
            yield Refused(n, f"{name} is no such hash")
    alike, is_pdq_refused = pdq_of(item)
    if is_pdq_refused:
        yield Refused(n, "PDQ is no such hash")
    if not any(hashes.values()) and alike is None:
        yield Refused(n, "no hash that is taken")
        return
    category, series = _category(item.get("Category")), item.get("Series")
    if category is None and item.get("Category") not in (None, ""):
        yield Refused(n, "Category is none")
    named = series.strip() or None if isinstance(series, str) else None
    yield Item(n, hashes["MD5"], hashes["SHA1"], category, named, *(alike or ()))


def pdq_of(item: dict[str, Any]) -> tuple[tuple[str, int | None] | None, bool]:
    """The PDQ hash of an item with its quality, if it has one; and whether one is there that is none."""
    others = item.get("AlternativeHashes")
    said = [
        one.get("HashValue")
        for one in (others if isinstance(others, list) else ())
        if isinstance(one, dict) and str(one.get("HashName")).strip().upper() == "PDQ"
    ]
    found = [pdq.parsed(text) for text in said if isinstance(text, str)]
    return next(filter(None, found), None), len(found) < len(said) or None in found


def _category(said: Any) -> int | None:
    if isinstance(said, str) and re.fullmatch("[0-9]", said.strip()):
        said = int(said)
    return said if isinstance(said, int) and not isinstance(said, bool) and said in CATEGORIES else None


def _stream(stream: BinaryIO) -> JsonStream:
    decoder = codecs.getincrementaldecoder("utf-8-sig")()

    def more(n: int) -> tuple[str, bool]:
        block = stream.read(n)
        return decoder.decode(block, final=not block), not block

    return JsonStream(more, MAX_VALUE, json.JSONDecoder(parse_constant=lambda _: None))
