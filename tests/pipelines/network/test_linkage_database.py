"""The database that links records reaches nothing: no extension, no file, no address, and no way to change that."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from pipelines.network.entities import linkage

ROOT = Path(__file__).resolve().parents[3]
NO_FILES, LOCKED = "file system operations are disabled", "the configuration has been locked"
REFUSED = {
    "INSTALL httpfs": NO_FILES,
    "LOAD httpfs": "Loading external extensions is disabled",
    "INSTALL h3 FROM community": NO_FILES,
    "SELECT * FROM read_csv('/etc/passwd')": NO_FILES,
    "COPY (SELECT 1) TO '/tmp/leak.csv'": NO_FILES,
    "ATTACH '/tmp/other.duckdb'": NO_FILES,
    "SELECT * FROM 'https://example.invalid/a.parquet'": NO_FILES,
    "SET enable_external_access = true": LOCKED,
    "SET autoinstall_known_extensions = true": LOCKED,
    "SET autoload_known_extensions = true": LOCKED,
    "SET allow_community_extensions = true": LOCKED,
    "RESET lock_configuration": LOCKED,
}
SETTINGS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "enable_external_access": "false",
    "lock_configuration": "true",
}


@pytest.mark.parametrize("sql", REFUSED)
def test_nothing_outside_is_reached(sql: str) -> None:
    with linkage.connection() as made, pytest.raises(duckdb.Error, match=REFUSED[sql]):
        made.execute(sql)


def test_duckdb_itself_says_so() -> None:
    with linkage.connection() as made:
        said = dict(made.execute("SELECT name, value FROM duckdb_settings()").fetchall())
    assert {name: said[name] for name in SETTINGS} == SETTINGS


@pytest.mark.slow
def test_splink_works_on_it_and_holds_such_a_connection() -> None:
    columns = ("record_id", "forename", "surname", "born_on")
    people = [(f"NAME{n % 29}", f"SURNAME{n % 31}", f"19{60 + n % 5}-01-01") for n in (*range(280), *range(20))]
    rows = [(f"36:{n}", *person) for n, person in enumerate(people)]  # twenty of them twice
    spec = linkage.Spec(
        comparisons=tuple(
            linkage.comparison(
                c, linkage.absent(f"{c}_l is null"), linkage.exact(c, 0.9, 0.01), linkage.otherwise(0.1, 0.99)
            )
            for c in columns[1:]
        ),
        blocking=(("surname",),),
        rules=(("forename", "surname", "born_on"),),
        recall=0.8,
        training=(("surname",), ("forename",)),
    )
    made = linkage.Linkage(pd.DataFrame(rows, columns=columns), spec)
    assert not made.links(0.5).empty
    assert made.train(seed=1)
    with pytest.raises(duckdb.Error, match=NO_FILES):
        made._api._execute_sql_against_backend("INSTALL httpfs")


def test_no_connection_is_made_elsewhere() -> None:
    makers = [
        f"{path.relative_to(ROOT)}:{n}"
        for package in ("schemas", "pipelines", "models", "jobs", "notebooks")
        for path in (ROOT / package).rglob("*.py")
        for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if re.search(r"duckdb\.connect|DuckDBAPI\(", line)
    ]
    assert len(makers) == 2, makers  # the function, and Splink that is given its connection
    assert all(maker.startswith("pipelines/network/entities/linkage.py:") for maker in makers)
