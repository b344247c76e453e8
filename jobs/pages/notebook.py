"""The shim that lets one notebook file run on Databricks and here, unchanged.

On a cluster `widget`, `show` and `table` are Databricks' own: widgets, `displayHTML`, three-level names. Here a
widget's value comes from the renderer, a page element goes to the notebook's output, a table is a Delta folder below
`NIGHTJAR_HOME`. `read_logged` is the only way to rows: the look is in the log of processing before they are returned.
`decide` hands a decision in where the night takes it from: a file here, a row of `bronze.inbox` on a cluster.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.pages import html as pages_html
from jobs.pages import markup, rendering
from jobs.runtime import context, home, identity
from jobs.runtime.audit import operations
from jobs.runtime.inbox import port
from pipelines.decisions import decision as one
from schemas import catalogue

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from jobs.training.reorder import Day

TABLES = {table.path: table for table in catalogue.TABLES}
# Columns of communications data that name somebody and do not end in _id.
IDENTIFIERS = {"subject", "other", "first", "second", "a_number", "b_number", "number", "imei", "imsi"}
MAX_ROWS = 500  # one look: more than anybody reads, and small enough for a page


class NotebookSession:
    """A notebook at work: what it may see and do, in the name of one person.

    Args:
        name: name of the notebook, for the log.
        place: where settings, tables and the log are; by default those of the environment.

    Attributes:
        days: what the queue of reports is put in order from, by night and version of the model, once it was read.
    """

    def __init__(self, name: str, ctx: context.RunContext | None = None) -> None:
        home.private()
        self.name = name
        self.ctx = ctx or context.reader()
        self.is_on_cluster = self.ctx.is_on_cluster
        self._given: dict[str, str] = json.loads(os.environ.get(rendering.PARAMETERS, "{}"))
        self._is_styled = False
        self.days: dict[tuple[date, str], Day] = {}

    def widget(self, name: str, default: str = "", label: str = "", choices: Sequence[str] = ()) -> str:
        """The value of a widget, made if it is not there: a list where there are choices, else a text.

        Raises:
            ValueError: the value given is not among the choices.
        """
        if self.is_on_cluster:
            widgets = _of_notebook("dbutils").widgets
            if choices:
                widgets.dropdown(name, default, list(choices), label or name)
            else:
                widgets.text(name, default, label or name)
            return str(widgets.get(name)).strip()
        value = self._given.get(name, default).strip()
        if choices and value not in choices:
            raise ValueError(f"widget {name}: {value!r} is not one of {', '.join(map(repr, choices))}")
        return value

    def clear_widget(self, name: str) -> None:
        """Forget a widget's value, so that running the notebook again does not act on it again."""
        if self.is_on_cluster:
            _of_notebook("dbutils").widgets.remove(name)
        self._given.pop(name, None)

    def user(self, wanted: str = "") -> str:
        """The person who looks: on a cluster the signed-in user whatever was given; else who was given, or the account.

        Raises:
            identity.NobodyError: nobody is given, and neither workspace nor operating system names anybody.
        """
        if self.is_on_cluster:
            return identity.signed_in(self.ctx.spark)
        return wanted or identity.person()

    def show(self, *parts: str) -> None:
        """Put markup (from `jobs.pages.html`) on the page; a part that is plain text is shown as text."""
        styled = markup.join(pages_html.style(), *parts)
        if self.is_on_cluster:
            _of_notebook("displayHTML")(str(styled))  # each output is a page of its own there
            return
        from IPython.display import HTML, display

        display(HTML(str(markup.join(*parts) if self._is_styled else styled)))  # type: ignore[no-untyped-call]
        self._is_styled = True

    def display(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Rows that were consulted, as a plain table."""
        names = list(rows[0]) if rows else []
        self.show(pages_html.block(pages_html.table(names, [[row[n] for n in names] for row in rows])))

    def banner(self, marking: str) -> None:
        """The protective marking, at the top and bottom of the page."""
        self.show(pages_html.banner(marking))

    def table(self, path: str) -> DataFrame:
        """A contracted table, by its path such as `gold.queue_items`. Looking at its rows takes `read_logged`.

        Raises:
            KeyError: no contract has this path.
        """
        return self.ctx.lake.read(TABLES[path])

    def read_logged(
        self,
        df: DataFrame,
        on_what: str,
        who: str,
        *,
        why: str | None = None,
        limit: int = MAX_ROWS,
        asked: Iterable[str] = (),
    ) -> list[dict[str, Any]]:
        """At most `limit` rows of `df`, as mappings, once the look is in the log with the ids in them.

        Args:
            asked: ids that were asked for, whether or not a row has them: the log keeps these too.

        Raises:
            audit.AuditError: the look cannot be logged; no row is returned.
        """
        rows = [row.asDict(recursive=True) for row in df.limit(limit).collect()]
        why = f"notebook {self.name}" + (f": {why}" if why else "")
        operations.rows_viewed(self.ctx.audit, who, on_what, why, len(rows), {*asked, *_ids(rows)})
        return rows

    def decide(
        self,
        item: Mapping[str, Any],
        outcome: str,
        *,
        reviewer: str,
        opened_at: datetime,
        tag: str | None = None,
        reason_code: str | None = None,
        free_text: str | None = None,
        second_reviewer: str | None = None,
        is_score_hidden: bool = False,
    ) -> str:
        """Hand in a decision on a row of `gold.queue_items`, and return its id. The next night takes it in.

        Raises:
            InvalidInputError: the decision breaks a rule; the message names each.
            port.AlreadySubmittedError: the same decision was handed in before.
        """
        decision = one.of_item(
            item,
            reviewer=reviewer,
            outcome=outcome,
            opened_at=opened_at,
            decided_at=datetime.now(UTC),
            tag=tag,
            reason_code=reason_code,
            free_text=free_text,
            second_reviewer=second_reviewer,
            is_score_hidden=is_score_hidden,
        )
        port.hand_in(self.ctx.inbox, self.ctx.audit, decision)
        return decision.decision_id

    def waiting(self) -> list[one.Decision]:
        """Decisions that wait for the night, in the order in which they were made."""
        return sorted(one.readable(self.ctx.inbox.pending()), key=lambda d: d.decided_at)


def _ids(rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Whom and what rows speak of: values of columns that hold ids or identifiers of communications."""
    names = [name for name in (rows[0] if rows else ()) if name.endswith(("_id", "_ids")) or name in IDENTIFIERS]
    values = (value for row in rows for name in names for value in _listed(row[name]))
    return {str(value) for value in values if value is not None}


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else (value,)


def render(
    notebook: Path,
    out: Path,
    params: Mapping[str, str] | None = None,
    *,
    home: Path | None = None,
    execute: bool = True,
    timeout_s: int = 600,
) -> Path:
    """Run a notebook headless and write it as one HTML page that loads and runs nothing: see `rendering.render`."""
    return rendering.render(notebook, out, params, home=home, execute=execute, timeout_s=timeout_s)


def _of_notebook(name: str) -> Any:
    """An object that Databricks puts into each notebook's namespace."""
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    if shell is None or name not in shell.user_ns:
        raise RuntimeError(f"{name} is not there: this is not a Databricks notebook")
    return shell.user_ns[name]
