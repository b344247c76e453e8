"""The subject profile: sources and grading on every statement, the marking on every page, nothing that acts."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, datetime

import docx
import pytest

from jobs.profile import docx as profile_docx
from jobs.profile import html as profile_html
from jobs.profile import model as profile_model
from jobs.profile import statements as profile_statements
from tests.support import profiles

HOSTILE = '<script>alert(1)</script>=HYPERLINK("http://x")\u202e'


def test_every_statement_names_its_sources_and_its_grading() -> None:
    made = profiles.profile()
    statements = [s for section in made.sections for s in section.statements]
    assert len(statements) > 15
    assert all(s.sources and s.grading for s in statements)
    numbers = made.sources()
    page = profile_html.page(made)
    for statement in statements:
        assert all(f'href="#q{numbers[source]}"' in page for source in statement.sources)
    assert all(f'id="q{n}"' in page for n in numbers.values())


def test_a_statement_without_a_source_is_refused() -> None:
    with pytest.raises(ValueError, match="sources"):
        profile_model.Statement(("said",), (), profile_model.RECORD)


def test_calculations_say_that_they_are_not_facts() -> None:
    made = profiles.profile()
    page = profile_html.page(made)
    movements = next(s for s in made.sections if s.title == "Movements")
    assert all(profile_model.CALCULATED in s.grading for s in movements.statements)
    assert page.count(profile_model.CALCULATED) >= 4
    assert "finding about anybody" in page


def test_the_marking_is_on_every_page_of_both_documents() -> None:
    made = profiles.profile()
    page = profile_html.page(made)
    assert page.count('aria-label="protective marking">OFFICIAL-SENSITIVE') == 2
    for part in ("thead", "tfoot"):  # head and foot of a table repeat on every page that it is printed on
        assert re.search(rf"<{part}><tr><td><div class=\"mark\"[^>]*>OFFICIAL-SENSITIVE", page)
    assert "table-header-group" in page
    assert "table-footer-group" in page
    opened = docx.Document(io.BytesIO(profile_docx.document(made)))
    for section in opened.sections:
        assert "OFFICIAL-SENSITIVE" in section.header.paragraphs[0].text
        assert "OFFICIAL-SENSITIVE" in section.footer.paragraphs[0].text


def test_text_of_records_does_not_act_in_a_document() -> None:
    made = profiles.profile(surname=HOSTILE, address=HOSTILE)
    page = profile_html.page(made)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "\u202e" not in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    with zipfile.ZipFile(io.BytesIO(profile_docx.document(made))) as archive:
        body = archive.read("word/document.xml").decode()
        names = archive.namelist()
    assert "<script" not in body
    assert "HYPERLINK(" in body  # as text of a run, not as a field
    fields = re.findall(r"<w:instrText[^>]*>([^<]*)", body)
    assert fields == []  # the only field, the page number, stands in the footer
    assert not [name for name in names if "vba" in name.lower() or "embeddings" in name]


def test_equal_profiles_are_equal_bytes() -> None:
    first, again = (profile_docx.document(profiles.profile()) for _ in range(2))
    assert first == again
    assert profile_html.page(profiles.profile()) == profile_html.page(profiles.profile())


def test_a_row_without_a_score_is_not_in_the_profile() -> None:
    made = profiles.profile()
    (calculated,) = next(s for s in made.sections if s.title == "What was calculated").statements
    assert calculated.cells[:3] == ("travel", "subject on flight", "0.97 (0.88 to 0.99)")
    assert "fedcba9876543210" not in profile_html.page(made)


def test_clock_times_are_uk_local_across_the_change() -> None:
    # Clocks went forward on 29 March 2026 at 01:00 UTC.
    assert profile_statements.clock(datetime(2026, 3, 29, 0, 59, tzinfo=UTC)) == "29 Mar 2026 00:59"
    assert profile_statements.clock(datetime(2026, 3, 29, 1, 0, tzinfo=UTC)) == "29 Mar 2026 02:00"


def test_a_report_under_immunity_is_a_pointer_only() -> None:
    closed = profiles.report(1, is_immunity_claimed=True, title="who said it")
    (said,) = profile_statements.reports([closed], {}).statements
    assert "who said it" not in " ".join(said.cells)
