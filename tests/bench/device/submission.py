"""A made device through the two steps of a night: `python -m tests.bench.device.submission N_MB` prints one line.

A tenth of it are messages in eight reports, the rest files that are hashed; 5,000 key words are looked for. Seconds are
those of reading and of searching after the session has started; memory is the most that the driver held, its Java
machine and its Python process together.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

from jobs.night.assets import device as assets
from schemas import device
from tests.bench.device import search
from tests.support import device_exports as exports
from tests.support import whole_nights as nights

N_REPORTS, FILE_MB = 8, 10
MANIFEST = """\
authority: {power: PACE 1984 s.19, reference: WA/9, granted_on: 2026-01-09}
purpose: Measuring
exhibits: [CD/1]
owner: {name: Owner Phone, identifiers: ["+447700900001"]}
keyword_lists: [terms.txt]
"""


def main(n_mb: int) -> None:
    with tempfile.TemporaryDirectory(prefix="nightjar-bench-") as folder:
        made = nights.ctx(Path(folder))
        drop = made.settings.landing / "norfolk" / "device" / nights.FIRST.isoformat() / "EX"
        n_made = _write(drop, n_mb)
        made.spark.range(1).count()
        peak = [0]
        threading.Thread(target=_watch, args=(peak,), daemon=True).start()
        seconds = []
        for step in (assets.device_exports, assets.device_finds):
            begun = time.monotonic()
            nights.materialise(made, nights.FIRST, [step])
            seconds.append(round(time.monotonic() - begun, 1))
        n_read = made.lake.read(device.FILES).agg({"n_messages": "sum"}).first()[0]
        if n_read != n_made:
            raise SystemExit(f"{n_read} messages of {n_made}")
    print(json.dumps({"mb": n_mb, "n_messages": n_read, "read_s": seconds[0], "search_s": seconds[1],
                      "driver_mib": peak[0] >> 20}))  # fmt: skip


def _write(drop: Path, n_mb: int) -> int:
    """The submission; how many messages it has."""
    drop.mkdir(parents=True)
    n_made = 0
    for n in range(N_REPORTS):
        n_made += exports.write_ufed(drop / f"report{n}.xml", n_mb * 100_000 // N_REPORTS)
    rng = random.Random(1)
    for n in range(n_mb * 9 // 10 // FILE_MB):
        (drop / f"IMG_{n:05d}.jpg").write_bytes(b"\xff\xd8\xff" + rng.randbytes(FILE_MB * 1_000_000))
    words = [term.term for term in search.terms(rng)]
    (drop / "terms.txt").write_text("\n".join(words), encoding="utf-8")
    (drop / "submission.yaml").write_text(MANIFEST, encoding="utf-8")
    (drop.parent / "EX.done").touch()
    return n_made


def _watch(peak: list[int]) -> None:
    """Proportional set size of this process and of the Java machine; workers of Python are not the driver."""
    while True:
        own = psutil.Process(os.getpid())
        java = [each for each in own.children(recursive=True) if "java" in each.name()]
        total = 0
        for each in (own, *java):
            try:
                total += each.memory_full_info().pss
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        peak[0] = max(peak[0], total)
        time.sleep(1)


if __name__ == "__main__":
    main(int(sys.argv[1]))
