"""What all assets share: the partitions, the keys, how a night is named, and what is reported of a table."""

import inspect
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, TypeAlias

import dagster as dg
from pyspark.sql import functions as F

from jobs.runtime import night_bounds, progress, settings
from jobs.runtime.context import RunContext
from pipelines.common import concurrency
from schemas import bronze, gold
from schemas.contract import Table

# Nights by local date, from the first that there can be to tomorrow: the night of a date runs early on that date.
NIGHTS = dg.DailyPartitionsDefinition(
    start_date="2020-01-01", timezone=settings.load().schedule.time_zone, end_offset=2
)
Ctx: TypeAlias = dg.ResourceParam[RunContext]  # a step names a parameter `ctx` of it, and is given the run's
OWNERS = {  # whom to ask about a table: the layers of the lakehouse are the teams' as well
    "bronze": ["team:data-engineering"],
    "silver": ["team:data-engineering"],
    "gold": ["team:intelligence-analysis"],
    "models": ["team:data-science"],
}
ROW_COUNT = "dagster/partition_row_count"  # Dagster's names: its pages know what they mean
SO_FAR = "rows so far"
GROWING = (bronze.QUARANTINE,)  # later steps of the night add to it: what its own step counts is not the table's count
COLUMN_SCHEMA, CODE_REFERENCES = "dagster/column_schema", "dagster/code_references"


def key(table: Table) -> dg.AssetKey:
    return dg.AssetKey([table.layer, table.noun])


def spec(table: Table, deps: Iterable[Table] = ()) -> dg.AssetSpec:
    return _spec(key(table), table, table.doc, deps)


@dataclass(frozen=True)
class QueuePart:
    """An asset that is a part of gold.queue_items: the rows of `queues`."""

    noun: str
    queues: tuple[str, ...]
    says: str

    @property
    def key(self) -> dg.AssetKey:
        return dg.AssetKey([gold.QUEUE_ITEMS.layer, self.noun])


def queue_spec(part: QueuePart, deps: Iterable[Table]) -> dg.AssetSpec:
    return _spec(part.key, gold.QUEUE_ITEMS, f"{part.says}, as rows of {gold.QUEUE_ITEMS.path}.", deps)


def _spec(made: dg.AssetKey, table: Table, says: str, deps: Iterable[Table]) -> dg.AssetSpec:
    return dg.AssetSpec(
        made,
        deps=[key(dep) for dep in deps],
        description=says,
        group_name=table.layer,
        owners=OWNERS[table.layer],
        metadata={COLUMN_SCHEMA: columns(table)},
        partitions_def=NIGHTS,
        kinds={"delta", "spark"},
    )


def columns(table: Table) -> dg.TableSchema:
    """The table's columns as Dagster shows them: name, Spark type, meaning, whether a value may be missing."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=name,
                type=structure.dataType.simpleString(),
                description=column.doc,
                constraints=dg.TableColumnConstraints(nullable=structure.nullable),
            )
            for (name, column), structure in zip(table.columns.items(), table.struct(), strict=True)
        ]
    )


def code_of(work: Callable[..., Any]) -> dg.CodeReferencesMetadataValue:
    """The link from an asset's page to the function that makes it."""
    inner = inspect.unwrap(work)
    file, line = str(inspect.getsourcefile(inner)), inner.__code__.co_firstlineno
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)  # what links are made of may still change in Dagster
        link = dg.LocalFileCodeReference(file_path=file, line_number=line, label=inner.__name__)
        return dg.CodeReferencesMetadataValue(code_references=[link])


def night_of(context: dg.AssetExecutionContext, ctx: RunContext) -> date:
    """The night of a run.

    Raises:
        FutureNightError: it is later than tomorrow, and the run's configuration does not say that it is meant.
    """
    night = date.fromisoformat(context.partition_key)
    night_bounds.refuse_future(ctx.settings, night, is_future_allowed=ctx.is_future_allowed)
    return night


def result(
    ctx: RunContext, table: Table, night: date, metadata: Mapping[str, Any] | None = None
) -> dg.MaterializeResult:
    """What Dagster shows of a written table: its version and its rows of the night, counted in it; never rows."""
    (reported,) = results(ctx, [table], night, {table.path: metadata or {}})
    return reported


def nothing(table: Table) -> dg.MaterializeResult:
    """What Dagster shows of a table that nothing came for and nothing was written to tonight."""
    return dg.MaterializeResult(asset_key=key(table), metadata={ROW_COUNT: 0})


