"""WhatsApp's text exports, whatever the telephone's language and dates."""

from __future__ import annotations

import io
import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.device.readers import whatsapp_text
from pipelines.device.records import Attachment, Message, Refused, Source
from tests.pipelines.device.readers.reading import UNTIMED, facts, messages, n_replaced, of, records, stopped
from tests.support import device_exports as exports
from tests.support.device_exports import CONVERSATION, OTHER, OWNER, SOURCE

READER = whatsapp_text.WhatsappText()
IOS, ANDROID = exports.whatsapp_ios(), exports.whatsapp_android()
NAMED = Source("WhatsApp Chat with Sam Example.txt", owner_identifiers=SOURCE.owner_identifiers)


def one(text: str, source: Source = SOURCE) -> Message:
    """The message of a line, made unambiguous by another."""
    found = messages(READER, f"{text}\n".encode(), source)
    return found[0]


def test_exports_are_known_by_their_first_line() -> None:
    assert READER.takes("_chat.txt", IOS)
    assert READER.takes("WhatsApp Chat with Sam.txt", ANDROID)
    assert not READER.takes("notes.txt", b"Buy milk\n28/06/2025, 23:50 - me: x\n")
    assert not READER.takes("report.xml", IOS)


def test_the_conversation_is_told_whole() -> None:
    for content, first in ((IOS, 0), (ANDROID, 1)):
        told = messages(READER, content, NAMED)
        assert [facts(message) for message in told[first:]] == [line.facts for line in CONVERSATION]
        assert {message.chat_name for message in told} == {"Sam Example"}
        assert told[first + 4].attachments == (Attachment("IMG-20250628-WA0001.jpg", "image/jpeg", None),)
        assert [message.is_deleted for message in told[first:]] == [line.is_deleted for line in CONVERSATION]
        assert [message.is_edited for message in told[first:]] == [line.is_edited for line in CONVERSATION]
    system = messages(READER, ANDROID, NAMED)[0]
    assert (system.direction, system.sender) == ("SYSTEM", None)
    assert system.text == "Messages and calls are end-to-end encrypted."


def test_a_place_reads_back_the_message() -> None:
    for content in (IOS, ANDROID):
        told = messages(READER, content)
        for message in told:
            assert (message.text or "") in content[slice(*message.place)].decode().replace("\r\n", "\n")
        covered = b"".join(content[slice(*message.place)] for message in told)
        assert len(covered) == len(content) - len(told) * (2 if content is IOS else 1)


DATES = {
    "[%d/%m/%Y, %H:%M:%S] ": "dmy",
    "[%d/%m/%y, %H:%M:%S] ": "dmy",
    "[%m/%d/%y, %I:%M:%S\u202f%p] ": "mdy",
    "[%Y-%m-%d, %H:%M:%S] ": "ymd",
    "[%d.%m.%y, %H:%M:%S] ": "dmy",
    "[%d.%m.%Y klo %H.%M.%S] ": "dmy",
    "%d/%m/%Y, %H:%M - ": "dmy",
    "%m/%d/%y, %I:%M %p - ": "mdy",
    "%d/%m/%Y, %I:%M\u202fpm - ": "dmy",
    "%d/%m/%y %I:%M p. m. - ": "dmy",
    "%d.%m.%y, %H:%M - ": "dmy",
    "%Y-%m-%d %H:%M - ": "ymd",
    "%Y/%m/%d, %H:%M - ": "ymd",
    "%d-%m-%Y %H:%M - ": "dmy",
    "%d/%m/%Y à %H:%M - ": "dmy",
    "%Y. %m. %d. %H:%M - ": "ymd",
    "\u200f[%d\u200f/%m\u200f/%Y، %I:%M:%S م] ": "dmy",
}


@pytest.mark.parametrize("form", DATES)
def test_dates_in_all_their_orders(form: str) -> None:
    local = datetime(2025, 6, 28, 23, 50)
    content = f"{local.strftime(form)}Sam: Hello\n{datetime(2025, 7, 1, 13, 5).strftime(form)}Sam: Again\n"
    told = messages(READER, content.encode())
    assert READER.takes("x.txt", content.encode())
    assert [message.sent_at for message in told] == [
        datetime(2025, 6, 28, 22, 50, tzinfo=UTC),
        datetime(2025, 7, 1, 12, 5, tzinfo=UTC),
    ]


def test_digits_of_other_scripts_are_digits() -> None:
    content = "[٢٨\u200f/٠٦\u200f/٢٠٢٥، ١١:٥٠:٠٠ م] Sam: مرحبا\n"
    assert one(content).sent_at == datetime(2025, 6, 28, 22, 50, tzinfo=UTC)


