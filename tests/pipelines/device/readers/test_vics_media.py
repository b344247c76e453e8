"""The media of a case in VICS: hashes and names with their bytes; a list of known pictures is no device's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipelines.device.readers.registry import reader_for
from pipelines.device.readers.vics_media import VicsMedia
from pipelines.device.records import Media
from tests.pipelines.device import test_hash_lists as lists
from tests.pipelines.device.readers.reading import of, records, stopped
from tests.pipelines.device.test_pdq import ITSELF

PICTURE = "/9j/4AAQSkZJRgABAQ"  # how a picture begins in base64
CASE = {"@odata.context": f"{lists.MODELS}/2.0.xml/UK/$metadata#Cases"}


def case(*items: Any, head: dict[str, str] = CASE) -> bytes:
    media = list(items)
    whole = {**head, "value": [{"CaseID": "a", "Media": media[:2], "CaseNumber": "b"}, {"Media": media[2:]}]}
    return b"\xef\xbb\xbf" + json.dumps(whole, ensure_ascii=False).encode()


def alike(said: object) -> dict[str, Any]:
    return {"AlternativeHashes": [{"HashName": "PhotoDNA", "HashValue": "1,2"}, {"HashName": "pdq", "HashValue": said}]}


def test_hashes_name_type_and_size_are_taken_and_nothing_else() -> None:
    item = lists.media(
        1, MimeType="image/jpeg", SHA256="ab" * 32, Thumbnail=PICTURE, **alike(f"{ITSELF},88"),
        MediaFiles=[{"FileName": "caf\u00e9.jpg", "FilePath": "C:\\x"}],
    )  # fmt: skip
    content = case(item, lists.media(2, MediaFiles=[], RelativeFilePath="a\\b\\c.mp4", MediaSize="9"), lists.media(3))
    found = of(Media, records(VicsMedia(), content))
    first = found[0]
    told = (first.name, first.type, first.n_bytes, first.md5, first.sha1, first.sha256, first.pdq, first.pdq_quality)
    assert told == (
        "caf\u00e9.jpg", "image/jpeg", 9, lists.md5(1), lists.sha1(1), "ab" * 32, ITSELF, 88,
    )  # fmt: skip
    assert (found[1].name, found[1].type, found[1].n_bytes, found[1].pdq) == ("c.mp4", "video/mp4", None, None)
    assert [one.md5 for one in found] == [lists.md5(n) for n in (1, 2, 3)]
    assert PICTURE not in repr(found)
    for n, one in enumerate(found, 1):
        assert json.loads(content[one.place.byte_from : one.place.byte_to])["MediaID"] == n


@pytest.mark.parametrize("form", lists.HEADS)
def test_a_list_of_known_pictures_says_nothing_about_a_device(form: str) -> None:
    assert reader_for("export.json", lists.listed([lists.media(1)], form)[: 64 << 10]) is None


def test_a_case_of_the_older_model_is_taken_and_a_cut_one_gives_what_came_before() -> None:
    head = {"odata.metadata": "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#Cases"}
    content = case(*(lists.media(n) for n in range(3)), head=head)
    assert isinstance(reader_for("case.json", content[: 64 << 10]), VicsMedia)
    found = records(VicsMedia(), content[:-60])
    assert len(of(Media, found)) == 2
    ended = stopped(found)
    assert ended is not None
    assert ended.reason == "CUT"


@pytest.mark.parametrize("said", [5, "no hash", f"{ITSELF[:-1]}g"])
def test_what_is_no_pdq_hash_is_not_taken(said: object) -> None:
    (one,) = of(Media, records(VicsMedia(), case(lists.media(1, **alike(said)))))
    assert (one.pdq, one.md5) == (None, lists.md5(1))
