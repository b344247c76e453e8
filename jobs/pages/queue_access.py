"""Looking from the command line. Each look is in the log before a row is shown."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, cast

from pyspark.sql import functions as F
from pyspark.sql.window import Window

from jobs.pages import notebook
from jobs.runtime import identity, settings
from jobs.runtime.audit import operations
from jobs.runtime.context import RunContext
from pipelines.comms.leads import queue as leads_queue
from pipelines.device import privilege
from pipelines.device import queue as device_queue
from pipelines.device import referrals as device_referrals
from pipelines.reports import overtagged
from pipelines.reports import queue as reports_queue
from pipelines.travel import queue as travel_queue
from schemas import bronze, codes, forces, gold, review, silver
from schemas.errors import NotFoundError

PACKED = Path(__file__).with_name("notebooks")  # in a wheel: see infra/wheel.py
QUEUES = (
    reports_queue.QUEUE,
    overtagged.QUEUE,
    *codes.RISK_QUEUES,
    leads_queue.QUEUE,
    travel_queue.QUEUE,
    device_queue.QUEUE,
    device_referrals.QUEUE,
    privilege.QUEUE,
    codes.VICTIM_QUEUE,
)
NOTEBOOKS = PACKED if PACKED.is_dir() else settings.ROOT / "notebooks"


def queue(
    ctx: RunContext, night: date | None, name: str, force: str | None, limit: int, reviewer: str
) -> list[gold.QueueItem]:
    """The top `limit` rows per force of a queue, after the look was logged.

    Args:
        force: code or name of the one force that is asked for.

    Raises:
        NotFoundError: there is no such queue, or no such force.
    """
    if name not in QUEUES:
        near = difflib.get_close_matches(name, QUEUES, n=1)
        also = f" Did you mean {near[0]}?" if near else ""
        raise NotFoundError(f"No queue is named {name!r}.{also} Queues: {', '.join(QUEUES)}.")
    force = forces.code_of(force, ctx.sources) if force else None
    night = night or ctx.known().newest_published()
    rows = ctx.known(night).tonight(gold.QUEUE_ITEMS).where(F.col("queue") == name)
    if force:
        rows = rows.where(F.col("force") == force)
    shown = rows.where(F.col("rank") <= limit).orderBy("force", "rank").collect()
    operations.queue_viewed(ctx.audit, reviewer, night, name, force, [row.item_id for row in shown])
    return [cast(gold.QueueItem, row.asDict(recursive=True)) for row in shown]


def queue_text(rows: list[gold.QueueItem]) -> str:
    if not rows:
        return "The queue is empty."
    lines = [f"{rows[0]['marking']}   {rows[0]['queue']} of {rows[0]['night']}", ""]
    for row in rows:
        reasons = ", ".join(reason["text"] for reason in row["reasons"][:4])
        lines.append(
            f"{codes.FORCES.get(row['force'], row['force']):<16}{row['rank']:>3}  {row['item_id']}  {_score(row):<17}  "
            f"{row['stratum']:<10} {row['subject_id']:<22} {reasons}"
        )
    return "\n".join(lines)


def _score(row: gold.QueueItem) -> str:
    if row["score"] is None:
        return "not shown"
    return f"{row['score']:.3f} [{row['score_low']:.2f}-{row['score_high']:.2f}]"


def item(ctx: RunContext, item_id: str) -> dict[str, Any]:
    """The newest publication of a queue item, or of the item that stood for it as a near-duplicate.

    Raises:
        NotFoundError: no queue ever held it.
    """
    rows = ctx.lake.read(gold.QUEUE_ITEMS).where(F.col("item_id") == F.lit(item_id))
    newest = rows.orderBy(F.col("night").desc()).limit(1).collect()
    if newest:
        row: dict[str, Any] = newest[0].asDict(recursive=True)
        return row
    of_member = ctx.lake.read(review.QUEUE_NEAR_DUPLICATES).where(F.col("item_id") == F.lit(item_id))
    member = of_member.orderBy(F.col("night").desc()).limit(1).collect()
    if not member:
        raise NotFoundError(f"No queue holds an item {item_id}.")
    is_shown = (F.col("item_id") == member[0].shown_item_id) & (F.col("queue") == member[0].queue)
    shown = ctx.known(member[0].night).tonight(gold.QUEUE_ITEMS).where(is_shown).collect()[0]
    return {**shown.asDict(recursive=True), **{n: member[0][n] for n in ("item_id", "subject_id", "text_hash")}}


def trace(ctx: RunContext, item_id: str, reviewer: str) -> dict[str, Any]:
    """From a queue item back to file, row, table versions, model and code. Logged as a consultation first."""
    row = item(ctx, item_id)
    operations.item_traced(ctx.audit, reviewer, row["night"], row["queue"], item_id, row["subject_id"])
    lake = ctx.lake
    versions = row["table_versions"]
    source = F.lit(False)
    for source_row in row["source_rows"]:
        same_row = (F.col("file_hash") == source_row["file_hash"]) & (F.col("row_number") == source_row["row_number"])
        source = source | same_row
    raw = lake.read(bronze.ROWS).where(source).select("night", "sender", "file", "row_number", "raw").collect()
    decided = lake.read(gold.DECISIONS).where(F.col("item_id") == F.lit(item_id)).orderBy("sequence").collect()
    history = lake.read(silver.REPORTS).where(F.col("report_id") == F.lit(row["subject_id"]))
    order = Window.orderBy("night")
    history = history.select(
        "night", "_file", "_row_number", "text_hash", "tags", F.row_number().over(order).alias("n")
    )
    return {
        "item": item_id,
        "queue": row["queue"],
        "night": row["night"],
        "subject": f"{row['subject_kind']} {row['subject_id']}",
        "score": row["score"],
        "model": f"{row['model_name']} v{row['model_version']}",
        "code_commit": row["code_commit"],
        "config_hash": row["config_hash"],
        "table_versions": versions,
        "rows": [r.asDict() for r in raw],
        "versions_of_the_report": [r.asDict() for r in history.collect()],
        "decisions": [
            {"night": d.night, "outcome": d.outcome, "reviewer": d.reviewer, "decided_at": d.decided_at}
            for d in decided
        ],
    }


def trace_text(traced: dict[str, Any]) -> str:
    lines = [
        f"{name:<14}{traced[name]}"
        for name in ("item", "queue", "night", "subject", "score", "model", "code_commit", "config_hash")
    ]
    lines += ["tables read"] + [
        f"  {table:<26}version {version}" for table, version in sorted(traced["table_versions"].items())
    ]
    lines += ["rows behind it"]
    lines += [
        f"  {r['file']} row {r['row_number']}\n    {json.dumps(json.loads(r['raw']), ensure_ascii=False)[:400]}"
        for r in traced["rows"]
    ]
    lines += ["versions of the report"]
    lines += [
        f"  night {v['night']}  {v['_file']} row {v['_row_number']}  text {v['text_hash'][:12]}"
        for v in traced["versions_of_the_report"]
    ]
    lines += ["decisions"] + [
        f"  {d['night']} {d['outcome']} by {d['reviewer']} at {d['decided_at']}" for d in traced["decisions"]
    ]
    return "\n".join(lines)


def render_notebooks(ctx: RunContext, night: date | None, out: Path | None, names: Sequence[str] = ()) -> list[Path]:
    """Run notebooks headless on a night and render them: those that `names` begin, or all. Returns the pages.

    Raises:
        NotFoundError: no notebook's name begins so, or nothing is published yet.
    """
    books = sorted(NOTEBOOKS.glob("[0-9]*.py"))
    for name in names:
        if not any(book.stem.startswith(name) for book in books):
            raise NotFoundError(f"No notebook begins with {name}. There are: {', '.join(book.stem for book in books)}.")
    night = night or ctx.known().newest_published()
    folder = out or ctx.settings.exports / "notebooks"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    chosen = [book for book in books if not names or book.stem.startswith(tuple(names))]
    operations.pages_handed_out(ctx.audit, identity.person(), night, str(folder), [book.stem for book in chosen])
    pages = []
    for source in chosen:
        page = folder / f"{source.stem}.html"
        notebook.render(source, page, {"night": night.isoformat()}, home=ctx.settings.home)
        pages.append(page)
    return pages
