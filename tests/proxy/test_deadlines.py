"""What stands still is ended and recorded, and what moves is not, however slowly."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import Any

import pytest
from tests.proxy.house import House, Play, exchange, get, ok, running_on, server_of
from tests.proxy.peer import Peer, until

from wireglass.proxy import client as client_connection
from wireglass.proxy import service
from wireglass.proxy.deadlines import Standing, client_gone_while_connecting, overdue
from wireglass.proxy.watch import Limits, Watch

MB = 1 << 20


@pytest.fixture(autouse=True)
def quick_sweeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a time-out of 0.3 s ends after 0.3 s, and not at the sweep behind it."""
    monkeypatch.setattr(service, "_SWEEP", 0.05)
    monkeypatch.setattr(client_connection, "_LINGER", 0.1)


def standing(**other: Any) -> Standing:
    """The whole request is sent, and there is no answer yet."""
    facts = {"client_ended": 0.0, "asked": 0.0, "request_done": True, "answered": False, "sending": 0, "answering": 0}
    return Standing("a:80", **{**facts, "passed": (0, 0), **other})


LIMITS = Limits(20.0, 30.0, 5.0)


@pytest.mark.parametrize(
    ("now", "one", "code", "says"),
    [
        (20.0, standing(), None, ""),
        (20.1, standing(), "response_timeout", "a:80 had the whole request and sent no response head for 20 s."),
        (20.1, standing(asked=1.0), None, ""),
        (30.0, standing(answered=True), None, ""),
        (30.1, standing(answered=True), "idle_timeout", "a:80 sent nothing for 30 s."),
        (30.1, standing(answered=True, answering=9), "idle_timeout", "The client took nothing of the response"),
        (30.1, standing(request_done=False), "idle_timeout", "The client sent nothing of the rest of its request"),
        (30.1, standing(sending=9), "idle_timeout", "a:80 took nothing of the request"),
        (20.1, standing(sending=9), None, ""),
        (6.0, standing(client_ended=1.0), None, ""),
        (6.1, standing(client_ended=1.0), "client_closed", "a:80 sent nothing for 5 s after that."),
        (6.1, standing(client_ended=1.0, answered=True), "client_closed", ""),
        (6.1, standing(client_ended=1.0, answering=9), None, ""),
    ],
)
def test_what_is_overdue(now: float, one: Standing, code: str | None, says: str) -> None:
    watch = Watch(0.0)
    watch.idle(0.0, (*one.passed, one.sending, one.answering))
    error = overdue(watch, LIMITS, now, one)
    assert (error and error.code) == code
    assert error is None or says in error.message


def test_a_byte_begins_the_time_anew() -> None:
    watch = Watch(0.0)
    for now, sent in ((25.0, 1), (50.0, 2), (80.0, 2)):
        assert overdue(watch, LIMITS, now, standing(answered=True, passed=(0, sent))) is None
    assert overdue(watch, LIMITS, 80.1, standing(answered=True, passed=(0, 2))) is not None


def test_a_client_that_leaves_while_the_server_is_connected() -> None:
    assert client_gone_while_connecting("a:80", 0.0, LIMITS, 1e6) is None
    assert client_gone_while_connecting("a:80", 1.0, LIMITS, 6.0) is None
    error = client_gone_while_connecting("a:80", 1.0, LIMITS, 6.1)
    assert error is not None and error.code == "client_closed"


def kind(house: House) -> str | None:
    return house.sink.last.exchange.summary.error_kind


async def drip(peer: Peer, data: bytes, seconds: float, times: int) -> None:
    """Something to measure time by: a peer that says ``data`` every so often."""
    for _ in range(times):
        peer.send(data)
        await asyncio.sleep(seconds)


@pytest.mark.alone
def test_a_server_that_does_not_answer(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        begun = perf_counter()
        client.send(get(origin))
        server = await origin.accept()
        answer = await client.upto(b"(response_timeout)\n")
        assert answer.startswith(b"HTTP/1.1 504 Gateway Timeout\r\n")
        assert b"start it with `wireglass up --response-timeout 400ms`." in answer
        assert 0.2 <= perf_counter() - begun < 2.0
        await until(lambda: server.ended)
        await house.recorded()
        assert (kind(house), house.sink.last.exchange.summary.status) == ("response_timeout", 504)
        await exchange(house, client, origin)
        await house.recorded(2)

    play(scenario, response_timeout=0.2)


@pytest.mark.alone
def test_half_a_response_head_does_not_count(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin))
        server = await origin.accept()
        await server.head()
        server.send(b"HTTP/1.1 200 OK\r\n")
        dripping = asyncio.get_running_loop().create_task(drip(server, b"A: b\r\n", 0.05, 60))
        assert b"(response_timeout)" in await client.upto(b"(response_timeout)\n")
        dripping.cancel()
        await house.recorded()

    play(scenario, response_timeout=0.3)


