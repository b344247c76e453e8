"""Decisions of analysts, and how the night takes new ones into the append-only, hash-chained table.

Decisions are made by people, some hundreds a night: tonight's are checked and chained one after the other on the
driver, because each hash needs the one before. The table that holds all of them is only ever read by Spark.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from pipelines.decisions import rules as decision_rules
from schemas import bronze, gold
from schemas.errors import InvalidInputError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

GENESIS = "0" * 64  # previous hash of the first decision
NAMESPACE = uuid.UUID("5d0f0a5c-6c1e-5b55-9f39-6f0f6b1d7c11")  # of decision ids; any constant serves
SENDER, FEED = "inbox", "decisions"  # in the quarantine, where a sender and a feed are asked for
MAX_RAW = 100_000


@dataclass(frozen=True)
class Decision:
    """One decision of one person on one queue item. Fields as in `gold.DECISIONS`; instants carry a time zone."""

    decision_id: str
    item_id: str
    queue: str
    queue_night: date
    force: str
    subject_id: str
    text_hash: str | None
    outcome: str
    tag: str | None
    reason_code: str | None
    free_text: str | None
    reviewer: str
    second_reviewer: str | None
    opened_at: datetime
    decided_at: datetime
    seconds_open: float
    score_shown: float | None
    is_score_hidden: bool
    is_override: bool
    model_version: str | None
    explanation_shown: str | None

    def to_json(self) -> str:
        """The decision as one JSON object: what a file in the inbox holds."""
        return json.dumps({k: _plain(v) for k, v in asdict(self).items()}, indent=1, sort_keys=True, allow_nan=False)


NAMES = tuple(field.name for field in fields(Decision))


@dataclass(frozen=True)
class File:
    """A decision as it was handed in: the name of its file, its text, and what was wrong before it could be read."""

    name: str
    text: str
    problem: str | None = None


@dataclass(frozen=True)
class TakenIn:
    """What became of tonight's decision files."""

    accepted: DataFrame  # gold.DECISIONS: rows that are not in the table yet, to be appended
    refused: DataFrame  # bronze.QUARANTINE, stage `decisions`: replaces the night's
    settled: tuple[str, ...]  # names of files that are done with, once both are written
    waiting: tuple[str, ...]  # names of files on the queue of this night or a later one: the next night takes them
    n_accepted: int
    n_refused: int


def of_item(
    item: Mapping[str, Any],
    *,
    reviewer: str,
    outcome: str,
    opened_at: datetime,
    decided_at: datetime,
    seconds_open: float | None = None,
    tag: str | None = None,
    reason_code: str | None = None,
    free_text: str | None = None,
    second_reviewer: str | None = None,
    is_score_hidden: bool = False,
) -> Decision:
    """The decision of `reviewer` on `item`, a row of `gold.queue_items` as a mapping.

    Its id follows from what was decided, by whom, on what and when opened: the same call made twice is one decision. A
    row that was published without a score was shown without one.

    Raises:
        InvalidInputError: the decision breaks a rule; the message names each.
    """
    is_score_hidden = is_score_hidden or item["score"] is None
    shown = [{k: r[k] for k in ("kind", "text", "start", "end", "weight")} for r in map(_mapping, item["reasons"])]
    decision = Decision(
        decision_id="",
        item_id=item["item_id"],
        queue=item["queue"],
        queue_night=item["night"],
        force=item["force"],
        subject_id=item["subject_id"],
        text_hash=item["text_hash"],
        outcome=outcome,
        tag=tag or None,
        reason_code=reason_code or None,
        free_text=free_text or None,
        reviewer=reviewer,
        second_reviewer=second_reviewer or None,
        opened_at=opened_at,
        decided_at=decided_at,
        seconds_open=(decided_at - opened_at).total_seconds() if seconds_open is None else float(seconds_open),
        score_shown=None if is_score_hidden else float(item["score"]),
        is_score_hidden=is_score_hidden,
        is_override=outcome in decision_rules.OVERRIDES,
        model_version=item["model_version"],
        explanation_shown=None if is_score_hidden else json.dumps(shown, sort_keys=True),
    )
    content = {k: _plain(v) for k, v in asdict(decision).items() if k not in ("decided_at", "seconds_open")}
    identity = str(uuid.uuid5(NAMESPACE, json.dumps(content, sort_keys=True)))
    decision = Decision(**{**asdict(decision), "decision_id": identity})
    problems = decision_rules.problems(json.loads(decision.to_json()), NAMES)
    if problems:
        raise InvalidInputError("the decision is not valid: " + "; ".join(problems))
    return decision


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
    read = [(file, *_parsed(file)) for file in files]
    late = [file.name for file, decision, _ in read if decision is not None and decision.queue_night >= night]
    mine = [entry for entry in read if entry[0].name not in late]
    candidates = {d.decision_id: d for _, d, why in mine if d is not None and why is None}
    known, last = _known(existing, list(candidates)) if candidates else ({}, (0, GENESIS))
    new = [d for d in candidates.values() if d.decision_id not in known]
    unpublished = _unpublished(new, published) if published is not None and new else {}
    refused: list[tuple[File, str]] = []
    accepted: list[Decision] = []
    for file, decision, why in mine:
        if decision is None or why is not None:
            refused.append((file, why or "not readable"))
        elif decision.decision_id in known:
            if known[decision.decision_id] != _content(decision):
                refused.append((file, "decision_id: taken in before with other content"))
        elif decision.decision_id in unpublished:
            refused.append((file, unpublished[decision.decision_id]))
        else:
            accepted.append(decision)
    rows = _chained(sorted(accepted, key=lambda d: (d.decided_at, d.decision_id)), night, last)
    table, quarantine = gold.DECISIONS, bronze.QUARANTINE
    return TakenIn(
        accepted=table.conform(spark.createDataFrame([[r[n] for n in table.names] for r in rows], table.struct())),
        refused=quarantine.conform(
            spark.createDataFrame([refusal_of(file, why, night) for file, why in refused], quarantine.struct())
        ),
        settled=tuple(file.name for file, _, _ in mine),
        waiting=tuple(late),
        n_accepted=len(accepted),
        n_refused=len(refused),
    )


