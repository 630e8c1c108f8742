from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest
from tests.store.accounting import check
from tests.store.recording import Recording, closed, opened

from wireglass.errors import UsageError
from wireglass.model import RESPONSE, Batch, Part, Retention
from wireglass.store import Reader, deletion


def fill(recording: Recording, many: int, size: int, session: int = 0) -> None:
    """Exchanges, each with a response body of its own."""
    choose = random.Random(1)
    first = recording.last + 1
    keys = [recording.key(number) for number in range(first, first + many)]
    messages = [closed(key, b"", choose.randbytes(size), started=float(number)) for number, key in enumerate(keys)]
    recording.send(*messages, sessions=(session,) if session else ())
    recording.last += many


def database(recording: Recording) -> int:
    return (recording.folder / "wireglass.db").stat().st_size


def test_space_is_given_back_to_the_disk(recording: Recording) -> None:
    fill(recording, 400, 20_000)
    fill(recording, 20, 100_000)
    recording.reopen()
    full = database(recording)
    recording.store.delete(list(range(11, 421)))
    recording.store.compact()
    assert recording.sql("PRAGMA freelist_count") == [(0,)]
    assert database(recording) < full / 5
    assert sum(path.stat().st_size for path in (recording.folder / "bodies").glob("*/*")) == 0
    with Reader(recording.folder) as reader:
        assert [len(b"".join(reader.body(id, "response"))) for id in range(1, 11)] == [20_000] * 10
    check(recording.folder)
    assert recording.sql("PRAGMA integrity_check") == [("ok",)]


def test_a_reader_in_the_way_is_waited_for_by_nobody(recording: Recording) -> None:
    """The file gets shorter at the next occasion."""
    fill(recording, 100, 20_000)
    recording.reopen()
    full = database(recording)
    with Reader(recording.folder) as reader:
        pieces = reader._db.execute("SELECT id FROM exchanges")
        next(pieces)
        recording.store.prune(Retention(count=0))
        assert database(recording) >= full
        pieces.close()
    recording.store.close()
    assert database(recording) < full / 5
    recording.reopen()


def test_an_open_exchange_stays(recording: Recording) -> None:
    fill(recording, 2, 10)
    recording.send(opened(recording.key(77)))
    with pytest.raises(UsageError, match=r"exchange 3 is still open\."):
        recording.store.delete([1, 3])
    with Reader(recording.folder) as reader:
        assert [row.id for row in reader.page(9)] == [1, 2, 3]
    assert recording.store.delete([1, 2]) == 2


@pytest.mark.parametrize("again", [False, True], ids=["", "after a restart"])
def test_an_open_exchange_that_was_cleared_goes_at_its_end(recording: Recording, again: bool) -> None:
    """It is out of the session at once. One that another session holds stays in that."""
    store = recording.store
    cleared, other = (store.start_session(name, "proxy").id for name in ("a", "b"))
    one, two = recording.key(101), recording.key(102)
    recording.send(closed(recording.key(100)), opened(one), sessions=(cleared,))
    recording.send(opened(two), sessions=(cleared, other))
    assert store.clear_session(cleared) == 3
    if again:
        recording.reopen()
        store = recording.store
    recording.send(Part(one, RESPONSE, b"x" * 70_000), sessions=(cleared,))
    with Reader(recording.folder) as reader:
        assert [(row.id, row.state, row.sessions) for row in reader.page(9)] == [(2, "open", ()), (3, "open", ("b",))]
        assert reader.session(cleared).open == 0
        recording.send(closed(one, before=(0, 70_000)), closed(two), sessions=(cleared,))
        assert [(row.id, row.sessions) for row in reader.page(9)] == [(3, ("b",))]
        recording.send(closed(recording.key(103)), sessions=(cleared,))
        assert reader.session(cleared).exchanges == 1
        assert reader.session(other).exchanges == 1
    check(recording.folder)


def test_a_session_goes_with_what_it_alone_holds(recording: Recording) -> None:
    store = recording.store
    first, second = (store.start_session(name, "proxy").id for name in ("a", "b"))
    recording.send(closed(recording.key(1), b"mine"), opened(recording.key(2)), sessions=(first,))
    recording.send(closed(recording.key(3), b"ours"), sessions=(first, second))
    store.set_session_state(first, "ended")
    assert store.delete_session(first) == 3
    with Reader(recording.folder) as reader:
        seq = reader.newest_seq()
        assert [(row.id, row.sessions) for row in reader.page(9)] == [(2, ()), (3, ("b",))]
        assert [session.name for session in reader.sessions()] == ["b"]
    store.end_run(recording.run, "proxy_died", "the proxy process died")
    with Reader(recording.folder) as reader:
        assert [id for _, id in reader.gone_after(seq, 9)] == [2]
    check(recording.folder)


