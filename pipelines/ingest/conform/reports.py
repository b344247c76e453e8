"""Intelligence reports: graded items, provenance, handling, marking and tags (3x5x2 of the College of Policing)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipelines.ingest import layout_columns
from pipelines.ingest.conform import judgement, records
from pipelines.ingest.conform.judgement import Problem
from schemas import codes, silver
from schemas.layouts import layouts
from schemas.layouts.fields import ITEM_CONSTANTS, ITEM_PARTS

_PARTS = ITEM_PARTS


def judge(rows: DataFrame, sources: Mapping[str, layouts.Source], night: date) -> DataFrame:
    """Judged reports of the night (see `records.finish`)."""
    record = records.read(rows, "reports", sources, night)
    extract = record.extract
    record = record.with_columns({"items": _items(extract), "provenance": _provenance()})
    text = F.concat_ws("\n", F.col("title"), F.transform("items", lambda item: item["text"]))
    national = F.array_sort(F.array_distinct(F.filter("tags", F.isnotnull)))
    record = record.with_columns(
        {
            "force": extract.force(),
            "report_id": records.local_id(extract, F.col("urn")),
            "title": _lines("title"),
            "created_at": judgement.unless(_created_on(extract) < F.col("intelligence_on"), "created_at"),
            "raw_tags": records.raw_list("tags"),
            "handling_code": F.upper("handling_code"),
            "action_code": F.upper("action_code"),
            "sanitisation_code": F.upper("sanitisation_code"),
            "is_suspected_false": _is_suspected_false(),
        }
    ).with_columns({"text": text})
    first = (
        Problem(
            layout_columns.is_refused_marking(F.col("marking")),
            "MARKING_REFUSED",
            "marked SECRET or above: text not kept",
        ),
        Problem(F.col("marking").isin(*codes.LEGACY_MARKINGS), "MARKING_LEGACY", "marking: legacy, for review"),
    )
    return judgement.finish(
        record.with_columns({"tags": national, "text_hash": F.sha2("text", 256), "is_csae": _is_csae(national)}),
        silver.REPORTS,
        "reports",
        first=first,
        then=_problems(),
    )


def _created_on(extract: layout_columns.Extract) -> Column:
    """The day, by the sender's clock, on which the report was created."""
    return F.to_date(F.from_utc_timestamp("created_at", extract.time_zone()))


def _is_csae(tags: Column) -> Column:
    return F.arrays_overlap(tags, F.array(*[F.lit(tag) for tag in codes.CSAE_TAGS]))


def _lines(name: str) -> Column:
    """Text with one kind of line end, so that offsets mean the same everywhere."""
    return F.regexp_replace(name, r"\r\n?", "\n")


def split_grade(grade: Column, scheme: Column) -> tuple[Column, Column]:
    """Source and intelligence of a combined grade ("2B", "B2", "2/B"); NULLs where it is not one letter and one digit.

    In 3x5x2 the source is the digit; the legacy 5x5x5 swaps them.
    """
    packed = F.regexp_replace(F.upper(grade), r"[\s/.\-]", "")
    valid = F.when(packed.rlike(r"^(?:[1-5][A-E]|[A-E][1-5])$"), packed)
    digit, letter = F.regexp_extract(valid, r"[1-5]", 0), F.regexp_extract(valid, r"[A-E]", 0)
    is_legacy = scheme == "5x5x5"
    return F.when(is_legacy, letter).otherwise(digit), F.when(is_legacy, digit).otherwise(letter)


def _items(extract: layout_columns.Extract) -> Column:
    """Items that hold text or a grade, numbered as the sender numbers them."""
    found = F.coalesce(*_numbered(extract), *_nested(extract), F.array().cast(f"array<{silver.ITEM.simpleString()}>"))
    return F.filter(found, lambda item: item["text"].isNotNull() | item["source"].isNotNull())


def _numbered(extract: layout_columns.Extract) -> list[Column]:
    """Items in numbered columns, as one expression over all senders that number them."""
    items = {s: f.items.columns() for s, (_, f) in extract.senders.items() if f.items and f.items.path is None}
    if not items:
        return []
    rows = []
    for n in range(max(len(columns) for columns in items.values())):
        own = {s: columns[n] for s, columns in items.items() if n < len(columns)}
        parts = {p: extract.nested({s: c[p] for s, c in own.items() if p in c}) for p in _PARTS}
        rows.append(_item(extract, F.lit(n + 1), parts))
    return [F.when(F.col("sender").isin(list(items)), F.array(*rows))]


