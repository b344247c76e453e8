"""Text in pictures: asked for or not read, told where no program is there, and proved with the real one where it is."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from pipelines.device import picture_text, reading
from pipelines.device.identifiers import finding
from pipelines.device.records import Media, Message, Source

WALLET = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"  # an example of EIP-55, which the program reads as "Ox5a..."
needs_program = pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract is not installed")


def picture(*lines: str) -> bytes:
    made = Image.new("L", (1000, 60 + 60 * len(lines)), 255)
    for n, line in enumerate(lines):
        ImageDraw.Draw(made).text((30, 30 + 60 * n), line, fill=0, font_size=32)
    sink = io.BytesIO()
    made.save(sink, "PNG")
    return sink.getvalue()


def read(folder: Path, content: bytes, is_asked: bool = True) -> list[reading.Told]:
    path = folder / "IMG_1.png"
    path.write_bytes(content)
    return list(reading.records(str(path), Source(path.name, text_in_pictures=is_asked)))


def test_pictures_are_not_read_unless_it_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_text, "read", lambda *_: pytest.fail("a picture was read"))
    media, file = (told.record for told in read(tmp_path, picture("Sort code"), is_asked=False))
    assert (isinstance(media, Media), file.status, file.reason) == (True, "HASHED", None)


def test_where_no_program_is_there_each_picture_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_text, "reader", lambda: None)
    media, file = (told.record for told in read(tmp_path, picture("Sort code")))
    assert isinstance(media, Media)
    assert (file.status, file.reason, file.detail, file.n_media, file.n_messages) == (
        "HASHED", "NOT_INSTALLED", "ocr: not installed", 1, 0,
    )  # fmt: skip


def test_a_program_that_hangs_or_fails_costs_one_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "slow"
    program.write_text("#!/bin/sh\nexec sleep 30\n")
    program.chmod(0o700)
    monkeypatch.setattr(picture_text, "reader", lambda: "picture_text 1 (made)")
    monkeypatch.setattr(picture_text, "PROGRAM", str(program))
    monkeypatch.setattr(picture_text, "MAX_S", 0.2)
    monkeypatch.setattr(picture_text, "_bounded", lambda: None)
    assert read(tmp_path, picture("x"))[-1].record.detail == "ocr: not read within 0.2 s"
    program.write_text("#!/bin/sh\nexit 3\n")
    monkeypatch.setattr(picture_text, "MAX_S", 10)
    file = read(tmp_path, picture("x"))[-1].record
    assert (file.status, file.reason, file.detail) == (
        "HASHED", "UNREADABLE", "ocr: no picture that it can read (code 3)",
    )  # fmt: skip


@needs_program
@pytest.mark.slow
def test_an_account_and_a_wallet_are_found_in_a_picture(tmp_path: Path) -> None:
    told = read(tmp_path, picture("Sort code 12-34-56 Account 31926819", f"send to {WALLET}"))
    (message,) = [one.record for one in told if isinstance(one.record, Message)]
    file = told[-1].record
    assert (file.status, file.n_messages, file.n_media) == ("READ", 1, 1)
    assert file.reader.startswith("picture_text 1 (tesseract ")
    assert message.attachments[0].hash == file.sha256
    found = {one.value: (one.status, one.is_repaired) for one in finding.find([message.text])}
    assert found == {"123456 31926819": ("unverifiable", False), WALLET.lower(): ("checksum_ok", True)}
    assert list(tmp_path.iterdir()) == [tmp_path / "IMG_1.png"]  # the program wrote nothing


@needs_program
@pytest.mark.slow
def test_an_empty_picture_and_a_damaged_one_are_hashed_and_told(tmp_path: Path) -> None:
    whole = picture()
    assert [told.record.status for told in read(tmp_path, whole)[1:]] == ["HASHED"]
    file = read(tmp_path, whole[:60])[-1].record
    assert (file.status, file.reason) == ("HASHED", "UNREADABLE")
