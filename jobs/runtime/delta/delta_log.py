"""The log of a Delta table, read without Spark and without trusting it: each commit and checkpoint by itself.

Follows the public protocol (github.com/delta-io/delta, PROTOCOL.md) as far as tables here use it: JSON commits, Parquet
checkpoints in one or several parts, `_last_checkpoint`, version checksums, deletion vectors. What of the log is damaged
is returned as a flaw in place of being raised, and what is left is still read: one broken file hides nothing else.
Delta's newer checkpoints (V2), which no table here has, are told of as a flaw, not read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.runtime.delta.delta_files import LiveFile, located

LOG = "_delta_log"
LAST_CHECKPOINT = "_last_checkpoint"
NOTHING = -1  # version of a table before its first commit
_COMMIT = re.compile(r"(\d{20})\.json")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint(?:\.(\d{10})\.(\d{10}))?\.parquet")
_V2_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint\.[0-9a-f-]{36}\.(?:json|parquet)")
_OF_CHECKPOINT = [
    *("add.path", "add.size", "add.stats", "add.partitionValues", "add.deletionVector"),
    *("metaData.schemaString", "protocol.minReaderVersion"),
]
_MALFORMED = (ValueError, KeyError, TypeError, AttributeError, pa.ArrowException)


Kind = Literal["commit", "checkpoint", "newer checkpoint", "pointer", "checksum"]


@dataclass(frozen=True)
class Flaw:
    """One file of the log that cannot be right: what it is, its name, the version it belongs to, and why."""

    kind: Kind
    file: str
    version: int
    why: str


@dataclass(frozen=True)
class State:
    """A version of the table: its live files by path in the log, and the newest metadata."""

    version: int = NOTHING
    files: Mapping[str, LiveFile] = field(default_factory=dict)
    schema: str | None = None  # Spark's JSON of it

    def columns(self) -> dict[str, Any]:
        """Type of each column by name, as Spark's JSON writes types.

        Raises:
            ValueError: no metadata was read, or none that holds a schema.
        """
        try:
            return {column["name"]: column["type"] for column in json.loads(self.schema or "")["fields"]}
        except _MALFORMED as error:
            raise ValueError("the log holds no schema of the table") from error


@dataclass(frozen=True)
class _Step:
    """What one commit, or one checkpoint, changes."""

    added: Mapping[str, LiveFile]
    removed: frozenset[str] = frozenset()
    schema: str | None = None

    def after(self, state: State, version: int) -> State:
        kept = {path: live for path, live in state.files.items() if path not in self.removed}
        return State(version, {**kept, **self.added}, self.schema or state.schema)


@dataclass(frozen=True)
class Log:
    """What could be read of a table's log.

    `newest` is the highest version that a file name tells of, NOTHING where there is none; `state` the highest one that
    can be put together, which in a log without damage is the same.
    """

    table: Path
    newest: int
    state: State
    flaws: tuple[Flaw, ...]
    _commits: Mapping[int, _Step] = field(repr=False)
    _checkpoints: Mapping[int, _Step] = field(repr=False)

    def at(self, version: int) -> State | None:
        """The table at a version; None where the log does not hold enough to tell."""
        state = _reached(self._commits, self._checkpoints, version)
        return state if state.version == version else None

    def before_adding(self, paths: Set[Path]) -> list[int]:
        """Versions just before the commits that added one of some files, the newest first."""
        adding = (
            number for number, step in self._commits.items() if any(live.path in paths for live in step.added.values())
        )
        return sorted((number - 1 for number in adding if number <= self.state.version), reverse=True)

    def nights_since(self, version: int) -> list[str]:
        """Partitions `night` that were written by commits after a version, in order."""
        later = (step for number, step in self._commits.items() if number > version)
        return sorted({str(live.partition["night"]) for step in later for live in step.added.values()
                       if live.partition.get("night")})  # fmt: skip


def read(table: Path) -> Log:
    """Read the log of the table in the folder `table`, whatever of it is left.

    Raises:
        OSError: the folder of the log cannot be listed.
    """
    names = sorted(path.name for path in (table / LOG).iterdir()) if (table / LOG).is_dir() else []
    flaws: list[Flaw] = []
    commits = _commits(table, names, flaws)
    checkpoints = _checkpoints(table, names, flaws)
    told = [int(found[1]) for name in names for found in [_COMMIT.fullmatch(name) or _CHECKPOINT.fullmatch(name)]
            if found]  # fmt: skip
    newest = max(told, default=NOTHING)
    state = _reached(commits, checkpoints, newest)
    flaws += _gaps(names, newest)
    flaws += _last_checkpoint(table, names, checkpoints)
    flaws += _checksum(table, state)
    return Log(table, newest, state, tuple(flaws), commits, checkpoints)


def n_rows(table: Path, partition: Mapping[str, str]) -> int | None:
    """Rows of a partition in the newest version, as the writers of its files counted them.

    Reads the newest checkpoint and the commits after it, however long the log is.

    Returns:
        None where the log is damaged, of a kind that is not read here, or lacks a count.
    """
    folder = table / LOG
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    newest = max((int(found[1]) for name in names if (found := _COMMIT.fullmatch(name))), default=NOTHING)
    if newest == NOTHING:
        return 0
    files = _live_files(table, newest, (folder / f"{newest:020d}.json").stat().st_mtime_ns)
    if files is None:
        return None
    counted = [live for live in files if partition.items() <= live.partition.items()]
    return None if any(live.n_rows is None for live in counted) else sum(live.n_live_rows for live in counted)


@lru_cache(maxsize=128)
def _live_files(table: Path, newest: int, _: int) -> tuple[LiveFile, ...] | None:
    """Live files of the newest version, whose commit was written then; None where the log is damaged.

    A night asks several times of each version, and more often the more queues there are.
    """
    names = sorted(path.name for path in (table / LOG).iterdir())
    bases = [int(found[1]) for name in names if (found := _CHECKPOINT.fullmatch(name)) and int(found[1]) <= newest]
    base = max(bases, default=NOTHING)
    flaws: list[Flaw] = []
    later = [name for name in names if (found := _COMMIT.fullmatch(name)) and base < int(found[1]) <= newest]
    of_base = [name for name in names if (found := _CHECKPOINT.fullmatch(name)) and int(found[1]) == base]
    state = _reached(_commits(table, later, flaws), _checkpoints(table, of_base, flaws), newest)
    return None if flaws or state.version != newest else tuple(state.files.values())


def _commits(table: Path, names: Iterable[str], flaws: list[Flaw]) -> dict[int, _Step]:
    """The commits that can be read, by version; each other one is added to `flaws`."""
    found = {}
    for name in names:
        if not (match := _COMMIT.fullmatch(name)):
            continue
        version = int(match[1])
        try:
            lines = (table / LOG / name).read_text(encoding="utf-8").splitlines()
            found[version] = _step(table, [json.loads(line) for line in lines if line.strip()], is_first=version == 0)
        except (*_MALFORMED, OSError) as error:
            flaws.append(Flaw("commit", name, version, f"this commit cannot be read: {_said(error)}"))
    return found


def _checkpoints(table: Path, names: Iterable[str], flaws: list[Flaw]) -> dict[int, _Step]:
    """The complete checkpoints that can be read, by version; each other one is added to `flaws`."""
    parts: dict[int, list[str]] = {}
    for name in names:
        if match := _CHECKPOINT.fullmatch(name):
            parts.setdefault(int(match[1]), []).append(name)
        elif match := _V2_CHECKPOINT.fullmatch(name):
            why = "a checkpoint of the newer kind (V2), which is not judged here"
            flaws.append(Flaw("newer checkpoint", name, int(match[1]), why))
    found = {}
    for version, files in parts.items():
        match = _CHECKPOINT.fullmatch(files[0])
        wanted = int(match[3]) if match and match[3] else 1
        if len(files) < wanted:
            why = f"{len(files)} of the {wanted} parts of this checkpoint are there"
            flaws.append(Flaw("checkpoint", files[0], version, why))
            continue
        try:
            found[version] = _step(table, [row for name in files for row in _rows(table / LOG / name)], is_first=True)
        except (*_MALFORMED, OSError) as error:
            flaws.append(Flaw("checkpoint", files[0], version, f"this checkpoint cannot be read: {_said(error)}"))
    return found


def _rows(checkpoint: Path) -> list[dict[str, Any]]:
    with pq.ParquetFile(checkpoint) as file:
        if "protocol" not in file.schema_arrow.names:
            raise ValueError("it is no checkpoint")
        actions: list[dict[str, Any]] = file.read(columns=_OF_CHECKPOINT).to_pylist()
        return actions


def _step(table: Path, actions: Iterable[Mapping[str, Any]], *, is_first: bool) -> _Step:
    """The actions of a commit or of a checkpoint.

    Args:
        is_first: nothing comes before it, so that it tells of the table's columns.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: they are not actions of the protocol.
    """
    added, removed, schema, n_actions = {}, set(), None, 0
    for action in actions:
        n_actions += 1
        if add := action.get("add"):
            added[str(add["path"])] = _live(table, add)
        elif remove := action.get("remove"):
            removed.add(str(remove["path"]))
        elif metadata := action.get("metaData"):
            schema = str(metadata["schemaString"])
    if not n_actions:
        raise ValueError("it is empty")
    if schema is None and is_first:
        raise ValueError("it holds no metadata of the table")
    return _Step(added, frozenset(removed), schema)


def _live(table: Path, add: Mapping[str, Any]) -> LiveFile:
    statistics = json.loads(add["stats"]) if add.get("stats") else {}
    return LiveFile(
        table=table,
        path=located(table, str(add["path"])),
        n_bytes=int(add["size"]),
        n_rows=statistics.get("numRecords"),
        partition=dict(add["partitionValues"]),
        vector=add.get("deletionVector") or None,
    )


def _reached(commits: Mapping[int, _Step], checkpoints: Mapping[int, _Step], newest: int) -> State:
    """The highest version up to `newest` that a checkpoint and the commits after it, or commits alone, give."""
    bases = [NOTHING, *(version for version in checkpoints if version <= newest)]
    base = max(bases, key=lambda version: (_end(commits, version, newest), version))
    state = checkpoints[base].after(State(), base) if base in checkpoints else State()
    for version in range(base + 1, _end(commits, base, newest) + 1):
        # A commit that gives a file another deletion vector removes and adds one path: removals come first.
        step = commits[version]
        state = step.after(state, version)
    return state


def _end(commits: Mapping[int, _Step], base: int, newest: int) -> int:
    while base < newest and base + 1 in commits:
        base += 1
    return base


def _gaps(names: Iterable[str], newest: int) -> list[Flaw]:
    """Runs of commits that are not there. Delta clears old ones away, and then a checkpoint stands where they end."""
    there = {int(match[1]) for name in names if (match := _COMMIT.fullmatch(name))}
    begun = {int(match[1]) for name in names if (match := _CHECKPOINT.fullmatch(name))}
    first = min(there, default=newest)
    start = first if begun & {first, first - 1} else 0
    missing = {v for v in range(start, newest + 1) if v not in there and not (v == newest and v in begun)}
    begins = sorted(v for v in missing if v - 1 not in missing)
    ends = sorted(v for v in missing if v + 1 not in missing)
    return [
        Flaw("commit", f"{begin:020d}.json", begin, _missing(begin, end))
        for begin, end in zip(begins, ends, strict=True)
    ]


def _missing(begin: int, end: int) -> str:
    return "this commit is missing" if begin == end else f"this commit is missing, and all up to version {end}"


def _last_checkpoint(table: Path, names: Iterable[str], checkpoints: Mapping[int, _Step]) -> list[Flaw]:
    """Whether the pointer that Delta follows first can be read and leads to a checkpoint that can be read."""
    if LAST_CHECKPOINT not in names:
        return []
    try:
        version = int(json.loads((table / LOG / LAST_CHECKPOINT).read_text(encoding="utf-8"))["version"])
    except (*_MALFORMED, OSError) as error:
        return [Flaw("pointer", LAST_CHECKPOINT, NOTHING, f"it cannot be read: {_said(error)}")]
    is_there = any(match and int(match[1]) == version for match in map(_CHECKPOINT.fullmatch, names))
    if version in checkpoints or is_there:  # one that is there and broken is a flaw of its own
        return []
    return [
        Flaw("pointer", LAST_CHECKPOINT, version, f"it names a checkpoint of version {version}, which is not there")
    ]


def _checksum(table: Path, state: State) -> list[Flaw]:
    """Whether the files that the log adds up to are as many, and as large, as the writer noted with that version."""
    path = table / LOG / f"{state.version:020d}.crc"
    if not path.is_file():
        return []
    try:
        noted = json.loads(path.read_text(encoding="utf-8"))
        wanted = (int(noted["numFiles"]), int(noted["tableSizeBytes"]))
    except (*_MALFORMED, OSError) as error:
        return [
            Flaw("checksum", path.name, state.version, f"the checksum of this version cannot be read: {_said(error)}")
        ]
    seen = (len(state.files), sum(live.n_bytes for live in state.files.values()))
    if wanted == seen:
        return []
    why = (
        f"the log gives {seen[0]:,} files of {seen[1]:,} bytes where its writer counted {wanted[0]:,} of {wanted[1]:,}"
    )
    return [Flaw("checksum", path.name, state.version, why)]


def _said(error: Exception) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:200]


def rows(log: Log, columns: tuple[str, ...] | None = None) -> pa.Table:
    """The rows of the table's newest readable version, for tables that are small.

    Partition columns that a file does not hold are text.

    Raises:
        ValueError: files have deletion vectors, which are not applied here, or hold no Parquet.
        OSError: a file cannot be read.
    """
    parts = []
    for live in log.state.files.values():
        if live.vector:
            raise ValueError(f"{live.path.name} has a deletion vector")
        with pq.ParquetFile(live.path) as file:
            part = file.read(columns=None if columns is None else list(columns))
        for name, value in live.partition.items():
            # Delta writes partition columns into some files and leaves them out of others.
            if name not in part.column_names and (columns is None or name in columns):
                part = part.append_column(name, pa.array([value] * part.num_rows, pa.string()))
        parts.append(part)
    return pa.concat_tables(parts, promote_options="default") if parts else pa.table({})
