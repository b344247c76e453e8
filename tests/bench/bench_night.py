"""What a night costs, run as a user runs it: the demonstration's first night, the next, and one without files."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from jobs.runtime import settings
from tests.support import whole_nights as nights

AFTER = {"first": 0, "next": 1, "empty": 5}  # days from the first night; the demonstration has files for three nights


def main() -> None:
    home = Path(tempfile.mkdtemp(prefix="nightjar-bench-"))
    shipped = {"NIGHTJAR_SETTINGS": str(settings.DEFAULTS)}
    found = {}
    try:
        for name, days in AFTER.items():
            begun = time.monotonic()
            night = str(nights.FIRST + timedelta(days=days))
            ended = nights.command(home, "nightly", "--night", night, "--json", **shipped)
            if ended.returncode:
                raise RuntimeError(ended.stderr[-3000:])
            report = json.loads(ended.stdout)
            found[name] = {"wall_s": round(time.monotonic() - begun, 1)}
            found[name] |= {key: report[key] for key in ("seconds", "n_writes", "n_actions")}
            if name == "next":
                steps = report["step_seconds"]
        print(json.dumps({**found, "steps": steps}))
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
