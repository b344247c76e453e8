"""A dry run of a sender's files: what maps, what does not, which codes nothing names, the first bad rows. No writes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.sources import landing, ledger
from pipelines.common import concurrency
from pipelines.ingest import bronze as ingest_bronze
from pipelines.ingest import conform, deliveries
from pipelines.ingest.conform import dry_run as checks
from pipelines.ingest.readers import read, second_count
from schemas import bronze, silver
from schemas.errors import InvalidInputError
from schemas.layouts import layouts
from schemas.layouts.fields import FIELDS

SHOWN = 20  # bad rows and codes shown of each feed
RECOUNTED = 20  # files of each feed whose records another reader counts


@dataclass
class FeedCheck:
    """What one feed's files came to. Values of codes are shown; others are where `n_shown` rows were asked for."""

    feed: str
    n_files: int = 0
    n_rows: int = 0
    n_accepted: int = 0
    n_refused: int = 0
    mapped: dict[str, str] = field(default_factory=dict)  # our field -> sender's column
    unmapped_fields: list[str] = field(default_factory=list)  # our fields that the layout gives no column or constant
    absent_columns: list[str] = field(default_factory=list)  # columns that the layout names and no row holds
    unmapped_columns: list[str] = field(default_factory=list)  # columns that rows hold and the layout does not name
    unknown_codes: list[dict[str, Any]] = field(default_factory=list)  # field, value, becomes, n_rows
    reasons: dict[str, int] = field(default_factory=dict)  # reason -> files and rows refused
    first_bad: list[dict[str, Any]] = field(default_factory=list)  # file, row_number, reason, detail
    loaded: dict[str, float] = field(default_factory=dict)  # our field -> share of accepted rows in which it is filled
    n_written: dict[str, int] = field(default_factory=dict)  # our field -> values of mapped columns that mean something
    n_read: dict[str, int] = field(default_factory=dict)  # our field -> those of them that are read
    refused_files: list[dict[str, Any]] = field(default_factory=list)  # file, reason, detail: refused whole
    as_read: list[dict[str, Any]] = field(default_factory=list)  # file, row_number, raw, record: only where asked for
    lost: list[dict[str, Any]] = field(default_factory=list)  # file, n_rows, n_counted: more there than was read
    n_drops: int = 0  # folders that the files lie in
    unnamed: list[str] = field(default_factory=list)  # of each file, its columns that the layout does not name
    absent: list[str] = field(default_factory=list)  # and those of the layout that it lacks, with commas between
    changed: list[str] = field(default_factory=list)  # what is not as in the last nights, a sentence each

    @property
    def accepted_share(self) -> float:
        """Share of the rows that would be loaded; 0 where there are files and no row can be read."""
        return self.n_accepted / self.n_rows if self.n_rows else float(not self.n_files)

    def unread_below(self, share: float) -> dict[str, float]:
        """Mapped fields of whose values less than `share` are read, with that share."""
        shares = {name: self.n_read[name] / n for name, n in self.n_written.items() if n}
        return {name: read_share for name, read_share in shares.items() if read_share < share}

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def check(
    spark: SparkSession,
    folder: Path,
    source: layouts.Source,
    night: date,
    others: Mapping[str, layouts.Source] | None = None,
    n_shown: int = 0,
) -> list[FeedCheck]:
    """Reads and conforms every file of `source` below `folder` as if they had arrived on `night`.

    Args:
        spark: the session.
        folder: holds files in folders named as feeds (at any depth), or is itself named as a feed.
        source: the sender's layout.
        night: dates after it count as impossible.
        others: layouts of other senders, of which the nearest is named where a file does not fit.
        n_shown: accepted rows of each feed to show as they would be read, beside what the sender wrote.

    Returns:
        One report per feed of the layout, in the order of `bronze.FEEDS`.
    """
    sources = {source.sender: source}
    listed = landing.below(folder, source, night)
    known = spark.createDataFrame([], bronze.FILES.struct())
    files = ingest_bronze.listed(landing.frame(spark, listed), known, night)
    read_rows = concurrency.materialise_lazily(read.rows(files, {**(others or {}), **sources}))
    rows = ingest_bronze.rows(read_rows).drop("night").withColumn("night", F.lit(night))
    seen: dict[str, set[str]] = {}
    for row in checks.columns(rows).collect():  # bounded by the limit on columns
        seen.setdefault(row["feed"], set()).add(row["column"])
    outcome = concurrency.materialise_lazily(ingest_bronze.files(read_rows, files))
    refused = ingest_bronze.quarantine(read_rows, outcome, files)
    loaded = outcome.where(F.col("status") == "LOADED").collect()
    n_read = {row["file"]: row["n_rows"] for row in loaded}
    reports = [
        _feed(
            spark,
            rows,
            refused,
            listed,
            feed,
            sources,
            seen.get(source.feeds[feed].rows_of or feed, set()),
            night,
            n_shown,
        )
        for feed in bronze.FEEDS
        if feed in source.feeds
    ]
    for report in reports:
        mine = [file for file in listed if file.feed == report.feed]
        report.lost = _lost(mine, n_read, source.feeds[report.feed])
        report.n_drops = len({Path(file.path).parent for file in mine})
        of_feed = [row for row in loaded if row["feed"] == report.feed]
        report.unnamed, report.absent = (
            [row[name] for row in of_feed if row[name]] for name in ("rescued_columns", "absent_columns")
        )
    return reports


