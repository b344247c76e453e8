"""Seized devices in a night: read, counted, searched, published, asked once; and what is damaged stops nothing else.

The first night brings the synthetic world's device. Into the second come a cut export, one without a manifest and one
whose messages are partly privileged.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import docx
import pandas as pd
import pytest
from click.testing import CliRunner
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.cli import main as cli_main
from jobs.night.assets import device as device_assets
from jobs.night.assets import reports
from jobs.pages import notebook, queue_page
from jobs.pages.device import finance_queue, keyword_queue, privilege_queue
from jobs.pages.device import pack_queue as pack_page
from jobs.pages.device import submission_page as page
from jobs.runtime import alerts
from jobs.runtime.context import RunContext
from jobs.runtime.inbox import port
from pipelines.decisions import decision as one
from pipelines.device import privilege, referrals
from pipelines.device import queue as device_queue
from pipelines.device.packs import queue as pack_queue
from schemas import device, gold
from schemas.layouts import submission
from tests.support import device_exports as exports
from tests.support import pictures
from tests.support import whole_nights as nights

pytestmark = [pytest.mark.spark, pytest.mark.slow]
FIRST, SECOND = nights.FIRST, nights.FIRST + timedelta(days=1)
ID = "36:EX-2026-0417"
ASSETS = [*device_assets.ALL, reports.decisions]
MODEL = f"{{{exports.NAMESPACE}}}model"
TO_WHOM = "the account holders' banks: freezing order"
LONG_AGO = 1_000_000_000
MANIFEST = """\
authority: {power: PACE 1984 s.19, reference: WA/9, granted_on: 2026-01-09}
purpose: Investigation
exhibits: [CD/1]
owner: {name: Owner Phone, identifiers: ["+447700900001", Owner Phone]}
"""


TABLES = """\
tables:
  - {file: "*.csv", holds: messages, format: csv, encoding: windows-1252, times: ["dd/MM/yyyy HH:mm"],
     columns: {at: When, sender: From, text: Body}, constants: {app: sms}}
"""
DOWNLOAD = "When,From,Body\n14/01/2026 09:30,07700 900002,the caf\u00e9\n14/13/2026 09:30,07700 900002,never\n"
PICTURE = hashlib.md5(b"not a picture", usedforsecurity=False).hexdigest()
KNOWN = [
    {"MediaID": 1, "Category": 3, "MD5": "0" * 32},
    {"MediaID": 2, "Category": 1, "MD5": PICTURE.upper(), "Series": "North"},
    {"MediaID": 3, "Category": 1, "MD5": "not a hash"},
    {"MediaID": 4, "Category": 2, "MD5": "1" * 32, "SHA1": "2" * 40},
]


class Session(notebook.NotebookSession):
    """A notebook's session without a page."""

    def show(self, *parts: str) -> None:
        pass


