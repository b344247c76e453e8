"""One grammar: every command explains itself, old names go on working, and the documentation names real commands."""

from __future__ import annotations

import copy
import importlib.metadata
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner

from jobs.cli import main as cli_main
from jobs.runtime import context, settings
from schemas.errors import UserError

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
# Old words, new words, and the function that both have to reach with the same arguments.
OLD_NAMES = [
    (["train", "--night", "2026-01-05"], ["train", "classifiers", "--night", "2026-01-05"], "training.champion.train"),
    (
        ["pretrain", "made", "--rate", "0.1"],
        ["train", "bert", "made", "--rate", "0.1"],
        "training.pretraining.pretrain",
    ),
    (["entities", "train"], ["train", "linkage"], "training.linkage.train"),
    (["leads", "evaluate", "--lines", "3"], ["evaluate", "leads", "--lines", "3"], "evaluation.leads.evaluate"),
    (
        ["network", "evaluate", "--night", "2026-01-05", "--days", "3"],
        ["evaluate", "network", "--night", "2026-01-05", "--days", "3"],
        "evaluation.network.evaluate",
    ),
]


def commands(command: click.Command = cli_main.main, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command and group with its words, the hidden ones too."""
    yield path, command
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from commands(child, *path, name)


EVERY = dict(commands())


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_every_command_explains_itself_and_its_options(path: tuple[str, ...]) -> None:
    said = CliRunner().invoke(cli_main.main, [*path, "--help"])
    assert said.exit_code == 0, said.output
    summary = EVERY[path].get_short_help_str(limit=500)
    assert summary
    assert summary[0].isupper()
    for option in EVERY[path].params:
        if isinstance(option, click.Option) and not option.hidden:
            assert option.help or option.show_default, f"{option.name} says nothing of itself"


class ReachedError(UserError):
    """The command got as far as its work."""


@pytest.mark.parametrize(("old", "new", "work"), OLD_NAMES, ids=lambda value: " ".join(value[:2]) if value else "")
def test_an_old_name_does_the_same_and_is_not_offered(
    old: list[str], new: list[str], work: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIGHTJAR_HOME", str(tmp_path))
    loaded = SimpleNamespace(settings=settings.load(), spark=None)
    monkeypatch.setattr(context, "reader", lambda: loaded)
    monkeypatch.setattr(context, "writer", lambda **_: nullcontext(loaded))
    calls: list[object] = []

    def reached(*values: object, **named: object) -> None:
        calls.append((values, named))
        raise ReachedError("reached")

    monkeypatch.setattr(f"jobs.{work}", reached)
    said = [CliRunner().invoke(cli_main.main, words) for words in (old, new)]
    assert [one.stderr for one in said] == ["Error: reached\n"] * 2
    assert calls[0] == calls[1]
    *groups, name = [
        word for word in old[:2] if word in ("train", "evaluate", "pretrain", "entities", "leads", "network")
    ]
    offered = CliRunner().invoke(cli_main.main, [*groups, "--help"]).stdout
    assert groups == ["leads"] or old[0] == "train" or not re.search(rf"^  {name}\b", offered, re.MULTILINE)
    assert "leads " not in CliRunner().invoke(cli_main.main, ["--help"]).stdout


def test_options_of_the_old_train_are_not_lost_before_a_command() -> None:
    said = CliRunner().invoke(cli_main.main, ["train", "--night", "2026-01-05", "linkage"])
    assert said.exit_code == 2
    assert "Options go after the command" in said.stderr


def test_the_version_names_package_and_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTJAR_COMMIT", "0123abc")
    said = CliRunner().invoke(cli_main.main, ["--version"])
    assert said.stdout == f"nightjar {importlib.metadata.version('nightjar-pipeline')}, commit 0123abc\n"


def test_a_shell_completes_commands_and_offers_no_old_name() -> None:
    environ = {**os.environ, "_NIGHTJAR_COMPLETE": "bash_complete", "COMP_WORDS": "nightjar ", "COMP_CWORD": "1"}
    program = "import sys; sys.argv[0] = 'nightjar'; from jobs.cli.main import main; main(prog_name='nightjar')"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environ, capture_output=True, text=True)
    offered = {line.partition(",")[2] for line in done.stdout.splitlines()}
    assert {"nightly", "evaluate", "train"} <= offered, done.stderr
    assert not {"pretrain", "leads"} & offered


# --- commands in the documentation ---


def mentions() -> Iterator[tuple[Path, str, bool]]:
    """Page, command line after `nightjar`, and whether it stands in a console block and so must be complete."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in re.findall(r"^```(?:console|sh|bash)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            for line in block.replace("\\\n", " ").splitlines():
                if found := re.match(r"(?:\$ )?(?:\S*/)?nightjar (.*)", line.strip()):
                    yield page, found[1], True
        prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
        for found in re.findall(r"`(?:\.venv/bin/)?nightjar ([^`]+)`", prose):
            yield page, found, False


MENTIONS = sorted(set(mentions()))


def parse(line: str, is_complete: bool) -> None:
    """Let click read the words as it would, without looking at values and without running anything.

    Raises:
        click.UsageError: there is no such command or option, something is missing, or the command is an old name.
    """
    words = shlex.split(line, comments=True)
    command, ctx = cli_main.main, click.Context(cli_main.main, info_name="nightjar")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name, command, words = command.resolve_command(ctx, words)
        if command.hidden:
            raise click.UsageError(f"{name} is an old name", ctx)
        ctx = click.Context(command, parent=ctx, info_name=name)
    if isinstance(command, click.Group):
        if is_complete and not words:
            raise click.UsageError("a group of commands does nothing by itself", ctx)
        return
    plain = copy.copy(command)
    plain.params = [copy.copy(param) for param in command.params]
    for param in plain.params:
        param.type, param.callback, param.required = click.UNPROCESSED, None, param.required and is_complete
    plain.make_context(ctx.info_name, words)


def test_the_documentation_names_many_commands() -> None:
    assert len(MENTIONS) > 40
    assert sum(is_complete for _, _, is_complete in MENTIONS) > 20


@pytest.mark.parametrize(
    ("page", "line", "is_complete"), MENTIONS, ids=[f"{page.name}-{line}" for page, line, _ in MENTIONS]
)
def test_every_command_in_the_documentation_exists(page: Path, line: str, is_complete: bool) -> None:
    try:
        parse(line, is_complete)
    except click.UsageError as error:
        pytest.fail(f"{page.relative_to(ROOT)}: nightjar {line}: {error.format_message()}")


@pytest.mark.parametrize(
    "wrong", ["nigthly", "nightly --nite 2026-01-05", "decide ITEM", "pretrain FOLDER", "doctor x"]
)
def test_a_command_that_does_not_exist_would_be_seen(wrong: str) -> None:
    with pytest.raises(click.UsageError):
        parse(wrong, True)


def test_every_make_target_in_the_documentation_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        (page.name, target)
        for page in PAGES
        for target in re.findall(r"(?:`|^\$ |^)make ([a-z][a-z-]*)", page.read_text(encoding="utf-8"), re.MULTILINE)
        if page.name != "CHANGELOG.md"
    }
    assert len(named) > 5
    assert not {(page, target) for page, target in named if target not in targets}
