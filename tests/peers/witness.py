"""What an origin saw and said, read back from its own bytes: the witness a record is held against.

The reading is done by ``tests.peers.http`` alone, which shares nothing with Wireglass's parser.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from tests.peers.http import Message, Wire
from tests.peers.origin import Call, Origin


@dataclass(frozen=True)
class Seen:
    """One exchange at the origin."""

    request: Message
    informational: list[Message]
    response: Message
    """The final one."""
    connection: int
    """Counts the origin's connections from 1."""

    @property
    def method(self) -> str:
        return self.request.start.split(b" ")[0].decode("latin-1")


def seen_by(origin: Origin) -> dict[str, Seen]:
    """The origin's log by the ``id`` in each request's query, which must be unique: a request that came twice shows."""
    with origin._lock:
        calls = list(origin.calls)
    seen: dict[str, Seen] = {}
    for call in calls:
        [id] = parse_qs(urlsplit(call.request.target).query, encoding="latin-1").get("id", [""])
        assert id, f"no id in {call.request.start!r}: a request the test did not ask for"
        assert id not in seen, f"{id} came twice to the origin"
        seen[id] = read_back(call)
    return seen


def read_back(call: Call) -> Seen:
    """The responses of ``call`` from the bytes the origin sent; none of them may be left over."""
    data = [bytes(call.sent)]
    wire = Wire(lambda: data.pop() if data else b"")
    method = call.request.start.split(b" ")[0].decode("latin-1")
    informational = []
    while (message := wire.head()).status < 200:
        informational.append(message)
    wire.body(message, response_to=method)
    left = wire.some()
    assert left == b"", f"{len(left)} bytes behind the response to {call.request.start!r}"
    return Seen(call.request, informational, message, call.connection)
