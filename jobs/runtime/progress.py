"""What a person sees while a night runs: which step, how far, how long. On standard error: `--json` stays clean."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Progress:
    """Numbered steps with their seconds. `total` is what is expected, not a promise."""

    total: int = 0
    quiet: bool = False
    done: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)
    _counting: threading.Lock = field(default_factory=threading.Lock)  # steps run in parallel

    def say(self, text: str) -> None:
        if not self.quiet:
            # In one piece: of two threads that print, one's line would end in the middle of the other's.
            print(f"{time.monotonic() - self.started:7.1f} s  {text}\n", end="", file=sys.stderr, flush=True)

    def taken(self) -> dict[str, float]:
        """What the night took so far: `seconds` by the clock, on all of the machine."""
        return {"seconds": round(time.monotonic() - self.started, 1)}

    def skip(self) -> None:
        """One of the expected steps has nothing to do."""
        with self._counting:
            self.total -= 1

    @contextmanager
    def skipped(self) -> Iterator[None]:
        """In the place of `step`, where what is done within takes no time and is not told."""
        self.skip()
        yield

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        with self._counting:
            self.done += 1
            place = f"[{self.done}/{self.total}]" if self.total else f"[{self.done}]"
        self.say(f"{place:>8} {name} ...")
        begun = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - begun, 2)
        self.say(f"{'':>8} {name} done in {self.seconds[name]:.1f} s")


CURRENT = Progress()  # of this process: one night at a time runs in it


def start(total: int, *, quiet: bool = False) -> Progress:
    """Start the count again."""
    CURRENT.__init__(total, quiet)  # type: ignore[misc]
    return CURRENT
