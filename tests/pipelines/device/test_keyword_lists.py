"""Lists of key words: formats, what is refused and why, and their version."""

from __future__ import annotations

import io

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.device import keyword_lists
from pipelines.device.keyword_lists import KeywordList, Term, UnreadableError, refusal, version

CSV = """term,language,kind,note
ma\u00f1ana,es,,
two words,,phrase,said often
escort*,,,
"esc, ort",en,word,
gun[s5z],en,regex,
"""


def workbook(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def test_one_list_in_three_formats_is_one_version() -> None:
    made = keyword_lists.read("List.CSV", CSV.encode("utf-8-sig"))
    assert made.terms == (
        Term("ma\u00f1ana", "es", "WORD"),
        Term("two words", None, "PHRASE", "said often"),
        Term("escort", None, "STEM"),
        Term("esc, ort", "en", "WORD"),
        Term("gun[s5z]", "en", "REGEX"),
    )
    assert made.refused == made.limited == ()
    rows = [["Kind", "Term", "Language"], *([t.kind.lower(), t.term, t.language] for t in reversed(made.terms))]
    assert keyword_lists.read("a.xlsx", workbook(rows)).version == made.version
    assert (
        keyword_lists.read("b.csv", CSV.replace(",", ";").replace("esc; ort", "esc, ort").encode()).version
        == made.version
    )
    assert keyword_lists.read("c.csv", CSV.encode("utf-16")).version == made.version
    assert len(made.version) == 16
    assert keyword_lists.read("d.csv", CSV.replace("escort", "escorts").encode()).version != made.version


def test_a_text_file_is_a_term_a_line() -> None:
    made = keyword_lists.read("a.txt", b"# remark\nword\n\ntwo  words\nstem*\n/ab+c[0-9]/\r\ncaf\xe9\n")
    assert [(t.term, t.kind) for t in made.terms] == [
        ("word", "WORD"),
        ("two  words", "PHRASE"),
        ("stem", "STEM"),
        ("ab+c[0-9]", "REGEX"),
        ("caf\u00e9", "WORD"),
    ]


def test_a_list_without_a_heading_begins_with_the_term() -> None:
    made = keyword_lists.read("a.csv", b"knife,en\nCoke,en,word\n")
    assert [(t.term, t.language) for t in made.terms] == [("knife", "en"), ("Coke", "en")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("/a(?=bc)/", "looks around"),
        ("/a(?!bc)/", "looks around"),
        ("/(?<=ab)c/", "looks around"),
        ("/(?<!ab)c/", "looks around"),
        (r"/(ab)\1/", "refers back"),
        ("/(?P<x>ab)(?P=x)/", "refers back"),
        ("/(?>ab+)c/", "atomic group"),
        ("/x*/", "empty"),
        ("/(ab)?/", "empty"),
        ("/./", "single characters"),
        ("/[a-z]+/", "single characters"),
        ("/ab(c/", "cannot be searched for"),
        ("/(ab{1,32000}){1,200}/", "cannot be searched for"),
        ("/" + "a" * 300 + "/", "longer than"),
        ("b" * 201, "longer than"),
        (r"/\bдом\b/", "ASCII alone"),
        ("a", "single character"),
        ("a*", "single character"),
        ("*", "empty"),
        ("\u0301", "empty"),
        ("es*rt", "asterisk"),
    ],
)
def test_a_term_that_cannot_be_searched_for_is_refused_with_line_and_reason(line: str, reason: str) -> None:
    made = keyword_lists.read("a.txt", f"good\n{line}\nbetter\n".encode())
    (refused,) = made.refused
    assert refused.line == 2
    assert reason in refused.reason
    assert [t.term for t in made.terms] == ["good", "better"]


def test_what_only_looks_like_it_is_taken() -> None:
    made = keyword_lists.read(
        "a.txt",
        rb"""/\(?=ab/
/[(?=]ab/
/\\1ab/
/(?:ab|cd)+ef/
/(a|aa)+bc$/
/(?i)snow/
""",
    )
    assert [r.reason for r in made.refused] == []
    assert len(made.terms) == 6


def test_a_limit_of_a_term_is_told() -> None:
    made = keyword_lists.read("a.txt", rb"/\bgun\b/")
    assert [(m.line, "ASCII alone" in m.reason) for m in made.limited] == [(1, True)]


def test_other_refusals_of_a_table() -> None:
    made = keyword_lists.read("a.csv", b"term,kind\nx y,verb\nab*,word\nCaf\xc3\xa9,\ncafe,word\n,word\n")
    assert [(r.line, r.reason.split(":")[0]) for r in made.refused] == [
        (2, "no such kind"),
        (3, "an asterisk makes it a stem, and the list says otherwise"),
        (5, "the list has this term already"),
        (6, "empty"),
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.docx", b""), ("a.xlsx", b"no workbook"), ("a.csv", b"\xff\xfe\x00"), ("a.txt", b"x" * 10_000_001)],
)
def test_a_file_that_is_no_list_says_why(name: str, content: bytes) -> None:
    with pytest.raises(UnreadableError):
        keyword_lists.read(name, content)


TERMS = st.lists(
    st.builds(Term, st.text(min_size=1, max_size=5), st.sampled_from((None, "es")), st.sampled_from(("WORD", "STEM")))
)


@pytest.mark.slow
@given(TERMS, st.randoms())
def test_the_version_knows_no_order(terms: list[Term], rng: object) -> None:
    shuffled = sorted(terms, key=lambda _: rng.random())  # type: ignore[attr-defined]
    assert version(shuffled) == version(terms) == version([*terms, *terms])


@given(st.binary(max_size=300), st.sampled_from(("csv", "txt", "xlsx")))
def test_any_file_is_read_or_refused(content: bytes, ending: str) -> None:
    try:
        made = keyword_lists.read(f"a.{ending}", content)
    except UnreadableError:
        return
    assert isinstance(made, KeywordList)
    assert all(refusal(term) is None for term in made.terms)
