"""What the wheel holds besides the packages: the notebooks, and the commit that it was built from."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NOTEBOOKS = "jobs/pages/notebooks"  # where jobs/pages/queue_access.py looks
COMMIT = "jobs/runtime/commit.txt"  # where jobs/runtime/settings.py looks


class WheelHook(BuildHookInterface[Any]):
    """Adds both to a wheel; an editable installation reads the checkout."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "standard":
            return
        self._work = tempfile.TemporaryDirectory(prefix="nightjar-wheel-")
        commit = Path(self._work.name) / "commit.txt"
        commit.write_text(commit_of(self.root) + "\n", encoding="utf-8")
        build_data["force_include"][str(commit)] = COMMIT
        for notebook in sorted(Path(self.root, "notebooks").glob("*.py")):
            build_data["force_include"][str(notebook)] = f"{NOTEBOOKS}/{notebook.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version == "standard":
            self._work.cleanup()


def commit_of(folder: str) -> str:
    """Commit of the code: `NIGHTJAR_COMMIT`, else what git says (`-dirty` with changes), else `unknown`."""
    if os.environ.get("NIGHTJAR_COMMIT"):
        return os.environ["NIGHTJAR_COMMIT"]
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        told = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=10, check=False)
    except OSError:
        return "unknown"
    return told.stdout.strip() or "unknown"
