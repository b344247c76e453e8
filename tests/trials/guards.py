"""Guards that trials stand for, broken on purpose: each is taken out of a copy of the checkout, and a test must fail.

    python -m tests.trials.guards            all of them: most of an hour
    python -m tests.trials.guards 17 18      those of some trials

Prints a row of docs/guards.md per guard. A test that passes without its guard tests nothing: it is to be mended. Of the
tests that must see a guard gone, the cheapest is run; no whole night is.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.trials.guard_list import BOMBS, GUARDS, Guard

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (
    "schemas",
    "pipelines",
    "models",
    "jobs",
    "notebooks",
    "infra",
    "tests",
    "docs",
    "pyproject.toml",
    "Makefile",
)
MEMORY, PATIENCE_S = 6 << 30, 900


def place(guard: Guard) -> int:
    """The line of the guard's file that it begins in.

    Raises:
        ValueError: the code is not there, or not once.
    """
    text = (ROOT / guard.file).read_text(encoding="utf-8")
    if text.count(guard.code) != 1:
        raise ValueError(f"{guard.file} has {guard.code!r} {text.count(guard.code)} times")
    return text[: text.index(guard.code)].count("\n") + 1


def taken_out(guard: Guard) -> str:
    """The guard's code as a cell of the page: its first line, without what makes it a statement of Python."""
    return guard.code.strip().splitlines()[0].rstrip(":,").replace("|", "\\|")


def broken(guard: Guard, copy: Path) -> str:
    """Break the guard in a copy of the checkout, run its tests, mend it; what failed, or what else came of it."""
    path = copy / guard.file
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(guard.code, guard.without), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", guard.tests, "-k", guard.words]
    try:
        ended = subprocess.run(
            command,
            cwd=copy,
            env={**os.environ, "PYTHONPATH": str(copy)},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
            preexec_fn=_bounded if guard.trial == BOMBS else None,
        )
    except subprocess.TimeoutExpired:
        return f"it did not end within {PATIENCE_S} s"
    finally:
        path.write_text(text, encoding="utf-8")
    lines = [line for line in ended.stdout.splitlines() if line.startswith("FAILED")]
    failed = [line.split(" - ")[0].rsplit("::", 1)[1] for line in lines]
    return f"`{failed[0]}`" if failed else f"NOTHING FAILED (pytest ended with {ended.returncode})"


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def main(numbers: Iterable[int]) -> int:
    wanted = set(numbers) or {guard.trial for guard in GUARDS}
    n_passed = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        copy.mkdir()
        for name in FOLDERS:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / name)
        for jars in (".jars", ".venv"):
            (copy / jars).symlink_to((ROOT / jars).resolve())
        for guard in (guard for guard in GUARDS if guard.trial in wanted):
            failed = broken(guard, copy)
            n_passed += failed.startswith("NOTHING")
            print(f"| {guard.trial} | `{guard.file}:{place(guard)}` | `{taken_out(guard)}` | {failed} |", flush=True)
    return int(n_passed > 0)


if __name__ == "__main__":
    sys.exit(main(map(int, sys.argv[1:])))
