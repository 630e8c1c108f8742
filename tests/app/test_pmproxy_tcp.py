"""Messages to peers of all kinds: each is told or counted, and none holds up the others for long."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable

import pytest
from tests.peers.pmproxy import Connect, answering, resetting, silent
from tests.peers.waiting import wait_for

from wireglass.app import pmproxy_tcp
from wireglass.app.pmproxy_following import GivenUp
from wireglass.app.pmproxy_tcp import Sender

MESSAGE = json.dumps({"url": "http://example.com/", "data": "ä" * 100_000}).encode()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def sender_to(told: list[str]) -> Callable[[int], Sender]:
    return lambda port: Sender("127.0.0.1", port, threading.Event(), told.append)


def test_each_is_a_connection_of_its_own(sender_to: Callable[[int], Sender], told: list[str]) -> None:
    with Connect() as peer:
        sender = sender_to(peer.port)
        assert [sender.send(MESSAGE), sender.send(b"[]")] == [b"OK", b"OK"]
        assert peer.messages == [json.loads(MESSAGE), []]
    assert (sender.sent, told) == (2, [])


def test_of_much_1024_bytes_are_taken(sender_to: Callable[[int], Sender]) -> None:
    with Connect(answering(b"x" * 1_000_000)) as peer:
        sender = sender_to(peer.port)
        for _ in range(3):
            reply = sender.send(b"{}")
            assert reply and set(reply) == set(b"x") and len(reply) <= 1024
        assert sender.sent == 3


def test_a_peer_may_close_instead_of_a_reply(sender_to: Callable[[int], Sender], told: list[str]) -> None:
    with Connect(lambda sock: None) as peer:
        sender = sender_to(peer.port)
        assert sender.send(MESSAGE) == b""
        assert peer.messages == [json.loads(MESSAGE)]
    assert (sender.sent, told) == (1, [])


def test_one_that_resets_has_not_got_it(sender_to: Callable[[int], Sender], told: list[str]) -> None:
    with Connect(resetting) as peer:
        sender = sender_to(peer.port)
        assert sender.send(b"{}") is None
        assert sender.send(b"{}") is None
        peer.way = answering(b"OK")
        assert sender.send(b"{}") == b"OK"
    assert sender.sent == 1
    assert len(told) == 2 and "Connection reset" in told[0] and told[1].startswith("2 requests were not sent")


def test_one_that_closes_at_once_has_not_got_a_long_one(sender_to: Callable[[int], Sender]) -> None:
    with Connect() as peer:
        peer.reads = False
        sender = sender_to(peer.port)
        assert not sender.send(b"[%b]" % (b'"%b"' % (b"x" * 50_000_000)))
        assert (sender.sent, peer.messages) == (0, [])


def test_an_absent_one_is_told_once_an_outage(sender_to: Callable[[int], Sender], told: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    sender = sender_to(port)
    for _ in range(5):
        assert sender.send(b"{}") is None
    assert len(told) == 1 and f"127.0.0.1:{port}" in told[0] and "Connection refused" in told[0]
    sender.end_outage()
    sender.end_outage()
    assert told[1:] == [f"5 requests were not sent to 127.0.0.1:{port} meanwhile."]
    assert sender.sent == 0


def test_a_silent_one_is_waited_for_once(
    sender_to: Callable[[int], Sender], told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then shortly, until it speaks again."""
    monkeypatch.setattr(pmproxy_tcp, "_TIME", 0.5)
    monkeypatch.setattr(pmproxy_tcp, "_IMPATIENT", 0.01)
    with Connect(silent) as peer:  # until we close
        sender = sender_to(peer.port)
        begun = time.monotonic()
        assert [sender.send(b"[%d]" % number) for number in range(11)] == [None] * 11
        assert 0.5 < time.monotonic() - begun < 5, "not 11 times as long"
        assert sender.sent == 11, "it has got them"
        peer.way = answering(b"OK")
        while sender.send(b"{}") is None:
            assert time.monotonic() - begun < 30
        assert sender.send(b"{}") == b"OK"
    assert len(told) == 1 and "says nothing" in told[0]


def test_giving_up_ends_a_wait() -> None:
    with Connect(silent) as peer:
        given_up = threading.Event()
        sender = Sender("127.0.0.1", peer.port, given_up, print)
        threading.Timer(0.05, given_up.set).start()
        begun = time.monotonic()
        with pytest.raises(GivenUp):
            sender.send(b"{}")
        assert time.monotonic() - begun < 4


def test_a_name_that_is_not_found(told: list[str]) -> None:
    sender = Sender("nowhere.invalid", 5005, threading.Event(), told.append)
    assert sender.send(b"{}") is None
    assert len(told) == 1 and "nowhere.invalid:5005" in told[0]


def test_what_has_gone_out_counts_without_a_reply() -> None:
    with Connect(silent) as peer:
        given_up = threading.Event()
        sender = Sender("127.0.0.1", peer.port, given_up, print)

        def give_up() -> None:
            wait_for(lambda: peer.messages, "it")
            given_up.set()

        threading.Thread(target=give_up).start()
        with pytest.raises(GivenUp):
            sender.send(b"{}")
    assert sender.sent == 1


def test_all_addresses_are_tried_ipv4_first(monkeypatch: pytest.MonkeyPatch, told: list[str]) -> None:
    """And the name is looked up once for a while."""
    looked: list[str] = []
    with Connect() as peer, socket.create_server(("127.0.0.1", 0)) as taken:
        dead = taken.getsockname()
        taken.close()

        def getaddrinfo(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
            looked.append(host)
            return [
                (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", dead[1], 0, 0)),
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", dead),
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", peer.port)),
            ]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        sender = Sender("two.test", 1, threading.Event(), told.append)
        assert [sender.send(b"{}"), sender.send(b"{}")] == [b"OK", b"OK"]
        assert sender._addresses()[0][0] == socket.AF_INET
    assert (looked, told) == (["two.test"], [])


@pytest.mark.parametrize("gives_up", [True, False])
def test_a_look_up_that_does_not_end(monkeypatch: pytest.MonkeyPatch, told: list[str], gives_up: bool) -> None:
    end, given_up = threading.Event(), threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: end.wait(60) and [])
    monkeypatch.setattr(pmproxy_tcp, "_TIME", 60.0 if gives_up else 0.3)
    sender = Sender("slow.test", 1, given_up, told.append)
    if gives_up:
        threading.Timer(0.05, given_up.set).start()
        with pytest.raises(GivenUp):
            sender.send(b"{}")
    else:
        assert sender.send(b"{}") is None
        assert len(told) == 1 and "its name was not found in time" in told[0]
    end.set()


def test_a_name_that_is_none(told: list[str]) -> None:
    assert Sender("a..b", 1, threading.Event(), told.append).send(b"{}") is None
    assert len(told) == 1 and "'a..b' is no name of a host" in told[0]
