"""Whatever ends a night without success is told to somebody: a line in the log folder, a webhook where one is set."""

from __future__ import annotations

import json
import os
import sys
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from jobs.runtime import settings

FILE = "alerts.jsonl"
TIMEOUT_S = 10


def send(config: settings.Settings, night: str, message: str, *, run_id: str | None = None) -> Path:
    """Write the alert to `log/alerts.jsonl`, and post it as JSON to the webhook if one is set.

    The message names steps and reasons, never rows. `run_id` is Dagster's where a run was made. A webhook that does not
    answer is itself written to the log; a log folder that cannot be written to is said on standard error.
    """
    return _send(config.log_folder, config.alerts.webhook, night, message, run_id)


@contextmanager
def telling(night: str) -> Iterator[None]:
    """Send an alert for every way out of the block but success, and let it take its course.

    Errors whose `is_told` is true have sent theirs already. Settings that do not load have no webhook to ask: it is
    then taken from the file as it stands, so that a typo in one section does not silence the night.
    """
    try:
        yield
    except BaseException as error:
        if not getattr(error, "is_told", False):
            _send(settings.home() / "log", _webhook(), night, describe(error), None)
        raise


def describe(error: BaseException) -> str:
    """An error as one line: its own words where they are meant for people, else with its kind before them."""
    words = " ".join(str(error).split())[:500]
    if isinstance(error, SystemExit):
        return f"ended from outside (exit code {words})"
    if isinstance(error, KeyboardInterrupt):
        return "interrupted from the keyboard"
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def _send(folder: Path, webhook: str | None, night: str, message: str, run_id: str | None) -> Path:
    alert: dict[str, Any] = {"at": now(), "night": night, "run_id": run_id, "message": message}
    if webhook:
        request = urllib.request.Request(
            webhook, json.dumps(alert).encode(), {"Content-Type": "application/json"}, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
                alert["webhook_status"] = answer.status
        except (OSError, ValueError) as error:
            alert["webhook_error"] = str(error)
    path = folder / FILE
    line = json.dumps(alert) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("a", encoding="utf-8") as file:
            file.write(line)
    except OSError as error:
        try:  # a volume takes new files, and no append to one
            path = path.with_name(f"{path.stem}-{uuid.uuid4()}{path.suffix}")
            path.write_text(line, encoding="utf-8")
        except OSError:  # a full disk is among the reasons for which a night ends
            print(f"{path} cannot be written to ({error}); the alert was: {line}", file=sys.stderr, end="")
    return path


def _webhook() -> str | None:
    """The webhook as the deployment's file has it, whatever else is wrong with that file."""
    override = os.environ.get("NIGHTJAR_SETTINGS")
    try:
        values = yaml.safe_load(Path(override).read_text(encoding="utf-8")) if override else None
    except (OSError, yaml.YAMLError):
        return None
    section = values.get("alerts") if isinstance(values, dict) else None
    webhook = section.get("webhook") if isinstance(section, dict) else None
    return webhook if isinstance(webhook, str) else None


def now() -> str:
    """This moment as UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
