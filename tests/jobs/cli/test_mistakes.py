"""Whatever a person gets wrong is one sentence and an exit code; a defect of the code stays a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from pyspark.sql import SparkSession

from jobs.cli import common
from jobs.cli import main as cli_main
from jobs.runtime import lock
from schemas.errors import NotFoundError

EVENT = "0123456789abcdef"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NIGHTJAR_HOME", str(tmp_path / "home"))
    return tmp_path


def _leaves(command: click.Command, *path: str) -> Iterator[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        yield path
        return
    for name, child in command.commands.items():
        yield from _leaves(child, *path, name)


LEAVES = sorted(_leaves(cli_main.main))


def _value(parameter: click.Parameter, folder: Path) -> str:
    """Something that the parameter takes."""
    if isinstance(parameter.type, click.Path):
        (folder / "empty.txt").write_text("")
        return str(folder if parameter.type.dir_okay else folder / "empty.txt")
    if isinstance(parameter.type, click.Choice):
        return str(parameter.type.choices[0])
    return "2026-01-05" if isinstance(parameter.type, click.DateTime) else "1"


def _complete(path: tuple[str, ...], folder: Path) -> list[str]:
    """The command with a value for everything that it cannot do without."""
    command: click.Command = cli_main.main
    for name in path:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    words = list(path)
    for parameter in (p for p in command.params if p.required):
        values = [_value(parameter, folder)] * parameter.nargs
        words += values if isinstance(parameter, click.Argument) else [parameter.opts[0], *values]
    return words


def _is_one_sentence(said: Result) -> None:
    assert isinstance(said.exception, SystemExit), said.exception
    assert said.exit_code in (1, 2)
    assert "Traceback" not in said.output
    told = said.stderr.partition("Error: ")[2].strip()
    assert told, said.output
    assert "\n" not in told
    assert not told.startswith(("'", "("))  # the bare repr of an exception


@pytest.mark.parametrize("path", [path for path in LEAVES if path != ("jars",)], ids=" ".join)  # it reads none
def test_settings_that_cannot_be_read_stop_every_command_in_one_sentence(
    home: Path, monkeypatch: pytest.MonkeyPatch, path: tuple[str, ...]
) -> None:
    monkeypatch.setenv("NIGHTJAR_SETTINGS", str(home / "absent.yaml"))
    said = CliRunner().invoke(cli_main.main, _complete(path, home))
    _is_one_sentence(said)
    assert "absent.yaml" in said.stderr


MISTAKES = [
    ["backfill", "--from", "2026-01-06", "--to", "2026-01-05"],
    ["decide", EVENT, "DEFER"],
    ["decide", EVENT, "GUILTY"],
    ["decide", EVENT, "TAG_ADDED", "--tag", "NOPE"],
    ["demo", "--forces", "36,London"],
    ["demo", "--reports", "3"],
    ["nightly", "--night", "tomorrow"],
    ["notebooks", "99"],
    ["queue", "show", "--reviewer", " "],
    ["flights", "search", "--between", "2026-01-06", "2026-01-05"],
    ["flights", "search", "--between", "2026-01-05", "2026-01-06", "--from", "London"],
    ["comms", "research", "--identifiers", "{empty}", "--why", "OP KINGFISHER"],
    ["entities", "undo", "short", "--why", "two people"],
    ["pretrain", "{folder}"],
]
ON_AN_EMPTY_HOME = [
    ["queue", "show"],
    ["trace", EVENT],
    ["notebooks"],
    ["entities", "undo", EVENT, "--why", "two people"],
    ["entities", "train"],
    ["network", "evaluate"],
    ["network", "import-ocg", "{empty}"],
    ["comms", "cluster"],
    ["flights", "search", "--between", "2026-01-05", "2026-01-06"],
    ["profile", "36:P1"],
    ["evaluate", "travel"],
    ["train"],
    ["pretrain", "{home}/weights"],
]


def _invoked(home: Path, words: list[str]) -> Result:
    (home / "empty.txt").write_text("")
    (home / "kept").mkdir()
    (home / "kept" / "something").write_text("")
    filled = [word.format(empty=home / "empty.txt", folder=home / "kept", home=home) for word in words]
    return CliRunner().invoke(cli_main.main, filled)


@pytest.mark.parametrize("words", MISTAKES, ids=" ".join)
def test_a_wrong_argument_is_one_sentence(home: Path, words: list[str]) -> None:
    _is_one_sentence(_invoked(home, words))


@pytest.mark.spark
@pytest.mark.parametrize("words", ON_AN_EMPTY_HOME, ids=" ".join)
def test_on_an_empty_home_every_command_says_what_is_missing(spark: SparkSession, home: Path, words: list[str]) -> None:
    _is_one_sentence(_invoked(home, words))


@pytest.mark.parametrize("words", [["nightly"], ["comms", "cluster"], ["entities", "train"], ["train"]], ids=" ".join)
def test_a_busy_lakehouse_is_one_sentence(home: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    def busy(*_: object, **__: object) -> None:
        raise lock.LakehouseBusyError("Another night is writing. Wait for it to end, then start again.")

    monkeypatch.setattr(lock, "writer", busy)
    said = _invoked(home, words)
    _is_one_sentence(said)
    assert "Wait for it to end" in said.stderr


def test_a_home_that_cannot_be_made_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NIGHTJAR_HOME", str(tmp_path / "file" / "home"))
    said = CliRunner().invoke(cli_main.main, ["doctor"])
    _is_one_sentence(said)
    assert "NIGHTJAR_HOME" in said.stderr


def test_a_defect_of_the_code_is_a_traceback_and_not_a_sentence() -> None:
    @click.group(cls=common.OneSentence)
    def group() -> None: ...

    @group.command("defect")
    def defect() -> None:
        {}["night"]

    @group.command("mistake")
    def mistake() -> None:
        raise NotFoundError("No night has run yet.")

    assert isinstance(CliRunner().invoke(group, ["defect"]).exception, KeyError)
    said = CliRunner().invoke(group, ["mistake"])
    assert (said.exit_code, said.stderr) == (1, "Error: No night has run yet.\n")
