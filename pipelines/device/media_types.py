"""What kind of file some bytes begin, from published signatures; a name tells where the bytes do not."""

from __future__ import annotations

import mimetypes

_SIGNATURES = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypmif1", "image/heif"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp3g", "video/3gpp"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (8, b"AVI ", "video/x-msvideo"),
    (8, b"WAVE", "audio/wav"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (0, b"PK\x03\x04", "application/zip"),
)
_MEDIA = ("image/", "video/", "audio/")


def media_type(name: str, head: bytes) -> str | None:
    """The media type of a file that begins with `head`; None where neither its bytes nor its name tell."""
    for at, signature, kind in _SIGNATURES:
        if head[at : at + len(signature)] == signature:
            return kind
    guessed = mimetypes.guess_type(name.rsplit("/", 1)[-1], strict=False)[0]
    # A picture whose bytes are none is no picture: damaged, or named so as to be overlooked.
    return None if guessed and guessed.startswith(_MEDIA) and head else guessed


def is_media(kind: str | None) -> bool:
    """Whether it is a picture, a video or a recording."""
    return bool(kind and kind.startswith(_MEDIA))
