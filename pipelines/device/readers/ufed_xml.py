"""Cellebrite's report.xml, as it lies in a UFDR archive: chats, messages, calls, contacts and files named.

The parser is Expat, which tells the byte at which an element begins; nothing of a report is kept but the record in hand
and the head of its chat. Document types are refused: reports have none, and entities are the way to a bomb.

Limits: UTF-8 without prefixes of names, as Cellebrite writes; what a chat says of itself after its messages (its
participants, say) is unknown to them; regional dates are taken day first; hashes of attachments are read where the
attachment itself has them; transcripts of voice messages, and models other than chats, messages, calls and contacts,
are read past.
"""

from __future__ import annotations

import base64
import binascii
import mimetypes
import re
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO
from xml.parsers import expat
from zoneinfo import ZoneInfo

from pipelines.device.readers.base import (
    BLOCK,
    MAX_RECORD,
    TOO_LARGE,
    Clean,
    Owner,
    ReadingStopped,
    instant,
    last_part,
    never_raising,
    party,
)
from pipelines.device.records import (
    Attachment,
    Call,
    Contact,
    Media,
    Message,
    Place,
    Record,
    Refused,
    Source,
)

MAX_TOKEN = 1 << 20  # bytes of a tag, a comment or an instruction, which the parser keeps until it ends
MAX_DEPTH = 200  # open elements; reports need about twenty
MAX_NAMES = 20_000  # distinct names of elements and attributes, which the parser never forgets

_MESSAGES = {"InstantMessage": None, "SMS": "sms", "MMS": "mms", "Email": "email"}  # and their app, where none is told
_FIELDS = frozenset(  # of all models that are taken
    (
        "AttachmentExtractedPath Body CallType ChatId Content ContentType DateDeleted Direction Duration Erased"
        " Filename Folder FromIsOwner Id Identifier IsPhoneOwner Label MD5 Name Note Notes Role SHA1 SHA256 Snippet"
        " Source SourceApplication Status Subject Text TimeStamp Title Type URL Value VideoCall"
        " attachment_extracted_path"
    ).split()
)
_REFERENCE = re.compile(rb"<!\[CDATA\[|\]\]>|&#([xX][0-9a-fA-F]{1,8}|[0-9]{1,10});")
_BEGUN = re.compile(rb"[<\]&]")
_LONGEST = 13  # bytes of a reference that is looked at
_FILL_3, _FILL_4 = "\ufdd0", "\U0010ffff"  # no characters: behind DEL, they fill the place of a short reference
_PATH = "attachment_extracted_path"
_WANTED = {*_MESSAGES, "Chat", "Call", "Contact"}
_HEAD = re.compile(rb"<project[\s>]")
_CELLEBRITE = (b"pa.cellebrite.com/report", b"extractionType=", b"reportVersion=")
_DELETED = {"deleted", "trash"}
_SENT = {"sent", "outbox", "drafts", "draft"}
_QUOTES = ("ReplyMessageData", "QuotedMessageData")
_HASHES = {"md5": re.compile("[0-9a-f]{32}"), "sha1": re.compile("[0-9a-f]{40}"), "sha256": re.compile("[0-9a-f]{64}")}
_SEEN = re.compile("image|video|audio|recording", re.IGNORECASE)
_NO_TIME = 1  # year of .NET's empty date
_CLOCK = re.compile(r"(?:(\d+)\.)?(\d+):(\d{1,2}):(\d{1,2}(?:\.\d+)?)")


class _Model:
    """A <model> of which the start was seen."""

    __slots__ = ("chat", "deleted", "fields", "is_large", "link", "models", "start", "type", "weight")

    def __init__(self, type_: str, link: str, deleted: str, start: int) -> None:
        self.type, self.link, self.start = type_, link, start
        self.deleted = deleted.lower() in _DELETED
        self.fields: dict[str, list[str]] = {}
        self.models: dict[str, list[_Model]] = {}
        self.weight = 0
        self.is_large = False
        self.chat: _Chat | None = None

    def field(self, *names: str) -> str | None:
        """The first text of the first of these fields that has one."""
        for name in names:
            for text in self.fields.get(name, ()):
                if text:
                    return text
        return None

    def is_true(self, name: str) -> bool:
        return (self.field(name) or "").lower() == "true"

    def parts(self, *links: str) -> Iterator[_Model]:
        for link in links:
            yield from self.models.get(link, ())


