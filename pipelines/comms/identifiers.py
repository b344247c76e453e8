"""What an investigator lists: telephone numbers, handsets, SIMs and accounts, as data holds them.

A list is as long as people write lists (thousands), so it is read on the driver.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from pipelines.common import devices, phones

KINDS = ("NUMBER", "IMEI", "IMSI")
MAX = 100_000  # identifiers of one run
_SEPARATORS = re.compile(r"[,;\t]")


@dataclass(frozen=True)
class Wanted:
    """One identifier of a list, as one kind of value. What could be two kinds is two of these with one `subject`."""

    subject: str
    kind: str
    value: str


def read(lines: Iterable[str]) -> tuple[list[Wanted], list[str]]:
    """The identifiers of a list, and the lines that hold none.

    A line holds one identifier; what follows a comma, semicolon or tab is a note, and `#` begins a comment. A kind may
    be said in front (`imsi:001010123456789`); without it fifteen digits that check are a handset, others a SIM, and
    what reads as a number, a short code or a sender's name is a party.

    Raises:
        ValueError: more identifiers than one run takes.
    """
    wanted_by_key: dict[tuple[str, str], Wanted] = {}
    unread = []
    for line in lines:
        text = _SEPARATORS.split(line.lstrip("\ufeff").split("#")[0], maxsplit=1)[0].strip().strip('"')
        if not text:
            continue
        pairs = _kinds(text)
        if not pairs:
            unread.append(text)
        for kind, value in pairs:
            wanted_by_key.setdefault((kind, value), Wanted(pairs[0][1], kind, value))
    if len(wanted_by_key) > MAX:
        raise ValueError(f"{len(wanted_by_key)} identifiers: at most {MAX} in one run")
    return sorted(wanted_by_key.values(), key=lambda w: (w.subject, w.kind, w.value)), unread


def _kinds(text: str) -> list[tuple[str, str]]:
    said, _, rest = text.partition(":")
    kind = said.strip().upper() if rest else ""
    if kind in (*KINDS, "ACCOUNT"):
        text = rest.strip()
    digits = re.sub(r"[\s./\-]", "", text)
    if kind not in ("NUMBER", "IMSI", "ACCOUNT"):
        handset = devices.imei(digits)
        if handset is not None and (kind == "IMEI" or len(digits) != 15 or digits == handset):
            return [("IMEI", handset)]
    if kind in ("IMSI", "") and re.fullmatch(r"[0-9]{14,15}", digits) and not text.startswith("+"):
        return [("IMSI", digits)]
    party = phones.party(text) if kind in ("NUMBER", "ACCOUNT", "") else None
    return [("NUMBER", party)] if party is not None else []


def frame(spark: SparkSession, wanted: Iterable[Wanted]) -> DataFrame:
    """The list as a DataFrame of `subject`, `kind`, `value`."""
    columns = pa.schema([(name, pa.string()) for name in ("subject", "kind", "value")])
    return spark.createDataFrame(pa.Table.from_pylist([asdict(w) for w in wanted], columns))
