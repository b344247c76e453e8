"""From a file of a submission to records: opened once for its hashes, once for its reader; archives by member.

What a file holds goes through in the order in which it stands there, and never all at once. Files are opened for
reading alone; the row of each says what became of it.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import BinaryIO, NamedTuple

from pipelines.device import media_types, picture_text
from pipelines.device.readers import archive, base, registry
from pipelines.device.readers.base import Clean
from pipelines.device.readers.download_table import DownloadTable
from pipelines.device.records import (
    Attachment,
    Call,
    Contact,
    Media,
    Message,
    Place,
    Record,
    Refused,
    Replaced,
    Source,
    Stopped,
)
from schemas.layouts.device_table import layout_of

HEAD = 64 << 10  # bytes that a reader is shown before it takes a file
BLOCK = 1 << 20
ZIP, HASHES = "zip 1", "hashes 1"  # readers of archives, and of what has no other
_ZIP = b"PK\x03\x04"
_DOCUMENT = "[Content_Types].xml"  # of office documents, which are archives and are not taken apart


@dataclass(frozen=True, slots=True)
class FileRow:
    """What became of a file, as bronze.device_files has it. `n_messages`: those seen, refused ones too."""

    status: str
    sha256: str | None = None
    md5: str | None = None
    sha1: str | None = None
    n_bytes: int | None = None
    type: str | None = None
    reason: str | None = None
    detail: str | None = None
    stopped_byte: int | None = None
    reader: str | None = None
    n_messages: int = 0
    n_quarantined: int = 0
    n_contacts: int = 0
    n_calls: int = 0
    n_media: int = 0
    n_replaced_bytes: int = 0


class Told(NamedTuple):
    """A record of a file or the row about the file itself, which comes after its records."""

    member: str
    reader: str
    record: Message | Contact | Call | Media | Refused | FileRow


@dataclass(frozen=True, slots=True)
class _Content:
    """Something that can be opened more than once."""

    member: str
    name: str
    open: Callable[[], BinaryIO]
    beside: Callable[[str], BinaryIO | None]


def records(path: str, source: Source, limits: archive.Limits | None = None) -> Iterator[Told]:
    """Everything of the file at `path`, and of each member where it is an archive.

    Args:
        source: of the submission; its name is the file's.

    Never raises for what the file holds or because it cannot be opened: the last row says so.
    """
    content = _Content("", source.name, lambda: opened(path), lambda suffix: _beside(path, suffix))
    try:
        with closing(content.open()) as stream:
            is_archive = stream.read(len(_ZIP)) == _ZIP or source.name.lower().endswith((".ufdr", ".zip"))
    except OSError as error:
        yield Told("", HASHES, _failed("UNREADABLE", f"cannot be opened ({type(error).__name__})"))
        return
    if not is_archive or layout_of(source.name, source.tables):
        yield from _one(content, source)
        return
    yield from _archive(content, source, limits)


def opened(path: str) -> BinaryIO:
    """A plain file for reading; a link is not followed, a pipe not waited for.

    Raises:
        OSError: it is none, or cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    stream = open(descriptor, "rb")  # noqa: SIM115  # the caller closes it
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        stream.close()
        raise OSError("no plain file")
    return stream


def _beside(path: str, suffix: str) -> BinaryIO | None:
    try:
        return opened(path + suffix)
    except OSError:
        return None


def _archive(content: _Content, source: Source, limits: archive.Limits | None) -> Iterator[Told]:
    """Members, then the archive itself."""
    hashed, _ = _hashed(content)
    row = replace(hashed, status="READ", reader=ZIP, type="application/zip")
    if hashed.reason:
        yield Told("", ZIP, replace(row, status="FAILED"))
        return
    try:
        with closing(content.open()) as stream, archive.Archive(stream, limits) as members:
            listed = list(members.members())
            if any(member.name == _DOCUMENT for member in listed):
                kind = media_types.media_type(source.name, b"") or "application/zip"
                yield Told("", HASHES, replace(row, status="UNKNOWN", reader=None, type=kind))
                return
            by_name = {member.name: member for member in listed}
            for member in listed:
                if member.reason:
                    yield Told(member.name, ZIP, _failed(member.reason, member.detail or "", member.n_bytes))
                    continue
                yield from _one(_member(members, member, by_name), replace(source, name=member.name))
    except base.ReadingStopped as stopped:
        row = replace(row, status="FAILED", reason=stopped.reason, detail=stopped.detail, stopped_byte=stopped.at)
    except OSError as error:
        row = replace(row, status="FAILED", reason="UNREADABLE", detail=f"cannot be read ({type(error).__name__})")
    yield Told("", ZIP, row)


