"""The log of processing: whole under concurrency and kills, and tampering found at its first entry (trial 21)."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.runtime import audit
from jobs.runtime.audit import entries, id_files

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def log(tmp_path: Path) -> audit.Audit:
    found = audit.Audit(tmp_path / "log")
    for n in range(1, 7):
        found.append("consultation", "a.analyst", f"queue {n}", why="test", counts={"rows": n})
    return found


def test_entries_are_chained_and_verify(log: audit.Audit) -> None:
    entries = list(log.entries())
    assert [e["n"] for e in entries] == [1, 2, 3, 4, 5, 6]
    assert entries[0]["previous"] == audit.GENESIS
    assert [e["previous"] for e in entries[1:]] == [e["hash"] for e in entries[:-1]]
    assert log.verify() is None
    assert audit.Audit(log.folder).verify() is None


def test_an_empty_log_is_whole(tmp_path: Path) -> None:
    assert audit.Audit(tmp_path / "log").verify() is None


def test_only_the_owner_can_read_it(log: audit.Audit) -> None:
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(log.head_path.stat().st_mode) == 0o600
    assert stat.S_IMODE(log.folder.stat().st_mode) == 0o700


def test_line_breaks_in_values_stay_in_their_entry(log: audit.Audit) -> None:
    log.append("disclosure", "x\ny", 'on\n{"n":8}', to_whom="\u2028")
    assert log.verify() is None
    assert len(log.path.read_bytes().splitlines()) == 7


@pytest.mark.parametrize(("action", "who"), [("look", "a"), ("consultation", " ")])
def test_an_entry_names_a_known_action_and_somebody(log: audit.Audit, action: str, who: str) -> None:
    with pytest.raises(ValueError, match=r"not one of|names who"):
        log.append(action, who, "queue")
    assert len(list(log.entries())) == 6


def _forged(lines: list[bytes]) -> list[bytes]:
    """Entry 3 rewritten with a right hash of its own, and all later ones chained anew: a consistent forgery."""
    previous, found = audit.GENESIS, []
    for line in lines:
        entry = json.loads(line)
        if entry["n"] == 3:
            entry["who"] = "somebody else"
        new, previous = entries.line_of({**entry, "previous": previous})
        found.append(new)
    return found


def _rewritten(lines: list[bytes]) -> list[bytes]:
    """Entry 3 alone rewritten, with a right hash of its own and as long as it was, so that the head still fits."""
    entry = json.loads(lines[2])
    new = entries.line_of({**entry, "who": entry["who"][::-1]})[0]
    assert new != lines[2]
    assert len(new) == len(lines[2])
    return [*lines[:2], new, *lines[3:]]


def _flipped(lines: list[bytes]) -> list[bytes]:
    return [line.replace(b"queue 3", b"queue 8") for line in lines]


def _added(lines: list[bytes]) -> list[bytes]:
    """A seventh entry that continues the chain rightly, written by somebody who does not know the head."""
    last = json.loads(lines[-1])
    return [*lines, entries.line_of({**last, "n": 7, "previous": last["hash"]})[0]]


# What is done to the six lines, and the first entry that must be named.
TAMPERINGS: dict[str, tuple[Callable[[list[bytes]], list[bytes]], int]] = {
    "a byte flipped": (_flipped, 3),
    "a row deleted": (lambda lines: lines[:2] + lines[3:], 3),
    "the first row deleted": (lambda lines: lines[1:], 1),
    "two rows swapped": (lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]], 3),
    "the last two rows cut": (lambda lines: lines[:4], 5),
    "the last row cut in half": (lambda lines: [*lines[:5], lines[5][:20]], 6),
    "emptied": (lambda lines: [], 1),
    "a row repeated": (lambda lines: [*lines[:3], *lines[2:]], 4),
    "a row added": (_added, 7),
    "one row rewritten with its own hash": (_rewritten, 4),
    "written anew from a forged row on": (_forged, 6),
    "not a row": (lambda lines: [*lines[:3], b"[]\n", *lines[4:]], 4),
    "spaces added within a row": (lambda lines: [*lines[:3], lines[3].replace(b",", b", ", 1), *lines[4:]], 4),
}


@pytest.mark.trial(21)
@pytest.mark.parametrize("how", TAMPERINGS)
def test_tampering_is_found_at_its_first_entry(log: audit.Audit, how: str) -> None:
    change, first_bad = TAMPERINGS[how]
    log.path.write_bytes(b"".join(change(log.path.read_bytes().splitlines(keepends=True))))
    broken = log.verify()
    assert broken is not None
    assert broken.n == first_bad, str(broken)
    if how == "a row deleted":
        assert "an entry was removed, added or moved" in broken.why


def test_a_missing_log_or_head_is_found(log: audit.Audit) -> None:
    content = log.path.read_bytes()
    log.path.unlink()
    assert log.verify() == audit.Broken(1, "the log is missing: it had 6 entries")
    log.path.write_bytes(content)
    log.head_path.unlink()
    broken = log.verify()
    assert broken is not None
    assert broken.n == 1


def test_nothing_is_appended_to_a_log_that_was_cut(log: audit.Audit) -> None:
    lines = log.path.read_bytes().splitlines(keepends=True)
    log.path.write_bytes(b"".join(lines[:-1]))
    with pytest.raises(audit.AuditError, match="it was changed"):
        log.append("consultation", "a", "queue")


def _with_its_head(log: audit.Audit, lines: list[bytes]) -> None:
    """The log made of `lines`, and its head made to fit them: what whoever may write the folder can do."""
    log.path.write_bytes(b"".join(lines))
    last = json.loads(lines[-1])
    log._write_head(audit.Head(len(lines), sum(map(len, lines)), last["hash"]), None)


# What a writer does to log and head alike, and the first entry that a mark of entries 2 and 6 must name.
REWRITINGS: dict[str, tuple[Callable[[list[bytes]], list[bytes]], int]] = {
    "a forged row, and all after it chained to it": (_forged, 6),
    "the last two rows cut": (lambda lines: lines[:4], 5),
    "cut below the first mark": (lambda lines: lines[:1], 2),
}


@pytest.mark.parametrize("how", REWRITINGS)
def test_log_and_head_rewritten_alike_are_found_by_marks_kept_elsewhere(log: audit.Audit, how: str) -> None:
    lines = log.path.read_bytes().splitlines(keepends=True)
    marks = [audit.Mark(n, json.loads(lines[n - 1])["hash"], "anchor") for n in (6, 2)]
    assert log.verify(marks) is None
    change, first_bad = REWRITINGS[how]
    _with_its_head(log, change(lines))
    assert log.verify() is None  # the log alone cannot tell
    broken = log.verify(marks)
    assert broken is not None
    assert broken.n == first_bad, str(broken)
    assert "anchor" in str(broken)


def test_a_deleted_log_is_found_by_marks_kept_elsewhere(log: audit.Audit) -> None:
    mark = audit.Mark(6, log.head().hash, "anchor")
    shutil.rmtree(log.folder)
    assert log.verify() is None
    assert log.verify([mark]) == audit.Broken(1, "the log is missing: it had 6 entries")
    log.append("consultation", "a", "as if nothing had been")
    assert log.verify([mark]) is not None


def test_ids_lie_in_a_side_file_whose_digest_is_in_the_entry(log: audit.Audit) -> None:
    ids = ["+447700900123", "+447700900007", "two\nlines", "+447700900123"]
    log.append("consultation", "a", "research", ids=ids)
    log.append("combination", "a", "research", ids=reversed(ids))
    first, second = list(log.entries())[-2:]
    assert first["ids"] == second["ids"]  # the same ids, whatever their order
    assert first["ids"]["n"] == 3
    assert "7700900" not in log.path.read_text()
    path = id_files.path_of(log.folder, first["ids"]["sha256"])
    told = subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True).stdout
    assert told.split()[0] == first["ids"]["sha256"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert id_files.read(log.folder, first["ids"]["sha256"]) == sorted(set(ids))
    assert log.verify() is None
    path.write_text(path.read_text().replace("123", "124"))
    assert log.verify() == audit.Broken(7, f"its side file of ids (ids/{path.stem[:16]}...) was changed")
    path.unlink()
    assert log.verify() == audit.Broken(7, f"its side file of ids (ids/{path.stem[:16]}...) is missing")


def test_entries_from_before_operations_and_ids_verify_still(tmp_path: Path) -> None:
    log = audit.Audit(tmp_path / "log")
    log.folder.mkdir()
    old = {"n": 1, "at": "2026-01-01T00:00:00+00:00", "action": "collection", "who": "nightjar", "account": "x"}
    old |= {"on_what": "y", "to_whom": None, "why": None, "counts": {}, "previous": audit.GENESIS}
    _with_its_head(log, [entries.line_of(old)[0]])
    log.append("consultation", "a", "queue", operation="queue_viewed", ids=["x"])
    assert log.verify() is None


def test_the_newest_entry_of_an_operation_is_found_from_the_end(log: audit.Audit) -> None:
    assert log.last("queue_viewed") is None
    for n in (1, 2):
        log.append("consultation", "a", f"queue {n}", operation="queue_viewed")
    for _ in range(40):  # more than one block of the log after it
        log.append("consultation", "a", "x" * 2000)
    newest = log.last("queue_viewed")
    assert newest is not None
    assert newest["on_what"] == "queue 2"


def test_what_cannot_be_written_raises(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a file where the folder should be")
    with pytest.raises(audit.AuditError, match="cannot be written"):
        audit.Audit(tmp_path / "log").append("consultation", "a", "queue")


def test_a_link_in_the_place_of_the_log_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "target").touch()
    (tmp_path / "log" / "processing.jsonl").symlink_to(tmp_path / "target")
    with pytest.raises(audit.AuditError):
        audit.Audit(tmp_path / "log").append("consultation", "a", "queue")
    assert (tmp_path / "target").read_bytes() == b""


APPEND = """
import sys
from pathlib import Path
from jobs.runtime import audit
from jobs.runtime.audit import entries, id_files
log = audit.Audit(Path(sys.argv[1]))
for n in range(int(sys.argv[2])):
    log.append("combination", f"process {sys.argv[3]}", f"join {n}", counts={"rows": n})
