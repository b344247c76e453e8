"""Exports of seized devices, written as the programs that make them do: one conversation in many formats.

The people are numbers that the regulator keeps for drama. Nothing here is anybody's data.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import mailbox
import re
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from xml.sax.saxutils import quoteattr
from zoneinfo import ZoneInfo

from pipelines.device.records import Source

OWNER, OTHER = "+447700900001", "+447700900002"
OWNER_NAME, OTHER_NAME = "Owner Phone", "Sam Example"
SOURCE = Source("report.xml", owner_identifiers=(OWNER, OWNER_NAME))
LONDON = ZoneInfo("Europe/London")
NAMESPACE = "http://pa.cellebrite.com/report/2.0"


@dataclass(frozen=True)
class Line:
    """A message of the conversation. `at` is UTC, at a whole minute: Android's exports have no seconds."""

    at: datetime
    is_owner: bool
    text: str | None
    attachment: str | None = None
    quoted: str | None = None
    is_deleted: bool = False
    is_edited: bool = False
    is_forwarded: bool = False

    @property
    def sender(self) -> str:
        return OWNER if self.is_owner else OTHER

    @property
    def direction(self) -> str:
        return "OUT" if self.is_owner else "IN"

    @property
    def facts(self) -> tuple[str | None, str, datetime, str]:
        """What every format must tell of it alike."""
        return self.text, self.sender, self.at, self.direction


def _at(minutes: int) -> datetime:
    return datetime(2025, 6, 28, 22, 50, tzinfo=UTC) + timedelta(minutes=minutes)  # summer time, over midnight


CONVERSATION = (
    Line(_at(0), True, "Are you free on Thursday?"),
    Line(_at(2), False, "Yes. The café at 10, as before 😀"),
    Line(_at(3), True, "Send the account, then\nthe sort code: 20-00-00"),
    Line(_at(7), False, "Not here", quoted="Send the account, then\nthe sort code: 20-00-00"),
    Line(_at(9), False, None, attachment="IMG-20250628-WA0001.jpg"),
    Line(_at(11), True, None, is_deleted=True),
    Line(_at(15), False, "שלום, נתראה מחר", is_forwarded=True),
    Line(_at(70), True, 'OK <tomorrow> & "after" it\'s done', is_edited=True),
    Line(_at(72), False, "👍"),
)


def jid(number: str) -> str:
    """The WhatsApp id of a number."""
    return f"{number.lstrip('+')}@s.whatsapp.net"


# --------------------------------------------------------------------------------------------------------------- UFED


def _cdata(text: str) -> str:
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def field(name: str, text: str | None, type_: str = "String", attributes: str = "") -> str:
    if text is None:
        return f'<field name="{name}" type="{type_}"><empty /></field>'
    return f'<field name="{name}" type="{type_}"><value type="{type_}"{attributes}>{_cdata(text)}</value></field>'


def model(type_: str, id_: str, *parts: str, deleted: bool = False) -> str:
    state = "Deleted" if deleted else "Intact"
    return (
        f'<model type="{type_}" id="{id_}" deleted_state="{state}" decoding_confidence="High" isrelated="False" '
        f'source_index="0" extractionId="0">\n{"".join(parts)}</model>\n'
    )


def model_field(name: str, type_: str, inner: str) -> str:
    return f'<modelField name="{name}" type="{type_}">{inner}</modelField>'


def models(name: str, type_: str, inner: Iterable[str]) -> str:
    return f'<multiModelField name="{name}" type="{type_}">\n{"".join(inner)}</multiModelField>\n'


def stamp(at: datetime) -> str:
    return field("TimeStamp", at.strftime("%Y-%m-%dT%H:%M:%S.000+00:00"), "TimeStamp")


def ufed_party(number: str, name: str, role: str | None = None, is_owner: bool = False) -> str:
    return model(
        "Party",
        f"p{number}",
        field("Identifier", number),
        field("Name", name),
        field("Role", role, "PartyRole"),
        field("IsPhoneOwner", str(is_owner), "Boolean"),
    )


