"""Packs as documents: marked, graded, with gaps and the notice of wellbeing, and without a picture."""

from __future__ import annotations

import base64
import gzip
import io
import zipfile
from datetime import UTC, date, datetime
from typing import Any

import docx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from jobs.output import packs
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
