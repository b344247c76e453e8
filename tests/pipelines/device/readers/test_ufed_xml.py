"""Cellebrite's report.xml: everything of a message, whatever becomes of the file."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.device.readers import ufed_xml
from pipelines.device.records import Attachment, Call, Contact, Media, Message, Refused, Source
from tests.pipelines.device.readers.reading import UNTIMED, facts, messages, n_replaced, of, records, stopped
from tests.support import device_exports as exports
from tests.support.device_exports import CONVERSATION, OTHER, OWNER, SOURCE, field, model, model_field, models

READER = ufed_xml.UfedXml()
REPORT = exports.ufed_xml()
WHOLE = records(READER, REPORT)


def report(*parts: str, type_: str = "InstantMessage", head: str = "") -> bytes:
    return "".join(exports.ufed_report([(type_, parts)], head=head)).encode()


def test_a_report_is_known_by_its_content_alone() -> None:
    assert READER.takes("anything.bin", REPORT[:4096])
    assert not READER.takes("report.xml", b"<?xml version='1.0'?><project><build/></project>")


def test_the_conversation_is_told_whole() -> None:
    told = of(Message, WHOLE)
    assert [facts(one) for one in told] == [line.facts for line in CONVERSATION]
    assert {one.app for one in told} == {"whatsapp"}
    assert {one.chat_id for one in told} == {OTHER}
    assert {one.members for one in told} == {(OWNER, OTHER)}
    assert {one.recipients for one in told} == {(OTHER,), (OWNER,)}
    assert told[1].sender_name == exports.OTHER_NAME
    assert [one.quoted_text for one in told] == [line.quoted for line in CONVERSATION]
    assert [one.is_deleted for one in told] == [line.is_deleted for line in CONVERSATION]
    assert [one.is_edited for one in told] == [line.is_edited for line in CONVERSATION]
    assert [one.is_forwarded for one in told] == [line.is_forwarded for line in CONVERSATION]
    assert told[4].attachments == (Attachment("IMG-20250628-WA0001.jpg", "image/jpeg", None),)
    assert stopped(WHOLE) is None
    assert n_replaced(WHOLE) == 0


def test_calls_contacts_and_files_are_told() -> None:
    (call,), (contact,), (media,) = of(Call, WHOLE), of(Contact, WHOLE), of(Media, WHOLE)
    at = datetime(2025, 6, 28, 23, 20, tzinfo=UTC)
    assert (call.party, call.direction, call.kind, call.status) == (OTHER, "IN", "VOICE", "ANSWERED")
    assert (call.started_at, call.duration_s, call.app) == (at, 95.0, None)
    assert (contact.phones, contact.handles, contact.emails) == ((OTHER,), ("sam.example",), ("sam@example.org",))
    assert contact.photos == ("447700900002-1482.thumb",)
    assert (media.name, media.type, media.n_bytes) == ("IMG_1.jpg", "image/jpeg", 13)
    assert media.sha256 == hashlib.sha256(b"not a picture").hexdigest()
    assert REPORT[slice(*media.place)].startswith(b"<file ")
    assert REPORT[slice(*media.place)].endswith(b"</file>")


def test_a_place_reads_back_the_element_and_its_text() -> None:
    for one in of(Message, WHOLE):
        element = REPORT[slice(*one.place)].decode()
        assert element.startswith('<model type="InstantMessage"')
        assert element.endswith("</model>")
        assert one.text is None or one.text in element
    assert len({one.place for one in WHOLE if hasattr(one, "place")}) == len(WHOLE)


@UNTIMED
@given(st.integers(0, len(REPORT) - 1))
def test_a_cut_report_gives_what_came_before(cut: int) -> None:
    found = records(READER, REPORT[:cut])
    end = stopped(found)
    if REPORT[cut:].strip() == b"" and end is None:
        cut = len(REPORT)
    told = of(Message, found)
    assert told == of(Message, WHOLE)[: len(told)]
    assert [one for one in of(Message, WHOLE) if one.place.byte_to <= cut] == told
    assert end is None if cut == len(REPORT) else end is not None
    if end is not None:
        assert end.reason == "CUT"
        assert end.at is not None
        assert max((one.place.byte_to for one in told), default=0) <= end.at <= cut
        for start, byte_to in (one.place for one in of(Message, WHOLE)):
            if REPORT.index(b">", start) < cut < byte_to:
                assert end.at == start  # from there on nothing was taken


TEXTS = [line for line in CONVERSATION if line.text]


@UNTIMED
@given(st.sampled_from(TEXTS), st.data(), st.sampled_from([*range(9), 11, 12, *range(14, 32), 127]))
def test_a_control_byte_costs_one_character(line: exports.Line, data: st.DataObject, control: int) -> None:
    text = line.text or ""
    n = data.draw(st.integers(0, len(text)))
    marked = text[:n] + chr(control) + text[n:]
    content = REPORT.replace(f"<![CDATA[{text}]]>".encode(), f"<![CDATA[{marked}]]>".encode(), 1)
    found = records(READER, content)
    told = of(Message, found)
    assert len(told) == len(CONVERSATION)
    assert told[CONVERSATION.index(line)].text == text[:n] + "\ufffd" + text[n:]
    assert n_replaced(found) == 1
    assert stopped(found) is None
    assert [one.text for one in told if one.text != told[CONVERSATION.index(line)].text] == [
        one.text for one in CONVERSATION if one.text != text
    ]


@UNTIMED
@given(st.binary(min_size=1, max_size=4), st.integers(0, 5))
def test_any_bytes_in_a_text_are_one_message(junk: bytes, before: int) -> None:
    """Even across the blocks that are read at once, and where no character ends."""
    body = b"x" * (ufed_xml.BLOCK - 300 + before) + junk.replace(b"]", b"") + b"y"
    empty = report(model("InstantMessage", "m", field("Body", "HERE")))
    found = records(READER, empty.replace(b"HERE", body))
    assert len(of(Message, found)) == 1
    assert (of(Message, found)[0].text or "").endswith("y")
    assert stopped(found) is None


ILLEGAL = (
    "&#0;",
    "&#8;",
    "&#11;",
    "&#xB;",
    "&#x1F;",
    "&#x0001;",
    "&#127;",
    "&#xD83D;",
    "&#55357;",
    "&#xFFFE;",
    "&#x110000;",
)
LEGAL = {"&#9;": "\t", "&#x41;": "A", "&#233;": "é", "&#x1F600;": "😀", "&amp;": "&", "&#0000000065;": "A"}


@UNTIMED
@given(st.lists(st.sampled_from([*ILLEGAL, *LEGAL, "x", "]", "é"]), max_size=12), st.integers(0, 40), st.booleans())
def test_a_reference_to_no_character_costs_one_character(parts: list[str], before: int, is_cdata: bool) -> None:
    """Wherever the blocks that are read at once end, and not where it is text."""
    padding = "p" * (ufed_xml.BLOCK - 700 - before)
    written = padding + "".join(parts) + "end"
    value = f"<![CDATA[{written}]]>" if is_cdata else written
    one = model("InstantMessage", "m", f'<field name="Body"><value type="String">{value}</value></field>')
    content = report(one, model("InstantMessage", "n", field("Body", "next &#11;")))
    found = records(READER, content)
    first, second = of(Message, found)
    meant = "".join("\ufffd" if part in ILLEGAL else LEGAL.get(part, part) for part in parts)
    assert first.text == (written if is_cdata else padding + meant + "end")
    assert second.text == "next &#11;"
    assert n_replaced(found) == (0 if is_cdata else sum(part in ILLEGAL for part in parts))
    for one_of_two, id_ in ((first, "m"), (second, "n")):
        element = content[slice(*one_of_two.place)].decode()
        assert element.startswith(f'<model type="InstantMessage" id="{id_}"')
        assert element.endswith("</model>")
    assert stopped(found) is None


def test_a_file_with_a_name_that_no_text_may_hold_ends_no_report() -> None:
    content = REPORT.replace(b"/media/0/IMG_1.jpg", b"/media/0/IMG&#xB;&#x1B;_1.jpg")
    found = records(READER, content)
    assert [one.name for one in of(Media, found)] == ["IMG\ufffd\ufffd_1.jpg"]
    assert len(of(Message, found)) == len(CONVERSATION)
    assert n_replaced(found) == 2


@pytest.mark.parametrize(
    ("text", "attributes", "utc"),
    [
        ("2025-06-28T23:50:00.120+01:00", "", (22, 50, 120000)),
        ("2025-06-28T22:50:00Z", "", (22, 50, 0)),
        ("2025-06-28T22:50:00+00:00", "", (22, 50, 0)),
        ("2025-06-28T23:50:00.120", "", (22, 50, 120000)),  # the device's own zone
        ("2025-06-28T23:50:00.120", ' formattedTimestamp="2025-06-28T23:50:00+01:00"', (22, 50, 120000)),
        ("2025-06-28T20:50:00.000", ' formattedTimestamp="2025-06-28T23:50:00+03:00"', (20, 50, 0)),
        ("28-Jun-25 22:50:00 +00:00", "", (22, 50, 0)),
        ("28/06/2025 23:50:00 +01:00", "", (22, 50, 0)),
        ("28/06/2025 23:50:00(UTC+1)", "", (22, 50, 0)),
        ("28/06/2025 10:50:00 PM(UTC+0)", "", (22, 50, 0)),
        ("28/06/2025 22:50:00(UTC)", "", (22, 50, 0)),
        ("28/06/2025 12:50:00 AM(UTC+0)", "", (0, 50, 0)),
        ("28/06/2025 12:50:00 PM(UTC+0)", "", (12, 50, 0)),
    ],
)
def test_times_in_all_their_forms(text: str, attributes: str, utc: tuple[int, int, int]) -> None:
    content = report(model("InstantMessage", "m", field("TimeStamp", text, "TimeStamp", attributes)))
    hour, minute, fraction = utc
    assert [one.sent_at for one in messages(READER, content)] == [
        datetime(2025, 6, 28, hour, minute, 0, fraction, tzinfo=UTC)
    ]


def test_a_time_that_cannot_be_read_is_quarantined_and_an_empty_one_is_none() -> None:
    bad = model("InstantMessage", "m", field("Body", "x"), field("TimeStamp", "32/13/2025 99:00"))
    empty = model("InstantMessage", "m", field("Body", "y"), field("TimeStamp", "0001-01-01T00:00:00+00:00"))
    refused, kept = records(READER, report(bad, empty))
    assert isinstance(refused, Refused)
    assert isinstance(kept, Message)
    assert kept.sent_at is None


def test_messages_of_other_kinds() -> None:
    sms = model(
        "SMS", "s", field("Body", "Hello"), field("Folder", "Inbox"),
        models("Parties", "Party", [exports.ufed_party("07700900002", "Sam", "From")]),
    )  # fmt: skip
    mms = model(
        "MMS", "s", field("Body", "Look"), field("Folder", "Sent"),
        models("To", "Party", [exports.ufed_party("07700900002", "Sam", "To")]),
    )  # fmt: skip
    mail = model(
        "Email", "e", field("Subject", "Café"), field("Body", "See you"), field("Source", "Gmail"),
        model_field("From", "Party", model("Party", "p", field("Identifier", "sam@example.org"))),
        models("Cc", "Party", [model("Party", "p", field("Identifier", "cc@example.org"))]),
    )  # fmt: skip
    first, second, third = messages(READER, report(sms, mms, mail))
    assert (first.app, first.sender, first.direction) == ("sms", OTHER, "IN")
    assert (second.app, second.sender, second.direction, second.recipients) == ("mms", OWNER, "OUT", (OTHER,))
    assert (third.app, third.text, third.recipients) == ("gmail", "Café\n\nSee you", ("cc@example.org",))


def test_what_the_application_wrote_itself() -> None:
    author = model_field("From", "Party", model("Party", "p", field("Identifier", "System Message System Message")))
    (one,) = messages(READER, report(model("InstantMessage", "m", field("Body", "Group created"), author)))
    assert (one.direction, one.sender) == ("SYSTEM", None)


def test_a_text_in_base64_is_decoded_where_it_is_a_text() -> None:
    good = base64.b64encode("Grüße \x00".encode()).decode()
    bad = base64.b64encode(b"\xff\xfe\x80").decode()
    parts = [
        model("InstantMessage", "m", field("Body", one, attributes=' format="Base64String"')) for one in (good, bad)
    ]
    found = records(READER, report(*parts))
    assert [one.text for one in of(Message, found)] == ["Grüße \ufffd", bad]
    assert n_replaced(found) == 1


def test_a_message_too_large_is_refused_and_the_next_is_read() -> None:
    large = model("InstantMessage", "m", field("Body", "x" * (ufed_xml.MAX_RECORD + 1)))
    many = model("InstantMessage", "m", *(field("Notes", "x" * 1000) for n in range(17_000)))
    small = model("InstantMessage", "m", field("Body", "small"))
    first, second, third = records(READER, report(large, many, small))
    assert isinstance(first, Refused)
    assert isinstance(second, Refused)
    assert isinstance(third, Message)


class Endless(io.RawIOBase):
    """A head, and then a gigabyte of one byte."""

    def __init__(self, head: bytes, n_bytes: int = 1 << 30) -> None:
        self.head, self.left = head, n_bytes

    def read(self, size: int = -1) -> bytes:
        if self.head:
            head, self.head = self.head[:size], self.head[size:]
            return head
        size = min(size, self.left)
        self.left -= size
        return b"x" * size


def test_a_tag_without_an_end_is_not_eaten() -> None:
    head = report().split(b"</decodedData>")[0] + b'<modelType type="Chat"><model type="Chat" id="'
    content = Endless(head)
    (end,) = list(READER.read(content, SOURCE))
    assert stopped([end]) is not None
    assert end.reason == "TOO_LARGE"
    assert content.left > (1 << 30) - (4 << 20)


@pytest.mark.slow
def test_a_text_without_an_end_is_not_eaten() -> None:
    head = report().split(b"</decodedData>")[0]
    head += b'<modelType type="SMS"><model type="SMS" id="s"><field name="Body"><value type="String"><![CDATA['
    tracemalloc.start()
    try:
        (end,) = list(READER.read(Endless(head, 96 << 20), SOURCE))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert stopped([end]) is not None
    assert end.reason == "CUT"
    assert peak < 48 << 20


BOMB = '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
EXTERNAL = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("head", [BOMB, EXTERNAL, '<!DOCTYPE project SYSTEM "http://192.0.2.1/x.dtd">'])
def test_a_document_type_is_refused(head: str) -> None:
    content = report(model("InstantMessage", "m", field("Body", "x")), head=head)
    (end,) = records(READER, content)
    assert stopped([end]) is not None
    assert end.reason == "BOMB"


def test_an_undeclared_entity_and_broken_tags_are_damage_with_their_byte() -> None:
    good = model("InstantMessage", "m", field("Body", "good"))
    for broken in ("<value>&unknown;</value>", "</wrong>", "<a <b>"):
        content = report(good, broken, good)
        found = records(READER, content)
        end = stopped(found)
        assert [one.text for one in of(Message, found)] == ["good"]
        assert end is not None
        assert end.reason == "DAMAGED"
        assert abs(end.at - content.index(broken.encode())) <= len(broken)


def test_nesting_without_end_is_refused() -> None:
    (end,) = records(READER, report("<a>" * 1_000_000))
    assert stopped([end]) is not None
    assert end.reason == "BOMB"


def test_names_without_end_are_refused() -> None:
    found = records(READER, report("".join(f"<n{n}/>" for n in range(100_000))))
    assert stopped(found) is not None
    assert found[-1].reason == "BOMB"


def test_an_empty_file_and_one_of_zeros_stop() -> None:
    for content in (b"", bytes(100_000), REPORT + bytes(5000)):
        assert stopped(records(READER, content)) is not None


def test_chats_are_not_held_whole() -> None:
    """A message is told before its chat has ended."""
    head = REPORT[: REPORT.index(b'<model type="InstantMessage" id="m3"')]
    assert len(messages(READER, head)) == 3


def test_the_owner_is_known_from_the_submission_too() -> None:
    content = re.sub(rb"<field name=\"IsPhoneOwner\".*?</field>", b"", REPORT)
    assert [one.direction for one in messages(READER, content)] == [line.direction for line in CONVERSATION]
    unknown = messages(READER, content, Source("report.xml"))
    assert {one.direction for one in unknown} == {None}
    mistaken = REPORT.replace(b"<![CDATA[True]]>", b"<![CDATA[False]]>")  # the tool did not know whose device it is
    assert [one.direction for one in messages(READER, mistaken)] == [line.direction for line in CONVERSATION]
    assert {one.direction for one in messages(READER, mistaken, Source("report.xml"))} == {"IN"}


def test_a_chats_pinned_message_is_no_other() -> None:
    pinned = model("InstantMessage", "m", field("Body", "pinned"))
    said = models("Messages", "InstantMessage", [model("InstantMessage", "m", field("Body", "pinned"))])
    chat = model("Chat", "c", model_field("PinnedMessage", "InstantMessage", pinned), said)
    assert [one.text for one in messages(READER, report(chat, type_="Chat"))] == ["pinned"]


def test_an_attachment_is_named_by_its_path_where_it_has_no_name() -> None:
    for path in ('attachment_extracted_path="files\\Image\\a.jpg"', ""):
        parts = [] if path else [field("attachment_extracted_path", "files\\Image\\a.jpg")]
        attached = model("Attachment", "a", *parts).replace("<model ", f"<model {path} ", 1)
        content = report(model("InstantMessage", "m", models("Attachments", "Attachment", [attached])))
        assert messages(READER, content)[0].attachments == (Attachment("a.jpg", "image/jpeg", None),)


def test_a_mark_of_order_at_the_beginning_moves_places_and_nothing_else() -> None:
    marked = b"\xef\xbb\xbf" + REPORT
    assert READER.takes("x", marked)
    moved = messages(READER, marked)
    assert [facts(one) for one in moved] == [line.facts for line in CONVERSATION]
    assert [one.place.byte_from - 3 for one in moved] == [one.place.byte_from for one in of(Message, WHOLE)]


def test_other_models_are_read_past() -> None:
    inner = model("InstantMessage", "m", field("Body", "of a model that is not taken"))
    content = report(model("Unheard", "u", models("Messages", "InstantMessage", [inner])), type_="Unheard")
    assert records(READER, content) == []