def ufed_message(line: Line, n: int) -> str:
    names = {True: (jid(OWNER), OWNER_NAME), False: (jid(OTHER), OTHER_NAME)}
    labels = ["Edited"] * line.is_edited + ["Forwarded"] * line.is_forwarded
    extra = [model("MessageLabel", f"l{n}", field("Label", label)) for label in labels]
    attached = []
    if line.attachment:
        path = f"files\\Image\\{line.attachment}"
        parts = (field("Filename", line.attachment), field("ContentType", "image/jpeg"))
        attached.append(model("Attachment", f"a{n}", *parts, field("attachment_extracted_path", path)))
    embedded = ""
    if line.quoted:
        extra.append(model("QuotedMessageData", f"q{n}", field("Label", "Reply"), field("ReferenceId", f"e{n}")))
        inner = model("InstantMessage", f"e{n}", field("Body", line.quoted))
        embedded = model_field("EmbeddedInstantMessage", "InstantMessage", inner)
    return model(
        "InstantMessage",
        f"m{n}",
        field("Source", "WhatsApp"),
        field("Body", line.text),
        field("Status", "Sent" if line.is_owner else "Read", "MessageStatus"),
        stamp(line.at),
        model_field("From", "Party", ufed_party(*names[line.is_owner], role="From", is_owner=line.is_owner)),
        models("To", "Party", [ufed_party(*names[not line.is_owner], role="To", is_owner=not line.is_owner)]),
        models("Attachments", "Attachment", attached),
        models("MessageExtraData", "MessageExtraData", extra),
        embedded,
        deleted=line.is_deleted,
    )


def ufed_chat(messages: Iterable[str], chat: str = "c1") -> Iterator[str]:
    """A chat in pieces."""
    people = [
        ufed_party(jid(OWNER), OWNER_NAME, "General", is_owner=True),
        ufed_party(jid(OTHER), OTHER_NAME, "General"),
    ]
    yield f'<model type="Chat" id="{chat}" deleted_state="Intact" decoding_confidence="High">\n'
    yield field("Source", "WhatsApp") + field("Id", jid(OTHER)) + field("Name", None)
    yield models("Participants", "Party", people)
    yield '<multiModelField name="Messages" type="InstantMessage">\n'
    yield from messages
    yield "</multiModelField>\n</model>\n"


def ufed_call(at: datetime, kind: str = "Incoming", duration: str = "00:01:35", video: bool = False) -> str:
    role, name = ("From", OTHER_NAME) if kind != "Outgoing" else ("To", OTHER_NAME)
    return model(
        "Call",
        "call1",
        field("Source", None),
        field("Direction", "Outgoing" if kind == "Outgoing" else "Incoming", "CallDirection"),
        field("Type", kind, "CallType"),
        stamp(at),
        field("Duration", duration, "TimeSpan"),
        field("VideoCall", str(video), "Boolean"),
        models("Parties", "Party", [ufed_party("07700 900002", name, role)]),
    )


def ufed_contact() -> str:
    entries = [
        model("PhoneNumber", "e1", field("Category", "Mobile"), field("Value", "07700 900002")),
        model("EmailAddress", "e2", field("Value", "sam@example.org")),
        model("UserID", "e3", field("Category", "WhatsApp User Id"), field("Value", jid(OTHER))),
        model("UserID", "e4", field("Category", "Username"), field("Value", "sam.example")),
    ]
    return model(
        "Contact", "k1", field("Source", "WhatsApp"), field("Name", OTHER_NAME), models("Entries", "E", entries),
        models("Photos", "ContactPhoto", [model("ContactPhoto", "h1", field("Name", "447700900002-1482.thumb"))]),
    )  # fmt: skip


