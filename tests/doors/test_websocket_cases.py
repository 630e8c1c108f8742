"""The cases of the Autobahn test suite: a server's verdict is the same through Wireglass as without it."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator

import pytest
from tests.peers.client import Client
from tests.peers.program import Wireglass
from tests.peers.websocket_cases import Case, cases, close
from tests.peers.websocket_echo import EchoServer, echo_server

from wireglass.content.websocket import WebSocket

Verdict = tuple[str, list[tuple[int, bytes]], str]
"""The extension agreed on, all frames of the server (first byte and payload), how it ended."""

CASES = cases()


@pytest.fixture(scope="module")
def server() -> Iterator[EchoServer]:
    with echo_server() as server:
        yield server


def test_the_list_is_whole() -> None:
    assert len({case.id for case in CASES}) == len(CASES) == 516


@pytest.mark.parametrize("section", ["1", "2", "3", "4", "5", "6", "7", "9", "12", "13"])
def test_the_same_verdict_as_without_wireglass(wireglass: Wireglass, server: EchoServer, section: str) -> None:
    told = [case for case in CASES if case.id.split(".")[0] == section]
    differing = {}
    for case in told:
        direct, proxied = _verdict(server, case, None), _verdict(server, case, wireglass.proxy)
        assert direct[1], f"{case.id}: the server said nothing"
        if direct != proxied:
            differing[case.id] = (direct, proxied)
    assert not differing, {id: [str(verdict)[:300] for verdict in both] for id, both in differing.items()}


def _verdict(server: EchoServer, case: Case, proxy: str | None) -> Verdict:
    with Client(proxy or f"127.0.0.1:{server.port}") as client:
        key = base64.b64encode(os.urandom(16)).decode()
        target = f"{server.url}/{case.id}" if proxy else f"/{case.id}"
        offer = f"Sec-WebSocket-Extensions: {case.offer}\r\n" if case.offer else ""
        client.send(
            f"GET {target} HTTP/1.1\r\nHost: localhost:{server.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{offer}\r\n".encode()
        )
        answer = client.wire.head()
        assert answer.status == 101
        reading = _Reading(client)
        # A server may drop the echo of a message when it meets an error or a close behind it: whether it does depends
        # on how the segments fall, so nothing more is sent before each echo has come.
        extension = answer.get("sec-websocket-extensions") or b""
        splitter = WebSocket([(b"Sec-WebSocket-Extensions", extension)])
        echoes, end = 0, "in order"
        try:
            for data in (*case.writes, close()):
                client.send(data)
                pieces = splitter.feed("request", data)
                echoes += sum(piece.kind in ("text", "binary") and not piece.note for piece in pieces)
                # Text that is not UTF-8 is what the server closes for, not our close behind it.
                reading.until(None if any(piece.kind == "text" and piece.note for piece in pieces) else echoes)
            reading.until(None)
        except ConnectionError as error:
            end = type(error).__name__
        return extension.decode(), reading.frames, end


class _Reading:
    """What the server sends."""

    def __init__(self, client: Client) -> None:
        self.frames: list[tuple[int, bytes]] = []
        self._client = client
        self._held = b""
        self._ended = False
        self._messages = 0

    def until(self, messages: int | None) -> None:
        """So many messages have come in all, or the server has ended the connection; None: until it has."""
        while not self._ended and (messages is None or self._messages < messages):
            data = self._client.wire.some()
            self._ended = not data
            self._held += data
            while frame := _frame(self._held):
                first, payload, size = frame
                self.frames.append((first, payload))
                self._messages += first & 0x8F in (0x81, 0x82, 0x80)
                self._held = self._held[size:]
        assert not self._ended or not self._held, "a frame was cut off"


def _frame(data: bytes) -> tuple[int, bytes, int] | None:
    if len(data) < 2:
        return None
    size, at = data[1], 2
    if size >= 126:
        at = 4 if size == 126 else 10
        if len(data) < at:
            return None
        size = int.from_bytes(data[2:at], "big")
    return (data[0], data[at : at + size], at + size) if len(data) >= at + size else None
