"""WhatsApp's export of a chat as text: `[date, time] name: text` of iPhones, `date, time - name: text` of Android.

The order of day and month is the telephone's and stands nowhere: it is told by the first date that only one order
allows, looked for through the whole file before it is read. Where no date tells, every message is quarantined.

Limits: the export has no end, so that a cut between two lines cannot be seen; times are the telephone's own, here the
submission's zone, to the minute on Android; a name is whatever the telephone called the person; a pasted line that
looks like the beginning of a message is one; a reply's quotation and a forward's mark are not exported.
"""

from __future__ import annotations

import mimetypes
import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO, NamedTuple
from zoneinfo import ZoneInfo

from pipelines.device.readers import whatsapp_phrases as phrases
from pipelines.device.readers.base import (
    BLOCK,
    MAX_RECORD,
    TOO_LARGE,
    Clean,
    Owner,
    ReadingStopped,
    hour_of,
    last_part,
    never_raising,
    party,
    without_marks,
)
from pipelines.device.records import Attachment, Message, Place, Record, Refused, Source

MAX_LINE = 1 << 20  # bytes of a line that are looked at at once
_M = "[\u200e\u200f\u202a-\u202e\u2066-\u2069]*"
_HEAD = re.compile(
    rf"{_M}\ufeff?{_M}(?P<open>\[)?{_M}(?P<a>\d{{1,4}}){_M}(?P<sep>[./-]){_M} ?(?P<b>\d{{1,2}}){_M}"
    rf"(?P=sep){_M} ?(?P<c>\d{{1,4}})"
    rf"\.?{_M}(?:[,،]|\s+(?:à|klo|um|at|kl\.?|ob|в))?\s*{_M}(?P<h>\d{{1,2}})[:.](?P<m>\d{{2}})(?:[:.](?P<s>\d{{2}}))?"
    rf"(?:\s*{_M}(?P<half>[AaPp]\.?\s?[Mm]\.?|[صم]))?{_M}(?(open)\]\s?|\s+[-–]\s)"
)
_SENDER = re.compile(r"([^\n\"“„«]{1,100}?)\s?:(?: |$)", re.MULTILINE)
_FILE = re.compile(
    r"\u200e?(?P<name>[^/\\:*?\"<>|\n\u200e]{1,200}\.\w{1,5}) \((?P<mark>[^()\n]{4,40})\)$", re.MULTILINE
)
_IOS_FILE = re.compile(r"(?P<lrm>\u200e?)<(?P<mark>[^<>:\n]{3,30}?)\s?:\s(?P<name>[^<>\n]{1,255}\.\w{1,5})>")
_WHATSAPP_FILE = re.compile(r"(?:IMG|VID|AUD|PTT|STK|DOC)-\d{8}-WA\d{4}\.")
_MARK_AT_END = re.compile(r"\s*\u200e?<([^<>\n]{5,60})>\s*$")
_CHAT = re.compile(
    r"(?:WhatsApp[ _-]*(?:Chat|Konversation|discussion)?)[ _]*(?:with|mit|avec|con|com|-)?[ _]*(.+?)(?:\.txt|\.zip)?"
)
_ASKED = "is the first number of its dates the day or the month?"


class _Order(NamedTuple):
    """How a file writes its dates: within brackets or not, what separates them, and what stands first."""

    is_bracketed: bool
    separator: str
    order: str | None  # dmy, mdy, ymd; None where no date tells


class WhatsappText:
    """A chat exported by WhatsApp as text."""

    name = "whatsapp_text"
    version = "1"

    def takes(self, name: str, head: bytes) -> bool:
        if not name.lower().endswith(".txt"):
            return False
        first = head.decode("utf-8", "replace").lstrip("\ufeff\r\n ").partition("\n")[0]
        return _HEAD.match(first) is not None

    @never_raising
    def read(self, content: BinaryIO, source: Source) -> Iterator[Record]:
        if not content.seekable():
            with tempfile.TemporaryFile() as copy:  # without a name, gone when it is closed
                while block := content.read(BLOCK):
                    copy.write(block)
                copy.seek(0)
                yield from _read(copy, source)
        else:
            yield from _read(content, source)


