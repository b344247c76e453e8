"""Lists of known pictures: the forms that there are, read as a stream; what is no hash is refused and named."""

from __future__ import annotations

import hashlib
import io
import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from pipelines.common import json_stream
from pipelines.device import hash_lists
from pipelines.device.hash_lists import Form, Item, Refused, UnreadableError

MODELS = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels"
HEADS = {
    "VICS 2.0": ("@odata.context", f"{MODELS}/2.0.xml/UK/$metadata#Media"),
    "VICS 1.3": ("odata.metadata", "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#Media"),
    "CAID": ("odata.metadata", "http://github.com/ICMEC/ProjectVic/DataModels/1.2.xml#Media"),
}


def md5(n: int) -> str:
    return hashlib.md5(str(n).encode(), usedforsecurity=False).hexdigest()


def sha1(n: int) -> str:
    return hashlib.sha1(str(n).encode(), usedforsecurity=False).hexdigest()


def media(n: int, **changes: Any) -> dict[str, Any]:
    said = {"MediaID": n, "Category": n % 4, "MD5": md5(n).upper(), "SHA1": sha1(n), "MediaSize": 9, "Series": ""}
    return {**said, "MediaFiles": [{"FileName": "a.jpg", "FilePath": "C:\\\\x"}], **changes}


def listed(items: list[Any], form: str = "VICS 2.0", **changes: Any) -> bytes:
    key, model = HEADS[form]
    return json.dumps({key: model, **changes, "value": items}).encode()


def read(content: bytes) -> list[Any]:
    return list(hash_lists.read(io.BytesIO(content)))


def taken(content: bytes) -> list[Item]:
    return [each for each in read(content) if isinstance(each, Item)]


@pytest.mark.parametrize("form", HEADS)
def test_every_form_is_told_and_its_items_taken(form: str) -> None:
    found = read(b"\xef\xbb\xbf" + listed([media(n) for n in range(3)], form, extra={"nested": [1, {"value": []}]}))
    assert found == [Form(form), *(Item(n + 1, md5(n), sha1(n), n, None) for n in range(3))]


def test_items_of_cases_are_those_of_their_media() -> None:
    cases = [{"CaseID": "a", "Media": [media(1), media(2)], "CaseNumber": "b"}, {"CaseID": "c", "Media": []}]
    content = json.dumps({"@odata.context": f"{MODELS}/2.0.xml/UK/$metadata#Cases", "value": [*cases, media(3)]})
    assert [item.md5 for item in taken(content.encode())] == [md5(1), md5(2), md5(3)]
    assert [item.n for item in taken(content.encode())] == [1, 2, 3]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"MD5": md5(1)[:-1]}, [Refused(1, "MD5 is no such hash"), Item(1, None, sha1(1), 1, None)]),
        ({"MD5": None, "SHA1": ""}, [Refused(1, "no hash that is taken")]),
        ({"MD5": 12, "SHA1": "z" * 40}, [Refused(1, f"{k} is no such hash") for k in ("MD5", "SHA1")]
            + [Refused(1, "no hash that is taken")]),
        ({"Category": "2"}, [Item(1, md5(1), sha1(1), 2, None)]),
        ({"Category": True}, [Refused(1, "Category is none"), Item(1, md5(1), sha1(1), None, None)]),
        ({"Series": " North "}, [Item(1, md5(1), sha1(1), 1, "North")]),
    ],
)  # fmt: skip
def test_what_is_no_hash_is_refused_by_its_place(changes: dict[str, Any], expected: list[Any]) -> None:
    assert read(listed([media(1, **changes)]))[1:] == expected


def test_an_item_that_is_none_keeps_its_place() -> None:
    assert read(listed([media(0), "x", [1], media(3)]))[2:4] == [Refused(2, "no object"), Refused(3, "no object")]
    assert [item.n for item in taken(listed([media(0), "x", [1], media(3)]))] == [1, 4]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "ends early"),
        (b"[]", "no {"),
        (b"{}", "does not say"),
        (json.dumps({"value": [media(1)], "@odata.context": HEADS["VICS 2.0"][1]}).encode(), "does not say first"),
        (json.dumps({"@odata.context": f"{MODELS}/9.9.xml/UK/$metadata#Media", "value": []}).encode(), "neither"),
        (listed([]) + b"{}", "after its end"),
        (listed([media(1)]).replace(b'"Series"', b"'Series'"), "not JSON"),
        (listed([media(1)]).replace(b"a.jpg", b"\xff\xfe"), "UTF-8"),
    ],
)
def test_what_is_no_list_says_why(content: bytes, why: str) -> None:
    with pytest.raises(UnreadableError, match=why):
        read(content)


def test_a_cut_list_gives_what_came_before_wherever_it_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "BLOCK", 61)  # every item lies over the edge of a block
    whole = listed([media(n) for n in range(4)])
    expected = [Item(n + 1, md5(n), sha1(n), n, None) for n in range(4)]
    assert taken(whole) == expected
    ends = [whole.index(b"}]}", whole.index(md5(n).upper().encode())) + 3 for n in range(4)]
    for cut in range(len(whole)):
        found: list[Any] = []
        with pytest.raises(UnreadableError):
            found.extend(hash_lists.read(io.BytesIO(whole[:cut])))
        # What a generator gave before it raised, `extend` has kept.
        assert [each for each in found if isinstance(each, Item)] == expected[: sum(end <= cut for end in ends)]


class Endless(io.RawIOBase):
    """A list of so many items that is never whole anywhere."""

    def __init__(self, n_items: int) -> None:
        self._rest, self._parts = b"", self._made(n_items)

    def _made(self, n_items: int) -> Iterator[bytes]:
        yield listed([])[:-2]
        for n in range(n_items):
            yield (b"," if n else b"") + json.dumps(media(n)).encode()
        yield b"]}"

    def read(self, size: int = -1) -> bytes:
        while len(self._rest) < size and (part := next(self._parts, b"")):
            self._rest += part
        read, self._rest = self._rest[:size], self._rest[size:]
        return read


@pytest.mark.slow
def test_memory_is_that_of_a_window_and_not_of_the_list() -> None:
    n_items = 30_000
    tracemalloc.start()
    assert sum(isinstance(each, Item) for each in hash_lists.read(Endless(n_items))) == n_items
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 8 * json_stream.BLOCK < n_items * len(json.dumps(media(1))) / 3
