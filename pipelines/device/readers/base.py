"""What readers share: bytes without what no text may hold, parties, times, and the one way in which reading ends."""

from __future__ import annotations

import codecs
import functools
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from pipelines.common import phones
from pipelines.device.records import Record, Replaced, Source, Stopped

BLOCK = 64 << 10  # bytes read at once
MAX_RECORD = 16 << 20  # characters or bytes of one record; what is larger is refused and read past
TOO_LARGE = f"a record of over {MAX_RECORD >> 20} MiB"

_CONTROL = bytes([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F])  # XML 1.0, section 2.2; and DEL
_AS_DEL = bytes(0x7F if n in _CONTROL else n for n in range(256))
_NO_CHARACTER = re.compile(b"\xef\xbf[\xbe\xbf]")  # U+FFFE, U+FFFF in UTF-8
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def _as_del(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\x7f" * (error.end - error.start), error.end


codecs.register_error("nightjar-del", _as_del)


class ReadingStopped(Exception):  # noqa: N818  # a state of the file, not a fault of ours
    """The content cannot be read further."""

    def __init__(self, reason: str, detail: str, at: int | None = None) -> None:
        super().__init__(detail)
        self.reason, self.detail, self.at = reason, detail, at


def never_raising(read: Callable[[Any, BinaryIO, Source], Iterator[Record]]) -> Any:
    """Let a reader's `read` end with a `Stopped` where the content, or what it comes out of, fails."""

    @functools.wraps(read)
    def reading(reader: Any, content: BinaryIO, source: Source) -> Iterator[Record]:
        try:
            yield from read(reader, content, source)
        except ReadingStopped as stopped:
            yield Stopped(stopped.reason, stopped.detail, stopped.at)
        except EOFError:
            yield Stopped("CUT", "the content ends early")
        except (zlib.error, zipfile.BadZipFile):
            yield Stopped("DAMAGED", "the content cannot be unpacked")
        except OSError as error:
            yield Stopped("UNREADABLE", f"the file cannot be read ({type(error).__name__})")

    return reading


class Clean:
    """Takes from bytes and texts what no text may hold, and counts it. Lengths in bytes stay.

    A control byte, DEL, a byte that is no UTF-8 and the bytes of U+FFFE and U+FFFF become DEL in the bytes, each, and
    U+FFFD in the text. What a file's own escapes say (a NUL, half a surrogate pair) is counted as one byte.
    """

    def __init__(self) -> None:
        self._n = 0
        self._held = b""

    def block(self, block: bytes, is_last: bool = False) -> bytes:
        """The block as UTF-8 without such bytes. A character that its end cuts is held back, unless it is the last."""
        if self._held:
            block = self._held + block
        cut = len(block) if is_last else _whole_until(block)
        block, self._held = block[:cut], block[cut:]
        if len(block.translate(None, _CONTROL)) != len(block):
            block = block.translate(_AS_DEL)
        try:
            block.decode("utf-8")
        except UnicodeDecodeError:
            block = block.decode("utf-8", "nightjar-del").encode()
        if b"\xef\xbf\xbe" in block or b"\xef\xbf\xbf" in block:
            block = _NO_CHARACTER.sub(b"\x7f\x7f\x7f", block)
        self._n += block.count(b"\x7f")
        return block

    def count(self, n: int) -> None:
        """Count so many that a reader replaced itself."""
        self._n += n

    def line(self, line: bytes) -> str:
        """The text of whole characters."""
        return self.marked(self.block(line, is_last=True).decode("utf-8"))

    def decoded(self, content: bytes, charset: str) -> str:
        """The text of bytes in an encoding by name; UTF-8 where nobody knows the name."""
        try:
            name = codecs.lookup(charset).name
        except (LookupError, ValueError):
            name = "utf-8"
        if name in ("utf-8", "ascii"):
            return self.line(content)
        try:
            return self.text(content.decode(name))
        except (UnicodeError, LookupError, ValueError):
            text = content.decode("latin-1")  # no byte is lost
            self._n += 1
            return self.text(text)

    @staticmethod
    def marked(text: str) -> str:
        """The text of bytes that `block` made."""
        return text.replace("\x7f", "\ufffd") if "\x7f" in text else text

    def text(self, text: str) -> str:
        """A text out of a format with escapes of its own, whose bytes `block` may have made."""
        if not _NO_TEXT.search(text):
            return text
        text = self.marked(text)
        kept, n = _NO_TEXT.subn("\ufffd", text)
        self._n += n
        return kept

    def told(self) -> Iterator[Replaced]:
        """What was replaced since it was last told."""
        if self._n:
            yield Replaced(self._n)
            self._n = 0


def _whole_until(block: bytes) -> int:
    """The length of a block without a character that its end cuts."""
    for back in range(1, min(4, len(block) + 1)):
        byte = block[-back]
        if byte >= 0xC0:
            need = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(block) - back if back < need else len(block)
        if byte < 0x80:
            break
    return len(block)


_MARKS = dict.fromkeys(map(ord, "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"))
_WHATSAPP = re.compile(r"([0-9]{7,15})(?:[.:][0-9]+)*@(?:s\.whatsapp\.net|c\.us)\b")


def without_marks(text: str) -> str:
    """A text without the invisible marks of direction that applications put around names and numbers."""
    return text.translate(_MARKS)


@functools.lru_cache(maxsize=100_000)
def party(text: str | None, region: str = "GB") -> str | None:
    """A party as the tables have it: E.164 where it is a number or a WhatsApp id of one, else as it stands, trimmed."""
    kept = without_marks(text or "").strip()
    if not kept:
        return None
    if whatsapp := _WHATSAPP.match(kept):
        return phones.e164(f"+{whatsapp[1]}", "e164:GB") or whatsapp[0]
    if "@" in kept:
        return kept
    return phones.e164(kept, f"national:{region}") or kept


class Owner:
    """The device's owner, as the submission says."""

    def __init__(self, source: Source) -> None:
        ids = [id_ for one in source.owner_identifiers if (id_ := party(one, source.region))]
        self._ids = {one.casefold() for one in ids}
        self.main = next((one for one in ids if one.startswith("+")), ids[0] if ids else None)

    def is_one_of(self, *ids: str | None) -> bool:
        """Whether any of these numbers, handles or names is the owner's."""
        return any(one is not None and one.casefold() in self._ids for one in ids)

    def direction(self, *senders: str | None) -> str | None:
        """OUT, IN, or None where the submission names no owner or the file no sender."""
        if self.is_one_of(*senders):
            return "OUT"
        return "IN" if self._ids and any(senders) else None


_MONTHS = {m: n for n, m in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_REGIONAL = re.compile(
    r"(\d{1,2})[/.-](\d{1,2}|[A-Za-z]{3})[/.-](\d{4}|\d{2})[ T,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6})\d*)?)?"
    r"\s*([AaPp][Mm])?\s*(?:\(?(?:UTC|GMT|Z)?\s*([+-]\d{1,2})?(?::?(\d{2}))?\)?)"
)
_ISO_ZONE = re.compile(r"\s*(?:\(?UTC([+-]\d{1,2})?\)?)$")


def instant(text: str, zone: ZoneInfo) -> datetime:
    """A time as reports write it, in UTC: ISO 8601, or day first: 31/12/2025 23:59:59(UTC+1), 31-Dec-25 23:59:59 +01.

    Raises:
        ValueError: it is in no known form.
    """
    text = text.strip()
    try:
        found = datetime.fromisoformat(_ISO_ZONE.sub(lambda m: f"{int(m[1] or 0):+03d}:00", text))
    except ValueError:
        found = _regional(text)
    try:
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time beyond the calendar") from error


def _regional(text: str) -> datetime:
    match = _REGIONAL.fullmatch(text)
    if match is None:
        raise ValueError("a time in no known form")
    day, month, year, hour, minute, second, fraction, half, zone_hours, zone_minutes = match.groups()
    month_number = int(month) if month.isdigit() else _MONTHS.get(month.lower(), 0)
    found = datetime(
        int(year) + (2000 if len(year) == 2 else 0),
        month_number,
        int(day),
        hour_of(int(hour), half),
        int(minute),
        int(second or 0),
        int((fraction or "0").ljust(6, "0")),
    )
    if zone_hours is None and not re.search("UTC|GMT|Z", text):
        return found
    hours = int(zone_hours or 0)
    minutes = int(zone_minutes or 0) * (-1 if (zone_hours or "").startswith("-") else 1)
    return found.replace(tzinfo=timezone(timedelta(hours=hours, minutes=minutes)))


def hour_of(hour: int, half: str | None) -> int:
    """The hour of the day; `half` begins with a or p on a clock of twelve hours.

    Raises:
        ValueError: such a clock has no such hour.
    """
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError("no hour of a clock of twelve hours")
    return hour % 12 + (12 if half[:1].lower() == "p" else 0)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def since_epoch(value: float) -> datetime:
    """An instant from seconds since 1970, or from milliseconds where as seconds it would lie beyond the year 5000.

    Raises:
        ValueError: it lies outside the years 1 to 9999.
    """
    try:
        return EPOCH + timedelta(seconds=value if abs(value) < 1e11 else value / 1000)
    except OverflowError as error:
        raise ValueError("a time beyond the calendar") from error


def last_part(path: str) -> str:
    """The file name of a path of any system."""
    return re.split(r"[/\\]", path.strip())[-1]
