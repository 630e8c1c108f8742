"""Exchanges over HTTP/2 in clear, on either side or both: flow control, ends, what is sent again, deadlines."""

from __future__ import annotations

import itertools

import pytest
from hyperframe.frame import ContinuationFrame, PingFrame
from tests.proxy.house import House, Play, get, ok
from tests.proxy.http2_peer import WINDOW, Http2Peer, client_of, server_of
from tests.proxy.peer import Origin, Peer, until

from wireglass.errors import Refused
from wireglass.net import PEER_BLOCKED, RECORD_FULL, WAITING, Route, Spoken
from wireglass.proxy.http2_exchange import Http2Exchange
from wireglass.proxy.http2_session import Http2Session

NO_ERROR, PROTOCOL, INTERNAL, REFUSED, CANCEL, HTTP_1_1_REQUIRED = 0x0, 0x1, 0x2, 0x7, 0x8, 0xD
MORE = 64 * 1024
"""Bytes beyond the windows that may wait for a slow reader."""
READ = 256 * 1024
"""Bytes that one read may bring on top."""
LARGE = 4_000_000
PING = PingFrame(0, bytes(8)).serialize()
CONTINUATION = ContinuationFrame(1, b"").serialize()


def only_http2(house: House, origin: Origin) -> None:
    """As if it had been found out: in clear no server can tell a client of HTTP/1."""
    house.service.servers._only_http2[Route(False, "127.0.0.1", origin.port, "")] = None


def sessions(house: House) -> list[Http2Session]:
    found = [connection.session for connection in house.service.connections]
    return [session for session in found if isinstance(session, Http2Session)]


def stream_of(house: House) -> Http2Exchange:
    (session,) = sessions(house)
    (stream,) = session._streams.values()
    return stream


class Asking:
    """A client that sends POST with a body of unknown length."""

    def __init__(self, house: House, origin: Origin, http2: bool) -> None:
        self.house, self.origin, self.http2 = house, origin, http2
        self.h1: Peer
        self.h2: Http2Peer

    async def begin(self) -> Asking:
        if self.http2:
            self.h2 = await client_of(self.house, self.origin)
            self.stream = self.h2.ask(self.origin, "/", "POST", end=False)
        else:
            self.h1 = await self.house.client()
            self.h1.send(get(self.origin, "/", "Transfer-Encoding: chunked", method="POST"))
        return self

    def body(self, data: bytes) -> None:
        if self.http2:
            self.h2.send(self.stream, data)
        else:
            self.h1.send(b"%x\r\n%b\r\n" % (len(data), data))

    def end(self) -> None:
        if self.http2:
            self.h2.send(self.stream, b"", end=True)
        else:
            self.h1.send(b"0\r\n\r\n")

    async def answer(self) -> tuple[int, bytes]:
        if self.http2:
            got = self.h2.got(self.stream)
            await self.h2.until(lambda: got.ended, "the whole answer")
            return got.status, bytes(got.data)
        head = await self.h1.head()
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return int(head.split()[1]), await self.h1.exactly(length)


class Answering:
    def __init__(self, house: House, origin: Origin, http2: bool) -> None:
        self.origin, self.http2 = origin, http2
        if http2:
            only_http2(house, origin)
        else:
            house.service.servers._learned(Route(False, "127.0.0.1", origin.port, ""), Spoken("http/1.1", False))

    async def begin(self) -> Answering:
        if self.http2:
            self.h2 = await server_of(self.origin)
            self.stream = await self.h2.asked()
        else:
            self.h1 = await self.origin.accept()
            await self.h1.head()
        return self

    async def has(self, data: bytes) -> None:
        if self.http2:
            await self.h2.until(lambda: data in self.h2.got(self.stream).data, f"{data!r}")
        else:
            await self.h1.upto(data)

    async def has_end(self) -> None:
        if self.http2:
            await self.h2.until(lambda: self.h2.got(self.stream).ended, "the end of the request")
        else:
            await self.h1.upto(b"0\r\n\r\n")

    def say(self, status: int, body: bytes) -> None:
        if self.http2:
            self.h2.say(self.stream, body, (b"content-length", b"%d" % len(body)), status=status)
        else:
            self.h1.send(ok(body, status=b"%d Word" % status))


BOTH = pytest.mark.parametrize(
    ("client_h2", "server_h2"), list(itertools.product([False, True], repeat=2)), ids=["1-1", "1-2", "2-1", "2-2"]
)


