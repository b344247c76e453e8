"""A file of a submission as rows: counted, hashed as another program hashes it, and left as it was."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from pipelines.device import media_types, reading
from pipelines.device.reading import FileRow, Told
from pipelines.device.records import Media, Message, Source
from tests.support import device_exports as exports

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8
SOURCE = Source("x", owner_identifiers=(exports.OWNER, exports.OWNER_NAME))


def read(path: Path) -> list[Told]:
    return list(reading.records(str(path), Source(path.name, SOURCE.owner_identifiers)))


def rows(told: list[Told]) -> dict[str, FileRow]:
    return {each.member: each.record for each in told if isinstance(each.record, FileRow)}


def put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_an_archive_gives_its_report_its_pictures_hashes_and_itself(tmp_path: Path):
    report = exports.ufed_xml()
    path = put(tmp_path, "a.ufdr", exports.ufdr(report, files={"files/Image/1.jpg": JPEG, "files/x.bin": b"?"}))
    told = read(path)
    of = rows(told)
    assert {member: row.status for member, row in of.items()} == {
        "report.xml": "READ", "files/Image/1.jpg": "HASHED", "files/x.bin": "UNKNOWN", "": "READ",
    }  # fmt: skip
    assert of["report.xml"].n_messages == len(exports.CONVERSATION)
    assert sum(isinstance(each.record, Message) for each in told) == len(exports.CONVERSATION)
    hashed = [each.record for each in told if isinstance(each.record, Media) and each.member.endswith("1.jpg")]
    assert [(each.name, each.type, each.n_bytes) for each in hashed] == [("1.jpg", "image/jpeg", len(JPEG))]


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_hashes_are_those_of_another_program_and_evidence_stays_as_it_was(tmp_path: Path):
    path = put(tmp_path, "_chat.txt", exports.whatsapp_ios())
    os.utime(path, (1_000_000_000, 1_000_000_000))
    path.chmod(0o400)
    before = path.stat()
    row = rows(read(path))[""]
    for program, digest in (("sha256sum", row.sha256), ("md5sum", row.md5), ("sha1sum", row.sha1)):
        said = subprocess.run([program, path], capture_output=True, text=True, check=True).stdout.split()[0]
        assert said == digest
    after = path.stat()
    assert (after.st_mtime_ns, after.st_size, after.st_mode) == (before.st_mtime_ns, before.st_size, before.st_mode)
    assert sorted(tmp_path.iterdir()) == [path]


def test_a_cut_report_gives_what_came_before_and_the_byte(tmp_path: Path):
    report = exports.ufed_xml()
    cut = report[: len(report) // 2]
    row = rows(told := read(put(tmp_path, "report.xml", cut)))[""]
    n = sum(isinstance(each.record, Message) for each in told)
    assert (row.status, row.reason, row.n_messages) == ("READ", "CUT", n)
    assert 0 < n < len(exports.CONVERSATION)
    assert row.stopped_byte is not None
    assert 0 < row.stopped_byte <= len(cut)
    assert row.n_bytes == len(cut)


def test_a_cut_archive_says_so_and_its_hash_stands(tmp_path: Path):
    whole = exports.ufdr(exports.ufed_xml())
    row = rows(read(put(tmp_path, "a.ufdr", whole[:-200])))[""]
    assert (row.status, row.reason) == ("FAILED", "CUT")
    assert row.sha256


def test_a_protected_member_says_that_it_needs_a_password_and_the_rest_is_read(tmp_path: Path):
    content = bytearray(exports.ufdr(exports.ufed_xml(), files={"z.xml": b"secret"}))
    for signature, flags_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.rindex(signature)
        content[at + flags_at] |= 1
    of = rows(read(put(tmp_path, "a.ufdr", bytes(content))))
    assert (of["z.xml"].status, of["z.xml"].reason) == ("FAILED", "PASSWORD")
    assert "password" in (of["z.xml"].detail or "")
    assert of["report.xml"].status == "READ"


def test_a_bomb_and_a_way_out_are_refused_by_name(tmp_path: Path):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big.bin", bytes(40 << 20))
        archive.writestr("../../out.txt", b"x")
        archive.writestr("_chat.txt", exports.whatsapp_ios())
    of = rows(read(put(tmp_path, "a.zip", sink.getvalue())))
    assert {row.reason for row in of.values()} == {"BOMB", "UNSAFE_NAME", None}
    assert of["_chat.txt"].status == "READ"
    assert list(tmp_path.iterdir()) == [tmp_path / "a.zip"]


def test_what_cannot_be_opened_is_a_row_and_no_error(tmp_path: Path):
    link = tmp_path / "link"
    link.symlink_to(put(tmp_path, "x.txt", b"x"))
    for path in (tmp_path / "absent", link, tmp_path):
        assert [(row.status, row.reason) for row in rows(read(path)).values()] == [("FAILED", "UNREADABLE")]


def test_every_file_is_counted_once(tmp_path: Path):
    contents = {
        "report.xml": exports.ufed_xml(), "_chat.txt": exports.whatsapp_ios(), "1.jpg": JPEG, "2.jpg": b"no picture",
        "empty": b"", "a.ufdr": exports.ufdr(exports.ufed_xml()), "page.docx": _document(),
    }  # fmt: skip
    statuses: Counter[str] = Counter()
    for name, content in contents.items():
        of = rows(read(put(tmp_path, name, content)))
        assert "" in of
        statuses.update(row.status for row in of.values())
    assert statuses == {"READ": 4, "HASHED": 1, "UNKNOWN": 3}  # the archive and its member are two


def _document() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w/>")
    return sink.getvalue()


def test_no_record_holds_a_picture(tmp_path: Path):
    path = put(tmp_path, "a.ufdr", exports.ufdr(exports.ufed_xml(), files={"files/Image/1.jpg": JPEG}))
    told = repr(read(path))
    assert "\\xff\\xd8" not in told
    assert JPEG[4:40].hex() not in told


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("x", JPEG, "image/jpeg"), ("x.txt", JPEG, "image/jpeg"), ("x.jpg", b"MZ\x90", None),
        ("x.jpg", b"", "image/jpeg"),
        ("x", b"\x00\x00\x00\x18ftypmp42", "video/mp4"), ("x", b"SQLite format 3\x00", "application/vnd.sqlite3"),
        ("x.txt", b"hello", "text/plain"), ("x", b"hello", None), ("x", b"", None),
    ],
)  # fmt: skip
def test_bytes_tell_more_than_names(name: str, head: bytes, kind: str | None):
    assert media_types.media_type(name, head) == kind
