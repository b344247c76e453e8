"""Artefacts of iLEAPP and ALEAPP that are taken, which of their columns say what, and a row as a record.

The programs know hundreds of artefacts, whose columns change from version to version: a field names every heading that
it had, and the first that is there counts. An artefact is known by its name or its function's, by letters and digits.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from pipelines.device.readers.base import Clean, Owner, instant, last_part, party, since_epoch
from pipelines.device.records import Attachment, Call, Contact, Message, Place, Record, Refused, Source

_UTC = ZoneInfo("UTC")  # both programs write times of UTC, with or without saying so


@dataclass(frozen=True)
class Artefact:
    """A table of an app. `columns`: field -> headings."""

    kind: type[Message] | type[Call] | type[Contact]
    app: str | None
    columns: Mapping[str, tuple[str, ...]]

    def fits(self, headers: Sequence[str]) -> bool:
        """Whether these headings have what a record needs."""
        needed = {Message: ("at", "text"), Call: ("at", "party"), Contact: ("phone",)}[self.kind]
        return all(any(name in headers for name in self.columns.get(field, ())) for field in needed)


_WHATSAPP = {
    "at": ("Timestamp", "Message Timestamp"),
    "direction": ("Direction", "Message Direction"),
    "sender": ("From ID", "Sending Party JID", "Group Sender"),
    "sender_name": ("Sender Name", "Sending Party"),
    "recipient": ("To ID",),
    "text": ("Message",),
    "attachment": ("Attachment File", "Local Path To Media", "Attachment"),
    "forwards": ("Number of Forwardings", "Metadata Field 17 (forward count, observed)"),
    "chat": ("Chat ID", "Message ID"),
    "chat_name": ("Chat Name", "Conversation Name", "Other Participant WA User Name"),
    "type": ("Message Type",),
}
ARTEFACTS = {
    "whatsappmessages": Artefact(Message, "whatsapp", _WHATSAPP),
    "whatsapponetoonemessages": Artefact(Message, "whatsapp", _WHATSAPP),
    "whatsappgroupmessages": Artefact(Message, "whatsapp", _WHATSAPP),
    "sms": Artefact(
        Message,
        "sms",
        {
            "at": ("Message Timestamp",),
            "direction": ("Message Direction", "From Me"),
            "other": ("Chat Contact ID",),
            "account": ("Account", "Account Login"),
            "text": ("Message",),
            "app": ("Service",),
            "attachment": ("Attachment Name", "Attachment File"),
            "attachment_type": ("Attachment Mimetype",),
            "chat": ("Chat ID",),
        },
    ),
    "smsmessages": Artefact(
        Message,
        "sms",
        {"at": ("Date",), "direction": ("Type",), "other": ("Address",), "text": ("Body",), "chat": ("Thread ID",)},
    ),
    "mmsmessages": Artefact(
        Message, "mms", {"at": ("Date",), "sender": ("From",), "recipient": ("To",), "text": ("Body",)}
    ),
    "telegrammessages": Artefact(
        Message,
        "telegram",
        {
            "at": ("Timestamp",),
            "direction": ("Direction",),
            "author": ("Author ID",),
            "text": ("Text",),
            "forwards": ("Forward From",),
            "action": ("Action Data",),
            "attachment": ("Thumbnail",),
        },
    ),
    "googlevoicemessages": Artefact(
        Message,
        "google voice",
        {
            "at": ("Timestamp",),
            "direction": ("Direction",),
            "sender": ("Sender",),
            "other": ("Conversation",),
            "text": ("Message",),
            "chat": ("Thread Key",),
            "deleted": ("Deleted",),
            "system": ("System Message",),
        },
    ),
    "whatsappcallhistory": Artefact(
        Call,
        "whatsapp",
        {
            "at": ("Starting Timestamp",),
            "duration": ("Duration H:M:S",),
            "direction": ("Direction",),
            "status": ("Disconnected cause",),
            "party": ("Contact ID", "Phone Number"),
            "party_name": ("Contact Fullname",),
            "video": ("Video Call",),
        },
    ),
    "whatsappcalllogs": Artefact(
        Call,
        "whatsapp",
        {
            "at": ("Call Start Timestamp",),
            "duration": ("Call Duration",),
            "direction": ("Call Direction",),
            "party": ("Caller JID",),
            "party_name": ("Caller",),
            "video": ("Call Type",),
        },
    ),
    "callhistory": Artefact(
        Call,
        None,
        {
            "at": ("Starting Timestamp", "Timestamp"),
            "duration": ("Call Duration",),
            "direction": ("Call Direction",),
            "party": ("Phone Number",),
            "party_name": ("Name",),
            "answered": ("Answered",),
            "video": ("Call Type",),
        },
    ),
    "calllogs": Artefact(
        Call,
        None,
        {
            "at": ("Call Date",),
            "duration": ("Duration in Secs",),
            "direction": ("Type",),
            "status": ("Type",),
            "party": ("Partner",),
            "deleted": ("Deleted",),
        },
    ),
    "googlevoicecalls": Artefact(
        Call,
        "google voice",
        {
            "at": ("Timestamp",),
            "duration": ("Duration (Seconds)",),
            "direction": ("Direction",),
            "status": ("Direction",),
            "party": ("Other Party",),
            "deleted": ("Deleted",),
        },
    ),
    "addressbook": Artefact(
        Contact,
        None,
        {
            "name": ("First Name",),
            "surname": ("Last Name",),
            "organisation": ("Company",),
            "phone": ("Phone Numbers",),
            "email": ("Email addresses",),
            "note": ("Addresses",),
        },
    ),
    "whatsappcontacts": Artefact(
        Contact,
        "whatsapp",
        {
            "name": ("Fullname", "Name"),
            "phone": ("Phone Number", "Number"),
            "id": ("Whatsapp ID", "JID"),
            "note": ("About Text",),
        },
    ),
    "googlevoicecontacts": Artefact(Contact, "google voice", {"phone": ("Phone Number",)}),
}

_OUT, _IN = (
    {"outgoing", "sent", "dialed", "1", "true", "yes"},
    {"incoming", "received", "missed", "rejected", "0", "no"},
)
_NO = {"", "0", "no", "false", "none"}
_LOCAL = {"local user", "self"}
_PLACEHOLDER = "\ufffc"  # where iOS puts an attachment
_TAG = re.compile("<[^>]{0,200}>")
_AUTHOR = re.compile(r"(.*) \(([0-9]+)\)", re.DOTALL)
_ACCOUNT = re.compile("^[PEpe]:")
_LABEL = re.compile(r"^[^:+@]{1,40}:\s+")
_ENTRIES = re.compile(r"\s*(?:\n|;|<br */?>)\s*")


def artefact(*names: str) -> Artefact | None:
    """The artefact of a name or a function's name, if it is one that is taken."""
    for name in names:
        key = re.sub("[^a-z0-9]", "", name.lower())
        found = ARTEFACTS.get(key) or ARTEFACTS.get(key.removeprefix("get"))
        if found:
            return found
    return None


