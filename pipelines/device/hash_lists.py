"""Lists of known pictures as JSON: VICS 2.0 and 1.3, and CAID's form of 1.2. Read as a stream, item by item.

    {"@odata.context": ".../DataModels/2.0.xml/UK/$metadata#Media", "value": [{"MD5": ..., "Category": 1, ...}, ...]}
    {"odata.metadata": ".../ProjectVic/DataModels/1.3.xml#Media", "value": [...]}

`#Cases` has the items in `Media` of each case. Of an item its hashes, category and series are taken and nothing else: a
list may hold pictures, and none of them is kept. Source: Project VIC's data models, as public generators write them.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from schemas.device import HASH_LIST_FORMS

BLOCK = 1 << 18
MAX_VALUE = 4 << 20  # characters of one value of a list; an item has a few hundred
_BLANK = re.compile(r"[ \t\r\n]*")
_FORM = re.compile(r"/DataModels/(\d\.\d)\.xml(?:/[A-Za-z]+)?(?:/\$metadata)?#(Media|Cases)$")
_FORMS = dict(zip(("2.0", "1.3", "1.2"), HASH_LIST_FORMS, strict=True))
_HEADS = ("@odata.context", "odata.metadata")
_HASHES = {"MD5": re.compile("[0-9a-f]{32}"), "SHA1": re.compile("[0-9a-f]{40}")}
CATEGORIES = range(10)  # of the countries' schemes; in the UK 1 to 3 are A to C, and 0 is not yet categorised


class Item(NamedTuple):
    """One picture or video of a list, by its hashes. `n` is its place in the list, from 1."""

    n: int
    md5: str | None
    sha1: str | None
    category: int | None
    series: str | None


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
    text = _Text(stream)
    n, form = 0, None
    for key in text.object():
        if key in _HEADS:
            form = _form(text.value())
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


def _items(text: _Text) -> Iterator[Any]:
    """Items of `value`, or of `Media` of its cases."""
    for _ in text.array():
        if text.next() != "{":
            yield text.value()
            continue
        item: dict[str, Any] = {}
        is_case = False
        for key in text.object():
            if key == "Media" and text.next() == "[":
                is_case = True
                for _ in text.array():
                    yield text.value()
            else:
                value = text.value()
                if key in ("MD5", "SHA1", "Category", "Series"):
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
    if not any(hashes.values()):
        yield Refused(n, "no hash that is taken")
        return
    category, series = _category(item.get("Category")), item.get("Series")
    if category is None and item.get("Category") not in (None, ""):
        yield Refused(n, "Category is none")
    yield Item(n, hashes["MD5"], hashes["SHA1"], category, series.strip() or None if isinstance(series, str) else None)


def _category(said: Any) -> int | None:
    if isinstance(said, str) and re.fullmatch("[0-9]", said.strip()):
        said = int(said)
    return said if isinstance(said, int) and not isinstance(said, bool) and said in CATEGORIES else None


class _Text:
    """A document's text, of which a window is held, and the place in it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._json = json.JSONDecoder(parse_constant=lambda _: None)
        self._window, self._at, self._is_done = "", 0, False

    def object(self) -> Iterator[str]:
        """Each key of the object that comes next; whoever takes a key takes its value."""
        for _ in self._parts("{", "}"):
            key = self.value()
            if not isinstance(key, str):
                raise UnreadableError("it is not JSON")
            self._take(":")
            yield key

    def array(self) -> Iterator[None]:
        """Once for each value of the array that comes next, which is then to be taken."""
        return self._parts("[", "]")

    def end(self) -> None:
        if self.next() is not None:
            raise UnreadableError("it goes on after its end")

    def next(self) -> str | None:
        """The next character that is not blank, not taken; None at the end."""
        while True:
            blank = _BLANK.match(self._window, self._at)
            self._at = blank.end() if blank else self._at
            if self._at < len(self._window):
                return self._window[self._at]
            if not self._fill():
                return None

    def value(self) -> Any:
        """The next value, taken."""
        if self.next() is None:
            raise UnreadableError("it ends early")
        while True:
            try:
                value, end = self._json.raw_decode(self._window, self._at)
            except (ValueError, RecursionError):
                if len(self._window) - self._at > MAX_VALUE:
                    raise UnreadableError("a value is longer than any of a list, or is not JSON") from None
                if self._fill():
                    continue
                raise UnreadableError("it ends early, or is not JSON") from None
            if end == len(self._window) and self._fill():  # a number may go on
                continue
            self._at = end
            return value

    def _parts(self, opening: str, closing: str) -> Iterator[None]:
        self._take(opening)
        if self.next() == closing:
            self._take(closing)
            return
        while True:
            yield
            if self.next() == closing:
                self._take(closing)
                return
            self._take(",")

    def _take(self, mark: str) -> None:
        found = self.next()
        if found != mark:
            raise UnreadableError("it ends early" if found is None else f"it is not JSON: no {mark} where one belongs")
        self._at += 1

    def _fill(self) -> bool:
        """Reads on; False at the end."""
        if self._is_done:
            return False
        read = self._stream.read(BLOCK)
        self._is_done = not read
        try:
            more = self._decoder.decode(read, final=self._is_done)
        except UnicodeDecodeError:
            raise UnreadableError("its characters are not UTF-8") from None
        self._window, self._at = self._window[self._at :] + more, 0
        return not self._is_done
