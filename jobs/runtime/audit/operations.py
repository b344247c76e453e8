"""What the log says: one function per operation, each of them one entry.

Nobody else appends to the log. A function takes the log, who acts and why, and what the entry speaks of: counts, the
night, and the ids, of which the entry keeps number and digest (`id_files`). The entry is on disk when it returns, and
whatever it speaks of happens after that. Every function raises `AuditError` where the entry cannot be written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from jobs.runtime.audit.port import Log

SYSTEM = "nightjar"  # who acts where no person does
Counts = Mapping[str, int]


# The night


def files_collected(log: Log, night: date, by_sender: Counts, files: Iterable[str]) -> None:
    """Senders' files were read: rows loaded per sender."""
    on_what = f"landing zone, night {night}"
    log.append(
        "collection", SYSTEM, on_what, operation="files_collected", night=night, counts=by_sender, ids=files
    )  # fmt: skip


def devices_read(log: Log, night: date, submissions: Iterable[str], why: str) -> None:
    """Exports of seized devices are read, each under the authority that its submission names."""
    log.append(
        "collection", SYSTEM, f"submissions of devices, night {night}", operation="devices_read", night=night, why=why,
        ids=submissions,
    )  # fmt: skip


def settings_changed(log: Log, night: date, changed: str, lines: Iterable[str]) -> None:
    """Settings are not those of the last night: `changed` names the keys, `lines` are all settings as they are now."""
    on_what = f"settings: {changed}"
    log.append("alteration", SYSTEM, on_what, operation="settings_changed", night=night, ids=lines)


def layouts_changed(log: Log, night: date, changed: str, lines: Iterable[str]) -> None:
    """Layouts are not those of the last night: `changed` names senders, `lines` are all layouts' digests as of now."""
    log.append("alteration", SYSTEM, f"layouts: {changed}", operation="layouts_changed", night=night, ids=lines)


def decisions_taken_in(log: Log, night: date, counts: Counts, decision_ids: Iterable[str]) -> None:
    """Decisions of reviewers go into the tables of the night."""
    log.append(
        "alteration", SYSTEM, f"gold.decisions, night {night}", operation="decisions_taken_in", night=night,
        counts=counts, ids=decision_ids,
    )  # fmt: skip


def undo_requests_taken_in(log: Log, night: date, counts: Counts, request_files: Iterable[str]) -> None:
    """Requests to undo merges and splits go into the tables of the night."""
    log.append(
        "alteration", SYSTEM, f"gold.entity_events, night {night}", operation="undo_requests_taken_in", night=night,
        counts=counts, ids=request_files,
    )  # fmt: skip


def people_resolved(log: Log, night: date, counts: Counts) -> None:
    """Nominal records of all forces became people."""
    on_what = f"nominals to people, night {night}"
    log.append("combination", SYSTEM, on_what, operation="people_resolved", night=night, counts=counts)


def edges_built(log: Log, night: date, tables: str, counts: Counts) -> None:
    """Records of `tables` became edges of the network; counts by kind, used or why not."""
    on_what = f"{tables} to edges, night {night}"
    log.append("combination", SYSTEM, on_what, operation="edges_built", night=night, counts=counts)


def network_scored(log: Log, night: date, counts: Counts) -> None:
    """Intelligence met communications data in the scores of the network."""
    on_what = f"gold.network_risk {night}: intelligence reports with communications data"
    log.append("combination", SYSTEM, on_what, operation="network_scored", night=night, counts=counts)


def travel_matched(log: Log, night: date, counts: Counts) -> None:
    """People looked for met passenger lists."""
    on_what = f"people looked for with passenger lists, night {night}"
    log.append("combination", SYSTEM, on_what, operation="travel_matched", night=night, counts=counts)


def silent_phones_matched(log: Log, night: date, counts: Counts) -> None:
    """Matched journeys met communications events."""
    on_what = f"matched journeys with communications events, night {night}"
    log.append("combination", SYSTEM, on_what, operation="silent_phones_matched", night=night, counts=counts)


def leads_detected(log: Log, night: date, events: str, other: str, counts: Counts) -> None:
    """Communications events met the records of another table."""
    log.append(
        "combination", SYSTEM, f"{events} with {other}, night {night}", operation="leads_detected", night=night,
        why="leads in communications data", counts=counts,
    )  # fmt: skip


def deconfliction_told(log: Log, night: date, by_force: Counts) -> None:
    """Forces are told whom to call: rows per force that is told."""
    log.append(
        "disclosure", SYSTEM, f"gold.deconfliction {night}: whom to call", operation="deconfliction_told", night=night,
        to_whom="forces " + ", ".join(sorted(by_force)), counts=by_force,
    )  # fmt: skip