# Exchanges


@BOTH
def test_an_exchange(play: Play, client_h2: bool, server_h2: bool) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        answering = Answering(house, origin, server_h2)
        asking = await Asking(house, origin, client_h2).begin()
        await answering.begin()
        asking.body(b"question")
        await answering.has(b"question")
        asking.end()
        await answering.has_end()
        answering.say(200, b"answer")
        assert await asking.answer() == (200, b"answer")
        await house.recorded()
        recorded = house.sink.last
        assert (recorded.request, recorded.response) == (b"question", b"answer")
        assert recorded.exchange.summary.state == "done"
        assert recorded.exchange.detail.timings.connect is not None

    play(scenario)


@pytest.mark.parametrize("status", [200, 204, 304, 404])
def test_an_answer_that_ends_with_its_head(play: Play, status: int) -> None:
    """A client of HTTP/1 takes a head without a length for the beginning of a body."""

    async def scenario(house: House) -> None:
        origin, client = await house.origin(), await house.client()
        only_http2(house, origin)
        client.send(get(origin))
        server = await server_of(origin)
        server.say(await server.asked(), b"", status=status)
        head = await client.head()
        if status in (200, 404):
            assert b"Transfer-Encoding: chunked" in head
            assert await client.exactly(5) == b"0\r\n\r\n"
        client.send(get(origin, "/again"))
        server.say(await server.asked(2), b"", (b"content-length", b"0"))
        assert (await client.head()).startswith(b"HTTP/1.1 200 ")
        await house.recorded(2)

    play(scenario)


# Flow control


async def poured(sender: Http2Peer, stream: int, left: int, receiver: Http2Peer) -> int:
    """Sends until no window is left, which twenty round trips in a row have shown; what is left then."""
    still = 0
    while left and still < 20:
        before, left = left, sender.pour(stream, left)
        await sender.round_trip()
        await receiver.round_trip()
        still = still + 1 if left == before else 0
    return left


