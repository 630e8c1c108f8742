"""Batches from the link into the store: what is kept, in which sessions; and spools once more."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import apsw
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.capture.conftest import Capture, Link
from tests.store.recording import closed, opened

from wireglass.capture import Recorder, Sessions, recorder
from wireglass.link import LinkServer, read_spool, spool_file
from wireglass.link.frames import batch_payload
from wireglass.link.spool import Spool
from wireglass.model import REQUEST, RESPONSE, Batch, Closed, Message, Part

Details = Callable[..., msgspec.Raw]


def test_a_batch_is_answered_when_it_is_committed(capture: Capture) -> None:
    link = Link()
    session = capture.start_session("a")
    batch = Batch(capture.run, 5, [closed(capture.key(1))], (session.id,))
    capture.recorder.on_batch(cast("LinkServer", link), batch)
    assert link.told.wait(30)
    assert link.acks == [5]
    assert capture.urls("a") == ["http://example.test/1"]


# Spools


def _spooled(capture: Capture, sessions: tuple[int, ...], *messages: Message) -> Spool:
    spool = Spool(spool_file(capture.folder, capture.run))
    for seq, message in enumerate(messages, 1):
        spool.append(batch_payload(Batch(capture.run, seq, [message], sessions)))
    spool.close(remove=False)
    return spool


def test_a_spool_is_stored_once(capture: Capture) -> None:
    """What the store has already is passed over, the rest is added, and the file is gone."""
    session = capture.start_session("a")
    spool = _spooled(capture, (session.id,), *(closed(capture.key(seq)) for seq in (1, 2, 3)))
    first = next(read_spool(spool.path))
    capture.deliver(first, first.sessions)
    assert capture.recorder.replay(spool.path)
    assert not spool.path.exists()
    assert capture.session("a").exchanges == 3


def test_a_spool_that_finds_no_room_stays(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start on a full disk must not throw away what a killed run has left."""
    session = capture.start_session("a")
    spool = _spooled(capture, (session.id,), closed(capture.key(1)))

    def no_room(*_: object) -> None:
        raise apsw.FullError("database or disk is full")

    with monkeypatch.context() as full:
        full.setattr(capture.store._ledger, "apply", no_room)
        assert not capture.recorder.replay(spool.path)
    assert spool.path.exists()
    assert capture.recorder.replay(spool.path)
    assert capture.session("a").exchanges == 1


def test_a_later_start_goes_by_the_filters_of_then(capture: Capture) -> None:
    """An exchange that began before the main process was killed, and whose filter had to wait for its end."""
    session = capture.start_session("errors", "status:500")
    key, other = capture.key(1), capture.key(2)
    capture.tell(opened(key), opened(other))
    spool = Spool(spool_file(capture.folder, capture.run))
    for seq, message in enumerate((closed(key, status=500), closed(other, status=200), closed(capture.key(3))), 2):
        spool.append(batch_payload(Batch(capture.run, seq, [message], (session.id,))))
    spool.close(remove=False)
    with capture.reader as reader:
        later = Recorder(capture.store, Sessions(reader.sessions()))
    assert later.replay(spool.path)
    assert capture.urls("errors") == ["http://example.test/1"]
    assert capture.missing() == {("errors", "filtered", "example.test"): 2}
    assert capture.sql("SELECT count(*) FROM exchanges") == [(1,)]


def test_what_a_deleted_session_should_have_kept_is_counted(capture: Capture) -> None:
    spool = _spooled(capture, (77,), closed(capture.key(1)))
    assert capture.recorder.replay(spool.path)
    assert capture.missing() == {("", "no_session", "example.test"): 1}


# Who keeps it


def test_each_session_keeps_what_its_filter_lets_pass(capture: Capture) -> None:
    capture.start_session("all")
    capture.start_session("ones", "path:/1*")
    capture.tell(closed(capture.key(1)), closed(capture.key(2)), closed(capture.key(10)))
    assert capture.urls("all") == [f"http://example.test/{number}" for number in (1, 2, 10)]
    assert capture.urls("ones") == [f"http://example.test/{number}" for number in (1, 10)]
    assert capture.missing() == {}


def test_what_nobody_keeps_is_counted_with_its_reason(capture: Capture) -> None:
    capture.tell(closed(capture.key(1)))
    session = capture.start_session("posts", "method:POST")
    capture.tell(closed(capture.key(2)), closed(capture.key(3), host="b.test"))
    capture.control.pause_session(session.id)
    capture.tell(closed(capture.key(4), method="POST"))
    capture.control.resume_session(session.id)
    capture.tell(closed(capture.key(5), method="POST"))
    capture.control.stop_session(session.id)
    capture.tell(closed(capture.key(6), method="POST"))
    assert capture.urls("posts") == ["http://example.test/5"]
    assert capture.missing() == {
        ("", "no_session", "example.test"): 2,
        ("posts", "filtered", "example.test"): 1,
        ("posts", "filtered", "b.test"): 1,
        ("posts", "paused", "example.test"): 1,
    }
    assert capture.session("posts").missing == 3


