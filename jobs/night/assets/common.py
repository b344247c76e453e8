"""What all assets share: the partitions, the keys, how a night is named, and what is reported of a table."""

import base64
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import dagster as dg

from jobs.runtime.context import RunContext
from pipelines.common import concurrency
from schemas.contract import Table

# Nights by local date, tonight included: the night of a date runs at 02:00 on that date.
NIGHTS = dg.DailyPartitionsDefinition(start_date="2020-01-01", timezone="Europe/London", end_offset=4000)


def key(table: Table) -> dg.AssetKey:
    return dg.AssetKey([table.layer, table.noun])


def spec(table: Table, deps: Iterable[Table] = ()) -> dg.AssetSpec:
    return dg.AssetSpec(
        key(table),
        deps=[key(dep) for dep in deps],
        description=table.doc,
        group_name=table.layer,
        partitions_def=NIGHTS,
        kinds={"delta", "spark"},
    )


def night_of(context: dg.AssetExecutionContext) -> date:
    return date.fromisoformat(context.partition_key)


def ctx_of(context: dg.AssetExecutionContext) -> RunContext:
    ctx: RunContext = context.resources.ctx
    return ctx


def result(ctx: RunContext, table: Table, metadata: Mapping[str, Any] | None = None) -> dg.MaterializeResult:
    """What Dagster shows of a written table: version and counts, never rows."""
    versions = ctx.lake.versions((table,))
    return dg.MaterializeResult(
        asset_key=key(table), metadata={"version": versions.get(table.path, -1), **(metadata or {})}
    )


@dataclass(frozen=True)
class Piece:
    """Assets, and the work that makes them in a night: reads, calls a transformation, writes, reports each."""

    specs: tuple[dg.AssetSpec, ...]
    work: Callable[[RunContext, date], Iterable[dg.MaterializeResult]]


def side_by_side(name: str, *pieces: Piece) -> dg.AssetsDefinition:
    """One step of the night that does pieces which do not wait for each other two at a time.

    What one of them wrote and reported holds though another fails; the step then fails with the first failure.
    """

    @dg.multi_asset(name=name, specs=[spec for piece in pieces for spec in piece.specs], required_resource_keys={"ctx"})
    def step(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        ctx, night = ctx_of(context), night_of(context)
        done = concurrency.run_all(*(partial(list, piece.work(ctx, night)) for piece in pieces))
        for piece in sorted(done, key=lambda each: each.exception() is not None):
            yield from piece.result()  # those that failed come last, and raise

    return step


def bars(counts: Mapping[str, float], title: str) -> dg.MarkdownMetadataValue:
    """A small bar chart as an inline picture for the asset's page."""
    from matplotlib.figure import Figure  # 0.3 s that definitions need not spend

    figure = Figure(figsize=(4.5, 0.4 + 0.28 * max(len(counts), 1)), layout="constrained")
    axes = figure.subplots()
    axes.barh(list(counts)[::-1], list(counts.values())[::-1], color="#30567d")
    axes.set_title(title, fontsize=9)
    axes.tick_params(labelsize=8)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=80)
    return dg.MetadataValue.md(f"![{title}](data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()})")
