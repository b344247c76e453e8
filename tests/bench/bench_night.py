"""The night's fixed cost: an empty night in a process of its own, after a first night made the tables."""

from __future__ import annotations

import json
import tempfile
from datetime import timedelta
from pathlib import Path

from tests.support import whole_nights as nights


def main() -> None:
    home = Path(tempfile.mkdtemp(prefix="nightjar-bench-"))
    nights.world(home, n_reports=1000, n_nights=1)
    first = nights.command(home, "nightly", "--night", str(nights.FIRST), "--json")
    empty = nights.command(home, "nightly", "--night", str(nights.FIRST + timedelta(days=1)), "--json")
    if first.returncode or empty.returncode:
        raise RuntimeError((first.stderr + empty.stderr)[-3000:])
    report = json.loads(empty.stdout)
    print(json.dumps({name: report[name] for name in ("seconds", "n_writes", "n_actions")}))


if __name__ == "__main__":
    main()