class _Chat:
    """What a chat says of itself."""

    __slots__ = ("app", "id", "members", "name")

    def __init__(self, model: _Model | None, region: str) -> None:
        self.app = (model.field("Source", "SourceApplication") or "").lower() or None if model else None
        self.id = party(model.field("Id", "ChatId"), region) if model else None
        self.name = model.field("Name") if model else None
        people = model.parts("Participants") if model else ()
        members = (party(one.field("Identifier", "Name"), region) for one in people)
        self.members = tuple(dict.fromkeys(one for one in members if one and not _is_system(one)))


class UfedXml:
    """Cellebrite's report.xml."""

    name = "ufed_xml"
    version = "1"

    def takes(self, name: str, head: bytes) -> bool:
        return bool(_HEAD.search(head)) and any(mark in head for mark in _CELLEBRITE)

    @never_raising
    def read(self, content: BinaryIO, source: Source) -> Iterator[Record]:
        clean = Clean()
        references, report = _References(clean), _Report(source, clean)
        is_last = False
        while not is_last:
            block = content.read(BLOCK)
            is_last = not block
            stopped = report.parse(references.block(clean.block(block, is_last), is_last), is_last)
            yield from report.made
            report.made.clear()
            yield from clean.told()
            if stopped:
                raise stopped


class _References:
    """Replaces references to characters that XML does not have (&#11;), as .NET writes them, by others of their length.

    Within CDATA they are text, and stay.
    """

    def __init__(self, clean: Clean) -> None:
        self._clean = clean
        self._held = b""
        self._is_in_cdata = False

    def block(self, block: bytes, is_last: bool) -> bytes:
        """The block, of which the end is held back for the next where it may begin a reference or a mark of CDATA."""
        block = self._held + block
        cut = len(block)
        if not is_last and (begun := _BEGUN.search(block, max(0, cut - _LONGEST))):
            cut = begun.start()
        block, self._held = block[:cut], block[cut:]
        if b"&#" in block:
            return _REFERENCE.sub(self._legal, block)
        opened, closed = block.rfind(b"<![CDATA["), block.rfind(b"]]>")
        if opened != closed:
            self._is_in_cdata = opened > closed
        return block

    def _legal(self, match: re.Match[bytes]) -> bytes:
        found = match[0]
        if match[1] is None:
            self._is_in_cdata = found != b"]]>"
            return found
        if self._is_in_cdata:
            return found
        code = int(match[1][1:], 16) if match[1][:1] in b"xX" else int(match[1])
        if (0x20 <= code < 0xD800 and code != 0x7F) or code in (9, 10, 13) or 0xE000 <= code < 0xFFFE:
            return found
        if 0x10000 <= code <= 0x10FFFF:
            return found
        self._clean.count(1)
        if len(found) >= len(b"&#x7F;"):
            return b"&#x" + b"7F".rjust(len(found) - 4, b"0") + b";"
        return b"\x7f" + (_FILL_3 if len(found) == 4 else _FILL_4).encode()


