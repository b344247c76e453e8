"""Which ids an entry of the log speaks of: in the log their number and digest, in a side file the ids themselves.

A log that listed every telephone number of a bulk research would itself be a list of telephone numbers for whoever may
read it. So the entry holds a digest, and the ids lie in `ids/<digest>.txt` in the log's folder: one JSON string per
line, in order, each once. The digest is the SHA-256 of the file, so that `sha256sum` alone checks it, and the same ids
are kept once however often they are looked at.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from jobs.runtime import whole_file

FOLDER = "ids"


def content(ids: Iterable[str]) -> tuple[int, bytes]:
    """How many different ids there are, and the side file of them."""
    lines = sorted({json.dumps(each) for each in ids})
    return len(lines), "".join(f"{line}\n" for line in lines).encode("ascii")


def path_of(log_folder: Path, digest: str) -> Path:
    return log_folder / FOLDER / f"{digest}.txt"


def keep(log_folder: Path, ids: Iterable[str]) -> dict[str, int | str]:
    """Put the side file of `ids` on disk, if it is not there. Returns what the entry says: `n` and `sha256`.

    Raises:
        OSError: it cannot be written.
    """
    n, body = content(ids)
    digest = hashlib.sha256(body).hexdigest()
    path = path_of(log_folder, digest)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        whole_file.write(path, body)
    return {"n": n, "sha256": digest}


def read(log_folder: Path, digest: str) -> list[str]:
    """The ids of a side file. Whoever calls this has logged it.

    Raises:
        FileNotFoundError: it is not there.
        ValueError: it is not what its digest says.
    """
    body = path_of(log_folder, digest).read_bytes()
    if hashlib.sha256(body).hexdigest() != digest:
        raise ValueError(f"the side file {digest[:16]} was changed")
    return [json.loads(line) for line in body.splitlines()]


def problem(log_folder: Path, digest: str) -> str | None:
    """Why the side file of an entry cannot be right, or None. Does not keep its content in memory."""
    try:
        with open(path_of(log_folder, digest), "rb") as file:
            is_right = hashlib.file_digest(file, "sha256").hexdigest() == digest
    except OSError:
        return f"its side file of ids ({FOLDER}/{digest[:16]}...) is missing"
    return None if is_right else f"its side file of ids ({FOLDER}/{digest[:16]}...) was changed"
