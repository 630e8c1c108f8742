"""A connection to a server that speaks HTTP/2, and the exchanges that share it."""

from __future__ import annotations

import itertools

import pytest
from tests.net.conftest import Run
from tests.net.test_servers import Asker, House, ask
from tests.proxy.http2_peer import WINDOW, Http2Peer, Setting, server_of
from tests.proxy.peer import until

from wireglass.errors import BadResponse
from wireglass.net import PEER_BLOCKED, RECORD_FULL, WAITING, Seen
from wireglass.net.http2_stream import Http2Stream


async def opened(house: House, **options: object) -> tuple[Http2Stream, Http2Peer]:
    task = house.connect()
    server = await server_of(house.origin, **options)  # type: ignore[arg-type]
    stream = await task
    assert isinstance(stream, Http2Stream)
    await server.round_trip()
    return stream, server


def another(house: House) -> Http2Stream:
    stream = house.servers.take(house.route, lambda *_: None, http2=True, repeatable=True)
    assert isinstance(stream, Http2Stream)
    return stream


@pytest.mark.parametrize("reasons", list(itertools.permutations((PEER_BLOCKED, WAITING))))
def test_what_came_while_held_is_given_back_once(run: Run, reasons: tuple[int, ...]) -> None:
    async def main() -> None:
        async with House() as house:
            stream, server = await opened(house)
            asker = ask(stream)
            asked = await server.asked()
            for reason in reasons:
                stream.hold(reason)
                stream.hold(reason)
            server.say(asked)
            before = server.h2.local_flow_control_window(asked)
            size = 2**18  # a quarter of the window is what is given back at a time
            server.send(asked, bytes(size))
            await server.round_trip()
            await until(lambda: sum(len(told) for told in asker.told if isinstance(told, bytes)) == size)
            for reason in reasons:
                assert server.h2.local_flow_control_window(asked) == before - size
                stream.release(reason)
                await server.round_trip()
            stream.release(reasons[0])
            await server.round_trip()
            assert server.h2.local_flow_control_window(asked) == before
            stream.cancel()

    run(main())


def test_a_stream_that_ends_while_it_is_held(run: Run) -> None:
    async def main() -> None:
        async with House() as house:
            stream, server = await opened(house)
            asker = ask(stream)
            stream.hold(PEER_BLOCKED)
            server.say(await server.asked(), b"all of it")
            await until(lambda: "end" in asker.told)
            stream.leave(request_done=True)
            stream.release(PEER_BLOCKED)
            other = another(house)
            asker = ask(other)
            server.say(await server.asked(2), b"next")
            await until(lambda: asker.told == [200, b"next", "end"])

    run(main())


def test_a_full_record_stops_the_connection(run: Run) -> None:
    """Each of hundreds of streams could still fill its window."""

    async def main() -> None:
        async with House() as house:
            stream, server = await opened(house)
            other = another(house)
            first, second = ask(stream), ask(other)
            await server.asked(2)
            ids = list(server.streams)
            stream.hold(RECORD_FULL)
            server.say(ids[1], b"late")
            server.say(ids[0], b"later")
            stream.cancel()
            assert not first.told and not second.told
            assert stream.connection.gate._reasons == RECORD_FULL
            stream.release(RECORD_FULL)
            await until(lambda: second.told == [200, b"late", "end"])
            assert not first.told

    run(main())


def test_a_body_waits_for_the_window(run: Run) -> None:
    async def main() -> None:
        async with House() as house:
            stream, server = await opened(house, refill=False)
            asker = ask(stream, method=b"POST", ended=False)
            asked = await server.asked()
            for _ in range(3):
                stream.body(bytes(WINDOW))
            stream.end([(b"x-sum", b"1"), (b"content-length", b"9")])
            assert asker.told[-1] == "blocked" and stream.unsent() == 2 * WINDOW
            await server.until(lambda: len(server.got(asked).data) == WINDOW)
            server.h2.increment_flow_control_window(2**20)
            server.h2.increment_flow_control_window(2**20, asked)
            server.flush()
            got = server.got(asked)
            await server.until(lambda: got.ended)
            assert len(got.data) == 3 * WINDOW
            assert got.trailers == [(b"x-sum", b"1")], "none that could be taken for one of the head"
            assert asker.told[-1] == "free" and not stream.unsent()
            stream.cancel()

    run(main())


