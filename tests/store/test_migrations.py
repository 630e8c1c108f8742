from __future__ import annotations

import hashlib
from pathlib import Path

import apsw
import pytest
from tests.store.accounting import check

from wireglass.errors import StoreError
from wireglass.model import Summary
from wireglass.store import Reader, database, open_store
from wireglass.store.migrations import STEPS, migrate, version

LATER = (*STEPS, "CREATE TABLE later (id INTEGER PRIMARY KEY)", "ALTER TABLE later ADD COLUMN name TEXT")


@pytest.mark.parametrize("start", range(len(LATER) + 1))
def test_from_every_version_to_the_newest(tmp_path: Path, start: int) -> None:
    """The result has the same tables, wherever it began."""
    fresh, old = apsw.Connection(":memory:"), apsw.Connection(":memory:")
    migrate(fresh, LATER)
    migrate(old, LATER[:start])
    assert version(old) == start
    migrate(old, LATER)
    schema = "SELECT name, sql FROM sqlite_schema ORDER BY name"
    assert list(old.execute(schema)) == list(fresh.execute(schema))
    assert version(old) == len(LATER)


@pytest.mark.parametrize("start", [1, 2, 3])
def test_what_older_stores_hold_is_counted(tmp_path: Path, start: int) -> None:
    """As the writer would have counted it, bodies that several exchanges share among it."""
    db = apsw.Connection(str(tmp_path / "wireglass.db"))
    db.pragma("auto_vacuum", "INCREMENTAL")
    migrate(db, STEPS[:start])
    db.execute("INSERT INTO sessions VALUES (4, 'a', 'proxy', 10.0, 25.0), (7, 'b', 'proxy', 30.0, NULL)")
    rows = [
        (1, "GET", "a.test", 200, "text/html", 0, 5, "done", None),
        (2, "POST", "a.test", 404, "", 3, 5, "done", None),
        (3, "POST", "b.test", None, "", 3, 0, "failed", None),
        (4, "GET", "b.test", None, "", 0, 0, "open", 99),
    ]
    for id, method, host, status, type, request, response, state, key in rows:
        db.execute(
            "INSERT INTO exchanges (id, seq, key, method, url, host, started, protocol, source, client, status, type,"
            " request_size, response_size, state) VALUES (?1, ?1, ?2, ?3, 'u', ?4, 1, 'http/1.1', 'proxy', '', ?5, ?6,"
            " ?7, ?8, ?9)",
            (id, key, method, host, status, type, request, response, state),
        )
        bodies = (1 if request else None, 2 if response else None)
        db.execute(
            "INSERT INTO details (exchange_id, data, request_body, response_body) VALUES (?, x'80', ?, ?)",
            (id, *bodies),
        )
        db.execute("INSERT INTO memberships VALUES (4, ?)", (id,))
    db.execute("INSERT INTO memberships VALUES (7, 1)")
    for id, size, data in ((1, 3, b"req"), (2, 70_000, None)):
        hash = hashlib.sha256(b"%d" % id).digest()
        db.execute("INSERT INTO bodies VALUES (?, ?, ?, ?)", (id, hash, size, data))
        db.execute("INSERT INTO fresh_hashes VALUES (?, ?)", (id, hash))
    file = tmp_path / "bodies" / hash.hex()[:2] / hash.hex()
    file.parent.mkdir(parents=True)
    file.write_bytes(bytes(70_000))
    db.execute("UPDATE counters SET value = 4 WHERE name IN ('exchange', 'seq', 'body')")
    db.close()
    store = open_store(tmp_path, lambda message: None)
    try:
        check(tmp_path)
        with Reader(tmp_path) as reader:
            first, second = reader.sessions()
            assert (first.state, first.duration, first.ended) == ("ended", 15.0, 25.0)
            assert (first.exchanges, first.failed, first.open) == (3, 1, 1)
            assert (second.state, second.duration, second.exchanges) == ("ended", 0.0, 1)
            assert [row.mode for row in reader.page(9)] == ["", "raw", "raw", ""]
        assert store.start_session("c", "proxy").id == 8
        store.fail_open("restarted", "Wireglass was started again")
        check(tmp_path)
        store.delete([1, 2])
        check(tmp_path)
        assert not file.exists()
    finally:
        store.close()


def test_a_step_that_fails_leaves_the_version_before(tmp_path: Path) -> None:
    db = apsw.Connection(":memory:")
    with pytest.raises(apsw.SQLError):
        migrate(db, (*STEPS, "CREATE TABLE half (id); CREATE TABLE half (id)"))
    assert version(db) == len(STEPS)
    assert not list(db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'half'"))


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    """By the writer and by readers, and left as it is."""
    open_store(tmp_path, lambda message: None).close()
    db = apsw.Connection(str(tmp_path / "wireglass.db"))
    db.pragma("user_version", 99)
    db.close()
    with pytest.raises(StoreError, match="newer Wireglass"):
        open_store(tmp_path, lambda message: None)
    with pytest.raises(StoreError, match="newer Wireglass"):
        Reader(tmp_path)


def test_an_older_database_is_for_the_writer_to_bring_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_store(tmp_path, lambda message: None).close()
    monkeypatch.setattr(database, "STEPS", LATER)
    with pytest.raises(StoreError, match="older Wireglass"):
        Reader(tmp_path)


def test_a_database_without_any_step_has_nothing_recorded(tmp_path: Path) -> None:
    """Its writer found no room for the first one, or is just about to make it."""
    (tmp_path / "wireglass.db").touch()
    with pytest.raises(StoreError, match="nothing has been recorded yet"):
        Reader(tmp_path)


def test_the_file_is_as_it_was_meant(tmp_path: Path) -> None:
    """What cannot be changed later without rewriting the whole file."""
    open_store(tmp_path, lambda message: None).close()
    db = apsw.Connection(str(tmp_path / "wireglass.db"))
    incremental = 2
    assert (db.pragma("auto_vacuum"), db.pragma("journal_mode")) == (incremental, "wal")
    db.close()


def test_every_field_of_a_summary_has_its_column() -> None:
    db = apsw.Connection(":memory:")
    migrate(db)
    columns = {name for _, name, *_ in db.execute("PRAGMA table_info(exchanges)")}
    marks = {name for _, name, *_ in db.execute("PRAGMA table_info(marks)")} - {"exchange_id"}
    assert columns | marks == set(Summary.__struct_fields__) - {"sessions"} | {"key"}
    assert not columns & marks
