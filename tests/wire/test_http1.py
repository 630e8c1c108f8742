"""Messages as streams: pieces cut anywhere give the same events, pipelines wait, bodies end where they should."""

from __future__ import annotations

import random
import time

import pytest
from fuzz.http1 import SEEDS, check, mutated
from hypothesis import example, given
from hypothesis import strategies as st
from tests.wire.events import Events, cut, requests, response

from wireglass.errors import BadResponse, ProtocolError, UpstreamClosed
from wireglass.wire.chunked import MAX_CHUNK_LINE, ChunkedDecoder
from wireglass.wire.head import MAX_HEAD
from wireglass.wire.http1 import RequestParser, ResponseParser

CHUNKED = b"POST http://a/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
PLACES = st.lists(st.integers(0, 100_000), max_size=12)


def chunked(body: bytes) -> Events:
    return requests([CHUNKED + body])


def test_pipelined_requests_wait_for_proceed() -> None:
    events = Events()
    parser = RequestParser(events)
    parser.feed(b"POST http://a/1 HTTP/1.1\r\nContent-Length: 2\r\n\r\nhiGET http://a/2 HTTP/1.1\r\n\r\nGET http://a/3")
    assert events.kinds == ["head", "body", "end"]
    assert parser.ended and parser.held
    parser.proceed()
    assert events.kinds == ["head", "body", "end", "head", "end"]
    parser.proceed()
    assert not parser.ended and not parser.idle
    parser.proceed()
    parser.feed(b" HTTP/1.1\r\n\r\n")
    assert events.kinds == ["head", "body", "end", *["head", "end"] * 2]
    parser.proceed()
    assert parser.idle


def test_what_follows_the_last_request_can_be_taken() -> None:
    parser = RequestParser(Events())
    parser.feed(b"CONNECT a:1 HTTP/1.1\r\n\r\n\x16\x03")
    parser.feed(b"\x01")
    assert parser.rest() == b"\x16\x03\x01"
    assert parser.rest() == b""


def test_empty_lines_before_a_request_are_ignored() -> None:
    data = b"\r\n\r\nGET http://a/ HTTP/1.1\r\n\r\n"
    assert requests([data]).kinds == ["head", "end"]
    assert requests([bytes([byte]) for byte in data * 2]).kinds == ["head", "end"] * 2


def test_a_hundred_thousand_empty_lines_are_cheap() -> None:
    """Cutting them off one by one once copied the rest each time."""
    begun = time.process_time()
    assert requests([b"\r\n" * 500_000]).told == []
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"0\r\n\r\n", b""),
        (b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
        (b'5;name=value;q="a b"\r\nhello\r\n000\r\n\r\n', b"hello"),
        (b"A\r\n0123456789\r\n1 ;x\r\na\r\n0\r\n\r\n", b"0123456789a"),
    ],
)
def test_chunks(body: bytes, expected: bytes) -> None:
    events = chunked(body)
    assert events.error is None
    assert events.bodies == expected
    assert events.kinds[-1] == "end"


def test_trailers_are_told_at_the_end() -> None:
    assert chunked(b"0\r\nA: b\r\nC: d\r\n\r\n").told[-1] == ("end", ((b"A", b"b"), (b"C", b"d")))


@pytest.mark.parametrize(
    "body",
    [
        b"\r\n",
        b"g\r\n",
        b"-1\r\n",
        b"+1\r\n",
        b"0x1\r\n",
        b" 1\r\na\r\n",
        b"1\na\r\n0\r\n\r\n",
        b"1\rX",
        b"1 1\r\n",
        b"1;a\x00\r\n",
        b"1;a\rb\r\n",
        b"1;a\nb\r\n",
        b"1" * 16 + b"\r\n",
        b"1;" + b"x" * MAX_CHUNK_LINE,
        b"1\r\nab",
        b"1\r\na\n0\r\n\r\n",
        b"1\r\na\r0\r\n\r\n",
        b"0\r\n folded\r\n\r\n",
        b"0\r\nA : b\r\n\r\n",
        b"0\r\nA: b\nC: d\r\n\r\n",
        b"0\r\nA: " + b"x" * (MAX_HEAD + 1),
        b"0\r\nA: " + b"x" * MAX_HEAD + b"\r\n\r\n",
    ],
)
def test_chunks_that_are_refused(body: bytes) -> None:
    """Of requests. What is accepted of responses is in tests/wire/cases.py."""
    assert type(chunked(body).error) is ProtocolError


