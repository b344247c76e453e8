"""The command that fetches the Java archives where there is no checkout whose set-up does."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

import click

from jobs.cli.common import as_json, show
from jobs.runtime import jars
from schemas.errors import NotFoundError, UserError


@click.command("jars")
@as_json
def fetch(as_json: bool) -> None:
    """Fetch the Java archives that Spark on this machine needs, each kept only if its checksum is the recorded one.

    `make setup` has done so in a checkout. A cluster's runtime has its own.
    """
    spark = importlib.util.find_spec("pyspark")
    if spark is None or spark.origin is None:
        raise NotFoundError("pyspark is not installed: the archives are for the extra `local`.")
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if not java:
        raise NotFoundError("Java was not found: install OpenJDK 17 or 21, or set JAVA_HOME.")
    said: list[str] = []
    fetcher = jars.Fetcher(java, Path(spark.origin).parent, _run, _explained, said.append, os.environ)
    try:
        jars.get(jars.folder(), jars.own_cache(), fetcher)
    except jars.JarError as error:
        raise UserError(str(error)) from error
    archives = [str(jars.folder() / jar.file) for jar in jars.listed() if jar.sha256]
    show(archives, as_json, "\n".join([*said, *archives]))


def _run(_: str, command: list[str]) -> tuple[int, str]:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout.decode(errors="replace")


def _explained(what: str, printed: str) -> UserError:
    lines = [line.strip(" \t:") for line in printed.splitlines()]
    last = next((line for line in reversed(lines) if line), "it said nothing")
    mirror = "A mirror is named by NIGHTJAR_IVY_SETTINGS; archives fetched elsewhere go into NIGHTJAR_JARS."
    return UserError(f"{what} failed: {last[:200]}. {mirror}")
