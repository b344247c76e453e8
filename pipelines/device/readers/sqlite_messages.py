"""WhatsApp's own databases: msgstore.db of Android (the schema since 2022) and ChatStorage.sqlite of iPhones.

Limits: besides those of every copy, an encrypted backup (.crypt14, .crypt15) is another file; of iPhones, quoted texts,
edits and forwards stand in binary columns and are not read; what the results of calls mean is published nowhere.
"""

from __future__ import annotations

import base64
import binascii
import mimetypes
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, BinaryIO, TypeAlias

from pipelines.device.readers.base import (
    TOO_LARGE,
    Clean,
    Owner,
    ReadingStopped,
    last_part,
    never_raising,
    party,
    since_epoch,
)
from pipelines.device.readers.sqlite_copy import MAGIC, Database, opened
from pipelines.device.records import Attachment, Call, Message, Place, Record, Refused, Source

_Make: TypeAlias = Callable[[tuple[Any, ...], Place], Record | None]
_ANDROID = re.compile(r"msgstore[^/\\]*\.db", re.IGNORECASE)
_IOS = re.compile(r"chatstorage[^/\\]*\.sqlite", re.IGNORECASE)
_APPLE = 978_307_200  # seconds from 1970 to 2001, where Apple's times begin
_SYSTEM, _REVOKED = 7, 15  # message types of Android
_IOS_SYSTEM, _IOS_CALL, _IOS_REVOKED = 6, 10, 14

_ANDROID_QUERY = """
SELECT m._id, m.from_me, m.timestamp, m.message_type, m.text_data, m.chat_row_id, {m.key_id}, cj.raw_string,
    c.subject, sj.raw_string, {lj.raw_string}, {mm.file_path}, {mm.mime_type}, {mm.file_hash}, {mm.media_caption},
    {mm.media_name}, {mm.message_row_id}, {q.text_data}, {f.message_row_id}, {e.message_row_id}, {r.message_row_id}
FROM message m LEFT JOIN chat c ON c._id = m.chat_row_id LEFT JOIN jid cj ON cj._id = c.jid_row_id
    LEFT JOIN jid sj ON sj._id = m.sender_jid_row_id {joins}
WHERE m._id > ? ORDER BY m._id
"""
_ANDROID_JOINS = {  # alias -> table, how it is joined
    "mm": ("message_media", "LEFT JOIN message_media mm ON mm.message_row_id = m._id"),
    "q": ("message_quoted", "LEFT JOIN message_quoted q ON q.message_row_id = m._id"),
    "f": ("message_forwarded", "LEFT JOIN message_forwarded f ON f.message_row_id = m._id"),
    "e": ("message_edit_info", "LEFT JOIN message_edit_info e ON e.message_row_id = m._id"),
    "r": ("message_revoked", "LEFT JOIN message_revoked r ON r.message_row_id = m._id"),
    "lj": (
        "jid_map",
        "LEFT JOIN jid_map lm ON lm.lid_row_id = m.sender_jid_row_id LEFT JOIN jid lj ON lj._id = lm.jid_row_id",
    ),
}
_CALL_QUERY = """
SELECT l._id, l.from_me, l.timestamp, {l.video_call}, l.duration, j.raw_string
FROM call_log l LEFT JOIN jid j ON j._id = l.jid_row_id WHERE l._id > ? ORDER BY l._id
"""
_MEMBERS_QUERY = """
SELECT u.raw_string FROM group_participant_user p JOIN jid g ON g._id = p.group_jid_row_id
    JOIN jid u ON u._id = p.user_jid_row_id WHERE g.raw_string = ? ORDER BY p._id LIMIT 5000
"""
_IOS_QUERY = """
SELECT m.Z_PK, m.ZISFROMME, m.ZMESSAGEDATE, m.ZMESSAGETYPE, m.ZTEXT, s.ZCONTACTJID, s.ZPARTNERNAME, {g.ZMEMBERJID},
    {g.ZCONTACTNAME}, m.ZFROMJID, {i.ZMEDIALOCALPATH}, {i.ZVCARDSTRING}, {i.ZTITLE}, {i.Z_PK}
FROM ZWAMESSAGE m LEFT JOIN ZWACHATSESSION s ON s.Z_PK = m.ZCHATSESSION {joins}
WHERE m.Z_PK > ? ORDER BY m.Z_PK
"""
_IOS_JOINS = {
    "g": ("ZWAGROUPMEMBER", "LEFT JOIN ZWAGROUPMEMBER g ON g.Z_PK = m.ZGROUPMEMBER"),
    "i": ("ZWAMEDIAITEM", "LEFT JOIN ZWAMEDIAITEM i ON i.Z_PK = m.ZMEDIAITEM"),
}


