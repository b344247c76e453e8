"""The landing zone: which files a night's drop holds, safely.

    landing/<sender>/<feed>/<YYYY-MM-DD>/<file>

Names come from outside, so nothing here follows a link, opens a pipe or joins a name to another folder: entries are
taken from directory listings only, opened with O_NOFOLLOW, and anything that is not a plain file becomes an entry with
a reason. The list is bounded by the number of files, so it lives on the driver.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from pipelines.ingest.readers import read
from schemas.errors import UserError
from schemas.layouts import layouts

DEVICES = "device"  # folder of a sender whose drops hold submissions, not files of a feed
# Half-written uploads and hidden files: a sender's transfer is not finished, so they are not a drop yet.
UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload")


class LandingZoneEmptyError(UserError, RuntimeError):
    """No sender has a folder in the landing zone, although nights have run before."""

    def __init__(self, landing: Path) -> None:
        super().__init__(
            f"{landing} is empty, although this home has run before: is its mount missing? Nothing was changed. "
            "`nightjar nightly --demo` writes a demonstration world there, if that is meant."
        )


@dataclass(frozen=True)
class LandedFile:
    """One entry of a drop. `path` is where to read it; `file` is its name below the landing zone, as tables keep it."""

    night: date
    sender: str
    feed: str
    file: str
    path: str
    file_hash: str | None  # SHA-256; None where it cannot be read
    n_bytes: int | None
    reason: str | None = None  # why it cannot be taken in
    detail: str | None = None
    changed_ns: int | None = None  # when this machine last saw it change, nanoseconds since 1970


@dataclass(frozen=True)
class Entry:
    """An entry of a drop, not looked into yet. Sender and feed are the names of its folders as they are."""

    path: Path
    sender: str
    feed: str
    night: date  # of the drop


def scan(
    landing: Path,
    night: date,
    sources: Mapping[str, layouts.Source] | None = None,
    refused: Mapping[str, layouts.LayoutError] | None = None,
) -> list[LandedFile]:
    """Entries of every sender's and feed's drop of one night, in order of path, whatever their state.

    Files of senders or feeds without a layout are listed with FILE_UNKNOWN_FEED, those of senders whose layout cannot
    be used (`refused`) with LAYOUT_REFUSED. Dot-files and unfinished uploads are left out. `arrivals` judges which
    files are whole, and finds those that came late.
    """
    known = layouts.load() if sources is None else sources
    return sorted((listed(entry, night, landing, known, refused or {}) for entry in entries(landing, night)), key=_file)


def entries(landing: Path, night: date) -> Iterator[Entry]:
    """What lies in every sender's and feed's drop of one night, submissions of devices apart: see `submissions`."""
    for sender in _folders(landing):
        for feed in _folders(sender):
            if feed.name == DEVICES:
                continue
            for path in _drop(feed / night.isoformat()):
                yield Entry(path, sender.name, feed.name, night)


def unfinished(landing: Path, night: date) -> Iterator[Path]:
    """Uploads of a night's drop that are under way, or were broken off, by the endings of their names."""
    for sender in _folders(landing):
        for feed in _folders(sender):
            yield from _unfinished(feed / night.isoformat())


def bare(landing: Path, night: date) -> Iterator[tuple[str, str, str]]:
    """Sender, feed and what is wrong, of a night's folder without an entry; without feed, of a sender that has none."""
    for sender in _folders(landing):
        feeds = list(_folders(sender))
        if not any(True for feed in feeds for _ in _folders(feed)):
            yield _plain(sender.name), "", "its folder holds no drop of any night"
        for feed in feeds:
            drop = feed / night.isoformat()
            if drop.is_dir() and not drop.is_symlink() and not _entries(drop):
                holds = "an upload that is not finished, and no file" if any(_unfinished(drop)) else "no file"
                yield _plain(sender.name), _plain(feed.name), f"the folder of its drop is there and holds {holds}"


def listed(
    entry: Entry,
    night: date,
    landing: Path,
    sources: Mapping[str, layouts.Source],
    refused: Mapping[str, layouts.LayoutError],
) -> LandedFile:
    """An entry as a file of the night that takes it in: hashed, or with the reason why it cannot be read."""
    why_not = _why_not(entry.sender, entry.feed, sources, refused)
    landed = _landed(entry.path, night, _plain(entry.sender), _plain(entry.feed), landing)
    return landed if why_not is None else as_refused(landed, *why_not)


def _file(landed: LandedFile) -> str:
    return landed.file


def _why_not(
    sender: str, feed: str, known: Mapping[str, layouts.Source], wrong: Mapping[str, layouts.LayoutError]
) -> tuple[str, str] | None:
    """Reason and detail, where no layout can read a feed's files."""
    if sender in wrong:
        return "LAYOUT_REFUSED", wrong[sender].detail
    if sender not in known or feed not in known[sender].feeds:
        return "FILE_UNKNOWN_FEED", "no layout of that name"
    if (read := known[sender].feeds[feed].rows_of) is not None:
        return "FILE_UNKNOWN_FEED", f"the layout reads this feed from the files of {read}"
    return None


def is_empty(landing: Path) -> bool:
    """True where no sender has a folder: nothing was ever delivered here, or the share is not mounted."""
    return next(_folders(landing), None) is None


def nights(landing: Path) -> list[date]:
    """Nights for which any sender has a drop, in order."""
    nights_found = set()
    for sender in _folders(landing):
        for feed in _folders(sender):
            for drop in _folders(feed):
                try:
                    nights_found.add(date.fromisoformat(drop.name))
                except ValueError:
                    continue  # a folder that is not a night is not a drop
    return sorted(nights_found)


