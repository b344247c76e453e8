"""Mail: single messages (.eml) and boxes of them (mbox), by the standard library.

The text is the subject and, below it, the plain text; of mail with HTML alone, its words. Attachments are named with
type and SHA-256; what they hold is not kept, and a mail attached to a mail is an attachment.

Limits: a mail is parsed whole and may have 32 MiB; lines that a box escaped (">From ") stay so; a line that looks like
the beginning of a mail, after an empty line, is one; a cut shows only where it leaves an open part.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import errors, message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message as Mail
from email.utils import getaddresses, parsedate_to_datetime
from html.parser import HTMLParser
from typing import BinaryIO

from pipelines.device.readers.base import Clean, Owner, ReadingStopped, never_raising
from pipelines.device.records import Attachment, Message, Place, Record, Refused, Source

MAX_MAIL = 32 << 20  # bytes; an object of several times the size is made of them
MAX_PARTS = 1000
_MAX_LINE = 1 << 20
_BEGINS = re.compile(rb"From \S+ +\w{3} +\w{3} +\d{1,2} +\d{1,2}:\d\d(?::\d\d)?.{0,20} \d{4}")
_HEADER = re.compile(rb"[!-9;-~]{1,70}:[ \t]?[^\n]*\n")  # RFC 5322, 2.2: printable, without a colon
_OPEN = (errors.CloseBoundaryNotFoundDefect, errors.StartBoundaryNotFoundDefect)
_SPACE = re.compile(r"[ \t]*\r?\n[ \t]+")


class MailFile:
    """A mail or a box of mails."""

    name = "mail"
    version = "1"

    def takes(self, name: str, head: bytes) -> bool:
        if _BEGINS.match(head):
            return True
        return name.lower().endswith(".eml") and _HEADER.match(head.lstrip()) is not None

    @never_raising
    def read(self, content: BinaryIO, source: Source) -> Iterator[Record]:
        clean, owner = Clean(), Owner(source)
        for place, raw, is_last in _mails(content):
            if raw is None:
                yield Refused(place, f"a mail of over {MAX_MAIL >> 20} MiB")
                continue
            try:
                mail = message_from_bytes(raw, policy=policy.compat32)
                parts = list(_parts(mail))
                made = _message(mail, parts, place, owner, clean)
            except (RecursionError, errors.MessageError, ValueError, AttributeError, TypeError, KeyError, IndexError):
                yield Refused(place, "a mail that cannot be parsed")  # the library has raised each of these
                continue
            yield made
            yield from clean.told()
            if is_last and any(isinstance(defect, _OPEN) for part in parts for defect in part.defects):
                raise ReadingStopped("CUT", "the last mail ends within a part", place.byte_to)


def _mails(content: BinaryIO) -> Iterator[tuple[Place, bytes | None, bool]]:
    """Places and bytes of mails, and whether one is the last. Of one that is too large, no bytes."""
    start = at = size = 0
    kept: list[bytes] = []
    is_after_blank, is_line_start, last = True, True, b""
    is_box = False

    def made(end: int) -> tuple[Place, bytes | None]:
        raw = None if size > MAX_MAIL else b"".join(kept)
        ending = 0
        if raw is not None and is_box:  # a box puts an empty line behind each mail
            ending = len(raw) - len(raw.removesuffix(b"\r\n").removesuffix(b"\n"))
            raw = raw[: len(raw) - ending]
        return Place(start, end - ending), raw

    while line := content.readline(_MAX_LINE):
        if is_line_start and is_after_blank and line.startswith(b"From ") and (at == 0 or _BEGINS.match(line)):
            if size:
                yield *made(at), False
            start, size, is_box = at, 0, True
            kept.clear()
        else:
            kept.append(line)
        size += len(line)
        if size > MAX_MAIL:
            kept.clear()
        is_after_blank = is_line_start and not line.strip(b"\r\n")
        is_line_start = line.endswith(b"\n")
        at += len(line)
        last = line
    if size and (kept or last.strip()):
        yield *made(at), True


def _parts(mail: Mail) -> Iterator[Mail]:
    """The mail and its parts, without what is within an attached mail."""
    waiting, n = [mail], 0
    while waiting:
        part = waiting.pop()
        n += 1
        if n > MAX_PARTS:
            raise ValueError("too many parts")
        yield part
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            waiting += [one for one in reversed(inner) if isinstance(one, Mail)]


def _message(mail: Mail, parts: list[Mail], place: Place, owner: Owner, clean: Clean) -> Message:
    name, sender = next(iter(_addresses(mail, clean, "From", "Sender")), (None, None))
    recipients = tuple(dict.fromkeys(one for _, one in _addresses(mail, clean, "To", "Cc", "Bcc") if one))
    plain: list[str] = []
    html: list[str] = []
    attachments: list[Attachment] = []
    for part in parts:
        if part.get_content_maintype() == "multipart":
            continue
        file_name, type_ = _file_name(part, clean), part.get_content_type()
        if file_name or part.get_content_disposition() == "attachment" or not type_.startswith("text/"):
            attachments.append(Attachment(file_name, type_, hashlib.sha256(_content(part)).hexdigest()))
        elif type_ == "text/html":
            html.append(clean.decoded(_content(part), _charset(part)))
        else:
            plain.append(clean.decoded(_content(part), _charset(part)))
    body = "\n".join(plain) if plain else "\n".join(_words(text) for text in html)
    subject = _header(mail, clean, "Subject")
    texts = [text for text in (subject, body.replace("\r\n", "\n").strip("\n")) if text]
    return Message(
        place,
        app="email",
        members=tuple(dict.fromkeys(one for one in (sender, *recipients) if one)),
        sender=sender,
        sender_name=name or None,
        recipients=recipients,
        direction=owner.direction(sender),
        sent_at=_sent_at(mail, clean),
        text="\n\n".join(texts) or None,
        attachments=tuple(attachments),
    )


def _raw(mail: Mail, name: str) -> list[str]:
    """Headers of a name, unfolded. Bytes that no header may have are read as UTF-8."""
    found = []
    for key, value in mail.raw_items():
        if key.lower() == name.lower():
            text = str(value).encode("ascii", "surrogateescape").decode("utf-8", "replace") if value else ""
            found.append(_SPACE.sub(" ", text).strip())
    return found


def _plain(text: str, clean: Clean) -> str:
    """A header's text with its encoded words decoded (RFC 2047)."""
    with contextlib.suppress(errors.MessageError, ValueError, LookupError):
        text = str(make_header(decode_header(text)))
    return clean.text(text)