@pytest.mark.alone
def test_interim_responses_begin_the_wait_anew(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin))
        server = await origin.accept()
        await server.head()
        await drip(server, b"HTTP/1.1 102 Processing\r\n\r\n", 0.1, 8)
        server.send(ok(b"hello"))
        await client.upto(b"hello")
        await house.recorded()
        assert kind(house) is None

    play(scenario, response_timeout=0.5)


@pytest.mark.alone
def test_a_long_upload_is_not_waited_for(play: Play) -> None:
    """The wait for the response begins with the last byte of the request."""

    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin, "/", "Content-Length: 8", method="POST"))
        server = await origin.accept()
        await drip(client, b"x", 0.1, 8)
        await server.upto(b"xxxxxxxx")
        server.send(ok(b"hello"))
        await client.upto(b"hello")
        await house.recorded()
        assert kind(house) is None

    play(scenario, response_timeout=0.5)


@pytest.mark.alone
def test_a_slow_response_lives_as_long_as_it_moves(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin))
        server = await origin.accept()
        await server.head()
        server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n")
        await drip(server, b"x", 0.1, 8)
        await client.upto(b"xxxxxxxx")
        await house.recorded()
        assert kind(house) is None

    play(scenario, idle_timeout=0.5)


@pytest.mark.parametrize("where", ["response head", "response body", "request body"])
def test_an_exchange_in_which_nothing_moves(play: Play, where: str) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(
            get(origin, "/", "Content-Length: 4", method="POST") + (b"x" if where == "request body" else b"body")
        )
        server = await origin.accept()
        await server.head()
        if where == "response body":
            server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nabc")
            assert (await client.rest()).endswith(b"\r\n\r\nabc")
        else:
            who = b"The client sent nothing" if where == "request body" else b"127.0.0.1:%d sent nothing" % origin.port
            answer = await client.upto(b"(idle_timeout)\n")
            assert answer.startswith(b"HTTP/1.1 504 ") and who in answer
        await until(lambda: server.ended)
        await house.recorded()
        assert kind(house) == "idle_timeout"
        assert house.sink.last.response == (b"abc" if where == "response body" else b"")

    play(scenario, idle_timeout=0.3)


def test_a_client_that_does_not_read_its_response(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.transport.pause_reading()
        client.send(get(origin))
        server = await origin.accept()
        await server.head()
        size = 64 * MB
        server.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(32):
            server.send(bytes(MB))
        await until(lambda: server.ended)
        await house.recorded()
        summary = house.sink.last.exchange.summary
        assert (summary.state, summary.status, summary.error_kind) == ("failed", 200, "idle_timeout")
        assert "The client took nothing of the response" in (summary.error or "")
        assert not house.service.connections

    play(scenario, idle_timeout=0.4)


def test_a_server_that_does_not_read_the_request(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin, "/", f"Content-Length: {32 * MB}", method="POST"))
        server = await origin.accept()
        server.transport.pause_reading()
        for _ in range(32):
            client.send(bytes(MB))
        assert b"took nothing of the request" in await client.upto(b"(idle_timeout)\n")
        await house.recorded()
        assert kind(house) == "idle_timeout"

    play(scenario, idle_timeout=0.4)


def test_a_full_record_is_not_the_peers_fault(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin, "/", "Content-Length: 6", method="POST") + b"abc")
        server = await origin.accept()
        await server.upto(b"abc")
        house.sink.full = True
        client.send(b"d")
        await until(lambda: house.sink.waiting == 1)
        (connection,) = house.service.connections
        looks: set[float] = set()

        def looked() -> bool:
            looks.add(connection.deadline)
            return len(looks) > 5

        await until(looked, "looks over more time than the limit")
        assert not server.ended
        house.sink.make_room()
        client.send(b"ef")
        await server.upto(b"def")
        server.send(ok())
        await client.head()
        await house.recorded()
        assert kind(house) is None

    play(scenario, idle_timeout=0.6)


