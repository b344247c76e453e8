"""Which nights may be run, and which count as published: those up to tomorrow, by the schedule's own calendar."""

from __future__ import annotations

from datetime import date, timedelta

from jobs.runtime.settings import Settings
from schemas.errors import InvalidInputError


class FutureNightError(InvalidInputError):
    """A night later than tomorrow was asked for, and nobody said that it is meant."""


def last_night(config: Settings) -> date:
    """Tomorrow's night, local time of the schedule: forces may already have put files into its drop."""
    return config.tonight() + timedelta(days=1)


def refuse_future(config: Settings, night: date, *, is_future_allowed: bool = False) -> None:
    """Stop before anything is written for a night that has no files yet, and would be the newest from then on.

    Raises:
        FutureNightError: `night` is later than tomorrow.
    """
    if night > last_night(config) and not is_future_allowed:
        raise FutureNightError(
            f"Night {night} is later than tomorrow ({last_night(config)}): nothing can have arrived for it. "
            "Give --future if it is meant, as with a demonstration."
        )