class Rows:
    """Makes records of the rows below some headings."""

    def __init__(self, known: Artefact, headers: Sequence[str], source: Source, clean: Clean) -> None:
        self._known, self._source, self._clean, self._owner = known, source, clean, Owner(source)
        self._n_columns = len(headers)
        self._at = {
            field: column
            for field, names in known.columns.items()
            if (column := next((headers.index(name) for name in names if name in headers), None)) is not None
        }

    def record(self, row: object, place: Place) -> Record:
        """The row as a record; `Refused` where it is none."""
        if not isinstance(row, list) or len(row) < self._n_columns:
            return Refused(place, "a row that does not fit its headings")
        try:
            if self._known.kind is Message:
                return self._message(row, place)
            return self._call(row, place) if self._known.kind is Call else self._contact(row, place)
        except (ValueError, OverflowError):
            return Refused(place, "a time that cannot be read")

    def _text(self, row: list[object], field: str) -> str | None:
        column = self._at.get(field)
        value = None if column is None else row[column]
        if value is None or value == "":
            return None
        return self._clean.text(value if isinstance(value, str) else str(value))

    def _is(self, row: list[object], field: str) -> bool:
        return (self._text(row, field) or "").strip().lower() not in _NO

    def _time(self, row: list[object]) -> datetime | None:
        value = row[self._at["at"]]
        if value is None or value == "":
            return None
        if isinstance(value, int | float):
            return since_epoch(value)
        text = str(value).strip()
        return since_epoch(float(text)) if re.fullmatch(r"[0-9]{9,13}(?:\.[0-9]+)?", text) else instant(text, _UTC)

    def _party(self, text: str | None) -> str | None:
        return party(text, self._source.region)

    def _direction(self, row: list[object]) -> str | None:
        told = _TAG.sub("", self._text(row, "direction") or "").strip().lower()
        return "OUT" if told in _OUT else "IN" if told in _IN else None

    def _message(self, row: list[object], place: Place) -> Message:
        text, direction = self._text(row, "text"), self._direction(row)
        sender, name = self._party(self._text(row, "sender")), self._text(row, "sender_name")
        recipient, other = self._party(self._text(row, "recipient")), self._party(self._text(row, "other"))
        chat, chat_name = self._text(row, "chat"), self._text(row, "chat_name")
        if author := _AUTHOR.fullmatch(self._text(row, "author") or ""):
            name, sender = author.groups()  # a number of the application's own, no telephone's
        if (name or "").lower() in _LOCAL:
            name, direction = None, direction or "OUT"
        for one in (sender, recipient):
            if one and one.endswith("@g.us"):
                chat = chat or one
        sender = None if sender and sender.endswith("@g.us") else sender
        if direction is None:
            direction = "OUT" if self._owner.is_one_of(sender) else "IN" if sender or name else None
        if direction == "OUT":
            account = self._party(_ACCOUNT.sub("", self._text(row, "account") or ""))
            sender = sender or account or self._owner.main
            recipient = recipient or other
        elif direction == "IN":
            sender = sender or other
        action = self._text(row, "action") or ""
        if self._is(row, "system") or (text is None and action.startswith("Action:")):
            direction, text = "SYSTEM", text or action or None
        if (self._text(row, "type") or "") == "System Message":
            direction = "SYSTEM"
        if chat is None:
            chat = recipient if direction == "OUT" else sender
        elif "@" in chat or chat.startswith("+"):
            chat = self._party(chat)
        return Message(
            place,
            app=(self._text(row, "app") or self._known.app or "").lower() or None,
            chat_id=chat,
            chat_name=chat_name,
            members=tuple(dict.fromkeys(one for one in (sender, recipient) if one)),
            sender=sender,
            sender_name=name,
            recipients=(recipient,) if recipient else (),
            direction=direction,
            sent_at=self._time(row),
            text=None if text is not None and text.strip() == _PLACEHOLDER else text,
            attachments=self._attachments(row),
            is_deleted=self._is(row, "deleted"),
            is_forwarded=self._is(row, "forwards"),
        )

    def _attachments(self, row: list[object]) -> tuple[Attachment, ...]:
        path = self._text(row, "attachment")
        if path is None:
            return ()
        name = last_part(path)
        return (Attachment(name, self._text(row, "attachment_type") or mimetypes.guess_type(name)[0], None),)

    def _call(self, row: list[object], place: Place) -> Call:
        duration = _seconds(self._text(row, "duration"))
        told = {
            _TAG.sub("", self._text(row, field) or "").strip().lower() for field in ("status", "answered", "direction")
        }
        status = "ANSWERED" if duration else "UNKNOWN"
        if "missed" in told or (self._text(row, "answered") or "").lower() == "no":
            status = "MISSED"
        elif told & {"rejected", "declined", "blocked"}:
            status = "REJECTED"
        video = (self._text(row, "video") or "").lower()
        kind = "VIDEO" if "video" in video or video in ("1", "yes") else "VOICE" if video else "UNKNOWN"
        return Call(
            place,
            app="facetime" if "facetime" in video else self._known.app,
            party=self._party(self._text(row, "party")),
            party_name=self._text(row, "party_name"),
            direction=self._direction(row),
            kind=kind,
            status=status,
            started_at=self._time(row),
            duration_s=duration,
            is_deleted=self._is(row, "deleted"),
        )

    def _contact(self, row: list[object], place: Place) -> Contact:
        name = " ".join(part for field in ("name", "surname") if (part := self._text(row, field)))
        organisation, note, id_ = (self._text(row, field) for field in ("organisation", "note", "id"))
        numbers = [known for one in self._entries(row, "phone") if (known := self._party(one))]
        handles: list[str] = []
        if known := self._party(id_):
            (numbers if known.startswith("+") else handles).append(known)
        return Contact(
            place,
            app=self._known.app,
            name=name or organisation,
            phones=tuple(dict.fromkeys(numbers)),
            handles=tuple(handles),
            emails=tuple(self._entries(row, "email")),
            note="\n".join(part for part in (organisation if name else None, note) if part) or None,
        )

    def _entries(self, row: list[object], field: str) -> list[str]:
        """The values of a cell of several, without their labels ("Mobile: 07700 900123")."""
        entries = _ENTRIES.split(self._text(row, field) or "")
        return [kept for entry in entries if (kept := _LABEL.sub("", entry).strip())]


def _seconds(text: str | None) -> float | None:
    """A duration as seconds, or hours:minutes:seconds."""
    if text is None:
        return None
    try:
        seconds = 0.0
        for part in text.strip().split(":"):
            seconds = seconds * 60 + float(part)
    except ValueError:
        return None
    return seconds if 0 <= seconds < 1e9 else None
