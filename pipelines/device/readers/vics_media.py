"""The media of a device as a forensic program exports them for a case: VICS 2.0 or 1.3, `#Cases`.

Of each item its hashes, name, type and size are taken, a PDQ hash among them, and never the picture. A list of known
pictures (`#Media`) is none of this: it says nothing about what the device holds, and no reader takes it.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from pipelines.device import hash_lists
from pipelines.device.readers.base import Clean, last_part, never_raising
from pipelines.device.readers.json_text import Text
from pipelines.device.records import Media, Place, Record, Source

_CASES = re.compile(rb'"@?odata\.(?:context|metadata)"\s*:\s*"[^"]*/DataModels/\d\.\d\.xml[^"]*#Cases"')
_FORMS = {"MD5": "[0-9a-f]{32}", "SHA1": "[0-9a-f]{40}", "SHA256": "[0-9a-f]{64}"}
_MEDIA = ("image/", "video/", "audio/")


class VicsMedia:
    """A case as VICS has it."""

    name = "vics_media"
    version = "1"

    def takes(self, name: str, head: bytes) -> bool:
        return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" and _CASES.search(head[:4096]) is not None

    @never_raising
    def read(self, content: BinaryIO, source: Source) -> Iterator[Record]:
        clean = Clean()
        text = Text(content, clean)
        with text.document() as stream:
            if stream.peek() == "\ufeff":
                stream.take("\ufeff")
            for key in stream.members():
                if key == "value":
                    yield from _cases(text, clean)
                else:
                    stream.value()
        yield from clean.told()


def _cases(text: Text, clean: Clean) -> Iterator[Record]:
    for _ in text.stream.elements():
        if text.stream.peek() != "{":
            text.stream.value()
            continue
        for key in text.stream.members():
            if key != "Media" or text.stream.peek() != "[":
                text.stream.value()
                continue
            for item, place in text.elements():
                if isinstance(item, dict):
                    yield _media(item, place, clean)
                yield from clean.told()


def _media(item: dict[str, Any], place: Place, clean: Clean) -> Media:
    files = item.get("MediaFiles")
    first = files[0] if isinstance(files, list) and files and isinstance(files[0], dict) else {}
    path = next((said for said in (first.get("FileName"), item.get("RelativeFilePath")) if isinstance(said, str)), "")
    name = clean.text(last_part(path)) or None
    type_, size = item.get("MimeType"), item.get("MediaSize")
    said = type_.strip().lower() if isinstance(type_, str) else ""
    known, quality = hash_lists.pdq_of(item)[0] or (None, None)
    md5, sha1, sha256 = (_hash(item.get(kind), form) for kind, form in _FORMS.items())
    return Media(
        place,
        name=name,
        type=said if said.startswith(_MEDIA) else mimetypes.guess_type(name)[0] if name else None,
        n_bytes=size if isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 1 << 62 else None,
        md5=md5,
        sha1=sha1,
        sha256=sha256,
        pdq=known,
        pdq_quality=quality,
    )


def _hash(said: object, form: str) -> str | None:
    text = said.strip().lower() if isinstance(said, str) else ""
    return text if re.fullmatch(form, text) else None
