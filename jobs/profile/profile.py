"""`nightjar profile SUBJECT`: what is known of one subject in one night, as HTML and DOCX for a person to read.

The look is logged before anything is read for showing, the hand-over before a file is written; where the log cannot be
written, nothing is. Communications data comes through its gate (`Known.usable_events`), so that no section can hold
what may not be used; queue rows without a score are left out, so that none tells which rows chance drew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.profile import children, statements
from jobs.profile import comms as profile_comms
from jobs.profile import docx as profile_docx
from jobs.profile import html as profile_html
from jobs.profile import model as profile_model
from jobs.runtime import whole_file
from jobs.runtime.audit import operations
from jobs.runtime.context import RunContext
from pipelines.common import concurrency
from schemas import contract, gold, network, silver
from schemas import travel as travel_contract
from schemas.errors import NotFoundError

FORMATS = ("html", "docx")
MOST = 1_000  # rows of one table that are read for a profile
READ = (
    *(silver.PEOPLE, silver.INVESTIGATIONS, silver.MISSING_EPISODES, silver.REPORTS, silver.REPORT_PEOPLE),
    *(silver.COMMS_EVENTS, silver.COMMS_AUTHORISATIONS, network.ENTITY_MEMBERS),
    *(travel_contract.MATCHES, travel_contract.PASSENGERS, gold.QUEUE_ITEMS),
)


@dataclass(frozen=True)
class _Reader:
    """Tables as of a night, read by the ids that the profile is about."""

    ctx: RunContext
    night: date

    def known(self, table: contract.Table, by: str, ids: Sequence[str]) -> list[dict[str, Any]]:
        if not ids:
            return []
        return self.rows(self.ctx.known(self.night).table(table).where(F.col(by).isin(sorted(set(ids)))))

    def tonight(self, table: contract.Table) -> DataFrame:
        """A gold table's rows of the night."""
        return self.ctx.known(self.night).tonight(table)

    def about(self, table: contract.Table, person_ids: Sequence[str]) -> DataFrame:
        """A gold table's rows of the night that name one of the records."""
        rows = self.tonight(table)
        return rows.where(F.arrays_overlap("person_ids", F.array(*[F.lit(i) for i in person_ids])))

    def rows(self, df: DataFrame) -> list[dict[str, Any]]:
        return [row.asDict(recursive=True) for row in df.limit(MOST).collect()]


def write(
    ctx: RunContext,
    subject: str,
    *,
    night: date | None,
    reader: str,
    whom: str,
    why: str,
    out: Path | None = None,
    formats: Sequence[str] = FORMATS,
) -> list[Path]:
    """Make the profile of a subject and write it; returns the files.

    Args:
        subject: a person's record ("36:N3600000123"), or a resolved entity; both give all records of the entity.
        night: as known in this night; by default the newest that ran.
        reader: who asks for it.
        whom: who it is for.
        why: the reason, for the log.
        out: folder for the files; by default `exports/profiles`.

    Raises:
        NotFoundError: nobody of that id is known in the night, or no night has run.
        audit.AuditError: the look or the hand-over cannot be logged; nothing is written.
    """
    on = night or ctx.known().newest_published()
    operations.profile_viewed(ctx.audit, reader, subject, on, why or None)
    made = gather(ctx, subject, on)
    n = {"statements": sum(len(s.statements) for s in made.sections), "sources": len(made.sources())}
    operations.profile_combined(ctx.audit, reader, subject, on, made.person_ids, n)
    operations.profile_handed_out(ctx.audit, reader, whom, subject, on, why or None, n)
    folder = out or ctx.settings.exports / "profiles"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    safe = "".join(c if c.isalnum() else "-" for c in subject)[:60]
    makers = {"html": lambda: profile_html.page(made).encode(), "docx": lambda: profile_docx.document(made)}
    paths = {kind: folder / f"profile_{safe}_{on}.{kind}" for kind in formats}
    for kind, path in paths.items():
        whole_file.write(path, makers[kind]())
    return list(paths.values())


def gather(ctx: RunContext, subject: str, night: date) -> profile_model.Profile:
    """The profile, from the tables. The caller has logged the look.

    Raises:
        NotFoundError: nobody of that id is known in the night.
    """
    reader = _Reader(ctx, night)
    person_ids = _records(reader, subject)
    people = reader.known(silver.PEOPLE, "person_id", person_ids)
    if not people:
        raise NotFoundError(f"No record of {subject} is known in the night of {night}.")
    people.sort(key=lambda row: row["person_id"])
    reports = _Reports.of(reader, person_ids)
    calls, overlaps = _calls(ctx, people, person_ids, night)
    matches = reader.rows(reader.about(travel_contract.MATCHES, person_ids).where("is_published"))
    matches.sort(key=lambda row: (row["flight_on"], row["match_id"]), reverse=True)
    rows = reader.rows(reader.about(gold.QUEUE_ITEMS, person_ids))
    items = profile_model.calculations(map(profile_model.QueueRow.of, rows))
    return profile_model.Profile(
        subject=subject,
        name=statements.name_of(people[0]),
        night=statements.day(night),
        marking=profile_model.highest([row["marking"] for row in reports.rows] + [item.row.marking for item in items]),
        person_ids=tuple(person_ids),
        sections=_sections(reader, people, reports, calls, overlaps, matches, items),
        gaps=_gaps(reader, people, calls),
        provenance={"code": ctx.code_commit, "settings": ctx.settings.config_hash, **ctx.lake.versions(READ)},
    )