def _read(content: BinaryIO, source: Source) -> Iterator[Record]:
    start = content.tell()
    order = _order(content)
    content.seek(start)
    if order is None:
        raise ReadingStopped("UNREADABLE", "no line that begins a message", 0)
    clean = Clean()
    chat = _Chat(source, order, clean)
    for record in _records(content, order):
        if record.is_large:
            yield Refused(record.place, TOO_LARGE)
        elif record.at is None:
            yield Refused(record.place, "lines before the first message")
        elif order.order is None:
            yield Refused(record.place, _ASKED)
        else:
            yield chat.message(record)
        yield from clean.told()
        if record.cut_at is not None:
            raise ReadingStopped("CUT", "the file ends within a character", record.cut_at)
    if order.order is None:
        raise ReadingStopped("AMBIGUOUS_DATES", _ASKED)


def _order(content: BinaryIO) -> _Order | None:
    """How the file writes its dates, by the first that only one order allows."""
    style: tuple[bool, str] | None = None
    is_told = True
    while line := content.readline(MAX_LINE):
        head = _HEAD.match(line[:200].decode("utf-8", "replace"))
        if head is None:
            continue
        found = (head["open"] is not None, head["sep"])
        if style is None:
            style = found
            if len(head["a"]) == 4:
                return _Order(*style, "ymd")
            if head["sep"] == ".":
                return _Order(*style, "dmy")
        if found != style or len(head["a"]) > 2:
            continue
        a, b = int(head["a"]), int(head["b"])
        if a > 12 >= b:
            return _Order(*style, "dmy")
        if b > 12 >= a:
            return _Order(*style, "mdy")
        is_told = is_told and a == b
    return None if style is None else _Order(*style, "dmy" if is_told else None)


class _Record(NamedTuple):
    """The lines of a message. `at` is local; None before the first."""

    place: Place
    at: datetime | None
    lines: bytes  # after the head of the first
    is_large: bool
    cut_at: int | None  # byte at which the file ends within a character


def _records(content: BinaryIO, order: _Order) -> Iterator[_Record]:
    """Messages by their lines. One that is too large comes without its text."""
    start = at_byte = size = 0
    at: datetime | None = None
    kept: list[bytes] = []
    last = b""
    is_line_start = True

    def made(end: int, is_end: bool = False) -> _Record:
        ending = len(last) - len(last.rstrip(b"\r\n")) if last.endswith(b"\n") else 0
        text = b"".join(kept)
        text = text[: len(text) - ending] if ending else text
        cut = _cut_character(last) if is_end else 0
        return _Record(Place(start, end - ending), at, text, size > MAX_RECORD, end - cut if cut else None)

    while line := content.readline(MAX_LINE):
        head = _HEAD.match(line[:200].decode("utf-8", "replace")) if is_line_start else None
        found = _local(head, order) if head else None
        if head is not None and found is not None:
            if kept or at is not None:
                yield made(at_byte)
            start, at, size = at_byte, found, 0
            kept.clear()
            kept.append(line[len(head[0].encode()) :])
            if at_byte == 0 and line.startswith(b"\xef\xbb\xbf"):
                start = 3
        elif kept or line.strip(b"\xef\xbb\xbf \r\n"):
            kept.append(line)
            if at is None and len(kept) == 1:
                start = at_byte
        size += len(line)
        if size > MAX_RECORD:
            kept[:] = [b""]
        at_byte += len(line)
        is_line_start = line.endswith(b"\n")
        last = line
    if kept or at is not None:
        yield made(at_byte, is_end=True)


def _cut_character(line: bytes) -> int:
    """Bytes at the end of a line that begin a character and do not end it."""
    return len(line) - len(Clean().block(line))


