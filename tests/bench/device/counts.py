"""Accounts, people and wallets of a made submission, against what was planted.

`python -m tests.bench.device.counts`

Two telephones of one owner. 2,888 people each tell one account, and 126 wallets are told: in messages of a UFED report,
over two messages, in a WhatsApp export, in the rows of a CSV, and in pictures of text; with spaces, over a line break,
with O and l for 0 and 1 where a checksum proves them; a fifth of the chat is on both telephones; between them stand
decoys. The files go through the pipeline. Prints JSON: per way in which they were planted how many were found, what
was found that nobody planted, and the counts. It fails where a way is not found whole: pictures only where Tesseract is
installed.
"""

from __future__ import annotations

import csv
import io
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from pyspark.sql import DataFrame

from jobs.runtime import spark as spark_job
from pipelines.device import finds, picture_text, referrals, tables
from schemas import device, gold
from schemas.layouts.device_table import Table
from tests.support import device_exports as exports
from tests.support import identifier_world
from tests.support import tables as rows_of

N_PEOPLE, N_WALLETS, N_DECOYS = 2888, 126, 60
N_SPLIT, N_TABLE, N_PICTURES = 200, 300, 80  # people whose account stands there and nowhere else
NIGHT, ID = date(2026, 3, 14), "36:EX-1"
BEGAN = datetime(2026, 1, 5, 8, 0, 1, tzinfo=UTC)
_WEIGHTS = "900000 949999 MOD11 0 0 0 0 0 0 9 4 6 5 8 3 2 1\n"
LAYOUT = {
    "file": "customers.csv", "holds": "messages", "format": "csv", "times": ["dd/MM/yyyy HH:mm:ss"],
    "columns": {"at": "When", "sender": "Who", "text": "Sort code"}, "joined": {"text": ["Account"]},
    "constants": {"app": "notes"},
}  # fmt: skip


@dataclass(frozen=True)
class Said:
    """A message: who, what, and seconds since the first."""

    who: str
    text: str
    at_s: int


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="nightjar-bench-") as folder:
        planted = _make(Path(folder))
        print(json.dumps(_counted(Path(folder), planted)))


def _make(folder: Path) -> dict[str, dict[str, str]]:
    """Write the submission. Returns what was planted: way -> value -> kind."""
    rng = random.Random(2888)
    in_text = identifier_world.build(26, N_PEOPLE - N_SPLIT - N_TABLE - N_PICTURES, N_WALLETS, N_DECOYS)
    planted = {"text": {v: kind for kind, values in in_text.planted.items() for v in values}}
    taken = set(planted["text"])
    ways = {"two messages": N_SPLIT, "table": N_TABLE, "picture of text": N_PICTURES}
    accounts: dict[str, list[tuple[str, str]]] = {way: [] for way in ways}
    for way, n in ways.items():
        while len(accounts[way]) < n:
            sort, number = identifier_world.account(rng)
            if f"{sort} {number}" not in taken:
                taken.add(f"{sort} {number}")
                accounts[way].append((sort, number))
        planted[way] = {f"{sort} {number}": "UK_ACCOUNT" for sort, number in accounts[way]}
    said = _said(in_text, accounts["two messages"])
    (folder / "report.ufdr").write_bytes(exports.ufdr("".join(_report(said)).encode()))
    both = [one for one in said if one.at_s % 5 == 0]
    (folder / "_chat.txt").write_bytes("".join(map(_line, both)).encode())
    (folder / "customers.csv").write_bytes(_table(accounts["table"]))
    for n, (sort, number) in enumerate(accounts["picture of text"]):
        _picture(folder / f"IMG_{n:04d}.png", f"Sort code {sort}  Account {number}")
    return planted


def _said(world: identifier_world.World, split: Sequence[tuple[str, str]]) -> list[Said]:
    """Messages in their order; a value is told by the person of its account however often it is told."""
    owners: dict[str, str] = {}
    made, at_s = [], 0
    found = {m.index: m.value for m in _known(world)}
    for n, text in enumerate(world.texts):
        value = found.get(n)
        who = owners.setdefault(value, f"person.{len(owners):04d}") if value else "nobody.in.particular"
        made.append(Said(who, text, at_s := at_s + 61))
    for n, (sort, number) in enumerate(split):
        at_s += 3600
        made += [
            Said(f"split.{n:04d}", f"sort code {sort}", at_s),
            Said(f"split.{n:04d}", f"account {number}", at_s + 61),
        ]
    return made


def _known(world: identifier_world.World) -> Iterator[Any]:
    """Which text holds which planted account, by its figures alone: no finder of the product is asked."""
    marks = {value.replace(" ", ""): value for value in world.planted["UK_ACCOUNT"]}
    for index, text in enumerate(world.texts):
        figures = "".join({"O": "0", "l": "1"}.get(c, c) for c in text if c.isdigit() or c in "Ol")
        for start in range(len(figures) - 13):
            run = figures[start : start + 14]
            value = marks.get(run) or marks.get(run[8:] + run[:8])
            if value:
                yield type("Mark", (), {"index": index, "value": value})
                break


