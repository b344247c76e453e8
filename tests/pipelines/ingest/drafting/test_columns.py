"""Columns, items, codes and numbers: sure where layouts agree and values fit; else asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest.drafting import coded, columns, draft, feed_draft, items, page, values, vocabulary
from pipelines.ingest.drafting.feed_draft import FeedDraft
from pipelines.ingest.drafting.table import Question, Table
from schemas import bronze
from schemas.layouts import layouts
from schemas.layouts.fields import FIELDS

SHIPPED = layouts.load()
FORCES = {name: source for name, source in SHIPPED.items() if source.kind == "force"}
NOMINALS = vocabulary.of_feed("nominals", SHIPPED)


def table(**held: Sequence[str]) -> Table:
    """A table of columns, named with spaces for underscores."""
    named = {name.replace("_", " "): texts for name, texts in held.items()}
    made = Table(columns=dict.fromkeys(named))
    made.rows = [dict(zip(named, row, strict=True)) for row in zip(*named.values(), strict=True)]
    return made


def asked(found: columns.Columns) -> Mapping[str, tuple[str, ...]]:
    return {question.key: question.options for question in found.questions}


PEOPLE = {
    "Person_ID": [f"P{n}" for n in range(20)],
    "Surname": ["Abbot", "Baker"] * 10,
    "Date_of_Birth": [f"{n + 1:02}/03/1990" for n in range(20)],
}


def test_names_that_layouts_agree_on_are_sure_where_values_fit() -> None:
    found = columns.mapped("nominals", table(**PEOPLE, DOB_=["x"] * 20), NOMINALS)
    assert found.sure["person_ref"] == "Person ID"
    assert found.sure["surname"] == "Surname"


@pytest.mark.parametrize("feed", [feed for feed in bronze.FEEDS if feed in draft.FORCE_FEEDS])
def test_every_word_of_a_layout_is_its_own_field_or_a_question(feed: str) -> None:
    """Without values that speak against it, no layout's column becomes another field than its own."""
    words = vocabulary.of_feed(feed, SHIPPED)
    for _, layout in layouts.of_feed(FORCES, feed).values():
        made = Table(columns=dict.fromkeys(layout.columns.values()))
        found = columns.mapped(feed, made, words)
        assert {name: layout.columns[name] for name in found.sure} == found.sure


def test_a_shifted_header_makes_no_column_sure_whose_values_are_others() -> None:
    shifted = table(Surname=PEOPLE["Person_ID"], Date_of_Birth=PEOPLE["Surname"], Person_ID=PEOPLE["Date_of_Birth"])
    found = columns.mapped("nominals", shifted, NOMINALS)
    assert found.sure == {}
    assert "columns.born_on" in asked(found)
    assert "shifted" in next(q.text for q in found.questions if q.key == "columns.born_on")


def test_two_columns_of_one_field_are_a_question() -> None:
    found = columns.mapped("nominals", table(**PEOPLE, Family_Name=["Cole", "Dunn"] * 10), NOMINALS)
    assert "surname" not in found.sure
    assert asked(found)["columns.surname"] == ("Surname", "Family Name")


def test_a_name_that_is_only_like_one_is_a_question_and_so_is_a_required_field_without_a_column() -> None:
    found = columns.mapped("nominals", table(Surnames=["Abbot", "Baker"], Note=["a", "b"]), NOMINALS)
    assert found.sure == {}
    assert asked(found)["columns.surname"] == ("Surnames",)
    (required,) = [q for q in found.questions if q.key == "columns.person_ref"]
    assert required.must
    assert found.others == ["Note"]


def test_a_word_on_which_layouts_differ_is_no_answer() -> None:
    other = {"a": SHIPPED["norfolk"], "b": layouts.parse({
        "sender": "b", "name": "B", "kind": "force", "force": "46", "time_zone": "UTC",
        "feeds": {"nominals": {"format": "csv", "columns": {"person_ref": "Ref", "forename": "Surname"}}},
    })}  # fmt: skip
    words = vocabulary.of_feed("nominals", other)
    assert words.fields("Surname") == {"surname", "forename"}
    assert "Surname" not in columns.mapped("nominals", table(**PEOPLE), words).sure.values()


def test_dates_and_places_are_proposed_for_fields_by_their_values() -> None:
    made = table(Wohnort=["NR1 3AA", "IP2 8BB"] * 5, Geboren=[f"{n + 1:02}.05.1980" for n in range(10)])
    found = columns.mapped("nominals", made, NOMINALS)
    assert (found.proposed["postcode"], found.proposed["born_on"]) == (["Wohnort"], ["Geboren"])
    assert found.sure == {}


# -- codes ------------------------------------------------------------------------------------------------------------


