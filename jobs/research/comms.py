"""Bulk research of communications data: a list of identifiers in, a folder of tables and a workbook out.

The consultation and the combination of the list with communications data are in the log before anything is computed.
Every table is made of what may be used (`Known.usable_events`): excess data and hidden rows are not in any of them.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import partial, reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyspark.sql import functions as F

from jobs.research import comms_workbook
from jobs.runtime.audit import operations
from jobs.runtime.context import RunContext
from pipelines.common import concurrency
from pipelines.comms import calls as comms_calls
from pipelines.comms import identifiers, indicators
from pipelines.comms import positions as comms_positions
from pipelines.comms import research as tables
from schemas import silver
from schemas.errors import NotFoundError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

SHORT = 200  # identifiers whose values go to the files' statistics
# Table, and what it says: in the order of the workbook's sheets.
TABLES = {
    "summary": "Each identifier: how much, with how many, when first and last, which handsets and SIMs.",
    "holders": "Who is on record for the numbers, and events in each holder's time.",
    "contacts": "Who contacts whom, ranked: calls, texts, first and last. is_listed: the other is on the list too.",
    "common_contacts": "Parties in contact with two or more of the list, who are not on it.",
    "new_contacts": "Parties first met in the last weeks of each identifier's data.",
    "shared_equipment": "Handsets seen with several SIMs or numbers, and SIMs seen in several handsets.",
    "together": "Pairs whose cells were near each other in the same half hour.",
    "routes": "From cell to cell, with distance, minutes and speed.",
    "gaps": "Silences between two events.",
    "hours": "Events by weekday (1 Monday) and hour of the wall clock.",
    "indicators": "Each number's week: contacts, nights, conversations, places (definitions of bandicoot).",
}


@dataclass
class Research:
    """What one run made. `rows` is per table; nothing here names a person."""

    folder: Path
    night: date
    n_identifiers: int
    unread: int
    n_events: int
    rows: dict[str, int] = field(default_factory=dict)
    workbook: Path | None = None

    def as_dict(self) -> dict[str, Any]:
        return {k: str(v) if isinstance(v, Path | date) else v for k, v in asdict(self).items()}

    def text(self) -> str:
        lines = [f"{self.n_identifiers} identifiers, {self.n_events} events as of {self.night}"]
        if self.unread:
            lines.append(f"{self.unread} lines of the list hold no identifier")
        lines += [f"  {name:<18}{n:>10,}  {TABLES[name]}" for name, n in self.rows.items()]
        return "\n".join([*lines, f"in {self.folder}", f"workbook: {self.workbook}"])


def run(ctx: RunContext, lines: Iterable[str], night: date, *, who: str, why: str, out: Path | None = None) -> Research:
    """Research a list as of `night`, and write its tables and workbook.

    Raises:
        NotFoundError: no line of the list holds an identifier.
        audit.AuditError: the look cannot be logged; then nothing is read.
    """
    wanted, unread = identifiers.read(lines)
    if not wanted:
        raise NotFoundError("the list holds no number, handset, SIM or account")
    name = _name(wanted, night)
    log(ctx, wanted, night, who=who, why=why)
    picture_of = picture(ctx, wanted, night)
    folder = (out or ctx.settings.exports / "comms_research") / name
    fresh = folder.with_name(f".{folder.name}.new")  # readers see a whole folder or none
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True, mode=0o700)
    n_events = picture_of.pop("legs").agg(F.countDistinct("call_id")).collect()[0][0]
    paths = {table: str(fresh / f"{table}.parquet") for table in picture_of}
    concurrency.run(*(partial(df.coalesce(1).write.parquet, paths[table]) for table, df in picture_of.items()))
    sheets = {table: ctx.spark.read.parquet(path) for table, path in paths.items()}
    counts = dict(zip(sheets, concurrency.run(*(sheet.count for sheet in sheets.values())), strict=True))
    limit = ctx.settings.comms_research.rows_per_sheet
    content = comms_workbook.book(
        {t: (TABLES[t], s.columns, comms_workbook.rows(s, limit), counts[t]) for t, s in sheets.items()}, night
    )
    (fresh / "report.xlsx").write_bytes(content)
    operations.research_handed_out(ctx.audit, who, why, night, str(folder), counts)
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)
    n = len({w.subject for w in wanted})
    return Research(folder, night, n, len(unread), n_events, counts, folder / "report.xlsx")


def log(ctx: RunContext, wanted: Sequence[identifiers.Wanted], night: date, *, who: str, why: str) -> None:
    """Put the look, and the combination of the list with communications data, into the log of processing."""
    subjects = {w.subject for w in wanted}
    operations.communications_researched(ctx.audit, who, why, night, subjects)
    operations.identifiers_combined(ctx.audit, who, why, night, subjects)


def picture(ctx: RunContext, wanted: list[identifiers.Wanted], night: date) -> dict[str, DataFrame]:
    """Every table of TABLES for a list, and the `legs` behind them, all lazily. Call `log` first."""
    options = tables.Options.of(dict(ctx.settings.comms_research))
    usable = ctx.known(night).usable_events(partial(about, wanted=wanted))
    frame = identifiers.frame(ctx.spark, wanted)
    calls = comms_calls.calls(usable, options.clock_skew_s)
    legs = concurrency.materialise_lazily(comms_calls.of_subjects(comms_calls.legs(calls, options.zone), wanted))
    holders = ctx.known(night).usable_subscribers()
    cells = ctx.known(night).table(silver.COMMS_CELLS)
    return {"legs": legs, **questions(legs, frame, holders, cells, options)}


def about(events: DataFrame, wanted: list[identifiers.Wanted]) -> DataFrame:
    """Every version of the events of which one names a listed identifier.

    All versions of an event name the same numbers; its handset and SIM a later version may correct.
    """
    named = _naming(events, wanted)
    if all(w.kind == "NUMBER" for w in wanted):
        return named
    ids = named.select("event_id").distinct()
    return events.join(ids, "event_id", how="left_semi").select(*events.columns)


def _naming(events: DataFrame, wanted: list[identifiers.Wanted]) -> DataFrame:
    """Rows that name a listed identifier. A short list goes to the reader as values, so that it reads only the files
    whose statistics may hold one; of a long list every file holds some, and it is joined."""
    values = {kind: sorted({w.value for w in wanted if w.kind == kind}) for kind in identifiers.KINDS}
    columns = {"a_number": "NUMBER", "b_number": "NUMBER", "imei": "IMEI", "imsi": "IMSI"}
    asked = {column: values[kind] for column, kind in columns.items() if values[kind]}
    if len(wanted) <= SHORT:
        return events.where(reduce(or_, (F.col(column).isin(some) for column, some in asked.items())))
    named = events
    for column, some in asked.items():
        listed = events.sparkSession.createDataFrame(pa.table({f"_{column}": some}))
        named = named.join(F.broadcast(listed), on=F.col(column) == F.col(f"_{column}"), how="left")
    is_named = reduce(or_, (F.col(f"_{column}").isNotNull() for column in asked))
    return named.where(is_named).select(*events.columns)


def questions(
    legs: DataFrame, wanted: DataFrame, subscribers: DataFrame, cells: DataFrame, options: tables.Options
) -> dict[str, DataFrame]:
    """The tables of TABLES, in their order."""
    contacts = concurrency.materialise_lazily(tables.contacts(legs, wanted))  # several tables are made of each
    positions = concurrency.materialise_lazily(comms_positions.positions(legs, cells))
    records = indicators.records(legs.dropDuplicates(["call_id", "is_out"]))
    return {
        "summary": tables.summary(legs, options),
        "holders": tables.holders(legs, subscribers),
        "contacts": contacts,
        "common_contacts": tables.common(contacts),
        "new_contacts": tables.new_contacts(contacts, options),
        "shared_equipment": tables.shared_equipment(legs),
        "together": comms_positions.together(positions, options),
        "routes": comms_positions.routes(positions),
        "gaps": tables.gaps(legs, options),
        "hours": tables.hours(legs),
        "indicators": indicators.weekly(records),
    }


def _name(wanted: list[identifiers.Wanted], night: date) -> str:
    """Folder of a list and a night: the same list makes the same folder again."""
    digest = hashlib.sha256("\n".join(f"{w.kind}:{w.value}" for w in wanted).encode()).hexdigest()
    return f"{night.isoformat()}-{digest[:12]}"