def writeback_exported(
    log: Log, night: date, force: str, to_whom: str, who: str, counts: Counts, decision_ids: Iterable[str]
) -> None:
    """Files of decided tags are written for a force."""
    log.append(
        "disclosure", who, f"gold.writeback night={night} force={force}", operation="writeback_exported", night=night,
        to_whom=to_whom, why="tags that reviewers decided to add, for the force's own system", counts=counts,
        ids=decision_ids,
    )  # fmt: skip


def referrals_exported(
    log: Log, night: date, force: str, to_whom: str, who: str, counts: Counts, decision_ids: Iterable[str]
) -> None:
    """Files of accounts and wallets that a reviewer decided to refer are written for a force."""
    log.append(
        "disclosure", who, f"gold.finance_referrals night={night} force={force}", operation="referrals_exported",
        night=night, to_whom=to_whom, why="accounts and wallets that reviewers decided to refer, for the force to send",
        counts=counts, ids=decision_ids,
    )  # fmt: skip


# Models


def training_read(log: Log, night: date, report_ids: Iterable[str], counts: Counts) -> None:
    """Reports known in a night are read to train classifiers."""
    log.append(
        "consultation", SYSTEM, f"reports to train classifiers, as of {night}", operation="training_read", night=night,
        counts=counts, ids=report_ids,
    )  # fmt: skip


def pretraining_read(log: Log, night: date, folder: str, report_ids: Iterable[str], counts: Counts) -> None:
    """Reports known in a night are read to pretrain an encoder, whose weights go to a folder."""
    log.append(
        "consultation", SYSTEM, f"reports to pretrain an encoder, night {night}", operation="pretraining_read",
        night=night, why=f"weights in {folder}", counts=counts, ids=report_ids,
    )  # fmt: skip


def linkage_fitted(log: Log, night: date, record_ids: Iterable[str], counts: Counts) -> None:
    """Nominal records were compared with each other to fit the linkage of people."""
    log.append(
        "combination", SYSTEM, f"nominals to fit the linkage, night {night}", operation="linkage_fitted", night=night,
        counts=counts, ids=record_ids,
    )  # fmt: skip


def model_registered(log: Log, model: str, why: str) -> None:
    """A classifier was registered; `why` says whether the criteria promoted or refused it."""
    log.append("alteration", SYSTEM, f"model {model}", operation="model_registered", why=why)


def model_promoted(log: Log, who: str, model: str, why: str) -> None:
    """A person makes a version champion."""
    log.append("alteration", who, f"model {model}", operation="model_promoted", why=why)


def model_withdrawn(log: Log, who: str, model: str, why: str, touched: Counts) -> None:
    """A person takes a version out of use: rows that it touched, by kind."""
    log.append("alteration", who, f"model {model}", operation="model_withdrawn", why=why, counts=touched)


# People at work


def queue_viewed(log: Log, who: str, night: date, queue: str, force: str | None, item_ids: Iterable[str]) -> None:
    """The top of a queue is printed."""
    log.append(
        "consultation", who, f"{queue} {night} {force or 'all forces'}", operation="queue_viewed", night=night,
        to_whom=who, why="queue show", ids=item_ids,
    )  # fmt: skip


def item_traced(log: Log, who: str, night: date, queue: str, item_id: str, subject_id: str) -> None:
    """A queue item is traced to its source."""
    log.append(
        "consultation", who, f"{queue} {night} item {item_id}", operation="item_traced", night=night, to_whom=who,
        why="trace", ids=[item_id, subject_id],
    )  # fmt: skip


def rows_viewed(log: Log, who: str, on_what: str, why: str, n_rows: int, ids: Iterable[str]) -> None:
    """Rows of a table are shown on a page: ids asked for and ids in the rows."""
    log.append(
        "consultation", who, on_what, operation="rows_viewed", to_whom=who, why=why, counts={"rows": n_rows}, ids=ids
    )  # fmt: skip


def entity_events_viewed(log: Log, who: str, of_what: str, ids: Iterable[str]) -> None:
    """Merges and splits are listed: ids of events and of the records that they speak of."""
    log.append(
        "consultation", who, f"gold.entity_events {of_what}", operation="entity_events_viewed", to_whom=who, ids=ids
    )  # fmt: skip


def flights_searched(log: Log, who: str, asked: str, night: date) -> None:
    """Listed flights are searched."""
    log.append(
        "consultation", who, f"silver.flights {asked}, as of {night}", operation="flights_searched", night=night,
        to_whom=who, why="flights search",
    )  # fmt: skip