def test_what_was_made_before_a_pause_is_kept_when_it_comes_after(capture: Capture) -> None:
    session = capture.start_session("a")
    stamp = capture.sessions.recording
    capture.control.pause_session(session.id)
    capture.tell(closed(capture.key(1)), sessions=stamp)
    assert capture.session("a").exchanges == 1


def test_what_was_made_in_a_pause_is_counted_so_when_it_comes_after(capture: Capture) -> None:
    """The proxies are told of the end of the pause while they still hand over what they had in it."""
    session = capture.start_session("a")
    capture.control.pause_session(session.id)
    capture.sessions.announce = lambda recording: capture.tell(closed(capture.key(1)), sessions=())
    capture.control.resume_session(session.id)
    assert capture.missing() == {("a", "paused", "example.test"): 1}


def test_what_came_before_the_first_session_is_in_none(capture: Capture) -> None:
    capture.sessions.announce = lambda recording: capture.tell(closed(capture.key(1)), sessions=())
    capture.start_session("a")
    assert capture.missing() == {("", "no_session", "example.test"): 1}


def test_a_long_exchange_stays_where_it_began(capture: Capture) -> None:
    """Its sessions are those of its first message, whatever starts or stops before its end."""
    first = capture.start_session("first")
    key, unkept = capture.key(1), capture.key(2)
    capture.tell(opened(key), Part(key, RESPONSE, b"abc"))
    capture.control.pause_session(first.id)
    capture.tell(opened(unkept), Part(unkept, RESPONSE, b"lost"))
    capture.start_session("second", "path:/9")
    capture.tell(closed(key, response=b"def", before=(0, 3)), closed(unkept, before=(0, 4)))
    assert capture.urls("first") == ["http://example.test/1"]
    assert capture.urls("second") == []
    assert capture.missing() == {("first", "paused", "example.test"): 1}
    with capture.reader as reader:
        assert b"".join(reader.body(1, "response")) == b"abcdef"
    assert capture.sql("SELECT count(*) FROM exchanges") == [(1,)]


def test_a_filter_that_cannot_know_is_asked_again_at_the_end(capture: Capture) -> None:
    capture.start_session("errors", "status:5xx")
    good, bad = capture.key(1), capture.key(2)
    capture.tell(opened(good), opened(bad))
    assert capture.session("errors").open == 2
    capture.tell(closed(good, status=200), closed(bad, status=503))
    assert capture.urls("errors") == ["http://example.test/2"]
    assert capture.missing() == {("errors", "filtered", "example.test"): 1}
    assert capture.session("errors").open == 0


def test_of_two_sessions_one_lets_it_go(capture: Capture) -> None:
    capture.start_session("all")
    capture.start_session("errors", "status:5xx")
    capture.tell(opened(capture.key(1)))
    assert capture.urls("errors") == ["http://example.test/1"]
    capture.tell(closed(capture.key(1), status=200))
    assert capture.urls("errors") == []
    assert capture.urls("all") == ["http://example.test/1"]
    assert capture.missing() == {}


def test_a_filter_on_bodies_sees_what_came_in_parts(capture: Capture, detail_of: Details) -> None:
    capture.start_session("orders", 'body:"order 17"')
    head = detail_of([(b"Content-Type", b"text/plain")], [(b"Content-Type", b"text/plain")])

    def of(message: Closed) -> Closed:
        message.detail = head
        return message

    short, long, other = capture.key(1), capture.key(2), capture.key(3)
    capture.tell(of(closed(short, request=b"my order 17")), opened(long), opened(other))
    capture.tell(Part(long, RESPONSE, b"your ord"), Part(other, RESPONSE, b"your ord"))
    capture.tell(of(closed(long, response=b"er 17", before=(0, 8))), of(closed(other, response=b"!", before=(0, 8))))
    assert capture.urls("orders") == ["http://example.test/1", "http://example.test/2"]
    assert capture.missing() == {("orders", "filtered", "example.test"): 1}
    assert capture.recorder._collected == 0


def test_what_is_too_much_to_hold_is_kept(
    capture: Capture, detail_of: Details, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "_MOST_COLLECTED", 0)
    capture.start_session("orders", "body:order")
    capture.tell(opened(capture.key(1)), Part(capture.key(1), RESPONSE, b"nothing"))
    capture.tell(closed(capture.key(1), before=(0, 7)))
    assert capture.urls("orders") == ["http://example.test/1"]


def test_a_filter_on_headers(capture: Capture, detail_of: Details) -> None:
    capture.start_session("mine", "header:x-mine=yes")
    mine = closed(capture.key(1))
    mine.detail = detail_of([(b"X-Mine", b"yes")])
    capture.tell(mine, closed(capture.key(2)))
    assert capture.urls("mine") == ["http://example.test/1"]


def test_new_options_hold_from_then_on(capture: Capture) -> None:
    session = capture.start_session("a")
    capture.tell(closed(capture.key(1)))
    capture.control.change_session(session.id, options=msgspec.structs.replace(session.options, filter="path:/3"))
    capture.tell(closed(capture.key(2)), closed(capture.key(3)))
    assert capture.urls("a") == ["http://example.test/1", "http://example.test/3"]


