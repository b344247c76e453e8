"""The tree stays as it was laid out: no folder too full to find something in; import rules are import-linter's."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("schemas", "pipelines", "models", "jobs")
MAX_MODULES = 20
FOLDERS = sorted({path.parent for package in PACKAGES for path in (ROOT / package).rglob("*.py")})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_no_folder_holds_more_modules_than_a_person_overlooks(folder: Path) -> None:
    modules = sorted(path.name for path in folder.glob("*.py") if path.name != "__init__.py")
    assert len(modules) <= MAX_MODULES, f"{folder.relative_to(ROOT)} holds {len(modules)} modules"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_every_package_says_what_it_holds(folder: Path) -> None:
    opening = (folder / "__init__.py").read_text(encoding="utf-8")
    assert opening.startswith('"""'), f"{folder.relative_to(ROOT)}/__init__.py has no docstring"


def made_by_hand(source: str) -> Iterator[int]:
    """Lines on which `source` makes rows of gold.queue_items: takes them to the contract, or the contract's columns.

    Spark needs one of them to make rows; reading, writing and selecting published rows needs neither.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in ("conform", "struct", "names"):
            owner = node.value
            name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
            if name == "QUEUE_ITEMS":
                yield node.lineno


def test_rows_of_queues_are_made_in_one_place_alone():
    makers = {
        str(path.relative_to(ROOT)): lines
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if (lines := list(made_by_hand(path.read_text(encoding="utf-8"))))
    }
    assert set(makers) == {"pipelines/queues/items.py"}, makers


def test_the_search_sees_rows_made_by_hand():
    assert list(made_by_hand("x = 1\ny = gold.QUEUE_ITEMS.conform(df)")) == [2]
    assert list(made_by_hand("spark.createDataFrame([], QUEUE_ITEMS.struct())")) == [1]
    assert not list(made_by_hand("lake.replace(df, gold.QUEUE_ITEMS, tonight)"))