def test_a_tunnel_in_which_nothing_moves(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.tunnel(origin)
        client.send(b"\x00")
        server = await origin.accept()
        await until(lambda: server.ended and client.ended)
        await house.recorded()
        assert kind(house) == "idle_timeout"
        assert "No byte passed in either direction for 0.3 s" in (house.sink.last.exchange.summary.error or "")

    play(scenario, idle_timeout=0.3)


@pytest.mark.parametrize("switched", [True, False])
@pytest.mark.alone
def test_a_tunnel_with_pings_lives(play: Play, switched: bool) -> None:
    """A WebSocket, or bytes that are not ours to read: one every so often is enough, and each is told to the record."""

    async def scenario(house: House) -> None:
        origin = await house.origin()
        if switched:
            client = await house.client()
            client.send(get(origin, "/", "Connection: Upgrade", "Upgrade: websocket"))
            server = await origin.accept()
            await server.head()
            server.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            await client.head()
        else:
            client = await house.tunnel(origin)
            client.send(b"\x00")
            server = await origin.accept()
        await until(lambda: len(house.sink.all) == 1)
        told: list[int] = []
        changed = house.sink.changed

        def witness(exchange: object) -> None:
            told.append(house.sink.last.exchange.summary.response_size)
            changed(house.sink.last.exchange)

        house.sink.changed = witness  # type: ignore[method-assign]
        await drip(server, b"\x89\x00", 0.1, 8)
        await until(lambda: len(client.data) == 16)
        assert not client.ended and house.sink.last.exchange.summary.state == "open"
        assert len(told) >= 2 and told == sorted(set(told)), "told once for each look that saw something new"
        server.close()
        await until(lambda: client.ended)
        client.close()
        await house.recorded()
        assert kind(house) is None

    play(scenario, idle_timeout=0.5)


def test_a_silent_tunnel_that_nobody_uses_is_let_go(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.tunnel(origin)
        server = await origin.accept()
        await until(lambda: server.ended and client.ended)
        assert not house.sink.all

    play(scenario, idle_timeout=0.3)


async def looks(house: House, count: int = 8) -> None:
    """Until the only connection has been looked at so often."""
    (connection,) = house.service.connections
    seen: set[float] = set()

    def looked() -> bool:
        seen.add(connection.deadline)
        return len(seen) > count

    await until(looked, f"{count} looks")


@pytest.mark.parametrize("where", ["connecting", "response head", "response body"])
def test_a_client_that_has_gone_while_the_server_is_silent(play: Play, where: str) -> None:
    """It has closed, which looks like a half-close as long as nobody writes to it."""

    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()

        async def never(*_: object) -> None:
            await asyncio.Event().wait()

        if where == "connecting":
            house.pool._dialler._connect = never  # type: ignore[method-assign,assignment]
        client.send(get(origin))
        if where == "connecting":
            await until(lambda: house.sink.all)
        else:
            server = await origin.accept()
            await server.head()
        if where == "response body":
            server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nabc")
            await client.upto(b"abc")
        client.close()
        await until(lambda: house.sink.all[0].closed)
        summary = house.sink.last.exchange.summary
        assert (summary.state, summary.error_kind) == ("failed", "client_closed")
        assert summary.status == (200 if where == "response body" else None)
        assert f"127.0.0.1:{origin.port} sent nothing for 0.3 s" in (summary.error or "")
        if where != "connecting":
            await until(lambda: server.ended)
        await until(lambda: not house.service.connections and not house.pool._open)

    play(scenario, half_closed_seconds=0.3)


def test_a_client_that_only_sends_no_more_is_told(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin))
        server = await origin.accept()
        await server.head()
        client.eof()
        answer = await client.rest()
        assert answer.startswith(b"HTTP/1.1 504 Gateway Timeout\r\n") and answer.endswith(b"(client_closed)\n")
        await house.recorded()

    play(scenario, half_closed_seconds=0.3)


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.alone
def test_a_client_that_only_sends_no_more_is_answered(play: Play, secure: bool) -> None:
    """However long it takes: what moves, moves."""

    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await house.tunnel(origin, "localhost") if secure else await house.client()
        if secure:
            await client.secure(house.trusts_us, name="localhost")
        client.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" if secure else get(origin))
        server = await origin.accept()
        if secure:
            await server.secure(house.serves, name="localhost", server_side=True)
        await server.head()
        if client.pipe is not None:
            client.transport.write(client.pipe.close())
        client.eof()
        await drip(server, b"HTTP/1.1 102 Processing\r\n\r\n", 0.1, 5)
        server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n")
        await drip(server, b"x", 0.1, 8)
        await client.upto(b"xxxxxxxx")
        await house.recorded()
        assert kind(house) is None

    play(scenario, half_closed_seconds=0.4)


def test_a_half_closed_client_that_reads_slowly_is_there(play: Play) -> None:
    """Had it gone, the system would have said so of what it has not taken."""

    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin))
        server = await origin.accept()
        await server.head()
        client.transport.pause_reading()
        client.eof()
        server.send(ok(bytes(32 * MB)))
        (connection,) = house.service.connections
        await until(lambda: connection.blocked)
        await looks(house)
        client.transport.resume_reading()
        await client.head()
        await client.exactly(32 * MB)
        await house.recorded()
        assert kind(house) is None

    play(scenario, half_closed_seconds=0.2)