def handed_in(inbox: DataFrame, existing: DataFrame, quarantine: DataFrame, night: date | None = None) -> list[File]:
    """What lies in `bronze.inbox` and no night has taken in or refused, but for `night` itself, by name.

    The same as reading the inbox folder: a rerun of `night` gets what it got before. People write these rows, so those
    that are open fit the driver.
    """
    before = F.lit(True) if night is None else F.col("night") != F.lit(night)
    taken = existing.where(before).select(F.concat("decision_id", F.lit(".json")).alias("file"))
    is_refusal = (F.col("stage") == "decisions") & (F.col("sender") == SENDER)
    prefix = f"{SENDER}/"
    refused = quarantine.where(before & is_refusal).select(
        F.substring("file", len(prefix) + 1, 1_000_000).alias("file")
    )
    open_rows = inbox.join(taken.unionByName(refused), "file", how="left_anti").orderBy("file").collect()
    return [File(row["file"], row["text"]) for row in open_rows]


def readable(files: Sequence[File]) -> list[Decision]:
    """The valid decisions among `files`."""
    return [decision for decision, _ in map(_parsed, files) if decision is not None]


def _parsed(file: File) -> tuple[Decision | None, str | None]:
    """The decision in a file, or why there is none. The reason holds no personal data."""
    if file.problem is not None:
        return None, file.problem
    record, why = decision_rules.parsed(file.text)
    if record is None:
        return None, why
    problems = decision_rules.problems(record, NAMES)
    if not problems and file.name != f"{record['decision_id']}.json":
        problems = ["decision_id: not the name of the file"]
    if problems:
        return None, "; ".join(problems)
    instants = {n: decision_rules.instant(record[n]) for n in ("opened_at", "decided_at")}
    numbers = {n: None if record[n] is None else float(record[n]) for n in ("seconds_open", "score_shown")}
    night = {"queue_night": date.fromisoformat(record["queue_night"])}
    return Decision(**{**record, **instants, **numbers, **night}), None


def _known(existing: DataFrame, ids: list[str]) -> tuple[dict[str, dict[str, Any]], tuple[int, str]]:
    """Which of `ids` the table has, with their content, and where its chain ends. One Spark job, few rows."""
    wanted = existing.where(F.col("decision_id").isin(ids))
    newest = existing.orderBy(F.col("sequence").desc()).limit(1)
    known, last = {}, (0, GENESIS)
    for row in wanted.unionByName(newest).collect():
        last = max(last, (row["sequence"], row["hash"]))
        if row["decision_id"] in ids:
            known[row["decision_id"]] = {n: _plain(_utc(row[n])) for n in NAMES}
    return known, last


def _unpublished(decisions: list[Decision], published: DataFrame) -> dict[str, str]:
    """Why decisions do not fit what queues held, by decision id. Collects the items decided on, no more."""
    asked = published.where(
        F.col("item_id").isin(sorted({d.item_id for d in decisions}))
        & F.col("night").isin(sorted({d.queue_night for d in decisions}))
    ).select("queue", "night", "item_id", "force", "subject_id", "text_hash")
    items = {(r["queue"], r["night"], r["item_id"]): r for r in asked.collect()}
    found = {}
    for decision in decisions:
        item = items.get((decision.queue, decision.queue_night, decision.item_id))
        if item is None:
            found[decision.decision_id] = "item_id: no queue of that night held it"
            continue
        differing = [n for n in ("force", "subject_id", "text_hash") if item[n] != getattr(decision, n)]
        if differing:
            found[decision.decision_id] = f"{differing[0]}: not that of the queue item"
    return found


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
    plain = {name: _plain(row[name]) for name in gold.DECISIONS.names if name != "hash"}
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


def _check_hashes(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    for batch in batches:
        is_right = [digest(row) == row["hash"] for row in batch.to_pylist()]
        columns = [batch.column(n) for n in ("sequence", "previous_hash", "hash")]
        names = ["sequence", "previous_hash", "hash", "is_right"]
        yield pa.RecordBatch.from_arrays([*columns, pa.array(is_right, pa.bool_())], names=names)


def _content(decision: Decision) -> dict[str, Any]:
    return {k: _plain(v) for k, v in asdict(decision).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value.isoformat() if isinstance(value, date) else value


def _utc(value: Any) -> Any:
    """Spark collects instants without a zone, in the zone of the Python process."""
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else value.asDict()
