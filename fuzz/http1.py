"""Fuzzes the HTTP/1 parsers: ``python fuzz/http1.py [SECONDS]``, ten by default.

The invariant: any bytes, cut anywhere, are parsed, or a ProtocolError (requests), a BadResponse or an UpstreamClosed
(responses); never another error. What is parsed can be written for the next hop, and what was written is parsed again:
a response that was accepted, leniently or not, is read by h11 and by us from what the client gets with the same status
and body, and we have nothing to overlook in it any more.
Prints the seed of a failure and the bytes.
"""

from __future__ import annotations

import random
import re
import sys
import time

import h11

from wireglass.errors import BadResponse, ProtocolError, UpstreamClosed
from wireglass.model import Headers
from wireglass.wire import leniency
from wireglass.wire.forward import chunk, forward_request, forward_response, last_chunk, response_framing
from wireglass.wire.head import CHUNKED, RequestHead, ResponseHead, read_request_head, read_response_head
from wireglass.wire.http1 import RequestParser, ResponseParser

SEEDS = (
    b"GET http://a.example/x HTTP/1.1\r\nHost: a.example\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\n\r\n" * 2,
    b"POST http://a.example/ HTTP/1.1\r\nHost: b\r\nContent-Length: 11\r\nTE: trailers\r\n\r\nhello world"
    b"GET http://a.example/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    b"PUT http://a.example/ HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\nTrailer: Z\r\n\r\n"
    b"5;e=1\r\nhello\r\n006\r\n world\r\n0\r\nZ: 1\r\n\r\nCONNECT a:1 HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x00",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\nhello",
    b"HTTP/1.1 100 Continue\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nZ: 1\r\n\r\n",
    b"HTTP/1.0 200\r\nServer: x\r\n\r\nuntil the close",
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x00",
    b"HTTP/1.1 204 No Content\r\nContent-Length: 5, 5\r\n\r\n",
    b"HTTP/1.1 200\nX-A : b\n folded\nContent-Length: 5\nTransfer-Encoding: chunked\n\n5 \nhello\n0\nZ: 1\n\n",
)
_WORDS = (
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b" ",
        b"\t",
        b":",
        b",",
        b";",
        b"\0",
        b"\x7f",
        b"\xff",
        b"0",
        b"f",
        b"\r\n\r\n",
        b"0\r\n\r\n",
    ),
    *(
        b"Content-Length: 5\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Connection: close\r\n",
        b"Host: a\r\n",
        b"HTTP/1.0",
    ),
    *(b"chunked", b"identity", b"gzip, ", b"HEAD", b"*", b"http://", b"[::1]", b" folded\r\n", b"9" * 20),
)


class _Told:
    """Writes each head on, and sees that it can be read again to the same framing."""

    def __init__(self) -> None:
        self.ended = 0
        self.out = b""
        """The response as an HTTP/1.1 client gets it."""
        self.body = b""
        self.status = 0
        self._framing = 0

    def request_head(self, head: RequestHead) -> None:
        again = read_request_head(forward_request(head, b"/", b"a.example"))
        assert again.body == head.body
        assert forward_request(again, b"/", b"a.example") == forward_request(head, b"/", b"a.example")

    def request_body(self, data: bytes) -> None:
        assert data

    def request_end(self, trailers: Headers) -> None:
        self.ended += 1

    def response_informational(self, head: ResponseHead) -> None:
        assert 100 < head.status < 200 or head.status == 100

    def response_head(self, head: ResponseHead) -> None:
        for minor in (0, 1):
            framing = response_framing(head, minor)
            again = read_response_head(forward_response(head, framing, minor, True), b"GET")
            if head.status >= 200 and head.status not in (204, 304) and head.body:
                assert again.body == framing

        self.status = head.status
        self._framing = response_framing(head, 1)
        self.out = forward_response(head, self._framing, 1, True)

    def response_body(self, data: bytes) -> None:
        assert data
        self.body += data
        self.out += chunk(data) if self._framing == CHUNKED else data

    def response_end(self, trailers: Headers) -> None:
        self.ended += 1
        if self._framing == CHUNKED:
            self.out += last_chunk(trailers)


def check_written(told: _Told, method: bytes) -> None:
    """What was written for the client means what was read."""
    again = _Told()
    strict = ResponseParser()
    strict.begin(again, method)
    strict.feed(told.out)
    strict.eof()
    assert (again.status, again.body) == (told.status, told.body)
    assert not strict.held or told.status == 101
    assert strict.head is not None
    overlooked = strict.head.lenient
    assert overlooked is None or overlooked.named == [leniency.UNKNOWN_CLASS]
    codings = re.findall(rb"\ntransfer-encoding:[ \t]*([^\r]*)", told.out.partition(b"\r\n\r\n")[0], re.IGNORECASE)
    if told.status == 101 or method == b"CONNECT" or any(coding.strip().lower() != b"chunked" for coding in codings):
        return  # h11 was not asked to switch, and knows no other coding
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 20)
    connection.send(h11.Request(method=method, target="/", headers=[("Host", "a")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(told.out)
    body = b""
    while not isinstance(event := connection.next_event(), h11.EndOfMessage):
        if isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.Response):
            assert event.status_code == told.status
        else:
            raise AssertionError(event)
    assert body == told.body
    assert not connection.trailing_data[0]


def mutated(data: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.randint(1, 5)):
        at = dice.randrange(len(changed) + 1)
        match dice.randrange(5):
            case 0:
                changed[at : at + 1] = dice.randbytes(1)
            case 1:
                del changed[at : at + dice.randint(1, 8)]
            case 2:
                changed[at:at] = changed[at : at + dice.randint(1, 40)]
            case _:
                word = dice.choice(_WORDS)
                changed[at : at + dice.choice((0, len(word)))] = word
    return bytes(changed)


def check(seed: int) -> None:
    """One input made from ``seed``; raises what the invariant forbids."""
    dice = random.Random(seed)
    data = mutated(dice.choice(SEEDS), dice)
    told = _Told()
    place = dice.randrange(len(data) + 1)
    pieces = [piece for piece in (data[:place], data[place:]) if piece]
    try:
        requests = RequestParser(told)
        for piece in pieces:
            requests.feed(piece)
            for _ in data:
                requests.proceed()
    except BadResponse:
        raise
    except ProtocolError:
        pass
    try:
        response = ResponseParser()
        method = dice.choice((b"GET", b"HEAD", b"CONNECT"))
        response.begin(told, method)
        for piece in pieces:
            response.feed(piece)
        response.eof()
        assert response.done
    except (BadResponse, UpstreamClosed):
        return
    response.notes()
    check_written(told, method)


def main(seconds: float) -> None:
    end = time.monotonic() + seconds
    seed = 0
    while time.monotonic() < end:
        try:
            check(seed)
        except Exception:
            dice = random.Random(seed)
            print(f"seed {seed}: {mutated(dice.choice(SEEDS), dice)!r}")
            raise
        seed += 1
    print(f"{seed} inputs, all well")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
