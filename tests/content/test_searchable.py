"""The text in which bodies are searched."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from wireglass.content.searchable import TEXT_LIMIT, searchable, searchable_sides
from wireglass.content.timeline import Arrivals
from wireglass.model import REQUEST, RESPONSE, BodyRef, Detail, Headers, Record, Side, Summary

JSON: Headers = [(b"Content-Type", b"application/json")]


def test_codings_and_charsets_are_undone() -> None:
    headers: Headers = [(b"Content-Type", b"text/plain; charset=iso-8859-15"), (b"Content-Encoding", b"gzip")]
    assert searchable(headers, [gzip.compress("Grüße für 5 €".encode("iso-8859-15"))]) == "Grüße für 5 €"
    assert searchable(JSON, [b'{"a": ', "\N{GRINNING FACE}".encode()]) == '{"a": \N{GRINNING FACE}'


def test_what_is_no_text_has_none() -> None:
    assert searchable([(b"Content-Type", b"image/png")], [b"\x89PNG\r\n\x1a\n\x00\x00"]) == ""
    assert searchable([(b"Content-Encoding", b"gzip")], [b"\x1f\x8b damaged"]) == ""
    assert searchable([], []) == ""


def test_the_start_of_a_large_one() -> None:
    bomb = gzip.compress(b"x" * (TEXT_LIMIT * 8))
    text = searchable([(b"Content-Encoding", b"gzip"), (b"Content-Type", b"text/plain")], [bomb])
    assert text == "x" * TEXT_LIMIT


@given(st.binary(max_size=300), st.sampled_from([b"gzip", b"br", b"zstd", b"deflate", b"identity", b"x"]))
def test_never_raises(data: bytes, coding: bytes) -> None:
    assert isinstance(searchable([(b"Content-Encoding", coding), *JSON], [data]), str)


def streamed(type: bytes, protocol: str, request: bytes, response: bytes) -> dict[Side, str]:
    summary = Summary("GET", "http://a.test/", "a.test", 1.0, protocol=protocol, type=type.decode(), state="done")
    detail = Detail(response_headers=[(b"Content-Type", type)])
    bodies = {"request": request, "response": response}
    arrivals = Arrivals(1.0)
    marks = b"".join(
        arrivals.mark(side, len(data), 2.0) for side, data in ((REQUEST, request), (RESPONSE, response)) if data
    )
    refs = [BodyRef(len(data), len(data)) for data in bodies.values()]

    def read(side: Side) -> Iterator[bytes]:
        yield bodies[side]

    return searchable_sides(Record(summary, detail, refs[0], refs[1]), read, lambda: marks)


def test_messages_are_lines() -> None:
    """Not their frames: a message may be split over several, and masked."""
    frames = b"\x01\x03one\x80\x03 da" + b"\x81\x03two"
    masked = b"\x81\x83\x01\x02\x03\x04" + bytes(a ^ b for a, b in zip(b"abc", b"\x01\x02\x03", strict=True))
    assert streamed(b"", "websocket", masked, frames) == {"request": "abc", "response": "one da\ntwo"}


def test_events() -> None:
    texts = streamed(b"text/event-stream", "http/1.1", b'{"ask": 1}', b"event: tick\ndata: first\n\ndata: second\n\n")
    assert texts["request"] == '{"ask": 1}'
    assert "tick" in texts["response"]
    assert "first\n" in texts["response"]
    assert "second" in texts["response"]


@given(st.binary(max_size=200), st.sampled_from([b"text/event-stream", b"application/x-ndjson", b"application/grpc"]))
def test_streams_never_raise(data: bytes, type: bytes) -> None:
    assert set(streamed(type, "http/2", data, data)) == {"request", "response"}
    assert set(streamed(b"", "websocket", data, data)) == {"request", "response"}
