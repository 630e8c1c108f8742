"""The compression of WebSocket messages, permessage-deflate (RFC 7692)."""

from __future__ import annotations

import zlib

from wireglass.model import Headers

INFLATE_LIMIT = 256 * 1024 * 1024
"""Bytes that one message may become; what makes more is a bomb."""
_PIECE = 65536

TAIL = b"\x00\x00\xff\xff"
"""Ends each message, and is left out by the sender (7.2.2)."""


def agreed(headers: Headers) -> frozenset[str] | None:
    """The names of the parameters of permessage-deflate (7.1); None if it was not agreed on. Window sizes do
    not matter: a window of 32 KiB reads what was made with a smaller one."""
    for name, value in headers:
        if name.lower() != b"sec-websocket-extensions":
            continue
        for extension in value.decode("latin-1").lower().split(","):
            token, *parameters = (part.partition("=")[0].strip() for part in extension.split(";"))
            if token == "permessage-deflate":  # noqa: S105 - no secret
                return frozenset(parameters)
    return None


class Inflated:
    """The state of one side's decompressor."""

    def __init__(self, reset: bool) -> None:
        self._reset = reset
        self._stream = zlib.decompressobj(-15)
        self._made = 0
        self.fault = ""
        """Why nothing more can be inflated; empty while all is in order."""

    def feed(self, data: bytes) -> list[bytes]:
        pieces: list[bytes] = []
        try:
            while data and not self.fault:
                pieces.append(piece := self._stream.decompress(data, _PIECE))
                data = self._stream.unconsumed_tail
                self._count(piece)
                if self._stream.eof:  # 7.2.3.5: a last block may end the message, and the next begins anew
                    data = self._stream.unused_data + data
                    self._stream = zlib.decompressobj(-15)
            # A full piece may leave output inside zlib with no input left to push it.
            while not self.fault and (piece := self._stream.decompress(b"", _PIECE)):
                pieces.append(piece)
                self._count(piece)
        except zlib.error as error:
            self.fault = f"its compression is damaged ({error})"
        return pieces

    def _count(self, piece: bytes) -> None:
        self._made += len(piece)
        if self._made > INFLATE_LIMIT:
            self.fault = f"it was inflated to the limit of {INFLATE_LIMIT} bytes and no further"

    def next_message(self) -> None:
        self._made = 0
        if self._reset:
            self._stream = zlib.decompressobj(-15)
            self.fault = ""
