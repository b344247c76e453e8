"""Trial 15: SQL in a parameter reads no row beyond its filter. Parameters are listed by asking the commands and pages
themselves, so that one that is added has to be placed here."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from pyspark.sql import SparkSession

from jobs.cli import main as cli_main
from jobs.pages import comms_research, notebook, queue_health, subject_network
from jobs.pages import travel as pages_travel
from jobs.pages.device import pack_queue, submission_page
from jobs.runtime import context, settings
from pipelines.comms import identifiers
from schemas import device, gold, network
from schemas.errors import NotFoundError
from tests.support import notebook_world, travel_rows

ROOT = settings.ROOT
PAYLOADS = (
    "' OR '1'='1", "x' OR 1=1 --", '" OR ""="', "%", "*", "' UNION SELECT * FROM gold.queue_items --", "\\' OR true --",
    "x'; DROP TABLE silver.people; --", "1=1", "${spark.home}", "`force` = `force`",
    "') OR array_contains(array('a'),'a",
)  # fmt: skip
# Text that is written down as it is: into the log, a decision, a document. None of it chooses rows.
RECORDED = {"reviewer", "why", "whom", "second_reviewer", "to_whom", "authority", "pack_why"}
# Words of a list: any other is refused before a table is opened.
LISTED = {
    ("restore", "table"): ["restore", "{}", "--to", "0", "--why", "x"],
    ("notebooks", "names"): ["notebooks", "{}", "--night", "2026-03-28"],
    ("decide", "item"): ["decide", "{}", "NOT_CSAE"],
    ("queue show", "name"): ["queue", "show", "--queue", "{}"],
    ("queue show", "force"): ["queue", "show", "--force", "{}"],
    ("sources draft", "feed"): ["sources", "draft", ".", "--force", "Norfolk", "--feed", "{}"],
    ("benefits", "force"): ["benefits", "--force", "{}"],
    ("programme open", "figure"): ["programme", "open", "{}"],
    ("programme open", "part"): ["programme", "open", "investigations", "--part", "{}"],
    ("sources check", "sender"): ["sources", "check", ".", "--sender", "{}"],
}
# Names of files that are made, versions that MLflow looks up by its own bound statements, and the name of a person that
# entries of the log, a file, are compared with.
ELSEWHERE = {
    ("demo", "forces"),
    ("sources draft", "force"),
    ("models promote", "version"),
    ("models withdraw", "version"),
    ("log show", "who"),
    ("train dataset", "text"),
    ("train dataset", "label"),
    ("train dataset", "group"),
    ("train dataset", "names"),
}
TERMS = ROOT / "tests" / "support" / "terms.txt"
BETWEEN = ["--between", "2026-03-29", "2026-03-29"]  # when one of the two flights lands, by the clock on the wall
# Commands whose parameter chooses rows: how it is asked, and a value that finds some.
COMMANDS = {
    ("trace", "item"): (["trace", "{}"], "b" * 16),
    ("entities events", "entity"): (["entities", "events", "--entity", "{}"], "dean"),
    ("entities undo", "event"): (["entities", "undo", "{}", "--why", "x"], "e" * 16),
    ("flights search", "origin"): (["flights", "search", *BETWEEN, "--from", "{}"], "AGP"),
    ("flights search", "destination"): (["flights", "search", *BETWEEN, "--to", "{}"], "NWI"),
    ("flights search", "carrier"): (["flights", "search", *BETWEEN, "--carrier", "{}"], "Q9"),
    ("device show", "submission"): (["device", "show", "{}"], "36:EX-1"),
    ("device search", "submission"): (
        ["device", "search", str(TERMS), "--submission", "{}", "--why", "x"],
        "36:EX-1",
    ),
    ("profile", "subject"): (["profile", "{}", "--format", "html"], travel_rows.SUBJECT),
}
# Widgets whose value chooses rows: those of one name mean the same on every page.
WIDGETS = {
    "night", "item", "held_item", "child_item", "entity", "other", "identifiers", "submission", "chat", "words",
    "force",
}  # fmt: skip


def _commands(command: click.Command = cli_main.main, *path: str) -> Iterator[tuple[str, click.Parameter]]:
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from _commands(child, *path, name)
    for parameter in command.params if not getattr(command, "hidden", False) else ():
        yield " ".join(path), parameter


def _is_checked(parameter: click.Parameter) -> bool:
    """Whether click itself refuses what is not a number, a date, one of some words, a path or a flag."""
    typed = (click.Choice, click.DateTime, click.Path, *map(type, (click.INT, click.FLOAT, click.BOOL)))
    return isinstance(parameter.type, typed)


def _free_widgets() -> set[str]:
    """Names of widgets, over all notebooks, that take any text."""
    names = set()
    for book in sorted((ROOT / "notebooks").glob("*.py")):
        for node in ast.walk(ast.parse(book.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "session.widget":
                has_choices = len(node.args) > 3 or any(keyword.arg == "choices" for keyword in node.keywords)
                if not has_choices:
                    names.add(str(ast.literal_eval(node.args[0])))
    return names


@pytest.mark.trial(15)
def test_every_parameter_that_takes_any_text_is_placed():
    free = {(command, str(parameter.name)) for command, parameter in _commands() if not _is_checked(parameter)}
    assert len(free) > 20
    placed = {*COMMANDS, *LISTED, *ELSEWHERE}
    assert {each for each in free if each[1] not in RECORDED} == placed
    assert _free_widgets() - RECORDED == WIDGETS


@pytest.mark.slow
@pytest.mark.trial(15)
@pytest.mark.parametrize("which", LISTED, ids=" ".join)
def test_a_word_of_no_list_is_refused(which: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NIGHTJAR_HOME", str(tmp_path))
    for payload in PAYLOADS:
        done = CliRunner().invoke(cli_main.main, [word.replace("{}", payload) for word in LISTED[which]])
        assert done.exit_code in (1, 2), done.output
        assert isinstance(done.exception, SystemExit), done.exception


@dataclass
class Home:
    """A lakehouse with rows of every kind that is asked for, and ways to ask."""

    ctx: context.RunContext
    monkeypatch: pytest.MonkeyPatch

    def n_rows(self, words: list[str], value: str) -> int:
        """Rows, documents or requests that a command gives; 0 where it refuses."""
        self.monkeypatch.setattr(context, "reader", lambda: self.ctx)
        done = CliRunner().invoke(cli_main.main, [*(word.replace("{}", value) for word in words), "--json"])
        if done.exit_code:
            assert isinstance(done.exception, SystemExit), done.exception
            return 0
        answer = json.loads(done.output)
        return len(answer) if isinstance(answer, list) else 1


@pytest.fixture(scope="module")
def folder(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("parameters")
    travel_rows.write(spark, home)
    of_night = {"night": travel_rows.NIGHT}
    events = [{**of_night, "event_id": letter * 16, "kind": "MERGE", "entities_after": [name], "reason": "one person"}
              for letter, name in (("e", "dean"), ("f", "ella"))]  # fmt: skip
    people = [{**of_night, "entity_id": name, "kind": "PERSON", "label": name, "forces": ["36"], "record_ids": [name]}
              for name in ("dean", "ella")]  # fmt: skip
    notebook_world.save(spark, home, gold.RUN_MANIFEST, [of_night])  # the night is the newest that was published
    notebook_world.save(spark, home, network.ENTITY_EVENTS, events)
    notebook_world.save(spark, home, network.ENTITIES, people)
    submitted = [{**of_night, "submission_id": f"36:EX-{n}", "force": "36", "folder": f"f{n}"} for n in (1, 2)]
    messages = [{**of_night, "message_id": f"{n}" * 24, "submission_id": f"36:EX-{n}", "chat_id": f"chat {n}",
                 "text": f"the burner {n}", "is_privileged": False} for n in (1, 2)]  # fmt: skip
    notebook_world.save(spark, home, device.SUBMISSIONS, submitted)
    notebook_world.save(spark, home, device.MESSAGES, messages)
    return home


@pytest.fixture
def home(spark: SparkSession, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    ctx = context.RunContext(settings.load(folder))
    ctx.__dict__["spark"] = spark
    return Home(ctx, monkeypatch)


@pytest.mark.trial(15)
@pytest.mark.spark
@pytest.mark.parametrize("which", COMMANDS, ids=" ".join)
def test_no_command_gives_a_row_beyond_its_filter(
    home: Home, which: tuple[str, str], record_property: Callable[[str, object], None]
):
    words, value = COMMANDS[which]
    assert home.n_rows(words, value) == 1
    assert {payload: home.n_rows(words, payload) for payload in PAYLOADS} == dict.fromkeys(PAYLOADS, 0)
    record_property("payloads that gave a row", f"0 of {len(PAYLOADS)}")


@pytest.mark.trial(15)
@pytest.mark.spark
def test_no_widget_gives_a_row_beyond_its_filter(home: Home):
    session = notebook.NotebookSession("test", home.ctx)
    queue = pages_travel.open_queue(session, night=str(travel_rows.NIGHT), force="", reviewer="")
    assert queue.pick("b" * 16)
    subject = subject_network.open_subject(session, "dean")
    assert subject is not None
    look = comms_research.open_list(session, identifiers="+447700900123", night=str(travel_rows.NIGHT))
    assert look.subjects == ["+447700900123"]
    opened = submission_page.open_device(session, submission="36:EX-1")
    nothing = submission_page.conversation(opened, chat="nobody")
    health = queue_health.Health(travel_rows.NIGHT, "OFFICIAL", [], [], [])
    assert "burner 1" in submission_page.conversation(opened, chat="chat 1")
    assert "burner</mark> 1" in submission_page.conversation(opened, words="burner")
    for payload in PAYLOADS:
        with pytest.raises(LookupError):
            queue.pick(payload)
        with pytest.raises(LookupError):
            subject_network.open_subject(session, payload)
        with pytest.raises(ValueError):
            subject_network.open_subject(session, "dean", night=payload)
        with pytest.raises(LookupError):
            submission_page.open_device(session, submission=payload)
        with pytest.raises(LookupError):
            pack_queue.item_of(opened, None, payload)
        with pytest.raises(NotFoundError):
            queue_health.recording(health, payload)
        assert submission_page.conversation(opened, chat=payload) == nothing
        assert submission_page.conversation(opened, words=payload) == nothing
        with pytest.raises(LookupError):
            comms_research.open_list(session, identifiers=payload, night=str(travel_rows.NIGHT))


@pytest.mark.trial(15)
def test_what_is_no_identifier_is_not_searched_for():
    wanted, unread = identifiers.read(list(PAYLOADS))
    assert wanted == []
    assert len(unread) == len(PAYLOADS)


# Statements that are put together, and of what: none of it comes from a person or a file.
MADE = {
    ("jobs/research/comms_clustering.py", "cluster"): "names of a table and columns",
    ("jobs/runtime/health/mending.py", "_version"): "names of tables",
    ("jobs/runtime/health/mending.py", "remove_night"): "names of tables",
    ("jobs/runtime/health/mending.py", "restore"): "names of tables and a number",
    ("jobs/runtime/lakehouse.py", "_add_columns"): "names of tables and columns, and types of the contract",
    ("jobs/runtime/lakehouse.py", "_renew_checks"): "names of tables and conditions of the contract",
    ("jobs/runtime/audit/table.py", "_rewritten"): "names of tables",
    ("jobs/runtime/lakehouse.py", "_merge"): "names of tables and columns, and conditions of the code",
    ("jobs/runtime/lakehouse.py", "version"): "names of tables",
    ("jobs/runtime/lakehouse.py", "_rename"): "names of tables",
    ("jobs/runtime/lakehouse.py", "_allow_nulls"): "names of tables and columns",
    ("jobs/research/devices.py", "search"): "the name of a column",
    ("jobs/research/devices.py", "submissions"): "the name of a column",
    ("jobs/pages/device/submission_page.py", "open_device"): "the name of a column",
    ("pipelines/device/privilege.py", "readable"): "the name of a column",
    ("pipelines/network/entities/linkage.py", "_on_spark"): "the path of an archive in Splink's package",
    ("pipelines/common/quality.py", "counted"): "conditions of the contract",
    ("pipelines/common/quality.py", "_counts"): "a number",
}
SINKS = {"sql", "expr", "selectExpr", "where", "filter"}


def _made_statements() -> set[tuple[str, str]]:
    """Functions, by module, that put a variable into the text of a statement or condition of SQL."""
    made = set()
    for package in ("jobs", "pipelines", "models", "schemas", "notebooks"):
        for path in sorted((ROOT / package).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
                if any(_puts_together(call) for call in ast.walk(function) if isinstance(call, ast.Call)):
                    made.add((str(path.relative_to(ROOT)), function.name))
    return made


def _puts_together(call: ast.Call) -> bool:
    if not (isinstance(call.func, ast.Attribute) and call.func.attr in SINKS):
        return False
    return any(_is_text_with_values(argument) for argument in call.args)


def _is_text_with_values(node: ast.expr) -> bool:
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        return any(isinstance(side, ast.Constant) and isinstance(side.value, str) for side in (node.left, node.right))
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"


@pytest.mark.slow
@pytest.mark.trial(15)
def test_no_statement_is_put_together_from_what_people_write():
    assert _made_statements() == set(MADE)
