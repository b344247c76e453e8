"""What iLEAPP and ALEAPP write, as JSON and as TSV."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.device.readers import leapp_json, leapp_sqlite, leapp_tsv
from pipelines.device.readers.leapp_artefacts import ARTEFACTS, artefact
from pipelines.device.records import Attachment, Call, Contact, Message, Refused, Source
from tests.conftest import SHARED_DATA
from tests.pipelines.device.readers.reading import UNTIMED, facts, messages, n_replaced, of, records, stopped
from tests.support import device_exports as exports
from tests.support.device_exports import CONVERSATION, OTHER, OWNER, SOURCE

JSON, TSV, LAVA = leapp_json.LeappJson(), leapp_tsv.LeappTsv(), leapp_sqlite.LeappSqlite()
TSV_SOURCE = Source("_TSV Exports/WhatsApp - Messages.tsv", owner_identifiers=SOURCE.owner_identifiers)
AS_JSON, AS_TSV = exports.leapp_json(), exports.leapp_tsv()
SAMPLES = SHARED_DATA / "phone_exports"


def test_known_artefacts_are_taken_and_no_others() -> None:
    assert JSON.takes("x.json", AS_JSON)
    assert not JSON.takes("x.json", exports.leapp_json(function="appInventory", name="App Inventory"))
    assert TSV.takes(TSV_SOURCE.name, AS_TSV)
    assert not TSV.takes("App Inventory.tsv", AS_TSV)
    assert not TSV.takes("SMS.tsv", AS_TSV)  # its headings are another's
    assert artefact("get_whatsapp_one_to_one_messages") is artefact("WhatsApp - One To One Messages") is not None


def test_the_conversation_is_told_whole() -> None:
    for found in (messages(JSON, AS_JSON), messages(TSV, AS_TSV, TSV_SOURCE)):
        assert [facts(one) for one in found] == [line.facts for line in CONVERSATION]
        assert {one.chat_id for one in found} == {OTHER}
        assert found[4].attachments == (Attachment("IMG-20250628-WA0001.jpg", "image/jpeg", None),)
        assert [one.is_forwarded for one in found] == [line.is_forwarded for line in CONVERSATION]
        assert {one.sender_name for one in found} == {None, exports.OTHER_NAME}


def test_lavas_database_tells_the_same(tmp_path: Path) -> None:
    content = exports.leapp_sqlite(tmp_path / "_lava_artifacts.db").read_bytes()
    assert LAVA.takes("report/_lava_artifacts.db", content[:4096])
    found = records(LAVA, content)
    assert [facts(one) for one in of(Message, found)] == [line.facts for line in CONVERSATION]
    assert len(found) == len(CONVERSATION)
    for one in of(Message, found):
        assert (one.text or "").encode() in content[slice(*one.place)]


def test_a_place_reads_back_the_row() -> None:
    for one in messages(JSON, AS_JSON):
        row = json.loads(AS_JSON[slice(*one.place)])
        assert row[5] == one.text
    for one in messages(TSV, AS_TSV, TSV_SOURCE):
        assert re.match(rb"2025-06-2\d ", AS_TSV[slice(*one.place)])
        assert (one.text or "").replace('"', '""') in AS_TSV[slice(*one.place)].decode()


@UNTIMED
@given(st.integers(0, len(AS_JSON) - 1))
def test_cut_json_gives_what_came_before(cut: int) -> None:
    found, whole = records(JSON, AS_JSON[:cut]), messages(JSON, AS_JSON)
    end, told = stopped(found), of(Message, found)
    assert end is not None
    assert end.reason == "CUT"
    assert told == whole[: len(told)]
    assert len(told) >= sum(one.place.byte_to < cut - 1 for one in whole)


@UNTIMED
@given(st.integers(0, len(AS_TSV) - 1))
def test_a_cut_table_gives_what_came_before(cut: int) -> None:
    found, whole = records(TSV, AS_TSV[:cut], TSV_SOURCE), messages(TSV, AS_TSV, TSV_SOURCE)
    end, told = stopped(found), of(Message, found)
    assert told == whole[: len(told)]
    assert end is not None or AS_TSV[:cut].endswith(b"\n")


def row(text: object, at: object = 1751151000) -> list[object]:
    return [at, "Sam", exports.jid(OTHER), "Local User", None, text, *[""] * 7]


def test_a_control_byte_costs_one_character() -> None:
    content = exports.leapp_json([row("abcHEREdef")])
    for bad in (b"\x00", b"\x0b", b"\xff", b"\x7f"):
        found = records(JSON, content.replace(b"HERE", bad))
        assert [one.text for one in of(Message, found)] == ["abc\ufffddef"]
        assert n_replaced(found) == 1
    table = exports.leapp_tsv([row("abcHEREdef")]).replace(b"HERE", b"\x0b")
    found = records(TSV, table, TSV_SOURCE)
    assert [one.text for one in of(Message, found)] == ["abc\ufffddef"]
    assert n_replaced(found) == 1


def test_what_escapes_say_is_no_text_either() -> None:
    content = exports.leapp_json([row("HERE")]).replace(b"HERE", rb"a\u0000b\ud83dc")
    found = records(JSON, content)
    assert [one.text for one in of(Message, found)] == ["a\ufffdb\ufffdc"]
    assert n_replaced(found) == 2


def test_rows_that_do_not_fit_and_times_that_cannot_be_read_are_quarantined() -> None:
    content = exports.leapp_json([row("a"), [1], "x", row("b", "yesterday"), row("c", 1e300), row("d", "")])
    found = records(JSON, content)
    assert [type(one) for one in found] == [Message, Refused, Refused, Refused, Refused, Message]
    assert found[-1].sent_at is None


def test_damage_is_named_with_its_byte() -> None:
    rows = [row("a"), row("b")]
    good = exports.leapp_json(rows)
    broken = good.replace(b'"b"', b"b  ")
    assert [one.text for one in messages(JSON, broken)] == ["a"]
    end = stopped(records(JSON, broken + b" " * 100))
    assert end is not None
    assert end.reason == "DAMAGED"
    assert end.at == messages(JSON, good)[1].place.byte_from
    nested = good.replace(b'"b"', b"[" * 100_000)
    assert stopped(records(JSON, nested)) is not None
    assert stopped(records(JSON, good.replace(b'"b"', b"9" * 10_000))) is not None


@pytest.mark.slow
def test_a_row_without_end_is_too_large() -> None:
    content = exports.leapp_json([row("HERE")]).replace(b"HERE", b"x" * (17 << 20))
    end = stopped(records(JSON, content))
    assert end is not None
    assert end.reason == "TOO_LARGE"
    end = stopped(records(TSV, AS_TSV + b'"' + b"x\n" * (9 << 20), TSV_SOURCE))
    assert end is not None
    assert end.reason == "TOO_LARGE"


def test_headings_of_other_versions() -> None:
    headers = ("Message Timestamp", "Message Direction", "Other Participant WA User Name", "Message",
               "Sending Party JID", "Message Type", "Local Path To Media")  # fmt: skip
    rows = [
        ["2025-06-28 22:50:00+00:00", "Outgoing", "Sam", "Hi", "", "Text", ""],
        ["2025-06-28 22:51:00", "Incoming", "Sam", None, exports.jid(OTHER), "Picture", "Media/IMG_1.jpg"],
    ]
    content = exports.leapp_json(rows, headers, "get_whatsapp_one_to_one_messages")
    first, second = messages(JSON, content)
    assert facts(first) == ("Hi", OWNER, datetime(2025, 6, 28, 22, 50, tzinfo=UTC), "OUT")
    assert facts(second) == (None, OTHER, datetime(2025, 6, 28, 22, 51, tzinfo=UTC), "IN")
    assert second.attachments[0].name == "IMG_1.jpg"


def test_a_group_is_a_chat_and_no_sender() -> None:
    (one,) = messages(
        JSON, exports.leapp_json([[1751151000, "Trip", "1203@g.us", "Local User", None, "Hi", *[""] * 7]])
    )
    assert (one.chat_id, one.sender, one.direction) == ("1203@g.us", None, "IN")


def test_calls_of_a_table() -> None:
    headers = ("Call Date", "Partner", "Type", "Duration in Secs", "Deleted")
    content = exports.leapp_tsv(
        [["2025-06-28 22:50:00+00:00", "07700 900002", 'Missed <i data-feather="x"></i>', 0, "0"]], headers
    )
    source = Source("Call Logs.tsv")
    assert TSV.takes(source.name, content)
    (call,) = of(Call, records(TSV, content, source))
    assert (call.party, call.direction, call.status, call.is_deleted) == (OTHER, "IN", "MISSED", False)


def test_every_artefact_has_the_columns_that_its_kind_needs() -> None:
    for name, one in ARTEFACTS.items():
        headers = [headings[0] for headings in one.columns.values()]
        assert one.fits(headers), name


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.json")), ids=lambda path: path.name.split(".")[1])
def test_public_samples_are_read_to_the_row(path: Path) -> None:
    content = path.read_bytes()
    told = json.loads(content)
    assert JSON.takes(path.name, content[:65536])
    found = records(JSON, content, Source(path.name, region="US"))
    assert stopped(found) is None
    assert not of(Refused, found)
    assert len(found) == told["metadata"]["number_of_rows"]
    for one, given_row in zip(found, told["data"], strict=True):
        assert isinstance(one, Message | Call | Contact)
        assert json.loads(content[slice(*one.place)]) == given_row


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="needs shared/data/phone_exports")
def test_public_samples_say_what_their_rows_say() -> None:
    def sample(function: str) -> list[Message | Call | Contact]:
        (path,) = SAMPLES.glob(f"*.{function}.*.json")
        return of(Message | Call | Contact, records(JSON, path.read_bytes(), Source(path.name, region="US")))

    sms = of(Message, sample("sms"))
    assert {one.app for one in sms} == {"sms", "imessage"}
    mine = next(one for one in sms if one.direction == "OUT" and (one.text or "").startswith("Yes, The Dominion"))
    assert (mine.sender, mine.recipients) == ("+19195794674", ("+19198887386",))
    picture = next(one for one in sms if one.attachments and one.attachments[0].name == "IMG_2215.heic")
    assert (picture.text, picture.attachments[0].type) == (None, "image/heic")
    chats = of(Message, sample("whatsAppMessages"))
    assert {one.direction for one in chats} == {"IN", "OUT"}
    assert {one.chat_id for one in chats if one.text} == {"+19198887386"}
    calls = of(Call, sample("whatsAppCallHistory"))
    assert [(one.party, one.direction, one.duration_s) for one in calls][:2] == [
        ("+19198887386", "OUT", 95.0),
        ("+19198887386", "IN", 100.0),
    ]
    telegram = of(Message, sample("telegramMessages"))
    assert ("1364243771", "This Is DFIR Two") in {(one.sender, one.sender_name) for one in telegram}
    assert {one.direction for one in telegram} == {"IN", "OUT", "SYSTEM"}
    contacts = of(Contact, sample("addressBook"))
    assert any(one.phones == ("+19192084530",) and one.name == "Liz" for one in contacts)
    assert any(one.emails == ("thisisdfirtwo@gmail.com",) for one in contacts)