def compare(
    checked: Iterable[FeedCheck], before: ledger.Drops, source: layouts.Source, night: date, usual: deliveries.Rules
) -> None:
    """Says of each feed what is not as in the nights before (`changed`): columns, and rows where there is one drop."""
    for report in checked:
        if report.feed not in source.feeds or not report.n_files:
            continue
        feed = (source.sender, report.feed)
        drops = ledger.Drops({feed: dict(before.n_rows.get(feed, {}))}, {feed: dict(before.columns.get(feed, {}))})
        drops.add(feed, night, report.n_rows, report.unnamed, report.absent)
        found = drops.changed_columns({source.sender: source}, night, usual)
        if report.n_drops == 1:
            found += deliveries.concerns(drops.n_rows, {}, night, usual)
        report.changed = [concern.why for concern in found]


def _lost(files: list[landing.LandedFile], n_read: Mapping[str, int], layout: layouts.Feed) -> list[dict[str, Any]]:
    """Of the first files, those in which another reader counts more records than were read, refused ones among them."""
    found = []
    for file in [file for file in files if file.file in n_read][:RECOUNTED]:
        n_counted = second_count.of_file(Path(file.path), layout)
        if n_counted is not None and n_counted > n_read[file.file]:
            found.append({"file": file.file, "n_rows": n_read[file.file], "n_counted": n_counted})
    return found


def refuse_below(share: float, checked: list[FeedCheck], folder: Path) -> None:
    """Raise unless files were read, each of them whole; of each feed that has some at least `share` of the rows would
    load, and of each field that the layout maps at least `share` of the values would be read; and no file of those
    counted again holds more records than were read.

    Raises:
        InvalidInputError: a sentence for each thing that is not so.
    """
    read_feeds = [report for report in checked if report.n_files]
    if not read_feeds:
        raise InvalidInputError(f"No file of a feed that the layout names lies below {folder}.")
    told = [sentence for report in read_feeds for sentence in _refused_whole(report)]
    low = [report for report in read_feeds if report.accepted_share < share]
    if low:
        shares = ", ".join(f"{r.feed} {r.n_accepted} of {r.n_rows} rows ({r.accepted_share:.1%})" for r in low)
        told.append(f"Below {share:.0%} would load: {shares}.")
    told += [sentence for report in read_feeds for sentence in _unread(report, share)]
    told += [
        f"Of {report.feed}, {each['file']} was read as {each['n_rows']} rows, and another reader counts "
        f"{each['n_counted']}: look for a quotation mark that is not closed, or another way of quoting."
        for report in read_feeds
        for each in report.lost
    ]
    if told:
        raise InvalidInputError("\n".join(told))


