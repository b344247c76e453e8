"""The import of a reference list of organised crime groups, as forces map them. Compared with, never computed."""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path
from typing import Any

from jobs.runtime import identity, night_bounds
from jobs.runtime.audit import operations
from jobs.runtime.context import RunContext
from schemas import codes, contract, risk
from schemas.errors import InvalidInputError

COLUMNS = ("ocg_ref", "person_id")
MOST_ROWS = 1_000_000


def load(ctx: RunContext, file: Path, night: date) -> dict[str, Any]:
    """Make the list of `file` that of `night`; counts of what was loaded and refused.

    Raises:
        InvalidInputError: the file is not UTF-8 CSV with the two columns, or has more rows than a list of people can
            have; or the night is later than tomorrow.
    """
    night_bounds.refuse_future(ctx.settings, night, is_future_allowed=ctx.is_future_allowed)
    reference = re.compile(contract.whole(str(risk.OCG_MEMBERS.columns["ocg_ref"].pattern)).replace(r"\z", r"\Z"))
    person = re.compile(rf"(?:{codes.FORCE_PATTERN}):\S{{1,60}}\Z")
    rows: set[tuple[date, str, str]] = set()
    n = 0
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            if not set(COLUMNS) <= set(reader.fieldnames or ()):
                raise InvalidInputError(f"{file.name} has no columns {' and '.join(COLUMNS)}")
            for n, row in enumerate(reader, start=1):
                if n > MOST_ROWS:
                    raise InvalidInputError(f"{file.name} has more than {MOST_ROWS} rows")
                ref, who = ((row[name] or "").strip() for name in COLUMNS)
                if reference.match(ref) and person.match(who):
                    rows.add((night, ref, who))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidInputError(f"{file.name} is not UTF-8 CSV") from error
    n_by_outcome = {"loaded": len(rows), "groups": len({ref for _, ref, _ in rows}), "refused": n - len(rows)}
    operations.reference_list_imported(ctx.audit, identity.account(), night, n_by_outcome, {who for _, _, who in rows})
    frame = ctx.spark.createDataFrame(sorted(rows), risk.OCG_MEMBERS.struct())
    ctx.lake.replace(frame, risk.OCG_MEMBERS, {"night": night.isoformat()})
    return n_by_outcome