def communications_researched(log: Log, who: str, why: str, night: date, identifiers: Iterable[str]) -> None:
    """Calls of listed identifiers are looked at."""
    listed = set(identifiers)
    log.append(
        "consultation", who, f"silver.comms_events, silver.comms_subscribers as of {night}",
        operation="communications_researched", night=night, to_whom=who, why=why, counts={"identifiers": len(listed)},
        ids=listed,
    )  # fmt: skip


def identifiers_combined(log: Log, who: str, why: str, night: date, identifiers: Iterable[str]) -> None:
    """A list of identifiers is joined with communications data."""
    listed = set(identifiers)
    log.append(
        "combination", who,
        f"list of identifiers with silver.comms_events, silver.comms_subscribers as of {night}",
        operation="identifiers_combined", night=night, why=why, counts={"identifiers": len(listed)}, ids=listed,
    )  # fmt: skip


def research_handed_out(log: Log, who: str, why: str, night: date, folder: str, counts: Counts) -> None:
    """Tables and workbook of a research are written: rows per table."""
    log.append(
        "disclosure", who, f"research of communications data as of {night} in {folder}",
        operation="research_handed_out", night=night, to_whom=who, why=why, counts=counts,
    )  # fmt: skip


def profile_viewed(log: Log, who: str, subject: str, night: date, why: str | None) -> None:
    """A profile of a subject is asked for."""
    log.append(
        "consultation", who, f"profile of {subject} as of {night}", operation="profile_viewed", night=night,
        to_whom=who, why=why, ids=[subject],
    )  # fmt: skip


def profile_combined(log: Log, who: str, subject: str, night: date, record_ids: Iterable[str], counts: Counts) -> None:
    """Intelligence met communications and travel data in a profile: ids of the subject's records."""
    log.append(
        "combination", who, f"intelligence with communications and travel data, {subject}",
        operation="profile_combined", night=night, counts=counts, ids=record_ids,
    )  # fmt: skip


def profile_handed_out(
    log: Log, who: str, to_whom: str, subject: str, night: date, why: str | None, counts: Counts
) -> None:
    """A profile is written for somebody."""
    log.append(
        "disclosure", who, f"profile of {subject} as of {night}", operation="profile_handed_out", night=night,
        to_whom=to_whom, why=why, counts=counts, ids=[subject],
    )  # fmt: skip


def pages_handed_out(log: Log, who: str, night: date, folder: str, pages: Iterable[str]) -> None:
    """Notebooks are rendered to pages in a folder."""
    log.append(
        "disclosure", who, f"pages of notebooks as of {night} in {folder}", operation="pages_handed_out", night=night,
        to_whom=who, ids=pages,
    )  # fmt: skip


def decision_handed_in(
    log: Log, who: str, night: date, queue: str, item_id: str, decision_id: str, outcome: str
) -> None:
    """A reviewer decides on an item of a queue of `night`."""
    log.append(
        "alteration", who, f"{queue} {night} item {item_id}", operation="decision_handed_in", night=night,
        why=f"decision {decision_id}: {outcome}", ids=[item_id],
    )  # fmt: skip


def undo_requested(log: Log, who: str, event_id: str, why: str) -> None:
    """A reviewer asks to undo a merge or split."""
    log.append(
        "alteration", who, f"gold.entity_events event {event_id}", operation="undo_requested", why=f"undo: {why}",
        ids=[event_id],
    )  # fmt: skip


def reference_list_imported(log: Log, who: str, night: date, counts: Counts, person_ids: Iterable[str]) -> None:
    """A list of organised crime groups becomes that of a night."""
    log.append(
        "collection", who, f"silver.ocg_members {night}", operation="reference_list_imported", night=night,
        counts=counts, ids=person_ids,
    )  # fmt: skip


# The log and the home


def log_viewed(log: Log, who: str, asked: str) -> None:
    """Entries of the log are shown."""
    log.append("consultation", who, f"log of processing, {asked}", operation="log_viewed", to_whom=who)


def ids_opened(log: Log, who: str, n: int, why: str) -> None:
    """The ids of entry `n` are shown."""
    log.append(
        "consultation", who, f"ids of entry {n} of the log of processing", operation="ids_opened", to_whom=who, why=why
    )  # fmt: skip


def home_mended(log: Log, who: str, what: str, why: str, counts: Counts | None = None) -> None:
    """Something of the home is put right: modes, places, tables."""
    log.append("alteration", who, what, operation="home_mended", why=why, counts=counts)
