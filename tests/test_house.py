"""The tree stays as it was laid out: no folder too full to find something in; import rules are import-linter's."""

from __future__ import annotations

import ast
import re
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


# Where pages are made. A tag begins like this; a smaller-than sign before a blank or a digit begins none.
PAGE_MODULES = sorted(path for room in ("pages", "profile") for path in (ROOT / "jobs" / room).rglob("*.py"))
TAG = re.compile(r"</?[a-zA-Z!]")


def _texts(module: ast.Module) -> Iterator[str]:
    """Strings of a module, parts of f-strings too, without docstrings."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(module)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


@pytest.mark.parametrize("path", PAGE_MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_tag_is_written_in_code(path: Path) -> None:
    """Elements stand in templates, which escape by themselves; a tag in a string would be an escape to forget."""
    tags = [text for text in _texts(ast.parse(path.read_text(encoding="utf-8"))) if TAG.search(text)]
    assert not tags


def test_markup_is_made_in_one_module() -> None:
    makers = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            if re.search(r"\bmarkupsafe\b|\bMarkup\(|\bHtml\(", path.read_text(encoding="utf-8")):
                makers.add(str(path.relative_to(ROOT)))
    assert makers == {"jobs/pages/markup.py"}
