"""Types, and how much of the code they see: mypy, then the share of typed expressions against a floor.

Run as `.venv/bin/python infra/typed_share.py`, which `make check` does. An expression counts as typed when mypy knows
its type (`--any-exprs-report`). Floors only ever rise: they are what was reached, rounded down. Exit code 1 where mypy
complains or a floor is missed.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

# Percent of typed expressions: of everything, and of the modules that decide who is shown to an analyst.
FLOORS = {
    "Total": 91.0,
    "pipelines.network.risk.paths": 99.0,
    "pipelines.network.risk.scores": 99.0,
    "pipelines.network.queue": 99.0,
    "pipelines.reports.queue": 99.0,
    "pipelines.comms.access": 99.0,
}
_LINE = re.compile(r"^\s*(\S+)\s+\d+\s+\d+\s+([\d.]+)%\s*$")


def shares(report: str) -> dict[str, float]:
    """Percent of typed expressions by module, and of all as `Total`, from mypy's `any-exprs.txt`."""
    return {match[1]: float(match[2]) for line in report.splitlines() if (match := _LINE.match(line))}


def missed(typed: dict[str, float]) -> list[str]:
    """A sentence for each floor that is missed, or whose module is gone."""
    return [
        f"{name}: {typed[name]:.2f} % of its expressions are typed, the floor is {floor} %"
        if name in typed
        else f"{name}: no such module any more; move its floor"
        for name, floor in FLOORS.items()
        if typed.get(name, -1.0) < floor
    ]


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        code = subprocess.run([sys.executable, "-m", "mypy", "--any-exprs-report", folder], check=False).returncode
        if code:
            return code
        typed = shares((Path(folder) / "any-exprs.txt").read_text(encoding="utf-8"))
    problems = missed(typed)
    print("\n".join(problems) if problems else f"{typed['Total']:.2f} % of all expressions are typed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
