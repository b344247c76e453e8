"""The Databricks asset bundle: it has the form that Databricks takes, and names what is here.

Databricks' published JSON schema is under a licence of its own, so it is no part of this project. Where
`NIGHTJAR_BUNDLE_SCHEMA` names a copy, as `databricks bundle schema` prints it, the bundle is compared with all of it;
otherwise against the part below, which was written by hand from the published one for the keys that are used here.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
import yaml

from jobs.cli import main as cli_main
from jobs.runtime import settings, spark
from schemas import catalogue

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "infra" / "databricks.yml").read_text(encoding="utf-8")
BUNDLE: dict[str, Any] = yaml.safe_load(TEXT)
JOBS = BUNDLE["resources"]["jobs"]
TASKS = [(job, task) for job in JOBS.values() for task in job["tasks"]]


# --- the form ---


def closed(required: str = "", **properties: Any) -> dict[str, Any]:
    """A mapping of these keys and no other."""
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


def each(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1}


def named(values: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": values}


WORD = {"type": "string"}
WHOLE = {"type": "integer"}
BOOL = {"type": "boolean"}
GRANTS = each(
    closed(
        "principal privileges",
        principal=WORD,
        privileges=each(
            {"enum": ["USE_SCHEMA", "SELECT", "MODIFY", "CREATE_TABLE", "READ_VOLUME", "WRITE_VOLUME", "EXECUTE"]}
        ),
    )
)
CLUSTER = closed(
    "spark_version node_type_id",
    spark_version=WORD,
    node_type_id=WORD,
    num_workers=WHOLE,
    data_security_mode={"enum": ["SINGLE_USER", "USER_ISOLATION"]},
    spark_conf=named(WORD),
    spark_env_vars=named(WORD),
)
TASK = closed(
    "task_key",
    task_key=WORD,
    job_cluster_key=WORD,
    depends_on=each(closed("task_key", task_key=WORD, outcome=WORD)),
    timeout_seconds=WHOLE,
    max_retries=WHOLE,
    min_retry_interval_millis=WHOLE,
    python_wheel_task=closed("package_name entry_point", package_name=WORD, entry_point=WORD, parameters=each(WORD)),
    notebook_task=closed("notebook_path", notebook_path=WORD, base_parameters=named(WORD)),
    libraries=each(closed(whl=WORD)),
)
JOB = closed(
    "name tasks",
    name=WORD,
    description=WORD,
    max_concurrent_runs=WHOLE,
    queue=closed("enabled", enabled=BOOL),
    timeout_seconds=WHOLE,
    health=closed(
        rules=each(
            closed(
                "metric op value", metric={"const": "RUN_DURATION_SECONDS"}, op={"const": "GREATER_THAN"}, value=WHOLE
            )
        )
    ),
    email_notifications=closed(on_failure=each(WORD), on_duration_warning_threshold_exceeded=each(WORD)),
    schedule=closed(
        "quartz_cron_expression timezone_id",
        quartz_cron_expression=WORD,
        timezone_id=WORD,
        pause_status={"enum": ["PAUSED", "UNPAUSED"]},
    ),
    parameters=each(closed("name default", name=WORD, default=WORD)),
    tasks=each(TASK),
    job_clusters=each(closed("job_cluster_key new_cluster", job_cluster_key=WORD, new_cluster=CLUSTER)),
)
FORM = closed(
    "bundle resources targets",
    bundle=closed("name", name=WORD),
    variables=named(closed("description", description=WORD, default=WORD)),
    artifacts=named(closed(type={"const": "whl"}, build=WORD, path=WORD)),
    sync=closed(paths=each(WORD)),
    resources=closed(
        schemas=named(closed("catalog_name name", catalog_name=WORD, name=WORD, comment=WORD, grants=GRANTS)),
        volumes=named(
            closed(
                "catalog_name schema_name name",
                catalog_name=WORD,
                schema_name=WORD,
                name=WORD,
                volume_type={"enum": ["MANAGED", "EXTERNAL"]},
                comment=WORD,
                grants=GRANTS,
            )
        ),
        jobs=named(JOB),
    ),
    targets=named(
        closed(mode={"enum": ["development", "production"]}, default=BOOL, run_as=closed(service_principal_name=WORD))
    ),
)


def mistakes(bundle: dict[str, Any], form: dict[str, Any]) -> list[str]:
    """Where the bundle is not of the form."""
    return [error.json_path for error in jsonschema.Draft202012Validator(form).iter_errors(bundle)]


def test_the_bundle_has_the_form_of_a_bundle() -> None:
    assert mistakes(BUNDLE, FORM) == []


def test_the_bundle_has_the_form_of_the_published_schema() -> None:
    if "NIGHTJAR_BUNDLE_SCHEMA" not in os.environ:
        pytest.skip("NIGHTJAR_BUNDLE_SCHEMA names no copy of Databricks' schema")
    # Letters and digits of every script are written in a way that Python's expressions do not know.
    text = Path(os.environ["NIGHTJAR_BUNDLE_SCHEMA"]).read_text(encoding="utf-8")
    published = json.loads(text.replace(r"\\p{L}", "a-zA-Z").replace(r"\\p{N}", "0-9"))
    assert mistakes(BUNDLE, published) == []
    for wrong in wrongs():
        assert mistakes(wrong, published), "the published schema finds what is wrong"


def wrongs() -> list[dict[str, Any]]:
    """The bundle with a mistake in it."""
    found = []
    for path, value in (
        (("resources", "jobs", "nightly", "timeout_second"), 1),
        (("resources", "jobs", "nightly", "tasks", 0, "python_wheel_task", "package"), "nightjar"),
        (("resources", "volumes", "home", "volume_type"), "LOCAL"),
        (("resources", "schemas", "gold", "catalog_name"), None),
    ):
        wrong = json.loads(json.dumps(BUNDLE))
        inner = wrong
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value
        found.append(wrong)
    return found


@pytest.mark.parametrize("wrong", wrongs())
def test_a_mistake_is_found(wrong: dict[str, Any]) -> None:
    assert mistakes(wrong, FORM)


# --- what it names ---


def test_every_variable_is_declared_and_used() -> None:
    assert set(re.findall(r"\$\{var\.(\w+)\}", TEXT)) == set(BUNDLE["variables"])
    for section, name, key in re.findall(r"\$\{resources\.(\w+)\.(\w+)\.(\w+)\}", TEXT):
        assert key in BUNDLE["resources"][section][name]


def test_there_is_a_schema_for_each_layer_of_tables() -> None:
    made = {schema["name"] for schema in BUNDLE["resources"]["schemas"].values()}
    assert {table.layer for table in catalogue.TABLES} <= made


def rights(principal: str) -> dict[str, list[str]]:
    """What somebody may do, by schema or volume."""
    things = {**BUNDLE["resources"]["schemas"], **BUNDLE["resources"]["volumes"]}
    return {
        name: grant["privileges"]
        for name, thing in things.items()
        for grant in thing["grants"]
        if grant["principal"] == principal
    }


def test_analysts_read_gold_and_senders_write_files_alone() -> None:
    assert rights("${var.analysts}") == {"gold": ["USE_SCHEMA", "SELECT"]}
    assert rights("${var.senders}") == {"files": ["USE_SCHEMA"], "home": ["WRITE_VOLUME"]}
    operator = rights("${var.operator}")
    assert set(operator) == {*BUNDLE["resources"]["schemas"], "home"}
    assert BUNDLE["targets"]["prod"]["run_as"] == {"service_principal_name": "${var.operator}"}


def command_of(words: list[str]) -> click.Command:
    """The command that these words name.

    Raises:
        click.UsageError: there is none, or it takes no such option.
    """
    command: click.Command = cli_main.main
    context = click.Context(command)
    while isinstance(command, click.Group):
        name, found, words = command.resolve_command(context, words)
        assert found is not None
        command, context = found, click.Context(found, info_name=name)
    command.parse_args(context, words)
    return command


def test_every_task_of_the_wheel_is_a_command_that_there_is() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [task["python_wheel_task"] for _, task in TASKS if "python_wheel_task" in task]
    commands = set()
    for wheel in asked:
        assert wheel["package_name"] == project["name"]
        assert wheel["entry_point"] in project["scripts"]
        words = [word.replace("{{job.parameters.night}}", "2026-01-05") for word in wheel["parameters"]]
        commands.add(command_of(words))
    assert commands == {cli_main.main.commands["nightly"], cli_main.train.train.commands["classifiers"]}
    with pytest.raises(click.UsageError):
        command_of(["nightly", "--nigth", "2026-01-05"])


def test_every_notebook_of_a_task_is_there_and_has_its_widgets() -> None:
    books = [task["notebook_task"] for _, task in TASKS if "notebook_task" in task]
    assert len(books) == 2
    for book in books:
        path = ROOT / book["notebook_path"]
        assert path.parent.name in BUNDLE["sync"]["paths"]
        source = path.read_text(encoding="utf-8")
        for name in book.get("base_parameters", {}):
            assert f'widget("{name}"' in source


@pytest.mark.parametrize("name", JOBS)
def test_a_job_ends_in_time_tells_somebody_and_is_alone(name: str) -> None:
    job = JOBS[name]
    assert job["max_concurrent_runs"] == 1
    assert job["email_notifications"]["on_failure"] == ["${var.told}"]
    (slow,) = job["health"]["rules"]
    longest = max(task["timeout_seconds"] for task in job["tasks"])
    assert slow["value"] < longest < job["timeout_seconds"]
    clusters = {cluster["job_cluster_key"] for cluster in job["job_clusters"]}
    keys = {task["task_key"] for task in job["tasks"]}
    for task in job["tasks"]:
        assert task["job_cluster_key"] in clusters
        assert task["timeout_seconds"] > 0
        assert {before["task_key"] for before in task.get("depends_on", [])} <= keys


def test_times_and_settings_are_those_of_one_machine() -> None:
    chosen = settings.load()
    for name, cron in (("nightly", chosen.schedule.cron), ("weekly_training", chosen.schedule.training_cron)):
        minute, hour, *_ = cron.split()
        assert JOBS[name]["schedule"]["quartz_cron_expression"].split()[:3] == ["0", minute, hour]
        assert JOBS[name]["schedule"]["timezone_id"] == chosen.schedule.time_zone
    # The watchdog of the night says where it stood; the job's own end, which says nothing, comes after it.
    assert JOBS["nightly"]["tasks"][0]["timeout_seconds"] > chosen.checks.max_runtime_s
    for job in JOBS.values():
        for cluster in job["job_clusters"]:
            assert cluster["new_cluster"]["spark_conf"].items() <= spark.EVERYWHERE.items()