def _nested(extract: layout_columns.Extract) -> list[Column]:
    """Items in a nested array, as one expression over all senders that nest them."""
    nested = {s: f.items for s, (_, f) in extract.senders.items() if f.items and f.items.path is not None}
    if not nested:
        return []
    array = F.from_json(extract.nested({s: i.path or "" for s, i in nested.items()}), "array<map<string,string>>")

    def item(element: Column, n: Column) -> Column:
        paths = {p: {s: i.parts[p].split(".") for s, i in nested.items() if p in i.parts} for p in _PARTS}
        return _item(
            extract, n + 1, {p: layout_columns.clean(layout_columns.at(element, path)) for p, path in paths.items()}
        )

    return [F.when(F.col("sender").isin(list(nested)), F.transform(array, item))]


def _item(extract: layout_columns.Extract, n: Column, parts: Mapping[str, Column]) -> Column:
    graded = {part: _coded(extract, f"item_{part}", parts[part]) for part in _PARTS if part != "text"}
    source, intelligence = split_grade(graded["grade"], F.col("scheme"))
    constants = {
        name: layout_columns.lookup(
            {s: f.constants[name] for s, (_, f) in extract.senders.items() if name in f.constants}
        )
        for name in ITEM_CONSTANTS
    }
    is_there = parts["text"].isNotNull()  # a constant grades an item that is there, and makes none
    return F.struct(
        n.cast("int").alias("n"),
        F.regexp_replace(parts["text"], r"\r\n?", "\n").alias("text"),
        F.coalesce(F.upper(graded["source"]), source, F.when(is_there, constants["item_source"])).alias("source"),
        F.coalesce(
            F.upper(graded["intelligence"]), intelligence, F.when(is_there, constants["item_intelligence"])
        ).alias("intelligence"),
    )


def _coded(extract: layout_columns.Extract, name: str, value: Column) -> Column:
    """A grade by the sender's codes ("2 - Untested" is 2), else as written."""
    named = extract.named(name, value)
    return value if named is None else F.coalesce(named, value)


def _provenance() -> Column:
    """Provenance with its grading, or NULL where the sender gave neither."""
    source, intelligence = split_grade(F.col("provenance_grade"), F.col("scheme"))
    provenance = F.struct(
        F.regexp_replace("provenance_text", r"\r\n?", "\n").alias("text"),
        F.coalesce(F.upper("provenance_source"), source).alias("source"),
        F.coalesce(F.upper("provenance_intelligence"), intelligence).alias("intelligence"),
    )
    given = F.coalesce("provenance_text", "provenance_source", "provenance_intelligence", "provenance_grade")
    return F.when(given.isNotNull(), provenance)


def _is_graded(part: Column) -> Column:
    """Whether a struct's grading is valid 3x5x2; NULL grades are not."""
    source = part["source"].isin(*codes.SOURCE_GRADES)
    return F.coalesce(source & part["intelligence"].isin(*codes.INTELLIGENCE_GRADES), F.lit(False))


def _is_suspected_false() -> Column:
    """Whether an item is graded "suspected to be false": E in 3x5x2, and 5 in the legacy scheme, by its own words."""
    worst = F.when(F.col("scheme") == "5x5x5", F.lit("5")).otherwise(F.lit("E"))
    return F.coalesce(
        F.exists("items", lambda item: F.coalesce(item["intelligence"] == worst, F.lit(False))), F.lit(False)
    )


def _problems() -> tuple[Problem, ...]:
    """What the code list says of items, gradings and handling. Legacy 5x5x5 gradings are kept raw and not judged."""
    is_current = F.col("scheme") == "3x5x2"
    handling, action, sanitisation = F.col("handling_code"), F.col("action_code"), F.col("sanitisation_code")
    is_bare = action.isNull() & sanitisation.isNull()
    both = F.coalesce(action.isin(*codes.ACTION_CODES) & sanitisation.isin(*codes.SANITISATION_CODES), F.lit(False))
    has_text = F.exists("items", lambda item: item["text"].isNotNull())
    return (
        Problem(~F.coalesce(has_text, F.lit(False)), "MISSING_REQUIRED", "items"),
        Problem(is_current & ~F.forall("items", _is_graded), "BAD_GRADING", "items: not graded 1-3 and A-E"),
        Problem(
            is_current & F.col("provenance").isNotNull() & ~_is_graded(F.col("provenance")),
            "BAD_GRADING",
            "provenance: not graded 1-3 and A-E",
        ),
        Problem(~handling.isin(*codes.HANDLING_CODES), "BAD_HANDLING", "handling_code: not P or C"),
        Problem((handling == "P") & ~is_bare, "BAD_HANDLING", "handling P takes no action or sanitisation code"),
        Problem((handling == "C") & ~both, "BAD_HANDLING", "handling C needs an action and a sanitisation code"),
    )
