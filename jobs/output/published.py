"""The index of published items: what a decision has to name, by item id, read in milliseconds and without Spark.

One SQLite file that each night adds its items to: queue, night, force, subject and the hash of the text, never a text,
score or reason. It is made of `gold.queue_items` and `gold.queue_near_duplicates` and may be deleted: it is rebuilt.
What it says is checked again when the night takes a decision in, against the tables themselves.
"""

from __future__ import annotations

import os
import re
import secrets
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

from jobs.runtime import whole_file
from jobs.runtime.context import RunContext
from schemas import codes
from schemas.errors import NotFoundError, UserError

COLUMNS = ("item_id", "night", "queue", "force", "subject_id", "text_hash", "model_version", "is_shown")
PATIENCE_S = 10  # another process may be adding a night's items
_CREATE = """
CREATE TABLE items (
    item_id TEXT NOT NULL, night TEXT NOT NULL, queue TEXT NOT NULL, force TEXT NOT NULL, subject_id TEXT NOT NULL,
    text_hash TEXT, model_version TEXT, is_shown INTEGER NOT NULL,
    PRIMARY KEY (item_id, night, queue)
) WITHOUT ROWID
"""
_ADD = f"INSERT OR REPLACE INTO items ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
# As the night would: an item that a queue showed before one that another row stood for, the newest first.
_FIND = f"SELECT {', '.join(COLUMNS)} FROM items WHERE item_id = ? ORDER BY is_shown DESC, night DESC LIMIT 1"


def find(ctx: RunContext, item_id: str) -> dict[str, Any]:
    """The newest publication of an item, or of the row that stood for it as a near-duplicate.

    Where there is no index yet (a home from before, or one that was deleted) it is made first, which starts Spark. On a
    cluster, where the tables are at hand and no file is shared, they are asked themselves.

    Returns:
        `item_id`, `queue`, `night` (a date), `force`, `subject_id`, `text_hash`, `model_version`.

    Raises:
        NotFoundError: no queue ever published it.
        UserError: the index cannot be read.
    """
    is_id = re.fullmatch(codes.ITEM_ID_PATTERN, item_id) is not None
    row = (_in_tables(ctx, item_id) if ctx.is_on_cluster else _in_index(ctx, item_id)) if is_id else None
    if row is None:
        raise NotFoundError(f"No queue holds an item {item_id}.")
    entry = dict(zip(COLUMNS, row, strict=True))
    del entry["is_shown"]
    return {**entry, "night": date.fromisoformat(entry["night"])}


def write(ctx: RunContext, night: date) -> int:
    """Make the index say what `night` published, and nothing else of that night. Returns the number of its items."""
    if not ctx.settings.published.exists():
        _make(ctx)
    rows = _rows(ctx, f"night = DATE'{night.isoformat()}'")
    with closing(_opened(ctx.settings.published)) as index, index:  # one transaction
        index.execute("DELETE FROM items WHERE night = ?", (night.isoformat(),))
        index.executemany(_ADD, rows)
    return len(rows)


def _in_index(ctx: RunContext, item_id: str) -> tuple[Any, ...] | None:
    path = ctx.settings.published
    if not path.exists():
        if not ctx.settings.lakehouse.exists():
            return None  # no night has run
        _make(ctx)
    try:
        with closing(_opened(path)) as index:
            indexed: tuple[Any, ...] | None = index.execute(_FIND, (item_id,)).fetchone()
            return indexed
    except sqlite3.DatabaseError as error:
        raise UserError(
            f"The index of published items cannot be read ({error}). Delete {path}, then decide again: it is "
            "made again from the tables."
        ) from error


def _in_tables(ctx: RunContext, item_id: str) -> tuple[Any, ...] | None:
    rows = _rows(ctx, f"item_id = '{item_id}'")
    order = [COLUMNS.index(name) for name in ("is_shown", "night")]
    return max(rows, key=lambda row: [row[n] for n in order], default=None)


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=PATIENCE_S)


def _make(ctx: RunContext) -> None:
    """A whole index of every night. It gets its name when it is whole, and never in place of another's."""
    path = ctx.settings.published
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    rows = _rows(ctx, "TRUE")
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
    try:
        with closing(_opened(temporary)) as index, index:
            index.execute(_CREATE)
            index.executemany(_ADD, rows)
        os.link(temporary, path)
        whole_file.sync_folder(path.parent)
    except FileExistsError:
        pass  # another process made it in the meantime
    finally:
        temporary.unlink(missing_ok=True)


def _rows(ctx: RunContext, condition: str) -> list[tuple[Any, ...]]:
    """Published items as `COLUMNS`, those that were shown last: as many as people review, so that they fit the driver.

    Args:
        condition: SQL on item_id and night.
    """
    from pyspark.sql import functions as F

    from schemas import gold, review

    names = COLUMNS[:-1]
    shown = ctx.lake.read(gold.QUEUE_ITEMS).select(*names)
    behind = shown.select("night", "queue", F.col("item_id").alias("shown_item_id"), "model_version")
    others = ctx.lake.read(review.QUEUE_NEAR_DUPLICATES).where(condition)
    covered = others.join(behind, ["night", "queue", "shown_item_id"], how="inner").select(*names)
    listed = covered.withColumn("is_shown", F.lit(0)).unionByName(
        shown.where(condition).withColumn("is_shown", F.lit(1))
    )
    plain = listed.withColumn("night", F.col("night").cast("string"))
    return [tuple(row) for row in plain.orderBy("is_shown", "night", "item_id").select(*COLUMNS).collect()]
