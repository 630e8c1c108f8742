"""What a proxy tells arrives whole and in order, or lies in the spool."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.link.conftest import Play
from tests.link.ends import RUN, Ends, assembled
from tests.proxy.peer import until

from wireglass.link import Drain, client, spool_file
from wireglass.model import REQUEST, RESPONSE, TIMELINE, Certificate, Closed, Detail, Exchange, Opened, Part


def test_a_short_exchange_is_one_message(play: Play) -> None:
    async def scenario(ends: Ends) -> None:
        exchange = ends.open()
        ends.part(exchange, REQUEST, b"ab")
        ends.sink.changed(exchange)
        ends.part(exchange, RESPONSE, b"cd")
        ends.part(exchange, RESPONSE, b"ef")
        ends.end(exchange)
        await ends.sink.drained()
        (closed,) = ends.of(exchange)
        assert isinstance(closed, Closed)
        assert (closed.request, closed.response) == ([b"ab"], [b"cd", b"ef"])
        assert closed.summary == exchange.summary
        assert exchange.key == (RUN << 40) + 1
        (batch,) = ends.batches
        assert (batch.run, batch.seq, batch.sessions) == (RUN, 1, (3,))

    play(scenario)


def test_what_runs_longer_is_announced(play: Play) -> None:
    async def scenario(ends: Ends) -> None:
        begun = asyncio.get_running_loop().time()
        exchange = ends.open()
        ends.part(exchange, RESPONSE, b"first")
        await until(lambda: len(ends.of(exchange)) == 2)
        assert asyncio.get_running_loop().time() - begun > 0.9 * client._ANNOUNCE
        opened, part = ends.of(exchange)
        assert isinstance(opened, Opened) and opened.summary.state == "open" and opened.summary.response_size == 5
        assert isinstance(part, Part) and part.data == b"first"
        exchange.summary.status = 200
        exchange.detail.reason = b"OK"
        ends.sink.changed(exchange)
        await until(lambda: len(ends.of(exchange)) == 3)
        again = ends.of(exchange)[2]
        assert isinstance(again, Opened) and again.summary.status == 200
        assert msgspec.msgpack.decode(again.detail, type=Detail).reason == b"OK"
        ends.end(exchange)
        await ends.sink.drained()
        assert assembled(ends.messages, exchange.key)[2] == (b"", b"first")

    play(scenario)


def test_sizes_that_have_grown_are_told_although_nothing_follows(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_RETELL", 0.1)

    async def scenario(ends: Ends) -> None:
        exchange = ends.open()
        await until(lambda: ends.of(exchange))
        ends.part(exchange, RESPONSE, b"x" * 10)

        def told() -> int:
            return max(message.summary.response_size for message in ends.of(exchange) if isinstance(message, Opened))

        await until(lambda: told() == 10)
        ends.part(exchange, RESPONSE, b"x" * 300_000)
        await until(lambda: told() == 300_010)
        said = len(ends.of(exchange))
        other = ends.open()
        ends.end(other)
        await until(lambda: ends.of(other))
        assert len(ends.of(exchange)) == said
        ends.end(exchange)

    play(scenario)


def test_large_bodies_travel_in_parts(play: Play) -> None:
    async def scenario(ends: Ends) -> None:
        exchange = ends.open()
        data = bytes(range(256)) * 4096
        for size in (1, 100_000, 256 * 1024, 600_000):
            ends.part(exchange, RESPONSE, data[:size])
        ends.part(exchange, REQUEST, data)
        ends.end(exchange)
        await ends.sink.drained()
        expected = data[:1] + data[:100_000] + data[: 256 * 1024] + data[:600_000]
        assert assembled(ends.messages, exchange.key)[2] == (data, expected)
        assert ends.sink._held_bytes == 0

    play(scenario)


def test_the_body_limit(play: Play) -> None:
    async def scenario(ends: Ends) -> None:
        exchange, whole = ends.open(), ends.open()
        for _ in range(4):
            ends.part(exchange, RESPONSE, b"abc")
        ends.part(whole, RESPONSE, b"x" * 10)
        ends.end(exchange)
        ends.end(whole)
        await ends.sink.drained()
        (closed,), (other,) = ends.of(exchange), ends.of(whole)
        assert isinstance(closed, Closed) and isinstance(other, Closed)
        assert b"".join(closed.response) == b"abcabcabca"
        assert closed.response_kept == 10 and "10 of 12" in closed.response_note
        assert other.response_note == closed.request_note == ""

    play(scenario, body_limit=10)


def test_the_budget_and_room(play: Play) -> None:
    async def scenario(ends: Ends) -> None:
        ends.acknowledge = False
        exchange = ends.open()
        assert not ends.sink.full
        ends.part(exchange, RESPONSE, b"x" * 300_000)
        ends.part(exchange, RESPONSE, b"x" * 250_000)
        assert ends.sink.full
        called: list[int] = []
        ends.sink.when_room(lambda: called.append(1))
        ends.sink.when_room(lambda: called.append(2))
        await until(lambda: ends.batches)
        assert ends.sink.full and not called
        ends.end(exchange)
        ends.acknowledge = True
        await until(lambda: any(isinstance(message, Closed) for message in ends.messages))
        ends.ack()
        await until(lambda: called)
        assert called == [1, 2] and not ends.sink.full

    play(scenario, budget=500_000)


def test_what_is_not_acknowledged_goes_into_the_spool_and_out_of_it(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_PATIENCE", 0.03)

    async def scenario(ends: Ends) -> None:
        ends.acknowledge = False
        first = ends.open()
        ends.end(first)
        await until(lambda: len(ends.spooled()) == 1)
        assert ends.spooled() == ends.batches
        second = ends.open()
        ends.end(second)
        await until(lambda: len(ends.spooled()) == 2)
        assert [batch.seq for batch in ends.spooled()] == [1, 2]
        ends.server.ack(1)
        ends.server.ack(2)
        await until(lambda: not ends.spooled())
        third = ends.open()
        ends.end(third)
        await until(lambda: len(ends.spooled()) == 1)
        assert [batch.seq for batch in ends.spooled()] == [3]
        ends.ack()
        await ends.sink.drained()
        ends.close()
        assert not spool_file(ends.folder, RUN).exists()

    play(scenario)


def test_a_spool_that_never_gets_empty_is_written_anew(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_PATIENCE", 0.03)
    monkeypatch.setattr(client, "_SPOOL_BYTES", 100)

    async def scenario(ends: Ends) -> None:
        ends.acknowledge = False

        def spooled(count: int) -> bool:
            return len(ends.spooled()) == count

        for count in range(1, 4):
            ends.end(ends.open())
            await until(partial(spooled, count))
        ends.server.ack(2)
        await until(lambda: [batch.seq for batch in ends.spooled()] == [3])
        ends.end(ends.open())
        await until(lambda: [batch.seq for batch in ends.spooled()] == [3, 4])

    play(scenario)


def test_the_main_process_dies(play: Play) -> None:
    """Everything that was told is in the spool when ``on_lost`` is called, and what is told afterwards when closed."""

    async def scenario(ends: Ends) -> None:
        ends.acknowledge = False
        done, runs = ends.open(), ends.open()
        ends.part(runs, RESPONSE, b"abc")
        ends.end(done)
        ends.server.close()
        await until(lambda: ends.lost)
        messages = [message for batch in ends.spooled() for message in batch.messages]
        assert [type(message) for message in messages if not isinstance(message, Certificate)] == [Closed, Opened, Part]
        ends.part(runs, RESPONSE, b"def")
        ends.end(runs)
        late = ends.open()
        ends.end(late)
        async with asyncio.timeout(5):
            await ends.sink.drained()
        ends.close()
        messages = [message for batch in ends.spooled() for message in batch.messages]
        assert assembled(messages, runs.key)[2] == (b"", b"abcdef")
        assembled(messages, done.key)
        assembled(messages, late.key)
        assert ends.lost == 1

    play(scenario)


def test_closing_after_the_main_process_died_spools_the_ends(play: Play) -> None:
    async def scenario(ends: Ends) -> None:
        exchange = ends.open()
        ends.server.close()
        await until(lambda: ends.lost)
        ends.end(exchange)
        ends.close()
        assembled([message for batch in ends.spooled() for message in batch.messages], exchange.key)

    play(scenario)


@pytest.mark.parametrize("patience", [100.0, 0.03])
def test_traffic_goes_on_when_the_main_process_takes_nothing(
    play: Play, monkeypatch: pytest.MonkeyPatch, patience: float
) -> None:
    """With and without all of it being in the spool already; what was dropped is counted once it answers again."""
    monkeypatch.setattr(client, "_STALLED", 0.2)
    monkeypatch.setattr(client, "_PATIENCE", patience)

    async def scenario(ends: Ends) -> None:
        ends.acknowledge = False
        assert ends.server._transport is not None
        ends.server._transport.pause_reading()
        called: list[bool] = []
        count = 0
        while not ends.sink.full:
            exchange = ends.open()
            ends.part(exchange, RESPONSE, b"x" * 200_000)
            ends.end(exchange)
            count += 1
        ends.sink.when_room(lambda: called.append(True))
        await until(lambda: called)
        assert not ends.sink.full
        ends.acknowledge = True
        ends.server._transport.resume_reading()
        last = ends.open()
        ends.end(last)
        await until(lambda: ends.of(last))
        await ends.sink.drained()
        await until(lambda: ends.server.not_kept)
        kept = sum(isinstance(message, Closed) for message in ends.messages)
        assert kept + ends.server.not_kept == count + 1
        assert not ends.spooled()

    play(scenario, budget=4_000_000)


def test_certificates_and_control(play: Play) -> None:
    async def scenario(ends: Ends) -> None:
        ends.sink.certificate(b"hash", b"der")
        await ends.sink.drained()
        assert ends.messages == [Certificate(b"hash", b"der")]
        ends.server.drain(2.5)
        await until(lambda: ends.drained == [Drain(2.5)])

    play(scenario)


def test_drained_waits_for_the_acknowledgement(play: Play) -> None:
    async def scenario(ends: Ends) -> None:
        ends.acknowledge = False
        ends.end(ends.open())
        waiting = asyncio.get_running_loop().create_task(ends.sink.drained())
        await until(lambda: ends.batches)
        assert not waiting.done()
        ends.ack()
        await waiting

    play(scenario)


STEP = st.tuples(
    st.sampled_from(["open", "request", "response", "changed", "end", "turn", "ack"]),
    st.integers(0, 3),
    st.integers(1, 300_000),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEP, max_size=40))
def test_any_sequence_arrives_complete_and_in_order(play: Play, steps: list[tuple[str, int, int]]) -> None:
    async def scenario(ends: Ends) -> None:
        ends.acknowledge = False
        running: list[tuple[Exchange, tuple[bytearray, bytearray]]] = []
        everything: list[tuple[Exchange, tuple[bytearray, bytearray]]] = []
        for number, (what, which, size) in enumerate(steps):
            chosen = running[which % len(running)] if running else None
            if what == "open" or chosen is None:
                running.append((ends.open(f"/{number}"), (bytearray(), bytearray())))
                everything.append(running[-1])
            elif what in ("request", "response"):
                side = RESPONSE if what == "response" else REQUEST
                data = bytes([number % 256]) * size
                chosen[1][side].extend(data)
                ends.part(chosen[0], side, data)
            elif what == "changed":
                ends.sink.changed(chosen[0])
            elif what == "end":
                ends.end(chosen[0])
                running.remove(chosen)
            elif what == "turn":
                ends.sink._tick()
                await asyncio.sleep(0)
            elif ends.batches:
                ends.ack()
        for exchange, _ in running:
            ends.end(exchange)
        ends.acknowledge = True
        ends.sink._flush()
        await until(lambda: len(ends.batches) == ends.sink._seq)
        with contextlib.suppress(IndexError):
            ends.ack()
        await ends.sink.drained()
        assert [batch.seq for batch in ends.batches] == list(range(1, len(ends.batches) + 1))
        for exchange, bodies in everything:
            summary, _, arrived = assembled(ends.messages, exchange.key)
            assert summary == exchange.summary
            assert arrived == (bytes(bodies[0]), bytes(bodies[1]))
        assert ends.sink._held_bytes == ends.sink._bytes == ends.sink._unacked_bytes == 0

    play(scenario)


def test_marks_are_told_after_the_bytes_they_count(play: Play) -> None:
    """Else a reader would find a mark, look for its bytes, and take them for lost."""

    async def scenario(ends: Ends) -> None:
        exchange = ends.open()
        ends.part(exchange, RESPONSE, b"a" * 300_000)
        ends.part(exchange, TIMELINE, bytes(9))
        ends.part(exchange, REQUEST, b"b")
        ends.part(exchange, TIMELINE, bytes(9))
        await until(lambda: len(ends.of(exchange)) >= 5)
        parts = [message for message in ends.of(exchange) if isinstance(message, Part)]
        assert [part.side for part in parts] == [RESPONSE, RESPONSE, REQUEST, TIMELINE]
        ends.part(exchange, TIMELINE, bytes(9))
        ends.end(exchange)
        await ends.sink.drained()
        closed = ends.of(exchange)[-1]
        assert isinstance(closed, Closed)
        assert (closed.timeline, closed.timeline_kept, closed.timeline_note) == ([bytes(9)], 27, "")

    play(scenario)


def test_the_body_limit_is_none_of_the_timeline_which_has_its_own(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_TIMELINE_BYTES", 27)

    async def scenario(ends: Ends) -> None:
        exchange = ends.open()
        for number in range(5):
            ends.part(exchange, RESPONSE, b"0123456789")
            ends.part(exchange, TIMELINE, bytes([number]) * 9)
        ends.end(exchange)
        await ends.sink.drained()
        (closed,) = ends.of(exchange)
        assert isinstance(closed, Closed)
        assert closed.response_kept == 10 and "--body-limit" in closed.response_note
        assert b"".join(closed.timeline) == b"".join(bytes([number]) * 9 for number in range(3))
        assert closed.timeline_kept == 27 and "no times of what came after" in closed.timeline_note

    play(scenario, body_limit=10)


def test_a_change_of_sessions_comes_between_what_was_before_and_what_is_after(play: Play) -> None:
    """And is done when all of what was before has been handed over."""

    async def scenario(ends: Ends) -> None:
        before = ends.open("/before")
        ends.end(before)
        changed = ends.server.record((5, 6))
        await changed
        assert [batch.sessions for batch in ends.batches] == [(3,)]
        assert ends.of(before)
        after = ends.open("/after")
        ends.end(after)
        await ends.sink.drained()
        assert [batch.sessions for batch in ends.batches] == [(3,), (5, 6)]
        await ends.server.record(())  # nothing was there before it
        lost = ends.server.record((1,))
        ends.close()
        await lost  # nobody is left to wait for

    play(scenario)
