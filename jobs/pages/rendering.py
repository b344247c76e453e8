"""From a `# Databricks notebook source` file to an HTML page: run headless, and rendered with nothing active in it.

The page carries a content security policy that lets no script run and no connection be made, whatever it holds. Code is
folded away under each output: readers see the page, engineers can open it.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
import nbclient
import nbconvert
import nbformat

from jobs.pages import markup
from jobs.runtime import settings, whole_file
from schemas.errors import UserError

HEADER = "# Databricks notebook source"
SEPARATOR = re.compile(r"^# COMMAND -+\s*$", re.MULTILINE)
MAGIC = "# MAGIC"
TITLE = re.compile(r"^# DBTITLE \d+,(.*)$")
PARAMETERS = "NIGHTJAR_WIDGETS"  # environment variable: JSON of the widgets' values


class NotebookError(UserError, RuntimeError):
    """A notebook is not in Databricks source form, or a cell of it failed."""


def parse(source: str) -> nbformat.NotebookNode:
    """The cells of a notebook in Databricks source form.

    Raises:
        NotebookError: the first line is not that of the form, or a cell uses a magic other than `%md`.
    """
    first, _, rest = source.partition("\n")
    if first.strip() != HEADER:
        raise NotebookError(f"the first line is not {HEADER!r}")
    cells = [_cell(part.strip("\n")) for part in SEPARATOR.split(rest) if part.strip()]
    book = nbformat.v4.new_notebook(cells=cells)
    for n, cell in enumerate(book.cells):
        cell["id"] = f"cell-{n}"  # nbformat draws ids at random; the same file gives the same notebook
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return book


def _cell(text: str) -> nbformat.NotebookNode:
    lines = text.split("\n")
    title = TITLE.match(lines[0])
    if title:
        lines = lines[1:]
    if not lines or not lines[0].startswith(MAGIC):
        return nbformat.v4.new_code_cell("\n".join(lines), metadata={"name": title.group(1)} if title else {})
    magic = [line.removeprefix(MAGIC).removeprefix(" ") for line in lines]
    if not magic[0].startswith("%md"):
        raise NotebookError(f"a cell uses {magic[0].split()[0]}: only Python and %md run everywhere")
    return nbformat.v4.new_markdown_cell("\n".join([magic[0].removeprefix("%md").strip(), *magic[1:]]).strip("\n"))


def render(
    notebook: Path,
    out: Path,
    params: Mapping[str, str] | None = None,
    *,
    home: Path | None = None,
    execute: bool = True,
    timeout_s: int = 600,
) -> Path:
    """Run `notebook` in a kernel of this environment and write it to `out` as one HTML page.

    Args:
        params: values of the notebook's widgets.
        home: state folder that the notebook reads; by default that of this process.
        execute: False renders the text and code without outputs.
        timeout_s: longest that one cell may take.

    Raises:
        NotebookError: not in source form, or a cell failed; `out` is then left as it was.
    """
    book = parse(notebook.read_text(encoding="utf-8"))
    if execute:
        _run(book, notebook.name, dict(params or {}), home or settings.home(), timeout_s)
    page = to_html(book, notebook.stem)
    out.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    whole_file.write(out, page.encode())
    return out


def _run(book: nbformat.NotebookNode, name: str, params: dict[str, str], home: Path, timeout_s: int) -> None:
    """Run the cells in place. The kernel speaks over sockets in a folder of its own: no port is opened."""
    with tempfile.TemporaryDirectory(prefix="nj-") as scratch:
        environment = {
            **os.environ,
            "NIGHTJAR_HOME": str(home.absolute()),
            PARAMETERS: json.dumps(params),
            "PYTHONPATH": os.pathsep.join([str(settings.ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
            "PYSPARK_PYTHON": sys.executable,
            "IPYTHONDIR": scratch,
            "JUPYTER_RUNTIME_DIR": scratch,
            "MPLBACKEND": "agg",
        }
        client = nbclient.NotebookClient(
            book, timeout=timeout_s, kernel_name="python3", resources={"metadata": {"path": str(settings.ROOT)}}
        )
        manager: Any = client.create_kernel_manager()
        manager.transport = "ipc"
        manager.ip = str(Path(scratch) / "kernel")
        manager.connection_file = str(Path(scratch) / "kernel.json")
        try:
            client.execute(env=environment)
        except nbclient.exceptions.CellExecutionError as error:
            raise NotebookError(f"{name}: a cell failed: {error.ename}: {error.evalue}\n{error.traceback}") from error
        except (nbclient.exceptions.CellTimeoutError, nbclient.exceptions.DeadKernelError) as error:
            raise NotebookError(f"{name}: {error}") from error


def to_html(book: nbformat.NotebookNode, title: str) -> str:
    """The page of a notebook that was run. What engines print to standard error is left out."""
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if not (o.output_type == "stream" and o.name == "stderr")]
    exporter: Any = nbconvert.HTMLExporter(
        template_name="basic", extra_loaders=[jinja2.FileSystemLoader(markup.TEMPLATES)],
        template_file="notebook.html.j2",
    )  # fmt: skip
    exporter.exclude_anchor_links = True
    exporter.sanitize_html = False  # the elements are our own: `markup.exported` says whose
    return str(markup.fill("page", "notebook", title=title, body=markup.exported(exporter, book)))
