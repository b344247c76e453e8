"""Independent pieces of a night's work, two at a time on the one Spark session."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pyspark.sql import DataFrame


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Do independent pieces of work two at a time: while one is planned or committed, another reads its rows.

    Returns their results in the order given. Raises what the first of them that failed raised, once those that
    had begun have ended.
    """
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda work: work(), works))


def computed(*frames: DataFrame) -> list[DataFrame]:
    """The frames, computed now, two at a time, their plans forgotten. Of one that is only used once, better not."""
    return at_once(*(lambda frame=frame: frame.localCheckpoint(eager=True) for frame in frames))