def test_codes_that_two_layouts_agree_on_are_sure_and_short_ones_are_asked() -> None:
    found = coded.words("nominals", "sex", ["Female", "male", "1", "X"] * 3, NOMINALS)
    assert found.known == {"Female": "F", "male": "M"}
    assert found.asked == {"1": "M", "X": None}
    links = vocabulary.of_feed("report_links", {name: SHIPPED[name] for name in ("norfolk", "surrey")})
    found = coded.words("report_links", "role", ["Subject", "Mentioned"] * 3, links)  # words of Norfolk alone
    assert (found.known, found.asked) == ({}, {"Mentioned": "OTHER", "Subject": "SUSPECT"})


def test_national_codes_need_nothing_and_rare_words_are_not_written() -> None:
    found = coded.words("nominals", "sex", ["F", "M", "Mx Jane Doe"], NOMINALS)
    assert (found.n_native, found.known, found.asked, found.rare) == (2, {}, {}, {"Mx Jane Doe": 1})


def test_words_with_long_numbers_or_addresses_are_never_written() -> None:
    found = coded.words("nominals", "sex", ["07700900123", "a@b.example", "01/02/1990"] * 5, NOMINALS)
    assert not found.asked
    assert len(found.rare) == 3


def test_markings_are_read_in_any_writing() -> None:
    words = vocabulary.of_feed("reports", SHIPPED)
    found = coded.words("reports", "marking", ["Official", "Official - Sensitive", "OFFICIAL SENSITIVE"], words)
    assert (found.n_native, found.asked, found.rare) == (3, {}, {})


def test_flags_are_asked_where_one_word_is_neither_yes_nor_no() -> None:
    words = vocabulary.of_feed("missing_episodes", SHIPPED)
    assert coded.words("missing_episodes", "is_cse_flagged", ["Y", "no", "1"], words).asked == {}
    assert set(coded.words("missing_episodes", "is_cse_flagged", ["1", "2"] * 3, words).asked) == {"1", "2"}


TAGS = vocabulary.of_feed("reports", SHIPPED)


@pytest.mark.parametrize(
    ("held", "mark", "options"),
    [
        (["Drugs;Fraud", "Drugs", "Fraud;ASB", "ASB"], ";", ()),
        (["Drugs/Fraud", "Drugs"], "/", ()),
        (["Alpha|Beta", "Beta|Alpha", "Alpha"], "|", ()),
        (["Alpha/Beta", "Gamma"], None, ("/",)),  # one word, or two
        (["Alpha, Beta; Gamma", "Beta"], None, (";", ",")),
        (["Drugs", "Fraud"], None, ()),
        (["CSA/FAM", "CSE/GRP"], None, ()),  # words of a layout, whole
    ],
)
def test_what_divides_tags_is_sure_where_its_parts_are_tags(
    held: list[str], mark: str | None, options: tuple[str, ...]
) -> None:
    assert coded.separator("tags", "reports", held, TAGS) == (mark, options)


# -- items and numbers ------------------------------------------------------------------------------------------------

PROSE = "A van waited by the school, and left when it was seen."


def test_items_in_numbered_columns_are_sure_by_their_words() -> None:
    made = table(Item_1_Text=[PROSE], Item_1_Source=["2"], Item_1_Intel=["B"], Item_2_Text=[PROSE])
    found = items.sniff(made, TAGS)
    assert found.question is None
    parts = {"text": "Item {n} Text", "source": "Item {n} Source", "intelligence": "Item {n} Intel", "up_to": 2}
    assert found.keys == {"numbered": parts}


def test_items_by_other_words_are_asked_with_a_guess_from_their_values() -> None:
    found = items.sniff(table(Para1=[PROSE], Rel1=["2"], Cred1=["B"], Para2=[PROSE], Rel2=["1"], Cred2=["C"]), TAGS)
    assert found.keys is None
    assert found.question is not None
    guess = {"numbered": {"text": "Para{n}", "source": "Rel{n}", "intelligence": "Cred{n}", "up_to": 2}}
    assert [yaml.safe_load(option) for option in found.question.options] == [guess]


def test_reports_without_items_are_asked_where_their_text_stands() -> None:
    found = items.sniff(table(Ref=["R1"], Narrative=[PROSE]), TAGS)
    assert found.question is not None
    assert found.question.options == ("{numbered: {text: Narrative}}",)


def test_numbers_are_asked_where_ways_of_reading_them_differ() -> None:
    assert len(values.number_styles(["07700 900123", "+44 7700 900123", "0044 7700 900123", "n/k"])) == 1
    assert len(values.number_styles(["07700 900123", "7700900123"])) > 1  # or of Kazakhstan
    assert list(values.number_styles(["447700900123"])) == ["national"]  # the same number however it is read


