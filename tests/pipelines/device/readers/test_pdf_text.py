"""PDF documents: text per page, and every way in which one is not wholly read. Written by matplotlib, and by hand.

By hand: after ISO 32000-1, 7.5, with the offsets of its cross-reference table counted here.
"""

from __future__ import annotations

import functools
import hashlib
import io
import re
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from pypdf import PdfReader, PdfWriter

from pipelines.device import keywords, reading
from pipelines.device.identifiers import finding
from pipelines.device.keyword_lists import Term
from pipelines.device.readers import pdf_text
from pipelines.device.readers.pdf_text import NO_TEXT, TOO_MUCH, PdfText
from pipelines.device.records import Message, Refused
from tests.pipelines.device.readers.reading import UNTIMED, of, records, stopped
from tests.support.device_exports import SOURCE

PAGES = ("Pay sort code 20-00-00, account 31234567", "the burner is at home")


@functools.cache
def drawn(*texts: str | None) -> bytes:
    """A document of matplotlib's, a page per text; None: a page with a line and no text."""
    sink = io.BytesIO()
    with PdfPages(sink, metadata={"CreationDate": None}) as book:
        for text in texts:
            page = Figure()
            if text is None:
                page.add_artist(Line2D([0, 1], [0, 1]))
            else:
                page.text(0.1, 0.5, text)
            book.savefig(page)
    return sink.getvalue()


def written(contents: Sequence[bytes], *more: bytes, n_said: int | None = None) -> bytes:
    """A document by hand: a page per content stream, in Helvetica. `more`: objects from number 4 on."""
    first = 4 + len(more)
    kids = b" ".join(b"%d 0 R" % (first + 2 * n) for n in range(len(contents)))
    fonts = b"<< /Font << /F1 3 0 R >> /XObject << /X0 4 0 R >> >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(contents) if n_said is None else n_said),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        *more,
    ]
    for n, content in enumerate(contents):
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources %s /Contents %d 0 R >>"
            % (fonts, first + 2 * n + 1),
            packed(content),
        ]
    made, offsets = b"%PDF-1.4\n", []
    for n, each in enumerate(objects, start=1):
        offsets.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (n, each)
    table = b"".join(b"%010d 00000 n \n" % at for at in offsets)
    end = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(made))
    return made + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + end


def packed(content: bytes, keys: bytes = b"") -> bytes:
    body = zlib.compress(content)
    return b"<< %s /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (keys, len(body), body)


def shown(text: str) -> bytes:
    return b"BT /F1 1 Tf (%s) Tj ET" % text.encode("latin-1")


@pytest.mark.parametrize("content", [drawn(*PAGES), written([shown(text) for text in PAGES])], ids=["drawn", "by hand"])
def test_each_page_is_a_message_at_the_place_of_its_object(content: bytes) -> None:
    found = records(PdfText(), content)
    assert stopped(found) is None
    told = of(Message, found)
    assert [one.text.strip() for one in told] == list(PAGES)
    assert [one.chat_name for one in told] == ["report.xml, page 1", "report.xml, page 2"]
    for one in told:
        assert re.match(rb"\d+ 0 obj\s*<<[^>]*/Type /Page\b", content[one.place.byte_from :])


def test_accounts_and_words_of_a_page_read_back_from_its_text() -> None:
    texts = [one.text for one in of(Message, records(PdfText(), drawn(*PAGES)))]
    (account,) = [each for each in finding.find(texts, None) if each.kind == "UK_ACCOUNT"]
    assert (account.index, account.value) == (0, "200000 31234567")
    assert texts[0][account.start : account.end] == account.as_written
    (hit,) = keywords.search(texts, keywords.Compiled([Term("burner", None, "WORD")]))
    assert (hit.index, texts[1][hit.start : hit.end]) == (1, "burner")


def test_a_page_without_a_text_layer_is_refused_and_told() -> None:
    found = records(PdfText(), drawn(PAGES[0], None, None))
    assert [one.why for one in of(Refused, found)] == [NO_TEXT] * 2
    assert stopped(found).detail == "2 of 3 pages have no text layer"


def locked(user: str) -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(drawn(*PAGES)))
    writer.encrypt(user, "owner's", algorithm="RC4-128")
    sink = io.BytesIO()
    writer.write(sink)
    return sink.getvalue()