def ufed_file(name: str, content: bytes, tags: str = "Image", deleted: bool = False) -> str:
    hashes = {"SHA256": hashlib.sha256(content), "MD5": hashlib.md5(content, usedforsecurity=False)}
    items = "".join(f'<item name="{kind}">{_cdata(found.hexdigest())}</item>' for kind, found in hashes.items())
    return (
        f'<file fs="Data" fsid="1" path={quoteattr("/media/0/" + name)} size="{len(content)}" id="f1" '
        f'extractionId="0" deleted="{"Deleted" if deleted else "Intact"}"><metadata section="File">'
        f'<item name="Local Path">{_cdata("files" + chr(92) + tags + chr(92) + name)}</item>{items}</metadata>'
        f'<metadata section="MetaData"><item name="Tags">{_cdata(tags)}</item></metadata></file>\n'
    )


def ufed_report(
    decoded: Iterable[tuple[str, Iterable[str]]], files: Iterable[str] = (), head: str = ""
) -> Iterator[str]:
    """A report.xml in pieces: models by their type, after the files."""
    yield (
        f'<?xml version="1.0" encoding="utf-8"?>\n{head}<project id="1" name="Export" reportVersion="5.4.0.0" '
        f'containsGarbage="False" extractionType="FileSystem" xmlns="{NAMESPACE}">\n'
        '<sourceExtractions><extractionInfo id="0" name="File system" type="FileSystem" /></sourceExtractions>\n'
        '<metadata section="Device Info"><item name="IMEI"><![CDATA[356938035643809]]></item></metadata>\n'
        '<caseInformation><field name="Case number"><value>1</value></field></caseInformation>\n<taggedFiles>\n'
    )
    yield from files
    yield "</taggedFiles>\n<decodedData>\n"
    for type_, parts in decoded:
        yield f'<modelType type="{type_}">\n'
        yield from parts
        yield "</modelType>\n"
    yield "</decodedData>\n</project>\n"


def ufed_xml(lines: Sequence[Line] = CONVERSATION) -> bytes:
    """report.xml with the conversation, a call, a contact and a picture."""
    chat = ufed_chat(ufed_message(line, n) for n, line in enumerate(lines))
    other = model("InstalledApplication", "i1", field("Name", "A clock"))
    decoded = [("Chat", chat), ("InstalledApplication", [other]), ("Call", [ufed_call(_at(30))])]
    decoded.append(("Contact", [ufed_contact()]))
    return "".join(ufed_report(decoded, [ufed_file("IMG_1.jpg", b"not a picture")])).encode()


def write_ufed(path: Path, n_bytes: int, n_per_chat: int = 2000) -> int:
    """A report.xml of about so many bytes; how many messages it has."""
    n = 0

    def chats() -> Iterator[str]:
        nonlocal n
        while file.tell() < n_bytes:
            lines = (CONVERSATION[k % len(CONVERSATION)] for k in range(n_per_chat))
            yield from ufed_chat((ufed_message(line, k) for k, line in enumerate(lines)), f"c{n}")
            n += n_per_chat

    with path.open("w", encoding="utf-8") as file:
        for part in ufed_report([("Chat", chats())]):
            file.write(part)
    return n


def ufdr(report: bytes, name: str = "report.xml", files: dict[str, bytes] | None = None) -> bytes:
    """The archive that a report comes in."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, report)
        for member, content in (files or {}).items():
            archive.writestr(member, content)
    return sink.getvalue()


# -------------------------------------------------------------------------------------------------- iLEAPP and ALEAPP

WHATSAPP_COLUMNS = (
    "Timestamp", "Sender Name", "From ID", "Receiver", "To ID", "Message", "Attachment File", "Thumb", "Starred?",
    "Number of Forwardings", "Forwarded from", "Latitude", "Longitude",
)  # fmt: skip


def leapp_rows(lines: Sequence[Line] = CONVERSATION) -> list[list[object]]:
    """The conversation as iLEAPP's artefact whatsAppMessages."""
    rows: list[list[object]] = []
    for line in lines:
        owner, other = ("Local User", None if line.is_owner else jid(OWNER)), (OTHER_NAME, jid(OTHER))
        (sender, from_id), (receiver, to_id) = (owner, other) if line.is_owner else (other, owner)
        forwards = 1 if line.is_forwarded else ""
        rows.append(
            [int(line.at.timestamp()), sender, from_id, receiver, to_id, line.text, line.attachment or "", "", None,
             forwards, "", "", ""]
        )  # fmt: skip
    return rows