class SqliteMessages:
    """A database of WhatsApp."""

    name = "sqlite_messages"
    version = "1"

    def takes(self, name: str, head: bytes) -> bool:
        file = last_part(name)
        return head.startswith(MAGIC) and bool(_ANDROID.fullmatch(file) or _IOS.fullmatch(file))

    @never_raising
    def read(self, content: BinaryIO, source: Source) -> Iterator[Record]:
        with opened(content, source) as database:
            yield from _WhatsApp(database, source).records()


class _WhatsApp:
    """Makes records of a database."""

    def __init__(self, database: Database, source: Source) -> None:
        self._database, self._region = database, source.region
        self._owner, self._clean = Owner(source), Clean()
        self._members: dict[str, tuple[str, ...]] = {}

    def records(self) -> Iterator[Record]:
        tables = set(self._database.tables)
        if {"message", "chat", "jid"} <= tables:
            query = self._query("message", _ANDROID_QUERY, _ANDROID_JOINS)
            yield from self._records("message", query, "_id", self._android)
            if "call_log" in tables:
                query = self._query("call_log", _CALL_QUERY, {"l": ("call_log", "")})
                yield from self._records("call_log", query, "_id", self._call)
        elif {"ZWAMESSAGE", "ZWACHATSESSION"} <= tables:
            query = self._query("ZWAMESSAGE", _IOS_QUERY, _IOS_JOINS)
            yield from self._records("ZWAMESSAGE", query, "Z_PK", self._ios)
        else:
            raise ReadingStopped("UNREADABLE", "tables that are not known")

    def _query(self, table: str, query: str, optional: dict[str, tuple[str, str]]) -> str:
        """The query without what this version of the schema does not have."""
        tables = self._database.tables
        joins = {alias: join for alias, (joined, join) in optional.items() if joined in tables}
        have = {alias: set(self._database.columns(optional[alias][0])) for alias in joins}
        have["m"] = set(self._database.columns(table))
        if "lj" in have:
            have["lj"] = {"raw_string"} if {"lid_row_id", "jid_row_id"} <= have["lj"] else set()
            joins["lj"] = joins["lj"] if have["lj"] else ""

        def known(match: re.Match[str]) -> str:
            alias, column = match[1], match[2]
            return f"{alias}.{column}" if column in have.get(alias, ()) else "NULL"

        return re.sub(r"\{(\w+)\.(\w+)\}", known, query).replace("{joins}", " ".join(joins.values()))

    def _records(self, table: str, query: str, key: str, make: _Make) -> Iterator[Record]:
        for row, place in self._database.rows(table, query, key):
            try:
                record = Refused(place, TOO_LARGE) if row is None else make(row, place)
            except (ValueError, TypeError, OverflowError):
                record = Refused(place, "a row that cannot be read")
            if record is not None:
                yield record
            yield from self._clean.told()

    def _text(self, value: object) -> str | None:
        if isinstance(value, bytes):
            return self._clean.line(value) or None
        return str(value) if value is not None else None

    def _party(self, *values: object) -> str | None:
        return next((one for value in values if (one := party(self._text(value), self._region))), None)

    def _members_of(self, chat: str | None, jid: object) -> tuple[str, ...]:
        if chat is None or not chat.endswith("@g.us"):
            return tuple(one for one in (chat, self._owner.main) if one)
        if chat not in self._members:
            if len(self._members) > 1000:
                self._members.clear()
            found: list[str | None] = []
            if "group_participant_user" in self._database.tables:
                found = [self._party(row[0]) for row in self._database.base.execute(_MEMBERS_QUERY, (self._text(jid),))]
            self._members[chat] = tuple(dict.fromkeys(one for one in found if one))
        return self._members[chat]

    def _android(self, row: tuple[Any, ...], place: Place) -> Message | None:
        (_, from_me, at, type_, text, chat_row, key, chat_jid, subject, sender_jid, known_jid, path, mime, hash_,
         caption, media_name, media_row, quoted, forwarded, edited, revoked) = row  # fmt: skip
        if key == b"-1" and chat_row == -1:
            return None  # the application's own first row, which is no message
        chat = self._party(chat_jid)
        is_group = bool(chat and chat.endswith("@g.us"))
        sender = self._owner.main if from_me else self._party(known_jid, sender_jid, None if is_group else chat_jid)
        direction = "SYSTEM" if type_ == _SYSTEM else "OUT" if from_me else "IN"
        members = self._members_of(chat, chat_jid)
        attachments: tuple[Attachment, ...] = ()
        if media_row is not None and (path or mime or media_name):
            attachments = (self._attachment(self._text(media_name) or self._text(path), mime, _sha256(hash_)),)
        return Message(
            place,
            app="whatsapp",
            chat_id=chat,
            chat_name=self._text(subject),
            members=members,
            sender=None if direction == "SYSTEM" else sender,
            recipients=tuple(one for one in members if one != sender) if is_group or from_me else (),
            direction=direction,
            sent_at=_time(at, 1000, 0),
            text=self._text(text) or self._text(caption),
            quoted_text=self._text(quoted),
            attachments=attachments,
            is_deleted=type_ == _REVOKED or revoked is not None,
            is_edited=edited is not None,
            is_forwarded=forwarded is not None,
        )

    def _attachment(self, path: str | None, mime: object, hash_: str | None) -> Attachment:
        name = last_part(path) if path else None
        type_ = self._text(mime)
        return Attachment(name, type_ or (mimetypes.guess_type(name)[0] if name else None), hash_)

    def _call(self, row: tuple[Any, ...], place: Place) -> Call:
        _, from_me, at, video, duration, jid = row
        seconds = float(duration) if isinstance(duration, int | float) and duration >= 0 else None
        return Call(
            place,
            app="whatsapp",
            party=self._party(jid),
            direction="OUT" if from_me else "IN",
            kind="UNKNOWN" if video is None else "VIDEO" if video else "VOICE",
            status="ANSWERED" if seconds else "UNKNOWN",
            started_at=_time(at, 1000, 0),
            duration_s=seconds,
        )

    def _ios(self, row: tuple[Any, ...], place: Place) -> Message:
        (_, from_me, at, type_, text, chat_jid, chat_name, member_jid, member_name, from_jid, path, mime, title,
         media_row) = row  # fmt: skip
        chat = self._party(chat_jid)
        is_group = bool(chat and chat.endswith("@g.us"))
        sender = self._owner.main if from_me else self._party(member_jid, *(() if is_group else (from_jid, chat_jid)))
        is_system = type_ in (_IOS_SYSTEM, _IOS_CALL)
        members = self._members_of(chat, chat_jid)
        attachments: tuple[Attachment, ...] = ()
        if media_row is not None and path:
            is_type = isinstance(mime, bytes) and re.fullmatch(rb"[a-z]+/[\w.+-]+", mime)
            attachments = (self._attachment(self._text(path), mime if is_type else None, None),)
        return Message(
            place,
            app="whatsapp",
            chat_id=chat,
            chat_name=self._text(chat_name),
            members=members,
            sender=None if is_system else sender,
            sender_name=None if from_me or is_system else self._text(member_name if is_group else chat_name),
            recipients=tuple(one for one in members if one != sender) if from_me else (),
            direction="SYSTEM" if is_system else "OUT" if from_me else "IN",
            sent_at=_time(at, 1, _APPLE),
            text=self._text(text) or (self._text(title) if attachments else None),
            attachments=attachments,
            is_deleted=type_ == _IOS_REVOKED,
        )


def _time(value: object, per_second: int, offset: int) -> datetime | None:
    if not isinstance(value, int | float) or value == 0:
        return None
    seconds = value / per_second + offset
    if abs(seconds) >= 1e11:
        raise ValueError("a time beyond the calendar")
    return since_epoch(seconds)


def _sha256(value: object) -> str | None:
    """WhatsApp's hash of a file, which is base64."""
    try:
        hash_ = base64.b64decode(value if isinstance(value, bytes) else b"", validate=True)
    except (binascii.Error, ValueError):
        return None
    return hash_.hex() if len(hash_) == 32 else None
