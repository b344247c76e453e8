"""Private names of libraries that we use: each is declared, its library has an upper bound, and it is still there."""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from docx import Document
from pyspark import SparkContext
from pyspark.sql import DataFrame, SparkSession

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("schemas", "pipelines", "models", "jobs")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DEPENDENCIES = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["local"]]
# Names that are imported, by distribution.
IMPORTED = {
    "scikit-learn": {"sklearn.calibration": {"_CalibratedClassifier", "_SigmoidCalibration"}},
    "dagster": {
        "dagster._core.definitions.unresolved_asset_job_definition": {"UnresolvedAssetJobDefinition"},
        "dagster._core.workspace.context": {"WorkspaceProcessContext"},
        "dagster._core.workspace.load_target": {"ModuleTarget"},
        "dagster._utils.schedules": {"is_valid_cron_schedule", "schedule_execution_time_iterator"},
    },
}
# Names that are looked up on an object, by distribution.
ATTRIBUTES = {
    "pyspark": {"_gateway", "_jsc", "_jvm"},
    "splink": {
        "_match_weight",
        "_probability_two_random_records_match",
        "_settings_obj",
        "_tf_adjustment_input_column",
    },
    "python-docx": {"_r", "_tr"},
}
COLUMNS = {"_back", "_to"}  # of data frames of ours
STANDARD = {"_exit", "_fields", "_replace"}  # documented in the standard library, whatever its name says


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


@pytest.mark.slow
def test_no_private_name_is_used_that_is_not_declared() -> None:
    declared = set().union(*ATTRIBUTES.values()) | COLUMNS | STANDARD
    for path, tree in trees():
        own = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and is_private(node.attr):
                is_own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls", "other", "made")
                assert is_own or node.attr in own | declared, f"{path.relative_to(ROOT)}:{node.lineno}: {node.attr}"


@pytest.mark.slow
def test_no_private_name_is_imported_that_is_not_declared() -> None:
    declared = {module: names for modules in IMPORTED.values() for module, names in modules.items()}
    for path, tree in trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom) or not node.module or node.module.split(".")[0] in PACKAGES:
                continue
            is_private_module = any(is_private(part) for part in node.module.split("."))
            for name in (alias.name for alias in node.names):
                if is_private_module or is_private(name):
                    assert name in declared.get(node.module, ()), f"{path.relative_to(ROOT)}: {node.module}.{name}"


@pytest.mark.parametrize("distribution", sorted({*IMPORTED, *ATTRIBUTES}))
def test_a_library_of_private_names_has_an_upper_bound(distribution: str) -> None:
    (requirement,) = (line for line in DEPENDENCIES if re.match(rf"{re.escape(distribution)}(?![\w-])", line))
    assert re.search(r"==|<", requirement), requirement


@pytest.mark.parametrize(
    ("module", "name"),
    [(module, name) for modules in IMPORTED.values() for module, names in modules.items() for name in sorted(names)],
)
def test_an_imported_private_name_is_still_there(module: str, name: str) -> None:
    assert hasattr(importlib.import_module(module), name)


@pytest.mark.slow
def test_the_private_names_of_splink_are_still_there() -> None:
    from splink import DuckDBAPI, Linker, SettingsCreator
    from splink.comparison_library import ExactMatch

    records = [{"id": str(n), "name": name} for n, name in enumerate(("ada", "ada", "bob"))]
    api = DuckDBAPI()
    settings = SettingsCreator(
        link_type="dedupe_only", unique_id_column_name="id",
        comparisons=[ExactMatch("name").configure(term_frequency_adjustments=True)],
    )  # fmt: skip
    linker = Linker(api.register(records), settings, log_level=None)
    assert 0 < linker._settings_obj._probability_two_random_records_match < 1
    levels = [level for made in linker._settings_obj.comparisons for level in made.comparison_levels]
    assert any(level._tf_adjustment_input_column.input_name == "name" for level in levels if not level.is_null_level)
    assert all(hasattr(type(level), "_match_weight") for level in levels)


def test_the_private_names_of_a_document_are_still_there() -> None:
    document = Document()
    assert document.add_paragraph().add_run("x")._r.tag.endswith("}r")
    assert document.add_table(rows=1, cols=1).rows[0]._tr.get_or_add_trPr() is not None


@pytest.mark.spark
def test_the_private_names_of_spark_are_still_there(spark: SparkSession) -> None:
    assert spark._jvm is not None
    assert SparkContext._gateway is not None
    assert SparkContext._gateway.proc.poll() is None
    spark.sparkContext._jsc.sc().listenerBus().waitUntilEmpty()
    frame: DataFrame = spark.range(1)
    assert frame._jdf.queryExecution().executedPlan() is not None
