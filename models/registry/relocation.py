"""A state folder that was moved, copied or restored under another path: MLflow's records name absolute locations.

MLflow keeps where each artefact lies as a whole URI and has no command that moves one. All that a registry of ours
wrote lies below one folder, so the beginning of these URIs is what has to change: in one transaction, in five columns.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

_LOCATIONS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


def follow(database: Path, experiment: str, root: str) -> str | None:
    """Make MLflow's records name artefacts below `root`, where they name another folder. Returns that folder's URI.

    Args:
        database: MLflow's SQLite file; one that does not exist needs nothing.
        experiment: whose artefact location says where the records think that they are.
        root: URI of the folder that holds the artefacts now.
    """
    if not database.exists():
        return None
    with closing(sqlite3.connect(database, timeout=60, isolation_level=None)) as connection:
        before = _recorded(connection, experiment)
        if before in (None, root):
            return None
        connection.execute("BEGIN IMMEDIATE")  # of two that find it moved, the second finds it mended
        before = _recorded(connection, experiment)
        if before is not None and before != root:
            for table, column in _LOCATIONS:
                connection.execute(
                    f"UPDATE {table} SET {column} = ? || substr({column}, ?) "
                    f"WHERE {column} = ? OR substr({column}, 1, ?) = ?",
                    (root, len(before) + 1, before, len(before) + 1, f"{before}/"),
                )
        connection.execute("COMMIT")
    return before


def _recorded(connection: sqlite3.Connection, experiment: str) -> str | None:
    try:
        row = connection.execute("SELECT artifact_location FROM experiments WHERE name = ?", (experiment,)).fetchone()
    except sqlite3.OperationalError:  # MLflow has not made its tables yet
        return None
    return None if row is None else str(row[0])