def test_a_slow_client_stops_its_stream_alone(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await client_of(house, origin, refill=False)
        client.h2.increment_flow_control_window(2**28)
        slow = client.ask(origin, "/slow")
        server = await server_of(origin)
        stream = await server.asked()
        server.say(stream)
        left = await poured(server, stream, LARGE, client)
        assert len(client.got(slow).data) == WINDOW
        waiting = stream_of(house).waiting_size
        assert MORE < waiting <= 2**19 + MORE + 2**14 and LARGE - left == WINDOW + waiting
        fast = client.ask(origin, "/fast")
        server.say(await server.asked(2), b"quick")
        assert (await client.answer(fast)).data == b"quick"
        assert len(client.got(slow).data) == WINDOW
        client.refill = True
        client.h2.acknowledge_received_data(WINDOW, slow)
        client.flush()
        assert await poured(server, stream, left, client) == 0
        await client.answer(slow)
        assert len(client.got(slow).data) == LARGE
        await house.recorded(2)

    play(scenario)


def test_a_slow_client_holds_a_server_of_http1(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        Answering(house, origin, False)
        client = await client_of(house, origin, refill=False)
        client.h2.increment_flow_control_window(2**28)
        slow = client.ask(origin)
        server = await origin.accept()
        await server.head()
        server.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % LARGE + bytes(LARGE))
        await client.until(lambda: stream_of(house).blocked, "the window to be used up")
        await client.round_trip()
        assert len(client.got(slow).data) == WINDOW
        assert stream_of(house).waiting_size <= READ + MORE
        client.refill = True
        client.h2.acknowledge_received_data(WINDOW, slow)
        client.flush()
        assert len((await client.answer(slow)).data) == LARGE
        await house.recorded()

    play(scenario)


def test_a_slow_server_stops_its_stream_alone(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await client_of(house, origin)
        slow = client.ask(origin, "/slow", "POST", end=False)
        server = await server_of(origin, refill=False)
        server.h2.increment_flow_control_window(2**28)
        server.flush()
        stream = await server.asked()
        left = await poured(client, slow, LARGE, server)
        assert len(server.got(stream).data) == WINDOW
        # What waits inside, and the window that was given and not yet used up.
        assert LARGE - left <= WINDOW + 2**19 + 2 * MORE
        fast = client.ask(origin, "/fast")
        server.say(await server.asked(2), b"quick")
        assert (await client.answer(fast)).data == b"quick"
        server.refill = True
        server.h2.acknowledge_received_data(WINDOW, stream)
        server.flush()
        assert await poured(client, slow, left, server) == 0
        await server.until(lambda: server.got(stream).ended)
        assert len(server.got(stream).data) == LARGE
        server.say(stream, b"got it")
        await client.answer(slow)
        await house.recorded(2)

    play(scenario)


def test_a_client_that_reads_nothing_at_all(play: Play) -> None:
    """Its windows are open, and its socket is full."""

    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await client_of(house, origin)
        client.h2.increment_flow_control_window(2**28)
        stream = client.ask(origin)
        client.h2.increment_flow_control_window(2**28, stream)
        client.flush()
        server = await server_of(origin)
        asked = await server.asked()
        server.say(asked)
        client.peer.transport.pause_reading()
        (session,) = sessions(house)
        left = 60_000_000
        while not stream_of(house).blocked:
            left = server.pour(asked, left)
            await server.round_trip()
            assert left
        assert session.connection.blocked and session.http2.queued <= READ
        client.peer.transport.resume_reading()
        server.send(asked, b"", end=True)
        got = await client.answer(stream)
        assert len(got.data) == 60_000_000 - left
        await house.recorded()

    play(scenario)


def test_answers_without_bodies_for_a_client_that_reads_nothing(play: Play) -> None:
    """They know no window: what is told to somebody who does not read would pile up."""

    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await client_of(house, origin)
        client.h2.increment_flow_control_window(2**28)
        large = client.ask(origin, "/large")
        client.h2.increment_flow_control_window(2**28, large)
        client.flush()
        server = await server_of(origin)
        server.say(await server.asked())
        client.peer.transport.pause_reading()
        (session,) = sessions(house)
        left = 60_000_000
        while not stream_of(house).blocked:
            left = server.pour(1, left)
            await server.round_trip()
        streams = [client.ask(origin, f"/{number}") for number in range(80)]
        await server.asked(81)
        for stream in list(server.streams)[1:]:
            server.say(stream, b"", (b"x-long", b"\xff" * 8000))
        await until(lambda: len(house.sink.still_open) == 1, "all the others to be recorded")
        assert session.http2.queued <= READ
        client.peer.transport.resume_reading()
        for stream in streams:
            assert len((await client.answer(stream)).get(b"x-long") or b"") == 8000
        server.send(1, b"", end=True)
        await client.answer(large)
        await house.recorded(81)

    play(scenario)


@pytest.mark.parametrize("reasons", list(itertools.permutations((PEER_BLOCKED, RECORD_FULL, WAITING))))
def test_several_reasons_to_hold(play: Play, monkeypatch: pytest.MonkeyPatch, reasons: tuple[int, ...]) -> None:
    """Whatever the order: nothing is given back while one of them holds, and all of it once afterwards."""

    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await client_of(house, origin)
        asked = client.ask(origin, "/", "POST", end=False)
        server = await server_of(origin)
        stream = await server.asked()
        exchange = stream_of(house)
        given: list[tuple[int, int]] = []
        monkeypatch.setattr(exchange._session.http2, "give_stream", lambda *what: given.append(what))
        for reason in reasons:
            exchange.hold(reason)
            exchange.hold(reason)
        client.send(asked, bytes(1000))
        await server.until(lambda: len(server.got(stream).data) == 1000)
        exchange.hold(PEER_BLOCKED)  # the server has taken it
        for reason in reasons:
            assert not given
            exchange.release(reason)
        exchange.release(reasons[0])
        assert given == [(asked, 1000)]
        client.send(asked, bytes(500), end=True)
        server.say(stream, b"ok")
        await client.answer(asked)
        await house.recorded()
        assert given == [(asked, 1000)], "for a stream that has ended"

    play(scenario)


def test_a_full_record_holds_the_server_until_there_is_room(play: Play) -> None:
    """The exchange that met it is over by then, and others go on over the same connection."""

    async def scenario(house: House) -> None:
        origin = await house.origin()
        client, second = await client_of(house, origin, refill=False), await client_of(house, origin)
        first, other = client.ask(origin, "/first"), second.ask(origin, "/other")
        server = await server_of(origin)
        await server.asked(2)
        await client.round_trip()  # who says something while the record is full is not read any more
        ids = {bytes(got.get(b":path") or b""): id for id, got in server.streams.items()}
        house.sink.full = True
        server.say(ids[b"/first"])
        server.send(ids[b"/first"], b"something")
        await client.until(lambda: client.got(first).data)
        (connection,) = [
            each.connection for each in house.service.servers._http2[next(iter(house.service.servers._http2))]
        ]
        assert connection.gate._reasons == RECORD_FULL and house.sink.waiting
        client.peer.close()
        await until(lambda: len(house.service.connections) == 1, "the client to be gone")
        server.say(ids[b"/other"], b"all of it")
        house.sink.make_room()
        assert (await second.answer(other)).data == b"all of it"
        assert not connection.gate._reasons
        await house.recorded(2)

    play(scenario)


# Ends


@BOTH
def test_an_answer_before_the_request_is_whole(play: Play, client_h2: bool, server_h2: bool) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        answering = Answering(house, origin, server_h2)
        asking = await Asking(house, origin, client_h2).begin()
        await answering.begin()
        asking.body(b"some")
        await answering.has(b"some")
        answering.say(413, b"too large")
        assert await asking.answer() == (413, b"too large")
        asking.body(b"the rest")
        asking.end()
        await answering.has_end()
        await house.recorded()
        assert house.sink.last.exchange.summary.state == "done"
        assert house.sink.last.request == b"somethe rest"

    play(scenario)


@pytest.mark.parametrize("code", [NO_ERROR, CANCEL, INTERNAL])
@pytest.mark.parametrize("end", ["reset", "close"])
@pytest.mark.parametrize("client_h2", [False, True])
def test_a_whole_answer_stays_whole(play: Play, client_h2: bool, end: str, code: int) -> None:
    """Whatever the server does behind it: it needs no more of the request (RFC 9113 8.1)."""

    async def scenario(house: House) -> None:
        origin = await house.origin()
        answering = Answering(house, origin, True)
        asking = await Asking(house, origin, client_h2).begin()
        await answering.begin()
        answering.say(413, b"too large")
        if end == "reset":
            answering.h2.reset(answering.stream, code)
        else:
            answering.h2.peer.close()
        assert await asking.answer() == (413, b"too large")
        if client_h2:
            await asking.h2.until(lambda: asking.h2.got(asking.stream).reset == NO_ERROR, "the reset")
        await house.recorded()
        summary = house.sink.last.exchange.summary
        assert (summary.state, summary.status) == ("done", 413)

    play(scenario)


@pytest.mark.parametrize("code", [INTERNAL, CANCEL, 0xB, 0x77])
@pytest.mark.parametrize("begun", [False, True])
def test_the_server_resets(play: Play, code: int, begun: bool) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await client_of(house, origin)
        stream = client.ask(origin)
        server = await server_of(origin)
        asked = await server.asked()
        if begun:
            server.say(asked)
            server.send(asked, b"half")
        server.reset(asked, code)
        got = await client.answer(stream)
        assert got.reset == code
        await house.recorded()
        summary = house.sink.last.exchange.summary
        assert (summary.state, summary.error_kind) == ("failed", "stream_reset")

    play(scenario)


@pytest.mark.parametrize("server_h2", [False, True])
@pytest.mark.parametrize("when", ["connecting", "asked", "answered", "done"])
@pytest.mark.parametrize("how", ["reset", "close", "goaway", "abort"])
def test_the_client_leaves(play: Play, when: str, how: str, server_h2: bool) -> None:
    """In every state: one record, closed once, and nothing left at the server."""

    async def scenario(house: House) -> None:
        origin = await house.origin()
        answering = Answering(house, origin, server_h2)
        client = await client_of(house, origin)
        stream = client.ask(origin, "/", "POST", end=False)
        client.send(stream, b"some")
        if when == "connecting":
            await until(lambda: house.sink.all, "the request")
        else:
            await answering.begin()
            await answering.has(b"some")
        if when == "answered" and server_h2:
            answering.h2.say(answering.stream)
            await client.until(lambda: client.got(stream).fields)
        elif when == "answered":
            answering.h1.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            await client.until(lambda: client.got(stream).data == b"half")
        elif when == "done":
            answering.say(200, b"all")
            await client.until(lambda: client.got(stream).ended)
        if how == "reset":
            client.reset(stream, CANCEL)
        elif how == "goaway":
            client.leave(0, INTERNAL)
            client.peer.close()
        else:
            getattr(client.peer, how if how == "close" else "reset")()
        await house.recorded()
        summary = house.sink.last.exchange.summary
        assert summary.state == ("done" if when == "done" else "failed")
        if server_h2 and when != "connecting":
            got = answering.h2.got(answering.stream)
            await answering.h2.until(lambda: got.reset is not None, "the reset at the server")
            assert got.reset in (CANCEL, NO_ERROR)
            assert not answering.h2.peer.ended, "the connection is for others too"

    play(scenario)


@pytest.mark.parametrize("end", [True, False])
def test_what_fails_at_once(play: Play, monkeypatch: pytest.MonkeyPatch, end: bool) -> None:
    """Inside ``begin``, before the stream has been told its end."""

    async def scenario(house: House) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise Refused("Not this one.")

        origin = await house.origin()
        monkeypatch.setattr(house.service.servers, "take", refuse)
        client = await client_of(house, origin)
        streams = [client.ask(origin, "/", "POST", end=end) for _ in range(3)]
        for stream in streams:
            got = await client.answer(stream)
            assert (got.status, got.ended) == (403, True)
            if not end:
                await client.until(lambda: got.reset == NO_ERROR)  # noqa: B023
        await house.recorded(3)
        assert not sessions(house)[0].running

    play(scenario)


def test_what_is_left_of_a_request_that_failed_is_let_in(play: Play) -> None:
    """A client that is held would never come to read the answer, which is larger than its window."""

    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await client_of(house, origin, refill=False)
        stream = client.ask(origin, "/", "POST", end=False)
        server = await server_of(origin, refill=False)
        asked = await server.asked()
        left = await poured(client, stream, LARGE, server)
        assert left
        server.say(asked)
        await poured(server, asked, WINDOW + 10_000, client)
        server.h2.reset_stream(asked, NO_ERROR)
        server.flush()
        await house.recorded()
        client.step()
        assert house.sink.last.response == bytes(WINDOW + 10_000)
        await client.until(lambda: client.h2.local_flow_control_window(stream) > 0, "a window for the rest")
        client.peer.close()

    play(scenario)


# GOAWAY


def test_goaway_of_the_server(play: Play) -> None:
    """Streams above its last one are asked again on one new connection, if nothing of their bodies was passed on."""

    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await client_of(house, origin)
        streams = [client.ask(origin, f"/{number}") for number in range(10)]
        upload = client.ask(origin, "/upload", "POST", end=False)
        client.send(upload, b"some")
        server = await server_of(origin)
        await server.asked(11)
        await server.until(lambda: any(got.data for got in server.streams.values()))
        first = next(iter(server.streams))
        server.leave(first)
        again = await server_of(origin)
        await again.asked(9)
        for id in list(again.streams):
            again.say(id, b"again")
        assert (await client.answer(upload)).reset == REFUSED
        for stream in streams[1:]:
            assert (await client.answer(stream)).data == b"again"
        assert not client.got(streams[0]).over
        server.peer.close()
        # It may have been looked at: a GET may be asked again all the same (RFC 9110 9.2.2).
        third = await server_of(origin)
        third.say(await third.asked(), b"again")
        assert (await client.answer(streams[0])).data == b"again"
        await house.recorded(11)
        assert len(origin.peers) == 3

    play(scenario)


def test_drain(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client, idle = await client_of(house, origin), await client_of(house, origin)
        await idle.round_trip()
        stream = client.ask(origin)
        server = await server_of(origin)
        asked = await server.asked()
        house.service.draining = True
        for connection in list(house.service.connections):
            connection.drain()
        await idle.until(lambda: idle.peer.ended and idle.goaway == (0, NO_ERROR))
        await client.until(lambda: client.goaway == (stream, NO_ERROR))
        server.say(asked, b"the last one")
        await client.until(lambda: client.got(stream).data == b"the last one" and client.peer.ended)
        await house.recorded()
        assert house.sink.last.exchange.summary.state == "done"

    play(scenario)


def test_abort(play: Play) -> None:
    async def scenario(house: House) -> None:
        origin = await house.origin()
        client = await client_of(house, origin)
        for number in range(5):
            client.ask(origin, f"/{number}", "POST", end=False)
        server = await server_of(origin)
        server.say(await server.asked(5))
        house.service.abort()
        await house.recorded(5)
        assert {recorded.exchange.summary.error_kind for recorded in house.sink.all} == {"interrupted"}
        await server.until(lambda: server.peer.ended and server.goaway)

    play(scenario)