def _report(said: Sequence[Said]) -> Iterator[str]:
    def party(who: str) -> str:
        return exports.ufed_party(who, who)

    def messages() -> Iterator[str]:
        for n, one in enumerate(said):
            yield exports.model(
                "InstantMessage", f"m{n}", exports.field("Source", "WhatsApp"), exports.field("Body", one.text),
                exports.stamp(BEGAN + timedelta(seconds=one.at_s)),
                exports.model_field("From", "Party", party(one.who)),
            )  # fmt: skip

    return exports.ufed_report([("Chat", exports.ufed_chat(messages()))])


def _line(one: Said) -> str:
    at = (BEGAN + timedelta(seconds=one.at_s)).astimezone(exports.LONDON)
    return f"[{at:%d/%m/%Y, %H:%M:%S}] {one.who}: {one.text}\r\n"


def _table(accounts: Sequence[tuple[str, str]]) -> bytes:
    sink = io.StringIO()
    writer = csv.writer(sink)
    writer.writerow(("When", "Who", "Sort code", "Account"))
    for n, (sort, number) in enumerate(accounts):
        at = BEGAN + timedelta(minutes=n)
        code = "-".join((sort[:2], sort[2:4], sort[4:]))
        writer.writerow((f"{at:%d/%m/%Y %H:%M:%S}", f"customer.{n:04d}", code, number))
    return sink.getvalue().encode()


def _picture(path: Path, text: str) -> None:
    picture = Image.new("L", (640, 120), 255)
    ImageDraw.Draw(picture).text((20, 40), text, fill=0, font_size=28)
    picture.save(path)


def _counted(folder: Path, planted: dict[str, dict[str, str]]) -> dict[str, Any]:
    spark = spark_job.session(folder, cores="2")
    (folder / "weights.txt").write_text(_WEIGHTS, encoding="utf-8")
    layout = [Table.model_validate(LAYOUT).model_dump_json()]
    names = sorted(p.name for p in folder.iterdir() if p.suffix in {".ufdr", ".txt", ".csv", ".png"})
    listed = [
        (ID, name, str(folder / name), [exports.OWNER], "GB", "Europe/London", layout, True, None, None)
        for name in names if name != "weights.txt"
    ]  # fmt: skip
    records = tables.records(spark.createDataFrame(listed, tables.FILES), 8).cache()
    messages = tables.messages(records, NIGHT).where("NOT is_duplicate").cache()
    found = finds.identifiers(messages, (str(folder / "weights.txt"), None)).cache()
    statuses = {
        row.status: row["count"] for row in tables.files(records, messages, NIGHT).groupBy("status").count().collect()
    }
    return _told(messages, found, planted, statuses)


def _told(
    messages: DataFrame, found: DataFrame, planted: dict[str, dict[str, str]], statuses: dict[str, int]
) -> dict[str, Any]:
    nobody = rows_of.frame(messages.sparkSession, gold.DECISIONS, {"night": NIGHT}).where("false")
    money = found.where(found.kind.isin(*device.FINANCE_KINDS))
    values = {
        (row.kind, row.value): row for row in referrals.referable(referrals.values(money, messages, nobody)).collect()
    }
    by_way = {}
    for way, of in planted.items():
        there = {value: kind for value, kind in of.items() if (kind, value) in values}
        by_way[way] = {"planted": len(of), "found": len(there)}
    everything = {(kind, value) for of in planted.values() for value, kind in of.items()}
    accounts = [row for (kind, _), row in values.items() if kind == "UK_ACCOUNT"]
    told = {
        "files": statuses,
        "messages": messages.count(),
        "different_messages": messages.select("content_key").distinct().count(),
        "by_way": by_way,
        "accounts": len(accounts),
        "people": len({who for row in accounts for who in row.told_by}),
        "accounts_told_by_nobody_known": sum(not row.told_by for row in accounts),
        "wallets": len(values) - len(accounts),
        "repaired": sum(row.is_repaired for row in values.values()),
        "found_and_not_planted": len(values.keys() - everything),
        "not_found": len(everything - values.keys()),
    }
    told["precision"] = round(1 - told["found_and_not_planted"] / len(values), 4)
    unread = () if picture_text.reader() else ("picture of text",)
    wrong = [way for way, n in by_way.items() if way not in unread and n["planted"] != n["found"]]
    if wrong or told["found_and_not_planted"]:
        print(json.dumps(told, indent=2), sorted(values.keys() - everything)[:5], file=sys.stderr)
        raise SystemExit(f"not counted exactly: {wrong}")
    return told


if __name__ == "__main__":
    main()