def test_deletions_are_remembered_for_a_time(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has not followed for longer than that is told so."""
    monkeypatch.setattr(deletion, "GONE_KEPT", 10)
    monkeypatch.setattr(deletion, "GONE_SLACK", 5)
    fill(recording, 40, 10)
    with Reader(recording.folder) as reader:
        assert reader.oldest_gone() == 0
        before = reader.newest_seq()
        for id in range(1, 11):
            recording.store.delete([id])
        assert [id for _, id in reader.gone_after(before, 99)] == list(range(1, 11))
        assert (reader.oldest_gone(), reader.gone_after(before, 1)) == (0, [(before + 1, 1)])
        recording.reopen()
        for id in range(11, 31):
            recording.store.delete([id])
        oldest = reader.oldest_gone()
        found = [id for _, id in reader.gone_after(oldest, 99)]
        assert found == list(range(31 - len(found), 31))
        assert 10 <= len(found) <= 15
        assert reader.gone_after(0, 99)[0][0] > oldest > before


def test_listeners_hear_of_each_change(recording: Recording) -> None:
    heard: list[int] = []

    def fail(seq: int) -> None:
        raise RuntimeError("a listener that fails")

    recording.store.on_commit(fail)
    recording.store.on_commit(heard.append)
    recording.send(closed(recording.key(1)), closed(recording.key(2)))
    recording.store.mark([1], star=True)
    recording.store.start_session("a", "proxy")
    recording.store.delete([2])
    with Reader(recording.folder) as reader:
        assert heard == [2, 3, 4]
        assert reader.newest_seq() == 4


def test_batches_are_written_between_the_steps_of_a_deletion(recording: Recording) -> None:
    fill(recording, 3000, 100)
    begun, done = threading.Event(), threading.Event()
    ledger = recording.store._ledger
    delete = ledger.deletion.delete

    def one(id: int) -> bool:
        begun.set()
        return delete(id)

    ledger.deletion.delete = one  # type: ignore[method-assign]
    thread = threading.Thread(target=recording.store.delete, args=(list(range(1, 3001)),))
    thread.start()
    assert begun.wait(30)
    batch = Batch(recording.run, recording.last + 1, [closed(recording.key(9999))])
    left: list[int] = []

    def committed() -> None:
        with Reader(recording.folder) as reader:
            left.append(len(reader.page(9999)))
        done.set()

    recording.store.submit(batch, (), committed)
    assert done.wait(30)
    thread.join()
    assert left[0] > 1
    with Reader(recording.folder) as reader:
        assert len(reader.page(9999)) == 1


def test_closing_ends_a_long_deletion_early(recording: Recording) -> None:
    """What is done is done, and the store is whole."""
    fill(recording, 3000, 100)
    begun = threading.Event()
    delete = recording.store._ledger.deletion.delete

    def one(id: int) -> bool:
        begun.set()
        return delete(id)

    recording.store._ledger.deletion.delete = one  # type: ignore[method-assign]
    went: list[int] = []
    thread = threading.Thread(target=lambda: went.append(recording.store.delete(list(range(1, 3001)))))
    thread.start()
    assert begun.wait(30)
    recording.store.close()
    thread.join(30)
    assert not thread.is_alive()
    check(recording.folder)
    with Reader(recording.folder) as reader:
        assert len(reader.page(9999)) == 3000 - went[0] > 0
    recording.reopen()


def test_the_file_of_a_deleted_body_that_stayed_goes_at_the_next_start(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a crash between the commit and the removal, unless the content has come again."""
    fill(recording, 2, 100_000)
    files = sorted((recording.folder / "bodies").glob("*/*"))
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path in files:
            raise PermissionError
        unlink(path, missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        recording.store.delete([1, 2])
        assert all(path.exists() for path in files)
        recording.send(closed(recording.key(500), b"", random.Random(1).randbytes(100_000)))
    recording.reopen()
    check(recording.folder)
    assert len(list((recording.folder / "bodies").glob("*/*"))) == 1
