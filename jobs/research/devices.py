"""Seized devices from the command line: what was read of a submission, and a new list of key words over what is stored.

Each look is in the log before a row is shown. Privileged messages are counted and never shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.runtime.audit import operations
from jobs.runtime.context import RunContext
from pipelines.device import finds, keyword_lists, reading
from schemas import device
from schemas.errors import InvalidInputError, NotFoundError


def submissions(ctx: RunContext, night: date | None, wanted: str | None, reviewer: str) -> list[dict[str, Any]]:
    """What was read of each submission, or of one: files by what became of them, messages, what is told of in them.

    Raises:
        NotFoundError: nothing of that id was submitted by the night.
    """
    known = ctx.known(night)
    rows = _newest(known.until(device.SUBMISSIONS))
    if wanted:
        rows = rows.where(F.col("submission_id") == F.lit(wanted))
    found = [row.asDict() for row in rows.orderBy("submission_id").collect()]  # of those ever submitted: few
    if not found:
        raise NotFoundError(f"No submission {wanted} is known." if wanted else "No device was submitted yet.")
    ids = [row["submission_id"] for row in found]
    operations.rows_viewed(ctx.audit, reviewer, "bronze.device_submissions", "what was read of them", len(ids), ids)
    mine = F.col("submission_id").isin(ids)
    files = known.until(device.FILES).where(mine)
    messages = known.until(device.MESSAGES).where(mine)
    mentions = known.until(device.IDENTIFIERS).where(mine)
    by_status = _counted(files.groupBy("submission_id", "status").count(), "status")
    by_reason = _counted(files.where("reason IS NOT NULL").groupBy("submission_id", "reason").count(), "reason")
    by_kind = _counted(mentions.groupBy("submission_id", "kind").agg(F.countDistinct("value").alias("count")), "kind")
    seen = {
        row.submission_id: row.asDict()
        for row in messages.groupBy("submission_id")
        .agg(
            F.count("*").alias("n_messages"),
            F.countDistinct("content_key").alias("n_distinct"),
            F.sum(F.col("is_privileged").cast("int")).alias("n_privileged"),
            F.sum(F.col("is_deleted").cast("int")).alias("n_deleted"),
        )
        .collect()
    }
    none = {"n_messages": 0, "n_distinct": 0, "n_privileged": 0, "n_deleted": 0}
    return [
        {
            **{name: row[name] for name in ("submission_id", "night", "authority", "purpose", "refused", "detail")},
            **{name: seen.get(row["submission_id"], none)[name] for name in none},
            "files": by_status.get(row["submission_id"], {}),
            "not_wholly_read": by_reason.get(row["submission_id"], {}),
            "identifiers": by_kind.get(row["submission_id"], {}),
        }
        for row in found
    ]


def _newest(rows: DataFrame) -> DataFrame:
    """Of a submission that came twice, the later one."""
    names = [name for name in rows.columns if name not in ("submission_id", "night")]
    newest = F.max_by(F.struct(*names), "night").alias("_row")
    return (
        rows.groupBy("submission_id")
        .agg(newest, F.max("night").alias("night"))
        .select("submission_id", "night", "_row.*")
    )


def _counted(rows: DataFrame, by: str) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for row in rows.orderBy("submission_id", by).collect():  # a few kinds for each submission
        counts.setdefault(row.submission_id, {})[row[by]] = row["count"]
    return counts


def text(told: Sequence[dict[str, Any]]) -> str:
    """The same in sentences."""
    lines = []
    for each in told:
        lines += [f"{each['submission_id']}   {each['authority'] or 'no authority'}: {each['purpose'] or '-'}"]
        if each["refused"]:
            lines += [f"  refused: {each['refused']}, {each['detail']}"]
            continue
        shown = ", ".join(f"{n} {status.lower()}" for status, n in each["files"].items())
        lines += [
            f"  files      {shown}",
            f"  messages   {each['n_messages']:,}, of them different {each['n_distinct']:,}, deleted "
            f"{each['n_deleted']:,}, held back as privileged {each['n_privileged']:,}",
        ]
        if each["identifiers"]:
            told_of = ", ".join(f"{n} {kind}" for kind, n in each["identifiers"].items())
            lines += [f"  different  {told_of}"]
        if each["not_wholly_read"]:
            partly = ", ".join(f"{n} {reason}" for reason, n in each["not_wholly_read"].items())
            lines += [f"  NOT WHOLLY READ: {partly}. See bronze.device_files."]
    return "\n".join(lines)


def search(
    ctx: RunContext, file: Path, submission: str | None, *, reviewer: str, why: str, limit: int
) -> dict[str, Any]:
    """Look for the terms of a list in messages that are stored. Nothing is read or translated again, nothing kept.

    Returns:
        terms (count per term), refused (terms that cannot be looked for), n_privileged (hits held back) and hits: at
        most `limit` rows with message, place and the characters of the message.

    Raises:
        InvalidInputError: the file is no list, or none of its terms can be looked for.
        NotFoundError: no message of the submission is stored.
    """
    try:
        with reading.opened(str(file)) as stream:
            listed = keyword_lists.read(file.name, stream.read(keyword_lists.MAX_BYTES + 1))
    except OSError as error:
        raise InvalidInputError(f"{file.name} cannot be opened: {error.strerror or error}.") from error
    except keyword_lists.UnreadableError as error:
        raise InvalidInputError(f"{file.name}: {error}.") from error
    refused = [{"line": each.line, "term": each.term, "why": each.reason} for each in listed.refused]
    if not listed.terms:
        raise InvalidInputError(f"{file.name} has no term to look for" + _refusals(refused))
    messages = ctx.known().until(device.MESSAGES)
    if submission:
        messages = messages.where(F.col("submission_id") == F.lit(submission))
    ids = [row.submission_id for row in messages.select("submission_id").distinct().collect()]
    if not ids:
        raise NotFoundError(f"No message of {submission or 'any device'} is stored.")
    hits = finds.keyword_hits(messages, {each: [(file.name, listed)] for each in ids})
    own = messages.select("night", "message_id", "sender", "chat_id", "sent_at", "is_privileged", "file", "member")
    found = hits.join(own, ["night", "message_id"])
    readable = found.where(~F.col("is_privileged"))
    counts = readable.groupBy("term").agg(F.countDistinct("message_id").alias("n")).orderBy(F.desc("n"), "term")
    shown = readable.orderBy("submission_id", "sent_at", "message_id", "start").limit(limit)
    wanted = ("submission_id", "message_id", "sent_at", "chat_id", "sender", "term", "as_written", "start", "end")
    rows = [row.asDict() for row in shown.select(*wanted).collect()]
    on_what = f"silver.device_messages by list {listed.version}"
    seen = {row["message_id"] for row in rows}
    operations.rows_viewed(ctx.audit, reviewer, on_what, why, len(rows), {*ids, *seen})
    return {
        "list": listed.version,
        "terms": {row.term: row.n for row in counts.collect()},  # of the list's terms
        "refused": refused,
        "n_privileged": found.where("is_privileged").select("message_id").distinct().count(),
        "hits": rows,
    }


def _refusals(refused: Sequence[dict[str, Any]]) -> str:
    told = "; ".join(f"line {each['line']}: {each['why']}" for each in refused[:5])
    return f": {told}." if told else "."


def search_text(told: dict[str, Any]) -> str:
    """A search in sentences."""
    lines = [f"list {told['list']}: messages per term"]
    lines += [f"{n:>9,}  {term}" for term, n in told["terms"].items()] or ["        0"]
    lines += [f"not looked for, line {each['line']}: {each['why']}" for each in told["refused"]]
    if told["n_privileged"]:
        lines.append(f"{told['n_privileged']:,} privileged messages with a term are held back.")
    for hit in told["hits"]:
        lines.append(f"{hit['sent_at'] or '-'}  {hit['sender'] or '-'}  {hit['as_written']}  ({hit['message_id']})")
    return "\n".join(lines)