def leapp_json(
    rows: Sequence[Sequence[object]] | None = None,
    headers: Sequence[str] = WHATSAPP_COLUMNS,
    function: str = "whatsAppMessages",
    name: str = "WhatsApp - Messages",
) -> bytes:
    data = leapp_rows() if rows is None else rows
    metadata = {
        "module_name": "whatsApp",
        "artifact_name": name,
        "function_name": function,
        "number_of_rows": len(data),
    }
    return json.dumps(
        {"metadata": metadata, "headers": list(headers), "data": data}, indent=2, ensure_ascii=False
    ).encode()


def leapp_tsv(rows: Sequence[Sequence[object]] | None = None, headers: Sequence[str] = WHATSAPP_COLUMNS) -> bytes:
    """As its own export writes it: a mark of order first, times as UTC, the source file last."""
    sink = io.StringIO()
    writer = csv.writer(sink, delimiter="\t")
    writer.writerow([*headers, "Source File"])
    for row in leapp_rows() if rows is None else rows:
        first = datetime.fromtimestamp(row[0], UTC).isoformat(sep=" ") if isinstance(row[0], int) else row[0]
        writer.writerow([first, *row[1:], "ChatStorage.sqlite"])
    return sink.getvalue().encode("utf-8-sig")


def leapp_sqlite(path: Path, table: str = "whatsappmessages", headers: Sequence[str] = WHATSAPP_COLUMNS) -> Path:
    """The conversation in LAVA's database, beside a table of an artefact that nobody reads."""
    base = sqlite3.connect(path)
    columns = ", ".join(re.sub(r"[^a-z0-9]+", "_", heading.lower()) for heading in headers)
    base.execute("CREATE TABLE appinventory (name TEXT)")
    base.execute("INSERT INTO appinventory VALUES ('A clock')")
    base.execute(f"CREATE TABLE {table} ({columns})")
    base.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(headers))})", leapp_rows())
    base.commit()
    base.close()
    return path


# ----------------------------------------------------------------------------------------------------- WhatsApp's text


def _text_sender(line: Line) -> str:
    return OWNER_NAME if line.is_owner else "+44 7700 900002"


def whatsapp_ios(lines: Sequence[Line] = CONVERSATION, dates: str = "%d/%m/%Y, %H:%M:%S", end: str = "\r\n") -> bytes:
    """The _chat.txt of an iPhone."""
    made = []
    for line in lines:
        text = line.text or ""
        if line.attachment:
            text = f"\u200e<attached: {line.attachment}>"
        if line.is_deleted:
            text = "\u200eYou deleted this message." if line.is_owner else "\u200eThis message was deleted."
        if line.is_edited:
            text += " \u200e<This message was edited>"
        mark = "\u200e" if line.attachment or line.is_deleted else ""
        at = line.at.astimezone(LONDON).strftime(dates)
        made.append(f"{mark}[{at}] {_text_sender(line)}: {text}{end}")
    return "".join(made).encode()


def whatsapp_android(lines: Sequence[Line] = CONVERSATION, dates: str = "%d/%m/%Y, %H:%M") -> bytes:
    """The text file of an Android device, with its first line of the application's own."""
    made = [f"{lines[0].at.astimezone(LONDON).strftime(dates)} - Messages and calls are end-to-end encrypted.\n"]
    for line in lines:
        text = line.text or ""
        if line.attachment:
            text = f"{line.attachment} (file attached)"
        if line.is_deleted:
            text = "You deleted this message" if line.is_owner else "This message was deleted"
        if line.is_edited:
            text += " <This message was edited>"
        made.append(f"{line.at.astimezone(LONDON).strftime(dates)} - {_text_sender(line)}: {text}\n")
    return "".join(made).encode()


