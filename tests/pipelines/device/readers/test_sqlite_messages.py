"""WhatsApp's databases, read from a copy and never touched."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import sqlite3
import stat
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.device.readers import sqlite_messages
from pipelines.device.readers.sqlite_cells import cells
from pipelines.device.records import Attachment, Call, Message, Refused, Source
from tests.pipelines.device.readers.reading import facts, n_replaced, of, records, stopped
from tests.support import device_exports as exports
from tests.support.device_exports import CONVERSATION, OTHER, OWNER, SOURCE

READER = sqlite_messages.SqliteMessages()


@pytest.fixture
def android(tmp_path: Path) -> Path:
    return exports.msgstore(tmp_path / "msgstore.db")


@pytest.fixture
def ios(tmp_path: Path) -> Path:
    return exports.chat_storage(tmp_path / "ChatStorage.sqlite")


def told(path: Path, source: Source = SOURCE) -> list[Message]:
    return of(Message, records(READER, path.read_bytes(), source))


def test_databases_are_known_by_their_names(android: Path) -> None:
    head = android.read_bytes()[:4096]
    assert READER.takes("Databases/msgstore.db", head)
    assert READER.takes("msgstore-2025-06-28.1.db", head)
    assert READER.takes("a\\ChatStorage.sqlite", head)
    assert not READER.takes("wa.db", head)
    assert not READER.takes("msgstore.db", b"x" * 4096)


def test_the_conversation_is_told_whole(android: Path, ios: Path) -> None:
    for path in (android, ios):
        found = told(path)
        assert [facts(one) for one in found] == [line.facts for line in CONVERSATION]
        assert {one.chat_id for one in found} == {OTHER}
        assert {one.members for one in found} == {(OTHER, OWNER)}
        assert [one.is_deleted for one in found] == [line.is_deleted for line in CONVERSATION]
    found = told(android)
    hash_ = hashlib.sha256(b"not a picture").hexdigest()
    assert found[4].attachments == (Attachment("IMG-20250628-WA0001.jpg", "image/jpeg", hash_),)
    assert [one.quoted_text for one in found] == [line.quoted for line in CONVERSATION]
    assert [one.is_edited for one in found] == [line.is_edited for line in CONVERSATION]
    assert [one.is_forwarded for one in found] == [line.is_forwarded for line in CONVERSATION]
    assert told(ios)[4].attachments == (Attachment("IMG-20250628-WA0001.jpg", "image/jpeg", None),)


def test_calls_are_told(android: Path) -> None:
    (call,) = of(Call, records(READER, android.read_bytes()))
    assert (call.party, call.direction, call.kind, call.status, call.duration_s) == (
        OTHER,
        "IN",
        "VIDEO",
        "ANSWERED",
        95,
    )
    assert call.started_at == datetime(2025, 6, 28, 23, 20, tzinfo=UTC)


def test_a_place_reads_back_the_rows_text(android: Path, ios: Path) -> None:
    for path in (android, ios):
        content = path.read_bytes()
        found = records(READER, content)
        for one in of(Message, found):
            assert (one.text or "").encode() in content[slice(*one.place)]
        assert len({one.place for one in found}) == len(found)


def snapshot(folder: Path) -> dict[str, tuple[str, int, int]]:
    return {
        path.name: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns, path.stat().st_mode)
        for path in folder.iterdir()
    }


def with_log(path: Path) -> None:
    """Leaves the last message in a write-ahead log alone, as a telephone that was switched off does."""
    base = sqlite3.connect(path)
    base.execute("PRAGMA journal_mode = WAL")
    base.execute("PRAGMA wal_autocheckpoint = 0")
    base.execute("INSERT INTO message VALUES (99, 3, 0, 'K', 0, 0, 1751151000000, 0, 0, 'only in the log', 0, 99)")
    base.commit()
    kept = {suffix: path.with_name(path.name + suffix).read_bytes() for suffix in ("-wal",)}
    main = path.read_bytes()
    base.close()
    path.with_name(path.name + "-shm").unlink(missing_ok=True)
    path.write_bytes(main)
    for suffix, content in kept.items():
        path.with_name(path.name + suffix).write_bytes(content)


def test_evidence_is_not_touched_and_its_log_is_read(android: Path) -> None:
    with_log(android)
    for path in android.parent.iterdir():
        path.chmod(0o400)
    before = snapshot(android.parent)
    assert set(before) == {"msgstore.db", "msgstore.db-wal"}

    def beside(suffix: str) -> io.BufferedReader | None:
        path = android.with_name(android.name + suffix)
        return path.open("rb") if path.exists() else None

    source = Source("msgstore.db", SOURCE.owner_identifiers, beside=beside)
    with android.open("rb") as content:
        found = of(Message, READER.read(content, source))
    assert found[-1].text == "only in the log"
    assert len(found) == len(CONVERSATION) + 1
    assert snapshot(android.parent) == before
    assert "only in the log" not in [one.text for one in told(android)]  # without its log


def test_the_copy_is_private_and_goes(android: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    reading = READER.read(io.BytesIO(android.read_bytes()), SOURCE)
    next(reading)
    (folder,) = temporary.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    reading.close()
    assert not list(temporary.iterdir())


def change(path: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as base:
        for statement in statements:
            base.execute(statement)
        base.commit()


def test_a_schema_without_its_later_tables_is_read(android: Path) -> None:
    tables = ("message_quoted", "message_forwarded", "message_edit_info", "message_revoked", "group_participant_user")
    change(android, *(f"DROP TABLE {table}" for table in tables), "ALTER TABLE message_media DROP COLUMN media_name")
    assert [facts(one) for one in told(android)] == [line.facts for line in CONVERSATION]


def test_groups_and_hidden_ids(android: Path) -> None:
    change(
        android,
        "CREATE TABLE jid_map (lid_row_id INTEGER, jid_row_id INTEGER)",
        "INSERT INTO jid VALUES (8, '1203', 'g.us', '1203@g.us'), (9, '77', 'lid', '77@lid')",
        "INSERT INTO jid VALUES (10, '78', 'lid', '78@lid')",
        "INSERT INTO jid_map VALUES (9, 7)",
        "INSERT INTO chat VALUES (4, 8, 'Trip')",
        "INSERT INTO group_participant_user VALUES (1, 8, 7), (2, 8, 10)",
        "INSERT INTO message VALUES (50, 4, 0, 'K', 9, 0, 1751151000000, 0, 0, 'mapped', 0, 50)",
        "INSERT INTO message VALUES (51, 4, 0, 'K', 10, 0, 1751151000000, 0, 0, 'hidden', 0, 51)",
        "INSERT INTO message VALUES (52, 4, 0, 'K', 0, 0, 1751151000000, 0, 7, NULL, 0, 52)",
    )
    mapped, hidden, system = told(android)[-3:]
    assert (mapped.chat_id, mapped.chat_name, mapped.members) == ("1203@g.us", "Trip", (OTHER, "78@lid"))
    assert (mapped.sender, hidden.sender) == (OTHER, "78@lid")
    assert (system.direction, system.sender) == ("SYSTEM", None)


def test_a_row_too_large_is_refused_and_the_next_is_read(android: Path) -> None:
    change(
        android,
        "UPDATE message SET text_data = CAST(zeroblob(17 << 20) AS TEXT) WHERE _id = 4",
        "UPDATE message SET timestamp = 9e18 WHERE _id = 6",
    )
    found = records(READER, android.read_bytes())
    refused = of(Refused, found)
    assert of(Message, found)[1].text == CONVERSATION[1].text  # the row before it
    assert [one.why for one in refused] == [sqlite_messages.TOO_LARGE, "a row that cannot be read"]
    assert len(of(Message, found)) == len(CONVERSATION) - 2
    assert refused[0].place != refused[1].place
    assert stopped(found) is None


def test_rows_in_overflowing_and_many_pages_have_places(android: Path) -> None:
    statement = "INSERT INTO message VALUES (?, 3, 0, 'K', 0, 0, 1751151000000, 0, 0, ?, 0, 1)"
    with contextlib.closing(sqlite3.connect(android)) as base:
        texts = [(n, f"{n:05d}" + "x" * (n % 13 * 700)) for n in range(100, 3000)]
        base.executemany(statement, texts)
        base.commit()
    content = android.read_bytes()
    found = told(android)[-len(texts) :]
    assert len(found) == len(texts)
    for one, (_, text) in zip(found, texts, strict=True):
        assert text[:5].encode() in content[slice(*one.place)]
    assert len({one.place for one in found}) == len(found)


def test_cells_agree_with_the_rows_whatever_their_size(tmp_path: Path) -> None:
    """Every payload size around the limits of the format; SQLite itself is the witness."""
    for page_size in (512, 4096, 65536):
        path = tmp_path / f"{page_size}.db"
        with contextlib.closing(sqlite3.connect(path)) as base:
            base.execute(f"PRAGMA page_size = {page_size}")
            base.execute("CREATE TABLE t (_id INTEGER PRIMARY KEY, b BLOB)")
            rows = [(n * 7 - 2000, bytes([n % 251]) * n) for n in range(0, 1500, 3)]
            base.executemany("INSERT INTO t VALUES (?, ?)", rows)
            base.commit()
            (root,) = base.execute("SELECT rootpage FROM sqlite_master WHERE name = 't'").fetchone()
        content = path.read_bytes()
        found = list(cells(io.BytesIO(content), root))
        assert [cell.rowid for cell in found] == [rowid for rowid, _ in rows]
        for cell, (_, blob) in zip(found, rows, strict=True):
            local = content[cell.byte_from : cell.byte_to]
            assert blob[:30] in local
            assert len(local) <= page_size
            if len(blob) < page_size - 60 - 35:
                assert local.endswith(blob)


def test_control_bytes_and_bad_utf_8_cost_one_character(android: Path) -> None:
    change(android, "UPDATE message SET text_data = CAST(x'61000b62ff63' AS TEXT) WHERE _id = 2")
    found = records(READER, android.read_bytes())
    assert of(Message, found)[0].text == "a\ufffd\ufffdb\ufffdc"
    assert n_replaced(found) == 3


def test_what_is_no_database_of_whatsapp_is_named(tmp_path: Path) -> None:
    path = tmp_path / "msgstore.db"
    change(path, "CREATE TABLE message (_id INTEGER PRIMARY KEY)")
    (end,) = records(READER, path.read_bytes())
    assert stopped([end]) is not None
    assert end.reason == "UNREADABLE"
    (end,) = records(READER, os.urandom(8192))
    assert stopped([end]) is not None
    assert end.reason == "PASSWORD"


def test_a_view_in_place_of_a_table_is_not_run(android: Path) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS _id FROM n"
    change(android, "DROP TABLE message", f"CREATE VIEW message AS {endless}")
    (end,) = records(READER, android.read_bytes())
    assert stopped([end]) is not None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.data())
def test_cut_and_damaged_databases_end_by_themselves(android: Path, data: st.DataObject) -> None:
    whole = android.read_bytes()
    cut = data.draw(st.integers(100, len(whole) - 1))
    found = records(READER, whole[:cut])
    all_of_it = of(Message, records(READER, whole))
    told_before = of(Message, found)
    assert told_before == all_of_it[: len(told_before)]
    assert stopped(found) is not None or len(told_before) == len(all_of_it)
    damaged = bytearray(whole)
    damaged[data.draw(st.integers(100, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    records(READER, bytes(damaged))
