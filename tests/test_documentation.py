"""The documentation leads somewhere: links, headings and the paths of files that it names exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PATH = re.compile(r"`((?:schemas|pipelines|models|jobs|tests|notebooks|docs|infra)/[\w./-]+)`")


def headings(page: Path) -> set[str]:
    """Anchors of a page, as hosts of repositories and the site make them."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def links(page: Path) -> list[tuple[str, str]]:
    """Targets within the repository, each with its anchor."""
    prose = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    found = re.findall(r"\]\(([^)\s]+)\)", prose)
    return [(path, anchor) for path, _, anchor in (link.partition("#") for link in found if "://" not in link)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_is_dead(page: Path) -> None:
    for path, anchor in links(page):
        target = (page.parent / path) if path else page
        assert target.exists(), f"{path} does not exist"
        assert not anchor or anchor in headings(target), f"{path} has no heading {anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_is_named_exists(page: Path) -> None:
    named = PATH.findall(page.read_text(encoding="utf-8"))
    assert not [path for path in named if not (ROOT / path).exists()]


def test_owners_own_what_exists() -> None:
    lines = (ROOT / "CODEOWNERS").read_text(encoding="utf-8").splitlines()
    owned = [line.split()[0].lstrip("/") for line in lines if line.strip() and not line.startswith("#")]
    assert {"schemas/codes.py", "pipelines/comms/access.py", "models/training/promotion.py"} <= set(owned)
    assert not [path for path in owned if not list(ROOT.glob(path.rstrip("/")))]


@pytest.mark.slow
def test_the_site_builds_strictly_and_fetches_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    command += ["-d", str(tmp_path / "doctrees"), "docs", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert {path.stem for path in (ROOT / "docs").glob("*.md")} <= {page.stem for page in pages}
    fetched = re.compile(r"<(?:script|img|iframe|link)\b[^>]*?(?:src|href)=\"(?:https?:)?//[^\"]*")
    assert not [found for page in pages for found in fetched.findall(page.read_text(encoding="utf-8"))]
    styles = [path.read_text(encoding="utf-8", errors="replace") for path in (tmp_path / "site").rglob("*.css")]
    assert styles
    assert not [style for style in styles if re.search(r"url\(['\"]?(?:https?:)?//|@import", style)]


def test_links_and_paths_are_looked_for_at_all() -> None:
    assert sum(len(links(page)) for page in PAGES) > 30
    assert sum(len(PATH.findall(page.read_text(encoding="utf-8"))) for page in PAGES) > 60
