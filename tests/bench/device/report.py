"""Reading a device's report: `python -m tests.bench.device.report N_MB` prints one JSON line.

A report.xml of that size is made, and read by its reader alone in this process. Memory is what reading added to what
the process held before.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from pipelines.device.readers.ufed_xml import UfedXml
from pipelines.device.records import Message, Stopped
from tests.support import device_exports as exports


def main(n_mb: int) -> None:
    with tempfile.TemporaryDirectory(prefix="nightjar-bench-") as folder:
        path = Path(folder) / "report.xml"
        n_made = exports.write_ufed(path, n_mb * 1_000_000)
        n_bytes, held = path.stat().st_size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begun, n_read = time.process_time(), 0
        with path.open("rb") as content:
            for record in UfedXml().read(content, exports.SOURCE):
                if isinstance(record, Stopped):
                    raise SystemExit(record.detail)
                n_read += isinstance(record, Message)
        seconds = time.process_time() - begun
    if n_read != n_made:
        raise SystemExit(f"{n_read} messages of {n_made}")
    added = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held
    told = {"n_messages": n_read, "mb": round(n_bytes / 1e6), "cpu_s": round(seconds, 1)}
    print(json.dumps({**told, "mb_per_s": round(n_bytes / 1e6 / seconds, 1), "added_mib": added >> 10}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