def test_a_connection_that_takes_nothing(run: Run) -> None:
    """The server's socket is full: nothing is written, and all of it arrives once it reads again."""

    async def main() -> None:
        async with House() as house:
            stream, server = await opened(house)
            asker = ask(stream, method=b"POST", ended=False)
            asked = await server.asked()
            server.h2.increment_flow_control_window(2**28)
            server.h2.increment_flow_control_window(2**28, asked)
            await server.round_trip()
            server.peer.transport.pause_reading()
            size = 0
            while "blocked" not in asker.told:
                assert size < 100_000_000
                stream.body(bytes(100_000))
                size += 100_000
                await until(lambda: not stream._session._flushes)
            other = another(house)
            quick = ask(other)
            server.peer.transport.resume_reading()
            await server.until(lambda: len(server.got(asked).data) == size)
            server.say(await server.asked(2), b"quick")
            await until(lambda: "end" in quick.told)
            assert asker.told[-1] == "free"
            stream.cancel()
            other.leave(request_done=True)

    run(main())


@pytest.mark.parametrize(
    ("code", "seen"), [(0x7, Seen.NO), (0xD, Seen.NO), (0x8, Seen.PERHAPS), (0x0, Seen.PERHAPS), (0x2, Seen.PERHAPS)]
)
def test_a_reset(run: Run, code: int, seen: Seen) -> None:
    async def main() -> None:
        async with House() as house:
            stream, server = await opened(house)
            asker = ask(stream)
            server.reset(await server.asked(), code)
            await until(lambda: asker.told)
            assert asker.told == [seen]
            stream.cancel()  # whoever was told may still say so

    run(main())


@pytest.mark.parametrize("code", [0x0, 0x2, 0x7, 0x8, 0xD])
def test_a_reset_behind_the_whole_response(run: Run, code: int) -> None:
    async def main() -> None:
        async with House() as house:
            stream, server = await opened(house)
            asker = ask(stream, method=b"POST", ended=False)
            asked = await server.asked()
            server.say(asked, b"all")
            server.reset(asked, code)
            await until(lambda: "ended" in asker.told)
            assert asker.told == [200, b"all", "end", "ended"]
            stream.leave(request_done=False)
            assert asker.told[-1] == "ended"

    run(main())


def test_a_second_chance_needs_a_kept_connection(run: Run) -> None:
    """RFC 9112 9.3.1: one that is closed in answer to its first request has perhaps been told what it asked for."""

    async def main() -> None:
        async with House() as house:
            stream, server = await opened(house)
            asker = ask(stream)
            await server.asked()
            server.peer.close()
            await until(lambda: asker.told)
            assert asker.told == [Seen.PERHAPS]
            stream, server = await opened(house)
            first = ask(stream)
            server.say(await server.asked(), b"one")
            await until(lambda: "end" in first.told)
            stream.leave(request_done=True)
            asker = ask(another(house))
            await server.asked(2)
            server.peer.close()
            await until(lambda: asker.told)
            assert asker.told == [Seen.HARDLY]

    run(main())


def test_no_stream_is_left(run: Run) -> None:
    """The server allows none: it has not looked at what was never sent."""

    async def main() -> None:
        async with House() as house:
            stream, server = await opened(house, settings={Setting.MAX_CONCURRENT_STREAMS: 0})
            asker = ask(stream)
            await until(lambda: asker.told)
            assert asker.told == [Seen.NO] and not server.streams

    run(main())


def test_a_websocket_for_a_server_that_takes_none(run: Run) -> None:
    """It would be an error of the whole connection to some, and of others' requests."""

    async def main() -> None:
        async with House() as house:
            stream, server = await opened(house)
            asker = ask(stream, (b":protocol", b"websocket"), method=b"CONNECT", ended=False)
            await until(lambda: asker.told)
            assert asker.told == [Seen.PERHAPS] and not server.streams

    run(main())


def test_what_is_not_http2_ends_all_streams(run: Run) -> None:
    async def main() -> None:
        async with House() as house:
            stream, server = await opened(house)
            askers = [ask(stream), ask(another(house))]
            await server.asked(2)
            server.peer.send(b"HTTP/1.1 500 What?\r\n\r\n")
            await until(lambda: all(asker.told for asker in askers))
            assert [asker.told for asker in askers] == [[Seen.HARDLY]] * 2
            await server.until(lambda: server.goaway and server.peer.ended)

    run(main())


def test_a_response_that_is_no_http(run: Run) -> None:
    async def main() -> None:
        async with House() as house:
            stream, server = await opened(house)
            asker = ask(stream)
            server.say(await server.asked(), None, (b"location", b"/a"), (b"location", b"/b"))
            await until(lambda: asker.told)
            assert isinstance(asker.told[0], BadResponse)
            stream.cancel()
            assert isinstance(asker, Asker)

    run(main())
