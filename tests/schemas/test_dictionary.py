"""The data dictionary is what the contracts say."""

from __future__ import annotations

import pytest

from schemas import codes, dictionary
from schemas.contract import DOUBLE, STRING, Column, Table, required

LOANS = Table(
    path="silver.loans",
    doc="Loans of a library.",
    key=("loan_id",),
    columns={
        "loan_id": required(STRING, "identifier", pattern="a|b"),
        "reader": Column(STRING, "who", is_personal=True, among=("X", "Y")),
        "length": Column(DOUBLE, "how long", minimum=0, maximum=1.5, unit="days"),
    },
    partition_by=("loan_id",),
    checks={"either": "reader IS NULL OR length IS NULL"},
)


def test_the_committed_page_is_what_the_contracts_say() -> None:
    assert dictionary.PAGE.read_text(encoding="utf-8") == dictionary.markdown(dictionary.TABLES), (
        "run `make dictionary`"
    )


def test_every_rule_of_a_column_is_on_the_page() -> None:
    page = dictionary.markdown((LOANS,))
    assert "| `loan_id` | `string` | yes |  | identifier | matches `a\\|b` |" in page
    assert "| `reader` | `string` |  | yes | who | one of X, Y |" in page
    assert "| `length` | `double` |  |  | how long (days) | at least 0; at most 1.5 |" in page
    assert "Key: `loan_id`. Partitioned by: `loan_id`." in page
    assert "either: `reader IS NULL OR length IS NULL`" in page


@pytest.mark.parametrize("table", dictionary.TABLES, ids=lambda table: table.path)
def test_every_list_too_long_for_a_cell_is_listed_below(table: Table) -> None:
    listed = [set(values) for _, _, values in dictionary.CODE_LISTS]
    for name, column in table.columns.items():
        if column.among is not None and len(column.among) > 8:
            covered: set[str] = set().union(*(values for values in listed if values <= set(column.among)))
            assert covered == set(column.among), name


def test_every_quarantine_reason_has_a_meaning_on_the_page() -> None:
    page = dictionary.markdown(())
    for code, meaning in codes.QUARANTINE_REASONS.items():
        assert f"| `{code}` | {meaning} |" in page
