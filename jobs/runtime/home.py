"""The one folder of state, and that nobody else can enter it, whoever made it.

What lies there names people, and is made by many hands: Nightjar, Spark's Java, MLflow, Dagster, SQLite. So each
process that writes there has a umask of 077 from its door on (`private`), and a home that others may enter is closed
before anything is read or written (`opened`). On a Databricks cluster the grants of the volume say who may enter.
"""

from __future__ import annotations

import os
import pwd
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from jobs.runtime import audit, identity, settings
from jobs.runtime.audit import operations
from schemas.errors import InvalidInputError

OTHERS = stat.S_IRWXG | stat.S_IRWXO
# Those who deliver may have a share of their own there.
NOT_OURS = ("landing",)


def private() -> None:
    """Let nothing that this process or its children make be read by others. Called at each process's door."""
    os.umask(0o077)


def opened() -> settings.Settings:
    """The settings, with a home that is there and that nobody else can enter.

    Raises:
        SettingsError: the settings cannot be read.
        InvalidInputError: the home cannot be made, or others may enter it and it is not ours to close.
    """
    chosen = settings.load()
    secure(chosen)
    return chosen


def secure(chosen: settings.Settings) -> None:
    """Make the home where there is none; close it where others may enter.

    Raises:
        InvalidInputError: it cannot be made, or it belongs to somebody else and others may enter it.
    """
    private()
    home = chosen.home
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = os.stat(home)
        if "DATABRICKS_RUNTIME_VERSION" in os.environ or not found.st_mode & OTHERS:
            return
        mode = f"{stat.S_IMODE(found.st_mode):04o}"
        if found.st_uid != os.geteuid():
            raise InvalidInputError(
                f"NIGHTJAR_HOME={home} belongs to {_name(found.st_uid)}, and others may enter it (mode {mode}). "
                "Nothing was read or written. Its owner closes it with `chmod 0700`, or name a folder of your own."
            )
        os.chmod(home, 0o700)
    except OSError as error:
        raise InvalidInputError(f"NIGHTJAR_HOME={home} cannot be used: {error.strerror}.") from error
    print(f"{home} could be entered by others (mode {mode}): it is closed now (0700).", file=sys.stderr)
    log = audit.Audit(chosen.log_folder)
    if log.path.exists():  # a new home's first entry is its first night's
        operations.home_mended(log, identity.account(), "mode of the home", f"others could enter it ({mode})")


def examine(home: Path) -> tuple[bool, str]:
    """Whether everything in the home is its owner's alone, and what was seen, in words."""
    owner = os.stat(home).st_uid
    seen = [(path, status) for path in _below(home) if (status := _status(path)) is not None]
    wrong = [path.relative_to(home) for path, status in seen if _is_open(status) or status.st_uid != owner]
    if not wrong:
        return True, f"{len(seen):,} files and folders, all their owner's alone"
    first = ", ".join(map(str, wrong[:3]))
    mend = f"chmod -R go= {home}"
    return False, f"{len(wrong):,} of {len(seen):,} are open to others or not the owner's, such as {first}: `{mend}`"


def _is_open(status: os.stat_result) -> bool:
    """Whether others are given anything. A link has no mode of its own."""
    return bool(status.st_mode & OTHERS) and not stat.S_ISLNK(status.st_mode)


def _status(path: Path) -> os.stat_result | None:
    """What the kernel says of an entry; None where a night that runs meanwhile has just taken it away."""
    try:
        return os.lstat(path)
    except FileNotFoundError:
        return None


def _below(home: Path) -> Iterator[Path]:
    yield home
    for folder, folders, files in os.walk(home):
        if Path(folder) == home:
            folders[:] = [name for name in folders if name not in NOT_OURS]
        yield from (Path(folder, name) for name in (*folders, *files))


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user id {uid}"