def test_a_document_behind_a_password_says_so_and_one_that_anybody_opens_is_read() -> None:
    end = stopped(records(PdfText(), locked("secret")))
    assert (end.reason, end.detail) == ("PASSWORD", "it is encrypted: a password is needed")
    assert [one.text.strip() for one in of(Message, records(PdfText(), locked("")))] == list(PAGES)


def test_a_cut_document_is_never_taken_for_a_whole_one() -> None:
    content = drawn(*PAGES)
    for n in range(20, len(content) - 8, 251):
        found = records(PdfText(), content[:n])
        assert (stopped(found).reason, stopped(found).at) == ("CUT", n)
        assert all(one.text.strip() in PAGES for one in of(Message, found))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (written([shown("one")], n_said=9), "DAMAGED"),
        (written([shown("one")]).replace(b"startxref", b"startxxxx"), "DAMAGED"),
        (b"%PDF-1.4\nnothing\n%%EOF", "DAMAGED"),
        (b"%PDF-1.7\n" + b"\x00" * 100, "CUT"),
    ],
)
def test_damage_that_a_reader_repairs_is_told(content: bytes, reason: str) -> None:
    assert stopped(records(PdfText(), content)).reason == reason


def test_nothing_of_a_document_is_logged_and_what_is_repaired_is_told_however_quiet_the_log_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("CRITICAL")
    content = written([shown("one")]).replace(b"/Length", b"/Lemgth")
    assert stopped(records(PdfText(), content)) is not None
    assert not caplog.records


def nested(depth: int) -> list[bytes]:
    """Forms of which each draws the next one twice."""
    forms = []
    for n in range(depth):
        inner = b"<< /XObject << /X0 %d 0 R >> /Font << /F1 3 0 R >> >>" % (5 + n)
        keys = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources %s" % inner
        forms.append(packed(b"/X0 Do /X0 Do" if n < depth - 1 else shown("a"), keys))
    return forms


BOMBS = {
    "a page of nothing but blanks": written([b" " * (9 << 20)]),
    "a page that unpacks without end": written([b" " * (200 << 20)]),
    "operators": written([b"q Q " * 2_000]),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_page_that_is_drawn_without_end_is_refused(bomb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_text, "MAX_OPERATORS", 1000)
    (refused,) = of(Refused, records(PdfText(), BOMBS[bomb]))
    assert refused.why in (TOO_MUCH, "a page that unpacks beyond the limits")


def test_forms_that_draw_each_other_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_text, "MAX_OPERATORS", 1000)
    found = records(PdfText(), written([b"/X0 Do", shown("after")], *nested(20)))
    assert "after" in [one.text.strip() for one in of(Message, found)]
    assert len(of(Refused, found)) + len(of(Message, found)) == 2
    assert stopped(found) is not None or of(Refused, found)


def test_a_document_that_is_drawn_without_end_is_left_with_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_text, "MAX_IN_ALL", 100)
    content = written([b"q Q " * 60 + shown("one"), shown("two")])
    found = records(PdfText(), content)
    assert [one.text.strip() for one in of(Message, found)] == ["one"]
    assert (stopped(found).reason, stopped(found).at) == ("TOO_LARGE", of(Message, found)[0].place.byte_to)


def test_what_it_has_besides_pages_is_told() -> None:
    writer = PdfWriter(clone_from=io.BytesIO(drawn(*PAGES)))
    writer.add_attachment("accounts.csv", b"20-00-00")
    sink = io.BytesIO()
    writer.write(sink)
    found = records(PdfText(), sink.getvalue())
    assert len(of(Message, found)) == 2
    assert stopped(found).detail == "attached files that were not read"


def test_every_page_is_counted_and_the_evidence_is_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "d.pdf"
    path.write_bytes(drawn(*PAGES, None))
    before = hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns
    *_, last = reading.records(str(path), SOURCE)
    assert (hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns) == before
    row = last.record
    assert isinstance(row, reading.FileRow)
    assert (row.status, row.reader, row.n_messages, row.n_quarantined) == ("READ", "pdf_text 1", 3, 1)
    assert len(PdfReader(path).pages) == row.n_messages


@UNTIMED
@given(st.data())
def test_whatever_bytes_are_changed_nothing_is_raised_and_places_are_unlike(data: st.DataObject) -> None:
    content = bytearray(drawn(*PAGES))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    found = records(PdfText(), bytes(content))
    places = [one.place for one in found if isinstance(one, Message | Refused)]
    assert len(set(places)) == len(places)
    stopped(found)
