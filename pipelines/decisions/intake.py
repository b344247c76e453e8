"""How the night takes new decisions of analysts into the append-only, hash-chained table.

Decisions are made by people, some hundreds a night: tonight's are checked and chained one after the other on the
driver, because each hash needs the one before. The table that holds all of them is only ever read by Spark.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from pipelines.decisions import decision as one
from pipelines.decisions.decision import Decision, File
from schemas import bronze, gold

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

GENESIS = "0" * 64  # previous hash of the first decision
SENDER, FEED = "inbox", "decisions"  # in the quarantine, where a sender and a feed are asked for
MAX_RAW = 100_000


@dataclass(frozen=True)
class TakenIn:
    """What became of tonight's decision files."""

    accepted: DataFrame  # gold.DECISIONS: rows that are not in the table yet, to be appended
    refused: DataFrame  # bronze.QUARANTINE, stage `decisions`: replaces the night's
    settled: tuple[str, ...]  # names of files that are done with, once both are written
    waiting: tuple[str, ...]  # names of files on the queue of this night or a later one: the next night takes them
    n_accepted: int
    n_refused: int


def ingest_decisions(
    files: Sequence[File], existing: DataFrame, night: date, published: DataFrame | None = None
) -> TakenIn:
    """Tonight's new decisions, valid and chained, and what was refused.

    Args:
        files: what lies in the inbox, with what this night took from it before (a rerun gives the same).
        existing: `gold.DECISIONS` as it is. Ids that are in it are not taken again.
        night: the night that runs. It takes decisions on queues of earlier nights only, so that deciding on tonight's
            queue does not change tonight when it is run again, and a backfill leaves newer decisions alone.
        published: result of `members.decidable`. Where given, a decision on an item that no queue held is refused.
    """
    spark = existing.sparkSession
    read = [(file, *one.parsed(file)) for file in files]
    waiting = [file.name for file, decision, _ in read if _is_later(decision, night)]
    mine = [entry for entry in read if not _is_later(entry[1], night)]
    first = _first(decision for _, decision, _ in mine if decision is not None)
    known, last = _known(existing, list(first)) if first else ({}, (0, GENESIS))
    new = [decision for decision_id, decision in first.items() if decision_id not in known]
    unpublished = _unpublished(new, published) if published is not None and new else {}
    accepted = [decision for decision in new if decision.decision_id not in unpublished]
    refused: list[tuple[File, str]] = []
    for file, decision, why in mine:
        reason = why if decision is None else _conflict(decision, first, known) or unpublished.get(decision.decision_id)
        if decision is None or reason is not None:
            refused.append((file, reason or "not readable"))
    rows = _chained(sorted(accepted, key=lambda d: (d.decided_at, d.decision_id)), night, last)
    table, quarantine = gold.DECISIONS, bronze.QUARANTINE
    return TakenIn(
        accepted=table.conform(spark.createDataFrame([[r[n] for n in table.names] for r in rows], table.struct())),
        refused=quarantine.conform(
            spark.createDataFrame([refusal_of(file, why, night) for file, why in refused], quarantine.struct())
        ),
        settled=tuple(dict.fromkeys(file.name for file, _, _ in mine)),
        waiting=tuple(dict.fromkeys(waiting)),
        n_accepted=len(accepted),
        n_refused=len(refused),
    )


def _is_later(decision: Decision | None, night: date) -> bool:
    """Whether a decision is on a queue of `night` or of a later one."""
    return decision is not None and decision.queue_night >= night


def _first(decisions: Iterable[Decision]) -> dict[str, Decision]:
    """By id, the first that was handed in: a table, unlike a folder, can hold two rows of one name."""
    first: dict[str, Decision] = {}
    for decision in sorted(decisions, key=lambda d: (d.decided_at, d.to_json())):
        first.setdefault(decision.decision_id, decision)
    return first


