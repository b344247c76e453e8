"""Templates escape by themselves, wherever a value stands; plain text never becomes markup."""

from __future__ import annotations

import html.parser
import re
from pathlib import Path
from xml.etree import ElementTree

import jinja2
import pytest
from hypothesis import given

from jobs.output import escaping
from jobs.pages import html as pages_html
from jobs.pages import markup
from tests.support import hostile

TEMPLATES = sorted(markup.TEMPLATES.glob("*.j2"))
VALUE = "\N{REPLACEMENT CHARACTER}"  # stands for a value in the source of a template


class _Places(html.parser.HTMLParser):
    """Where values stand in a template: as text, in a quoted attribute, or anywhere else."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=False)
        self.wrong: list[str] = []
        self.n_values = 0
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        written = self.get_starttag_text() or ""
        outside_quotes = re.sub(r'"[^"]*"', "", written)
        if VALUE in outside_quotes or tag in ("script", "iframe", "object", "embed", "form"):
            self.wrong.append(written)
        for name, value in attrs:
            is_led_away = name in ("href", "src", "action") and not str(value).startswith("#")
            if VALUE in str(value) and (name.startswith("on") or is_led_away):
                self.wrong.append(written)
            self.n_values += str(value).count(VALUE)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        if self.cdata_elem and VALUE in data:
            self.wrong.append(data)
        self.n_values += data.count(VALUE)

    def handle_comment(self, data: str) -> None:
        self.wrong.append(data)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_values_stand_only_where_escaping_holds(template: Path) -> None:
    """As text of an element or in a quoted attribute: never as a name, in a script or style, or as a place to go to."""
    source = re.sub(r"{#.*?#}", "", template.read_text(encoding="utf-8"), flags=re.DOTALL)
    n_values = len(re.findall(r"{{.*?}}", source))
    places = _Places(re.sub(r"{%.*?%}", "", re.sub(r"{{.*?}}", VALUE, source)))
    assert places.wrong == []
    assert places.n_values == n_values


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_turns_the_escaping_off(template: Path) -> None:
    assert not re.search(r"\|\s*(safe|forceescape|tojson|xmlattr)|autoescape|Markup", template.read_text("utf-8"))


def test_a_template_that_lacks_a_value_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        str(markup.fill("parts", "notice", kind="warn"))


def test_a_style_sheet_reads_as_itself() -> None:
    """No brace of a style sheet is taken for one of a template's."""
    sheet = (markup.TEMPLATES / "nightjar.css").read_text(encoding="utf-8")
    assert pages_html.style() == f"<style>{sheet.rstrip()}</style>"


@given(hostile.NASTY)
def test_plain_text_that_reaches_a_page_is_shown_as_text(text: str) -> None:
    for page in (markup.join(text), pages_html.block(text), pages_html.columns(text, text)):
        assert "<" not in re.sub(r'</?div(?: class="[a-z]+")?>', "", page)
    assert pages_html.lead(text).count("<") == 4
    element = ElementTree.fromstring(pages_html.lead(text))
    assert "".join(element.itertext()) == escaping.clean(text).replace("\r\n", "\n").replace("\r", "\n")


def test_a_picture_of_elements_escapes_its_texts() -> None:
    element = ElementTree.Element("text", {"aria-label": '"><script>'})
    element.text = "<script>"
    assert "<script" not in markup.drawn(element)