@dataclass(frozen=True)
class _Reports:
    """Reports that name the subject, newest first; the subject's role in each; and who else they name."""

    rows: list[dict[str, Any]]
    roles: dict[str, str]
    others: list[dict[str, Any]]

    @staticmethod
    def of(reader: _Reader, person_ids: Sequence[str]) -> _Reports:
        links = reader.known(silver.REPORT_PEOPLE, "person_id", person_ids)
        report_ids = [row["report_id"] for row in links]
        rows = reader.known(silver.REPORTS, "report_id", report_ids)
        rows.sort(key=lambda row: (row["intelligence_on"], row["report_id"]), reverse=True)
        by_id = {row["report_id"]: row for row in rows}
        others = [
            {**link, **_of_report(by_id[link["report_id"]])}
            for link in reader.known(silver.REPORT_PEOPLE, "report_id", report_ids)
            if link["person_id"] not in person_ids and link["report_id"] in by_id
        ]
        return _Reports(rows, {row["report_id"]: row["role"] for row in links}, others)


def _calls(
    ctx: RunContext, people: Sequence[dict[str, Any]], person_ids: Sequence[str], night: date
) -> tuple[profile_comms.Calls, list[dict[str, Any]]]:
    """Figures of the calls of the recorded telephones, and missing children whose episodes touch the subject."""
    phones = sorted({row["phone"] for row in people if row["phone"]})
    legs = concurrency.materialise_lazily(profile_comms.legs(ctx, phones, night))
    overlaps = children.overlaps(ctx, legs, person_ids, night, ctx.settings.comms_research.zone)
    return profile_comms.figures(legs), overlaps


def _sections(
    reader: _Reader,
    people: Sequence[dict[str, Any]],
    reports: _Reports,
    calls: profile_comms.Calls,
    overlaps: Sequence[dict[str, Any]],
    matches: Sequence[dict[str, Any]],
    items: Sequence[profile_model.Calculation],
) -> tuple[profile_model.Section, ...]:
    person_ids = [row["person_id"] for row in people]
    cases = reader.known(silver.INVESTIGATIONS, "person_id", person_ids)
    episodes = reader.known(silver.MISSING_EPISODES, "person_id", person_ids)
    holders = reader.known(silver.PEOPLE, "phone", [row["other"] for row in calls.contacts])
    by_phone = {row["phone"]: [h for h in holders if h["phone"] == row["phone"]] for row in holders}
    named = reader.known(silver.PEOPLE, "person_id", [row["person_id"] for row in reports.others])
    return (
        statements.identity(people),
        statements.investigations(sorted(cases, key=lambda row: row["investigation_id"])),
        statements.reports(reports.rows, reports.roles),
        statements.devices(people, calls.handsets),
        statements.contacts(calls.contacts, by_phone),
        statements.places(people, sorted(episodes, key=lambda row: row["episode_id"]), calls.cells),
        statements.times(calls.hours, calls.ends),
        statements.movements(matches),
        statements.associations(reports.others, {row["person_id"]: row for row in named}, matches),
        statements.overlaps(overlaps),
        statements.calculations(items),
    )


def _gaps(reader: _Reader, people: Sequence[dict[str, Any]], calls: profile_comms.Calls) -> tuple[str, ...]:
    windows = reader.known(silver.COMMS_AUTHORISATIONS, "auth_urn", sorted(calls.auths))
    lists = reader.ctx.known(reader.night).until(travel_contract.PASSENGERS)
    lists_to = lists.agg(F.max("flight_on")).collect()[0][0]
    windows.sort(key=lambda row: row["auth_urn"])
    return tuple(statements.gaps(people, windows, calls.n, lists_to, reader.night))


def _records(reader: _Reader, subject: str) -> list[str]:
    """Records of the subject: those of the resolved entity that it is, or is one of; else the record itself."""
    members = reader.tonight(network.ENTITY_MEMBERS).where("kind = 'PERSON'")
    own = reader.rows(members.where(F.col("record_id") == F.lit(subject)))
    entity = own[0]["entity_id"] if own else subject
    of_entity = reader.rows(members.where(F.col("entity_id") == F.lit(entity)))
    return sorted(row["record_id"] for row in of_entity) or [subject]


def _of_report(report: dict[str, Any]) -> dict[str, Any]:
    """What a link needs of its report: whose source it is, and its grading."""
    return {name: report[name] for name in ("urn", "items", "intelligence_on", "_file", "_row_number")}
