"""The database that iLEAPP and ALEAPP write for LAVA: `_lava_artifacts.db`, a table for each artefact.

Names of tables and columns are those of functions and headings, in lower case, with underscores for what is no letter
or digit; so letters and digits alone tell which is which. Artefacts that are not known are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from pipelines.device.readers.base import TOO_LARGE, Clean, last_part, never_raising
from pipelines.device.readers.leapp_artefacts import Artefact, Rows, artefact
from pipelines.device.readers.sqlite_copy import MAGIC, Database, opened, quoted
from pipelines.device.records import Record, Refused, Source


class LeappSqlite:
    """A LAVA database."""

    name = "leapp_sqlite"
    version = "1"

    def takes(self, name: str, head: bytes) -> bool:
        return head.startswith(MAGIC) and last_part(name).lower() == "_lava_artifacts.db"

    @never_raising
    def read(self, content: BinaryIO, source: Source) -> Iterator[Record]:
        with opened(content, source) as database:
            for table in database.tables:
                known = artefact(table)
                if known is not None:
                    yield from _records(database, table, known, source)


def _records(database: Database, table: str, known: Artefact, source: Source) -> Iterator[Record]:
    columns = database.columns(table)
    by_letters = {_letters(heading): heading for names in known.columns.values() for heading in names}
    headers = [by_letters.get(_letters(column), column) for column in columns]
    if not known.fits(headers):
        return
    clean = Clean()
    rows = Rows(known, headers, source, clean)
    query = f"SELECT rowid, {', '.join(map(quoted, columns))} FROM {quoted(table)} WHERE rowid > ? ORDER BY rowid"
    for row, place in database.rows(table, query, "rowid"):
        if row is None:
            yield Refused(place, TOO_LARGE)
        else:
            yield rows.record([clean.line(one) if isinstance(one, bytes) else one for one in row[1:]], place)
        yield from clean.told()


def _letters(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())