@pytest.mark.parametrize(("form", "first"), [("%d/%m/%Y", "dmy"), ("%m/%d/%Y", "mdy")])
def test_one_date_tells_the_order_of_all_even_at_the_end(form: str, first: str) -> None:
    days = [datetime(2025, 3, 4, 10), datetime(2025, 3, 5, 10), datetime(2025, 3, 25, 10)]
    content = "".join(f"{day.strftime(form)}, 10:00 - Sam: {day.day}\n" for day in days)
    told = messages(READER, content.encode())
    assert [message.sent_at for message in told] == [day.replace(tzinfo=UTC) for day in days]


def test_without_such_a_date_all_are_quarantined_with_the_question() -> None:
    content = b"".join(b"0%d/05/2025, 10:00 - Sam: x\nmore\n" % day for day in range(1, 5))
    found = records(READER, content)
    assert [type(each) for each in found[:-1]] == [Refused] * 4
    assert all(b"more" in content[slice(*each.place)] for each in of(Refused, found))
    end = stopped(found)
    assert end is not None
    assert (end.reason, end.at) == ("AMBIGUOUS_DATES", None)
    same = messages(READER, b"05/05/2025, 10:00 - Sam: x\n")
    assert [message.sent_at for message in same] == [datetime(2025, 5, 5, 9, tzinfo=UTC)]


def test_a_date_that_does_not_fit_the_order_is_text() -> None:
    content = b"25/05/2025, 10:00 - Sam: pasted:\n05/25/2025, 10:00 - Kim: old\n26/05/2025, 10:01 - Sam: end\n"
    assert [message.text for message in messages(READER, content)] == ["pasted:\n05/25/2025, 10:00 - Kim: old", "end"]


@pytest.mark.parametrize(
    ("body", "type_"),
    [
        ("<Media omitted>", None),
        ("<Medien ausgeschlossen>", None),
        ("<Multimedia omitido>", None),
        ("<Médias omis>", None),
        ("\u200eimage omitted", "image/*"),
        ("\u200eBild weggelassen", "image/*"),
        ("\u200evidéo absente", "video/*"),
        ("\u200eaudio omitted", "audio/*"),
    ],
)
def test_media_left_out(body: str, type_: str | None) -> None:
    message = one(f"[28/06/2025, 23:50:00] Sam: {body}")
    assert (message.text, message.attachments) == (None, (Attachment(None, type_, None),))


@pytest.mark.parametrize(
    ("body", "name", "text"),
    [
        ("IMG-20250628-WA0001.jpg (file attached)", "IMG-20250628-WA0001.jpg", None),
        ("\u200eIMG-20250628-WA0001.jpg (Datei angehängt)\nlook", "IMG-20250628-WA0001.jpg", "look"),
        ("VID-20250628-WA0002.mp4 (любой файл)", "VID-20250628-WA0002.mp4", None),
        ("Annual report.pdf (archivo adjunto)", "Annual report.pdf", None),
        ("\u200e<attached: 00000012-PHOTO-2025-06-28-23-50-00.jpg>", "00000012-PHOTO-2025-06-28-23-50-00.jpg", None),
        ("look \u200e<pièce jointe : a b.jpg>", "a b.jpg", "look"),
        ("<Anhang: a.opus>", "a.opus", None),
    ],
)
def test_files_attached(body: str, name: str, text: str | None) -> None:
    message = one(f"28/06/2025, 23:50 - Sam: {body}")
    assert ([each.name for each in message.attachments], message.text) == ([name], text)


@pytest.mark.parametrize(
    "body", ["see notes.txt (on my desk)", "<so: it.is>", "I think this message was deleted by you"]
)
def test_what_only_looks_like_a_phrase_is_text(body: str) -> None:
    message = one(f"28/06/2025, 23:50 - Sam: {body}")
    assert (message.text, message.attachments, message.is_deleted) == (body, (), False)


@pytest.mark.parametrize(
    "body", ["This message was deleted.", "\u200eYou deleted this message", "Diese Nachricht wurde gelöscht.",
             "Se eliminó este mensaje.", "تم حذف هذه الرسالة"]
)  # fmt: skip
def test_deleted_messages(body: str) -> None:
    message = one(f"28/06/2025, 23:50 - Sam: {body}")
    assert (message.text, message.is_deleted) == (None, True)


def test_edited_messages() -> None:
    for mark in ("<This message was edited>", "\u200e<Diese Nachricht wurde bearbeitet.>"):
        message = one(f"28/06/2025, 23:50 - Sam: a <b> {mark}")
        assert (message.text, message.is_edited) == ("a <b>", True)


