"""Which submissions of devices have arrived, and which of their files may be opened."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from jobs.sources import landing, submissions
from schemas.layouts import layouts, submission

NIGHT = date(2026, 3, 28)
LONG_AGO = 1_000_000_000
NOW = LONG_AGO + 10_000
MANIFEST = """\
authority: {power: PACE 1984 s.19, reference: WA/1, granted_on: 2026-01-09}
purpose: Investigation
exhibits: [AB/1]
owner: {identifiers: ["+447700900691"]}
"""


@pytest.fixture(scope="module")
def sources() -> dict[str, layouts.Source]:
    return layouts.load()


def put(folder: Path, name: str = "EX-1", *, manifest: str | None = MANIFEST, night: str = "2026-03-28") -> Path:
    made = folder / "norfolk" / landing.DEVICES / night / name
    (made / "AB-1").mkdir(parents=True)
    (made / "AB-1" / "a.txt").write_text("x", encoding="utf-8")
    if manifest is not None:
        (made / submission.FILE).write_text(manifest, encoding="utf-8")
    quieten(made)
    return made


def quieten(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (LONG_AGO, LONG_AGO), follow_symlinks=False)


def arrived(
    folder: Path, sources: dict[str, layouts.Source], known: Mapping[str, int | None] | None = None, now: float = NOW
) -> submissions.Arrived:
    known = known or {}
    return submissions.arrived(folder, NIGHT, now=now, quiet_s=60, late_nights=3, known=known, sources=sources)


def test_a_submission_names_its_force_and_lists_its_evidence(tmp_path: Path, sources: dict[str, layouts.Source]):
    put(tmp_path)
    (found,) = arrived(tmp_path, sources).submissions
    assert (found.id, found.force, found.refused) == ("36:EX-1", "36", None)
    assert [file.file for file in found.files] == ["norfolk/device/2026-03-28/EX-1/AB-1/a.txt"]


def test_reports_of_the_same_force_do_not_see_it(tmp_path: Path, sources: dict[str, layouts.Source]):
    put(tmp_path)
    assert list(landing.entries(tmp_path, NIGHT)) == []


def test_one_still_being_written_waits_and_a_marker_ends_the_waiting(
    tmp_path: Path, sources: dict[str, layouts.Source]
):
    made = put(tmp_path)
    os.utime(made / "AB-1" / "a.txt", (NOW - 5, NOW - 5))
    found = arrived(tmp_path, sources)
    assert found.submissions == []
    assert [each.why for each in found.waiting] == ["written to 5 s before the night began"]
    made.with_name("EX-1.done").touch()
    assert len(arrived(tmp_path, sources).submissions) == 1


def test_a_late_one_is_taken_once_and_an_old_one_not(tmp_path: Path, sources: dict[str, layouts.Source]):
    put(tmp_path, "late", night="2026-03-26")
    put(tmp_path, "old", night="2026-03-24")
    assert [each.id for each in arrived(tmp_path, sources).submissions] == ["36:late"]
    known = {"norfolk/device/2026-03-26/late": None}
    assert arrived(tmp_path, sources, known).submissions == []


def test_files_that_come_or_change_after_a_submission_was_taken_in_are_named(
    tmp_path: Path, sources: dict[str, layouts.Source]
):
    made = put(tmp_path)
    (first,) = arrived(tmp_path, sources).submissions
    assert first.manifest_hash == hashlib.sha256(MANIFEST.encode()).hexdigest()
    known = {first.folder: first.changed_ns}
    assert arrived(tmp_path, sources, known).touched == {}
    (made / "AB-1" / "a.txt").write_text("y", encoding="utf-8")  # of the same size, and as old as the first
    (made / "AB-1" / "b.txt").write_text("z", encoding="utf-8")
    quieten(made / "AB-1")
    found = arrived(tmp_path, sources, known)
    assert found.submissions == []
    expected = {"a.txt": hashlib.sha256(b"y").hexdigest(), "b.txt": hashlib.sha256(b"z").hexdigest()}
    assert found.touched == {first.folder: {f"{first.folder}/AB-1/{name}": sha for name, sha in expected.items()}}


@pytest.mark.parametrize(
    ("manifest", "refused"),
    [(None, "NO_MANIFEST"), ("purpose: x\n", "BAD_MANIFEST"), (MANIFEST + "keyword_lists: [no.csv]\n", "BAD_LIST")],
)
def test_without_authority_or_lists_nothing_is_read_and_the_next_one_is(
    tmp_path: Path, sources: dict[str, layouts.Source], manifest: str | None, refused: str
):
    put(tmp_path, "A", manifest=manifest)
    put(tmp_path, "B")
    bad, good = arrived(tmp_path, sources).submissions
    assert (bad.refused, bad.files) == (refused, ())
    assert bad.detail
    assert good.files


def test_lists_are_read_and_are_no_evidence(tmp_path: Path, sources: dict[str, layouts.Source]):
    made = put(tmp_path, manifest=MANIFEST + "keyword_lists: [terms.txt]\nprivileged: held.csv\n")
    (made / "terms.txt").write_text("burner\n/(a/\n", encoding="utf-8")
    (made / "held.csv").write_text("term\n07700 900695\n", encoding="utf-8")
    quieten(made)
    (found,) = arrived(tmp_path, sources).submissions
    ((name, listed),) = found.lists
    assert (name, [term.term for term in listed.terms]) == ("terms.txt", ["burner"])
    assert [each.line for each in listed.refused] == [2]
    assert found.refused_terms == (("terms.txt", 1),)
    assert found.privileged is not None
    assert len(found.files) == 1


def test_links_pipes_and_names_that_are_no_text_are_named_and_not_opened(
    tmp_path: Path, sources: dict[str, layouts.Source]
):
    made = put(tmp_path)
    (made / "AB-1" / "link.txt").symlink_to("/etc/hostname")
    (made / "folder").symlink_to("/etc")
    os.mkfifo(made / "pipe")
    (Path(os.fsdecode(os.fsencode(made) + b"/\xff.txt"))).touch()
    quieten_all = [path for path in made.iterdir() if not path.is_symlink() and path.name != "pipe"]
    for path in quieten_all:
        os.utime(path, (LONG_AGO, LONG_AGO))
    found = arrived(tmp_path, sources, now=4e9).submissions[0]
    reasons = {file.file.rsplit("/", 1)[-1]: file.reason for file in found.files}
    assert reasons == {
        "a.txt": None, "link.txt": "LINK", "folder": "LINK", "pipe": "UNREADABLE", "\\xff.txt": "UNSAFE_NAME",
    }  # fmt: skip


def test_a_list_that_is_a_link_is_not_followed(tmp_path: Path, sources: dict[str, layouts.Source]):
    made = put(tmp_path, manifest=MANIFEST + "keyword_lists: [terms.txt]\n")
    (made / "terms.txt").symlink_to("/etc/hostname")
    assert arrived(tmp_path, sources, now=4e9).submissions[0].refused == "BAD_LIST"
