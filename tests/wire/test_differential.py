"""Against h11 and httptools: equal on what is valid, and not more trusting than both on what is not."""

from __future__ import annotations

import contextlib
import random
import re
from collections.abc import Callable

import h11
import httptools
from fuzz.http1 import SEEDS, mutated
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.wire.events import Events, requests, response
from tests.wire.passed import by_h11 as response_by_h11
from tests.wire.passed import read
from tests.wire.test_http1 import request_streams, response_streams

from wireglass.errors import UpstreamClosed
from wireglass.wire.head import CHUNKED, UNTIL_CLOSE

# One message: method and target or status, fields by lower-case name, body, trailers.
Message = tuple[bytes, bytes, list[tuple[bytes, bytes]], bytes, list[tuple[bytes, bytes]]]


def by_ours(events: Events) -> list[Message]:
    messages: list[Message] = []
    start, body = b"", b""
    fields: list[tuple[bytes, bytes]] = []
    for kind, *rest in events.told:
        match kind, rest:
            case "head", [bytes() as method, bytes() as target, int(), tuple() as headers, int()]:
                start, fields, body = method + b" " + target, list(headers), b""
            case "head", [int() as status, bytes(), int(), tuple() as headers, int()]:
                start, fields, body = b"%d" % status, list(headers), b""
            case "body", [bytes() as data]:
                body += data
            case "end", [tuple() as trailers]:
                messages.append((b"", start, lower(fields), body, lower(list(trailers))))
    return messages


def lower(fields: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower(), value) for name, value in fields]


def by_h11(data: bytes, role: type[h11.CLIENT] | type[h11.SERVER], method: bytes = b"GET") -> list[Message]:
    """Requests where ``role`` is SERVER, else one response to ``method``. Raises h11.RemoteProtocolError."""
    messages: list[Message] = []
    read_by_h11(data, role, method, messages)
    return messages


def read_by_h11(data: bytes, role: type[h11.CLIENT] | type[h11.SERVER], method: bytes, messages: list[Message]) -> None:
    connection = h11.Connection(role, max_incomplete_event_size=1 << 20)
    if role is h11.CLIENT:
        connection.send(h11.Request(method=method, target="/", headers=[("Host", "a")]))
        connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    start, body = b"", b""
    fields: list[tuple[bytes, bytes]] = []
    ended = False
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Request):
            start, fields, body = event.method + b" " + event.target, list(event.headers), b""
        elif isinstance(event, h11.Response):
            start, fields, body = b"%d" % event.status_code, list(event.headers), b""
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            messages.append((b"", start, fields, body, list(event.headers)))
            if role is h11.CLIENT:
                return
            connection.send(h11.Response(status_code=200, headers=[("Content-Length", "0")]))
            connection.send(h11.EndOfMessage())
            if connection.our_state is h11.MUST_CLOSE or connection.their_state is h11.MUST_CLOSE:
                return
            connection.start_next_cycle()
        elif event is h11.NEED_DATA and not ended:
            ended = True
            if role is h11.CLIENT:
                connection.receive_data(b"")
        elif event in (h11.NEED_DATA, h11.PAUSED) or isinstance(event, h11.ConnectionClosed):
            return


