"""Reading in tests: the records of some bytes, and those of one kind."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any, TypeVar

from hypothesis import settings

from pipelines.device.records import Message, Reader, Record, Replaced, Source, Stopped
from tests.support.device_exports import SOURCE

T = TypeVar("T")
UNTIMED = settings(deadline=None)  # for other work on the machine


def records(reader: Reader, content: bytes, source: Source = SOURCE) -> list[Record]:
    return list(reader.read(io.BytesIO(content), source))


def of(kind: type[T], found: Iterable[Any]) -> list[T]:
    return [one for one in found if isinstance(one, kind)]


def messages(reader: Reader, content: bytes, source: Source = SOURCE) -> list[Message]:
    return of(Message, records(reader, content, source))


def stopped(found: list[Record]) -> Stopped | None:
    """How reading stopped; it may only be the last that a reader says."""
    assert not of(Stopped, found[:-1])
    return found[-1] if found and isinstance(found[-1], Stopped) else None


def n_replaced(found: Iterable[Record]) -> int:
    return sum(one.n_bytes for one in of(Replaced, found))


def facts(message: Message) -> tuple[Any, ...]:
    return message.text, message.sender, message.sent_at, message.direction
