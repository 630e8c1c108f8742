from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from wireglass.content.stream import Messages, StreamMessage, messages, split_sides, splitter_for
from wireglass.content.timeline import Arrivals
from wireglass.model import REQUEST, RESPONSE, BodyRef, Detail, Headers, Record, Side, Summary

STARTED = 1_700_000_000.0
EVENTS = b"data: one\n\ndata: two\n\ndata: three\n\n"


def record(
    response: Headers | None = None, request: Headers | None = None, protocol: str = "http/1.1", state: str = "done"
) -> Record:
    summary = Summary("GET", "http://a/", "a", STARTED, protocol, state="open" if state == "open" else "done")
    detail = Detail(request_headers=request or [], response_headers=response or [], response_version="HTTP/1.1")
    return Record(summary, detail, BodyRef(), BodyRef())


def typed(type: bytes, coding: bytes = b"") -> Headers:
    headers = [(b"Content-Type", type)]
    return [*headers, (b"Content-Encoding", coding)] if coding else headers


SSE = record(typed(b"text/event-stream; charset=utf-8"))
WEBSOCKET = record(protocol="websocket")


def arrived(*parts: tuple[int, bytes, float]) -> tuple[bytes, bytes, bytes]:
    """The timeline and the two bodies of what came on a side so many seconds after the start."""
    arrivals, timeline, bodies = Arrivals(STARTED), b"", [b"", b""]
    for side, data, after in parts:
        timeline += arrivals.mark(side, len(data), STARTED + after)
        bodies[side] += data
    return timeline, bodies[0], bodies[1]


def after(message: StreamMessage) -> float | None:
    return None if message.time is None else round(message.time - STARTED, 3)


def test_a_message_has_the_time_of_its_last_byte() -> None:
    timeline, request, response = arrived(
        (RESPONSE, EVENTS[:5], 1), (RESPONSE, EVENTS[5:15], 2), (RESPONSE, EVENTS[15:], 3.5)
    )
    found = list(messages(SSE, timeline, [request], [response]))
    assert [(after(message), message.data) for message in found] == [(2, b"one"), (3.5, b"two"), (3.5, b"three")]
    assert [message.number for message in found] == [1, 2, 3]
    assert {(message.side, message.kind) for message in found} == {("response", "event")}


def test_both_sides_in_the_order_of_arrival() -> None:
    timeline, request, response = arrived(
        (REQUEST, b"\x81\x81\0\0\0\0a", 1),
        (RESPONSE, b"\x81\x01", 2),
        (REQUEST, b"\x81\x81\0\0\0\0c", 3),
        (RESPONSE, b"b\x81\x01d", 4),
    )
    found = list(messages(WEBSOCKET, timeline, [request], [response]))
    assert [(message.side, after(message), message.data) for message in found] == [
        ("request", 1, b"a"),
        ("request", 3, b"c"),
        ("response", 4, b"b"),
        ("response", 4, b"d"),
    ]


def test_bytes_without_marks_have_no_time() -> None:
    timeline, _, _ = arrived((RESPONSE, EVENTS[:11], 1))
    found = list(messages(SSE, timeline, [], [EVENTS]))
    assert [after(message) for message in found] == [1, None, None]


def test_marks_without_bytes_are_passed_over() -> None:
    """--body-limit has cut the body, and not the timeline."""
    timeline, _, response = arrived((RESPONSE, EVENTS[:11], 1), (RESPONSE, EVENTS[11:], 2))
    found = list(messages(SSE, timeline, [], [response[:11]]))
    assert [message.data for message in found] == [b"one"]


def _packed(coding: bytes) -> list[bytes]:
    """Each event flushed by itself, as a server does."""
    parts = [event + b"\n\n" for event in EVENTS.split(b"\n\n")[:-1]]
    if coding == b"br":
        packer = brotli.Compressor()
        return [packer.process(part) + packer.flush() for part in parts]
    if coding == b"zstd":
        stream = zstandard.ZstdCompressor().compressobj()
        return [stream.compress(part) + stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK) for part in parts]
    deflate = zlib.compressobj(wbits=31 if coding == b"gzip" else 15)
    return [deflate.compress(part) + deflate.flush(zlib.Z_SYNC_FLUSH) for part in parts]