def _conflict(decision: Decision, first: Mapping[str, Decision], known: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Why a decision is not the one that counts under its id; None where it is that one, or the same again."""
    counts = known.get(decision.decision_id) or _content(first[decision.decision_id])  # equal once it is taken in
    return None if counts == _content(decision) else "decision_id: taken in before with other content"


def _known(existing: DataFrame, ids: list[str]) -> tuple[dict[str, dict[str, Any]], tuple[int, str]]:
    """Which of `ids` the table has, with their content, and where its chain ends. One Spark job, few rows."""
    wanted = existing.where(F.col("decision_id").isin(ids))
    newest = existing.orderBy(F.col("sequence").desc()).limit(1)
    known, last = {}, (0, GENESIS)
    for row in wanted.unionByName(newest).collect():
        last = max(last, (row["sequence"], row["hash"]))
        if row["decision_id"] in ids:
            known[row["decision_id"]] = {n: one.plain(_utc(row[n])) for n in one.NAMES}
    return known, last


def _unpublished(decisions: list[Decision], published: DataFrame) -> dict[str, str]:
    """Why decisions do not fit what queues held, by decision id. Collects the items decided on, no more."""
    asked = published.where(
        F.col("item_id").isin(sorted({d.item_id for d in decisions}))
        & F.col("night").isin(sorted({d.queue_night for d in decisions}))
    ).select("queue", "night", "item_id", "force", "subject_id", "text_hash")
    items = {(r["queue"], r["night"], r["item_id"]): r for r in asked.collect()}
    unpublished = {}
    for decision in decisions:
        item = items.get((decision.queue, decision.queue_night, decision.item_id))
        if item is None:
            unpublished[decision.decision_id] = "item_id: no queue of that night held it"
            continue
        differing = [n for n in ("force", "subject_id", "text_hash") if item[n] != getattr(decision, n)]
        if differing:
            unpublished[decision.decision_id] = f"{differing[0]}: not that of the queue item"
    return unpublished


def _chained(decisions: list[Decision], night: date, last: tuple[int, str]) -> list[dict[str, Any]]:
    rows = []
    sequence, previous = last
    for decision in decisions:
        sequence += 1
        row = {**asdict(decision), "night": night, "sequence": sequence, "previous_hash": previous}
        previous = digest(row)
        rows.append({**row, "hash": previous})
    return rows


def refusal_of(file: File, why: str, night: date) -> tuple[Any, ...]:
    sha256 = hashlib.sha256(file.text.encode("utf-8", "surrogatepass")).hexdigest()
    raw = file.text[:MAX_RAW].encode("utf-8", "replace").decode("utf-8")
    name = ascii(file.name)[1:-1]  # a name from outside: shown, never followed
    return (night, "decisions", SENDER, FEED, f"{SENDER}/{name}", sha256, 0, "DECISION_INVALID", why, raw)


def digest(row: Mapping[str, Any]) -> str:
    """SHA-256 of a row of `gold.DECISIONS` without its `hash`: JSON, sorted keys, dates and UTC instants in ISO."""
    plain = {name: one.plain(row[name]) for name in gold.DECISIONS.names if name != "hash"}
    return hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def verify_chain(decisions: DataFrame) -> str | None:
    """The first decision of `gold.DECISIONS` that cannot be right and why, or None where the whole chain holds.

    Hashes are computed by Spark's workers and links checked by a join, so the table may grow. Rows missing at the end
    cannot be seen from the table alone: compare its length with `gold.run_manifest` and the log of processing.
    """
    checked = decisions.select(*gold.DECISIONS.names).mapInArrow(
        _check_hashes, "sequence long, previous_hash string, hash string, is_right boolean"
    )
    before = decisions.select((F.col("sequence") + 1).alias("sequence"), F.col("hash").alias("_before"))
    counts = decisions.groupBy("sequence").agg(F.count("*").alias("_n"))
    linked = checked.join(before, "sequence", how="left").join(counts, "sequence", how="left")
    is_first = F.col("sequence") == 1
    follows = F.col("previous_hash").eqNullSafe(F.when(is_first, F.lit(GENESIS)).otherwise(F.col("_before")))
    why = (
        F.when(F.col("_n") > 1, F.lit("two decisions have this place"))
        .when(~F.col("is_right"), F.lit("its content does not give its hash"))
        .when(~is_first & F.col("_before").isNull(), F.lit("the decision before it is missing"))
        .when(~follows, F.lit("does not follow from the decision before it"))
    )
    bad = (
        linked.select("sequence", why.alias("why"))
        .where(F.col("why").isNotNull())
        .orderBy("sequence")
        .limit(1)
        .collect()
    )
    return f"decision {bad[0]['sequence']}: {bad[0]['why']}" if bad else None


def verify_rows(decisions: pa.Table) -> str | None:
    """`verify_chain` of the table as Arrow, with the types of its contract, where there is no Spark."""
    previous, last = GENESIS, 0
    for batch in decisions.sort_by("sequence").to_batches():
        for row in batch.to_pylist():
            if why := _broken(row, previous, last):
                return f"decision {row['sequence']}: {why}"
            previous, last = row["hash"], row["sequence"]
    return None


def _broken(row: Mapping[str, Any], previous: str, last: int) -> str | None:
    """Why a decision does not follow from the one before it, of which hash and place in the chain are given."""
    if row["sequence"] == last:
        return "two decisions have this place"
    if digest(row) != row["hash"]:
        return "its content does not give its hash"
    if row["sequence"] != last + 1:
        return "the decision before it is missing"
    return None if row["previous_hash"] == previous else "does not follow from the decision before it"


def _check_hashes(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    for batch in batches:
        is_right = [digest(row) == row["hash"] for row in batch.to_pylist()]
        columns = [batch.column(n) for n in ("sequence", "previous_hash", "hash")]
        names = ["sequence", "previous_hash", "hash", "is_right"]
        yield pa.RecordBatch.from_arrays([*columns, pa.array(is_right, pa.bool_())], names=names)


def _content(decision: Decision) -> dict[str, Any]:
    return {k: one.plain(v) for k, v in asdict(decision).items()}


def _utc(value: Any) -> Any:
    """Spark collects instants without a zone, in the zone of the Python process."""
    return value.astimezone(UTC) if isinstance(value, datetime) else value
