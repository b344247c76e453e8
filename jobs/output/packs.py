"""Packs on children's accounts for their forces: rows of `gold.victim_packs`, a Word document each.

The same row gives the same bytes. A disclosure is in the log before its files have their names, and a pack that a
decision no longer hands out is taken away.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.output import word
from jobs.runtime import audit, whole_file
from jobs.runtime.audit import operations
from schemas import codes

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

CAUTION = (
    "Calculation, not fact. Everything here is what somebody wrote on a device, and what follows from it by rule."
    " Nobody has checked who the account belongs to. Safeguarding comes first: check before anybody is visited."
)
WELLBEING = (
    "This pack is about harm to a child. It holds no picture and quotes no more than it needs. Take breaks, do not read"
    " packs alone or late, and use your force's wellbeing and trauma support; nobody will ask why."
)
GRADED = (
    "Gradings are proposed by rule, for an officer to grade: source not tested (2); known to it directly (A),"
    " indirectly (C), or not known how (D)."
)
_STATES = {
    "address_confirmed": "address confirmed", "line_of_enquiry": "line of enquiry",
    "unresolved": "nothing to follow yet",
}  # fmt: skip


def write(rows: DataFrame, folder: Path, night: date, log: audit.Log, *, who: str = operations.SYSTEM) -> list[Path]:
    """Write `folder/<night>/<force>/pack-<account>.docx` for each row of the night, and list them.

    Args:
        rows: `gold.VICTIM_PACKS`. Only the night's are taken: as many as people decided, so they fit the driver.

    Raises:
        ValueError: a force code could not be a folder.
        audit.AuditError: the disclosure cannot be logged; then nothing is written.
    """
    by_force: dict[str, dict[Path, tuple[str, bytes]]] = {}
    for row in rows.where(rows["night"] == night).orderBy("force", "account_id", "decision_id").collect():
        told = row.asDict(recursive=True)
        if not re.fullmatch(codes.FORCE_PATTERN, told["force"]):
            raise ValueError("a force code that is not of its form cannot be a folder")
        path = folder / night.isoformat() / told["force"] / f"pack-{told['account_id']}.docx"
        by_force.setdefault(told["force"], {})[path] = (told["decision_id"], document(told))
    made = {path for files in by_force.values() for path in files}
    for path in (folder / night.isoformat()).glob("*/pack-*.docx"):
        if path not in made:
            path.unlink()
    for force, files in sorted(by_force.items()):
        stale = {path: each for path, each in files.items() if not path.is_file() or path.read_bytes() != each[1]}
        if stale:
            operations.packs_handed_out(
                log, night, force, to_whom(force), who, {"packs": len(stale)}, {id_ for id_, _ in stale.values()}
            )
        for path, (_, data) in stale.items():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            whole_file.write(path, data)
    return sorted(made)


def to_whom(force: str) -> str:
    """Whoever a force code stands for, in words."""
    if force == codes.NATIONAL:
        return "the national queue"
    return f"force {force} {codes.FORCES.get(force, '')}".strip()


def document(row: Mapping[str, Any]) -> bytes:
    """A row of `gold.VICTIM_PACKS` as the bytes of a DOCX file."""
    made = word.new("Victim pack", codes.MARKINGS[-1])
    made.add_heading(word.text(f"Account of a child: {account(row)}"), level=0)
    made.add_paragraph(CAUTION, style="Intense Quote")
    made.add_paragraph(WELLBEING, style="Intense Quote")
    made.add_heading("1  Summary", level=1)
    word.table(made, ("What", "Value"), facts(row), is_calculated=lambda value: value.endswith(" (calculated)"))
    _list(made, "2  What can be followed", row["leads"], "Nothing is told that could be followed.")
    made.add_heading("3  What is told, by whom, and where it stands", level=1)
    word.soft(made, GRADED)
    word.table(made, EVIDENCE_HEADINGS, evidence(row), size=7)
    _list(made, "4  Gaps in knowledge", row["gaps"], "None is known.")
    made.add_heading("5  How this was made", level=1)
    decided = row["decided_at"].astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    word.table(
        made, ("What", "Value"),
        [
            ("Submission", row["submission_id"]), ("Handed in by", to_whom(row["from_force"])),
            ("Decision", row["decision_id"]), ("Decided by", row["reviewer"]), ("Decided at (UTC)", decided),
            ("Why", row["reason"] or ""), ("Hash of what was decided on (SHA-256)", row["evidence_hash"]),
        ],
    )  # fmt: skip
    return word.saved(made)


def account(row: Mapping[str, Any]) -> str:
    """Application and party of a row."""
    return f"{row['app'] or 'address book'}: {row['party']}"


def facts(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a pack says first, as pairs."""
    addresses = [value.replace("|", ", ") for value in row["addresses"]]
    basis = f", by {row['basis']}" if row["basis"] else ""
    return [
        ("Goes to", to_whom(row["force"])),
        ("Status", f"{_STATES[row['status']]}{basis} (calculated)"),
        ("House and postcode", "; ".join(addresses) or "not confirmed"),
        ("Age told", ", ".join(row["ages"]) or "not told"),
        ("Other accounts held to be the same child's", "; ".join(row["linked"]) or "none"),
        ("Who told of the child (no child's account)", ", ".join(row["told_by"]) or "nobody else"),
        ("Known pictures in the child's conversations", "; ".join(row["known_pictures"]) or "none"),
    ]


EVIDENCE_HEADINGS = ("What", "As written", "About", "Said by", "In", "Grading", "File", "Member", "From byte")


def evidence(row: Mapping[str, Any]) -> list[Sequence[str]]:
    """Every claim of a pack, as rows under `EVIDENCE_HEADINGS`."""
    return [
        (
            each["kind"].lower(), each["as_written"], each["account"], each["said_by"] or "address book",
            each["source"].lower(), each["grading"], each["file"], each["member"], f"{each['byte_from']:,}",
        )
        for each in row["evidence"]
    ]  # fmt: skip


def _list(made: Any, heading: str, lines: Sequence[str], none: str) -> None:
    made.add_heading(heading, level=1)
    for line in lines:
        made.add_paragraph(word.text(line), style="List Bullet")
    if not lines:
        made.add_paragraph(none)
