"""The tree stays as it was laid out: no folder too full to find something in; import rules are import-linter's."""

from __future__ import annotations

import ast
import re
from collections import Counter
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


def test_a_floor_of_types_that_is_missed_or_whose_module_is_gone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "infra")
    import typed_share

    report = """
          Name  Anys  Exprs  Coverage
        ---------------------------------
          models.text.vocabulary  25  100  75.00%
        ---------------------------------
          Total  5  100  95.00%
    """
    monkeypatch.setattr(typed_share, "FLOORS", {"Total": 95.0, "models.text.vocabulary": 80.0, "models.gone": 1.0})
    low, gone = typed_share.missed(typed_share.shares(report))
    assert low.startswith("models.text.vocabulary: 75.00 %")
    assert gone.startswith("models.gone: no such module")


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


@pytest.mark.slow
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


SOURCES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for folder in (*PACKAGES, "notebooks")
    for path in sorted((ROOT / folder).rglob("*.py"))
}


def _naming(pattern: str, *allowed: str) -> tuple[list[str], list[str]]:
    """Modules that name a pattern where it may stand, and where it may not."""
    naming = [name for name, text in SOURCES.items() if re.search(pattern, text)]
    return [name for name in naming if name.startswith(allowed)], [n for n in naming if not n.startswith(allowed)]


def test_flags_of_arrival_are_read_by_the_gate_alone() -> None:
    gate = "pipelines/comms/access.py"
    right, wrong = _naming(r"\b(is_excess|is_protected)\b", gate, "pipelines/ingest/conform/", "schemas/")
    assert gate in right
    assert not wrong, "what may be used comes from jobs.runtime.known, without these flags"


def test_communications_data_is_read_through_the_gate_alone() -> None:
    door = "jobs/runtime/known.py"
    table = r"(read|table)\(\s*(silver\.COMMS_(EVENTS|SUBSCRIBERS)\b|[\"']silver\.comms_(events|subscribers)\b)"
    right, wrong = _naming(table, door)
    assert door in right
    assert not wrong, "events and subscribers are read by jobs.runtime.known"


def test_what_a_night_knows_is_asked_in_one_place() -> None:
    """Else one reader forgets a boundary: as-of reads and filters on the night stand in `Known`."""
    door = "jobs/runtime/known.py"
    as_of_read = r"import as_of\b|F\.col\(\"night\"\) *(==|<=|<|>)"
    right, wrong = _naming(as_of_read, door, "pipelines/", "schemas/", "jobs/runtime/lakehouse.py", "models/")
    assert door in right
    assert not wrong, "ctx.known(night) answers: table, tonight, until, before, newest"


@pytest.mark.parametrize(
    ("pattern", "doors"),
    [
        (r"\blocalCheckpoint\b|\.(persist|unpersist|cache)\(", {"pipelines/common/concurrency.py"}),
        (
            r"\bsparkContext\b|\b_jvm\b|\b_jsc\b|\b_jsparkSession\b|\b_jdf\b|\.rdd\b|\bDeltaTable\b",
            # The second looks for a jar where there is a Java machine; the third ends one that it began itself.
            {"jobs/runtime/spark.py", "pipelines/network/edges/graph.py", "jobs/night/class_archive.py"},
        ),
    ],
)
def test_what_some_engines_lack_is_asked_for_in_few_places(pattern: str, doors: set[str]) -> None:
    """Spark Connect reaches into no Java machine; a serverless engine keeps no rows between uses."""
    right, wrong = _naming(pattern, *doors)
    assert set(right) == doors
    assert not wrong


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


FOUND_BY_OTHERS = {"load_context", "handle_endtag"}  # MLflow and the parser of HTML call them


def defined_in(source: str) -> Iterator[str]:
    """Names of functions, classes and variables that a module defines. What a decorator registers is used by that."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.decorator_list:
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


@pytest.mark.slow
def test_nothing_is_defined_that_nobody_names() -> None:
    told = [path for suffix in ("py", "yaml", "toml", "j2", "html") for path in ROOT.glob(f"*/**/*.{suffix}")]
    told = [path for path in told if path.relative_to(ROOT).parts[0] in (*PACKAGES, "tests", "notebooks", "infra")]
    named = Counter(re.findall(r"[A-Za-z_]\w*", "\n".join(path.read_text(encoding="utf-8") for path in told)))
    once = {
        f"{path}: {name}"
        for path, source in SOURCES.items()
        for name in defined_in(source)
        if named[name] == 1 and not name.startswith("__") and name not in FOUND_BY_OTHERS
    }
    assert not once