class _Report:
    """Listens to the parser."""

    def __init__(self, source: Source, clean: Clean) -> None:
        self.made: list[Record] = []
        self._source, self._owner, self._clean = source, Owner(source), clean
        self._zone = ZoneInfo(source.time_zone)
        self._no_chat = _Chat(None, source.region)
        self._models: list[_Model] = []
        self._links: list[str] = []
        self._field: str | None = None
        self._parts: list[str] = []
        self._value: dict[str, str] = {}
        self._size = self._depth = self._n_given = 0
        self._file: dict[str, str] | None = None
        self._file_start = 0
        self._skipped = 0
        self._window, self._window_start = b"", 0
        self._parser = parser = expat.ParserCreate("utf-8", intern={})
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.StartDoctypeDeclHandler = self._refuse_document_type
        parser.EntityDeclHandler = self._refuse_document_type

    def parse(self, block: bytes, is_last: bool) -> ReadingStopped | None:
        """Tells the records of a block in `made`; why there is no going on, if so."""
        kept = self._window[-BLOCK:]
        self._window_start, self._window = self._n_given - len(kept), kept + block
        self._n_given += len(block)
        parser = self._parser
        try:
            parser.Parse(block, is_last)
        except expat.ExpatError as error:
            reason = "CUT" if is_last else "DAMAGED"
            return ReadingStopped(reason, f"the report is no XML: {expat.ErrorString(error.code)}", self._unfinished())
        except ReadingStopped as stopped:
            return stopped
        if self._n_given - parser.CurrentByteIndex > MAX_TOKEN and not is_last:
            return ReadingStopped("TOO_LARGE", f"a tag of over {MAX_TOKEN >> 20} MiB", self._unfinished())
        if len(parser.intern) > MAX_NAMES:
            return ReadingStopped("BOMB", f"over {MAX_NAMES} names of elements", parser.CurrentByteIndex)
        return None

    def _unfinished(self) -> int:
        """The byte from which on nothing was taken: the record in hand, else where the parser stopped."""
        for model in self._models:
            if model.type != "Chat":
                return model.start
        return self._file_start if self._file is not None else max(self._parser.CurrentByteIndex, 0)

    def _refuse_document_type(self, *_: object) -> None:
        raise ReadingStopped("BOMB", "the report declares a document type", self._parser.CurrentByteIndex)

    # ------------------------------------------------------------------------------------------------ the parser tells

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ReadingStopped("BOMB", f"over {MAX_DEPTH} levels of elements", self._parser.CurrentByteIndex)
        if name == "value":
            if self._field is not None and self._models:
                self._listen(attributes)
        elif name == "field" or name == "multiField":
            field = attributes.get("name")
            self._field = field if field in _FIELDS else None
        elif name == "model":
            self._start_model(attributes)
        elif name == "modelField" or name == "multiModelField":
            self._links.append(attributes.get("name") or "")
        elif name == "file" and not self._models:
            self._file, self._file_start = attributes, self._parser.CurrentByteIndex
        elif name == "item" and self._file is not None:
            self._listen(attributes)

    def _listen(self, attributes: dict[str, str]) -> None:
        self._value, self._size = attributes, 0
        self._parser.CharacterDataHandler = self._characters

    def _characters(self, text: str) -> None:
        self._size += len(text)
        if self._size <= MAX_RECORD:
            self._parts.append(text)
        else:
            self._parts.clear()

    def _heard(self) -> str | None:
        """The text since `_listen`; None where it is too large."""
        self._parser.CharacterDataHandler = None
        text = "".join(self._parts)
        self._parts.clear()
        return None if self._size > MAX_RECORD else self._marked(text)

    def _marked(self, text: str) -> str:
        if "\x7f" not in text:
            return text
        return self._clean.marked(text.replace(f"\x7f{_FILL_3}", "\x7f").replace(f"\x7f{_FILL_4}", "\x7f"))

    def _start_model(self, attributes: dict[str, str]) -> None:
        type_ = attributes.get("type", "")
        if not self._models:
            if type_ not in _WANTED:
                self._skipped = 1
                self._parser.StartElementHandler, self._parser.EndElementHandler = self._skip_start, self._skip_end
                return
            self._links.clear()
        link = self._links[-1] if self._links else ""
        start = self._parser.CurrentByteIndex
        model = _Model(type_, link, attributes.get("deleted_state", ""), start)
        if path := attributes.get(_PATH):  # which some versions write as a field
            model.fields[_PATH] = [self._marked(path)]
        self._models.append(model)
        self._field = None

    def _skip_start(self, _name: str, _attributes: dict[str, str]) -> None:
        self._depth += 1
        self._skipped += 1
        if self._depth > MAX_DEPTH:
            raise ReadingStopped("BOMB", f"over {MAX_DEPTH} levels of elements", self._parser.CurrentByteIndex)

    def _skip_end(self, _name: str) -> None:
        self._depth -= 1
        self._skipped -= 1
        if not self._skipped:
            self._parser.StartElementHandler, self._parser.EndElementHandler = self._start, self._end

    def _end(self, name: str) -> None:
        self._depth -= 1
        if name == "value":
            if self._field is not None and self._models:
                self._take_value()
        elif name == "field" or name == "multiField":
            self._field = None
        elif name == "model":
            if self._models:
                self._end_model()
        elif name == "modelField" or name == "multiModelField":
            if self._links:
                self._links.pop()
        elif name == "item" and self._file is not None:
            item = self._heard()
            if item is not None and len(self._file) < 1000:
                self._file[f"item:{self._value.get('name', '').lower()}"] = item.strip()
        elif name == "file" and self._file is not None:
            self._take_file(self._file)
            self._file = None

    def _take_value(self) -> None:
        text, model, name = self._heard(), self._models[-1], self._field or ""
        model.chat = None
        model.weight += 64 + len(text or "")
        if text is None or model.weight > MAX_RECORD:
            model.is_large = True
            return
        form = self._value.get("format", "")
        if form.lower() == "base64string":
            text = self._decoded(text)
        formatted = self._value.get("formattedTimestamp")
        if formatted:  # the one with a zone
            text = _with_zone(text.strip(), formatted)
        model.fields.setdefault(name, []).append(text)

    def _decoded(self, text: str) -> str:
        """What base64 stands for, where it is a text."""
        try:
            return self._clean.text(base64.b64decode(text.strip(), validate=True).decode("utf-8"))
        except (binascii.Error, ValueError):
            return text

    def _end_model(self) -> None:
        model = self._models.pop()
        if not self._models:
            if model.type != "Chat":
                self._make(model, None)
            return
        parent = self._models[-1]
        if parent.type == "Chat" and model.type in _MESSAGES and model.link == "Messages":
            self._make(model, parent)
            return
        parent.chat = None
        parent.weight += 64 + model.weight
        if model.is_large or parent.weight > MAX_RECORD:
            parent.is_large = True
        else:
            parent.models.setdefault(model.link, []).append(model)

    def _place(self, start: int) -> Place:
        """From an element's start to the end of the end tag that the parser stands at."""
        index = self._parser.CurrentByteIndex
        at = index - self._window_start
        if at >= 0 and self._window[at : at + 2] != b"</":  # <model/>: the parser stands behind it
            return Place(start, index)
        found = self._window.find(b">", at) if at >= 0 else -1
        return Place(start, self._window_start + found + 1 if found >= 0 else index + len(b"</model>"))

    # ---------------------------------------------------------------------------------------------------- what it means

    def _make(self, model: _Model, parent: _Model | None) -> None:
        place = self._place(model.start)
        if model.is_large:
            self.made.append(Refused(place, TOO_LARGE))
            return
        chat = self._no_chat
        if parent is not None:
            chat = parent.chat = parent.chat or _Chat(parent, self._source.region)
        try:
            if model.type == "Call":
                self.made.append(self._call(model, place))
            elif model.type == "Contact":
                self.made.append(self._contact(model, place))
            else:
                self.made.append(self._message(model, chat, place))
        except ValueError:
            self.made.append(Refused(place, "a time that cannot be read"))

    def _time(self, model: _Model, *fields: str) -> datetime | None:
        text = model.field(*fields)
        if text is None or text.startswith(f"{_NO_TIME:04d}-"):
            return None
        return instant(text, self._zone)

    def _party(self, model: _Model | None) -> str | None:
        return party(model.field("Identifier", "Name"), self._source.region) if model else None

    def _message(self, model: _Model, chat: _Chat, place: Place) -> Message:
        all_parties = list(model.parts("Parties"))
        froms = [*model.parts("From"), *(one for one in all_parties if one.field("Role") == "From")]
        tos = [*model.parts("To", "Cc", "Bcc"), *(one for one in all_parties if one.field("Role") == "To")]
        author = froms[0] if froms else None
        sender, name = self._party(author), author.field("Name") if author else None
        labels = {text.lower() for text in model.fields.get("Label", ())}
        extra = list(model.parts("MessageExtraData", "Labels"))
        labels |= {text.lower() for one in extra for text in one.fields.get("Label", ())}
        direction = self._direction(model, author, sender, labels)
        if direction == "SYSTEM" and sender and _is_system(sender):
            sender = name = None
        if direction == "OUT" and sender is None:
            sender = self._owner.main
        recipients = dict.fromkeys(one for to in tos if (one := self._party(to)))
        if not recipients:
            recipients = dict.fromkeys(one for one in chat.members if one != sender)
        body, subject = model.field("Body", "Snippet"), model.field("Subject")
        app = (model.field("Source", "SourceApplication") or "").lower() or chat.app or _MESSAGES[model.type]
        return Message(
            place,
            app=app,
            chat_id=chat.id or party(model.field("ChatId"), self._source.region),
            chat_name=chat.name,
            members=chat.members,
            sender=sender,
            sender_name=name if name != sender else None,
            recipients=tuple(recipients),
            direction=direction,
            sent_at=self._time(model, "TimeStamp"),
            text="\n\n".join(text for text in (subject, body) if text) or None,
            quoted_text=_quoted(model, extra),
            attachments=tuple(_attachment(one) for one in model.parts("Attachments", "Attachment")),
            is_deleted=model.deleted or model.is_true("Erased") or bool(model.field("DateDeleted")),
            is_edited="edited" in labels,
            is_forwarded="forwarded" in labels or any(one.type == "ForwardedMessageData" for one in extra),
        )

    def _direction(self, model: _Model, author: _Model | None, sender: str | None, labels: set[str]) -> str | None:
        if "system" in labels or (sender and _is_system(sender)):
            return "SYSTEM"
        told = (model.field("Direction", "Type") or "").lower()
        if author is not None:
            if author.is_true("IsPhoneOwner") or self._owner.is_one_of(sender, author.field("Name")):
                return "OUT"
            if author.field("IsPhoneOwner"):
                return "IN"
        folder = (model.field("Folder") or "").lower()
        if model.is_true("FromIsOwner") or told == "outgoing" or folder in _SENT:
            return "OUT"
        if told == "incoming" or folder == "inbox":
            return "IN"
        return self._owner.direction(sender)

    def _call(self, model: _Model, place: Place) -> Call:
        parties = list(model.parts("Parties", "From", "To"))
        other = next((one for one in parties if not self._is_owner(one)), None)
        told = {(model.field(name) or "").lower() for name in ("Direction", "Type", "Status", "CallType")}
        direction = "OUT" if told & {"outgoing", "dialed", "dialled"} else None
        if direction is None and told & {"incoming", "received", "missed", "rejected"}:
            direction = "IN"
        if direction is None and other is not None:
            direction = {"From": "IN", "To": "OUT"}.get(other.field("Role") or other.link)
        duration = _seconds(model.field("Duration"))
        status = "UNKNOWN"
        if told & {"missed", "unanswered", "notestablishedunknownreason"}:
            status = "MISSED"
        elif told & {"rejected", "declined", "blocked"}:
            status = "REJECTED"
        elif told & {"established", "answered"} or duration:
            status = "ANSWERED"
        video = (model.field("VideoCall") or "").lower()
        return Call(
            place,
            app=(model.field("Source") or "").lower() or None,
            party=self._party(other),
            party_name=other.field("Name") if other else None,
            direction=direction,
            kind={"true": "VIDEO", "false": "VOICE"}.get(video, "UNKNOWN"),
            status=status,
            started_at=self._time(model, "TimeStamp"),
            duration_s=duration,
            is_deleted=model.deleted,
        )

    def _is_owner(self, one: _Model) -> bool:
        return one.is_true("IsPhoneOwner") or self._owner.is_one_of(self._party(one))

    def _contact(self, model: _Model, place: Place) -> Contact:
        kinds: dict[str, dict[str, None]] = {"phones": {}, "handles": {}, "emails": {}}
        for entry in model.parts("Entries"):
            value = entry.field("Value")
            if value is None:
                continue
            known = party(value, self._source.region) or value
            if entry.type == "PhoneNumber" or (entry.type == "UserID" and known.startswith("+")):
                kinds["phones"][known] = None
            elif entry.type == "EmailAddress":
                kinds["emails"][value.strip()] = None
            elif entry.type == "UserID":
                kinds["handles"][known] = None
        notes = [*model.fields.get("Notes", ()), *model.fields.get("Note", ())]
        notes += [text for one in model.parts("Organizations") if (text := one.field("Name"))]
        return Contact(
            place,
            app=(model.field("Source") or "").lower() or None,
            name=model.field("Name"),
            phones=tuple(kinds["phones"]),
            handles=tuple(kinds["handles"]),
            emails=tuple(kinds["emails"]),
            note="\n".join(notes) or None,
            is_deleted=model.deleted,
            photos=tuple(
                dict.fromkeys(last_part(n) for one in model.parts("Photos", "Photo") if (n := one.field("Name")))
            ),
        )

    def _take_file(self, told: dict[str, str]) -> None:
        name = last_part(self._marked(told.get("path", "") or told.get("item:local path", "")))
        type_ = mimetypes.guess_type(name)[0]
        if not _SEEN.search(f"{type_} {told.get('item:tags', '')}"):
            return
        size = told.get("size", "").strip()
        self.made.append(
            Media(
                self._place(self._file_start),
                name=name or None,
                type=type_,
                n_bytes=int(size) if size.isascii() and size.isdigit() and len(size) < 19 else None,
                md5=_hash(told, "md5"),
                sha1=_hash(told, "sha1"),
                sha256=_hash(told, "sha256"),
                is_deleted=told.get("deleted", "").lower() in _DELETED,
            )
        )


