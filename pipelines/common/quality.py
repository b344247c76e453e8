"""Contracts as Great Expectations suites: is a table what its contract says? The only door to Great Expectations.

Spark counts, Great Expectations judges. All rules of a table, and of many tables together, are counted in two Spark
actions; the expectations are then about those counts ("rows that break `phone_pattern`: at most 0"). Two reasons:
expectations run directly on Spark took nine jobs a table, and their results can quote the values that failed. Here no
value of a row can reach a result, because none leaves Spark.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from typing import TYPE_CHECKING, Any

import pandas as pd
from pyspark.sql import DataFrame, Row

from pipelines.common import concurrency
from schemas.contract import Table

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext

UNIQUE = "key_unique"


@dataclass(frozen=True)
class Rule:
    """What a contract says: `condition` is SQL that every row satisfies; None for the key, which is about all rows."""

    name: str  # as the Delta constraint is named; "<column>_not_null", "key_unique"
    kind: str  # not_null | among | minimum | maximum | pattern | check | unique
    columns: tuple[str, ...]  # none for a check over several columns, whose condition names them
    condition: str | None


@dataclass(frozen=True)
class Check:
    """How a rule fared. Counts only."""

    rule: Rule
    n_failed: int  # rows that break the rule; for the key, rows beyond the first with the same key
    success: bool


@dataclass(frozen=True)
class Result:
    """What Great Expectations found for one table. Holds no value of any row."""

    table: str
    success: bool
    n_rows: int
    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if not check.success)

    def summary(self) -> dict[str, Any]:
        """For logs, metadata and JSON: table, success, rows, how many rules, and rows per broken rule."""
        return {
            "table": self.table,
            "success": self.success,
            "n_rows": self.n_rows,
            "n_rules": len(self.checks),
            "failed": {check.rule.name: check.n_failed for check in self.failed},
        }


class ContractBrokenError(ValueError):
    """Rows about to be written are not what their contract says: names table and rules with counts, never values."""


class NotEvaluatedError(RuntimeError):
    """Great Expectations could not evaluate a rule: an error of ours, never a finding about the data."""


def rules(table: Table) -> tuple[Rule, ...]:
    """Every rule of the contract: NOT NULL, the Delta constraints, and the key, which is unique within a partition."""
    return tuple(_rules(table))


def _rules(table: Table) -> Iterator[Rule]:
    for name, column in table.columns.items():
        if not column.nullable:
            yield Rule(f"{name}_not_null", "not_null", (name,), f"{name} IS NOT NULL")
    for name, condition in table.constraints().items():
        if name in table.checks:
            yield Rule(name, "check", (), condition)
        else:
            column_name, kind = name.rsplit("_", 1)
            yield Rule(name, kind, (column_name,), condition)
    yield Rule(UNIQUE, "unique", tuple(dict.fromkeys((*table.partition_by, *table.key))), None)


def suite(table: Table) -> ExpectationSuite:
    """The contract as an expectation suite over the counts of broken rules, one column and one row for each rule."""
    expectations = _great_expectations().expectations
    return _great_expectations().ExpectationSuite(
        name=table.path,
        expectations=[
            expectations.ExpectColumnMaxToBeBetween(
                column=rule.name,
                max_value=0,
                meta={"kind": rule.kind, "columns": list(rule.columns), "condition": rule.condition},
            )
            for rule in rules(table)
        ],
        meta={"table": table.path},
    )


def counted(df: DataFrame, table: Table) -> DataFrame:
    """One row (table: string, n_rows: bigint, n_failed: map<rule, bigint>): how many rows of `df` break each rule.

    A condition that is NULL counts as broken, as in a Delta CHECK. Lazy: counting is one Spark action.
    """
    # In one piece of SQL: built of columns, the rules of a night's tables were thousands of calls to Java.
    n_failed = ", ".join(f"'{rule.name}', {_n_failed(rule)}" for rule in rules(table))
    return df.selectExpr(f"'{table.path}' AS table", "count(*) AS n_rows", f"map({n_failed}) AS n_failed")


def _n_failed(rule: Rule) -> str:
    if rule.condition is None:
        return f"count(*) - count(DISTINCT struct({', '.join(f'`{name}`' for name in rule.columns)}))"
    return f"count_if(({rule.condition}) IS NOT TRUE)"


def validate(df: DataFrame, table: Table) -> Result:
    """Is `df` what the contract of `table` says? One Spark action; `df` is read once.

    Raises:
        NotEvaluatedError: a rule could not be evaluated.
        pyspark.errors.AnalysisException: a column of the contract is missing.
    """
    return validate_all([(df, table)])[0]


def demand(df: DataFrame, table: Table) -> DataFrame:
    """`df`, if it is what the contract of `table` says: for tables that are written outside a night's checked steps.

    Raises:
        ContractBrokenError: it is not. Nothing should be written then.
    """
    result = validate(df, table)
    if not result.success:
        broken = ", ".join(f"{check.rule.name} ({check.n_failed} rows)" for check in result.failed)
        raise ContractBrokenError(f"{table.path} breaks its contract: {broken}")
    return df


def validate_all(frames: Sequence[tuple[DataFrame | None, Table]]) -> list[Result]:
    """`validate` for many frames with two Spark actions in all; results in the order given.

    A table may come more than once, as parts that different steps wrote. One of which it is known that it has no rows
    comes as None, and takes no action.
    """
    read = [(df, table) for df, table in frames if df is not None]
    if not read:
        return [_empty(table) for _, table in frames]
    half = -(-len(read) // 2)
    counting = [partial(_counts, part) for part in (read[:half], read[half:]) if part]
    counts = iter([(row["n_rows"], row["n_failed"]) for part in concurrency.run(*counting) for row in part])
    context = _context()
    return [_empty(table) if df is None else _judged(context, table, *next(counts)) for df, table in frames]


def _empty(table: Table) -> Result:
    """No row breaks a rule where there is none."""
    return Result(table.path, True, 0, tuple(Check(rule, 0, True) for rule in rules(table)))


def _counts(frames: Sequence[tuple[DataFrame, Table]]) -> list[Row]:
    """One row per frame, in their order."""
    numbered = (counted(df, table).selectExpr(f"{n} AS n", "*") for n, (df, table) in enumerate(frames))
    return sorted(reduce(DataFrame.unionAll, numbered).collect(), key=lambda row: int(row["n"]))


def _judged(context: EphemeralDataContext, table: Table, n_rows: int, n_failed: Mapping[str, int]) -> Result:
    asset = context.data_sources.add_or_update_pandas(table.path).add_dataframe_asset(table.path)
    batch = asset.add_batch_definition_whole_dataframe("counts").get_batch({"dataframe": pd.DataFrame([n_failed])})
    outcome = batch.validate(suite(table), result_format="BASIC")
    by_name = {rule.name: rule for rule in rules(table)}
    checks = []
    for each in outcome.results:
        assert each.expectation_config is not None
        rule = by_name[each.expectation_config.kwargs["column"]]
        if "observed_value" not in each.result:
            raise NotEvaluatedError(f"{table.path}: the rule {rule.name} could not be evaluated")
        checks.append(Check(rule, int(each.result["observed_value"]), bool(each.success)))
    return Result(table.path, bool(outcome.success), int(n_rows), tuple(checks))


def prepare() -> None:
    """Bring the library, seconds before it is needed."""
    _great_expectations()


def _great_expectations() -> Any:
    """The library, imported on first use (seconds), with its usage statistics off before it can send any."""
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    import great_expectations

    return great_expectations


def _context() -> EphemeralDataContext:
    """A context in memory, for one call: nothing on disk, no usage statistics, no progress bars."""
    context = _great_expectations().get_context(mode="ephemeral")
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context.enable_analytics(enable=False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    return context
