"""Claims and packs in Spark: the same as in plain values, nothing privileged, one queue row per account."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipelines.device import privilege
from pipelines.device.packs import accounts, queue, tables
from pipelines.synthesis.device import children
from schemas import codes, device, gold
from tests.pipelines.device.test_referrals import NoProvenance
from tests.support import device_claims
from tests.support import tables as rows_of

NIGHT, NEXT = date(2026, 3, 14), date(2026, 3, 15)
ID = "36:EX-1"
PLACES = {"NR": frozenset({"36"}), "NR34": frozenset({"36", "37"})}
HELD = "i live at 1 Loke Road NR5 1CA"
PICTURE = "ab" * 32
pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def world() -> children.Planted:
    return children.make(children.SMALL)


@pytest.fixture(scope="module")
def messages(spark: SparkSession, world: children.Planted) -> DataFrame:
    rows: list[dict[str, Any]] = []
    for n, talk in enumerate(world.conversations):
        for k, said in enumerate([*talk.messages, children.Said(talk.party, HELD)]):
            key = f"{n:012x}{k:012x}"
            hung = {"name": said.picture, "type": "image/jpeg", "hash": PICTURE.upper()}
            rows.append(
                {
                    "message_id": key, "content_key": key, "night": NIGHT, "submission_id": ID, "file": "f",
                    "member": "", "byte_from": 1000 * n + k, "app": talk.app.lower(), "chat_id": talk.party,
                    "text": said.text, "members": [talk.party, device_claims.OWNER], "recipients": [],
                    "sender": said.by or device_claims.OWNER, "direction": "IN" if said.by else "OUT",
                    "is_privileged": said.text == HELD, "is_forwarded": said.is_forwarded,
                    "privileged_by": ["loke"] if said.text == HELD else None,
                    "attachments": [hung] if said.picture else [],
                }
            )  # fmt: skip
    return rows_of.frame(spark, device.MESSAGES, *rows).cache()


@pytest.fixture(scope="module")
def media(spark: SparkSession) -> DataFrame:
    names = ("447700900100@s.whatsapp.net.j", "wren.k04.jpg", "IMG_0001.jpg")
    rows = [
        {"media_id": f"{n:024x}", "night": NIGHT, "submission_id": ID, "file": "f", "name": name, "sha256": PICTURE}
        for n, name in enumerate(names)
    ]
    return rows_of.frame(spark, device.MEDIA, *rows)


@pytest.fixture(scope="module")
def claims(spark: SparkSession, world: children.Planted, messages: DataFrame, media: DataFrame) -> DataFrame:
    noted = [
        {
            "contact_id": f"c{n:023x}", "night": NIGHT, "submission_id": ID, "name": "Entry", "note": talk.note,
            "phones": [talk.party], "handles": [], "file": "f",
        }
        for n, talk in enumerate(world.conversations) if talk.note
    ]  # fmt: skip
    contacts = rows_of.frame(spark, device.CONTACTS, *noted)
    owners = {ID: [device_claims.OWNER]}
    return tables.claims_of(messages, contacts, media.where("name != 'wren.k04.jpg'"), owners).cache()


@pytest.fixture(scope="module")
def nobody(spark: SparkSession) -> DataFrame:
    return rows_of.frame(spark, gold.DECISIONS, {"night": NIGHT}).where("false")


def test_spark_makes_of_rows_what_plain_values_make(
    world: children.Planted, claims: DataFrame, messages: DataFrame, nobody: DataFrame
) -> None:
    made = tables.packs_of(tables.readable(claims, messages, nobody), PLACES).collect()
    assert {(row.app, row.party): row.status for row in made} == world.status
    plain = {tuple(pack.account): pack for pack in accounts.packs(device_claims.of_world(world))}
    for row in made:
        pack = plain[row.app, row.party]
        assert (row.ages, row.leads, row.gaps) == (list(pack.ages), list(pack.leads), list(pack.gaps))
        told = world.postcode[row.app, row.party]
        assert row.force == ("36" if told and not told.startswith(children.BORDER) else codes.NATIONAL)
        written = {(each["kind"], each["value"]) for each in row.evidence} - {("PICTURE", f"sha256:{PICTURE}")}
        assert written == {(each.kind, each.value) for each in pack.evidence}


def test_what_is_privileged_is_in_no_pack_before_it_is_released(
    spark: SparkSession, claims: DataFrame, messages: DataFrame, nobody: DataFrame
) -> None:
    made = tables.packs_of(tables.readable(claims, messages, nobody), PLACES).collect()
    assert "NR5 1CA" not in repr(made)
    item = privilege.by_term(messages).groupBy("item_id").agg(privilege.evidence()).first()
    release = {
        "decision_id": "0" * 36, "night": NEXT, "sequence": 1, "queue": privilege.QUEUE, "queue_night": NIGHT,
        "item_id": item.item_id, "text_hash": item.text_hash, "outcome": "RELEASE",
        "decided_at": datetime(2026, 3, 14, 10, tzinfo=UTC),
    }  # fmt: skip
    released = tables.readable(claims, messages, rows_of.frame(spark, gold.DECISIONS, release))
    assert "NR5 1CA" in repr(tables.packs_of(released, PLACES).collect())


def test_an_answer_tells_nothing_by_a_question_that_another_term_holds_back(
    spark: SparkSession, media: DataFrame
) -> None:
    said = (("whats your address", "OUT"), ("12 Mill Lane NR5 1AB", "IN"))
    for terms, n_told in ((("one", "two"), 0), (("one", "one"), 1)):
        rows = [
            {
                "message_id": f"{n:024x}", "night": NIGHT, "submission_id": ID, "file": "f", "byte_from": n,
                "app": "snapchat", "chat_id": "x", "text": text, "direction": direction, "members": [],
                "recipients": [], "attachments": [], "sender": "wren.k09" if direction == "IN" else device_claims.OWNER,
                "is_privileged": True, "privileged_by": [term],
            }
            for n, ((text, direction), term) in enumerate(zip(said, terms, strict=True))
        ]  # fmt: skip
        contacts = rows_of.frame(spark, device.CONTACTS, {"night": NIGHT, "submission_id": ID}).where("false")
        told = tables.claims_of(
            rows_of.frame(spark, device.MESSAGES, *rows), contacts, media.where("false"), {ID: [device_claims.OWNER]}
        )
        assert told.where("kind = 'ADDRESS'").count() == n_told


def test_a_picture_named_after_two_accounts_joins_them(
    spark: SparkSession, messages: DataFrame, media: DataFrame
) -> None:
    contacts = rows_of.frame(spark, device.CONTACTS, {"night": NIGHT, "submission_id": ID}).where("false")
    both = tables.claims_of(messages, contacts, media, {ID: [device_claims.OWNER]}).where("kind = 'PICTURE'")
    assert {(row.app, row.party, row.value) for row in both.collect()} == {
        ("whatsapp", "+447700900100", f"sha256:{PICTURE}"), ("snapchat", "wren.k04", f"sha256:{PICTURE}"),
    }  # fmt: skip


def test_a_picture_of_an_entry_joins_accounts_unless_two_have_its_name(
    spark: SparkSession, messages: DataFrame
) -> None:
    entries = (
        ("whatsapp", "+447700900100", "p1.thumb"),
        ("snapchat", "wren.k04", "p2.thumb"),
        (None, "wren.k05", "p1.thumb"),
    )
    at = {"night": NIGHT, "submission_id": ID, "file": "f", "member": "report.xml"}
    rows = [
        {**at, "contact_id": f"d{n:023x}", "app": app, "phones": [party], "handles": [], "photos": [name]}
        for n, (app, party, name) in enumerate(entries)
    ]
    contacts = rows_of.frame(spark, device.CONTACTS, *rows)

    def joined(*named: tuple[str, str]) -> set[Any]:
        held = [{**at, "media_id": f"{n:024x}", "name": name, "sha256": hash_} for n, (name, hash_) in enumerate(named)]
        media = rows_of.frame(spark, device.MEDIA, *held)
        claims = tables.claims_of(messages, contacts, media, {ID: [device_claims.OWNER]})
        return {(row.party, row.value[7:9]) for row in claims.where("kind = 'PICTURE'").collect()}

    one, other = PICTURE, "cd" * 32
    assert joined(("p1.thumb", one), ("p2.thumb", one)) == {("+447700900100", "ab"), ("wren.k04", "ab")}
    assert joined(("p1.thumb", one), ("p1.thumb", other), ("p2.thumb", one)) == {("wren.k04", "ab")}


def test_known_pictures_are_counted_by_category_with_whom_they_went(
    spark: SparkSession, messages: DataFrame, media: DataFrame
) -> None:
    listed = {"night": NIGHT, "submission_id": ID, "media_id": f"{2:024x}", "category": 2, "hash_kind": "SHA1"}
    alike = {**listed, "item": 7, "category": 1, "hash_kind": "PDQ"}
    for rows, told in (((listed, alike), "category B: 1"), ((alike,), "like one of category A: 1")):
        counted = tables.known_pictures(messages, media, rows_of.frame(spark, device.KNOWN_MEDIA, *rows)).collect()
        assert {(row.party, tuple(row.known_pictures)) for row in counted} == {("wren.k04", (told,))}


def test_the_queue_asks_once_per_account_and_a_decision_makes_the_pack(
    spark: SparkSession, world: children.Planted, claims: DataFrame, messages: DataFrame, nobody: DataFrame
) -> None:
    submissions = rows_of.frame(spark, device.SUBMISSIONS, {"submission_id": ID, "force": "36", "folder": "f"})

    def asked(decisions: DataFrame) -> list[Any]:
        made = queue.queue_items(
            claims, messages, submissions, decisions, {"*": 20}, NEXT, places=PLACES, made_with=NoProvenance()
        )
        return sorted(made.collect(), key=lambda row: row["rank"])

    items = asked(nobody)
    assert len(items) == len(world.status)
    assert [row.stratum for row in items] == ["ADDRESS_CONFIRMED"] * 5 + ["LINE_OF_ENQUIRY"] * 3
    assert {row.force for row in items} == {"36"}  # who handed the device in decides
    assert not any(name in repr(row.subject_id) for row in items for name in ("wren", "4477"))
    first, border = items[0], next(row for row in items if "wren.k06" in row.details["account"])
    assert border.details["to_force"] == codes.NATIONAL
    reasons = {first.item_id: "for the school's officer", border.item_id: "Address confirmed: 5 Sluice Road, NR7 1CA"}
    rows = [
        {
            "decision_id": f"{n:036d}", "night": NEXT, "sequence": n, "queue": queue.QUEUE, "queue_night": NIGHT,
            "item_id": item.item_id, "force": item.force, "subject_id": item.subject_id, "outcome": "REFER",
            "free_text": reasons[item.item_id], "reviewer": "a.analyst", "text_hash": item.text_hash,
            "decided_at": datetime(2026, 3, 14, 10, n, tzinfo=UTC),
        }
        for n, item in enumerate((first, border))
    ]  # fmt: skip
    decisions = rows_of.frame(spark, gold.DECISIONS, *rows)
    none = spark.createDataFrame([], "submission_id string, app string, party string, known_pictures array<string>")

    def handed_out(decisions: DataFrame) -> dict[str, Any]:
        made = queue.packs(decisions, claims, messages, none, NEXT, places=PLACES).collect()
        return {row.account_id: row for row in made}

    made = handed_out(decisions)
    assert set(made) == {first.subject_id, border.subject_id}
    one, other = made[first.subject_id], made[border.subject_id]
    assert (one.status, one.basis, one.force, one.from_force) == (
        "address_confirmed", "two independent sources", "36", "36",
    )  # fmt: skip
    assert (other.status, other.basis, other.force) == ("address_confirmed", "a person's word", "36")
    assert other.addresses == ["5 SLUICE ROAD|NR7 1CA"]
    word = F.lit("Address confirmed: 9 Sluice Road, ZE1 0CA")
    later = decisions.withColumns({"decision_id": F.reverse("decision_id"), "free_text": word, "sequence": F.lit(9)})
    later = later.withColumn("decided_at", F.col("decided_at") + F.expr("interval 1 hour"))
    again = queue.packs(decisions.unionByName(later), claims, messages, none, NEXT, places=PLACES).collect()
    assert sorted((row.account_id, row.force) for row in again) == sorted((id_, codes.NATIONAL) for id_ in made)
    assert {row.item_id for row in asked(decisions)} == {row.item_id for row in items} - set(reasons)
    assert handed_out(decisions.withColumn("text_hash", F.lit("0" * 64))) == {}
    assert handed_out(decisions.withColumn("outcome", F.lit("DEFER"))) == {}
    assert handed_out(decisions.withColumn("queue", F.lit("keyword_hits"))) == {}