@pytest.mark.parametrize("coding", [b"gzip", b"deflate", b"br", b"zstd"])
def test_content_codings_are_undone_as_they_come(coding: bytes) -> None:
    timeline, _, response = arrived(*((RESPONSE, part, number) for number, part in enumerate(_packed(coding), 1)))
    found = list(messages(record(typed(b"text/event-stream", coding)), timeline, [], [response]))
    assert [(after(message), message.data) for message in found] == [(1, b"one"), (2, b"two"), (3, b"three")]


def test_a_coding_on_top_of_another() -> None:
    data = gzip.compress(gzip.compress(EVENTS))
    found = list(messages(record(typed(b"text/event-stream", b"gzip, gzip")), b"", [], [data]))
    assert [message.data for message in found] == [b"one", b"two", b"three"]


def test_a_damaged_coding_is_said() -> None:
    timeline, _, response = arrived((RESPONSE, _packed(b"gzip")[0], 1), (RESPONSE, b"\xff" * 20, 2))
    found = list(messages(record(typed(b"text/event-stream", b"gzip")), timeline, [], [response]))
    assert [message.data for message in found] == [b"one", b""]
    assert "damaged" in found[-1].note


def test_an_unknown_coding_is_said() -> None:
    (only,) = messages(record(typed(b"text/event-stream", b"secret")), b"", [], [EVENTS])
    assert "unknown content coding 'secret'" in only.note


def test_what_has_no_messages() -> None:
    plain = record(typed(b"text/html"))
    assert splitter_for(plain) is None and split_sides(plain) == ()
    assert list(messages(plain, b"", [b"a"], [b"b"])) == []


@pytest.mark.parametrize(
    ("request_type", "response_type", "sides"),
    [
        (b"", b"text/event-stream", ("response",)),
        (b"application/x-ndjson", b"application/json", ("request",)),
        (b"application/jsonl", b"application/json-seq", ("request", "response")),
    ],
)
def test_the_sides_that_are_split(request_type: bytes, response_type: bytes, sides: tuple[Side, ...]) -> None:
    assert split_sides(record(typed(response_type), typed(request_type))) == sides


def test_json_lines_of_an_upload() -> None:
    found = list(messages(record(request=typed(b"application/x-ndjson")), b"", [b'{"a":1}\n{"b":2}\n'], [b"ok"]))
    assert [(message.side, message.kind, message.data) for message in found] == [
        ("request", "line", b'{"a":1}'),
        ("request", "line", b'{"b":2}'),
    ]


@given(st.lists(st.tuples(st.integers(1, 9), st.booleans()), max_size=30))
def test_live_reading_finds_the_same(steps: list[tuple[int, bool]]) -> None:
    """Whatever the steps in which the record grows, as long as bytes come before their marks."""
    parts: list[tuple[int, bytes, float]] = []
    at = 0
    for size, _ in steps:
        parts.append((RESPONSE, EVENTS[at : at + size], float(len(parts))))
        at += size
    parts = [part for part in parts if part[1]]
    timeline, _, response = arrived(*parts)
    splitter = splitter_for(SSE)
    assert splitter is not None
    stream = Messages(SSE, splitter)
    found: list[StreamMessage] = []
    there = 0
    for number in range(len(parts) + 1):
        last = number == len(parts)
        seen = timeline if last else timeline[: 9 * number + number % 9]  # a mark may be half there
        there = len(response) if last else min(len(response), there + 9)

        def read(side: Side, start: int, there: int = there) -> Iterator[bytes]:
            yield response[start:there] if side == "response" else b""

        marks = sum(len(part[1]) for part in parts[: len(seen) // 9])
        if marks > there:
            continue
        found += stream.more(seen[stream.timeline_read :], read, last=SSE if last else None)
    assert found == list(messages(SSE, timeline, [], [response]))


def test_what_was_not_kept_is_no_fault_of_the_sender() -> None:
    """With ``--body-limit`` the stream is cut in the record, and not on the wire."""
    timeline, _, response = arrived((RESPONSE, EVENTS[:20], 1))
    short = Record(SSE.summary, SSE.detail, BodyRef(), BodyRef(len(EVENTS), len(response)))
    for whole, note in (
        (SSE, "no empty line follows: browsers drop it"),
        (short, "cut off: the rest of the body is not kept"),
    ):
        one, two = messages(whole, timeline, [], [response])
        assert (one.note, two.note) == ("", note)