def _refused_whole(report: FeedCheck) -> Iterator[str]:
    if report.refused_files:
        files = ", ".join(f"{f['file']} ({f['detail'] or f['reason']})" for f in report.refused_files[:SHOWN])
        more = len(report.refused_files) - SHOWN
        yield f"Files of {report.feed} would be refused whole: {files}" + (f" and {more} more." if more > 0 else ".")


def _unread(report: FeedCheck, share: float) -> Iterator[str]:
    for name, read_share in report.unread_below(share).items():
        column = f" (column {report.mapped[name]})" if name in report.mapped else ""
        yield (
            f"Of {report.feed}, {name}{column} holds {report.n_written[name]} values, and only {report.n_read[name]} "
            f"of them would be read ({read_share:.1%}): the others would be empty."
        )


def propose(folder: Path, sources: Mapping[str, layouts.Source], night: date) -> list[dict[str, Any]]:
    """For a sender without a layout: of each feed's first file, the layout that comes nearest, and what it lacks.

    Every layout of the feed reads the file as if it were its own; nothing is written.

    Returns:
        `feed`, `file`, `nearest` (sender's name or None), `absent` (required columns), `is_fit`.
    """
    proposals = []
    for feed in bronze.FEEDS:
        tried = []
        for source, _ in layouts.of_feed(sources, feed).values():
            files = [f for f in landing.below(folder, source, night) if f.feed == feed]
            if files:
                tried.append((files[0].file, source.sender, *_fit(files[0], {source.sender: source})))
        if tried:
            file, sender, is_fit, absent, _ = min(tried, key=lambda t: (not t[2], -t[4], len(t[3]), t[1]))
            known = is_fit or bool(absent)
            near = sender if known else None
            proposals.append({"feed": feed, "file": file, "nearest": near, "absent": absent, "is_fit": is_fit})
    return proposals


def _fit(file: landing.LandedFile, sources: dict[str, layouts.Source]) -> tuple[bool, list[str], int]:
    """Whether a layout reads the file, its required columns that are absent, and how many of its columns are there."""
    source = sources[file.sender]
    layout = source.feeds[file.feed]
    refusal = read.refusal(asdict(file), sources)
    if refusal is None:
        return True, [], len(layout.columns)
    named = {tuple(layouts.split_path(layout, column)) for column in layout.columns.values()}
    absent = [c for c in layout.required_columns() if tuple(layouts.split_path(layout, c)) not in refusal.paths]
    return False, absent if refusal.paths else [], len(named & refusal.paths)


