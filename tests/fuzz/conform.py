"""What must hold of any row that is conformed, however its values are damaged: thousands of rows in one pass of Spark.

A row's values are its own: a reference, a number, a name that no other row has. Each is damaged by what people,
programs and spreadsheets leave in cells; none is made another's by a character more.
"""

from __future__ import annotations

import json
import random
from collections.abc import Collection, Iterator
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from pipelines.common import quality
from pipelines.ingest import conform
from schemas import silver
from schemas.layouts import absent, layouts
from schemas.layouts.fields import FIELDS, Field
from tests.support import nights

# A force's and a provider's layout of flat columns, with days first.
SENDERS = {
    "norfolk": ("nominals", "report_links", "investigations", "missing_episodes", "associations", "identifiers"),
    "telco_south": ("comms_events", "comms_subscribers", "comms_cells"),
}
_Written = dict[str, Any]
OWN = ("person_id", "report_id", "episode_id", "phone", "number", "a_number", "imsi", "cell", "subscriber_id")
AUTHORISATION = {
    "Auth URN": "A1", "Statutory Purpose": "CRIME", "Kind": "TRAFFIC", "Granted": "01/01/2026 00:00:00",
    "Expires": "13/03/2026 00:00:00",
}  # fmt: skip
# One more of these in a value makes no other value that somebody has.
_MARKS = [" ", "\u00a0", "\u200e", "\u202a", "\u00ad", "\ufeff", "\x07", "\x00", "'", '"', "`", "\t", "\n", "\r\n", "-",
          "\u2013", ".", ",", ";", "|", "/", "\\", "(", ")", "*", "#", "?", "_x000D_", "&nbsp;", "<b>", "{\\rtf1 ", "=",
          "\ud83d", "\u0301", "%", "$", "{", "}", "[", "]", "null", "e", "E+", "x"]  # fmt: skip
_WORDS = [*absent.SYSTEM, *absent.PEOPLE[:20], "01/01/1900", "0", "-1", "1e308", "NaN", "Infinity", "99/99/9999", "[]",
          "{}", '{"a": 1}', '["a"]', "9" * 400, "\U0001f600", "a" * 3_000, "31/02/2026", "24:00", "4.47701E+11",
          "07700XXXXXX", "$1", "\\1", "(?<", "%s", "'; --"]  # fmt: skip


def value(name: str, field: Field, feed: layouts.Feed, n: int) -> str:
    """A good value of a field, and of row `n` alone where values tell rows apart."""
    if words := feed.codes.get(name):
        return next(iter(words))
    spelt = {
        "reference": f"K{n:06d}", "name": f"Name{'abcdefghij'[n % 10]}{n}", "phone": f"07700{900_000 + n:06d}",
        "party": f"07700{900_000 + n:06d}", "imsi": f"00101{n:010d}", "imei": "352099001761481",
        "date": "10/03/2026", "instant": "10/03/2026 09:30:05", "duration": "61", "number": "3",
        "degrees": "52.6" if name == "latitude" else "1.3", "postcode": "NR1 3AA", "vehicle": "AB12 CDE",
        "boolean": "Y", "identifier": f"07700{900_000 + n:06d}", "address": f"{n} Mill Lane",
    }  # fmt: skip
    return "A1" if name == "auth_urn" else spelt.get(field.kind) or next(iter(field.among), "text")


def rows_of(chance: random.Random | None, feed: layouts.Feed, n_rows: int) -> list[_Written]:
    """Rows as they should be; with `chance`, of most of them one value or two are damaged."""
    rows = []
    for n in range(n_rows):
        row: _Written = {c: value(name, FIELDS[feed.name][name], feed, n) for name, c in feed.columns.items()}
        rows.append(row)
        if chance is None:
            continue
        for column in chance.sample(list(row), min(len(row), chance.choice([0, 1, 1, 1, 2, 3]))):
            row[column] = _damaged(row[column], chance)
    return rows


def _damaged(text: str, chance: random.Random) -> Any:
    at = chance.randint(0, len(text))
    marked = text[:at] + chance.choice(_MARKS) + text[at:]
    return chance.choice([marked, marked, marked, chance.choice(_WORDS), "", None, text + text, [text], {"a": text}])


def problems(spark: SparkSession, seed: int, n_rows: int, feeds: Collection[str] = ()) -> Iterator[str]:
    """What does not hold of one round: `n_rows` rows of each feed (default: all), as they should be and damaged.

    A seed makes the same rows again.
    """
    known = layouts.load()
    for sender, own in SENDERS.items():
        for name in own:
            if not feeds or name in feeds:
                layout = known[sender].feeds[name]
                good = rows_of(None, layout, n_rows)
                damaged = rows_of(random.Random(f"{seed}/{name}"), layout, n_rows)
                for problem in _of_feed(spark, {sender: known[sender]}, name, good, damaged):
                    yield f"seed {seed}, {name}: {problem}"


def _of_feed(
    spark: SparkSession, sources: dict[str, layouts.Source], feed: str, good: list[_Written], damaged: list[_Written]
) -> Iterator[str]:
    written = [*good, *damaged]
    judged = _judged(spark, sources, feed, written).persist()
    rows = sorted(judged.collect(), key=lambda row: row._row_number)
    if [row._row_number for row in rows] != list(range(1, len(written) + 1)):
        yield "not every row is judged once"
        return
    (result,) = quality.validate_all([(conform.accepted(judged, feed), silver.BY_FEED[feed])])
    judged.unpersist()
    if not result.success:
        yield f"what is accepted breaks its contract: {result.summary()}"
    if refused := [row.detail for row in rows[: len(good)] if row.reason is not None]:
        yield f"rows that are not damaged are refused: {refused[0]}"
    names = [name for name in OWN if name in judged.columns]
    whose = {name: {row[name]: n for n, row in enumerate(rows[: len(good)])} for name in names}
    for n, row in enumerate(rows[len(good) :]):
        told = json.dumps(damaged[n])[:400]
        if row.reason is not None and not row.detail:
            yield f"refused without a detail: {told}"
        if row._rescued is not None and not isinstance(json.loads(row._rescued), dict):
            yield f"what is rescued is no object: {told}"
        for name in names:
            if row[name] is not None and whose[name].get(row[name], n) != n:
                yield f"{name} is that of another row, {row[name]}: {told}"


def _judged(spark: SparkSession, sources: dict[str, layouts.Source], feed: str, written: list[_Written]) -> DataFrame:
    (sender,) = sources
    known: dict[str, DataFrame] = {}
    if feed in conform.AUTHORISED:
        name = "comms_authorisations"
        raw = nights.raw_rows(spark, sender, name, [AUTHORISATION])
        known = {"authorisations": conform.accepted(nights.judged(raw, name, nights.NIGHT, sources), name)}
    return nights.judged(nights.raw_rows(spark, sender, feed, written), feed, nights.NIGHT, sources, **known)