@pytest.mark.parametrize("switched", [True, False])
def test_a_half_closed_tunnel_is_for_its_ends_to_close(play: Play, switched: bool) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        if switched:
            client = await house.client()
            client.send(get(origin, "/", "Connection: Upgrade", "Upgrade: websocket"))
            server = await origin.accept()
            await server.head()
            server.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            await client.head()
        else:
            client = await house.tunnel(origin)
            client.send(b"\x00")
            server = await origin.accept()
        client.eof()
        await until(lambda: server.ended)
        await looks(house)
        server.send(b"late")
        server.close()
        assert await client.rest() == b"late"
        await house.recorded()
        assert kind(house) is None

    play(scenario, half_closed_seconds=0.1)


async def unread(house: House, client: Peer) -> bytes:
    """A response that is over, and more of it lies with the proxy than it likes to hold; gives what it ends with."""
    origin = await house.origin()
    client.transport.pause_reading()
    client.send(get(origin, "/", "Connection: close"))
    server = await origin.accept()
    await server.head()
    (connection,) = house.service.connections
    server.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    size = 0
    while not connection.transport.get_write_buffer_size():
        server.send(b"4000\r\n" + bytes(0x4000) + b"\r\n")
        size += 0x4000
        await until(lambda size=size: house.sink.last.exchange.summary.response_size == size)  # type: ignore[misc]
    assert connection.session.running
    server_of(connection).upstream_data(b"30000\r\n" + bytes(0x30000) + b"\r\n3\r\nend\r\n0\r\n\r\n")  # in one piece
    assert not connection.session.running and connection.blocked
    return b"\r\nend\r\n0\r\n\r\n"


def test_the_end_of_a_response_waits_for_a_client_that_reads_slowly(play: Play) -> None:
    """The exchange is over, and the connection is to be closed behind it: not before the client has got all."""

    async def scenario(house: House) -> None:
        client = await house.client()
        end = await unread(house, client)
        await looks(house, 2)
        client.transport.resume_reading()
        assert (await client.rest()).endswith(end)
        await house.recorded()

    play(scenario)


def test_a_client_that_never_takes_the_end_is_let_go(play: Play) -> None:
    async def scenario(house: House) -> None:
        await unread(house, await house.client())
        await until(lambda: not house.service.connections)
        await house.recorded()

    play(scenario, idle_seconds=0.2)


def test_a_fault_in_one_look_is_not_the_last_of_all(play: Play) -> None:
    async def scenario(house: House) -> None:
        client, other = await house.client(), await house.client()
        await until(lambda: len(house.service.connections) == 2)
        broken = min(house.service.connections, key=lambda connection: connection.endpoint.number)
        broken.transport, transport = None, broken.transport  # type: ignore[assignment]
        await until(lambda: house.failures)
        broken.transport = transport
        assert await other.rest() == b""
        client.close()
        house.failures.clear()

    play(scenario, idle_seconds=0.2)


def test_without_limits_nothing_is_ended(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        client.send(get(origin))
        server = await origin.accept()
        await server.head()
        (connection,) = house.service.connections
        await until(lambda: connection.deadline > 0)
        running = running_on(connection)
        running._begun -= 1e6
        running._sent_at -= 1e6
        running.look()
        assert not server.ended and running_on(connection) is running
        server.send(ok(b"hello"))
        await client.upto(b"hello")
        await house.recorded()

    play(scenario, response_timeout=None, idle_timeout=None)
