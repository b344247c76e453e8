"""The inbox as two append-only tables: what was handed in, and which of it a night has settled.

`bronze.inbox` is only ever appended to, by any number of people at once; that a night is done with a row is a row of
`bronze.inbox_settled`, written after the night's own tables. Both are appended by key, so that the same row handed in
or settled twice, in whatever order writers meet, is one row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.runtime import fault_points
from jobs.runtime.inbox import port
from jobs.runtime.lakehouse import Lakehouse
from pipelines.decisions import decision as one
from schemas import bronze


@dataclass(frozen=True)
class TableInbox:
    """An inbox in `lake`: rows of `bronze.inbox` below `prefix`, or of no prefix; see `port.Inbox`."""

    lake: Lakehouse
    prefix: str = ""

    def submit(self, name: str, text: str) -> str:
        row = self.lake.spark.createDataFrame([(self.prefix + name, text)], bronze.INBOX.struct())
        if not self.lake.append_new(row, bronze.INBOX):
            raise port.AlreadySubmittedError(f"{name.removesuffix('.json')} was handed in before; nothing was added")
        return f"{self.lake.location(bronze.INBOX)} as {self.prefix}{name}"

    def read(self, night: date) -> list[one.File]:
        return self._files(self._settled().where(F.col("night") != F.lit(night)))

    def pending(self) -> list[one.File]:
        return self._files(self._settled())

    def settle(self, night: date, names: Iterable[str]) -> int:
        rows = [(self.prefix + name, night) for name in dict.fromkeys(names)]
        if not rows:
            return 0
        fault_points.point("before settling")
        settled = self.lake.spark.createDataFrame(rows, bronze.INBOX_SETTLED.struct())
        new = settled.join(self._settled().select("file"), "file", how="left_anti")
        n_new = 0 if new.isEmpty() else self.lake.append_new(new, bronze.INBOX_SETTLED)
        fault_points.point("within settling")  # one commit: there is nothing between its rows
        return n_new

    def _settled(self) -> DataFrame:
        return self.lake.read(bronze.INBOX_SETTLED)

    def _files(self, settled: DataFrame) -> list[one.File]:
        """Rows that are not among `settled`. People write them, so those that are open fit the driver."""
        mine = F.col("file").startswith(self.prefix) if self.prefix else ~F.col("file").startswith("undo/")
        text = F.substring("text", 1, port.MAX_BYTES + 1).alias("text")  # of a row that is no decision, no more
        open_rows = self.lake.read(bronze.INBOX).where(mine).join(settled.select("file"), "file", how="left_anti")
        rows = open_rows.select("file", text).distinct().orderBy("file", "text").collect()
        return [_file(row["file"].removeprefix(self.prefix), row["text"]) for row in rows]


def _file(name: str, text: str) -> one.File:
    if not name.endswith(".json"):
        return one.File(name, "", port.NOT_JSON)
    if len(text.encode("utf-8", "surrogatepass")) > port.MAX_BYTES:
        return one.File(name, text, port.TOO_LARGE)
    return one.File(name, text)
