"""A record in memory that insists on the rules of ``model.Sink``."""

from __future__ import annotations

from collections.abc import Callable

from wireglass.content.timeline import Mark, read_marks
from wireglass.model import REQUEST, RESPONSE, TIMELINE, Exchange


class Recorded:
    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.bodies = (bytearray(), bytearray(), bytearray())
        self.closed = False

    @property
    def request(self) -> bytes:
        return bytes(self.bodies[REQUEST])

    @property
    def response(self) -> bytes:
        return bytes(self.bodies[RESPONSE])

    @property
    def marks(self) -> list[Mark]:
        """The timeline; its marks may not count bytes that are not there."""
        marks = read_marks(bytes(self.bodies[TIMELINE]), self.exchange.summary.started)
        for side in (REQUEST, RESPONSE):
            assert sum(mark.size for mark in marks if mark.side == side) <= len(self.bodies[side])
        return marks


class MemorySink:
    """Every exchange is opened once, then told parts, then closed once; anything else is an assertion."""

    def __init__(self) -> None:
        self.all: list[Recorded] = []
        self.certificates: dict[bytes, bytes] = {}
        self.full = False
        self.parts = 0
        self.largest = 0
        self._keys = 0
        self._by_key: dict[int, Recorded] = {}
        self._resume: list[Callable[[], None]] = []

    def new_key(self) -> int:
        self._keys += 1
        return self._keys

    def opened(self, exchange: Exchange) -> None:
        assert exchange.key not in self._by_key, "opened twice, or a key used twice"
        assert exchange.summary.state == "open"
        self._by_key[exchange.key] = recorded = Recorded(exchange)
        self.all.append(recorded)

    def part(self, exchange: Exchange, side: int, data: bytes) -> None:
        assert data, "an empty part"
        self._open(exchange).bodies[side].extend(data)
        self.parts += 1
        self.largest = max(self.largest, len(data))

    def changed(self, exchange: Exchange) -> None:
        self._open(exchange)

    def closed(self, exchange: Exchange) -> None:
        recorded = self._open(exchange)
        recorded.closed = True
        summary = exchange.summary
        assert summary.duration_ms is not None and summary.duration_ms >= 0
        assert summary.state == ("failed" if summary.error_kind else "done"), "closed and still open"
        if summary.protocol != "tunnel":
            assert summary.request_size == len(recorded.request)
            assert summary.response_size == len(recorded.response)

    def certificate(self, hash: bytes, der: bytes) -> None:
        assert hash not in self.certificates, "told twice"
        self.certificates[hash] = der

    def when_room(self, resume: Callable[[], None]) -> None:
        assert self.full
        self._resume.append(resume)

    def make_room(self) -> None:
        self.full = False
        resume, self._resume = self._resume, []
        for call in resume:
            call()

    @property
    def waiting(self) -> int:
        """How many wait for room."""
        return len(self._resume)

    @property
    def still_open(self) -> list[Recorded]:
        return [recorded for recorded in self.all if not recorded.closed]

    @property
    def last(self) -> Recorded:
        return self.all[-1]

    def _open(self, exchange: Exchange) -> Recorded:
        recorded = self._by_key[exchange.key]
        assert recorded.exchange is exchange
        assert not recorded.closed, "told something after the end"
        return recorded
