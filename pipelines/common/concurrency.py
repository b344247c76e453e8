"""Independent pieces of a night's work, two at a time on the one Spark session."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from pyspark.sql import DataFrame


def run(*works: Callable[[], Any]) -> list[Any]:
    """Do independent pieces of work two at a time: while one is planned or committed, another reads its rows.

    Returns their results in the order given. Raises what the first of them that failed raised, once all have ended.
    """
    return [each.result() for each in run_all(*works)]


def run_all(*works: Callable[[], Any]) -> list[Future[Any]]:
    """`run` for work whose results count though others fail: each as it ended, in the order given."""
    with ThreadPoolExecutor(2) as pool:
        return [pool.submit(work) for work in works]


def materialise(*frames: DataFrame) -> list[DataFrame]:
    """The frames, computed now, two at a time, their plans forgotten. Of one that is only used once, better not."""
    return run(*(lambda frame=frame: frame.localCheckpoint(eager=True) for frame in frames))


def materialise_lazily(df: DataFrame) -> DataFrame:
    """`df`, computed when first used and not again, its plan forgotten. Freed when nobody holds it any more.

    The only way to keep rows between uses (with `materialise`): where an engine has neither local checkpoints nor a
    cache, as a serverless one, this module is what changes.

    The walk joins its own results to each other many times. Spark writes each plan out as text at every stage, and
    plans that hold plans that hold plans took longer to write than to run.
    """
    return df.localCheckpoint(eager=False)
