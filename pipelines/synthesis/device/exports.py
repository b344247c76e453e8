"""The two telephones' exports in a submission's folder: a UFDR archive, a WhatsApp text, and what no reader takes."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import yaml

from pipelines.synthesis.device import conversations
from pipelines.synthesis.device.conversations import OWNER, OWNER_NAME, Chat, Message

SUBMISSION = "EX-2026-0417"
FEED = "device"
LONDON = ZoneInfo("Europe/London")
_STAMP = (1980, 1, 1, 0, 0, 0)  # of members: equal worlds are equal bytes
_NAMESPACE = "http://pa.cellebrite.com/report/2.0"


def write(folder: Path, device: conversations.Device) -> list[Path]:
    """Write the submission; returns its files, the manifest last."""
    first, second = folder / "AB-1", folder / "AB-2"
    first.mkdir(parents=True, exist_ok=True)
    second.mkdir(exist_ok=True)
    contents = {
        first / "handset.ufdr": _archive("".join(_report(device.chats))),
        second / "_chat.txt": "".join(_text(device.chats[device.on_both[0]])).encode(),
        second / "app_state.bin": bytes(range(256)) * 16,
        folder / "terms.csv": _terms(),
        folder / "submission.yaml": _manifest(),
    }
    for path, content in contents.items():
        path.write_bytes(content)
    return list(contents)


def _manifest() -> bytes:
    said = {
        "authority": {"power": "PACE 1984 s.19", "reference": "WA/0417", "granted_on": "2026-01-09"},
        "purpose": "Investigation of child criminal exploitation",
        "exhibits": ["AB/1", "AB/2"],
        "owner": {"name": OWNER_NAME, "identifiers": [OWNER, OWNER_NAME]},
        "languages": ["en", "ro"],
        "keyword_lists": ["terms.csv"],
    }
    return yaml.safe_dump(said, sort_keys=False, allow_unicode=True).encode()


def _terms() -> bytes:
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerows([("term", "language", "kind"), *conversations.KEYWORDS])
    return sink.getvalue().encode()


def _archive(report: str) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("report.xml", _STAMP), report)
    return sink.getvalue()


def _report(chats: tuple[Chat, ...]) -> Iterator[str]:
    yield (
        f'<?xml version="1.0" encoding="utf-8"?>\n<project id="1" name="Export" reportVersion="5.4.0.0" '
        f'extractionType="FileSystem" xmlns="{_NAMESPACE}">\n<decodedData>\n<modelType type="Chat">\n'
    )
    for n, chat in enumerate(chats):
        yield f'<model type="Chat" id="c{n}" deleted_state="Intact">'
        yield _field("Source", "WhatsApp") + _field("Id", _whatsapp(chat.number))
        yield f'<multiModelField name="Participants" type="Party">{_party(chat, True)}{_party(chat, False)}'
        yield '</multiModelField>\n<multiModelField name="Messages" type="InstantMessage">\n'
        yield from (_message(chat, message, f"m{n}.{k}") for k, message in enumerate(chat.messages))
        yield "</multiModelField></model>\n"
    yield '</modelType>\n<modelType type="Contact">\n'
    for n, chat in enumerate(chats):
        entry = f'<model type="PhoneNumber" id="e{n}">{_field("Value", chat.number)}</model>'
        yield f'<model type="Contact" id="k{n}" deleted_state="Intact">{_field("Name", chat.name)}'
        yield f'<multiModelField name="Entries" type="ContactEntry">{entry}</multiModelField></model>\n'
    yield "</modelType>\n</decodedData>\n</project>\n"


def _message(chat: Chat, message: Message, id_: str) -> str:
    state = "Deleted" if message.is_deleted else "Intact"
    stamp = message.sent_at.strftime("%Y-%m-%dT%H:%M:%S.000+00:00")
    return (
        f'<model type="InstantMessage" id="{id_}" deleted_state="{state}">{_field("Source", "WhatsApp")}'
        f"{_field('Body', message.text)}"
        f'<field name="TimeStamp" type="TimeStamp"><value type="TimeStamp">{stamp}</value></field>'
        f'<modelField name="From" type="Party">{_party(chat, message.is_owner)}</modelField></model>\n'
    )


def _party(chat: Chat, is_owner: bool) -> str:
    number, name = (OWNER, OWNER_NAME) if is_owner else (chat.number, chat.name)
    told = _field("Identifier", _whatsapp(number)) + _field("Name", name) + _field("IsPhoneOwner", str(is_owner))
    return f'<model type="Party">{told}</model>'


def _field(name: str, text: str) -> str:
    return f'<field name="{name}" type="String"><value type="String">{escape(text)}</value></field>'


def _whatsapp(number: str) -> str:
    return f"{number.removeprefix('+')}@s.whatsapp.net"


def _text(chat: Chat) -> Iterator[str]:
    """The chat as an iPhone exports it."""
    for message in chat.messages:
        at = message.sent_at.astimezone(LONDON).strftime("%d/%m/%Y, %H:%M:%S")
        yield f"[{at}] {OWNER_NAME if message.is_owner else _spaced(chat.number)}: {message.text}\r\n"


def _spaced(number: str) -> str:
    """A number as the application shows one that is in no address book."""
    return f"{number[:3]} {number[3:7]} {number[7:]}"
