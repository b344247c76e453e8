"""One truth out of every format, and the reader that takes each."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from pipelines.device.readers.archive import Archive
from pipelines.device.readers.registry import HEAD, READERS, reader_for
from pipelines.device.records import Message, Source, Stopped
from schemas.device import DIRECTIONS, FILE_REASONS
from tests.pipelines.device.readers.reading import facts
from tests.support import device_exports as exports
from tests.support.device_exports import CONVERSATION


def formats(folder: Path) -> dict[str, tuple[str, str, bytes]]:
    """Format -> its reader, a file's name and content."""
    return {
        "UFED": ("ufed_xml", "report.xml", exports.ufed_xml()),
        "iLEAPP": ("leapp_json", "whatsApp.json", exports.leapp_json()),
        "iLEAPP's table": ("leapp_tsv", "WhatsApp - Messages.tsv", exports.leapp_tsv()),
        "LAVA": ("leapp_sqlite", "_lava_artifacts.db", exports.leapp_sqlite(folder / "l.db").read_bytes()),
        "an iPhone's text": ("whatsapp_text", "_chat.txt", exports.whatsapp_ios()),
        "Android's text": ("whatsapp_text", "WhatsApp Chat with Sam.txt", exports.whatsapp_android()),
        "Android's database": ("sqlite_messages", "msgstore.db", exports.msgstore(folder / "a.db").read_bytes()),
        "an iPhone's database": (
            "sqlite_messages",
            "ChatStorage.sqlite",
            exports.chat_storage(folder / "i").read_bytes(),
        ),
    }


def test_every_format_tells_the_same_conversation(tmp_path: Path) -> None:
    told = {}
    for format_, (taker, name, content) in formats(tmp_path).items():
        reader = reader_for(name, content[:HEAD])
        assert reader is not None
        assert reader.name == taker, format_
        source = Source(name, owner_identifiers=(exports.OWNER, exports.OWNER_NAME))
        records = list(reader.read(io.BytesIO(content), source))
        assert not [one for one in records if isinstance(one, Stopped)], format_
        found = [one for one in records if isinstance(one, Message)]
        assert {one.app for one in found} == {"whatsapp"}
        assert {one.direction for one in found} <= set(DIRECTIONS)
        told[format_] = [facts(one) for one in found if one.direction != "SYSTEM"]
    assert len(told) == 8
    for format_, conversation in told.items():
        assert conversation == [line.facts for line in CONVERSATION], format_


def test_every_format_is_read_out_of_an_archive(tmp_path: Path) -> None:
    sink = io.BytesIO()
    files = {f"WhatsApp Chat - Sam/{taker}/{name}": content for taker, name, content in formats(tmp_path).values()}
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in files.items():
            out.writestr(name, content)
    with Archive(sink) as archive:
        for member in archive.members():
            assert member.reason is None
            reader = reader_for(member.name, files[member.name][:HEAD])
            assert reader is not None
            source = Source(member.name, owner_identifiers=(exports.OWNER, exports.OWNER_NAME))
            found = [one for one in reader.read(archive.open(member), source) if isinstance(one, Message)]
            assert [facts(one) for one in found if one.direction != "SYSTEM"] == [line.facts for line in CONVERSATION]
            if reader.name == "whatsapp_text" and member.name.endswith("_chat.txt"):
                assert found[0].chat_name == "Sam"


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("notes.txt", b"Buy milk\n"),
        ("picture.jpg", b"\xff\xd8\xff\xe0" + bytes(1000)),
        ("report.xml", b"<?xml version='1.0'?><html/>"),
        ("data.json", b'{"a": 1}'),
        ("wa.db", b"SQLite format 3\x00" + bytes(1000)),
        ("", b""),
        ("x.tsv", b"a\tb\n"),
    ],
)
def test_what_nobody_knows_is_taken_by_nobody(name: str, head: bytes) -> None:
    assert reader_for(name, head) is None


def test_readers_have_a_name_and_a_version_each() -> None:
    assert len({reader.name for reader in READERS}) == len(READERS)
    assert all(reader.version for reader in READERS)


class Broken(io.RawIOBase):
    """Content of which reading fails, as of a disk that is dying."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._content.seek(offset, whence)

    def tell(self) -> int:
        return self._content.tell()

    def readinto(self, buffer: bytearray) -> int:
        block = self._content.read(len(buffer))
        if not block:
            raise OSError(5, "Input/output error")
        buffer[: len(block)] = block
        return len(block)


def test_a_disk_that_fails_ends_a_file_and_no_more(tmp_path: Path) -> None:
    for format_, (_, name, content) in formats(tmp_path).items():
        reader = reader_for(name, content[:HEAD])
        assert reader is not None
        *_, end = reader.read(io.BufferedReader(Broken(content)), Source(name))
        assert isinstance(end, Stopped), format_
        assert end.reason == "UNREADABLE"
        assert end.reason in FILE_REASONS
