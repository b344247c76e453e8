"""Settings: one file of thresholds with reasons, overridden by one file of the deployment."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jobs.runtime.sections.sections import Sections
from schemas import documents, validation
from schemas.documents import DocumentError

ROOT = Path(__file__).resolve().parents[2]
DEFAULTS = Path(__file__).with_name("settings.yaml")
COMMIT = Path(__file__).with_name("commit.txt")  # in a wheel, which no git knows of: see infra/wheel.py


class SettingsError(DocumentError):
    """Settings that cannot be used; the message names file, line, key and what is wrong, a line per mistake."""


def home() -> Path:
    """The one folder that holds all state: `NIGHTJAR_HOME`, or `.nightjar` in the working directory."""
    return Path(os.environ.get("NIGHTJAR_HOME", ".nightjar")).absolute()


class Settings(Sections):
    """All settings of a run, a field per section, and where its state lives."""

    home: Path

    @property
    def values(self) -> dict[str, Any]:
        """The sections as plain values."""
        return self.model_dump(exclude={"home"})

    @property
    def config_hash(self) -> str:
        """First 16 hex digits of the SHA-256 of the settings: in the provenance of each queue row.

        Of values, not of how they are written: 3 and 3.0 of a number are one setting.
        """
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
    def published(self) -> Path:
        """Index of published items, made of the tables."""
        return self.home / "published.sqlite"

    @property
    def exports(self) -> Path:
        return self.home / "exports"

    @property
    def log_folder(self) -> Path:
        return self.home / "log"

    @property
    def is_on_volume(self) -> bool:
        """Whether the home takes no append to a file and no lock: what needs them is in tables."""
        return self.home_on == "volume"

    @property
    def manifests(self) -> Path:
        """Copies of run manifests, with number and hash of the log's last entry, to be read without Spark."""
        return self.home / "manifests"

    @property
    def anchor(self) -> Path | None:
        """Where the log is anchored; None where no folder is set."""
        return Path(self.log.anchor).absolute() if self.log.anchor else None

    @property
    def mlflow(self) -> Path:
        return self.home / "mlflow"

    @property
    def own_sources(self) -> Path:
        """Layouts that this deployment adds to those that ship with the code."""
        return Path(self.sources) if self.sources else self.home / "sources"

    def capacity(self) -> dict[str, int]:
        """Queue capacity for the forces that differ from the default, under their code, and the default under `*`."""
        return {"*": self.queue.capacity, **self.queue.capacity_by_force}

    def night_seed(self, night: date) -> int:
        """Seed of one night: the same night draws the same numbers whenever it runs."""
        return int(hashlib.sha256(f"{self.seed}|{night}".encode()).hexdigest()[:8], 16)

    def tonight(self) -> date:
        """Today's date where the schedule lives."""
        return datetime.now(ZoneInfo(self.schedule.time_zone)).date()


def load(folder: Path | None = None) -> Settings:
    """Defaults, overridden by the file named in `NIGHTJAR_SETTINGS`.

    Raises:
        SettingsError: the override cannot be read, names a setting that does not exist, or gives one a value that it
            does not take. Tells every mistake.
    """
    try:
        document = documents.read(DEFAULTS)
        if override := os.environ.get("NIGHTJAR_SETTINGS"):
            document = documents.read(Path(override), override).laid_over(document)
    except DocumentError as error:
        raise SettingsError(error.problems) from error
    sections, problems = validation.checked(document, Sections)
    if sections is None or problems:
        raise SettingsError(problems)
    return Settings(home=folder or home(), **dict(sections))


def code_commit() -> str:
    """Commit of the code that runs: `NIGHTJAR_COMMIT`, else that which the wheel was built from, else what git says of
    the checkout (`-dirty` with changes), else `unknown`."""
    if "NIGHTJAR_COMMIT" in os.environ:
        return os.environ["NIGHTJAR_COMMIT"]
    if COMMIT.is_file():
        return COMMIT.read_text(encoding="utf-8").strip()
    try:
        command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
        completed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=10, check=False)
    except OSError:
        return "unknown"
    return completed.stdout.strip() or "unknown"
