"""Dagster's record of runs in SQLite, without waiting for the disk at each of a night's thousand entries.

Dagster opens each file anew for each entry, and SQLite, when the last connection to a file goes, moves its write-ahead
log into it: five waits for the disk, with other work a third of a second for ten entries. With one more connection kept
to each file, and the log synchronised when it is moved and not with each entry, an entry is lost only where the machine
itself stops, and then the last ones; the files stay whole (https://www.sqlite.org/pragma.html#pragma_synchronous).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine


@contextmanager
def held_open(folder: Path) -> Iterator[None]:
    """Within, connections of this process to SQLite files below `folder` do not wait for the disk."""
    held: dict[str, sqlite3.Connection] = {}
    below = folder.resolve()

    def connected(connection: Any, _: object) -> None:
        if not isinstance(connection, sqlite3.Connection):
            return
        (_, _, file), *_ = connection.execute("PRAGMA database_list").fetchall()
        if not file or below not in Path(file).resolve().parents:
            return
        connection.execute("PRAGMA synchronous = NORMAL")
        if file not in held:
            held[file] = sqlite3.connect(file, check_same_thread=False)
        held[file].execute("SELECT count(*) FROM sqlite_master").fetchone()  # only who has read holds the file open

    event.listen(Engine, "connect", connected)
    try:
        yield
    finally:
        event.remove(Engine, "connect", connected)
        for connection in held.values():
            connection.close()