# --------------------------------------------------------------------------------------------------- WhatsApp's SQLite

MSGSTORE = """
CREATE TABLE jid (_id INTEGER PRIMARY KEY AUTOINCREMENT, user TEXT NOT NULL, server TEXT NOT NULL, raw_string TEXT);
CREATE TABLE chat (_id INTEGER PRIMARY KEY AUTOINCREMENT, jid_row_id INTEGER UNIQUE, subject TEXT);
CREATE TABLE message (_id INTEGER PRIMARY KEY AUTOINCREMENT, chat_row_id INTEGER NOT NULL, from_me INTEGER NOT NULL,
    key_id TEXT NOT NULL, sender_jid_row_id INTEGER, status INTEGER, timestamp INTEGER, received_timestamp INTEGER,
    message_type INTEGER, text_data TEXT, starred INTEGER, sort_id INTEGER NOT NULL DEFAULT 0);
CREATE TABLE message_media (message_row_id INTEGER PRIMARY KEY, chat_row_id INTEGER, file_path TEXT, file_size INTEGER,
    mime_type TEXT, media_name TEXT, file_hash TEXT, media_caption TEXT);
CREATE TABLE message_quoted (message_row_id INTEGER PRIMARY KEY AUTOINCREMENT, chat_row_id INTEGER NOT NULL,
    from_me INTEGER NOT NULL, key_id TEXT NOT NULL, text_data TEXT);
CREATE TABLE message_forwarded (message_row_id INTEGER PRIMARY KEY, forward_score INTEGER, forward_origin INTEGER);
CREATE TABLE message_edit_info (message_row_id INTEGER PRIMARY KEY, original_key_id TEXT NOT NULL,
    edited_timestamp INTEGER NOT NULL, sender_timestamp INTEGER NOT NULL);
CREATE TABLE message_revoked (message_row_id INTEGER PRIMARY KEY, revoked_key_id TEXT NOT NULL);
CREATE TABLE group_participant_user (_id INTEGER PRIMARY KEY AUTOINCREMENT, group_jid_row_id INTEGER NOT NULL,
    user_jid_row_id INTEGER NOT NULL);
CREATE TABLE call_log (_id INTEGER PRIMARY KEY AUTOINCREMENT, jid_row_id INTEGER, from_me INTEGER, call_id TEXT,
    timestamp INTEGER, video_call INTEGER, duration INTEGER, call_result INTEGER);
"""


def msgstore(path: Path, lines: Sequence[Line] = CONVERSATION) -> Path:
    """WhatsApp's database of an Android device."""
    base = sqlite3.connect(path)
    base.executescript(MSGSTORE)
    base.execute("INSERT INTO message VALUES (1, -1, 0, '-1', 0, -1, 0, 0, -1, NULL, 0, 0)")
    base.execute("INSERT INTO jid VALUES (7, ?, 's.whatsapp.net', ?)", (OTHER.lstrip("+"), jid(OTHER)))
    base.execute("INSERT INTO chat VALUES (3, 7, NULL)")
    base.execute("INSERT INTO call_log VALUES (1, 7, 0, 'x', ?, 1, 95, 5)", (int(_at(30).timestamp() * 1000),))
    for n, line in enumerate(lines, 2):
        milliseconds = int(line.at.timestamp() * 1000)
        type_ = 15 if line.is_deleted else 1 if line.attachment else 0
        row = (n, 3, int(line.is_owner), f"K{n}", 0, 0, milliseconds, milliseconds, type_, line.text, 0, n)
        base.execute(f"INSERT INTO message VALUES ({','.join('?' * 12)})", row)
        if line.attachment:
            hash_ = base64.b64encode(hashlib.sha256(b"not a picture").digest()).decode()
            media = (n, 3, f"Media/WhatsApp Images/{line.attachment}", 13, "image/jpeg", None, hash_, None)
            base.execute("INSERT INTO message_media VALUES (?,?,?,?,?,?,?,?)", media)
        if line.quoted:
            base.execute("INSERT INTO message_quoted VALUES (?,3,1,'K',?)", (n, line.quoted))
        if line.is_forwarded:
            base.execute("INSERT INTO message_forwarded VALUES (?,1,0)", (n,))
        if line.is_edited:
            base.execute("INSERT INTO message_edit_info VALUES (?,'K',1,1)", (n,))
    base.commit()
    base.close()
    return path


