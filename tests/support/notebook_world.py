"""A small lakehouse with one published queue, for tests of the review notebook. People and places are invented."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from schemas import gold, silver
from schemas.contract import Table
from tests.support import tables

NIGHT = date(2026, 3, 14)
SHA = "ab" * 32

# Title, items, tags, terms that moved the score.
REPORTS: tuple[tuple[str, tuple[str, ...], tuple[str, ...], dict[str, float]], ...] = (
    (
        "Concern for 14-year-old at the retail park",
        (
            "Security staff report a girl of about 14 being collected most evenings by an older male in a grey "
            "hatchback. She has new trainers and a second phone that she says are gifts.",
            "The girl told a youth worker that the male books a hotel room for her and her friends, and that she "
            "must not talk about him at school. There is no suggestion of drug dealing.",
        ),
        (),
        {
            "older male": 0.92,
            "gifts": 0.55,
            "hotel room": 0.71,
            "second phone": 0.34,
            "must not talk": 0.30,
            "drug dealing": -0.22,
        },
    ),
    (
        "Contact through a gaming app",
        ("Mother states that an unknown adult asked her son, 12, for pictures and then for money.",),
        ("FRAUD",),
        {"asked her son": 0.51, "pictures": 0.64, "money": -0.12},
    ),
    (
        "Associates of a known nominal",
        (
            "Source states the male has moved in with a family in Lowestoft and takes the daughters out by car "
            "at night.",
        ),
        ("OTHER",),
        {"takes the daughters": 0.42, "at night": 0.18},
    ),
    ("Missing from placement", ("Returned by taxi that she had not paid for.",), (), {"taxi": 0.21, "placement": 0.19}),
    (
        "County line, Ipswich",
        ("Runners of 15 and 16 seen at the address.",),
        ("CCE", "DRUGS"),
        {"15 and 16": 0.2, "address": -0.05},
    ),
    ("Neighbour dispute", ("Male shouts at children in the street.",), (), {"children": 0.11}),
)
FORCES = ("36", "37", "36", "45", "37", "36")
SCORES = (0.81, 0.64, 0.44, 0.31, 0.22, 0.09)


def write(spark: SparkSession, home: Path, reports: Sequence[Mapping[str, Any]] = (), **person: Any) -> None:
    """Write the tables below `home`.

    `reports` changes title, texts, terms or columns of reports by position; `person` columns of the first person.
    """
    silver_rows, items, links, people, cases = [], [], [], [], []
    for n, (title, texts, tags, terms) in enumerate(REPORTS):
        changes = dict(reports[n]) if n < len(reports) else {}
        terms = changes.pop("terms", terms)
        report = _report(n, changes.pop("title", title), changes.pop("texts", texts), tags) | changes
        silver_rows.append(report)
        items.append(_item(n, report, terms))
        for k, role in enumerate(("VICTIM", "SUSPECT")):
            person_id = f"{FORCES[n]}:N{n}{k}"
            links.append({"night": NIGHT, "report_id": report["report_id"], "person_id": person_id, "role": role})
            who = {
                "forename": ("ELLA", "DEAN")[k],
                "surname": ("ASHWORTH", "PIKE")[k],
                "born_on": date(2011 - 25 * k, 5, 4),
            }
            people.append(
                {"night": NIGHT, "person_id": person_id, "force": FORCES[n], **who, **(person if n == k == 0 else {})}
            )
            case = {
                "investigation_id": f"{FORCES[n]}:INV/{n}",
                "operation": "OP KINGFISHER",
                "role": role,
                "status": "OPEN",
            }
            cases.append({"night": NIGHT, "person_id": person_id, "force": FORCES[n], **case})
    for table, rows in (
        (silver.REPORTS, silver_rows),
        (silver.REPORT_PEOPLE, links),
        (silver.PEOPLE, people),
        (silver.INVESTIGATIONS, cases),
        (gold.QUEUE_ITEMS, items),
    ):
        save(spark, home, table, rows)


def save(spark: SparkSession, home: Path, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    folder = home / "lakehouse" / table.layer / table.noun
    frame = table.conform(tables.frame(spark, table, *rows)).coalesce(1)
    frame.write.format("delta").mode("overwrite").save(str(folder))


def _report(n: int, title: str, texts: Sequence[str], tags: Sequence[str]) -> dict[str, Any]:
    text = "\n".join((title, *texts))
    return {
        "night": NIGHT,
        "report_id": f"{FORCES[n]}:INT/26/00{n}",
        "force": FORCES[n],
        "urn": f"INT/26/00{n}",
        "marking": "OFFICIAL-SENSITIVE",
        "originator": "PC 4471 Marsh",
        "intelligence_on": date(2026, 3, 11),
        "created_at": datetime(2026, 3, 12, 9, 30, tzinfo=UTC),
        "title": title,
        "text": text,
        "text_hash": hashlib.sha256(text.encode()).hexdigest(),
        "items": [(k, t, "2", "BCE"[k % 3]) for k, t in enumerate(texts, start=1)],
        "provenance": ("From retail staff who have been reliable before.", "1", "B"),
        "handling_code": "C",
        "action_code": "A1",
        "sanitisation_code": "S2",
        "handling_conditions": "Originator to be told before any visit.",
        "tags": sorted(tags),
        "is_suspected_false": n == 3,
        "_file": "norfolk/reports/2026-03-14/intel.csv",
        "_file_hash": SHA,
        "_row_number": n + 1,
    }


def _item(n: int, report: Mapping[str, Any], terms: Mapping[str, float]) -> dict[str, Any]:
    reasons: list[tuple[Any, ...]] = []
    for term, weight in sorted(terms.items(), key=lambda pair: -abs(pair[1])):
        for match in re.finditer(re.escape(term), report["text"]):
            reasons.append(("term", term, "silver.reports", report["report_id"], match.start(), match.end(), weight))
    reasons = reasons or [("flag", "in scope", "silver.reports", report["report_id"], None, None, None)]
    return {
        "night": NIGHT,
        "queue": "reclassify",
        "item_id": f"{n:016x}",
        "force": report["force"],
        "rank": 1 + sum(FORCES[k] == report["force"] for k in range(n)),
        "subject_kind": "report",
        "subject_id": report["report_id"],
        "person_ids": [f"{FORCES[n]}:N{n}0", f"{FORCES[n]}:N{n}1"],
        "stratum": "OTHER_TAG" if report["tags"] else "NO_TAG",
        "score": SCORES[n],
        "score_low": max(0.0, SCORES[n] - 0.09),
        "score_high": min(1.0, SCORES[n] + 0.07),
        "reasons": reasons,
        "marking": report["marking"],
        "is_text_changed": n == 2,
        "is_suspected_false": n == 3,
        "text_hash": report["text_hash"],
        "details": {"title": report["title"], "tags": ", ".join(report["tags"])},
        "source_rows": [("silver.reports", report["report_id"], report["_file"], SHA, report["_row_number"])],
        "table_versions": {"silver.reports": 3, "silver.report_people": 3, "silver.investigations": 3},
        "model_name": "reclassify",
        "model_version": "2",
        "code_commit": "4e1d0ab",
        "config_hash": "9f31c2a07be1d455",
    }
