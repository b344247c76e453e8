"""The landing zone of seized devices: which submissions have arrived, and which files each of them holds.

    landing/<force>/device/<YYYY-MM-DD>/<submission>/submission.yaml

A submission is whole when `<submission>.done` lies by its folder, or when nobody has written to any of its files for a
while. Nothing here follows a link. What is not whole is left for the next night.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from jobs.sources import landing
from jobs.sources.arrivals import DONE, Waiting
from pipelines.device import keyword_lists, reading
from schemas.documents import DocumentError
from schemas.layouts import layouts, submission


@dataclass(frozen=True)
class SubmittedFile:
    """A file of a submission, below the landing zone; with a reason it is not to be opened."""

    file: str
    path: str
    reason: str | None = None
    detail: str | None = None


@dataclass(frozen=True)
class Submitted:
    """A submission that arrived, or why nothing of it is read."""

    id: str
    force: str
    folder: str  # below the landing zone
    manifest: submission.Submission | None
    files: tuple[SubmittedFile, ...] = ()
    lists: tuple[tuple[str, keyword_lists.KeywordList], ...] = ()  # each with its name
    hash_lists: tuple[SubmittedFile, ...] = ()  # lists of known pictures: read at night, item by item
    privileged: keyword_lists.KeywordList | None = None
    refused_terms: tuple[tuple[str, int], ...] = ()  # per list of terms that has any: its name, how many
    refused: str | None = None  # schemas.device.REFUSED_FOR
    detail: str | None = None
    manifest_hash: str | None = None
    changed_ns: int | None = None  # when this machine last saw one of its files change, nanoseconds since 1970


@dataclass
class Arrived:
    """Submissions to take in tonight, and those that are left.

    Attributes:
        touched: of submissions that another night had, by folder, the files that changed since this machine saw them
            then, with their SHA-256 as they are now.
    """

    submissions: list[Submitted] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    touched: dict[str, dict[str, str | None]] = field(default_factory=dict)


def arrived(
    folder: Path,
    night: date,
    *,
    now: float,
    quiet_s: int,
    late_nights: int,
    known: Mapping[str, int | None],
    sources: Mapping[str, layouts.Source],
) -> Arrived:
    """Submissions of tonight's drop, and of earlier ones those that no night knows.

    Args:
        folder: the landing zone.
        known: folders below it that earlier nights took in or refused, with `Submitted.changed_ns` of then.
        sources: layouts by sender: a force is known by them.
    """
    found = Arrived()
    for sender, source in sorted(sources.items()):
        if source.force is None or not (folder / sender / landing.DEVICES).is_dir():
            continue
        for n in range(late_nights + 1):
            drop = folder / sender / landing.DEVICES / (night - timedelta(days=n)).isoformat()
            for entry in _folders(drop):
                name = landing.name_of(entry, folder)
                entries = list(_files(entry))
                if name in known:
                    if touched := _touched(entries, known[name], folder):
                        found.touched[name] = touched
                    continue
                if why := _why_unquiet(entry, entries, now, quiet_s):
                    found.waiting.append(Waiting(name, why))
                    continue
                found.submissions.append(_submitted(entry, entries, folder, source.force))
    return found


def _submitted(entry: Path, entries: list[Path], folder: Path, force: str) -> Submitted:
    name = landing.name_of(entry, folder)
    made = Submitted(
        f"{force}:{name.rsplit('/', 1)[-1]}", force, name, None,
        manifest_hash=landing.digest(entry / submission.FILE), changed_ns=max(map(_changed_ns, entries), default=None),
    )  # fmt: skip
    try:
        manifest = submission.read(entry / submission.FILE)
    except DocumentError as error:
        is_there = os.path.lexists(entry / submission.FILE)
        refused = "BAD_MANIFEST" if is_there else "NO_MANIFEST"
        return replace(made, refused=refused, detail=str(error))
    try:
        lists = tuple((file, read_list(entry / file)) for file in manifest.keyword_lists)
        privileged = read_list(entry / manifest.privileged) if manifest.privileged else None
    except (keyword_lists.UnreadableError, OSError) as error:
        is_ours = isinstance(error, keyword_lists.UnreadableError)
        detail = f"a list: {error}" if is_ours else "a list that the manifest names cannot be opened"
        return replace(made, manifest=manifest, refused="BAD_LIST", detail=detail)
    named = [*lists, *([(manifest.privileged, privileged)] if manifest.privileged and privileged else [])]
    refused_terms = tuple((file, len(each.refused)) for file, each in named if each.refused)
    apart = {entry / file for file in manifest.lists}
    files = tuple(_file(path, folder) for path in entries if path not in apart)
    known = tuple(_file(entry / file, folder) for file in dict.fromkeys(manifest.hash_lists))
    return replace(
        made, manifest=manifest, files=files, lists=lists, hash_lists=known, privileged=privileged,
        refused_terms=refused_terms,
    )  # fmt: skip


def read_list(path: Path) -> keyword_lists.KeywordList:
    """A list of terms; one with a term that is refused goes on without it, and the refusal is told.

    Raises:
        keyword_lists.UnreadableError: it is none.
        OSError: it cannot be opened.
    """
    with reading.opened(str(path)) as stream:
        return keyword_lists.read(path.name, stream.read(keyword_lists.MAX_BYTES + 1))


def _touched(entries: list[Path], seen_ns: int | None, folder: Path) -> dict[str, str | None]:
    """Plain files that this machine saw change since `seen_ns`, hashed: no other is opened."""
    if seen_ns is None:  # a night from before it was noted
        return {}
    newer = (path for path in entries if _changed_ns(path) > seen_ns and not path.is_symlink())
    return {landing.name_of(path, folder): landing.digest(path) for path in newer}


def _changed_ns(path: Path) -> int:
    try:
        return os.lstat(path).st_ctime_ns
    except OSError:
        return 0


def _file(path: Path, folder: Path) -> SubmittedFile:
    name = landing.name_of(path, folder)
    if name.encode("utf-8") != os.fsencode(path.relative_to(folder).as_posix()):
        return SubmittedFile(name, str(path), "UNSAFE_NAME", "the file's name is not UTF-8")
    try:
        mode = os.lstat(path).st_mode
    except OSError as error:
        return SubmittedFile(name, str(path), "UNREADABLE", f"cannot be looked at ({type(error).__name__})")
    if stat.S_ISLNK(mode):
        return SubmittedFile(name, str(path), "LINK", "a link: what it leads to is not read")
    if not stat.S_ISREG(mode):
        return SubmittedFile(name, str(path), "UNREADABLE", "no plain file")
    return SubmittedFile(name, str(path))


def _folders(drop: Path) -> Iterator[Path]:
    """Submissions of a drop; a file or link that lies there is none."""
    if not drop.is_dir() or drop.is_symlink():
        return
    for path in sorted(drop.iterdir()):
        if path.is_dir() and not path.is_symlink() and not path.name.startswith("."):
            yield path


def _files(folder: Path) -> Iterator[Path]:
    """What lies anywhere below a submission's folder, folders apart. Links to folders are entries, not ways."""
    for parent, folders, files in os.walk(folder, followlinks=False):
        folders.sort()
        links = [name for name in folders if (Path(parent) / name).is_symlink()]
        yield from (Path(parent) / name for name in sorted([*files, *links]))


def _why_unquiet(folder: Path, entries: list[Path], now: float, quiet_s: int) -> str | None:
    if folder.with_name(folder.name + DONE).is_file():
        return None
    newest = 0.0
    for path in (folder, *entries):
        try:
            status = os.lstat(path)
        except OSError:
            continue
        if path != folder or not entries:
            newest = max(newest, status.st_mtime if status.st_mtime <= now else min(status.st_ctime, now))
    quiet = now - newest
    return f"written to {quiet:.0f} s before the night began" if quiet < quiet_s else None
