"""The manifest of a registered model: a hash per file, sealed with this deployment's own key.

Hashes alone would not do: whoever can write to the registry could write hashes too. The seal is an HMAC over name,
version's files and hashes; its key lies beside the registry, readable to its owner only, or comes from
`NIGHTJAR_MODEL_KEY` where several machines of one deployment share a registry.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

KEY_FILE = "model.key"
NOT_LISTED = "registered_model_meta"  # a note that MLflow's own download leaves in a folder
BYTECODE = "__pycache__"  # Python leaves it where somebody loads a model through MLflow; no night imports from there


def files(folder: Path) -> dict[str, str]:
    """SHA-256 per file of a model's folder. A link is listed as what it is, so it never equals a registered file."""
    listed = sorted(path for path in folder.rglob("*") if path.is_symlink() or path.is_file())
    return {
        path.relative_to(folder).as_posix(): "link" if path.is_symlink() else _digest(path)
        for path in listed
        if path.name != NOT_LISTED and BYTECODE not in path.relative_to(folder).parts
    }


def sealed(name: str, hashes: Mapping[str, str], folder: Path) -> str:
    """The seal of a manifest; `folder` is where the registry keeps its key."""
    said = json.dumps([name, dict(hashes)], sort_keys=True).encode()
    return hmac.new(_key(folder), said, hashlib.sha256).hexdigest()


def is_sealed(name: str, hashes: Mapping[str, str], seal: str, folder: Path) -> bool:
    return hmac.compare_digest(sealed(name, hashes, folder), seal)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _key(folder: Path) -> bytes:
    key = os.environ.get("NIGHTJAR_MODEL_KEY")
    if key:
        return key.encode()
    path = folder / KEY_FILE
    temporary = folder / f".{KEY_FILE}.{os.getpid()}.{secrets.token_hex(4)}"
    if not path.exists():
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # of two that make a key at once, both use the first
            os.link(temporary, path)
        temporary.unlink()
    return path.read_bytes()
