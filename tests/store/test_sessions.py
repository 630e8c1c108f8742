from __future__ import annotations

import pytest
from tests.store.recording import Recording, closed, opened

from wireglass.errors import NotFound, UsageError
from wireglass.model import Missing, Retention, SavedFilter, SessionOptions, Tally
from wireglass.store import Missed, Reader, Verdict, missing, record, sessions


class Clock:
    """Stands for the module ``time``."""

    def __init__(self, now: float) -> None:
        self.now = now

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(1000.0)
    monkeypatch.setattr(record, "time", clock)
    return clock


def test_a_session_lasts_while_it_records(recording: Recording, clock: Clock) -> None:
    """Pauses and the time between its end and its going on are left out."""
    store = recording.store
    options = SessionOptions(filter="host:a.test", skip_bodies=("image/*",), retention=Retention(count=5))
    begun = store.start_session("a", "proxy", options, "why")
    assert (begun.state, begun.started, begun.ended, begun.options, begun.note) == (
        "recording",
        1000.0,
        None,
        options,
        "why",
    )
    clock.now = 1010.0
    assert store.set_session_state(begun.id, "paused").duration == 10.0
    clock.now = 1100.0
    assert store.set_session_state(begun.id, "paused").duration == 10.0
    assert store.set_session_state(begun.id, "recording").duration == 10.0
    clock.now = 1105.0
    ended = store.set_session_state(begun.id, "ended")
    assert (ended.duration, ended.ended) == (15.0, 1105.0)
    with pytest.raises(UsageError, match="'a' has ended"):
        store.set_session_state(begun.id, "paused")
    clock.now = 2000.0
    again = store.start_session("a", "proxy")
    assert (again.id, again.started, again.ended, again.options, again.note) == (
        begun.id,
        1000.0,
        None,
        SessionOptions(),
        "why",
    )
    clock.now = 2001.0
    assert store.set_session_state(begun.id, "ended").duration == 16.0
    with Reader(recording.folder) as reader:
        assert reader.session("a") == reader.session(begun.id) == reader.sessions()[0]
        assert reader.session("a").duration == 16.0


def test_a_session_that_runs_has_its_name_to_itself(recording: Recording) -> None:
    store = recording.store
    first, second = store.start_session("a", "proxy"), store.start_session("b", "proxy")
    with pytest.raises(UsageError, match="'a' already, and it is recording"):
        store.start_session("a", "proxy")
    store.set_session_state(first.id, "paused")
    with pytest.raises(UsageError, match="'a' already, and it is paused"):
        store.start_session("a", "proxy")
    with pytest.raises(UsageError, match="'a' already"):
        store.change_session(second.id, name="a")
    changed = store.change_session(second.id, name="c", note="n", options=SessionOptions(cookies=False))
    assert (changed.name, changed.note, changed.options.cookies) == ("c", "n", False)
    assert store.change_session(second.id, name="c").options == changed.options
    with pytest.raises(UsageError, match="10,001 characters"):
        store.change_session(second.id, note="n" * 10_001)
    with pytest.raises(UsageError, match="is paused"):
        store.delete_session(first.id)
    for act in (lambda: store.set_session_state(9, "ended"), lambda: store.clear_session(9)):
        with pytest.raises(NotFound, match="no session 9"):
            act()
    with Reader(recording.folder) as reader, pytest.raises(NotFound, match="no session 'a b'"):
        reader.session("a b")


def test_what_a_killed_process_left_is_ended_when_it_last_recorded(recording: Recording, clock: Clock) -> None:
    store = recording.store
    with_traffic, without, paused = (store.start_session(name, "proxy").id for name in ("a", "b", "c"))
    recording.send(
        closed(recording.key(1), started=1002.0, duration_ms=500.0),
        closed(recording.key(2), started=1007.0, duration_ms=1500.0),
        sessions=(with_traffic,),
    )
    clock.now = 1003.0
    store.set_session_state(paused, "paused")
    clock.now = 9000.0
    assert store.end_left_sessions() == 3
    assert store.end_left_sessions() == 0
    with Reader(recording.folder) as reader:
        found = {session.id: (session.state, session.ended, session.duration) for session in reader.sessions()}
    assert found == {
        with_traffic: ("ended", 1008.5, 8.5),
        without: ("ended", 1000.0, 0.0),
        paused: ("ended", 1003.0, 3.0),
    }


def test_a_session_and_its_bars(recording: Recording) -> None:
    store = recording.store
    session = store.start_session("a", "proxy").id
    recording.send(
        closed(recording.key(1), b"12", b"345", method="POST", type="text/html", mode="raw"),
        closed(recording.key(2), b"", b"6", host="b.test", status=None, state="failed", error_kind="timeout"),
        closed(recording.key(3), b"", b"", host="b.test", status=404),
        opened(recording.key(4)),
        sessions=(session,),
    )
    with Reader(recording.folder) as reader:
        found = reader.session("a")
        assert (found.exchanges, found.failed, found.open) == (3, 1, 1)
        assert (found.request_bytes, found.response_bytes) == (2, 4)
        bars = reader.tallies(session)
        assert [tally for tally in bars if tally.dimension == "domain"] == [
            Tally("domain", "b.test", 2, 0, 1),
            Tally("domain", "example.test", 1, 2, 3),
        ]
        values = {dimension: {t.value for t in bars if t.dimension == dimension} for dimension in ("status", "mode")}
        assert values == {"status": {"2xx", "4xx", "failed"}, "mode": {"none", "raw"}}
        assert [t for t in reader.tallies(session, limit=1) if t.dimension == "domain"] == [
            Tally("domain", "b.test", 2, 0, 1)
        ]


