"""Ways in which disks, copies and people damage a Delta table in a folder: each takes the folder of the table."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from jobs.runtime.delta import delta_log


def commit(table: Path, version: int) -> Path:
    return table / "_delta_log" / f"{version:020d}.json"


def data_file(table: Path, night: str) -> Path:
    """The first data file of a night's partition that the newest version has."""
    live = delta_log.read(table).state.files.values()
    return min(one.path for one in live if one.partition["night"] == night)


def cut(path: Path, share: float = 0.5) -> None:
    """Keep the first part of a file, as a full disk or a broken copy does."""
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def zero(path: Path, since: float, until: float) -> None:
    """Overwrite a part of a file with zeros, its size unchanged, as a file system does after power was lost."""
    content = bytearray(path.read_bytes())
    begin, end = int(len(content) * since), int(len(content) * until)
    content[begin:end] = bytes(end - begin)
    path.write_bytes(content)


def without_sidecar(damage: Callable[[Path], None]) -> Callable[[Path], None]:
    """The damage, and no checksum beside the file that would tell of it."""

    def done(path: Path) -> None:
        damage(path)
        path.with_name(f".{path.name}.crc").unlink(missing_ok=True)

    return done


def set_aside(table: Path, after: int, to: Path) -> None:
    """Move what the log holds of versions later than `after`, and its pointer, out of the table."""
    to.mkdir(parents=True, exist_ok=True)
    for path in (table / "_delta_log").iterdir():
        number = path.name.lstrip(".")[:20]
        if path.name.lstrip(".").startswith("_last_checkpoint") or (number.isdigit() and int(number) > after):
            shutil.move(path, to / path.name)
