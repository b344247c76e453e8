"""The command line: help for everything, JSON where asked, errors as one sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from jobs.cli import main as cli_main


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NIGHTJAR_HOME", str(tmp_path))
    return tmp_path


def test_everything_that_prints_takes_json():
    def leaves(command: click.Command) -> list[click.Command]:
        children = command.commands.values() if isinstance(command, click.Group) else []
        return [leaf for child in children for leaf in leaves(child)] or [command]

    for command in leaves(cli_main.main):
        assert any("--json" in option.opts for option in command.params), command.name


@pytest.mark.slow
def test_demo_writes_a_landing_zone_and_says_so(home: Path):
    words = ["demo", "--reports", "200", "--nights", "1", "--first-night", "2026-01-05", "--json"]
    said = CliRunner().invoke(cli_main.main, words)
    assert said.exit_code == 0, said.output
    told = json.loads(said.output)
    landed = [path for path in (home / "landing").rglob("*") if path.is_file()]
    assert len(landed) >= told["n_files"] > 20
    assert all(date(2026, 1, 5).isoformat() in path.parts for path in landed)


@pytest.mark.slow
def test_a_world_of_more_forces_brings_their_layouts(home: Path):
    words = ["demo", "--reports", "200", "--nights", "1", "--forces", "36,42"]
    assert CliRunner().invoke(cli_main.main, words).exit_code == 0
    brought = {path.stem for path in (home / "sources").glob("*.yaml")}
    assert brought
    assert brought <= {path.name for path in (home / "landing").iterdir()}


EVERY_COMMAND = (
    "demo", "sources draft . --force 36", "sources check .", "sources check",
    "nightly", "backfill --from 2026-01-05 --to 2026-01-05", "queue show",
    "decide ITEM NOT_CSAE", "trace ITEM", "doctor", "notebooks", "ui", "network evaluate", "network import-ocg .",
    "restore silver.people --to 1 --why W", "entities events", "entities undo EVENT --why x", "entities train",
    "flights search --between 2026-01-01 2026-01-02",
    "device show", "device search FILE --why x", "benefits", "programme figures", "programme open csae",
    "profile SUBJECT", "evaluate travel", "comms research --identifiers FILE --why x", "comms cluster",
    "log verify", "log anchor", "log show", "log ids 1 --why x",
    "leads evaluate", "train", "pretrain FOLDER", "train classifiers", "train bert FOLDER", "train linkage",
    "train dataset FILE",
    "evaluate network", "evaluate leads", "models list", "models promote 1 --why x", "models withdraw 1 --why x",
)  # fmt: skip


def _leaves(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[str]:
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from _leaves(child, (*words, name))
    else:
        yield " ".join(words)


def test_every_command_is_in_the_list():
    leaves = set(_leaves(cli_main.main))
    leaves.remove("jars")  # before there is a Spark, or anything to be set
    assert {leaf for leaf in leaves if any(f"{words} ".startswith(f"{leaf} ") for words in EVERY_COMMAND)} == leaves


@pytest.mark.slow
@pytest.mark.parametrize("words", EVERY_COMMAND)
def test_wrong_settings_are_told_by_every_command_before_it_does_anything(
    home: Path, monkeypatch: pytest.MonkeyPatch, words: str
):
    override = home / "settings.yaml"
    override.write_text("queue: {capacity: lots}\nleads: 5\n", encoding="utf-8")
    (home / "FILE").write_text("kind,value\n", encoding="utf-8")
    monkeypatch.setenv("NIGHTJAR_SETTINGS", str(override))
    monkeypatch.chdir(home)
    said = CliRunner().invoke(cli_main.main, words.replace("import-ocg .", "import-ocg FILE").split())
    assert said.exit_code == 1, said.output
    assert isinstance(said.exception, SystemExit)
    assert said.output.splitlines() == [
        f"Error: {override}:1: queue.capacity: takes a whole number, not 'lots'",
        f"{override}:2: leads: takes a mapping, not 5",
    ]
    assert {path.name for path in home.iterdir()} - {"log"} == {"settings.yaml", "FILE"}  # an alert may be told


def test_layouts_are_checked_without_a_file_and_every_mistake_is_told(home: Path):
    said = CliRunner().invoke(cli_main.main, ["sources", "check"])
    assert said.exit_code == 0
    assert said.output.startswith("18 layouts can be used: bluewing, norfolk")
    (home / "sources").mkdir()
    (home / "sources" / "kent.yaml").write_text("sender: kent\nname: Kent\nkind: club\nfeeds: {}\n", encoding="utf-8")
    (home / "sources" / "norfolk.yaml").write_text("sender: norwich\n", encoding="utf-8")
    said = CliRunner().invoke(cli_main.main, ["sources", "check"])
    assert said.exit_code == 1
    for told in (
        "kent.yaml:3: kind: is 'club'",
        "kent.yaml:4: feeds: names no feed",
        "norfolk.yaml:1: sender: is 'norwich'",
    ):
        assert told in said.output
    (home / "kent").mkdir()
    said = CliRunner().invoke(cli_main.main, ["sources", "check", str(home / "kent")])
    assert said.exit_code == 1
    assert said.output.startswith("Error: kent.yaml:1: time_zone: is needed\nkent.yaml:3: kind")


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
