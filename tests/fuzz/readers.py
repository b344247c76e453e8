"""What must hold of any file that is read, however it is damaged."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from schemas.layouts import layouts
from tests.fuzz import damage
from tests.support import one_file

_TOKEN = re.compile(r"\(r(\d+)c(\d)\)")
_TEXT = ("csv", "json")  # formats whose damage is in the text that a person could read, and not in its places


def round_of(seed: int, folder: Path) -> Iterator[str]:
    """Reads one damaged file; says what does not hold of it. A seed makes the same file again."""
    chance = random.Random(seed)
    kind = chance.choice(list(damage.WRITERS))
    write, _ = damage.WRITERS[kind]
    rows = damage.table(chance, chance.randint(1, 12))
    is_marked = kind.startswith(_TEXT) and chance.random() < 0.5  # else, no reader can tell what was cut out and joined
    content = (damage.marked if is_marked else damage.damaged)(write(rows), chance)
    name = f"{seed}.{kind.split(',')[0]}"
    for problem in problems(folder, name, content, _layouts(kind), is_marked):
        yield f"{kind}, seed {seed}: {problem}"
    (folder / name).unlink(missing_ok=True)


@cache
def _layouts(kind: str) -> dict[str, layouts.Source]:
    return one_file.norfolk(**damage.WRITERS[kind][1])


def problems(
    folder: Path, name: str, content: bytes, sources: Mapping[str, layouts.Source], are_values_told: bool
) -> Iterator[str]:
    """What does not hold: no error that a reader did not expect, every row once, and values in their own record."""
    try:
        whole, *read = one_file.rows(folder, name, content, sources)
    except Exception as error:  # noqa: BLE001 - what is looked for
        yield f"a reader lets {type(error).__name__} out: {error}"
        return
    if "cannot be read (" in (whole["detail"] or ""):
        yield f"unexpected: {whole['detail']}"
    numbers = sorted(row["row_number"] for row in read)
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"rows are numbered {numbers}"
    if whole["reason"] is not None and read:
        yield "a file that is refused has rows"
    if are_values_told:
        for row in read:
            if row["reason"] is None:
                yield from _misplaced(row)


def _misplaced(row: Mapping[str, Any]) -> Iterator[str]:
    """Values of two records in one row, or of another column."""
    try:
        values = json.loads(row["raw"])
    except ValueError:  # judged in Spark: it is no row
        return
    if not isinstance(values, dict):
        return
    records = set()
    for column, name in enumerate(damage.HEADER):
        found = _TOKEN.findall(str(values.get(name, "")))
        records |= {record for record, _ in found}
        if {int(at) for _, at in found} - {column}:
            yield f"row {row['row_number']}: a value of another column: {row['raw']}"
            return
    if len(records) > 1:
        yield f"row {row['row_number']}: values of several records: {row['raw']}"
