"""Packs as documents: marked, graded, with gaps and the notice of wellbeing, and without a picture."""

from __future__ import annotations

import base64
import gzip
import io
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import docx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from pyspark.sql import Row

from jobs.output import packs
from jobs.runtime import audit
from schemas import codes
from tests.support import pictures

ROW: dict[str, Any] = {
    "night": date(2026, 3, 15), "decision_id": "1" * 36, "submission_id": "36:EX-1", "from_force": "36", "force": "37",
    "account_id": "a" * 24, "app": "snapchat", "party": "wren.k",
    "linked": ["whatsapp: +447700900101 (a handle that is told)"],
    "status": "address_confirmed", "basis": "two independent sources", "ages": ["13"], "addresses": ["14|IP1 1CA"],
    "leads": ["telephone number +447700900101"], "gaps": ["Age rests on what messages say; no record was compared."],
    "told_by": [], "known_pictures": ["category C: 2"],
    "evidence": [
        {"kind": "AGE", "value": "13", "as_written": "13", "account": "snapchat: wren.k", "said_by": "wren.k",
         "source": "MESSAGE", "grading": "2A", "source_id": "b" * 24, "file": "handset.ufdr", "member": "report.xml",
         "byte_from": 1234},
        {"kind": "TOWN", "value": "\u202eipswich\x07", "as_written": "\u202eipswich\x07",
         "account": "snapchat: wren.k", "said_by": None,
         "source": "CONTACT", "grading": "2D",
         "source_id": "b" * 24, "file": "handset.ufdr", "member": "report.xml",
         "byte_from": 99},
    ],
    "evidence_hash": "c" * 64, "reviewer": "a.analyst", "decided_at": datetime(2026, 3, 14, 10, tzinfo=UTC),
    "reason": "ring the duty sergeant",
}  # fmt: skip


def _text(data: bytes) -> str:
    told = docx.Document(io.BytesIO(data))
    cells = [cell.text for table in told.tables for row in table.rows for cell in row.cells]
    return "\n".join([each.text for each in told.paragraphs] + cells)


def test_a_document_says_what_is_known_how_it_is_graded_and_what_is_missing() -> None:
    text = _text(packs.document(ROW))
    for words in (
        packs.CAUTION, packs.WELLBEING, "force 37 Suffolk", "force 36 Norfolk", "14, IP1 1CA", "2A", "1,234", "c" * 64,
        ROW["gaps"][0], ROW["leads"][0], "category C: 2", "ring the duty sergeant", "(calculated)",
    ):  # fmt: skip
        assert words in text
    assert "\u202e" not in text
    assert "\x07" not in text
    told = docx.Document(io.BytesIO(packs.document(ROW)))
    assert "OFFICIAL-SENSITIVE" in told.sections[0].header.paragraphs[0].text


def test_equal_rows_give_equal_bytes_and_no_picture() -> None:
    data = packs.document(ROW)
    assert data == packs.document(ROW)
    assert pictures.signatures(data) == set()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert not [name for name in archive.namelist() if name.endswith((".jpeg", ".jpg", ".png", ".gif"))]


def test_the_national_queue_is_named() -> None:
    assert "the national queue" in _text(packs.document({**ROW, "force": "UK", "addresses": [], "basis": None}))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WebP"])
def test_signatures_of_pictures_that_a_library_writes_are_seen_wherever_they_hide(kind: str) -> None:
    sink = io.BytesIO()
    Image.new("RGB", (9, 9), (40, 90, 160)).save(sink, kind)  # a flat square
    data = sink.getvalue()
    parquet, archive = io.BytesIO(), io.BytesIO()
    pq.write_table(pa.table({"a": [f"x {base64.b64encode(data).decode()}"]}), parquet, compression="zstd")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("word/media/1", data)
    hidden = (data, b"x" + data, base64.b64encode(data), gzip.compress(data), parquet.getvalue(), archive.getvalue())
    for each in hidden:
        assert kind in pictures.signatures(each)
    assert pictures.signatures(b"no picture, but the letters iVBOR and GIF") == set()


class Rows:
    """As much of a DataFrame as writing needs."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.rows = rows

    def __getitem__(self, name: str) -> Any:
        return {row[name] for row in self.rows} if name != "night" else Night()

    def where(self, night: date) -> Rows:
        return Rows(*(row for row in self.rows if row["night"] == night))

    def orderBy(self, *names: str) -> Rows:  # noqa: N802
        return Rows(*sorted(self.rows, key=lambda row: [row[name] for name in names]))

    def collect(self) -> list[Row]:
        return [Row(**row) for row in self.rows]


class Night:
    """A column that is compared with one night."""

    def __eq__(self, night: object) -> Any:
        return night

    __hash__ = None  # type: ignore[assignment]


def _written(tmp_path: Path, log: audit.Audit, *rows: dict[str, Any]) -> list[str]:
    files = packs.write(Rows(*rows), tmp_path / "exports", ROW["night"], log)  # type: ignore[arg-type]
    return [str(path.relative_to(tmp_path / "exports")) for path in files]


def test_each_force_gets_its_packs_logged_once_and_none_that_is_no_longer_handed_out(tmp_path: Path) -> None:
    log = audit.Audit(tmp_path / "log")
    other = {**ROW, "account_id": "b" * 24, "force": codes.NATIONAL, "decision_id": "2" * 36}
    before = {**ROW, "night": date(2026, 3, 14), "account_id": "d" * 24}
    files = _written(tmp_path, log, ROW, other, before)
    assert files == [f"2026-03-15/37/pack-{'a' * 24}.docx", f"2026-03-15/UK/pack-{'b' * 24}.docx"]
    assert _written(tmp_path, log, ROW, other) == files
    entries = list(log.entries())
    assert [(each["operation"], each["to_whom"], each["counts"]) for each in entries] == [
        ("packs_handed_out", "force 37 Suffolk", {"packs": 1}),
        ("packs_handed_out", "the national queue", {"packs": 1}),
    ]  # fmt: skip
    for each, name in zip(entries, files, strict=True):
        path = tmp_path / "exports" / name
        assert datetime.fromisoformat(each["at"]).timestamp() <= path.stat().st_mtime
        assert path.stat().st_mode & 0o077 == 0
    assert _written(tmp_path, log, ROW) == files[:1]
    assert not (tmp_path / "exports" / files[1]).exists()
    with pytest.raises(ValueError, match="cannot be a folder"):
        _written(tmp_path, log, {**ROW, "force": "../36"})
