"""`make trials`: the trials in full, and docs/reliability.md made of what they told.

make trials                      all of them: hours, with a night killed at every named point and at ten moments
make trials ARGS="4 27"          those of some trials
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import pytest

from tests.trials import PROMISES, page


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("numbers", nargs="*", type=int, choices=list(PROMISES), metavar="NUMBER")
    numbers = parser.parse_args().numbers
    os.environ["NIGHTJAR_TRIALS"] = "all"
    wanted = ["--trial", ",".join(map(str, numbers or PROMISES))]
    ended = pytest.main([str(Path(__file__).parents[1]), *wanted, "--trials", str(page.RESULTS)])
    page.PAGE.write_text(page.render(page.results()), encoding="utf-8")
    print(f"written to {page.PAGE.relative_to(page.ROOT)}")
    return int(ended)


if __name__ == "__main__":
    sys.exit(main())
