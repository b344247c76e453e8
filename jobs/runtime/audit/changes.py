"""Settings and layouts that are not those of the last night are in the log, before the night writes anything.

The last night's are what the newest entry about them says. The side file of an entry holds all of them as they were, a
line per setting or layout, so that two entries say what changed between them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from jobs.runtime.audit import id_files, operations
from jobs.runtime.audit.port import Log
from jobs.runtime.settings import Settings
from schemas.layouts import layouts

MOST_NAMED = 20
SECRET = ("alerts.webhook",)  # an address that often holds a token: that it changed is told, not what it is


def note(log: Log, chosen: Settings, night: date) -> None:
    """Log what differs from the last night: an entry for settings, one for layouts, or none.

    Raises:
        AuditError: it cannot be logged.
    """
    _note(log, night, "settings_changed", operations.settings_changed, _settings(chosen))
    _note(log, night, "layouts_changed", operations.layouts_changed, _layouts((layouts.FOLDER, chosen.own_sources)))


def _note(
    log: Log,
    night: date,
    operation: str,
    tell: Callable[[Log, date, str, Iterable[str]], None],
    now: Mapping[str, str],
) -> None:
    lines = [f"{name}: {value}" for name, value in now.items()]
    _, body = id_files.content(lines)
    last = log.last(operation)
    digest = last["ids"]["sha256"] if last else None
    if digest != hashlib.sha256(body).hexdigest():
        tell(log, night, _changed(log, digest, lines), lines)


def _changed(log: Log, digest: str | None, lines: Iterable[str]) -> str:
    """Names of what is not as it was, as far as a line of the log holds them."""
    if digest is None:
        return "as they are, for the first time"
    try:
        before = set(log.ids(digest))
    except (OSError, ValueError):
        return "changed; the side file of the last ones cannot be read"
    names = sorted({line.partition(": ")[0] for line in before ^ set(lines)})
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _settings(chosen: Settings) -> dict[str, str]:
    values = {name: json.dumps(value, sort_keys=True) for name, value in _leaves(chosen.values)}
    return {name: _digest(value) if name in SECRET and value != "null" else value for name, value in values.items()}


def _leaves(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Each setting under its dotted name; lists are one value."""
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _layouts(folders: Iterable[Path]) -> dict[str, str]:
    """Digest of each sender's layout; one of the deployment's own takes the place of the one that ships."""
    digests = {}
    for path in (path for folder in folders for path in sorted(folder.glob("*.yaml"))):
        try:
            digests[path.stem] = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError:
            digests[path.stem] = "cannot be read"
    return digests


def _digest(value: str) -> str:
    return f"sha256 {hashlib.sha256(value.encode()).hexdigest()}"
