"""Which files have arrived: late ones, half ones, and those that their checksum does not vouch for."""

from __future__ import annotations

import hashlib
import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from jobs.sources import arrivals, landing
from jobs.sources.arrivals import Arrivals, Door, Known
from schemas.layouts import layouts
from tests.support import nights

NOW = 1_900_000_000.0
CONTENT = nights.csv_bytes([nights.report()])
BEFORE = nights.NIGHT - timedelta(days=1)


def _door(folder: Path, quiet_s: int = 60) -> Door:
    return Door(folder, nights.NIGHT, NOW, quiet_s, layouts.load(), {})


def _drop(
    folder: Path, name: str, *, age_s: float = 3600, night: date = nights.NIGHT, content: bytes = CONTENT
) -> Path:
    path = nights.drop(folder, "norfolk", "reports", name, content, night)
    os.utime(path, (NOW - age_s, NOW - age_s))
    return path


def _told(arrived: Arrivals) -> tuple[dict[str, str | None], set[str]]:
    """Reasons of files to take in, and files that are left, by the last part of their names."""
    return (
        {file.file.rsplit("/", 1)[-1]: file.reason for file in arrived.files},
        {file.file.rsplit("/", 1)[-1] for file in arrived.waiting},
    )


def test_a_file_that_is_still_written_to_is_left_for_the_next_night(tmp_path: Path) -> None:
    _drop(tmp_path, "whole.csv", age_s=61)
    _drop(tmp_path, "half.csv", age_s=5)
    _drop(tmp_path, "clock_ahead.csv", age_s=-9_999)  # its sender's clock is; when it came, this machine knows
    arrived = _door(tmp_path).tonight()
    assert _told(arrived) == ({"whole.csv": None, "clock_ahead.csv": None}, {"half.csv"})
    assert arrived.waiting[0].why == "written to 5 s before the night began"
    assert _told(_door(tmp_path, quiet_s=0).tonight())[1] == set()


def test_an_end_marker_or_a_checksum_vouches_for_a_file_at_once(tmp_path: Path) -> None:
    digest = hashlib.sha256(CONTENT).hexdigest()
    names = ("marked.csv", "summed.csv", "sum_as_sha256sum_writes_it.csv")
    for name in names:
        _drop(tmp_path, name, age_s=0)
    _drop(tmp_path, "marked.csv.done", age_s=0, content=b"")
    _drop(tmp_path, "summed.csv.sha256", age_s=0, content=digest.upper().encode())
    _drop(tmp_path, f"{names[2]}.sha256", age_s=0, content=f"{digest}  summed.csv\n".encode())
    assert _told(_door(tmp_path).tonight()) == (dict.fromkeys(names), set())


@pytest.mark.parametrize(
    ("checksum", "why"),
    [
        (b"0" * 64, "SHA-256 is another than half.csv.sha256 says"),
        (b"", "half.csv.sha256 holds no SHA-256"),
        (b"0" * 63, "half.csv.sha256 holds no SHA-256"),
        (b"0" * 65, "half.csv.sha256 holds no SHA-256"),
    ],
)
def test_a_wrong_checksum_refuses_the_file(tmp_path: Path, checksum: bytes, why: str) -> None:
    _drop(tmp_path, "half.csv")
    _drop(tmp_path, "half.csv.sha256", content=checksum)
    (file,) = _door(tmp_path).tonight().files
    assert (file.reason, file.detail) == ("FILE_CHECKSUM", why)


def test_a_checksum_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    path = _drop(tmp_path / "landing", "a.csv")
    outside = tmp_path / "outside"
    outside.write_text(hashlib.sha256(CONTENT).hexdigest())
    path.with_name("a.csv.sha256").symlink_to(outside)
    (file,) = _door(tmp_path / "landing").tonight().files
    assert file.reason == "FILE_CHECKSUM"


def test_a_companion_without_its_file_is_said(tmp_path: Path) -> None:
    _drop(tmp_path, "never_came.csv.done", content=b"")
    arrived = _door(tmp_path).tonight()
    assert _told(arrived) == ({}, {"never_came.csv"})
    assert arrived.waiting[0].why == "announced by never_came.csv.done, and absent"


def test_late_files_are_those_of_earlier_drops_that_the_ledger_does_not_know(tmp_path: Path) -> None:
    name = f"norfolk/reports/{BEFORE}"
    for file in ("known.csv", "late.csv", "grown.csv", "layout_mended.csv", "still_wrong.csv", "damaged.csv"):
        _drop(tmp_path, file, night=BEFORE)
    _drop(tmp_path, "still_wrong.csv.sha256", night=BEFORE, content=b"0" * 64)
    _drop(tmp_path, "half.csv", night=BEFORE, age_s=1)
    _drop(tmp_path, "too_old.csv", night=BEFORE - timedelta(days=1))
    _drop(tmp_path, "tonights.csv")
    size = len(CONTENT)
    known = {
        f"{name}/known.csv": Known(size, None),
        f"{name}/grown.csv": Known(size - 1, None),
        f"{name}/layout_mended.csv": Known(size, "LAYOUT_REFUSED"),
        f"{name}/still_wrong.csv": Known(size, "FILE_CHECKSUM", hashlib.sha256(CONTENT).hexdigest()),
        f"{name}/damaged.csv": Known(size, "FILE_UNREADABLE"),  # read once, and no better for being read again
    }
    late = _door(tmp_path).late(BEFORE, known)
    assert _told(late) == ({"late.csv": None, "grown.csv": None, "layout_mended.csv": None}, {"half.csv"})
    assert {file.night for file in late.files} == {nights.NIGHT}  # rows of tonight
    assert _told(_door(tmp_path).late(nights.NIGHT, {})) == ({}, set())


