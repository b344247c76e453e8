"""Mail and boxes of mail, damaged or not."""

from __future__ import annotations

import hashlib
import mailbox
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.device.readers import mail
from pipelines.device.records import Message, Refused, Source
from tests.pipelines.device.readers.reading import UNTIMED, messages, of, records, stopped
from tests.support import device_exports as exports
from tests.support.device_exports import MAIL_OTHER, MAIL_OWNER

READER = mail.MailFile()
SOURCE = Source("box.mbox", owner_identifiers=(MAIL_OWNER,))


def eml(raw: bytes) -> Message:
    (one,) = messages(READER, raw, SOURCE)
    return one


@pytest.fixture
def box(tmp_path: Path) -> bytes:
    mails = [exports.mail(n, is_owner=n == 1, attachment=b"not a picture" if n == 2 else None) for n in range(3)]
    return exports.mbox(tmp_path / "box", mails).read_bytes()


def test_boxes_and_single_mails_are_known(box: bytes) -> None:
    assert READER.takes("anything", box)
    assert READER.takes("a.eml", exports.mail())
    assert not READER.takes("a.txt", exports.mail())
    assert not READER.takes("a.txt", b"From here to there\n")


def test_mails_of_a_box_are_told_with_their_bytes(box: bytes) -> None:
    told = messages(READER, box, SOURCE)
    assert [one.text for one in told] == [f"Café {n}\n\nSee you on Thursday." for n in range(3)]
    assert [one.direction for one in told] == ["IN", "OUT", "IN"]
    assert [one.sender for one in told] == [MAIL_OTHER, MAIL_OWNER, MAIL_OTHER]
    assert told[0].sender_name == "Réné Example"
    assert told[0].recipients == (MAIL_OWNER,)
    assert told[0].sent_at == datetime(2025, 6, 28, 22, 50, tzinfo=UTC)
    (attachment,) = told[2].attachments
    assert attachment == ("IMG_1.jpg", "image/jpeg", hashlib.sha256(b"not a picture").hexdigest())
    for one in told:
        assert box[slice(*one.place)].startswith(b"From MAILER-DAEMON ")
        assert b"See you on Thursday." in box[slice(*one.place)]


def test_as_many_as_the_library_counts(tmp_path: Path, box: bytes) -> None:
    (tmp_path / "copy").write_bytes(box)
    assert len(mailbox.mbox(tmp_path / "copy")) == len(messages(READER, box, SOURCE)) == 3


def test_a_line_that_begins_like_a_mail_is_text() -> None:
    """Not every program escapes such lines."""
    body = b"Hello\n\nFrom here to there\n\nFrom a@b Sat Jun 28 later\n"
    content = b"From a@b Sat Jun 28 22:50:00 2025\nFrom: a@example.org\n\n" + body + b"\n"
    told = messages(READER, content + content, SOURCE)
    assert [one.text for one in told] == [body.decode().strip()] * 2


def test_html_without_text_gives_its_words() -> None:
    made = EmailMessage()
    made["From"] = MAIL_OTHER
    html = "<html><style>p {}</style><p>Sort code <b>20-00-00</b><br>tomorrow &amp; after</p></html>"
    made.set_content(html, subtype="html")
    assert eml(made.as_bytes()).text == "Sort code 20-00-00\ntomorrow & after"


def test_a_mail_within_a_mail_is_an_attachment() -> None:
    made = EmailMessage()
    made["From"], made["Subject"] = MAIL_OTHER, "outer"
    made.set_content("outer text")
    inner = EmailMessage()
    inner["Subject"] = "inner"
    inner.set_content("inner text")
    made.add_attachment(inner)
    one = eml(made.as_bytes())
    assert one.text == "outer\n\nouter text"
    assert [each.type for each in one.attachments] == ["message/rfc822"]