def _feed(
    spark: SparkSession,
    rows: DataFrame,
    refused: DataFrame,
    listed: list[landing.LandedFile],
    feed: str,
    sources: dict[str, layouts.Source],
    seen: set[str],
    night: date,
    n_shown: int,
) -> FeedCheck:
    source = next(iter(sources.values()))
    layout = source.feeds[feed]
    known = _authorisations(spark, rows, sources, night, feed), _airports(spark, rows, sources, night, feed)
    judged = concurrency.materialise_lazily(conform.validate(rows, feed, sources, night, *known))
    bad = concurrency.materialise_lazily(conform.rejected(judged).unionByName(refused.filter(F.col("feed") == feed)))
    reasons = Counter({row["reason"]: row["count"] for row in bad.groupBy("reason").count().collect()})
    first = bad.orderBy("file", "row_number").select("file", "row_number", "reason", "detail").limit(SHOWN).collect()
    unknown = checks.unknown_codes(rows, feed, sources).orderBy(F.col("n_rows").desc(), "field", "value").limit(SHOWN)
    accepted = judged.where(F.col("reason").isNull())
    fields = [name for name in FIELDS[feed] if name in judged.columns]
    filled = accepted.agg(*(F.avg(_is_filled(accepted, name).cast("double")).alias(name) for name in fields)).first()
    counts = conform.counts(judged).agg(F.sum("n_in"), F.sum("n_loaded"), F.sum("n_deduplicated")).first()
    n_in, n_loaded, n_again = ((n or 0) for n in (counts or (0, 0, 0)))
    mapped = layouts.mapped_columns(layout)
    values = checks.read_values(judged, layout).first() if n_in else None
    named = [name for name in FIELDS[feed] if name in layout.columns or name in layout.file_name]
    whole = refused.filter((F.col("feed") == feed) & (F.col("row_number") == 0)).orderBy("file")
    return FeedCheck(
        feed=feed,
        n_files=sum(file.feed == (layout.rows_of or feed) for file in listed),
        n_rows=n_in + refused.filter((F.col("feed") == feed) & (F.col("row_number") > 0)).count(),
        n_accepted=n_loaded + n_again,
        n_refused=sum(reasons.values()),
        mapped=dict(layout.columns),
        unmapped_fields=[n for n in FIELDS[feed] if n not in layout.columns and n not in layout.constants],
        absent_columns=sorted(mapped - seen) if seen else [],
        unmapped_columns=sorted(seen - mapped) if layout.rows_of is None else [],  # they are of the feed that is read
        unknown_codes=[row.asDict() for row in unknown.collect()],
        reasons=dict(sorted(reasons.items())),
        first_bad=[row.asDict() for row in first],
        loaded={name: share for name, share in (filled.asDict() if filled else {}).items() if share is not None},
        n_written={name: values[name]["n_written"] or 0 for name in named} if values else {},
        n_read={name: values[name]["n_read"] or 0 for name in named} if values else {},
        refused_files=[row.asDict() for row in whole.select("file", "reason", "detail").collect()],
        as_read=_as_read(accepted, rows, feed, n_shown),
    )


def _is_filled(df: DataFrame, name: str) -> Column:
    is_list = isinstance(df.schema[name].dataType, T.ArrayType)
    return F.size(name) > 0 if is_list else F.col(name).isNotNull()


def _as_read(accepted: DataFrame, rows: DataFrame, feed: str, n: int) -> list[dict[str, Any]]:
    """The first `n` accepted rows: as written, and as they would be read."""
    if not n:
        return []
    named = [name for name in silver.BY_FEED[feed].names if name != "night" and not name.startswith("_")]
    record = F.to_json(F.struct(*named)).alias("record")
    first = accepted.select("_file", "_row_number", record).orderBy("_file", "_row_number").limit(n)
    where = (F.col("file") == F.col("_file")) & (F.col("row_number") == F.col("_row_number"))
    found = first.join(rows.select("file", "row_number", "raw"), where).orderBy("file", "row_number")
    return [
        {**row.asDict(), "record": json.loads(row["record"])}
        for row in found.select("file", "row_number", "raw", "record").collect()
    ]


def _authorisations(
    spark: SparkSession, rows: DataFrame, sources: dict[str, layouts.Source], night: date, feed: str
) -> DataFrame | None:
    """For what is held under authorisations, those that lie beside it."""
    if feed not in conform.AUTHORISED:
        return None
    if "comms_authorisations" not in next(iter(sources.values())).feeds:
        return spark.createDataFrame([], silver.COMMS_AUTHORISATIONS.struct())
    return conform.accepted(conform.validate(rows, "comms_authorisations", sources, night), "comms_authorisations")


def _airports(
    spark: SparkSession, rows: DataFrame, sources: dict[str, layouts.Source], night: date, feed: str
) -> DataFrame | None:
    """For flights, the airports that lie beside them."""
    if feed != "flights":
        return None
    if "airports" not in next(iter(sources.values())).feeds:
        return spark.createDataFrame([], silver.BY_FEED["airports"].struct())
    return conform.accepted(conform.validate(rows, "airports", sources, night), "airports")
