"""The Java archives that Spark needs for Delta: which they are, where they lie, and fetching them by checksum.

Standard library only: set-up runs this file before there is an environment.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

LISTED = Path(__file__).with_name("jars.toml")
ROOT = Path(__file__).resolve().parents[2]


class JarError(Exception):
    """An archive could not be had; the message says why and what to do."""


@dataclass(frozen=True)
class Jar:
    """One archive as `jars.toml` lists it."""

    organisation: str
    artifact: str
    package: str  # Python package whose pinned version the archive must have
    version: str
    sha256: str
    optional: str = ""  # environment variable that gives the checksum; without one the archive is left out

    @property
    def file(self) -> str:
        return f"{self.artifact}-{self.version}.jar"

    def is_in(self, folder: Path) -> bool:
        """Whether the archive is there with the recorded checksum."""
        path = folder / self.file
        return path.is_file() and checksum(path) == self.sha256


@dataclass(frozen=True)
class Fetcher:
    """How archives are fetched: by the Ivy inside pyspark, run as a program of its own.

    `run` takes what is being done and a command, and returns its exit code and what it printed. `explain` makes the
    error of what a failed command printed.
    """

    java: str
    pyspark: Path  # folder of the package
    run: Callable[[str, list[str]], tuple[int, str]]
    explain: Callable[[str, str], Exception]
    say: Callable[[str], None]
    environ: Mapping[str, str]


def listed(environ: Mapping[str, str] = os.environ) -> list[Jar]:
    """The archives of `jars.toml`, with the checksum of an optional one that the environment gives."""
    jars = [Jar(**values) for values in tomllib.loads(LISTED.read_text(encoding="utf-8"))["jar"]]
    return [
        Jar(**{**vars(jar), "sha256": environ.get(jar.optional) or jar.sha256}) if jar.optional else jar for jar in jars
    ]


def folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the archives lie: `NIGHTJAR_JARS`, else `.jars` of the checkout, else below the environment's `share`."""
    if environ.get("NIGHTJAR_JARS"):
        return Path(environ["NIGHTJAR_JARS"])
    is_checkout = (ROOT / "pyproject.toml").is_file()
    return ROOT / ".jars" if is_checkout else Path(sys.prefix) / "share" / "nightjar" / "jars"


def own_cache(environ: Mapping[str, str] = os.environ) -> Path:
    """Folder of this person that outlives checkouts and environments."""
    base = environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "nightjar" / "jars"


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def get(into: Path, kept: Path, fetcher: Fetcher) -> None:
    """Every listed archive in `into`: from the cache `kept`, else fetched. What is there already stays.

    Raises:
        JarError: an archive has another checksum than the recorded one.
        Exception: what `fetcher.explain` made of a command that failed.
    """
    into.mkdir(parents=True, exist_ok=True)
    kept.mkdir(parents=True, exist_ok=True)
    for jar in listed(fetcher.environ):
        if not jar.sha256:
            fetcher.say(f"{jar.file}: left out ({jar.optional} is not set); igraph does its work")
            continue
        if jar.is_in(into):
            continue
        if not jar.is_in(kept):
            fetcher.say(f"{jar.file}: fetching")
            try:
                fetch(jar, kept, fetcher)
            except Exception as error:
                if not jar.optional:
                    raise
                fetcher.say(f"{jar.file}: left out, igraph does its work. {error}")
                continue
        copy = into / (jar.file + ".part")
        shutil.copyfile(kept / jar.file, copy)
        copy.replace(into / jar.file)


def fetch(jar: Jar, kept: Path, fetcher: Fetcher) -> None:
    """One archive into the cache, kept only if its checksum is the recorded one.

    Raises:
        JarError: it is not, or pyspark has no Ivy in it.
        Exception: what `fetcher.explain` made of Ivy's failure.
    """
    ivy = next(iter(sorted((fetcher.pyspark / "jars").glob("ivy-*.jar"))), None)
    if ivy is None:
        raise JarError("pyspark has no Ivy in it: remove the virtual environment and run again.")
    with tempfile.TemporaryDirectory(dir=kept) as work:
        # Settings of your own (a mirror inside the network) come from NIGHTJAR_IVY_SETTINGS, an ivysettings.xml.
        own = fetcher.environ.get("NIGHTJAR_IVY_SETTINGS")
        command = [fetcher.java, "-jar", str(ivy), *(["-settings", own] if own else []), "-cache", f"{work}/cache"]
        command += ["-notransitive", "-types", "jar", "-dependency", jar.organisation, jar.artifact, jar.version]
        code, printed = fetcher.run(jar.file, [*command, "-retrieve", f"{work}/[artifact]-[revision].[ext]"])
        fetched = Path(work) / jar.file
        if code != 0 or not fetched.is_file():
            raise fetcher.explain(f"Fetching {jar.file}", printed)
        found = checksum(fetched)
        if found != jar.sha256:
            raise JarError(
                f"{jar.file} has SHA-256 {found}, not the recorded {jar.sha256}: it was not kept."
                " Somebody changed the archive or the mirror; do not go on before you know why."
            )
        fetched.replace(kept / jar.file)
