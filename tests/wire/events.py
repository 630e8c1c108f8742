"""What a parser told, in one list, with body pieces that follow each other joined."""

from __future__ import annotations

from itertools import pairwise

from wireglass.errors import ProtocolError
from wireglass.model import Headers
from wireglass.wire.head import RequestHead, ResponseHead
from wireglass.wire.http1 import RequestParser, ResponseParser

Event = tuple[object, ...]


class Events:
    def __init__(self) -> None:
        self.told: list[Event] = []
        self.error: ProtocolError | None = None

    @property
    def kinds(self) -> list[object]:
        return [event[0] for event in self.told]

    @property
    def bodies(self) -> bytes:
        return b"".join(data for kind, *rest in self.told if kind == "body" for data in rest if isinstance(data, bytes))

    def request_head(self, head: RequestHead) -> None:
        self.told.append(("head", head.method, head.target, head.minor, tuple(head.headers), head.body))

    def request_body(self, data: bytes) -> None:
        self._body(data)

    def request_end(self, trailers: Headers) -> None:
        self.told.append(("end", tuple(trailers)))

    def response_informational(self, head: ResponseHead) -> None:
        self.told.append(("informational", head.status, tuple(head.headers)))

    def response_head(self, head: ResponseHead) -> None:
        self.told.append(("head", head.status, head.reason, head.minor, tuple(head.headers), head.body))

    def response_body(self, data: bytes) -> None:
        self._body(data)

    def response_end(self, trailers: Headers) -> None:
        self.told.append(("end", tuple(trailers)))

    def _body(self, data: bytes) -> None:
        assert data, "an empty body piece"
        if self.told and self.told[-1][0] == "body":
            before = self.told[-1][1]
            assert isinstance(before, bytes)
            self.told[-1] = ("body", before + data)
        else:
            self.told.append(("body", data))


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """``data`` cut at ``places``, without empty pieces."""
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges) if end > start]


def requests(pieces: list[bytes]) -> Events:
    """All requests in ``pieces``, answered at once."""
    events = Events()
    parser = RequestParser(events)
    try:
        for piece in pieces:
            parser.feed(piece)
            while parser.ended and parser.held:
                parser.proceed()
            if parser.ended:
                parser.proceed()
    except ProtocolError as error:
        events.error = error
    return events


def response(pieces: list[bytes], method: bytes = b"GET", *, closed: bool = True) -> Events:
    """One response; ``closed``: the server closes behind it. An UpstreamClosed is not caught."""
    events = Events()
    parser = ResponseParser()
    parser.begin(events, method)
    try:
        for piece in pieces:
            parser.feed(piece)
    except ProtocolError as error:
        events.error = error
        return events
    if closed:
        parser.eof()
    return events
