"""The candidates compared on a data set from outside: whoever doubts them checks them on data of their own.

Read is a CSV with a text, a label and, where rows belong together, a group per row. It is compared as a night's
training compares reports: same candidates, grouped folds, partitions, masking and figures, and logged in an experiment
of its own. Nothing is registered, no lakehouse is read, and no Spark is needed.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.runtime import progress
from jobs.runtime.context import RunContext
from jobs.training import summary
from schemas.errors import InvalidInputError

if TYPE_CHECKING:
    import pandas as pd

LABELS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
ANYWHERE = "outside"  # in the place of a force: rows of a data set have none
SHOWN = 20  # characters of a value, and columns, that an error shows


@dataclass(frozen=True)
class Columns:
    """Names of the columns to read; without `group` each row stands for itself."""

    text: str = "text"
    label: str = "label"
    group: str | None = None

    @property
    def names(self) -> list[str]:
        """Those that the file must have."""
        return [self.text, self.label, *([self.group] if self.group else [])]


def train(
    ctx: RunContext, file: Path, columns: Columns, *, names: Sequence[str], capacity: int | None, seed: int
) -> dict[str, Any]:
    """Compare candidates on the rows of `file` and log the comparison.

    Args:
        names: candidates; none for those of a night that has no model (all but BERT).
        capacity: rows that would be read, for recall and precision; that of the settings if None.

    Raises:
        InvalidInputError: the file cannot be read; says which row and column.
        TrainingDataError: its rows cannot train anything; says what is missing.
    """
    from models.candidates import candidates
    from models.registry import registry, tracking
    from models.training import compare, comparison

    rules = ctx.settings.training
    try:
        chosen = candidates.named(list(names or rules.first.candidates))
    except ValueError as error:
        raise InvalidInputError(str(error)) from error
    frame = read(file, columns, max_rows=rules.max_reports)
    compared = compare.train(
        frame, chosen, seed=seed, n_folds=rules.n_folds, capacity=capacity or ctx.settings.queue.capacity,
        effort=compare.Effort(
            n_sets=rules.n_sets, n_inner=rules.n_inner, n_partitions=rules.n_partitions,
            n_partitions_dear=rules.n_partitions_dear,
        ),
        progress=lambda said: progress.CURRENT.say(f"{'':>8} {said}"),
    )  # fmt: skip
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    tags = {"dataset": file.name, "sha256": digest, "code_commit": ctx.code_commit}
    source = tracking.Input(file.name, str(file.resolve()))
    run = ctx.registry.log(compared, tags, inputs=[source], experiment=registry.OUTSIDE)
    made = summary.summary(
        compared, tags=tags, registered={}, refusals=[], refused={}, true={}, hidden={}, marking="",
        lower_is_better=sorted(comparison.LOWER_IS_BETTER),
    )  # fmt: skip
    n_left_out = sum(compared.n_excluded.values())
    return {**made, "run": run, "experiment": registry.OUTSIDE, "n_left_out": n_left_out}


def read(file: Path, columns: Columns, *, max_rows: int) -> pd.DataFrame:
    """The rows of a CSV (comma, UTF-8, one header) as training takes reports.

    Raises:
        InvalidInputError: names the file, and the row (the header is row 1) and column where there is one.
    """
    import pandas as pd

    rows = list(_rows(file, columns, max_rows))
    frame = pd.DataFrame(rows, columns=["report_id", "text", "label", "group"])
    for wanted, other in ((True, "0"), (False, "1")):
        if not (frame["label"] == wanted).any():
            raise InvalidInputError(f"{file.name}, column {columns.label}: each of {len(frame)} rows is {other}")
    return pd.DataFrame(
        {
            "report_id": frame["report_id"],
            "text": frame["text"],
            "text_hash": [hashlib.sha256(text.encode()).hexdigest() for text in frame["text"]],
            "label": frame["label"].astype(bool),
            "stratum": ["CSAE" if label else "NO_TAG" for label in frame["label"]],
            "force": ANYWHERE,
            "person_ids": [[group] if group else [] for group in frame["group"]],
            "is_suspected_false": False,
        }
    )


def _rows(file: Path, columns: Columns, max_rows: int) -> Iterator[tuple[str, str, bool, str]]:
    number = 0
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            number = 1
            header = next(reader, [])
            places = _places(file, header, columns)
            for number, row in enumerate(reader, start=2):
                if number - 1 > max_rows:
                    raise InvalidInputError(f"{file.name}: more than {max_rows:,} rows (training.max_reports)")
                if len(row) != len(header):
                    raise InvalidInputError(f"{file.name}, row {number}: {len(row)} fields for {len(header)} columns")
                yield _row(file, number, row, places, columns)
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{file.name}, after row {number}: not UTF-8 ({error.reason})") from error
    except csv.Error as error:
        raise InvalidInputError(f"{file.name}, row {number + 1}: not CSV ({error})") from error
    if number < 2:
        raise InvalidInputError(f"{file.name}: a header and no row")


def _places(file: Path, header: list[str], columns: Columns) -> list[int]:
    for name in columns.names:
        if header.count(name) != 1:
            n = "no" if name not in header else "more than one"
            there = ", ".join(header[:SHOWN]) or "nothing"
            raise InvalidInputError(f"{file.name}, row 1: {n} column {name}; there is {there} (separator is the comma)")
    if len(set(columns.names)) != len(columns.names):
        raise InvalidInputError(f"{file.name}: text, label and group are columns of their own")
    return [header.index(name) for name in columns.names]


def _row(file: Path, number: int, row: list[str], places: list[int], columns: Columns) -> tuple[str, str, bool, str]:
    text, label, *group = (row[place] for place in places)
    if label.strip().lower() not in LABELS:
        shown = label if len(label) <= SHOWN else f"{label[:SHOWN]}..."
        raise InvalidInputError(
            f"{file.name}, row {number}, column {columns.label}: {shown!r} is none of {', '.join(LABELS)}"
        )
    if "\0" in text:
        raise InvalidInputError(f"{file.name}, row {number}, column {columns.text}: holds a zero byte")
    return f"row:{number:07d}", text, LABELS[label.strip().lower()], group[0].strip() if group else ""