def _local(head: re.Match[str], order: _Order) -> datetime | None:
    """The local time of a head; None where it does not fit the file's order. Without an order any date does."""
    if (head["open"] is not None, head["sep"]) != order[:2]:
        return None
    a, b, c = int(head["a"]), int(head["b"]), int(head["c"])
    year, month, day = {"ymd": (a, b, c), "mdy": (c, a, b)}.get(order.order or "", (c, b, a))
    if order.order is None:
        month, day = 1, 1
    if len(str(year)) <= 2 and len(head["c"]) == 2:
        year += 2000
    half = head["half"]
    if half is not None:
        half = {"ص": "am", "م": "pm"}.get(half, half)
    try:
        return datetime(year, month, day, hour_of(int(head["h"]), half), int(head["m"]), int(head["s"] or 0))
    except ValueError:
        return None


class _Chat:
    """Makes messages of one file's records."""

    def __init__(self, source: Source, order: _Order, clean: Clean) -> None:
        self._owner, self._clean, self._region = Owner(source), clean, source.region
        self._zone = ZoneInfo(source.time_zone)
        self._is_bracketed = order.is_bracketed
        self._name = _chat_name(source.name)

    def message(self, record: _Record) -> Message:
        text = self._clean.line(record.lines).replace("\r\n", "\n")
        sent_at = (record.at or datetime.min).replace(tzinfo=self._zone).astimezone(UTC)
        named = _SENDER.match(text)
        name = without_marks(named[1]).strip().removeprefix("~").strip() if named else ""
        body = text[named.end() :] if named else text
        is_own = named is None or not name or bool(phrases.SYSTEM.search(name))
        if self._is_bracketed and not is_own:  # an iPhone names the chat where Android names nobody
            is_own = body.startswith("\u200e") and bool(phrases.SYSTEM.search(body[:300])) and not _attached(body)
        if is_own:
            own = without_marks(body if named and name and self._is_bracketed else text).strip()
            return Message(
                record.place, "whatsapp", self._name, self._name, direction="SYSTEM", sent_at=sent_at, text=own
            )
        sender = party(name, self._region)
        direction = self._owner.direction(sender, name)
        if direction == "OUT":
            sender = self._owner.main or sender
        body, is_edited = _without_edit(body)
        body, attachments = _without_attachments(body)
        is_deleted = _bare(body) in phrases.DELETED
        return Message(
            record.place,
            app="whatsapp",
            chat_id=self._name,
            chat_name=self._name,
            sender=sender,
            sender_name=name if name != sender else None,
            direction=direction,
            sent_at=sent_at,
            text=None if is_deleted else body or None,
            attachments=attachments,
            is_deleted=is_deleted,
            is_edited=is_edited,
        )


def _bare(text: str) -> str:
    return without_marks(text).strip(" .\n").casefold()


def _without_edit(body: str) -> tuple[str, bool]:
    mark = _MARK_AT_END.search(body)
    if mark is None or _bare(mark[1]) not in phrases.EDITED:
        return body, False
    return body[: mark.start()], True


def _attached(body: str) -> re.Match[str] | None:
    """A file's name with the phrase that says that it is attached."""
    for found in _IOS_FILE.finditer(body):
        if found["lrm"] or _bare(found["mark"]) in phrases.ATTACHED:
            return found
    named = _FILE.match(body)
    if named is None:
        return None
    is_known = _bare(named["mark"]) in phrases.ATTACHED
    return named if is_known or body.startswith("\u200e") or _WHATSAPP_FILE.match(named["name"]) else None


def _without_attachments(body: str) -> tuple[str, tuple[Attachment, ...]]:
    """The text, or the caption, and what is attached."""
    if found := _attached(body):
        name = last_part(found["name"])
        kept = (body[: found.start()] + body[found.end() :]).strip("\u200e \n")
        return kept, (Attachment(name, mimetypes.guess_type(name)[0], None),)
    first, _, rest = body.partition("\n")
    phrase = _bare(first).strip("<>")
    if phrase in phrases.OMITTED and (first.strip().startswith(("<", "\u200e")) or not rest):
        return rest, (Attachment(None, phrases.OMITTED[phrase], None),)
    return body, ()


def _chat_name(name: str) -> str | None:
    """The chat's name, which only the file's or the archive's name tells."""
    parts = [part for part in re.split(r"[/\\]", name) if part]
    for part in reversed(parts):
        if (found := _CHAT.fullmatch(part)) and found[1].lower() not in (".txt", ".zip"):
            return found[1].strip()
    return None
