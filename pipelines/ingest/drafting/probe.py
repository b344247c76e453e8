"""One file, read as each thing that it could be: what gives rows that agree with each other is what it is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipelines.ingest.drafting import encodings, header
from pipelines.ingest.drafting.probe_csv import as_csv
from pipelines.ingest.drafting.probe_json import as_json
from pipelines.ingest.drafting.reading import Probed, read_as
from pipelines.ingest.drafting.table import Question
from pipelines.ingest.readers import base as readers
from pipelines.ingest.readers import workbook
from pipelines.ingest.readers.base import FileRefused

_MAX_SKIPPED = 9  # as many rows as a layout can skip in a workbook


def probe(path: Path) -> Probed:
    """What one file is, by its content; its name does not count."""
    try:
        head = encodings.head(str(path))
        if not head.strip():
            return Probed(refused="it holds nothing")
        if head.startswith(readers.ZIP):
            return _workbook(path)
        if head.startswith(b"PAR1"):
            return read_as(path, {"format": "parquet"})
        if head.startswith((readers.OLE, b"PARE", *readers.FOREIGN)):
            readers.check_head(head, "csv")
        return _text(path, head)
    except FileRefused as refused:
        return Probed(refused=refused.detail)
    except OSError as error:
        return Probed(refused=f"cannot be opened ({type(error).__name__})")


def _text(path: Path, head: bytes) -> Probed:
    encoding = encodings.sniff(head)
    if not encoding.names:
        if b"\0" in head:
            raise FileRefused("FILE_TYPE_MISMATCH", "binary content of no format that is known")
        question = Question(
            "encoding", "the bytes are of no encoding that is known: ask the sender which it writes",
            options=tuple(map(json.dumps, encodings.SINGLE_BYTE)),
        )  # fmt: skip
        return Probed(questions=[question], refused="its encoding is not known")
    name = encoding.names[0]
    start = head.decode(name, "ignore").removeprefix("\ufeff")
    probed = as_json(path, name, start) if start.lstrip()[:1] in ("{", "[") else None
    probed = probed or as_csv(path, name, start)
    if damage := encodings.lost(start):
        probed.questions.append(
            Question("", f"{damage}. Ask the sender for the export as it left the system", must=False)
        )
    if len(encoding.names) > 1:
        probed.keys.pop("encoding", None)
        probed.questions.append(
            Question(
                "encoding", "the bytes make sense in several encodings; look which shows names as they are spelt",
                options=tuple(map(json.dumps, encoding.names)),
            )
        )  # fmt: skip
    return replace(probed, is_plain=encoding.is_plain)


def _workbook(path: Path) -> Probed:
    with readers.open_plain(str(path), None) as file:
        sheets = workbook.first_rows(file, header.SEARCHED + header.BELOW)
    found = [(title, rows, headers) for title, rows in sheets if (headers := header.find(rows))]
    if not found:
        return Probed({"format": "xlsx"}, refused="no sheet has a header that is followed by rows as wide")
    _, rows, headers = found[0]
    at = headers[-1]
    keys: dict[str, Any] = {"format": "xlsx"}
    if at > _MAX_SKIPPED:
        return Probed(keys, refused=f"the header stands in row {at + 1}, and a layout can skip {_MAX_SKIPPED}")
    names = tuple(header.cells(rows[at]))
    probed = read_as(path, {**keys, "skip_rows": at} if at else keys, names)
    above = header.cells(rows[at - 1]) if at else []
    if len(headers) > 1 or sum(map(bool, above)) > 1:
        probed.keys.pop("skip_rows", None)
        probed.questions.append(
            Question(
                "skip_rows",
                "the row above the header may be a part of it. Skipped, the columns have the names below; else "
                "say with header_rows over how many rows their names are spread",
                options=(str(at),),
            )
        )
    if len(found) > 1:
        others = len(found) - 1
        text = f"more sheets with a table: {others}; the first that has the layout's columns is read"
        probed.questions.append(Question("columns", text, must=False))
    return probed
