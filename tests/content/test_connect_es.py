"""Streams that another implementation made: client and server of ``@connectrpc/connect-node`` 2 on HTTP/1.1, with gzip.

In ``connect_es.jsonl`` a call of ``ServerStream`` a line, bodies in hex: gRPC-Web, Connect with Protobuf, and Connect
with JSON; each one that ends well and one that fails after two messages.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.peers import rpc

from wireglass.content.grpc import dialect, splitter
from wireglass.content.grpc_status import Status, connect_status, status_of, web_trailers
from wireglass.content.stream import Piece
from wireglass.model import Headers

CALLS: list[dict[str, Any]] = [
    json.loads(line) for line in (Path(__file__).parent / "connect_es.jsonl").read_text("ascii").splitlines()
]
LONG = "a long text " * 4


def headers(call: dict[str, Any], side: str) -> Headers:
    return [(name.encode(), value.encode()) for name, value in call[f"{side}_headers"]]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: dict(call["request_headers"])["content-type"])
def test_a_stream(call: dict[str, Any]) -> None:
    sides = splitter(headers(call, "request"), headers(call, "response"))
    request = sides.feed("request", bytes.fromhex(call["request"])) + sides.end("request")
    *answers, end = sides.feed("response", bytes.fromhex(call["response"])) + sides.end("response")
    kind = dialect(dict(call["request_headers"])["content-type"])
    assert kind is not None
    asked = [_text(piece, kind.codec, "Request") for piece in request]
    assert asked in ([LONG], [f"fail {LONG}"])
    assert [_text(piece, kind.codec, "Reply") for piece in answers] == [asked[0].upper()] * 2
    assert all(piece.fields["compression"] == "gzip" and not piece.note for piece in request + answers)
    assert end.kind == "trailers"
    status = connect_status(end.data) if kind.name == "Connect" else status_of(web_trailers(end.data))
    assert status is not None
    if asked == [LONG]:
        assert status == Status("ok" if kind.name == "Connect" else "0", "OK")
        return
    assert (status.name, status.message, status.note) == ("NOT_FOUND", "no “such” thing: 100 %", "")
    [detail] = status.details
    assert detail.type == "wireglass.test.Nested"
    assert rpc.message("Nested").FromString(detail.value) == rpc.message("Nested", name="which")


def _text(piece: Piece, codec: str, name: str) -> str:
    assert piece.kind == "message"
    text: str = json.loads(piece.data)["text"] if codec == "json" else rpc.message(name).FromString(piece.data).text
    return text