"""


def _process(folder: Path, n: int, name: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", APPEND, str(folder), str(n), name], env=environment)


@pytest.mark.slow
def test_two_processes_do_not_interleave(tmp_path: Path) -> None:
    writers = [_process(tmp_path / "log", 50, name) for name in ("a", "b")]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    log = audit.Audit(tmp_path / "log")
    assert log.verify() is None
    entries = list(log.entries())
    assert len(entries) == 100
    for name in ("a", "b"):
        assert [e["counts"]["rows"] for e in entries if e["who"] == f"process {name}"] == list(range(50))


@pytest.mark.slow
def test_a_killed_writer_leaves_a_log_that_verifies_and_goes_on(tmp_path: Path) -> None:
    log = audit.Audit(tmp_path / "log")
    for n in range(3):
        log.append("collection", "night", f"start {n}")
        writer = _process(log.folder, 100_000, "killed")
        size = log.path.stat().st_size
        while log.path.stat().st_size < size + 3000 * (n + 1):  # some entries written: it is in the middle of its work
            assert writer.poll() is None
        writer.send_signal(signal.SIGKILL)
        writer.wait(10)
        assert log.verify() is None
    log.append("collection", "night", "end")
    assert log.verify() is None


@pytest.mark.parametrize("written", [0, 40, None])
def test_an_append_killed_between_its_writes_is_repaired(log: audit.Audit, written: int | None) -> None:
    """The three states a kill can leave: intent only, half a line, the whole line without the final head."""
    head, _ = log._heads()
    entry = {**list(log.entries())[-1], "n": 7, "previous": head.hash}
    line, digest = entries.line_of(entry)
    log._write_head(head, audit.Head(7, head.n_bytes + len(line), digest))
    with open(log.path, "ab") as file:
        file.write(line[:written])
    assert log.verify() is None
    log.append("consultation", "a", "after")
    assert log.verify() is None
    assert [e["n"] for e in log.entries()] == list(range(1, 9 if written is None else 8))