def test_numbers_that_a_spreadsheet_rounded_are_told(tmp_path: Path) -> None:
    path = tmp_path / "links.csv"
    lines = ["Intel Ref,Nominal No,Involvement", *(f"INT/{n},3.5209{n}E+14,Victim" for n in range(8))]
    path.write_text("\n".join(lines), encoding="utf-8")
    made = feed_draft.draft("report_links", [path], vocabulary.of_feed("report_links", SHIPPED))
    assert any("Nominal No as 3.52E+14" in question.text for question in made.questions)


def test_files_of_a_feed_that_are_written_in_different_ways_are_a_question(tmp_path: Path) -> None:
    for delimiter in ",;":
        rows = [["Intel Ref", "Nominal No", "Involvement"], *([f"INT/{n}", f"N{n}", "Victim"] for n in range(8))]
        (tmp_path / f"{ord(delimiter)}.csv").write_text("\n".join(map(delimiter.join, rows)), encoding="utf-8")
    made = feed_draft.draft("report_links", sorted(tmp_path.iterdir()), vocabulary.of_feed("report_links", SHIPPED))
    assert "delimiter" not in made.keys
    assert [q.options for q in made.questions if q.key == "delimiter"] == [('","', '";"')]


def test_times_in_a_column_of_their_own_are_asked_for_and_both_patterns_are_there(tmp_path: Path) -> None:
    path = tmp_path / "missing.csv"
    header = "Misper Ref,Nominal No,Reported,Time,Risk"
    lines = [header, *(f"M{n},N{n},{n + 1:02}/02/2025,1{n % 10}:30,High" for n in range(28))]
    path.write_text("\n".join(lines), encoding="utf-8")
    made = feed_draft.draft("missing_episodes", [path], vocabulary.of_feed("missing_episodes", SHIPPED))
    (question,) = [q for q in made.questions if q.key == "joined"]
    assert (question.must, question.options) == (True, ("{reported_at: [Time]}",))
    assert set(made.keys["times"]) == {"dd/MM/yyyy", "dd/MM/yyyy HH:mm"}


def test_keys_that_differ_by_case_alone_are_asked_about_once(tmp_path: Path) -> None:
    lines = [
        "Intel Ref,Nominal No,Involvement",
        *(f"INT/{n},N{n % 3}{letter},Victim" for n in range(6) for letter in "aA"),
    ]
    (tmp_path / "l.csv").write_text("\n".join(lines), encoding="utf-8")
    made = draft.draft("kent", "Kent", "46", {"report_links": [tmp_path / "l.csv"]}, SHIPPED)
    assert [q.options for q in made.all_questions() if q.key == "references"] == [("exact",)]
    assert "\n# references: exact\n" in page.text(made)


def test_feeds_whose_keys_lead_to_nothing_are_asked_about(tmp_path: Path) -> None:
    (tmp_path / "n.csv").write_text(
        "\n".join(["Nominal No,Surname", *(f"P{n},Ash" for n in range(9))]), encoding="utf-8"
    )
    lines = ["Intel Ref,Nominal No,Involvement", *(f"INT/{n},Q{n},Victim" for n in range(9))]
    (tmp_path / "l.csv").write_text("\n".join(lines), encoding="utf-8")
    files = {"nominals": [tmp_path / "n.csv"], "report_links": [tmp_path / "l.csv"]}
    made = draft.draft("kent", "Kent", "46", files, SHIPPED)
    assert any("only 0% of the keys in Nominal No" in question.text for question in made.all_questions())


# -- the page ---------------------------------------------------------------------------------------------------------


@settings(max_examples=200)
@given(st.text(min_size=1, max_size=30).filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text)))
def test_any_name_of_a_column_comes_back_from_the_yaml_as_it_was(name: str) -> None:
    assert yaml.safe_load(f"a: {page.scalar(name)}\n") == {"a": name}
    assert "\n" not in page.scalar(name)


@settings(max_examples=100)
@given(st.text("ab:#\n\t\x85\u2028'\"{}[]|>&*%@`\\ ", min_size=1, max_size=12))
def test_names_in_questions_stay_in_their_comments(name: str) -> None:
    """A header of workbooks may hold line ends: they end no comment."""
    feed = FeedDraft("report_links", keys={"format": "csv"})
    feed.table = Table(columns={name: None}, rows=[{name: "x"}])
    feed.columns = columns.mapped("report_links", feed.table, vocabulary.of_feed("report_links", SHIPPED))
    told = Question("ignore", f"columns like no field of ours: {name} holds nothing", must=False)
    feed.questions = [*feed.columns.questions, told]
    made = draft.Draft("kent", "Kent", "46", [feed], draft.draft("kent", "Kent", "46", {}, SHIPPED).questions)
    read = yaml.safe_load(page.text(made))
    assert set(read) == {"sender", "name", "kind", "force", "time_zone", "feeds"}
    assert set(read["feeds"]["report_links"]["columns"]) <= set(FIELDS["report_links"])