@pytest.mark.parametrize(
    ("headers", "text", "sender"),
    [
        (b"From: \xc3\xa9ric@example.org\r\nSubject: caf\xc3\xa9\r\n", "café\n\nx", "éric@example.org"),
        (b"From: =?broken?q?x?= <a@example.org>\r\nSubject: =?utf-8?b?!!!?=\r\n", None, "a@example.org"),
        (b"from: a@example.org\r\nSubject: =?nonesuch?q?x?=\r\nDate: never\r\n", None, "a@example.org"),
        (b"From: \r\nTo: ,,;\r\nDate: Sat, 99 Foo 2025 99:99:99 +9999\r\n", "x", None),
        (b"From: a@example.org\r\nContent-Type: text/plain; charset=nonesuch\r\n", "x", "a@example.org"),
        (b"From: a@example.org\r\nContent-Type: ;;;\r\nContent-Transfer-Encoding: base64\r\n", None, "a@example.org"),
        (b"Subject:\r\n\tfolded\r\n\tagain\r\n", "folded again\n\nx", None),
        (b"From: a@example.org\r\n: nothing\r\nbroken line\r\n", None, "a@example.org"),
    ],
)
def test_damaged_headers_survive(headers: bytes, text: str | None, sender: str | None) -> None:
    one = eml(headers + b"\r\nx\r\n")
    assert one.sender == sender
    assert text is None or one.text == text


def test_the_servers_time_stands_in_for_a_missing_one() -> None:
    raw = b"Received: from a by b; Sat, 28 Jun 2025 23:50:00 +0100\r\nFrom: a@example.org\r\n\r\nx\r\n"
    assert eml(raw).sent_at == datetime(2025, 6, 28, 22, 50, tzinfo=UTC)
    assert eml(b"From: a@example.org\r\n\r\nx\r\n").sent_at is None


def test_encodings_of_the_text() -> None:
    latin = b"From: a@example.org\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\ncaf\xe9\r\n"
    assert eml(latin).text == "café"
    control = b"From: a@example.org\r\n\r\nab\x0bc\r\n"
    assert eml(control).text == "ab\ufffdc"


def test_a_mail_too_large_is_refused_and_the_next_is_read(box: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "MAX_MAIL", 1000)
    large = b"From a@b Sat Jun 28 22:50:00 2025\nFrom: a@example.org\n\n" + b"x\n" * 1000 + b"\n"
    first, *rest = records(READER, large + box, SOURCE)
    assert isinstance(first, Refused)
    assert (first.place.byte_from, first.place.byte_to) == (0, len(large))
    assert len(of(Message, rest)) == 3


def test_parts_without_end_are_refused() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\na\r\n" * 2000 + b"--x--\r\n"
    (one,) = records(READER, raw, SOURCE)
    assert isinstance(one, Refused)
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=x%d\r\n\r\n--x%d\r\n" % (n, n) for n in range(3000))
    assert records(READER, nested, SOURCE)


def test_a_cut_part_is_named(tmp_path: Path) -> None:
    content = exports.mbox(tmp_path / "box", [exports.mail(0), exports.mail(1, attachment=bytes(3000))]).read_bytes()
    found = records(READER, content[:-200], SOURCE)
    end = stopped(found)
    assert len(of(Message, found)) == 2
    assert end is not None
    assert end.reason == "CUT"


@UNTIMED
@given(st.binary(max_size=400))
def test_no_bytes_make_an_error_of_ours(junk: bytes) -> None:
    records(READER, b"From: a@example.org\nContent-Type: multipart/mixed; boundary=b\n\n--b\n" + junk, SOURCE)
    records(READER, b"From a@b Sat Jun 28 22:50:00 2025\n" + junk, SOURCE)
    records(READER, junk, SOURCE)


@pytest.mark.slow
@UNTIMED
@given(st.data())
def test_a_box_cut_anywhere_gives_what_came_before(data: st.DataObject) -> None:
    mails = [exports.mail(n) for n in range(3)]
    content = b"".join(b"From a@b Sat Jun 28 22:5%d:00 2025\n%b\n" % (n, one) for n, one in enumerate(mails))
    cut = data.draw(st.integers(0, len(content)))
    whole, told = messages(READER, content, SOURCE), messages(READER, content[:cut], SOURCE)
    complete = [one for one in whole if one.place.byte_to < cut]
    if complete:
        assert told[: len(complete) - 1] == complete[:-1]
        last = told[len(complete) - 1]  # the beginning of the next mail's first line may look like its text
        assert (last.text or "").startswith(complete[-1].text or "")
    assert len(told) <= len(complete) + 1
