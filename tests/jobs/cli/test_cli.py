"""The command line: help for everything, JSON where asked, errors as one sentence."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from jobs.cli import main as cli_main

COMMANDS = (
    "demo",
    "sources",
    "nightly",
    "backfill",
    "train",
    "pretrain",
    "models",
    "queue",
    "decide",
    "trace",
    "doctor",
    "notebooks",
    "ui",
    "entities",
    "network",
    "comms",
    "leads",
    "flights",
    "profile",
    "evaluate",
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NIGHTJAR_HOME", str(tmp_path))
    return tmp_path


def test_every_command_explains_itself():
    assert set(COMMANDS) == set(cli_main.main.commands)
    for name in COMMANDS:
        said = CliRunner().invoke(cli_main.main, [name, "--help"])
        assert said.exit_code == 0
        assert len(said.output.splitlines()) > 4


def test_everything_that_prints_takes_json():
    def leaves(command: click.Command) -> list[click.Command]:
        children = command.commands.values() if isinstance(command, click.Group) else []
        return [leaf for child in children for leaf in leaves(child)] or [command]

    for command in leaves(cli_main.main):
        assert any("--json" in option.opts for option in command.params), command.name


def test_demo_writes_a_landing_zone_and_says_so(home: Path):
    words = ["demo", "--reports", "200", "--nights", "1", "--first-night", "2026-01-05", "--json"]
    said = CliRunner().invoke(cli_main.main, words)
    assert said.exit_code == 0, said.output
    told = json.loads(said.output)
    landed = [path for path in (home / "landing").rglob("*") if path.is_file()]
    assert len(landed) >= told["n_files"] > 20
    assert all(date(2026, 1, 5).isoformat() in path.parts for path in landed)


def test_a_world_of_more_forces_brings_their_layouts(home: Path):
    words = ["demo", "--reports", "200", "--nights", "1", "--forces", "36,42"]
    assert CliRunner().invoke(cli_main.main, words).exit_code == 0
    brought = {path.stem for path in (home / "sources").glob("*.yaml")}
    assert brought
    assert brought <= {path.name for path in (home / "landing").iterdir()}


@pytest.mark.parametrize(
    "words",
    [
        ["backfill", "--from", "2026-01-06", "--to", "2026-01-05"],
        ["sources", "check", ".", "--sender", "nobody"],
        ["nightly", "--night", "tomorrow"],
        ["notebooks", "99"],
    ],
)
def test_mistakes_are_one_sentence(home: Path, words: list[str]):
    said = CliRunner().invoke(cli_main.main, words)
    assert said.exit_code in (1, 2)
    assert isinstance(said.exception, SystemExit)
    assert "Traceback" not in said.output
