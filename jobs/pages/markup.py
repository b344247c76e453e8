"""Markup, made in one place: templates that escape by themselves, and trees of elements that do.

Everything that a page shows goes through a template of the folder `templates`, in which every value is escaped unless
it is `Html` already, and `Html` comes from here alone: an escape cannot be left out, because none is written. A plain
string that reaches a page is shown as text, tags and all. A name that a template misses is an error, never a blank.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import jinja2
import markupsafe

from jobs.output import escaping

if TYPE_CHECKING:
    import nbconvert
    import nbformat

TEMPLATES = Path(__file__).with_name("templates")

Html = markupsafe.Markup  # text that is markup: escaped already, and never escaped again


def _readable(value: Any) -> Any:
    """A value as it is written into a template: controls and reordering shown as U+FFFD, None as nothing."""
    return value if hasattr(value, "__html__") else escaping.clean(value)


_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    finalize=_readable,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


def fill(template: str, macro: str, **values: Any) -> Html:
    """Markup that a macro of a template makes of values.

    Args:
        template: name of a file in `templates`, without its ending.
        values: arguments of the macro; text is escaped, `Html` is put in as it is.

    Raises:
        jinja2.UndefinedError: the macro needs a value that is not given.
    """
    made = getattr(_ENVIRONMENT.get_template(f"{template}.html.j2").module, macro)(**values)
    return Html(made)


def join(*parts: str) -> Html:
    """Parts one after another; one that is plain text is escaped."""
    return Html("").join(parts)


def drawn(picture: ElementTree.Element) -> Html:
    """A tree of elements as markup; texts and attributes are escaped as it is written."""
    return Html(ElementTree.tostring(picture, encoding="unicode"))


def exported(exporter: nbconvert.HTMLExporter, notebook: nbformat.NotebookNode) -> Html:
    """The body that nbconvert's templates make of a notebook. Its HTML outputs were made by `fill`, where cells showed
    them; it escapes all other outputs itself."""
    body, _ = exporter.from_notebook_node(notebook)  # type: ignore[no-untyped-call]
    return Html(body)
