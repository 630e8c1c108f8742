from __future__ import annotations

from pathlib import Path

import apsw
import pytest

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
    assert columns == set(Summary.__struct_fields__) - {"sessions"} | {"key"}
