"""Alerts of failed nights and unusable layouts: a line in the log folder always, a webhook where one is set."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

from jobs.runtime import settings


def send(chosen: settings.Settings, night: str, message: str) -> Path:
    """Write the alert to `log/alerts.jsonl`, and post it as JSON to the webhook if one is set.

    The message names steps and reasons, never rows. A webhook that does not answer is itself written to the log.
    """
    alert: dict[str, Any] = {"night": night, "message": message}
    path = chosen.log / "alerts.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    webhook = chosen.alerts.webhook
    if webhook:
        request = urllib.request.Request(
            webhook, json.dumps(alert).encode(), {"Content-Type": "application/json"}, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                alert["webhook_status"] = answer.status
        except OSError as error:
            alert["webhook_error"] = str(error)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(alert) + "\n")
    return path