def test_a_proxy_that_dies_leaves_nothing_behind(capture: Capture) -> None:
    capture.start_session("a", "body:x")
    capture.tell(opened(capture.key(1)), Part(capture.key(1), REQUEST, b"12345"))
    assert capture.recorder._collected == 5
    capture.recorder.end_run(capture.run)
    assert not capture.recorder._open
    assert capture.recorder._collected == 0


def test_connections_that_are_not_read_are_counted_too(capture: Capture, detail_of: Details) -> None:
    """They are recorded as tunnels or failures, and not what somebody looks for."""
    capture.start_session("a")
    passed = closed(capture.key(1), protocol="tunnel", url="10.0.0.1:443", host="bank.test", method="CONNECT")
    passed.detail = msgspec.Raw(msgspec.msgpack.encode({"notes": ["--passthrough names bank.test"]}))
    rejected = closed(
        capture.key(2), protocol="tunnel", url="pinned.test:443", host="pinned.test", state="failed",
        error_kind="client_distrust", error="It does not trust us.",
    )  # fmt: skip
    refused = closed(capture.key(3), state="failed", error_kind="refused_by_policy", error="Not there.")
    capture.tell(passed, rejected, refused, closed(capture.key(4), state="failed", error_kind="timeout", error="-"))
    assert capture.missing() == {
        ("", "passed_through", "bank.test:443"): 1,
        ("", "certificate_rejected", "pinned.test:443"): 1,
        ("", "refused", "example.test"): 1,
    }
    with capture.reader as reader:
        details = {row.reason: row.detail for row in reader.missing()}
        clients = {row.client for row in reader.missing()}
    assert details == {
        "passed_through": "--passthrough names bank.test",
        "certificate_rejected": "It does not trust us.",
        "refused": "Not there.",
    }
    assert clients == {"[::1]"}
    assert len(capture.urls("a")) == 4


_WORDS = st.lists(
    st.sampled_from(["start a", "start b", "start c", "pause", "resume", "stop", "short", "open", "close", "part"]),
    max_size=40,
)


@given(_WORDS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_exchange_is_kept_or_counted_once(tmp_path_factory: pytest.TempPathFactory, words: list[str]) -> None:
    """Whatever begins, pauses and ends meanwhile; and no session holds what its filter refuses."""
    capture = Capture(tmp_path_factory.mktemp("capture"))
    filters = {"a": "", "b": "path:/*1", "c": "status:404"}
    running: list[str] = []
    open_keys: list[int] = []
    parts: dict[int, int] = {}
    sent = 0
    try:
        for word in [*words, *["close"] * 40]:
            verb, _, name = word.partition(" ")
            number = sent + len(open_keys) + 1
            if verb == "start" and name not in running:
                capture.start_session(name, filters[name])
                running.append(name)
            elif verb in ("pause", "resume") and running:
                getattr(capture.control, f"{verb}_session")(running[-1])
            elif verb == "stop" and running:
                capture.control.stop_session(running.pop(0))
            elif verb == "short":
                capture.tell(closed(capture.key(number), status=404 if number % 3 else 200))
                sent += 1
            elif verb == "open":
                key = capture.key(number + 1000)
                if key not in parts:
                    open_keys.append(key)
                    parts[key] = 0
                    capture.tell(opened(key))
            elif verb == "part" and open_keys:
                capture.tell(Part(open_keys[0], RESPONSE, b"abc"))
                parts[open_keys[0]] += 3
            elif verb == "close" and open_keys:
                key = open_keys.pop(0)
                capture.tell(closed(key, before=(0, parts[key]), status=404 if key % 3 else 200))
                sent += 1
        ((kept,),) = capture.sql("SELECT count(*) FROM exchanges")
        assert isinstance(kept, int)
        assert kept + sum(capture.missing().values()) == sent
        assert capture.sql("SELECT count(*) FROM exchanges WHERE key IS NOT NULL") == [(0,)]
        assert not capture.recorder._open
        assert all(url.endswith("1") for url in capture.urls("b"))
        with capture.reader as reader:
            assert all(row.status == 404 for row in reader.page(1000) if "c" in row.sessions)
            assert all(row.sessions for row in reader.page(1000))
    finally:
        capture.store.close()


def test_what_a_full_store_could_not_take_is_counted_when_there_is_room(
    capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture.start_session("posts", "method:POST")

    def no_room(*_: object) -> None:
        raise apsw.FullError("database or disk is full")

    with monkeypatch.context() as full:
        full.setattr(capture.store._ledger, "apply", no_room)
        capture.tell(closed(capture.key(1), method="POST"), closed(capture.key(2)))
        capture.tell(closed(capture.key(3), method="POST", host="b.test"))
    capture.tell(closed(capture.key(4), method="POST"))
    assert capture.missing() == {
        ("", "store_full", "example.test"): 1,
        ("", "store_full", "b.test"): 1,
        ("posts", "filtered", "example.test"): 1,
    }
    assert capture.urls("posts") == ["http://example.test/4"]
