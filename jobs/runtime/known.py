"""What is known on a night: each record's newest version made known by then, decisions with what they cover, what may
be used of communications data, and the nights before. Every as-of read goes through here (`RunContext.known`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.runtime.lakehouse import Lakehouse
from jobs.runtime.settings import Settings
from pipelines.common import as_of
from pipelines.comms import access
from pipelines.network.risk import scores as risk_scores
from pipelines.queues import near_duplicates
from pipelines.reports import queue as reports_queue
from schemas import gold, network, review, silver
from schemas.contract import Table
from schemas.errors import NotFoundError
from schemas.programme import figures, records

REPORTS = (silver.REPORTS, silver.REPORT_PEOPLE, silver.INVESTIGATIONS)  # what the scope of a night is made of
EPOCH = date(2020, 1, 1)  # frames of certificates are counted from here


@dataclass(frozen=True)
class Known:
    """The lakehouse as of one night.

    Attributes:
        lake: tables.
        settings: of the run.
        night: nothing that was made known later is seen.
    """

    lake: Lakehouse
    settings: Settings
    night: date

    def table(self, table: Table) -> DataFrame:
        """Newest version of each record of a silver table.

        Raises:
            ValueError: a table of communications data, which only the access gate answers for.
        """
        if table in silver.GATED:
            raise ValueError(f"{table.path} is read through the access gate: usable_events, usable_subscribers")
        return as_of.current(self.lake.read(table), table.key, self.night)

    def tonight(self, table: Table) -> DataFrame:
        """Rows of the night itself."""
        return self.lake.read(table).where(F.col("night") == F.lit(self.night))

    def has_tonight(self, table: Table) -> bool:
        """Whether the table has rows of the night, without an action where its log tells."""
        told = self.lake.n_rows_told(table, night=self.night.isoformat())
        return not self.tonight(table).isEmpty() if told is None else bool(told)

    def has_any(self, table: Table) -> bool:
        """Whether the table has rows of any night, without an action where its log tells."""
        told = self.lake.n_rows_told(table)
        return not self.lake.read(table).isEmpty() if told is None else bool(told)

    def until(self, table: Table) -> DataFrame:
        """Rows of the night and of all before it."""
        return self.lake.read(table).where(self._is_past)

    def before(self, table: Table) -> DataFrame:
        """Rows of earlier nights."""
        return self.lake.read(table).where(F.col("night") < F.lit(self.night))

    def reports(self) -> tuple[DataFrame, DataFrame, DataFrame]:
        """Reports, who is named in them, and investigations."""
        reports, people, investigations = (self.table(table) for table in REPORTS)
        return reports, people, investigations

    def scope(self) -> DataFrame:
        """Reports without a CSAE tag that are in scope."""
        return reports_queue.in_scope(*self.reports())

    def training_reports(self) -> DataFrame:
        """Every report, labelled by tag and decisions."""
        reports, people, _ = self.reports()
        return reports_queue.training_reports(reports, people, self.decisions())

    def decisions(self) -> DataFrame:
        """gold.DECISIONS, each for the near-duplicates too that it covers. `until` gives them as they were made."""
        return near_duplicates.with_near_duplicates(
            self.until(gold.DECISIONS), self.before(review.QUEUE_NEAR_DUPLICATES)
        )

    def n_answers_since(self, night: str) -> int:
        """Decisions on reports that say whether they are CSAE, made known after `night` (ISO date)."""
        given = reports_queue.answers(self.until(gold.DECISIONS))
        return given.where(F.col("night") > F.lit(night).cast("date")).count()

    def usable_events(self, part: Callable[[DataFrame], DataFrame] | None = None) -> DataFrame:
        """Communications events that may be used (`access.usable`): the one way in which they are read.

        Args:
            part: takes a part of silver.comms_events before it is judged, so that its files can be skipped; it must
                take every version of the events that it takes.
        """
        events = self.lake.read(silver.COMMS_EVENTS)
        return access.usable(part(events) if part else events, self.lake.read(silver.COMMS_AUTHORISATIONS), self.night)

    def usable_subscribers(self) -> DataFrame:
        """Subscriber records that may be used: the one way in which they are read."""
        subscribers, granted = (self.lake.read(t) for t in (silver.COMMS_SUBSCRIBERS, silver.COMMS_AUTHORISATIONS))
        return access.usable_subscribers(subscribers, granted, self.night)

    def hidden_numbers(self) -> DataFrame:
        """Numbers whose own events are hidden."""
        events, granted = (self.lake.read(t) for t in (silver.COMMS_EVENTS, silver.COMMS_AUTHORISATIONS))
        return access.hidden_numbers(events, granted, self.night)

    def risk(self) -> risk_scores.Known:
        """Everything the risk reads."""
        use_scores = self.settings.risk.seeds.use_unreviewed_scores
        return risk_scores.Known(
            night=self.night,
            entities=self.tonight(network.ENTITIES),
            members=self.tonight(network.ENTITY_MEMBERS),
            edges=self.tonight(network.EDGES),
            reports=self.table(silver.REPORTS),
            report_people=self.table(silver.REPORT_PEOPLE),
            episodes=self.table(silver.MISSING_EPISODES),
            decisions=self.until(gold.DECISIONS),
            scores=self.tonight(gold.REPORT_SCORES) if use_scores else None,
        )

    def scored_alike(self, model_version: str, code_commit: str) -> date | None:
        """The last complete night before this one if the same model and code scored it; else all is scored again."""
        last = self.before(gold.RUN_MANIFEST).orderBy(F.col("night").desc()).limit(1).collect()
        if last and (last[0].model_version, last[0].code_commit) == (model_version, code_commit):
            return date.fromisoformat(str(last[0].night))
        return None

    def programme(self) -> dict[str, DataFrame]:
        """What the programme's figures count, by kind; kinds of which a feed never came are not there."""
        tables: dict[str, Callable[[], DataFrame]] = {
            "cases": lambda: self.tonight(figures.CASE_FOOTPRINTS),
            "subjects": lambda: self.tonight(figures.SUBJECT_RECOGNITION),
            "disruptions": lambda: self.table(records.DISRUPTIONS),
            "outcomes": lambda: self.table(records.CASE_OUTCOMES),
        }
        absent = set(self.absent_programme_feeds())
        return {of: read() for of, read in tables.items() if not absent & set(figures.NEEDS[of])}

    def absent_programme_feeds(self) -> list[str]:
        """Feeds of the programme that never came; asked without Spark where tables are folders."""
        return [feed for feed, table in records.BY_FEED.items() if not self.lake.exists(table)]

    def frame_opened_on(self, frame_nights: int) -> date:
        """The first complete night of the period of `frame_nights` days that the night lies in, or the night itself."""
        start = EPOCH + timedelta(days=(self.night - EPOCH).days // frame_nights * frame_nights)
        is_in_frame = F.col("night") >= F.lit(start)
        first = self.before(gold.RUN_MANIFEST).where(is_in_frame).agg(F.min("night")).collect()[0][0]
        return self.night if first is None else date.fromisoformat(str(first))

    def newest(self, table: Table, where: Column | None = None) -> date | None:
        """The newest night with rows in a table, or with such as `where` says; None where there is none."""
        rows = self.until(table)
        night: date | None = (rows if where is None else rows.where(where)).agg(F.max("night")).collect()[0][0]
        return night

    def newest_published(self) -> date:
        """Night of the newest published queue.

        Raises:
            NotFoundError: nothing was published yet.
        """
        night = self.newest(gold.RUN_MANIFEST)
        if night is None:
            raise NotFoundError("No night has run yet. Run `nightjar nightly` first.")
        return night

    def newest_communications(self) -> date:
        """Night in which communications events arrived last.

        Raises:
            NotFoundError: none arrived yet.
        """
        night = self.newest(silver.COMMS_EVENTS)
        if night is None:
            raise NotFoundError("No communications data is loaded yet. Run a night with some first.")
        return night

    def later_nights(self) -> list[date]:
        """Published nights later than this one, in order."""
        published = self.lake.read(gold.RUN_MANIFEST).where(F.col("night") > F.lit(self.night))
        return [row.night for row in published.select("night").distinct().orderBy("night").collect()]

    @property
    def _is_past(self) -> Column:
        return F.col("night") <= F.lit(self.night)