@pytest.fixture(scope="module")
def ctx(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> RunContext:
    home = tmp_path_factory.mktemp("devices")
    made = nights.world(home, n_reports=120, n_nights=2, without=nights.NOT_FORCES, has_device=True)
    nights.materialise(made, FIRST, ASSETS)
    row = queue_of(made, FIRST).orderBy("rank").first()
    at = datetime.combine(FIRST, datetime.min.time(), UTC)
    decided = one.of_item(
        row.asDict(recursive=True), outcome="REFER", free_text="for the investigating officer", reviewer="A1",
        opened_at=at - timedelta(seconds=9), decided_at=at,
    )  # fmt: skip
    port.hand_in(made.inbox, made.audit, decided)
    money = queue_of(made, FIRST, referrals.QUEUE).first()
    referred = one.of_item(
        money.asDict(recursive=True), outcome="REFER", free_text=TO_WHOM, reviewer="A1", opened_at=None, decided_at=at
    )
    port.hand_in(made.inbox, made.audit, referred)
    for item in _packs_to_hand_out(made):
        port.hand_in(made.inbox, made.audit, one.of_item(
            item, outcome="REFER", free_text="for the child's force", reviewer="A1", opened_at=None, decided_at=at
        ))  # fmt: skip
    _second_drop(made.settings.landing)
    later = landed(made) / "AB-1" / "later.txt"
    later.write_text("came after the first night", encoding="utf-8")
    os.utime(landed(made) / submission.FILE, (LONG_AGO, LONG_AGO))  # touched, and as it was
    nights.materialise(made, SECOND, ASSETS)
    later.unlink()
    return made


def _packs_to_hand_out(made: RunContext) -> list[dict[str, object]]:
    """One that goes to a force, and one whose postcode lies on a border."""
    rows = [row.asDict(recursive=True) for row in queue_of(made, FIRST, pack_queue.QUEUE).orderBy("rank").collect()]
    return [rows[0], next(row for row in rows if "NR34" in repr(row["reasons"]))]


def _second_drop(landing: Path) -> None:
    drop = landing / "norfolk" / "device" / SECOND.isoformat()
    report = exports.ufed_xml()
    held = MANIFEST + "keyword_lists: [terms.txt]\nprivileged: held.csv\nhash_lists: [known.json, cut.json]\n"
    table = MANIFEST + TABLES
    known = {"@odata.context": ".../DataModels/2.0.xml/UK/$metadata#Media", "value": KNOWN}
    contents = {
        "CUT/report.xml": report[: len(report) * 2 // 3], "CUT/submission.yaml": MANIFEST.encode(),
        "BARE/report.xml": report,
        "TABLE/a/texts.csv": DOWNLOAD.encode("windows-1252"), "TABLE/submission.yaml": table.encode(),
        "HELD/a.ufdr": exports.ufdr(report), "HELD/b.ufdr": exports.ufdr(report), "HELD/submission.yaml": held.encode(),
        "HELD/terms.txt": b"thursday\naccount\n/(a/\n", "HELD/held.csv": b"term\nThursday\n",
        "HELD/known.json": json.dumps(known).encode(), "HELD/cut.json": json.dumps(known).encode()[:-40],
    }  # fmt: skip
    for name, content in contents.items():
        path = drop / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (LONG_AGO, LONG_AGO))


def queue_of(made: RunContext, night: object, queue: str = device_queue.QUEUE) -> object:
    tonight = (F.col("night") == F.lit(night)) & (F.col("queue") == queue)
    return made.lake.read(gold.QUEUE_ITEMS).where(tonight)


def of_first(made: RunContext, table: object) -> object:
    return made.lake.read(table).where(F.col("night") == F.lit(FIRST))


def landed(made: RunContext) -> Path:
    return made.settings.landing / "norfolk" / "device" / FIRST.isoformat() / "EX-2026-0417"


def test_messages_are_as_many_as_other_programs_count_in_the_files(ctx: RunContext):
    archive = zipfile.ZipFile(landed(ctx) / "AB-1" / "handset.ufdr")
    tree = ElementTree.parse(io.BytesIO(archive.read("report.xml")))
    in_report = sum(each.get("type") == "InstantMessage" for each in tree.iter() if each.tag.endswith("}model"))
    chat = (landed(ctx) / "AB-2" / "_chat.txt").read_text(encoding="utf-8")
    in_chat = len(re.findall(r"^\[\d\d/\d\d/\d{4}, ", chat, re.MULTILINE))
    counted = of_first(ctx, device.MESSAGES).groupBy("member").count().collect()
    assert {row.member: row["count"] for row in counted} == {"report.xml": in_report, "": in_chat}


def test_the_same_message_on_two_devices_is_evidence_twice_and_one_in_counts(ctx: RunContext):
    rows = of_first(ctx, device.MESSAGES).select("member", "content_key", "text").collect()
    in_chat = {row.content_key: row.text for row in rows if row.member == ""}
    in_report = {row.content_key: row.text for row in rows if row.member}
    assert in_chat.items() <= in_report.items()
    assert len({row.content_key for row in rows}) == len(in_report)


def test_what_was_planted_is_found_exactly_and_nothing_else_of_its_kind(ctx: RunContext):
    planted = pd.read_parquet(ctx.settings.truth / "device_identifiers.parquet")
    found = of_first(ctx, device.IDENTIFIERS).select("kind", "value", "status").distinct().collect()
    for kind, mine in planted.groupby("kind"):
        assert {row.value for row in found if row.kind == kind} == set(mine["value"])
    # No table of the banks is given, so that no account is called valid.
    assert {row.status for row in found if row.kind == "UK_ACCOUNT"} == {"unverifiable"}


def test_every_value_reads_back_from_its_bytes(ctx: RunContext):
    report = zipfile.ZipFile(landed(ctx) / "AB-1" / "handset.ufdr").read("report.xml")
    rows = of_first(ctx, device.IDENTIFIERS).where("member = 'report.xml'").collect()
    whole, split = ([row for row in rows if (row.continues_in is None) == is_whole] for is_whole in (True, False))
    assert len(whole) > 50
    for row in whole:
        assert row.as_written in report[row.byte_from : row.byte_to].decode()
    texts = {row.message_id: row.text for row in of_first(ctx, device.MESSAGES).collect()}
    for row in [*whole, *of_first(ctx, device.KEYWORD_HITS).collect()]:
        assert texts[row.message_id][row.start : row.end] == row.as_written
    assert len(split) >= 3
    for row in split:
        parts = (texts[row.message_id][row.start :], texts[row.continues_in][: row.end])
        assert "\n".join(parts) == row.as_written
        assert parts[0] in report[row.byte_from : row.byte_to].decode()


def test_every_file_is_in_the_ledger_and_messages_balance(ctx: RunContext):
    rows = of_first(ctx, device.FILES).collect()
    on_disk = {str(p.relative_to(ctx.settings.landing)) for p in landed(ctx).rglob("*") if p.is_file()}
    lists = {name for name in on_disk if name.endswith(("submission.yaml", "terms.csv"))}
    assert {row.file for row in rows} == on_disk - lists
    for row in ctx.lake.read(device.FILES).collect():
        assert row.n_messages == row.n_loaded + row.n_duplicate + row.n_quarantined
    loaded = ctx.lake.read(device.MESSAGES).count()
    assert ctx.lake.read(device.FILES).agg(F.sum("n_loaded")).first()[0] == loaded


def test_a_cut_export_and_one_without_a_manifest_are_told_and_stop_nothing(ctx: RunContext):
    submitted = ctx.lake.read(device.SUBMISSIONS).where(F.col("night") == F.lit(SECOND)).collect()
    assert {row.submission_id: row.refused for row in submitted} == {
        "36:BARE": "NO_MANIFEST", "36:CUT": None, "36:HELD": None, "36:TABLE": None,
    }  # fmt: skip
    files = ctx.lake.read(device.FILES).where(F.col("night") == F.lit(SECOND)).collect()
    assert not [row for row in files if row.submission_id == "36:BARE"]
    (cut,) = [row for row in files if row.submission_id == "36:CUT"]
    assert (cut.status, cut.reason) == ("READ", "CUT")
    assert cut.n_loaded > 0
    assert 0 < cut.stopped_byte <= cut.n_bytes
    told = (ctx.settings.log_folder / alerts.FILE).read_text(encoding="utf-8")
    assert "36:BARE was refused (NO_MANIFEST)" in told
    assert "36:CUT: 1 files CUT" in told
    assert "36:HELD: 1 terms of terms.txt cannot be looked for" in told


def test_a_file_that_came_after_its_submission_was_taken_in_is_named_in_an_alert(ctx: RunContext):
    told = [json.loads(line) for line in (ctx.settings.log_folder / "alerts.jsonl").read_text().splitlines()]
    (message,) = [each["message"] for each in told if "after their submission was taken in" in each["message"]]
    assert "EX-2026-0417/AB-1/later.txt;" in message
    assert submission.FILE not in message  # its content is what was read


def test_a_download_is_read_by_the_layout_of_its_submission(ctx: RunContext):
    (message,) = ctx.lake.read(device.MESSAGES).where("submission_id = '36:TABLE'").collect()
    told = (message.text, message.sender, message.app, message.direction)
    assert told == ("the caf\u00e9", "+447700900002", "sms", "IN")
    assert DOWNLOAD.encode("windows-1252")[message.byte_from : message.byte_to].startswith(b"14/01/2026 09:30,")
    (refusal,) = ctx.lake.read(device.REFUSALS).where("submission_id = '36:TABLE'").collect()
    assert refusal.why == "a time that cannot be read"


def test_known_pictures_are_found_by_their_hash_and_lists_say_what_was_not_taken(ctx: RunContext):
    lists = {row.list_name: row for row in ctx.lake.read(device.HASH_LISTS).collect()}
    assert {name: (row.form, row.n_items, row.n_refused) for name, row in lists.items()} == {
        "known.json": ("VICS 2.0", 3, 1), "cut.json": ("VICS 2.0", 2, 1),
    }  # fmt: skip
    assert lists["known.json"].refusals == ["3: MD5 is no such hash", "3: no hash that is taken"]
    assert (lists["known.json"].stopped, "ends early" in lists["cut.json"].stopped) == (None, True)
    held = ctx.lake.read(device.MEDIA).where("submission_id = '36:HELD'").where(F.col("md5") == PICTURE).collect()
    assert len(held) == 2  # one picture, on two devices
    rows = ctx.lake.read(device.KNOWN_MEDIA).collect()
    assert {(row.media_id, row.list_name) for row in rows} == {(m.media_id, n) for m in held for n in lists}
    assert {(row.item, row.category, row.series, row.hash_kind) for row in rows} == {(2, 1, "North", "MD5")}
    told = (ctx.settings.log_folder / alerts.FILE).read_text(encoding="utf-8")
    assert "36:HELD cut.json: 2 items taken, 1 refused, it ends early" in told
    shown = page.known_media(page.open_device(Session("16", ctx), submission="36:HELD"))
    assert "cut.json: 1 items refused" in shown


def test_privileged_messages_are_counted_and_nowhere_shown(ctx: RunContext):
    held = ctx.lake.read(device.MESSAGES).where("submission_id = '36:HELD' AND is_privileged").collect()
    assert len(held) == 2  # one message, on two devices
    assert "Thursday" in held[0].text
    hits = ctx.lake.read(device.KEYWORD_HITS).where("submission_id = '36:HELD'").collect()
    assert {row.term for row in hits} == {"thursday", "account"}
    shown = [row for row in queue_of(ctx, SECOND).collect() if row.details["submission_id"] == "36:HELD"]
    assert {reason.text for row in shown for reason in row.reasons} == {"account"}
    assert [row.details["n_copies"] for row in shown] == ["2"]
    opened = page.open_device(Session("16", ctx), submission="36:HELD")
    assert opened.n_privileged == 2
    assert "Thursday" not in page.conversation(opened) + page.conversations(opened)
    (row,) = queue_of(ctx, SECOND, privilege.QUEUE).collect()
    assert (row.details["term"], row.details["n_messages"], row.details["n_files"]) == ("Thursday", "1", "2")
    review = privilege_queue.open_queue(Session("16", ctx), night=SECOND.isoformat(), force="36", reviewer="B2")
    item = review.pick()
    assert "Thursday" in privilege_queue.open_item(review, item)
    assert "by whose authority" in queue_page.decide(review, item, "RELEASE")
    told = command(ctx, "device", "search", str(_list(ctx, "thursday")), "--submission", "36:HELD", "--why", "trial")
    assert (told["terms"], told["n_privileged"], told["hits"]) == ({}, 2, [])


def _list(made: RunContext, *terms: str) -> Path:
    path = made.settings.home / "wanted.txt"
    path.write_text("\n".join(terms), encoding="utf-8")
    return path


def command(made: RunContext, *words: str) -> object:
    done = CliRunner().invoke(cli_main.main, [*words, "--json"], env={"NIGHTJAR_HOME": str(made.settings.home)})
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_decided_message_is_not_asked_again(ctx: RunContext):
    before, after = queue_of(ctx, FIRST).orderBy("rank").collect(), queue_of(ctx, SECOND).collect()
    assert before[0].item_id not in {row.item_id for row in after}
    assert {row.item_id for row in before[1:]} <= {row.item_id for row in after}
    assert [row["rank"] for row in before] == list(range(1, len(before) + 1))


def test_accounts_are_referred_as_planted_after_a_decision_and_not_before(ctx: RunContext):
    rows = ctx.lake.read(device.FINANCE_REFERRALS).collect()
    assert {(row.night, row.submission_id, row.reviewer, row.reason) for row in rows} == {(SECOND, ID, "A1", TO_WHOM)}
    planted = pd.read_parquet(ctx.settings.truth / "device_identifiers.parquet")
    of_money = planted[planted["kind"].isin(device.FINANCE_KINDS)]
    assert sorted((row.kind, row.value) for row in rows) == sorted(
        zip(of_money["kind"], of_money["value"], strict=True)
    )
    report = zipfile.ZipFile(landed(ctx) / "AB-1" / "handset.ufdr").read("report.xml").decode()
    sent_messages = [m for m in ElementTree.fromstring(report).iter(MODEL) if m.get("type") == "InstantMessage"]
    for row in rows:
        if row.kind == "BTC":  # as written in the report: another program counts its messages and who sent them
            told = [m for m in sent_messages if row.value in "".join(m.itertext())]
            sent = {re.search(r"(\d{12})@s.whatsapp.net", "".join(m.itertext())).group(1) for m in told}
            assert (row.n_messages, row.told_by) == (len(told), sorted(f"+{number}" for number in sent))


def test_referred_accounts_are_not_asked_again(ctx: RunContext):
    (item,) = queue_of(ctx, FIRST, referrals.QUEUE).collect()
    assert (item.subject_id, item.details["n_values"], item.details["n_broken"]) == (ID, "53", "0")
    assert {reason.text for reason in item.reasons} >= {"41 UK accounts"}
    assert not queue_of(ctx, SECOND, referrals.QUEUE).where(F.col("item_id") == item.item_id).collect()


def test_referral_files_are_logged_before_they_have_their_name(ctx: RunContext):
    files = sorted((ctx.settings.exports / SECOND.isoformat() / "36").glob("finance-36-*"))
    assert [path.suffix for path in files] == [".csv", ".xlsx"]
    lines = files[0].read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == '"OFFICIAL-SENSITIVE"'
    assert len(lines) == 3 + 53
    (entry,) = [each for each in ctx.audit.entries() if each["operation"] == "referrals_exported"]
    assert (entry["action"], entry["to_whom"], entry["counts"]) == (
        "disclosure", "force 36 Norfolk", {"rows": 53, "files": 2},
    )  # fmt: skip
    assert datetime.fromisoformat(entry["at"]).timestamp() <= files[0].stat().st_mtime


def test_a_night_again_changes_nothing(ctx: RunContext):
    tables = (*device.TABLES, gold.QUEUE_ITEMS)
    before = {table.path: ctx.lake.version(table) for table in tables}
    nights.materialise(ctx, SECOND, ASSETS)
    assert {table.path: ctx.lake.version(table) for table in tables} == before


def test_the_log_names_the_authority_before_anything_is_read(ctx: RunContext):
    entries = [entry for entry in ctx.audit.entries() if entry["operation"] == "devices_read"]
    assert "PACE 1984 s.19, WA/0417" in entries[0]["why"]


def test_a_new_list_finds_in_what_is_stored_what_another_program_finds(ctx: RunContext):
    told = command(ctx, "device", "search", str(_list(ctx, "lowesto*")), "--submission", ID, "--why", "trial")
    archive = zipfile.ZipFile(landed(ctx) / "AB-1" / "handset.ufdr").read("report.xml").decode()
    chat = (landed(ctx) / "AB-2" / "_chat.txt").read_text(encoding="utf-8")
    assert told["terms"] == {"lowesto": (archive + chat).count("Lowestoft")}


def test_the_command_says_what_was_read(ctx: RunContext):
    (told,) = command(ctx, "device", "show", ID)
    assert told["files"] == {"READ": 3, "UNKNOWN": 1}
    assert (told["identifiers"]["UK_ACCOUNT"], told["identifiers"]["BTC"] + told["identifiers"]["ETH"]) == (41, 12)
    assert told["not_wholly_read"] == {}
    (cut,) = command(ctx, "device", "show", "36:CUT")
    assert cut["not_wholly_read"] == {"CUT": 1}


def test_the_page_tells_what_was_not_read_and_opens_a_message(ctx: RunContext):
    session = Session("16", ctx)
    cut = page.open_device(session, submission="36:CUT")
    assert "1 file was not wholly read" in page.what_was_read(cut)
    opened = page.open_device(session, submission=ID)
    assert "41" in page.accounts(opened)
    assert "<svg" in page.timeline(opened)
    tonight = keyword_queue.open_queue(session, night=SECOND.isoformat(), force="36", reviewer="B2")
    assert tonight is not None
    item = tonight.pick()
    shown = keyword_queue.open_message(opened, tonight, item)
    assert "<mark" in shown
    assert "Recorded: REFER" in queue_page.decide(tonight, item, "REFER", free_text="seen")


def test_the_page_shows_what_a_referral_would_hold_and_wants_to_know_to_whom(ctx: RunContext):
    session = Session("16", ctx)
    opened = page.open_device(session, submission=ID)
    review = finance_queue.open_queue(session, night=FIRST.isoformat(), force="36", reviewer="B2")
    item = finance_queue.item_of(opened, review)
    shown = finance_queue.open_item(opened, review, item)
    for row in ctx.lake.read(device.FINANCE_REFERRALS).collect():
        assert row.value in shown
    assert "says to whom" in queue_page.decide(review, item, "REFER")
    assert "Recorded: REFER" in queue_page.decide(review, item, "REFER", free_text="HMRC")
    assert "53" in queue_page.table(review, item) + queue_page.header(review) + shown
    held = page.open_device(session, submission="36:HELD")
    assert "does not ask" in finance_queue.open_item(held, review, finance_queue.item_of(held, review))


def test_children_planted_on_the_device_come_out_with_their_status_and_one_pack_each(ctx: RunContext):
    planted = pd.read_parquet(ctx.settings.truth / "device_children.parquet")
    rows = queue_of(ctx, FIRST, pack_queue.QUEUE).collect()
    expected = {f"{row.app}: {row.party}": row.status for row in planted.itertuples()}
    assert {row.details["account"]: row.details["status"] for row in rows} == expected
    assert sorted(expected.values()) == ["address_confirmed"] * 5 + ["line_of_enquiry"] * 3
    packs = ctx.lake.read(device.VICTIM_PACKS).collect()
    assert {(row.night, row.status, row.force, row.from_force) for row in packs} == {
        (SECOND, "address_confirmed", "36", "36"), (SECOND, "line_of_enquiry", "UK", "36"),
    }  # fmt: skip
    handed_out = {row.account_id for row in packs}
    again = {row.subject_id for row in queue_of(ctx, SECOND, pack_queue.QUEUE).collect()}
    assert again == {row.subject_id for row in rows} - handed_out


def test_a_pack_is_a_document_for_its_force_logged_before_it_is_there(ctx: RunContext):
    folder = ctx.settings.exports / SECOND.isoformat()
    files = sorted(folder.glob("*/pack-*.docx"))
    assert {path.parent.name for path in files} == {"36", "UK"}
    entries = [each for each in ctx.audit.entries() if each["operation"] == "packs_handed_out"]
    assert {each["to_whom"] for each in entries} == {"force 36 Norfolk", "the national queue"}
    for path in files:
        told = docx.Document(str(path))
        text = "\n".join(
            [p.text for p in told.paragraphs] + [c.text for t in told.tables for r in t.rows for c in r.cells]
        )
        for words in ("Calculation, not fact", "wellbeing", "Gaps in knowledge", "Grading", "2A"):
            assert words in text
        assert not told.inline_shapes
    report = zipfile.ZipFile(landed(ctx) / "AB-1" / "handset.ufdr").read("report.xml")
    for row in ctx.lake.read(device.VICTIM_PACKS).collect():
        for each in row.evidence:
            assert each.as_written in report[each.byte_from : each.byte_from + 2000].decode()


def test_the_page_shows_an_account_with_its_gaps_and_takes_a_decision(ctx: RunContext):
    opened = page.open_device(Session("16", ctx), submission=ID)
    review = pack_page.open_queue(opened.session, night=FIRST.isoformat(), force="36", reviewer="B2")
    item = pack_page.item_of(opened, review)
    shown = pack_page.open_item(opened, review, item)
    for words in ("wellbeing", "not fact", "Gaps", item["details"]["account"]):
        assert words in shown
    assert "handed out with a reason" in queue_page.decide(review, item, "REFER")
    assert "whole postcode" in queue_page.decide(review, item, "REFER", free_text="Address confirmed: Mill Lane")
    assert "Recorded: REFER" in queue_page.decide(review, item, "REFER", free_text="school's officer asked")


def test_no_picture_is_in_any_table_log_export_or_page(ctx: RunContext):
    home = ctx.settings.home
    files = [
        path
        for folder in (ctx.settings.lakehouse, ctx.settings.log_folder, ctx.settings.exports, ctx.settings.inbox)
        for path in folder.rglob("*")
        if path.is_file()
    ]
    assert len(files) > 50
    found = {str(path.relative_to(home)): pictures.found_in(path) for path in files}
    assert {name: kinds for name, kinds in found.items() if kinds} == {}