class Httptools:
    """Trailers come as further headers."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.fields: list[tuple[bytes, bytes]] = []
        self.head = 0
        self.body = b""
        self.url = b""

    def on_message_begin(self) -> None:
        self.fields, self.body, self.url, self.head = [], b"", b"", 0

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name.lower(), value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        self.head = len(self.fields)

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        parser = self.parser
        start = (
            parser.get_method() + b" " + self.url
            if isinstance(parser, httptools.HttpRequestParser)
            else b"%d" % parser.get_status_code()
        )
        if not start.startswith(b"1"):
            self.messages.append((b"", start, self.fields[: self.head], self.body, self.fields[self.head :]))

    parser: httptools.HttpRequestParser | httptools.HttpResponseParser


def by_httptools(data: bytes, *, request: bool, told: Httptools | None = None) -> list[Message]:
    """Raises httptools.HttpParserError."""
    told = told or Httptools()
    told.parser = httptools.HttpRequestParser(told) if request else httptools.HttpResponseParser(told)
    with contextlib.suppress(httptools.HttpParserUpgrade):
        told.parser.feed_data(data)
    return told.messages


# httptools knows a list of methods only; h11 refuses empty lines before a request, which RFC 9112 2.2 lets pass.
KNOWN = (b"GET", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"CONNECT")
METHODS = st.sampled_from(KNOWN[:-1])


@given(request_streams(METHODS, empty_lines=False))
def test_valid_requests_read_the_same(stream: bytes) -> None:
    ours = by_ours(requests([stream]))
    assert ours
    assert ours == by_h11(stream, h11.SERVER)
    assert ours == by_httptools(stream, request=True)


@given(response_streams(), st.sampled_from([b"GET", b"HEAD"]))
def test_valid_responses_read_the_same(stream: bytes, method: bytes) -> None:
    ours = by_ours(response([stream], method))
    assert ours == by_h11(stream, h11.CLIENT, method)
    # httptools cannot be told of a HEAD, nor of the end of the connection.
    # And it waits for the body of a 304 that has Transfer-Encoding.
    bodiless = ours[0][1] in (b"204", b"304")
    if method == b"GET" and not bodiless and re.search(rb"\n(Content-Length: |Transfer-Encoding: )", stream):
        assert ours == by_httptools(stream, request=False)


def refused_by_both(data: bytes, *, request: bool, complete: int) -> bool:
    """Neither of them comes to the end of ``complete`` messages."""
    messages: list[Message] = []
    told = Httptools()
    with contextlib.suppress(h11.RemoteProtocolError):
        read_by_h11(data, h11.SERVER if request else h11.CLIENT, b"GET", messages)
    with contextlib.suppress(httptools.HttpParserError):
        by_httptools(data, request=request, told=told)
    return max(len(messages), len(told.messages)) < complete


# Why we come to the end of a message where neither of the others does.
EXPLAINED: tuple[Callable[[bytes, Events], bool], ...] = (
    # 101 ends HTTP. Whether the client asked for it is the exchange's business, and h11 was not told.
    lambda data, events: heads(events)[-1][1] == 101,
    # A transfer coding other than chunked ends with the connection (RFC 9112 6.3): it is passed on, not undone.
    lambda data, events: heads(events)[-1][-1] == UNTIL_CLOSE and b"transfer-encoding" in names(events),
    # An empty member of a list is passed over (RFC 9110 5.6.1.2), here for a response in front of chunked.
    lambda data, events: names(events).count(b"transfer-encoding") > 1 and heads(events)[-1][-1] == CHUNKED,
    # A length that frames nothing is not looked at.
    lambda data, events: heads(events)[-1][1] in (204, 304) and b"content-length" in names(events),
    # After Connection: close, or HTTP/1.0, the parser reads on; the connection does not.
    lambda data, events: len(heads(events)) > 1 and (b"close" in data.lower() or b"HTTP/1.0" in data),
    # A target that is not ASCII: browsers send it, and it is recorded and sent on as it is.
    lambda data, events: any(isinstance(head[2], bytes) and not head[2].isascii() for head in asked(events)),
    # A Host is missing where the target names the server (h11), or the method is in no list (httptools).
    lambda data, events: data.lower().count(b"\r\nhost:") < len(asked(events)),
    lambda data, events: any(head[1] not in KNOWN for head in asked(events)),
)


def passed_on_alike(data: bytes) -> bool:
    """Whether a response was read with leniency, and h11 reads the same in what we write for the client."""
    passed, parser, error = read(data, [])
    if error is not None or parser.head is None or parser.head.lenient is None:
        return False
    status, _, body, left = response_by_h11(passed.out)
    return (status, body, left) == (parser.head.status, passed.bodies, 0)


def asked(events: Events) -> list[tuple[object, ...]]:
    return [head for head in heads(events) if isinstance(head[1], bytes)]


def heads(events: Events) -> list[tuple[object, ...]]:
    return [event for event in events.told if event[0] == "head"]


def names(events: Events) -> list[bytes]:
    fields = heads(events)[-1][-2]
    assert isinstance(fields, tuple)
    return [name.lower() for name, _ in fields]


@settings(max_examples=400)
@given(st.sampled_from(SEEDS), st.integers(0, 2**32))
def test_nothing_is_complete_that_both_others_refuse(seed: bytes, number: int) -> None:
    data = mutated(seed, random.Random(number))
    request = not data.startswith(b"HTTP")
    try:
        events = requests([data]) if request else response([data])
    except UpstreamClosed:
        return
    complete = events.kinds.count("end")
    if complete and events.error is None and refused_by_both(data, request=request, complete=complete):
        if not request and passed_on_alike(data):
            return
        assert any(explains(data, events) for explains in EXPLAINED), data
