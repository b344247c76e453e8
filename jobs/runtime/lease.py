"""One writer per lakehouse where the home is on a volume, which has no locks: a row that its holder keeps renewing.

The row of `bronze.writer_lease` says who writes, and until when. It is taken on the condition that there is none or
that it has expired, in one commit, so that of two that try at once Delta lets one win. Its holder renews it from a
thread of its own; one that is killed no longer does, and after `lasts_s` the next takes it. A holder that could not
renew it in time cannot know whether another writes by now, and is interrupted.

Times are the server's own clock's, of one statement each: machines whose clocks differ by less than `lasts_s` less
`renewed_every_s` never hold it both.
"""

from __future__ import annotations

import os
import platform
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from pyspark.sql import functions as F

from jobs.runtime import identity
from jobs.runtime.lakehouse import CONFLICTS, Lakehouse
from jobs.runtime.lock import LakehouseBusyError
from schemas import bronze

NAME = "writer"
OWN = "there.token = new.token"
LASTS_S, RENEWED_EVERY_S = 300, 60  # a night that was killed keeps the next waiting for the first, at most


class LeaseLostError(LakehouseBusyError):
    """The lease could not be renewed in time, or another holds it: what was to be written is not."""


def interrupt() -> None:
    """End this process as Ctrl-C does: Spark's jobs are cancelled, and an alert says so."""
    os.kill(os.getpid(), signal.SIGINT)


@contextmanager
def writer(
    lake: Lakehouse,
    *,
    lasts_s: float = LASTS_S,
    renewed_every_s: float = RENEWED_EVERY_S,
    when_lost: Callable[[], None] = interrupt,
) -> Iterator[None]:
    """Hold the writer's lease of the lakehouse for the length of the block.

    Raises:
        LakehouseBusyError: another holds it; names who, and until when.
        LeaseLostError: it was lost within the block.
    """
    held = _Lease(lake, str(uuid.uuid4()), lasts_s)
    if not held.taken():
        raise LakehouseBusyError(
            f"Another night or training is writing to {lake.location(bronze.WRITER_LEASE)} ({_holder(lake)}). "
            "Wait for it to end, then start again; nothing was changed."
        )
    ended = threading.Event()
    renewing = threading.Thread(
        target=held.renew, args=(ended, renewed_every_s, when_lost), name="writer's lease", daemon=True
    )
    renewing.start()
    try:
        yield
    except KeyboardInterrupt:
        if not held.is_lost:
            raise
    finally:
        ended.set()
        renewing.join()
        if not held.is_lost:
            with suppress(Exception):  # it expires by itself
                held.give_back()
    if held.is_lost:
        raise LeaseLostError("The writer's lease was lost while this ran: another may write. Run it again.")


def is_held(lake: Lakehouse) -> bool:
    """Whether anybody, this process included, holds the lease of the lakehouse."""
    still = F.col("expires_at") >= F.current_timestamp()
    return not lake.read(bronze.WRITER_LEASE).where(still).isEmpty()


class _Lease:
    def __init__(self, lake: Lakehouse, token: str, lasts_s: float) -> None:
        self.lake, self.token, self.lasts_s = lake, token, lasts_s
        self.is_lost = False

    def claimed(self, where: str, *, lasts_s: float | None = None) -> bool:
        """Write the row as ours if there is none, or `where` holds for it. Whether it is ours now."""
        lasts = self.lasts_s if lasts_s is None else lasts_s
        now = F.current_timestamp()
        row = self.lake.spark.range(1).select(
            F.lit(NAME).alias("name"),
            F.lit(f"{identity.account()} on {platform.node()}, process {os.getpid()}").alias("holder"),
            F.lit(self.token).alias("token"),
            now.alias("renewed_at"),
            F.timestamp_micros(F.unix_micros(now) + F.lit(int(lasts * 1e6))).alias("expires_at"),
        )
        return self.lake.claim(row, bronze.WRITER_LEASE, where) == 1

    def taken(self) -> bool:
        """Take it if nobody has it. Whether it is ours now; it is not where others try at the same time."""
        try:
            return self.claimed("there.expires_at < new.renewed_at")
        except CONFLICTS:
            return False

    def renew(self, ended: threading.Event, every_s: float, when_lost: Callable[[], None]) -> None:
        """Until `ended`: renew, and try again where the server does not answer, as long as it cannot have expired."""
        renewed = time.monotonic()
        while not ended.wait(every_s):
            begun = time.monotonic()
            try:
                is_ours = self.claimed(OWN)
            except Exception:  # noqa: BLE001 - whatever the server does not answer with
                is_ours = begun - renewed < self.lasts_s
            else:
                renewed = begun
            if not is_ours:
                self.is_lost = True
                when_lost()
                return

    def give_back(self) -> None:
        self.claimed(OWN, lasts_s=-1)


def _holder(lake: Lakehouse) -> str:
    rows = lake.read(bronze.WRITER_LEASE).select("holder", F.col("expires_at").cast("string")).collect()
    return f"{rows[0][0]}, until {rows[0][1]} UTC" if rows else "unknown"
