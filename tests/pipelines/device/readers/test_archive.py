"""Zip archives from anybody: every member is opened or named with its reason."""

from __future__ import annotations

import contextlib
import io
import stat
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.device.readers.archive import Archive, Limits, safe_name
from pipelines.device.readers.base import ReadingStopped
from pipelines.device.readers.ufed_xml import UfedXml
from pipelines.device.records import Message
from schemas.device import FILE_REASONS
from tests.pipelines.device.readers.reading import UNTIMED, of, stopped
from tests.support import device_exports as exports


def archive(content: bytes, limits: Limits | None = None) -> Archive:
    return Archive(io.BytesIO(content), limits)


def made(*entries: tuple[str | zipfile.ZipInfo, bytes], packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", packed) as out, pytest.MonkeyPatch.context() as quiet:
        quiet.setattr("warnings.warn", lambda *_args, **_kwargs: None)  # of names that stand twice
        for name, content in entries:
            out.writestr(name, content)
    return sink.getvalue()


@pytest.mark.parametrize("name", ["report.xml", "Report.xml"])
def test_a_report_is_read_out_of_its_archive(name: str) -> None:
    report = exports.ufed_xml()
    with archive(exports.ufdr(report, name, {"files\\Image\\IMG_1.jpg": b"not a picture"})) as ufdr:
        members = list(ufdr.members())
        assert [(one.name, one.n_bytes, one.reason) for one in members] == [
            (name, len(report), None),
            ("files/Image/IMG_1.jpg", 13, None),
        ]
        found = list(UfedXml().read(ufdr.open(members[0]), exports.SOURCE))
    assert len(of(Message, found)) == len(exports.CONVERSATION)
    assert stopped(found) is None


def link() -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo("files/link")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def flagged(content: bytes, flag: int) -> bytes:
    """The archive with a flag set for all members, in their heads and in the list."""
    out = bytearray(content)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := content.find(mark, at + 1)) >= 0:
            out[at + offset] |= flag
    return bytes(out)


REFUSED = {
    "UNSAFE_NAME": [
        made(("../../etc/passwd", b"x")),
        made(("/etc/passwd", b"x")),
        made(("C:\\Windows\\x", b"x")),
        made(("files\\..\\..\\x", b"x")),
        made(("\\\\server\\share", b"x")),
        made(("a\x07b", b"x")),
    ],
    "LINK": [made((link(), b"/etc/passwd"))],
    "PASSWORD": [flagged(made(("report.xml", b"x")), 1), flagged(made(("report.xml", b"x")), 0x40)],
    "BOMB": [made(("report.xml", bytes(20 << 20)))],
}


@pytest.mark.parametrize(("reason", "content"), [(r, c) for r, contents in REFUSED.items() for c in contents])
def test_what_may_not_be_opened_is_named(reason: str, content: bytes) -> None:
    with archive(content) as opened:
        (one,) = opened.members()
        assert one.reason == reason
        assert one.reason in FILE_REASONS
        assert ".." not in one.name.split("/")
        assert not one.name.startswith("/")
        with pytest.raises(ReadingStopped) as stop:
            opened.open(one)
        assert stop.value.reason == reason


def test_of_a_name_that_stands_twice_the_first_is_opened() -> None:
    with archive(made(("a", b"first"), ("a", b"second"), ("a", b"third"))) as opened:
        first, second, third = opened.members()
        assert [(one.name, one.reason) for one in (first, second, third)] == [
            ("a", None),
            ("a#2", "UNSAFE_NAME"),
            ("a#3", "UNSAFE_NAME"),
        ]
        assert opened.open(first).read() == b"first"


def test_sizes_are_bounds() -> None:
    content = made(("a", b"x" * 100), ("b", b"y" * 100), packed=zipfile.ZIP_STORED)
    with archive(content, Limits(max_member_bytes=50)) as opened:
        assert [one.reason for one in opened.members()] == ["TOO_LARGE", "TOO_LARGE"]
    with archive(content, Limits(max_total_bytes=150)) as opened:
        assert [one.reason for one in opened.members()] == [None, "TOO_LARGE"]
    with pytest.raises(ReadingStopped) as stop:
        archive(content, Limits(max_directory_bytes=50))
    assert stop.value.reason == "TOO_LARGE"


def test_a_member_that_holds_more_than_it_says_ends_there() -> None:
    content = bytearray(made(("a", bytes(1000))))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.index(mark)
        content[at + offset : at + offset + 4] = struct.pack("<L", 10)
    with archive(bytes(content)) as opened:
        (one,) = opened.members()
        with pytest.raises(ReadingStopped):
            opened.open(one).read()


def test_members_that_share_bytes_are_a_bomb() -> None:
    content = bytearray(made(("a", bytes(1000)), ("b", bytes(1000)), packed=zipfile.ZIP_STORED))
    second = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 1)
    content[second + 42 : second + 46] = struct.pack("<L", 0)  # the second member begins where the first does
    with archive(bytes(content)) as opened:
        assert {one.reason for one in opened.members()} == {"BOMB"}


def test_damage_within_a_member_is_told_when_it_is_read() -> None:
    content = bytearray(made(("report.xml", exports.ufed_xml()), packed=zipfile.ZIP_STORED))
    content[5000] ^= 0xFF
    with archive(bytes(content)) as opened:
        (one,) = opened.members()
        found = list(UfedXml().read(opened.open(one), exports.SOURCE))
        end = stopped(found)
    assert end is not None
    assert end.reason == "DAMAGED"


WHOLE = exports.ufdr(exports.ufed_xml())


@UNTIMED
@given(st.integers(0, len(WHOLE) - 1))
def test_a_cut_archive_is_named(cut: int) -> None:
    with pytest.raises(ReadingStopped) as stop:
        archive(WHOLE[:cut])
    assert stop.value.reason in ("CUT", "DAMAGED")


@UNTIMED
@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_no_changed_byte_makes_an_error_of_ours(at: int, change: int) -> None:
    content = bytearray(WHOLE)
    content[at] ^= change
    with contextlib.suppress(ReadingStopped), archive(bytes(content)) as opened:
        for one in opened.members():
            if one.reason is None:
                list(UfedXml().read(opened.open(one), exports.SOURCE))


@UNTIMED
@given(st.text(max_size=40))
def test_no_name_leads_elsewhere(name: str) -> None:
    kept, is_safe = safe_name(name)
    assert kept
    assert not kept.startswith("/")
    assert not {"", "..", "."} & set(kept.split("/"))
    assert not is_safe or "\x00" not in name
