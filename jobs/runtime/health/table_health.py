"""Health of one Delta table in a folder: its log and each live file judged by itself, without Spark.

By default the log is read whole, and of each live file existence, size, both ends and the row count in its footer are
compared with the log. A deep look also compares every byte with the checksum that Spark wrote beside the file, and
decodes every row. Each thing that is wrong comes with what mends it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.runtime import lakehouse
from jobs.runtime.delta import delta_files, delta_log
from jobs.runtime.delta.delta_files import LiveFile
from jobs.runtime.delta.delta_log import LOG, Flaw, Log
from schemas.contract import Table

MAGIC = b"PAR1"  # both ends of a Parquet file
N_THREADS = 8  # files wait for the disk, and Arrow decodes outside the interpreter
N_NAMED = 5  # nights that a mend lists
BACKUP = "copy the table's folder back from the backup and run the nights since again"


class Seen(NamedTuple):
    """One thing seen of a table: whether it is well, in words, and what mends it."""

    ok: bool
    said: str
    mend: str | None = None


def folder_of(lakehouse_folder: Path, table: Table) -> Path:
    """Where the table lies; one whose name was changed since lies where it was until the next night renames it."""
    here = lakehouse_folder / table.layer / table.noun
    before = lakehouse_folder.joinpath(*lakehouse.RENAMED.get(table.path, table.path).split("."))
    return here if here.exists() else before


def examine(folder: Path, table: Table, *, deep: bool = False, is_written_to: bool = False) -> list[Seen]:
    """What is wrong with the table in `folder`, one entry each; one entry that says how much it holds if nothing is.

    Args:
        deep: compare every byte with its checksum and decode every row.
        is_written_to: a night holds the writer's lock, so that a table may be without its first commit.
    """
    try:
        log = delta_log.read(folder)
        if log.newest == delta_log.NOTHING and not log.flaws:
            return [_without_log(folder, is_written_to=is_written_to)]
        wrong = [*_of_log(log), *_of_sidecars(log), *_of_contract(log, table), *_of_files(log, table, deep=deep)]
    except OSError as error:
        return [Seen(False, f"cannot be examined: {error}", "give the account that runs Nightjar access to it")]
    n_rows = sum(live.n_live_rows for live in log.state.files.values())
    n_files = len(log.state.files)
    return wrong or [Seen(True, f"{n_rows:,} rows at version {log.newest}, {n_files:,} files")]


def _without_log(folder: Path, *, is_written_to: bool) -> Seen:
    n_files = sum(1 for _ in folder.rglob("*.parquet"))
    if n_files and not is_written_to:
        said = f"{n_files:,} data files and no commit in {LOG}: without its log the table is not there"
        return Seen(False, said, BACKUP)
    return Seen(True, "not written yet")


def _of_log(log: Log) -> Iterator[Seen]:
    for flaw in log.flaws:
        at = "" if flaw.version == delta_log.NOTHING else f"version {flaw.version}: "
        yield Seen(False, f"{at}{LOG}/{flaw.file}: {flaw.why}", _mend_of_log(log, flaw))


def _mend_of_log(log: Log, flaw: Flaw) -> str:
    usable = log.state.version
    if flaw.kind == "newer checkpoint":
        return "read the table with Spark: what depends on this checkpoint cannot be told here"
    if flaw.kind == "checksum":
        return "compare the commits of this version and its checksum with the backup: one is not what was written"
    if usable == log.newest and flaw.kind != "commit":
        return f"move it out of {LOG}: the table is whole without it, and Delta writes another"
    if usable == log.newest:
        return f"version {usable} is whole without it; put it back from the backup if earlier versions are wanted"
    if usable == delta_log.NOTHING or flaw.kind == "pointer":
        return f"put it back from the backup, or {BACKUP}"
    return (
        f"put it back from the backup. Without one, version {usable} is the last good: move what {LOG} holds of later "
        f"versions, and {delta_log.LAST_CHECKPOINT}, elsewhere, and run the nights since again"
    )


def _of_sidecars(log: Log) -> Iterator[Seen]:
    """Files of the log that do not fit the checksum beside them: Spark refuses to read those."""
    for path in sorted((log.table / LOG).glob("*.*")):
        if path.is_file() and not path.name.startswith(".") and (why := _changed(path)):
            mend = f"put both back from the backup; if the file is as it should be, delete {_sidecar(path).name}"
            yield Seen(False, f"{LOG}/{path.name}: {why}", mend)


def _of_contract(log: Log, table: Table) -> Iterator[Seen]:
    if log.state.version == delta_log.NOTHING:
        return  # its log was told of
    try:
        there = log.state.columns()
    except ValueError as error:
        yield Seen(False, f"version {log.state.version}: {error}", BACKUP)
        return
    wanted = {column.name: column.dataType for column in table.struct()}
    missing = sorted(set(wanted) - set(there))
    mend = "the table is of another version of Nightjar: docs/operations.md, upgrades"
    if missing:
        yield Seen(False, f"version {log.state.version}: columns missing: {missing}", mend)


def _of_files(log: Log, table: Table, *, deep: bool) -> Iterator[Seen]:
    live = list(log.state.files.values())
    with ThreadPoolExecutor(N_THREADS) as pool:
        whys = list(pool.map(lambda one: _wrong(one, deep=deep), live))
    broken = [(one, why) for one, why in zip(live, whys, strict=True) if why]
    restorable = _restorable(log, [one for one, _ in broken])
    for one, why in broken:
        name = one.path.relative_to(log.table) if one.path.is_relative_to(log.table) else one.path
        mend = _mend_of_file(log, table, one, restorable)
        yield Seen(False, f"version {log.state.version}: {name}: {why}", mend)


def _wrong(live: LiveFile, *, deep: bool) -> str | None:
    """Why a live file is not what the log says, or None."""
    try:
        return _unlike_log(live) or (_unlike_written(live) if deep else None)
    except FileNotFoundError:
        return "is missing"
    except (OSError, ValueError, pa.ArrowException) as error:
        return f"cannot be read: {' '.join(str(error).split())[:200]}"


def _unlike_log(live: LiveFile) -> str | None:
    n_bytes = live.path.stat().st_size
    if n_bytes != live.n_bytes:
        return f"has {n_bytes:,} bytes where the log says {live.n_bytes:,}"
    with live.path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            return "does not begin as Parquet does: overwritten"
    with pq.ParquetFile(live.path) as parquet:
        n_rows = parquet.metadata.num_rows
    if live.n_rows is not None and n_rows != live.n_rows:
        return f"holds {n_rows:,} rows where the log says {live.n_rows:,}"
    vector = delta_files.vector_file(live)
    return None if vector is None or vector.is_file() else f"its deletion vector {vector.name} is missing"


def _unlike_written(live: LiveFile) -> str | None:
    vector = delta_files.vector_file(live)
    return _changed(live.path) or (_changed(vector) if vector else None) or _undecodable(live)


def _undecodable(live: LiveFile) -> str | None:
    with pq.ParquetFile(live.path, page_checksum_verification=True) as parquet:
        n_rows = sum(batch.num_rows for batch in parquet.iter_batches())
        wanted = parquet.metadata.num_rows
    return None if n_rows == wanted else f"{n_rows:,} of its {wanted:,} rows can be read"


def _sidecar(path: Path) -> Path:
    """Where Hadoop's local file system keeps the checksum of a file."""
    return path.with_name(f".{path.name}.crc")