def nothing_came(ctx: RunContext, night: date, table: Table, part: QueuePart) -> Iterator[dg.MaterializeResult]:
    """A step skipped, since nobody ever sent what it reads: its table and its queue hold nothing of the night."""
    progress.CURRENT.skip()
    tonight = {"night": night.isoformat()}
    ctx.lake.clear(table, tonight)
    for queue in part.queues:
        ctx.lake.clear(gold.QUEUE_ITEMS, {**tonight, "queue": queue})
    yield nothing(table)
    yield dg.MaterializeResult(asset_key=part.key, metadata={ROW_COUNT: 0})


def results(
    ctx: RunContext, tables: Sequence[Table], night: date, metadata: Mapping[str, Mapping[str, Any]]
) -> list[dg.MaterializeResult]:
    """As `result`, of several tables, counted in one action; `metadata` is what more is said, by path."""
    counts, versions = ctx.lake.n_rows(tuple(tables), night), ctx.lake.versions(tuple(tables))
    return [
        dg.MaterializeResult(
            asset_key=key(table),
            metadata={
                SO_FAR if table in GROWING else ROW_COUNT: counts[table.path],
                "version": versions.get(table.path, -1), **metadata.get(table.path, {}),
            },
        )
        for table in tables
    ]  # fmt: skip


def queue_result(ctx: RunContext, part: QueuePart, night: date) -> dg.MaterializeResult:
    """What Dagster shows of queues that were published: their rows in gold.queue_items, counted in it."""
    by = "force" if len(part.queues) == 1 else "queue"
    counts = queue_counts(ctx, part.queues, night, by=by)
    return dg.MaterializeResult(
        asset_key=part.key,
        metadata={
            ROW_COUNT: sum(counts.values()), f"by {by}": bars(counts or {"none": 0}, f"rows per {by}"),
        },
    )  # fmt: skip


def queue_counts(ctx: RunContext, queues: tuple[str, ...], night: date, *, by: str) -> dict[str, int]:
    """Rows of the night in some queues, by a column of few values; from the table's log where it tells."""
    told = {
        queue: ctx.lake.n_rows_told(gold.QUEUE_ITEMS, night=night.isoformat(), queue=queue) for queue in sorted(queues)
    }
    if by == "queue" and None not in told.values():
        return {queue: n for queue, n in told.items() if n}
    there = [queue for queue, n in told.items() if n != 0]
    if not there:
        return {}
    rows = ctx.known(night).tonight(gold.QUEUE_ITEMS).where(F.col("queue").isin(*there))
    return {row[0]: row["count"] for row in rows.groupBy(by).count().orderBy(by).collect()}


@dataclass(frozen=True)
class Piece:
    """Assets, and the work that makes them in a night: reads, calls a transformation, writes, reports each."""

    specs: tuple[dg.AssetSpec, ...]
    work: Callable[[RunContext, date], Iterable[dg.MaterializeResult]]

    def linked_specs(self) -> list[dg.AssetSpec]:
        """The assets with a link to the work that makes them, not to the step that calls it."""
        reference = {CODE_REFERENCES: code_of(self.work)}
        return [spec.merge_attributes(metadata=reference) for spec in self.specs]


def side_by_side(name: str, *pieces: Piece) -> dg.AssetsDefinition:
    """One step of the night that does pieces which do not wait for each other two at a time, or those asked for.

    What one of them wrote and reported holds though another fails; the step then fails with the first failure.
    """

    @dg.multi_asset(name=name, specs=[spec for piece in pieces for spec in piece.linked_specs()], can_subset=True)
    def step(context: dg.AssetExecutionContext, ctx: Ctx) -> Iterator[dg.MaterializeResult]:
        night, selected = night_of(context, ctx), context.selected_asset_keys
        wanted = [piece for piece in pieces if any(spec.key in selected for spec in piece.specs)]
        done = concurrency.run_all(*(partial(list, piece.work(ctx, night)) for piece in wanted))
        for piece in sorted(done, key=lambda each: each.exception() is not None):
            # Those that failed come last, and raise. A piece makes all of its tables, and reports what was asked for.
            yield from (made for made in piece.result() if made.asset_key in selected)

    return step


def bars(counts: Mapping[str, float], title: str) -> dg.MarkdownMetadataValue:
    """A small bar chart as text for the asset's page: per name its number and a bar of at most 24 blocks."""
    most = max(counts.values(), default=0) or 1
    rows = [f"| {name} | {value:g} | {'█' * round(24 * value / most)} |" for name, value in counts.items()]
    return dg.MetadataValue.md("\n".join([f"| {title} | | |", "|---|---:|---|", *rows]))
