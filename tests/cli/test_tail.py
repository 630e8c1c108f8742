"""``tail``: what changes from now on, through the store alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import chain
from typing import Any

import pytest
from tests.cli.recording import Recording, Run

from wireglass.app import home as homes
from wireglass.app.home import Home
from wireglass.cli import tail
from wireglass.errors import StoreError
from wireglass.model import Detail, State, Summary
from wireglass.query import parse
from wireglass.store import Reader


def _summary(**more: Any) -> Summary:
    return Summary(method="GET", url="http://example.com/", host="example.com", started=1.0, **more)


class _Stop(Exception):
    pass


def _steps(*steps: Callable[[], object]) -> Callable[[float], None]:
    """A pause in which the next thing happens; after the last one the test is over."""
    left = list(steps)

    def pause(_seconds: float) -> None:
        if not left:
            raise _Stop
        left.pop(0)()

    return pause


def test_every_change_after_now_is_seen_in_order(recording: Recording) -> None:
    recording.closed(_summary(status=200))
    keys: list[int] = []
    pause = _steps(
        lambda: keys.append(recording.opened(_summary())),
        lambda: recording.closed(_summary(status=201)),
        lambda: recording.closed(_summary(status=202), key=keys[0]),
    )
    changes = chain.from_iterable(tail.follow(Reader(recording.home.store), pause))
    seen = [next(changes) for _ in range(3)]
    assert [(one.id, one.state, one.status) for one in seen] == [(2, "open", None), (3, "done", 201), (2, "done", 202)]
    with pytest.raises(_Stop):
        next(changes)


def test_a_flood_is_read_in_pages_without_pause(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "_PAGE", 2)
    reader = Reader(recording.home.store)

    def flood() -> None:
        for _ in range(5):
            recording.closed(_summary(status=200))

    changes = chain.from_iterable(tail.follow(reader, _steps(flood)))
    assert [next(changes).id for _ in range(5)] == [1, 2, 3, 4, 5]


def test_people_see_an_exchange_as_open_once_and_only_if_it_runs_long() -> None:
    looks: list[list[tuple[int, State]]] = [
        [(1, "open"), (2, "open")],
        [(1, "done"), (3, "failed")],
        [],
        [(2, "open")],
        [(2, "done")],
    ]
    changes = ([_summary(id=id, state=state) for id, state in look] for look in looks)
    clock = iter([1.0, 1.0, 1.5, 2.5])  # asked for each open exchange not yet shown; all began at 1.0
    shown = [(one.id, one.state) for one in tail.for_people(changes, clock.__next__)]
    assert shown == [(1, "done"), (3, "failed"), (2, "open"), (2, "done")]


def test_people_see_what_matches_by_its_last_state() -> None:
    """What matched while it was open and does not at its end is not shown then, and not waited for any more."""
    looks: list[list[tuple[int, State]]] = [[(1, "open"), (2, "open")], [(1, "done"), (2, "done")], []]
    changes = ([_summary(id=id, state=state) for id, state in look] for look in looks)

    def judge(changes: list[Summary]) -> set[int]:
        return {change.id for change in changes if change.state == "open" or change.id == 2}

    shown = [(one.id, one.state) for one in tail.for_people(changes, lambda: 1.0, judge)]
    assert shown == [(2, "done")]


def test_people_are_not_shown_again_what_is_marked(recording: Recording) -> None:
    recording.closed(_summary(status=200))
    key = recording.opened(_summary())
    pause = _steps(
        lambda: recording.closed(_summary(status=201), key=key),
        lambda: recording.closed(_summary(status=202)),
        lambda: recording.store.mark([1, 2, 3], star=True),
        lambda: recording.closed(_summary(status=203)),
    )
    reader = Reader(recording.home.store)
    changes = chain.from_iterable(tail.newly_ended(reader, tail.follow(reader, pause)))
    assert [next(changes).status for _ in range(3)] == [201, 202, 203]
    with pytest.raises(_Stop):
        next(changes)


@pytest.mark.parametrize(
    ("query", "open_ones", "ended"),
    [
        ("", [1, 2], [1, 2]),
        ("method:GET", [1, 2], [1, 2]),
        ("method:PUT", [], []),
        ("path:/2", [2], [2]),
        ("status:404", [], [2]),
        ("-status:404", [], [1]),
        ("response_body:second", [], [2]),
        ("-body:second", [], [1]),
        ("response_header:x-id=1", [], [1]),
        ("is:open", [1, 2], []),
        ("session:test", [1, 2], [1, 2]),
        ("session:today", [1, 2], [1, 2]),
    ],
)
def test_what_a_summary_does_not_tell_waits_for_the_end(
    recording: Recording, query: str, open_ones: list[int], ended: list[int]
) -> None:
    """And is then asked of the store."""
    judge = tail.Judge(Reader(recording.home.store), parse(query, time.time()))
    reader = Reader(recording.home.store)

    def row(number: int, **more: Any) -> Summary:
        return Summary(method="GET", url=f"http://x/{number}", host="x", started=1.0, **more)

    keys = [recording.opened(row(1)), recording.opened(row(2))]
    assert sorted(judge(reader.changes(0, 10))) == open_ones
    for number, (key, status, body) in enumerate(zip(keys, (200, 404), (b"first", b"second"), strict=True), 1):
        detail = Detail(response_headers=[(b"X-Id", b"%d" % number), (b"Content-Type", b"text/plain")])
        recording.closed(row(number, status=status, type="text/plain"), detail, response=body, key=key)
    assert sorted(judge(reader.changes(0, 10))) == ended


def test_a_mistake_in_the_query_is_told_at_once(wireglass: Run) -> None:
    code, out, err = wireglass("tail", "status:(")
    assert (code, out) == (2, "")
    assert "Nothing is recording" not in err


def test_it_ends_when_the_reader_of_the_pipe_is_gone(recording: Recording) -> None:
    """Though nothing is recorded any more, so that nothing is written."""
    read, write = os.pipe()
    process = subprocess.Popen([sys.executable, "-m", "wireglass", "tail"], stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert os.read(read, 3)  # the header: it follows now
    os.close(read)
    _out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"Nothing is recording" in err


def test_it_waits_until_there_is_a_record(home: Home) -> None:
    home.make()
    database = home.store / "wireglass.db"

    def begin() -> None:
        database.touch()

    with pytest.raises(_Stop):
        tail.wait_for_record(home, _steps(lambda: None, begin, lambda: None))


def test_a_damaged_record_that_was_there_is_an_error_at_once(home: Home) -> None:
    home.make()
    (home.store / "wireglass.db").write_bytes(b"x" * 5000)
    with pytest.raises(StoreError):
        tail.wait_for_record(home, _steps())


def test_ctrl_c_ends_it_with_0(recording: Recording, wireglass: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def follow(_reader: Reader) -> Any:
        yield [_summary(id=1, status=200, state="done")]
        raise KeyboardInterrupt

    monkeypatch.setattr(tail, "follow", follow)
    code, out, err = wireglass("tail", "--json")
    assert code == 0
    assert json.loads(out)["id"] == 1
    assert "Nothing is recording" in err
    assert wireglass("tail").out.splitlines()[1].endswith("http://example.com/")


def test_it_is_quiet_when_somebody_records(
    recording: Recording, wireglass: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording.home.write_run(homes.Run(os.getpid(), "127.0.0.1:8080", 1.0, "0"))
    monkeypatch.setattr(tail, "follow", lambda _reader: iter(()))
    with recording.home.lock():
        assert wireglass("tail", "--json") == (0, "", "")