@pytest.mark.parametrize(
    "line",
    [
        "28/06/2025, 23:50 - Messages and calls are end-to-end encrypted. Tap to learn more.",
        '28/06/2025, 23:50 - Sam created group "Trip: June"',
        "28/06/2025, 23:50 - Sam added +44 7700 900001",
        "[28/06/2025, 23:50:00] Trip: \u200eMessages and calls are end-to-end encrypted.",
        "[28/06/2025, 23:50:00] Trip: \u200eSam added you",
    ],
)
def test_what_the_application_wrote_itself(line: str) -> None:
    assert (one(line).direction, one(line).sender) == ("SYSTEM", None)


def test_senders_as_numbers_names_and_the_owner() -> None:
    assert one("28/06/2025, 23:50 - \u202a+44 7700 900002\u202c: x").sender == OTHER
    assert one("28/06/2025, 23:50 - \u202a+44 7700 900002\u202c: x").direction == "IN"
    push = one("[28/06/2025, 23:50:00] ~\u202fSam: x")
    assert (push.sender, push.direction) == ("Sam", "IN")
    assert (one(f"28/06/2025, 23:50 - {exports.OWNER_NAME}: x").sender) == OWNER
    assert one("28/06/2025, 23:50 - Sam: x", Source("x.txt")).direction is None
    french = one("28/06/2025 à 23:50 - Sam : bonjour : toi")
    assert (french.sender, french.text) == ("Sam", "bonjour : toi")


@UNTIMED
@given(st.integers(0, len(ANDROID) - 1))
def test_a_cut_export_gives_what_came_before(cut: int) -> None:
    found, whole = records(READER, ANDROID[:cut]), messages(READER, ANDROID)
    told = of(Message, found)
    complete = [message for message in whole if message.place.byte_to <= cut]
    if complete:
        assert told[: len(complete) - 1] == complete[:-1]
        last = told[len(complete) - 1]  # the beginning of the next message's head may look like its text
        assert last.place.byte_from == complete[-1].place.byte_from
        assert complete[-1].text is None or (last.text or "").startswith(complete[-1].text)
    assert len(told) <= len(complete) + 1
    try:
        ANDROID[:cut].decode()
    except UnicodeDecodeError:
        assert stopped(found) is not None
        assert found[-1].reason == "CUT"


@UNTIMED
@given(st.integers(0, 20), st.sampled_from([*range(9), 11, 12, *range(14, 32), 127, 255]))
def test_a_control_byte_costs_one_character(n: int, control: int) -> None:
    text = "Send the account now"
    head = b"28/06/2025, 23:50 - Sam: "
    found = records(READER, head + text[:n].encode() + bytes([control]) + text[n:].encode() + b"\n")
    assert [message.text for message in of(Message, found)] == [text[:n] + "\ufffd" + text[n:]]
    assert n_replaced(found) == 1


@pytest.mark.slow
def test_a_message_too_large_is_refused_and_the_next_is_read() -> None:
    for body in (b"x" * (17 << 20), b"line\n" * (4 << 20)):
        content = b"28/06/2025, 23:50 - Sam: " + body + b"\n28/06/2025, 23:51 - Sam: small\n"
        first, second = records(READER, content)
        assert isinstance(first, Refused)
        assert first.place.byte_to == content.index(b"\n28/06/2025, 23:51")
        assert isinstance(second, Message)


def test_a_message_without_an_end_is_not_held() -> None:
    content = io.BytesIO(b"28/06/2025, 23:50 - Sam: " + (b"x" * (1 << 19) + b"\n") * 128)
    tracemalloc.start()
    try:
        (one,) = list(READER.read(content, SOURCE))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(one, Refused)
    assert peak < 48 << 20


def test_lines_before_the_first_message_are_quarantined() -> None:
    first, second = records(READER, b"a header\n\n28/06/2025, 23:50 - Sam: x\n")
    assert isinstance(first, Refused)
    assert isinstance(second, Message)
    assert stopped(records(READER, b"nothing like it\n")) is not None


def test_a_stream_that_cannot_seek_is_read_too() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: int) -> int:
            raise io.UnsupportedOperation

    assert [each for each in READER.read(Pipe(ANDROID), SOURCE) if isinstance(each, Message)] == messages(
        READER, ANDROID
    )


@pytest.mark.slow
@UNTIMED
@given(st.binary(max_size=300))
def test_no_bytes_make_an_error_of_ours(junk: bytes) -> None:
    records(READER, b"28/06/2025, 23:50 - Sam: x\n" + junk)
    records(READER, junk)
