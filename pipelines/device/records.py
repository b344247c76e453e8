"""What readers of exports make: records without their submission, each with its place in the file.

A reader is one module of `pipelines.device.readers`. It is handed one open file and yields records as it meets them, so
that a cut file gives what came before. It never holds a file or a conversation whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, NamedTuple, Protocol, TypeAlias

from schemas.layouts.device_table import Table


class Attachment(NamedTuple):
    """What hangs on a message; never its content."""

    name: str | None
    type: str | None
    hash: str | None


class Place(NamedTuple):
    """Bytes of the content that was read, `byte_to` excluded. No two records of a file have the same place.

    XML: the element. JSON, TSV, CSV: the row. Workbook: the row in its sheet's XML. Text, mail: the message, without
    the line break that ends it. SQLite: the row's cell within its page, of the database with its write-ahead log folded
    in; what overflows a page is elsewhere. PDF: the first byte of the page's object.
    """

    byte_from: int
    byte_to: int


@dataclass(frozen=True, slots=True)
class Message:
    """A message, as silver.device_messages describes its fields. `sent_at` is aware; None where the file has none."""

    place: Place
    app: str | None = None
    chat_id: str | None = None
    chat_name: str | None = None
    members: tuple[str, ...] = ()
    sender: str | None = None
    sender_name: str | None = None
    recipients: tuple[str, ...] = ()
    direction: str | None = None
    sent_at: datetime | None = None
    text: str | None = None
    quoted_text: str | None = None
    attachments: tuple[Attachment, ...] = ()
    is_deleted: bool = False
    is_edited: bool = False
    is_forwarded: bool = False


@dataclass(frozen=True, slots=True)
class Contact:
    """An entry of an address book."""

    place: Place
    app: str | None = None
    name: str | None = None
    phones: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    note: str | None = None
    is_deleted: bool = False
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a log."""

    place: Place
    app: str | None = None
    party: str | None = None
    party_name: str | None = None
    direction: str | None = None
    kind: str = "UNKNOWN"
    status: str = "UNKNOWN"
    started_at: datetime | None = None
    duration_s: float | None = None
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Media:
    """A picture, video or recording that an export names."""

    place: Place
    name: str | None = None
    type: str | None = None
    n_bytes: int | None = None
    md5: str | None = None
    sha1: str | None = None
    sha256: str | None = None
    is_deleted: bool = False
    pdq: str | None = None
    pdq_quality: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that is there and cannot be taken in: counted, quarantined, its place kept."""

    place: Place
    why: str  # a sentence without content


@dataclass(frozen=True, slots=True)
class Stopped:
    """The last record of a file that could not be read to its end, or not wholly."""

    reason: str  # schemas.device.FILE_REASONS
    detail: str  # without content
    at: int | None = None  # byte; None where the whole was read with doubts


@dataclass(frozen=True, slots=True)
class Replaced:
    """So many bytes more were read as U+FFFD: no text may hold them."""

    n_bytes: int


Record: TypeAlias = Message | Contact | Call | Media | Refused | Stopped | Replaced


@dataclass(frozen=True, slots=True)
class Source:
    """What a reader may know of the file it reads, besides its content."""

    name: str  # file or member, as the export names it
    owner_identifiers: tuple[str, ...] = ()  # of the device's owner, as the submission says
    region: str = "GB"  # for numbers in national form
    time_zone: str = "Europe/London"  # for times without a zone
    text_in_pictures: bool = False  # whether the submission asks for it
    tables: tuple[Table, ...] = ()  # layouts of tables, as the submission gives them
    beside: Callable[[str], BinaryIO | None] | None = None  # opens what lies beside it: its name and a suffix, "-wal"


class Reader(Protocol):
    """One kind of export."""

    name: str
    version: str

    def takes(self, name: str, head: bytes) -> bool:
        """Whether it reads a file of this name and these first bytes (64 KiB, or all of a shorter file)."""
        ...

    def read(self, content: BinaryIO, source: Source) -> Iterator[Record]:
        """The records of a file in its order. Never raises for what the file holds: the last record says `Stopped`.

        Args:
            content: the file's content, read once from its start; it can seek where the file itself can.
        """
        ...