def _changed(path: Path) -> str | None:
    """Why a file does not fit the checksum that Spark wrote beside it, or None; also where there is none.

    Hadoop's format: `crc`, a zero, bytes per checksum as four bytes, then the CRC-32 of each so many bytes.
    """
    sidecar = _sidecar(path)
    if not sidecar.is_file():
        return None
    noted = sidecar.read_bytes()
    if len(noted) < 8 or noted[:4] != b"crc\x00" or not (size := struct.unpack(">i", noted[4:8])[0]) > 0:
        return f"its checksum {sidecar.name} cannot be read"
    with path.open("rb") as file:
        for n, begin in enumerate(range(8, len(noted), 4)):
            if zlib.crc32(file.read(size)).to_bytes(4, "big") != noted[begin : begin + 4]:
                return f"byte {n * size:,} or one soon after it is not what was written (checksum)"
        return "it is longer than what was written (checksum)" if file.read(1) else None


def _restorable(log: Log, broken: Sequence[LiveFile]) -> int | None:
    """The newest version that needs none of the broken files and of which every file is there, or None."""
    paths = {one.path for one in broken}
    states = filter(None, map(log.at, log.before_adding(paths)))
    whole = (state.version for state in states if all(is_there(one, paths) for one in state.files.values()))
    return next(whole, None)


def is_there(live: LiveFile, broken: Set[Path] = frozenset()) -> bool:
    """Whether a file is as long as the log says, and none of those that are known to be broken."""
    try:
        return live.path not in broken and live.path.stat().st_size == live.n_bytes
    except OSError:
        return False


def _mend_of_file(log: Log, table: Table, live: LiveFile, restorable: int | None) -> str:
    mends = ["put it back from the backup"]
    if night := live.partition.get("night"):
        mends.append(f"`nightjar restore {table.path} --without-night {night} --why ...`, then run that night again")
    if restorable is not None:
        again = _listed(log.nights_since(restorable))
        mends.append(f"`nightjar restore {table.path} --to {restorable} --why ...`, then run again {again}")
    return "; or ".join(mends)


def _listed(nights: Sequence[str]) -> str:
    more = f" and {len(nights) - N_NAMED} more" if len(nights) > N_NAMED else ""
    return ", ".join(nights[:N_NAMED]) + more if nights else "what wrote it"
