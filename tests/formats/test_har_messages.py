"""WebSocket messages in a HAR file; the frames are made by ``websockets``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.formats.records import record, with_detail
from tests.formats.schema import check
from websockets.frames import Close, Frame, Opcode

from wireglass.content.timeline import Arrivals
from wireglass.errors import StoreError
from wireglass.formats import har
from wireglass.model import REQUEST, RESPONSE, Headers, Record, Side

STARTED = 1_700_000_000.25
SOCKET = record(protocol="websocket", status=101, request_size=1, response_size=1)


def sent(side: int, opcode: Opcode, data: bytes) -> bytes:
    return Frame(opcode, data).serialize(mask=side == REQUEST)


def entry(
    record: Record, timeline: bytes, bodies: dict[Side, bytes], fault: StoreError | None = None
) -> dict[str, Any]:
    def read(_record: Record, side: Side) -> Iterator[bytes]:
        yield bodies[side]
        if fault is not None:
            raise fault

    file = json.loads(b"".join(har([record], read, "1.0", lambda _record: timeline)))
    check(file)
    (only,) = file["log"]["entries"]
    assert isinstance(only, dict)
    return only


def test_messages_are_as_chrome_writes_them() -> None:
    told = [
        (REQUEST, Opcode.TEXT, "größe".encode()),
        (RESPONSE, Opcode.PING, b"?"),
        (REQUEST, Opcode.PONG, b"?"),
        (RESPONSE, Opcode.BINARY, b"\x00\xff"),
        (RESPONSE, Opcode.CLOSE, Close(1000, "").serialize()),
    ]
    arrivals, timeline, bodies = Arrivals(STARTED), b"", {REQUEST: b"", RESPONSE: b""}
    for number, (side, opcode, data) in enumerate(told, 1):
        frame = sent(side, opcode, data)
        timeline += arrivals.mark(side, len(frame), STARTED + number / 2)
        bodies[side] += frame
    made = entry(SOCKET, timeline, {"request": bodies[REQUEST], "response": bodies[RESPONSE]})
    assert made["_resourceType"] == "websocket"
    assert made["_webSocketMessages"] == [
        {"type": "send", "time": STARTED + 0.5, "opcode": 1, "data": "größe"},
        {"type": "receive", "time": STARTED + 2.0, "opcode": 2, "data": "AP8="},
    ]
    assert (made["request"]["bodySize"], made["response"]["content"]["size"]) == (0, 0)
    assert "postData" not in made["request"]


def test_a_websocket_over_http2() -> None:
    """RFC 8441: a CONNECT that has a URL, and 200 in the place of 101. Its bytes are frames, and no body."""
    asked: Headers = [(b":protocol", b"websocket"), (b"sec-websocket-version", b"13")]
    made_of = record(
        protocol="websocket", method="CONNECT", url="https://example.test/chat?room=1", request_headers=asked
    )
    socket = with_detail(made_of, request_version="HTTP/2", response_version="HTTP/2", reason=b"")
    bodies: dict[Side, bytes] = {
        "request": sent(REQUEST, Opcode.TEXT, b"a"),
        "response": sent(RESPONSE, Opcode.TEXT, b"b"),
    }
    made = entry(socket, b"", bodies)
    assert [(one["type"], one["data"]) for one in made["_webSocketMessages"]] == [("send", "a"), ("receive", "b")]
    request, response = made["request"], made["response"]
    assert (request["method"], request["url"]) == ("CONNECT", "https://example.test/chat?room=1")
    assert (request["httpVersion"], response["httpVersion"], response["status"]) == ("HTTP/2", "HTTP/2", 200)
    assert (request["headersSize"], response["headersSize"]) == (-1, -1)
    assert (request["bodySize"], response["bodySize"], response["content"]["size"]) == (0, 0, 0)
    assert "postData" not in request and "text" not in response["content"]


def test_a_websocket_without_messages() -> None:
    assert entry(SOCKET, b"", {"request": b"", "response": b""})["_webSocketMessages"] == []


def test_without_times_messages_have_the_one_of_their_exchange() -> None:
    bodies: dict[Side, bytes] = {"request": sent(REQUEST, Opcode.TEXT, b"a"), "response": b""}
    (message,) = entry(SOCKET, b"", bodies)["_webSocketMessages"]
    assert message["time"] == STARTED


def test_a_body_that_is_gone_leaves_the_file_whole() -> None:
    bodies: dict[Side, bytes] = {"request": sent(REQUEST, Opcode.TEXT, b"a"), "response": b""}
    first, fault = entry(SOCKET, b"", bodies, StoreError("the request body of exchange 1 is gone.", ""))[
        "_webSocketMessages"
    ]
    assert first["data"] == "a"
    assert (fault["type"], fault["opcode"]) == ("error", -1) and "is gone" in fault["data"]


def test_others_have_none() -> None:
    assert "_webSocketMessages" not in entry(record(), b"", {"request": b"", "response": b""})