@pytest.mark.parametrize(
    "body",
    [
        b"1\rX",
        b"1 1\r\n",
        b"1" * 16 + b"\r\n",
        b"1;" + b"x" * MAX_CHUNK_LINE,
        b"1\r\nab",
        b"1\r\na\r0\r\n\r\n",
        b"0\r\nA: " + b"x" * (MAX_HEAD + 1),
        b"0\r\nA: " + b"x" * MAX_HEAD + b"\r\n\r\n",
    ],
)
def test_chunks_that_are_refused_of_responses_too(body: bytes) -> None:
    data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body
    assert type(response([data], closed=False).error) is BadResponse
    pieces = [data[at : at + 977] for at in range(0, len(data), 977)]
    assert type(response(pieces, closed=False).error) is BadResponse


def test_the_chunk_line_limit_does_not_depend_on_the_cut() -> None:
    for size in (MAX_CHUNK_LINE - 4, MAX_CHUNK_LINE - 3, MAX_CHUNK_LINE - 2):
        body = b"1;" + b"x" * (size - 1) + b"\r\na\r\n0\r\n\r\n"
        whole = chunked(body)
        assert whole.error is None if size < MAX_CHUNK_LINE - 2 else whole.error is not None
        for place in (1, size, size + 1, size + 2, size + 3, size + 4):
            assert type(requests([CHUNKED, *cut(body, [place])]).error) is type(whole.error)


@pytest.mark.parametrize("size", [MAX_HEAD - 1, MAX_HEAD, MAX_HEAD + 1])
def test_the_head_limit_does_not_depend_on_the_cut(size: int) -> None:
    start = b"GET http://a/ HTTP/1.1\r\nA: "
    data = start + b"x" * (size - len(start)) + b"\r\n\r\n"
    whole = requests([data])
    assert (whole.error is None) is (size <= MAX_HEAD)
    for place in (1, size - 1, size, size + 1, size + 2, size + 3):
        assert type(requests(cut(data, [place])).error) is type(whole.error)


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\nHost: a\n\n", b"GET / HTTP/1.1\r\nHost: a\n\r\n"])
def test_a_head_with_bare_line_feeds_is_refused_at_its_end(data: bytes) -> None:
    """Not left waiting for a CR LF CR LF that will never come."""
    for pieces in ([data], [bytes([byte]) for byte in data]):
        error = requests(pieces).error
        assert error is not None and "bare LF" in error.message


@pytest.mark.parametrize("method", [b"HEAD", b"GET"])
def test_responses_without_body(method: bytes) -> None:
    for status in (204, 304) if method == b"GET" else (200, 404):
        head = b"HTTP/1.1 %d X\r\nContent-Length: 100\r\n\r\n" % status
        assert response([head], method).kinds == ["head", "end"]


def test_informational_responses_come_first() -> None:
    early = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"
    assert response([early + b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]).kinds == [
        "informational",
        "informational",
        "head",
        "end",
    ]


def test_a_long_row_of_informational_responses_does_not_recurse() -> None:
    data = b"HTTP/1.1 103 Hints\r\n\r\n" * 256 + b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    assert len(response([data]).told) == 258
    error = response([b"HTTP/1.1 103 Hints\r\n\r\n" + data]).error
    assert error is not None and "More than 256" in error.message


def test_leniency_takes_linear_time() -> None:
    for head in (
        b"HTTP/1.1 200 OK\nA: b" + b"\n c" * 60_000 + b"\n\n",
        b"HTTP/1.1 200 OK\n" + b"A : b\n" * 30_000 + b"\n",
        b"HTTP/1.1 200 OK\nA:" + b" " * 200_000 + b"\x01\n\n",
        b"HTTP/1.1 " + b" " * 200_000 + b"\n\n",
        b"HTTP/1.1 200 OK\r\nA" + b"\r" * 200_000 + b": b\r\n\r\n",
    ):
        begun = time.process_time()
        events = response([head + b"x"])
        assert events.kinds == ["head", "body", "end"] or events.error is not None
        response([head[at : at + 100] for at in range(0, len(head), 100)])
        assert time.process_time() - begun < 1