def _member(members: archive.Archive, member: archive.Member, by_name: dict[str, archive.Member]) -> _Content:
    def beside(suffix: str) -> BinaryIO | None:
        other = by_name.get(member.name + suffix)
        return members.open(other) if other and not other.reason else None

    return _Content(member.name, member.name, lambda: members.open(member), beside)


def _one(content: _Content, source: Source) -> Iterator[Told]:
    """Records of a file that is no archive, then the file."""
    row, head = _hashed(content)
    if row.reason:
        yield Told(content.member, HASHES, replace(row, status="FAILED"))
        return
    table = layout_of(content.name, source.tables)
    reader = DownloadTable(table) if table else registry.reader_for(content.name, head)
    if reader is None:
        yield from _without_reader(content, row, source)
        return
    named = f"{reader.name} {reader.version}"
    counted = {Message: 0, Contact: 0, Call: 0, Media: 0, Refused: 0}
    n_replaced, stopped = 0, None
    try:
        with closing(content.open()) as stream:
            for record in reader.read(stream, replace(source, beside=content.beside)):
                if isinstance(record, Stopped):
                    stopped = record
                elif isinstance(record, Replaced):
                    n_replaced += record.n_bytes
                else:
                    counted[type(record)] += 1
                    yield Told(content.member, named, record)
    except (OSError, base.ReadingStopped) as error:
        reason = error.reason if isinstance(error, base.ReadingStopped) else "UNREADABLE"
        stopped = Stopped(reason, f"cannot be opened again ({type(error).__name__})")
    is_read = any(counted.values()) or stopped is None
    yield Told(
        content.member,
        named,
        replace(
            row,
            status="READ" if is_read else "FAILED",
            reason=stopped.reason if stopped else None,
            detail=stopped.detail if stopped else None,
            stopped_byte=stopped.at if stopped else None,
            reader=named,
            n_messages=counted[Message] + counted[Refused],
            n_quarantined=counted[Refused],
            n_contacts=counted[Contact],
            n_calls=counted[Call],
            n_media=counted[Media],
            n_replaced_bytes=n_replaced,
        ),
    )


def _without_reader(content: _Content, row: FileRow, source: Source) -> Iterator[Told]:
    """Hashes of a picture, video or recording, the text of a picture where it is asked for, and the file."""
    if not media_types.is_media(row.type):
        yield Told(content.member, HASHES, replace(row, status="UNKNOWN"))
        return
    place, name = Place(0, row.n_bytes or 0), content.name.rsplit("/", 1)[-1]
    yield Told(content.member, HASHES, Media(place, name, row.type, row.n_bytes, row.md5, row.sha1, row.sha256))
    row, by = replace(row, status="HASHED", n_media=1), HASHES
    if source.text_in_pictures and picture_text.is_taken(row.type):
        clean = Clean()
        try:
            with closing(content.open()) as stream:
                text = picture_text.read(stream, clean)
        except base.ReadingStopped as stopped:
            row = replace(row, reason=stopped.reason, detail=stopped.detail)
        except OSError as error:
            row = replace(row, reason="UNREADABLE", detail=f"cannot be opened again ({type(error).__name__})")
        else:
            by = picture_text.reader() or HASHES
            n_replaced = sum(each.n_bytes for each in clean.told())
            row = replace(row, reader=by, n_replaced_bytes=n_replaced)
            if text:
                hung = Attachment(name, row.type, row.sha256)
                yield Told(content.member, by, Message(place, text=text, attachments=(hung,)))
                row = replace(row, status="READ", n_messages=1)
    yield Told(content.member, by, row)


def _hashed(content: _Content) -> tuple[FileRow, bytes]:
    """The row of a file with its hashes and size, and its first bytes; with a reason where it cannot be read whole."""
    digests = (hashlib.sha256(), hashlib.md5(usedforsecurity=False), hashlib.sha1(usedforsecurity=False))
    head, n_bytes = b"", 0
    try:
        with closing(content.open()) as stream:
            while block := stream.read(BLOCK):
                if len(head) < HEAD:
                    head += block[: HEAD - len(head)]
                n_bytes += len(block)
                for digest in digests:
                    digest.update(block)
    except base.ReadingStopped as stopped:
        return _failed(stopped.reason, stopped.detail, n_bytes, stopped.at), head
    except OSError as error:
        return _failed("UNREADABLE", f"cannot be read ({type(error).__name__})", n_bytes, n_bytes), head
    sha256, md5, sha1 = (digest.hexdigest() for digest in digests)
    kind = media_types.media_type(content.name, head)
    return FileRow("UNKNOWN", sha256, md5, sha1, n_bytes, kind), head


def _failed(reason: str, detail: str, n_bytes: int | None = None, at: int | None = None) -> FileRow:
    return FileRow("FAILED", n_bytes=n_bytes, reason=reason, detail=detail, stopped_byte=at)


__all__ = ("FileRow", "Record", "Told", "opened", "records")
