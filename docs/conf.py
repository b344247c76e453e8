"""The documentation as a site: what stands in docs/, built by `make docs`, without anything from outside."""

from __future__ import annotations

import importlib.metadata

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

project = "Nightjar"
release = importlib.metadata.version("nightjar-pipeline")
extensions = ["myst_parser"]
exclude_patterns = ["_build"]
html_theme = "furo"  # brings its fonts and scripts along
html_title = f"Nightjar {release}"
html_show_sphinx = False
html_copy_source = False
html_theme_options = {"navigation_with_keys": True}
myst_heading_anchors = 4
suppress_warnings = ["misc.highlighting_failure"]  # commands that go over several lines


def setup(app: Sphinx) -> None:
    """Show diagrams as their text: drawing them takes a script that Mermaid's makers would have us fetch."""
    app.add_lexer("mermaid", TextLexer)
