"""Responses read as the proxy reads them, and written for a client; and what h11 makes of what was written."""

from __future__ import annotations

import h11
from tests.wire.events import Events, cut

from wireglass.errors import BadResponse, UpstreamClosed
from wireglass.model import Headers
from wireglass.wire.forward import chunk, forward_response, last_chunk, response_framing
from wireglass.wire.head import CHUNKED, ResponseHead
from wireglass.wire.http1 import ResponseParser


class Passed(Events):
    """Writes a response for an HTTP/1.1 client, as the proxy does."""

    def __init__(self) -> None:
        super().__init__()
        self.out = b""
        self.framing = 0

    def response_head(self, head: ResponseHead) -> None:
        super().response_head(head)
        if head.status == 101:
            raise BadResponse("nobody had asked for it")
        self.framing = response_framing(head, 1)
        self.out += forward_response(head, self.framing, 1, True)

    def response_body(self, data: bytes) -> None:
        super().response_body(data)
        self.out += chunk(data) if self.framing == CHUNKED else data

    def response_end(self, trailers: Headers) -> None:
        super().response_end(trailers)
        if self.framing == CHUNKED:
            self.out += last_chunk(trailers)


def read(data: bytes, places: list[int]) -> tuple[Passed, ResponseParser, Exception | None]:
    passed = Passed()
    parser = ResponseParser()
    parser.begin(passed, b"GET")
    try:
        for piece in cut(data, places):
            parser.feed(piece)
        parser.eof()
    except (BadResponse, UpstreamClosed) as error:
        return passed, parser, error
    return passed, parser, None


def by_h11(data: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes, int]:
    """Status, fields, body and what is left behind the response, by the strictest parser there is beside ours."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 20)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    body = b""
    status, fields = 0, []
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Response):
            status, fields = event.status_code, list(event.headers)
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            return status, fields, body, len(connection.trailing_data[0])
        else:
            assert isinstance(event, h11.InformationalResponse), event