CHAT_STORAGE = """
CREATE TABLE ZWACHATSESSION (Z_PK INTEGER PRIMARY KEY, ZSESSIONTYPE INTEGER, ZCONTACTJID VARCHAR, ZPARTNERNAME VARCHAR);
CREATE TABLE ZWAGROUPMEMBER (Z_PK INTEGER PRIMARY KEY, ZCHATSESSION INTEGER, ZMEMBERJID VARCHAR, ZCONTACTNAME VARCHAR);
CREATE TABLE ZWAMEDIAITEM (Z_PK INTEGER PRIMARY KEY, ZMESSAGE INTEGER, ZFILESIZE INTEGER, ZMEDIALOCALPATH VARCHAR,
    ZTITLE VARCHAR, ZVCARDSTRING VARCHAR);
CREATE TABLE ZWAMESSAGE (Z_PK INTEGER PRIMARY KEY, ZISFROMME INTEGER, ZMESSAGETYPE INTEGER, ZCHATSESSION INTEGER,
    ZGROUPMEMBER INTEGER, ZMEDIAITEM INTEGER, ZMESSAGEDATE TIMESTAMP, ZFROMJID VARCHAR, ZTOJID VARCHAR, ZTEXT VARCHAR);
"""


def chat_storage(path: Path, lines: Sequence[Line] = CONVERSATION) -> Path:
    """WhatsApp's database of an iPhone. Its times count from 2001."""
    base = sqlite3.connect(path)
    base.executescript(CHAT_STORAGE)
    base.execute("INSERT INTO ZWACHATSESSION VALUES (1, 0, ?, ?)", (jid(OTHER), OTHER_NAME))
    for n, line in enumerate(lines, 1):
        type_ = 14 if line.is_deleted else 1 if line.attachment else 0
        at = line.at.timestamp() - 978307200
        from_, to = (None, jid(OTHER)) if line.is_owner else (jid(OTHER), None)
        item = n if line.attachment else None
        row = (n, int(line.is_owner), type_, 1, None, item, at, from_, to, line.text)
        base.execute("INSERT INTO ZWAMESSAGE VALUES (?,?,?,?,?,?,?,?,?,?)", row)
        if line.attachment:
            media = (n, n, 13, f"Media/{jid(OTHER)}/{line.attachment}", None, "image/jpeg")
            base.execute("INSERT INTO ZWAMEDIAITEM VALUES (?,?,?,?,?,?)", media)
    base.commit()
    base.close()
    return path


# ---------------------------------------------------------------------------------------------------------------- Mail

MAIL_OWNER, MAIL_OTHER = "owner@example.org", "sam@example.org"


def mail(
    n: int = 0, is_owner: bool = False, body: str = "See you on Thursday.", attachment: bytes | None = None
) -> bytes:
    made = EmailMessage()
    sender, to = (MAIL_OWNER, MAIL_OTHER) if is_owner else (MAIL_OTHER, MAIL_OWNER)
    made["From"], made["To"] = f"Réné Example <{sender}>", to
    made["Subject"] = f"Café {n}"
    made["Date"] = _at(n)
    made["Message-ID"] = f"<{n}@example.org>"
    made.set_content(body)
    if attachment is not None:
        made.add_attachment(attachment, maintype="image", subtype="jpeg", filename="IMG_1.jpg")
    return made.as_bytes()


def mbox(path: Path, mails: Iterable[bytes]) -> Path:
    box = mailbox.mbox(path)
    for one in mails:
        box.add(one)
    box.close()
    return path
