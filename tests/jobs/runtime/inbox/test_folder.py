"""The inbox as a folder: whole files, each once, and whatever else lies there is named with its problem."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

from jobs.runtime.inbox import port
from jobs.runtime.inbox.folder import FolderInbox
from pipelines.decisions import decision as one
from tests.support import deciding

NIGHT = deciding.NIGHT


def submit(folder: Path, decision: one.Decision) -> Path:
    return Path(FolderInbox(folder).submit(f"{decision.decision_id}.json", decision.to_json()))


def test_a_decision_becomes_one_whole_private_file(tmp_path: Path) -> None:
    decision = deciding.decide(1)
    path = submit(tmp_path / "inbox", decision)
    assert path.name == f"{decision.decision_id}.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert one.readable(FolderInbox(path.parent).read(NIGHT)) == [decision]


def test_whatever_lies_in_the_inbox_is_named_with_its_problem(tmp_path: Path) -> None:
    submit(tmp_path, deciding.decide(1))
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "link.json").symlink_to("/etc/hostname")
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "large.json").write_bytes(b"[" * (port.MAX_BYTES + 1))
    (tmp_path / "latin.json").write_bytes(b"\xff\xfe")
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / ".half-written").write_text("{")
    files = FolderInbox(tmp_path).read(NIGHT)
    assert {f.name: f.problem for f in files if f.problem} == {
        "folder.json": "not a regular file",
        "link.json": "cannot be opened (OSError)",
        "pipe.json": "not a regular file",
        "large.json": "larger than a decision can be",
        "latin.json": "not UTF-8",
        "notes.txt": "not a .json file",
    }
    assert len(files) == 7
    FolderInbox(tmp_path).settle(NIGHT, [f.name for f in files])
    assert sorted(p.name for p in tmp_path.iterdir()) == [".half-written", "taken"]
    assert {(f.name, f.problem) for f in FolderInbox(tmp_path).read(NIGHT)} == {(f.name, f.problem) for f in files}


def test_settling_never_overwrites_and_never_leaves_the_inbox(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "outside.json").write_text("{}")
    for text in ("first", "second"):
        (tmp_path / "inbox" / "x.json").write_text(text)
        assert FolderInbox(tmp_path / "inbox").settle(NIGHT, ["x.json", "../outside.json", "absent.json"]) == 1
    taken = tmp_path / "inbox" / "taken" / NIGHT.isoformat()
    assert sorted(p.read_text() for p in taken.iterdir()) == ["first", "second"]
    assert (tmp_path / "outside.json").exists()


def test_a_file_is_what_a_person_can_read(tmp_path: Path) -> None:
    record = json.loads(submit(tmp_path, deciding.decide(1, "TAG_ADDED", free_text="gifts")).read_text())
    assert (record["outcome"], record["tag"], record["free_text"]) == ("TAG_ADDED", "CSE_LONE", "gifts")
    assert record["decided_at"] == "2026-03-14T09:31:00.000000Z"
