"""Which files have arrived: those of tonight's drop and late ones of earlier drops, once they are whole.

A file is whole when `<file>.sha256` or `<file>.done` lies by it, or when nobody has written to it for a while. What is
not whole yet is left for the next night, which finds it as a late one. Time is what the caller says it is.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from jobs.sources import landing
from jobs.sources.landing import Entry, LandedFile
from pipelines.ingest.deliveries import Concern
from schemas.layouts import layouts

CHECKSUM, DONE = ".sha256", ".done"  # companions of a file, sent after it
MAX_CHECKSUM = 4096  # bytes: one line, as sha256sum writes it
# Reasons for which a file was refused unopened, and that may have gone since: it is taken in once they have.
MENDABLE = frozenset({"FILE_CHECKSUM", "FILE_UNKNOWN_FEED", "LAYOUT_REFUSED"})


@dataclass(frozen=True)
class Known:
    """What the ledger has of a file that another night took in or refused; hash and time as `landing.LandedFile`."""

    n_bytes: int | None
    reason: str | None
    file_hash: str | None = None
    changed_ns: int | None = None


@dataclass(frozen=True)
class Waiting:
    """A file that is left for the next night, and why."""

    file: str
    why: str


@dataclass
class Arrivals:
    """Files to take in tonight, in order, and those that are left.

    Attributes:
        again: names of `files` that another night had with other content.
    """

    files: list[LandedFile] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    again: list[str] = field(default_factory=list)

    def __add__(self, other: Arrivals) -> Arrivals:
        return Arrivals(self.files + other.files, self.waiting + other.waiting, self.again + other.again)


@dataclass(frozen=True)
class Door:
    """What arrivals are judged by.

    Attributes:
        folder: the landing zone.
        night: the night that takes them in.
        now: its beginning, seconds since 1970.
        quiet_s: for how long nobody may have written to a file that nothing else says is whole.
    """

    folder: Path
    night: date
    now: float
    quiet_s: int
    sources: Mapping[str, layouts.Source]
    refused: Mapping[str, layouts.LayoutError]

    def tonight(self) -> Arrivals:
        """What tonight's own drop holds."""
        return self._judged(self.night, {})

    def late(self, first: date, known: Mapping[str, Known]) -> Arrivals:
        """What earlier drops hold, from that of `first` on, and the ledger does not know: as files of tonight.

        A file whose content changed since it was known is another: it is hashed where its size is another, or this
        machine saw it change. One that was refused unopened is looked at again.
        """
        late = Arrivals()
        for n in range((self.night - first).days):
            late += self._judged(first + timedelta(days=n), known)
        return late

    def bare(self) -> list[Concern]:
        """Folders of tonight's drop, and senders' folders as a whole, that are there and hold no file."""
        return [Concern(sender, feed, True, why) for sender, feed, why in landing.bare(self.folder, self.night)]

    def _judged(self, drop: date, known: Mapping[str, Known]) -> Arrivals:
        entries = {entry.path: entry for entry in landing.entries(self.folder, drop)}
        arrived = Arrivals()
        arrived.waiting += [
            Waiting(self._name(path), "an upload that is not finished")
            for path in landing.unfinished(self.folder, drop)
        ]
        for path, entry in entries.items():
            companion_of = _companion_of(path)
            if companion_of is not None:
                if companion_of not in entries:
                    arrived.waiting.append(Waiting(self._name(companion_of), f"announced by {path.name}, and absent"))
                continue
            before = known.get(self._name(path))
            if before is not None and not _is_another(entry, before):
                continue
            self._take(entry, before, entries, arrived)
        arrived.files.sort(key=lambda landed: landed.file)
        return arrived

    def _take(self, entry: Entry, before: Known | None, entries: Mapping[Path, Entry], arrived: Arrivals) -> None:
        checksum, done = (entry.path.with_name(entry.path.name + ending) for ending in (CHECKSUM, DONE))
        if not {checksum, done} & entries.keys() and (why := self._why_unquiet(entry.path)):
            arrived.waiting.append(Waiting(self._name(entry.path), why))
            return
        landed = landing.listed(entry, self.night, self.folder, self.sources, self.refused)
        if landed.reason is None and checksum in entries and (why := _why_other(landed, checksum)):
            landed = landing.as_refused(landed, "FILE_CHECKSUM", why)
        if before is not None and _is_refused_alike(landed, before):
            return
        arrived.files.append(landed)
        if before is not None and before.file_hash is not None and landed.file_hash != before.file_hash:
            arrived.again.append(landed.file)

    def _name(self, path: Path) -> str:
        return landing.name_of(path, self.folder)

    def _why_unquiet(self, path: Path) -> str | None:
        """Why a file may not be whole yet. What is no plain file is refused anyway, and need not wait."""
        try:
            status = os.lstat(path)
        except OSError:
            return None
        if not stat.S_ISREG(status.st_mode):
            return None
        # A sender's clock may be ahead, and its times kept: then the time at which this machine last saw a change.
        written = status.st_mtime if status.st_mtime <= self.now else min(status.st_ctime, self.now)
        quiet = self.now - written
        return f"written to {quiet:.0f} s before the night began" if quiet < self.quiet_s else None


def _companion_of(path: Path) -> Path | None:
    """The file that a checksum or an end marker belongs to; None for any other file."""
    return path.with_suffix("") if path.suffix in (CHECKSUM, DONE) and path.stem else None


def _is_another(entry: Entry, before: Known) -> bool:
    """Whether a file that is known is to be looked at again: its content is not what was read, or the reason for which
    it was refused may have gone."""
    return (
        _size(entry.path) != before.n_bytes
        or before.reason in MENDABLE
        or (before.file_hash is not None and landing.is_changed(entry.path, before.file_hash, before.changed_ns))
    )


def _is_refused_alike(landed: LandedFile, before: Known) -> bool:
    return landed.reason is not None and (landed.file_hash, landed.reason) == (before.file_hash, before.reason)


def _size(path: Path) -> int | None:
    """Bytes of a plain file; None of what the ledger has no size of, as where the name is not UTF-8."""
    try:
        path.name.encode()
        status = os.lstat(path)
    except (OSError, UnicodeEncodeError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) and status.st_mode & 0o444 else None


def _why_other(landed: LandedFile, checksum: Path) -> str | None:
    """Why a file is not the one that its checksum was made of."""
    try:
        descriptor = os.open(checksum, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(descriptor, "rb") as stream:
            said = stream.read(MAX_CHECKSUM)
    except OSError as error:
        return f"{checksum.name} cannot be read ({type(error).__name__})"
    digest = re.match(rb"\s*([0-9a-fA-F]{64})(?![0-9a-fA-F])", said)
    if digest is None:
        return f"{checksum.name} holds no SHA-256"
    return None if digest[1].decode().lower() == landed.file_hash else f"SHA-256 is another than {checksum.name} says"