def test_101_ends_http() -> None:
    events = Events()
    parser = ResponseParser()
    parser.begin(events, b"GET")
    parser.feed(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nbytes of x")
    assert events.kinds == ["head", "end"]
    assert parser.rest() == b"bytes of x"


def test_what_follows_a_response_is_held() -> None:
    parser = ResponseParser()
    parser.begin(Events(), b"GET")
    parser.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1")
    assert parser.done and parser.held == len(b"HTTP/1.1")
    parser.eof()


@pytest.mark.parametrize(
    "before",
    [b"HTTP/1.1 20", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", b"HTTP/1.1 200 OK\r\n\r\na"],
)
def test_a_parser_that_is_begun_again_has_forgotten_everything(before: bytes) -> None:
    parser = ResponseParser()
    parser.begin(Events(), b"GET")
    parser.feed(before)
    events = Events()
    parser.begin(events, b"GET")
    assert parser.head is None and not parser.held and not parser.done
    parser.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n")
    assert events.kinds == ["head", "body", "end"]


def test_the_close_ends_a_body_without_length() -> None:
    events = response([b"HTTP/1.1 200 OK\r\n\r\nall", b" of it"])
    assert events.bodies == b"all of it"
    assert events.kinds == ["head", "body", "end"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "without a response"),
        (b"HTTP/1.1 200", "inside the response head"),
        (b"HTTP/1.1 103 X\r\n\r\n", "without a response"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", "2 bytes"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "chunked"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "chunked"),
    ],
)
def test_a_close_too_early_is_named(data: bytes, message: str) -> None:
    with pytest.raises(UpstreamClosed, match=message):
        response([data] if data else [])


def test_the_decoder_tells_what_lies_behind_the_body() -> None:
    decoder = ChunkedDecoder(None)
    assert decoder.feed(b"3\r\nabc\r\n0\r\n\r\nGET") == ([b"abc"], b"GET")
    assert decoder.trailers == []


TOKEN = st.text("abcXYZ-09", min_size=1, max_size=8).map(str.encode)
VALUE = st.binary(max_size=20).map(lambda raw: bytes(byte for byte in raw if byte >= 32 and byte != 127).strip())
FIELDS = st.lists(st.tuples(TOKEN.map(b"X-".__add__), VALUE), max_size=4)


def lines(fields: list[tuple[bytes, bytes]]) -> bytes:
    return b"".join(b"%b: %b\r\n" % field for field in fields)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """The framing fields, the end of the head and the body."""
    if draw(st.booleans()):
        body = draw(st.binary(max_size=60))
        return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    chunks = draw(st.lists(st.binary(min_size=1, max_size=30), max_size=4))
    extension = draw(st.sampled_from([b"", b";a=b", b';a="b c"']))
    data = b"".join(b"%x%b\r\n%b\r\n" % (len(chunk), extension, chunk) for chunk in chunks)
    return b"Transfer-Encoding: chunked\r\n\r\n" + data + b"0\r\n" + lines(draw(FIELDS)) + b"\r\n"


@st.composite
def request_streams(draw: st.DrawFn, methods: st.SearchStrategy[bytes] = TOKEN, empty_lines: bool = True) -> bytes:
    stream = b""
    for _ in range(draw(st.integers(1, 4))):
        stream += draw(st.sampled_from([b"", b"\r\n"])) if empty_lines else b""
        stream += b"%b http://a.example/%b HTTP/1.1\r\nHost: a.example\r\n" % (draw(methods), draw(TOKEN))
        stream += lines(draw(FIELDS)) + draw(bodies())
    return stream


@st.composite
def response_streams(draw: st.DrawFn) -> bytes:
    stream = b"HTTP/1.1 103 Early\r\n" + lines(draw(FIELDS)) + b"\r\n" if draw(st.booleans()) else b""
    stream += b"HTTP/1.%d %d Reason\r\n" % (draw(st.integers(0, 1)), draw(st.integers(200, 599))) + lines(draw(FIELDS))
    return stream + draw(st.one_of(bodies(), st.binary(max_size=40).map(b"\r\n".__add__)))


@given(request_streams(), PLACES)
def test_requests_cut_anywhere(stream: bytes, places: list[int]) -> None:
    whole = requests([stream])
    assert whole.error is None and whole.kinds.count("end") == whole.kinds.count("head") >= 1
    assert requests([bytes([byte]) for byte in stream]).told == whole.told
    assert requests(cut(stream, places)).told == whole.told


@given(response_streams(), st.sampled_from([b"GET", b"HEAD"]), PLACES)
def test_responses_cut_anywhere(stream: bytes, method: bytes, places: list[int]) -> None:
    whole = response([stream], method)
    assert whole.error is None and whole.kinds[-1] == "end"
    assert response([bytes([byte]) for byte in stream], method).told == whole.told
    assert response(cut(stream, places), method).told == whole.told


@given(st.sampled_from(SEEDS), st.integers(0, 2**32), PLACES)
@example(SEEDS[0], 0, [])
def test_mutated_messages_cut_anywhere(seed: bytes, number: int, places: list[int]) -> None:
    """The same kind of error, or none; what was told before an error is a beginning of what the whole tells."""
    data = mutated(seed, random.Random(number))
    read = response if data.startswith(b"HTTP") else requests
    outcomes: list[tuple[type, object]] = []
    for pieces in ([data] if data else [], cut(data, places), [bytes([byte]) for byte in data]):
        try:
            events = read(pieces)
            outcomes.append((type(events.error), events.told if events.error is None else None))
        except UpstreamClosed as error:
            outcomes.append((type(error), None))
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_the_fuzz_target_for_a_moment() -> None:
    end = time.monotonic() + 1
    number = 0
    while time.monotonic() < end:
        check(number)
        number += 1
    assert number