def frame(spark: SparkSession, listed: Sequence[LandedFile]) -> DataFrame:
    """The list as a DataFrame in the shape of `pipelines.ingest.readers.read.FILES`."""
    rows = [astuple(file) for file in listed]
    return spark.createDataFrame(rows, read.FILES)


def below(folder: Path, source: layouts.Source, night: date) -> list[LandedFile]:
    """A sender's files anywhere below `folder`, for a dry run: the innermost folder named as a feed says which feed.

    Folders that look like files ("x.csv") are listed, and refused, as `scan` does.
    """
    files = []
    with_files = {name for name, feed in source.feeds.items() if feed.rows_of is None}
    for parent, folders, _ in os.walk(folder, followlinks=False):
        inside = (folder.resolve().name, *Path(parent).relative_to(folder).parts)
        feed = next((part for part in reversed(inside) if part in with_files), None)
        folders[:] = sorted(name for name in folders if not name.startswith(".") and not Path(name).suffix)
        if feed is not None:
            entries = [entry for entry in _entries(Path(parent)) if entry.name not in folders]
            files += [_landed(Path(entry.path), night, source.sender, feed, folder) for entry in entries]
    return sorted(files, key=lambda f: f.file)


def _plain(name: str) -> str:
    """A folder's name as tables take it: senders' and feeds' own names stay as they are."""
    return re.sub(r"[^a-z0-9_]+", "_", name.lower())


def _drop(drop: Path) -> list[Path]:
    """Entries of a night's folder; where that is a link or a file instead, it is the one entry."""
    if drop.is_dir() and not drop.is_symlink():
        return [Path(entry.path) for entry in _entries(drop)]
    return [drop] if os.path.lexists(drop) else []


def _folders(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        names = sorted(e.name for e in entries if not e.name.startswith(".") and e.is_dir(follow_symlinks=False))
    yield from (folder / name for name in names)


def _entries(drop: Path) -> list[os.DirEntry[str]]:
    with os.scandir(drop) as entries:
        kept = [e for e in entries if not e.name.startswith(".") and not e.name.lower().endswith(UNFINISHED)]
    return sorted(kept, key=lambda e: e.name)


def _unfinished(drop: Path) -> Iterator[Path]:
    if drop.is_dir() and not drop.is_symlink():
        with os.scandir(drop) as entries:
            yield from sorted(drop / e.name for e in entries if e.name.lower().endswith(UNFINISHED))


def name_of(path: Path, landing: Path) -> str:
    """A file's name below the landing zone as tables and logs have it; bytes that are not UTF-8 are escaped."""
    return os.fsencode(path.relative_to(landing).as_posix()).decode("utf-8", "backslashreplace")


def _landed(path: Path, night: date, sender: str, feed: str, landing: Path) -> LandedFile:
    """The entry at `path`, hashed if it is a plain readable file."""
    name = name_of(path, landing)
    entry = LandedFile(night, sender, feed, name, str(path), None, None)
    if name.encode("utf-8") != os.fsencode(path.relative_to(landing).as_posix()):
        return as_refused(entry, "FILE_UNREADABLE", "the file's name is not UTF-8")
    try:
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode):
            return as_refused(entry, "FILE_NOT_REGULAR", _kind(status.st_mode))
        if not status.st_mode & 0o444:  # the administrator can read such a file, but nobody meant it to be read
            return as_refused(entry, "FILE_UNREADABLE", "no permission to read")
        digest, n_bytes, changed_ns = _hash(path)
    except OSError as error:
        return as_refused(entry, "FILE_UNREADABLE", f"cannot be opened ({type(error).__name__})")
    landed = LandedFile(night, sender, feed, name, str(path), digest, n_bytes, changed_ns=changed_ns)
    return landed if n_bytes else as_refused(landed, "FILE_EMPTY", "0 bytes")


def as_refused(file: LandedFile, reason: str, detail: str) -> LandedFile:
    """The file with a reason why it cannot be taken in."""
    if file.reason is not None:  # the first reason stands
        return file
    return replace(file, reason=reason, detail=detail)


def _hash(path: Path) -> tuple[str, int, int]:
    """SHA-256, size and when it had last changed, streaming. O_NOFOLLOW and O_NONBLOCK close the gap between the look
    and the opening."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb", buffering=0) as stream:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError("replaced while it was looked at")
        digest = hashlib.file_digest(stream, "sha256")
        return digest.hexdigest(), stream.tell(), status.st_ctime_ns


def digest(path: Path) -> str | None:
    """SHA-256 of a plain file; None where it cannot be read."""
    try:
        return _hash(path)[0]
    except OSError:
        return None


def is_changed(path: Path, file_hash: str, changed_ns: int | None) -> bool:
    """Whether a file holds other content than that of `file_hash`; what cannot be read does.

    It is opened only where this machine saw it change at another time than `changed_ns`: a sender can keep the size of
    a file and set the time at which it was written, but not that one.
    """
    try:
        return os.lstat(path).st_ctime_ns != changed_ns and _hash(path)[0] != file_hash
    except OSError:
        return True


def _kind(mode: int) -> str:
    kinds = {stat.S_ISDIR: "a folder", stat.S_ISLNK: "a link", stat.S_ISFIFO: "a pipe", stat.S_ISSOCK: "a socket"}
    return next((name for test, name in kinds.items() if test(mode)), "a device")
