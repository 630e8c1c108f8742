from __future__ import annotations

import time

import pytest
from tests.store.accounting import check
from tests.store.recording import Recording, closed, opened

from wireglass.model import Detail, Imported, Retention, SessionOptions, Summary
from wireglass.store import Reader, retention
from wireglass.store.retention import Oldest

HOUR = 3600.0


@pytest.fixture(params=[1, 3, 1000], autouse=True)
def window(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "WINDOW", request.param)


def left(recording: Recording) -> list[int]:
    with Reader(recording.folder) as reader:
        return [row.id for row in reader.page(999)]


def test_by_age(recording: Recording) -> None:
    """Of ended exchanges, wherever the old ones stand among the others. What was imported is as old as its import."""
    now = time.time()
    ages = [1.0, 5.0, 1.0, 9.0, 5.0, 1.0]
    for number, age in enumerate(ages):
        recording.send(closed(recording.key(number), started=now - age * HOUR))
    recording.send(opened(recording.key(99), started=now - 9 * HOUR))
    old = Summary("GET", "http://a.test/", "a.test", 1.0, state="done")
    recording.store.import_records("old", "import", [Imported(old, Detail())])
    assert recording.store.prune(Retention(age=2 * HOUR)) == 3
    assert left(recording) == [1, 3, 6, 7, 8]
    assert recording.store.prune(Retention(age=1e-9)) == 4
    assert left(recording) == [7]


def test_by_count(recording: Recording) -> None:
    """Open ones are neither counted nor deleted."""
    recording.send(opened(recording.key(99)), *[closed(recording.key(number)) for number in range(8)])
    assert recording.store.prune(Retention(count=9)) == 0
    assert recording.store.prune(Retention(count=3)) == 5
    assert left(recording) == [1, 7, 8, 9]
    assert recording.store.prune(Retention()) == 0


def test_by_size(recording: Recording) -> None:
    """Of the database and the files, as they are after it."""
    for number in range(40):
        recording.send(closed(recording.key(number), b"", b"%04d" % number * 10_000))
        recording.send(closed(recording.key(100 + number), b"", b"%05d" % number * 20_000))
    limit = 3_000_000
    recording.store.prune(Retention(size=limit))
    files = [*(recording.folder / "bodies").glob("*/*"), recording.folder / "wireglass.db"]
    assert sum(path.stat().st_size for path in files) <= limit
    ids = left(recording)
    assert ids == list(range(81 - len(ids), 81))
    assert len(ids) > 25
    assert recording.store.prune(Retention(size=1)) == len(ids)
    check(recording.folder)


def test_of_a_session(recording: Recording) -> None:
    """What another session holds goes out of this one alone. Sizes are those of the bodies as they passed."""
    store = recording.store
    mine, other = (store.start_session(name, "proxy").id for name in ("a", "b"))
    for number in range(6):
        sessions = (mine, other) if number % 2 else (mine,)
        recording.send(closed(recording.key(number), b"12345", b"12345"), sessions=sessions)
    assert store.prune(Retention(count=5), mine) == 1
    assert store.prune(Retention(size=35), mine) == 2
    assert left(recording) == [2, 4, 5, 6]
    with Reader(recording.folder) as reader:
        assert [row.sessions for row in reader.page(9)] == [("b",), ("a", "b"), ("a",), ("a", "b")]
    now = time.time()
    recording.send(closed(recording.key(9), started=now), sessions=(mine,))
    assert store.prune(Retention(age=HOUR), mine) == 3
    assert left(recording) == [2, 4, 6, 7]
    check(recording.folder)


def test_a_running_store_looks_after_itself(recording: Recording) -> None:
    """Each session by its own limits, and the whole by those of the settings."""
    store = recording.store
    short = store.start_session("a", "proxy", SessionOptions(retention=Retention(count=1))).id
    long = store.start_session("b", "proxy", SessionOptions(cookies=False)).id
    for number in range(4):
        recording.send(closed(recording.key(number)), sessions=(short,))
        recording.send(closed(recording.key(10 + number)), sessions=(long,))
    assert store.retain() == 3
    assert left(recording) == [2, 4, 6, 7, 8]
    assert store.retain(Retention(count=2)) == 3
    assert left(recording) == [7, 8]


def test_what_is_starred_goes_last(recording: Recording) -> None:
    """Not at all for its age; for a count or a size when nothing else is left."""
    now = time.time()
    for number in range(6):
        recording.send(closed(recording.key(number), b"", b"%d" % number * 1000, started=now - 9 * HOUR))
    store = recording.store
    store.mark([1, 3], star=True)
    store.mark([2], color="red")
    assert goes(recording, Retention(age=HOUR)) == 4
    assert left(recording) == [1, 3]
    for number in range(6, 9):
        recording.send(closed(recording.key(number), b"", b"%d" % number * 1000, started=now))
    assert goes(recording, Retention(age=HOUR, count=4)) == 1
    assert left(recording) == [1, 3, 8, 9]
    assert goes(recording, Retention(count=1)) == 3
    assert left(recording) == [3]
    assert goes(recording, Retention(size=1)) == 1
    check(recording.folder)


def goes(recording: Recording, limits: Retention) -> int:
    """Deletes, having said before how many that would be."""
    with Oldest(recording.folder, None) as oldest:
        expected, _ = oldest.excess(limits, time.time())
    gone = recording.store.prune(limits)
    assert gone == expected
    return gone


def test_a_running_store_looks_at_the_oldest_alone(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to a window without any that has to go; what is behind it goes when its turn comes."""
    monkeypatch.setattr(retention, "WINDOW", 2)
    now = time.time()
    for number, age in enumerate([9.0, 1.0, 9.0, 1.0, 1.0, 1.0, 9.0]):
        recording.send(closed(recording.key(number), started=now - age * HOUR))
    assert recording.store.retain(Retention(age=2 * HOUR)) == 2
    assert left(recording) == [2, 4, 5, 6, 7]
    assert recording.store.retain(Retention(age=HOUR / 2)) == 5