def _changed_ns(path: Path) -> int:
    return os.stat(path).st_ctime_ns


def test_a_file_sent_again_is_known_by_its_content_whatever_its_size_and_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"norfolk/reports/{BEFORE}"
    paths = {file: _drop(tmp_path, file, night=BEFORE) for file in ("kept.csv", "touched.csv", "mended.csv", "old.csv")}
    digest = hashlib.sha256(CONTENT).hexdigest()
    known = {f"{name}/{file}": Known(len(CONTENT), None, digest, _changed_ns(path)) for file, path in paths.items()}
    known[f"{name}/old.csv"] = Known(len(CONTENT), None, digest)  # from before the ledger kept the time
    for file in ("touched.csv", "mended.csv"):
        before = os.stat(paths[file]).st_mtime_ns
        content = CONTENT.replace(b"school", b"SCHOOL") if file == "mended.csv" else CONTENT
        assert len(content) == len(CONTENT)
        paths[file].write_bytes(content)
        os.utime(paths[file], ns=(before, before))  # as a transfer does that keeps times
    hashed: list[str] = []
    real = landing._hash

    def counted(path: Path) -> tuple[str, int, int]:
        hashed.append(path.name)
        return real(path)

    monkeypatch.setattr(landing, "_hash", counted)
    late = _door(tmp_path).late(BEFORE, known)
    assert _told(late) == ({"mended.csv": None}, set())
    assert late.again == [f"{name}/mended.csv"]
    assert sorted(set(hashed)) == ["mended.csv", "old.csv", "touched.csv"]  # what nobody touched is not opened
    (file,) = late.files
    known[f"{name}/mended.csv"] = Known(file.n_bytes, None, file.file_hash, file.changed_ns)
    assert _told(_door(tmp_path).late(BEFORE, known)) == ({}, set())


def test_a_file_sent_again_that_is_still_refused_is_named_once(tmp_path: Path) -> None:
    name = f"norfolk/reports/{BEFORE}/a.csv"
    path = _drop(tmp_path, "a.csv", night=BEFORE)
    _drop(tmp_path, "a.csv.sha256", night=BEFORE, content=b"0" * 64)
    before = Known(len(CONTENT), "FILE_CHECKSUM", "f" * 64, _changed_ns(path))
    late = _door(tmp_path).late(BEFORE, {name: before})
    assert (_told(late)[0], late.again) == ({"a.csv": "FILE_CHECKSUM"}, [name])
    (file,) = late.files
    now = Known(file.n_bytes, file.reason, file.file_hash, file.changed_ns)
    assert _door(tmp_path).late(BEFORE, {name: now}).files == []


def test_folders_without_a_file_and_uploads_that_were_broken_off_are_named(tmp_path: Path) -> None:
    day = nights.NIGHT.isoformat()
    _drop(tmp_path, "a.csv")
    _drop(tmp_path, "b.csv.PART")
    (tmp_path / "kent" / "reports").mkdir(parents=True)
    (tmp_path / "norfolk" / "nominals" / day).mkdir(parents=True)
    nights.drop(tmp_path, "norfolk", "missing_episodes", "m.csv.part", b"a")
    (tmp_path / "suffolk" / "reports" / BEFORE.isoformat()).mkdir(parents=True)  # another night's
    door = _door(tmp_path)
    its_folder = "the folder of its drop is there and holds"
    assert [str(concern) for concern in door.bare()] == [
        "kent: its folder holds no drop of any night",
        f"norfolk/missing_episodes: {its_folder} an upload that is not finished, and no file",
        f"norfolk/nominals: {its_folder} no file",
    ]
    waiting = {each.file.rsplit("/", 1)[-1]: each.why for each in door.tonight().waiting}
    assert waiting == dict.fromkeys(("m.csv.part", "b.csv.PART"), "an upload that is not finished")


def test_what_is_no_file_is_known_by_its_name(tmp_path: Path) -> None:
    path = _drop(tmp_path, "a.csv", night=BEFORE)
    path.with_name("folder.csv").mkdir()
    link = path.with_name("link.csv")
    link.symlink_to(path)
    names = [f"norfolk/reports/{BEFORE}/{name}" for name in ("folder.csv", "link.csv")]
    known = {name: Known(None, "FILE_NOT_REGULAR") for name in names}
    assert _told(_door(tmp_path).late(BEFORE, known))[0] == {"a.csv": None}
    assert _told(_door(tmp_path).late(BEFORE, {}))[0].keys() == {"a.csv", "folder.csv", "link.csv"}
    assert arrivals.MENDABLE.isdisjoint({"FILE_NOT_REGULAR", "FILE_UNREADABLE"})  # else every night refuses them again