def _header(mail: Mail, clean: Clean, name: str) -> str | None:
    found = _raw(mail, name)
    return _plain(found[0], clean).strip() or None if found else None


def _addresses(mail: Mail, clean: Clean, *names: str) -> list[tuple[str, str | None]]:
    found = getaddresses([value for name in names for value in _raw(mail, name)])
    return [(_plain(name, clean), clean.text(address).strip() or None) for name, address in found]


def _sent_at(mail: Mail, clean: Clean) -> datetime | None:
    """The time of the mail's own header, else of the last server; None where none can be read."""
    times = [*_raw(mail, "Date")[:1], *(value.rpartition(";")[2] for value in _raw(mail, "Received")[:1])]
    for text in times:
        try:
            found = parsedate_to_datetime(_plain(text, clean))
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _content(part: Mail) -> bytes:
    """The bytes of a part, unpacked; of an attached mail, as they are."""
    if part.get_content_maintype() == "message":
        inner = part.get_payload()
        attached = [one.as_bytes() for one in inner if isinstance(one, Mail)] if isinstance(inner, list) else []
        return b"".join(attached) or str(inner).encode("utf-8", "replace")
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _charset(part: Mail) -> str:
    return str(part.get_content_charset("utf-8"))


def _file_name(part: Mail, clean: Clean) -> str | None:
    name = part.get_filename()
    if not name:
        return None
    text = str(name).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return re.split(r"[/\\]", _plain(text, clean))[-1] or None


class _Words(HTMLParser):
    """Collects the text of HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style", "title"):
            self._hidden += 1
        elif tag in ("br", "p", "div", "tr", "li"):
            self.texts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "title") and self._hidden:
            self._hidden -= 1

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.texts.append(re.sub(r"\s+", " ", data))


def _words(html: str) -> str:
    parser = _Words()
    try:
        parser.feed(html)
        parser.close()
    except (AssertionError, ValueError):
        return html
    return re.sub(r" *\n[ \n]*", "\n", "".join(parser.texts)).strip()
