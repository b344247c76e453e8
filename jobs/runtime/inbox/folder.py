"""The inbox as a folder: analysts and the night work at once, and nothing is lost or doubled.

What is handed in is one JSON file named by its id. It is written under another name, put on disk, and only then given
its name, which fails where the name exists: a file in the inbox is always whole, and there once. Settled, it lies in
`taken/<night>/`.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jobs.runtime import fault_points, whole_file
from jobs.runtime.inbox import port
from pipelines.decisions import decision as one

TAKEN = "taken"


@dataclass(frozen=True)
class FolderInbox:
    """An inbox in `folder`; see `port.Inbox`."""

    folder: Path

    def submit(self, name: str, text: str) -> str:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        final = self.folder / name
        if any(self.folder.glob(f"{TAKEN}/*/{name}")):
            raise port.AlreadySubmittedError(f"{final.stem} was taken in before; nothing was added")
        temporary = self.folder / f".{name}.{secrets.token_hex(8)}"
        try:
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with open(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.link(temporary, final)
        except FileExistsError as error:
            raise port.AlreadySubmittedError(f"{final.stem} was handed in before; nothing was added") from error
        finally:
            temporary.unlink(missing_ok=True)
        whole_file.sync_folder(self.folder)
        return str(final)

    def read(self, night: date) -> list[one.File]:
        """See `port.Inbox`. Files that are being written (their name begins with a dot) are not there yet."""
        files: dict[str, one.File] = {}
        for folder in (self.folder / TAKEN / night.isoformat(), self.folder):
            if folder.is_dir():
                for entry in sorted(os.scandir(folder), key=lambda e: e.name):
                    if not entry.name.startswith(".") and not (folder == self.folder and entry.name == TAKEN):
                        files[entry.name] = _file(Path(entry.path))
        return [files[name] for name in sorted(files)]

    def pending(self) -> list[one.File]:
        return [_file(path) for path in sorted(self.folder.glob("*.json"))] if self.folder.is_dir() else []

    def settle(self, night: date, names: Iterable[str]) -> int:
        """See `port.Inbox`. A file whose name is taken in the night's folder gets another; none leaves the inbox."""
        folder, done = self.folder / TAKEN / night.isoformat(), list(names)
        if done:
            fault_points.point("before settling")
        n_moved = 0
        for name in done:
            source = self.folder / name
            if Path(name).name != name or not os.path.lexists(source):
                continue
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            target = folder / name
            if os.path.lexists(target):
                target = folder / f"{name}.{hashlib.sha256(_file(source).text.encode()).hexdigest()[:8]}"
            os.rename(source, target)
            n_moved += 1
            fault_points.point("within settling")
        if n_moved:
            whole_file.sync_folder(folder)
            whole_file.sync_folder(self.folder)
        return n_moved


def _file(path: Path) -> one.File:
    """One file of the inbox, never following a link and never waiting on a pipe."""
    if path.suffix != ".json":
        return one.File(path.name, "", port.NOT_JSON)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        return one.File(path.name, "", f"cannot be opened ({type(error).__name__})")
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        return one.File(path.name, "", "not a regular file")
    with open(handle, "rb") as file:
        content = file.read(port.MAX_BYTES + 1)
    if len(content) > port.MAX_BYTES:
        return one.File(path.name, content[: port.MAX_BYTES].decode("utf-8", "replace"), port.TOO_LARGE)
    try:
        return one.File(path.name, content.decode("utf-8"))
    except UnicodeDecodeError:
        return one.File(path.name, content.decode("utf-8", "replace"), "not UTF-8")
