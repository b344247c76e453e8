"""What a bank or agency is asked about: rows of `gold.finance_referrals` as CSV and XLSX, one pair per force."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.output import export
from jobs.runtime import audit
from jobs.runtime.audit import operations

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

FORM = export.Form(
    name="finance",
    sheet="Referral",
    note="Accounts and wallets that messages on a seized device tell of. Who told one need not hold it.",
    columns={
        "Kind": ("kind", 14),
        "Value": ("value", 46),
        "Checksum": ("status", 14),
        "Read with look-alikes": ("is_repaired", 12),
        "Messages": ("n_messages", 10),
        "Told by": ("told_by", 30),
        "First stands in": ("first_file", 44),
        "Member": ("first_member", 20),
        "From byte": ("first_byte", 12),
        "Submission": ("submission_id", 24),
        "Referred to, and why": ("reason", 50),
        "Decided by": ("reviewer", 20),
        "Decided at (UTC)": ("decided_at", 20),
        "Decision": ("decision_id", 38),
    },
    order=("submission_id", "kind", "value", "decided_at", "decision_id"),
    log=operations.referrals_exported,
)


def write(rows: DataFrame, folder: Path, night: date, log: audit.Log) -> list[Path]:
    """Write `folder/<night>/<force>/finance-<force>-<night>.csv` and `.xlsx`: see `export.write`.

    Args:
        rows: `gold.FINANCE_REFERRALS`.
    """
    return export.write(rows, folder, night, log, form=FORM)
