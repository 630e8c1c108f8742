"""The index follows the record, belongs to it, and is never worth more than being built anew."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest
from tests.store.recording import Recording, closed, opened, summary

from wireglass.model import RESPONSE, Part
from wireglass.query import And, Holds, Is, Node, Not, Term
from wireglass.store import Indexer, Reader
from wireglass.store.search import answers, indexer, walk
from wireglass.store.search.index import DAMAGED, NAME


def text(word: str) -> Node:
    return Term("text", Holds(word))


def fill(recording: Recording, first: int, last: int) -> None:
    recording.send(
        *(
            closed(recording.key(number), b"", b"the answer is number%d." % number, type="text/plain")
            for number in range(first, last + 1)
        ),
        sessions=(1,),
    )


@pytest.fixture
def filled(recording: Recording) -> Iterator[Recording]:
    recording.store.start_session("one", "proxy")
    fill(recording, 1, 20)
    yield recording
    if (recording.folder / NAME).exists():
        db = apsw.Connection(str(recording.folder / NAME))
        assert db.pragma("integrity_check") == "ok"
        db.close()


def catch_up(folder: Path) -> int:
    running = Indexer(folder)
    try:
        return running.catch_up(60).changes
    finally:
        running.close()


def in_index(folder: Path) -> list[int]:
    db = apsw.Connection(str(folder / NAME), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return [id for (id,) in db.execute("SELECT id FROM documents_docsize ORDER BY id")]
    finally:
        db.close()


def of(reader: Reader, node: Node) -> list[int]:
    return [one.id for one in reader.find(node, 100, oldest_first=True).items]


def test_without_an_index_everything_is_looked_at(filled: Recording) -> None:
    with Reader(filled.folder) as reader:
        page = reader.find(text("number7."), 10)
        assert [one.id for one in page.items] == [7]
        assert page.scanned_all
        assert not page.lag.ready
        assert page.lag.changes == reader.newest_seq()


def test_the_index_is_used(filled: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    assert catch_up(filled.folder) == 0
    monkeypatch.setattr(walk.Walk, "scan", lambda *_: pytest.fail("looked at everything"))
    with Reader(filled.folder) as reader:
        assert of(reader, text("number17.")) == [17]
        assert reader.search_lag() == answers.Lag(True, 0)


def test_a_reader_notices_an_index_that_comes_and_goes(filled: Recording) -> None:
    with Reader(filled.folder) as reader:
        assert not reader.search_lag().ready
        catch_up(filled.folder)
        assert reader.search_lag().ready
        (filled.folder / NAME).unlink()
        assert not reader.search_lag().ready
        assert of(reader, text("number3.")) == [3]


def test_what_is_open_is_found_and_indexed_at_its_end(filled: Recording) -> None:
    key = filled.key(21)
    filled.send(opened(key), Part(key, RESPONSE, b"a growing thing"), sessions=(1,))
    assert catch_up(filled.folder) == 0
    assert 21 not in in_index(filled.folder)
    with Reader(filled.folder) as reader:
        assert of(reader, Term("path", Is("/21"))) == [21]
        filled.send(closed(key, b"", b" that has ended", before=(0, 15), type="text/plain"))
        assert of(reader, text("thing that has")) == [21]
        assert catch_up(filled.folder) == 0
        assert of(reader, text("thing that has")) == [21]
    assert 21 in in_index(filled.folder)


def test_deleted_exchanges_leave_it(filled: Recording) -> None:
    catch_up(filled.folder)
    filled.store.delete([3, 4, 20])
    with Reader(filled.folder) as reader:
        assert of(reader, text("number3.")) == []
        catch_up(filled.folder)
        assert of(reader, text("number")) == [id for id in range(1, 20) if id not in (3, 4)]
    assert in_index(filled.folder) == [id for id in range(1, 20) if id not in (3, 4)]


def test_deletions_that_the_record_has_forgotten(filled: Recording) -> None:
    catch_up(filled.folder)
    filled.store.delete([5, 6])
    newest = filled.sql("SELECT max(seq) FROM gone")[0][0]
    filled.sql("DELETE FROM gone")
    filled.sql("UPDATE counters SET value = ? WHERE name = 'gone'", newest)
    fill(filled, 21, 22)
    catch_up(filled.folder)
    assert in_index(filled.folder) == [id for id in range(1, 23) if id not in (5, 6)]


def test_a_mark_does_not_index_anew(filled: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    catch_up(filled.folder)
    filled.store.mark([2], color="red", star=None, note=None)
    monkeypatch.setattr(indexer, "document", lambda *_: pytest.fail("indexed again"))
    assert catch_up(filled.folder) == 0
    with Reader(filled.folder) as reader:
        assert of(reader, And((Term("is", Is("marked")), text("number")))) == [2]


@pytest.mark.parametrize("damage", ["cut", "overwritten", "nonsense", "version", "other tables"])
def test_damage_is_mended(filled: Recording, damage: str) -> None:
    """Searches find everything meanwhile."""
    catch_up(filled.folder)
    path = filled.folder / NAME
    data = path.read_bytes()
    if damage == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif damage == "overwritten":
        path.write_bytes(data[:16384] + os.urandom(len(data) - 16384))
    elif damage == "nonsense":
        path.write_bytes(b"nonsense" * 1000)
    else:
        db = apsw.Connection(str(path))
        db.execute("PRAGMA user_version = 99" if damage == "version" else "DROP TABLE state")
        db.close()
    with Reader(filled.folder) as reader:
        assert of(reader, text("number11.")) == [11]
        assert of(reader, Not(text("number11."))) == [id for id in range(1, 21) if id != 11]
    assert catch_up(filled.folder) == 0
    assert in_index(filled.folder) == list(range(1, 21))
    assert not (filled.folder / DAMAGED).exists()
    with Reader(filled.folder) as reader:
        assert reader.search_lag() == answers.Lag(True, 0)
        assert of(reader, text("number11.")) == [11]


def test_damage_that_a_running_indexer_is_told_of(filled: Recording) -> None:
    running = Indexer(filled.folder)
    try:
        running.catch_up(60)
        (filled.folder / DAMAGED).touch()
        assert running.catch_up(60).changes == 0
        assert not (filled.folder / DAMAGED).exists()
        assert in_index(filled.folder) == list(range(1, 21))
    finally:
        running.close()


def test_the_index_of_another_record_is_not_taken(filled: Recording, tmp_path: Path) -> None:
    catch_up(filled.folder)
    other = Recording(tmp_path / "other")
    try:
        other.send(*(closed(other.key(number), url=f"http://other.test/{number}") for number in range(1, 31)))
        (other.folder / NAME).write_bytes((filled.folder / NAME).read_bytes())
        assert catch_up(other.folder) == 0
        with Reader(other.folder) as reader:
            assert of(reader, text("number11.")) == []
            assert of(reader, Term("path", Is("/11"))) == [11]
    finally:
        other.store.close()


def test_killed_at_random_moments(recording: Recording) -> None:
    """Nothing is missing, nothing is there twice; whoever comes next goes on."""
    recording.store.start_session("one", "proxy")
    fill(recording, 1, 400)
    choose = random.Random(os.environ.get("WIREGLASS_TEST_SEED", "1"))
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{root / 'src'}"}
    program = [sys.executable, "-m", "tests.store.search.indexing", str(recording.folder)]
    left = [400]
    for _ in range(5):
        with subprocess.Popen(program, stdout=subprocess.PIPE, text=True, env=environment) as running:
            assert running.stdout is not None
            for _ in range(choose.randint(1, 12)):
                running.stdout.readline()
            running.kill()
        done = in_index(recording.folder)
        assert done == list(range(1, len(done) + 1))
        assert 400 - len(done) <= left[-1]
        left.append(400 - len(done))
        with Reader(recording.folder) as reader:
            assert of(reader, text("number399.")) == [399]
            assert of(reader, text("number1.")) == [1]
    assert left[-1] < 400
    assert catch_up(recording.folder) == 0
    assert in_index(recording.folder) == list(range(1, 401))


def test_days_of_what_it_holds(filled: Recording) -> None:
    filled.send(closed(filled.key(30), started=summary(1).started - 30 * 86_400))
    catch_up(filled.folder)
    day = int(summary(1).started // 86_400)
    db = apsw.Connection(str(filled.folder / NAME))
    assert list(db.execute("SELECT first_day, last_day FROM state")) == [(day - 30, day)]
    db.close()