def test_where_an_exchange_belongs_is_decided_at_its_beginning_and_at_its_end(recording: Recording) -> None:
    """The exchange that no session keeps is deleted as if it had never been, but for its number."""
    store = recording.store
    first, second = (store.start_session(name, "proxy").id for name in ("a", "b"))
    one, two, three = map(recording.key, (1, 2, 3))
    recording.send(opened(one), opened(two), sessions=(first, second), verdict=Verdict({two: (second,)}, {}, ()))
    missed = [Missed(second, "filtered", "a.test", 1, 5.0, "GET http://a.test/", "::1")]
    leaving = {one: (first,), two: (first, second)}
    ends = closed(one), closed(two, b"", b"x" * 70_000), closed(three)
    recording.send(*ends, sessions=(first,), verdict=Verdict({three: (second,)}, leaving, missed))
    with Reader(recording.folder) as reader:
        assert [(row.id, row.sessions) for row in reader.page(9)] == [(1, ("b",)), (3, ("b",))]
        assert (reader.session(first).exchanges, reader.session(second).exchanges) == (0, 2)
        assert reader.session(second).missing == 1
        assert [id for _, id in reader.gone_after(0, 9)] == [2]
    assert recording.store.counts.exchanges == 2
    assert list((recording.folder / "bodies").glob("*/*")) == []


def test_what_comes_for_a_deleted_session_goes_where_it_went(recording: Recording) -> None:
    """A spool that is replayed late, or a batch that was under way."""
    store = recording.store
    gone, there = (store.start_session(name, "proxy").id for name in ("a", "b"))
    store.set_session_state(gone, "ended")
    store.delete_session(gone)
    recording.send(closed(recording.key(1)), opened(recording.key(2)), sessions=(gone,))
    recording.send(closed(recording.key(2)), sessions=(gone,))
    recording.send(closed(recording.key(3)), sessions=(gone, there))
    recording.reopen()
    recording.send(closed(recording.key(4)), sessions=(gone,))
    recording.store.end_run(recording.run, "proxy_died", "the proxy process died")
    with Reader(recording.folder) as reader:
        assert [(row.url[-1], row.sessions) for row in reader.page(9)] == [("3", ("b",))]
    assert (recording.store.counts.exchanges, recording.store.counts.lost) == (0, 0)


def test_missing_is_counted_by_reason_and_host(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(missing, "HOSTS", 2)
    store = recording.store
    session = store.start_session("a", "proxy").id
    store.missed(
        [
            Missed(session, "filtered", "a.test", 2, 10.0, "GET http://a.test/1", "::1"),
            Missed(session, "filtered", "a.test", 3, 8.0, "GET http://a.test/2", "::2"),
            Missed(0, "refused", "b.test:443", 1, 7.0, "d" * 5000, "::1"),
        ]
    )
    for host in ("c.test", "d.test", "e.test", "a.test"):
        store.missed([Missed(session, "filtered", host, 1, 9.0, "", "")])
    with Reader(recording.folder) as reader:
        assert reader.session(session).missing == 9
        assert reader.missing(session) == [
            Missing("filtered", "a.test", 6, 8.0, 10.0, "", "", "a"),
            Missing("filtered", "", 2, 9.0, 9.0, "", "", "a"),
            Missing("filtered", "c.test", 1, 9.0, 9.0, "", "", "a"),
        ]
        (refused,) = reader.missing(0)
        assert (refused.session, len(refused.detail)) == ("", missing.TEXT)
        assert len(reader.missing()) == 4
        assert len(reader.missing(limit=1)) == 1
        store.clear_session(session)
        assert reader.session(session).missing == 9
        store.set_session_state(session, "ended")
        store.delete_session(session)
        assert reader.missing() == [refused]


def test_a_missed_batch_that_comes_twice_is_counted_once(recording: Recording) -> None:
    verdict = Verdict({}, {}, [Missed(0, "no_session", "a.test", 1, 10.0, "", "")])
    recording.send(verdict=verdict)
    recording.last -= 1
    recording.send(verdict=verdict)
    with Reader(recording.folder) as reader:
        assert [one.count for one in reader.missing()] == [1]


def test_saved_filters(recording: Recording) -> None:
    store = recording.store
    for name, query in (("b", "status:500"), ("a", "host:a"), ("b", "status:4xx")):
        store.save_filter(SavedFilter(name, query))
    with Reader(recording.folder) as reader:
        assert reader.saved_filters() == [SavedFilter("a", "host:a"), SavedFilter("b", "status:4xx")]
        store.remove_filter("a")
        assert reader.saved_filters() == [SavedFilter("b", "status:4xx")]
    with pytest.raises(NotFound, match="no saved filter 'a'"):
        store.remove_filter("a")


def test_the_number_of_a_deleted_session_is_not_taken_by_the_next(recording: Recording) -> None:
    """A spool may still name it."""
    store = recording.store
    first = store.start_session("a", "proxy")
    store.set_session_state(first.id, "ended")
    store.delete_session(first.id)
    assert store.start_session("b", "proxy").id > first.id


def test_marks_are_changes(recording: Recording) -> None:
    recording.send(closed(recording.key(1)), closed(recording.key(2)))
    store = recording.store
    with Reader(recording.folder) as reader:
        seq = reader.newest_seq()
        assert store.mark([1, 7], color="red", note="look") == 1
        assert store.mark([1], star=True) == 1
        (row,) = reader.changes(seq, 9)
        assert (row.id, row.color, row.star, row.note) == (1, "red", True, "look")
        seq = reader.newest_seq()
        assert store.mark([1], color="red") == 1
        assert reader.newest_seq() == seq
        store.mark([1], color="", star=False, note="")
        assert recording.sql("SELECT * FROM marks") == []
    with pytest.raises(UsageError, match="10,001 characters"):
        store.mark([1], note="n" * (sessions.NOTE + 1))
