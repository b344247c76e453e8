"""Settings: one file of thresholds with reasons, overridden by one file of the deployment."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from schemas.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
DEFAULTS = Path(__file__).with_name("settings.yaml")


class SettingsError(UserError, ValueError):
    """A settings file names something that does not exist, or is not readable."""


def home() -> Path:
    """The one folder that holds all state: `NIGHTJAR_HOME`, or `.nightjar` in the working directory."""
    return Path(os.environ.get("NIGHTJAR_HOME", ".nightjar")).absolute()


@dataclass(frozen=True)
class Settings:
    """All settings of a run, and where its state lives."""

    values: dict[str, Any]
    home: Path

    def __getitem__(self, section: str) -> Any:
        return self.values[section]

    @cached_property
    def config_hash(self) -> str:
        """First 16 hex digits of the SHA-256 of the settings: in the provenance of each queue row."""
        return hashlib.sha256(json.dumps(self.values, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def landing(self) -> Path:
        return self.home / "landing"

    @property
    def truth(self) -> Path:
        return self.home / "truth"

    @property
    def lakehouse(self) -> Path:
        return self.home / "lakehouse"

    @property
    def inbox(self) -> Path:
        return self.home / "inbox"

    @property
    def undo(self) -> Path:
        """Requests to take back a merge or split of entities: an inbox of its own."""
        return self.home / "undo"

    @property
    def exports(self) -> Path:
        return self.home / "exports"

    @property
    def log(self) -> Path:
        return self.home / "log"

    @property
    def mlflow(self) -> Path:
        return self.home / "mlflow"

    @property
    def own_sources(self) -> Path:
        """Layouts that this deployment adds to those that ship with the code."""
        return Path(self.values["sources"]) if self.values["sources"] else self.home / "sources"

    def capacity(self) -> dict[str, int]:
        """Queue capacity for the forces that differ from the default, under their code, and the default under `*`."""
        queue = self.values["queue"]
        return {"*": int(queue["capacity"]), **{str(k): int(v) for k, v in queue["capacity_by_force"].items()}}

    def night_seed(self, night: date) -> int:
        """Seed of one night: the same night draws the same numbers whenever it runs."""
        return int(hashlib.sha256(f"{self.values['seed']}|{night}".encode()).hexdigest()[:8], 16)

    def tonight(self) -> date:
        """Today's date where the schedule lives."""
        return datetime.now(ZoneInfo(self.values["schedule"]["time_zone"])).date()


def load(folder: Path | None = None) -> Settings:
    """Defaults, overridden by the file named in `NIGHTJAR_SETTINGS`.

    Raises:
        SettingsError: the override is unreadable, or names a setting that does not exist.
    """
    values = yaml.safe_load(DEFAULTS.read_text(encoding="utf-8"))
    override = os.environ.get("NIGHTJAR_SETTINGS")
    if override:
        try:
            given = yaml.safe_load(Path(override).read_text(encoding="utf-8")) or {}
        except (OSError, yaml.YAMLError) as error:
            raise SettingsError(f"NIGHTJAR_SETTINGS={override} cannot be read: {error}") from error
        _merge(values, given, override)
    return Settings(values, folder or home())


def _merge(values: dict[str, Any], given: dict[str, Any], where: str, prefix: str = "") -> None:
    for key, value in given.items():
        if key not in values:
            raise SettingsError(f"{where}: there is no setting {prefix}{key}")
        if isinstance(values[key], dict) and isinstance(value, dict) and values[key]:
            _merge(values[key], value, where, f"{prefix}{key}.")
        else:
            values[key] = value


def code_commit() -> str:
    """Commit of the code that runs: `NIGHTJAR_COMMIT`, else what git says (`-dirty` with changes), else `unknown`."""
    if "NIGHTJAR_COMMIT" in os.environ:
        return os.environ["NIGHTJAR_COMMIT"]
    try:
        command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
        found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=10, check=False)
    except OSError:
        return "unknown"
    return found.stdout.strip() or "unknown"