def _is_system(identifier: str) -> bool:
    return identifier.lower().startswith("system message")


def _with_zone(text: str, formatted: str) -> str:
    """A time with the zone that only its formatted twin has, and the fraction that only it has."""
    zone = re.search(r"(?:Z|[+-]\d\d:\d\d)$", formatted)
    if re.search(r"(?:Z|[+-]\d\d:?\d\d)$", text) or zone is None:
        return text
    return text + zone[0] if text.startswith(formatted[:19]) else formatted


def _quoted(model: _Model, extra: list[_Model]) -> str | None:
    """The text that a message answers."""
    for one in extra:
        if one.type in _QUOTES:
            inner = [one, *(part for parts in one.models.values() for part in parts)]
            if text := next((body for part in inner if (body := part.field("Body", "Text", "Content"))), None):
                return text
    return next((body for one in model.parts("EmbeddedInstantMessage") if (body := one.field("Body"))), None)


def _attachment(model: _Model) -> Attachment:
    path = model.field("Filename", _PATH, "AttachmentExtractedPath", "Title", "URL")
    told = {f"item:{name.lower()}": texts[0].strip() for name, texts in model.fields.items()}
    name = last_part(path) if path else None
    type_ = model.field("ContentType")
    hash_ = _hash(told, "sha256") or _hash(told, "sha1") or _hash(told, "md5")
    return Attachment(name, type_ or (mimetypes.guess_type(name)[0] if name else None), hash_)


def _hash(told: dict[str, str], kind: str) -> str | None:
    text = told.get(f"item:{kind}", "").lower()
    return text if _HASHES[kind].fullmatch(text) else None


def _seconds(text: str | None) -> float | None:
    """A duration written [days.]hours:minutes:seconds, or as seconds."""
    match = _CLOCK.fullmatch((text or "").strip())
    if match:
        days, hours, minutes, seconds = match.groups()
        return ((int(days or 0) * 24 + int(hours)) * 60 + int(minutes)) * 60 + float(seconds)
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 <= value < 1e9 else None
