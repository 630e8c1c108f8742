"""WebSocket streams written anew without their secrets: a frame a message, not compressed (RFC 7692 6: each message may
be either), masked with zeros where a client must mask (RFC 6455 5.3), so that whoever reads frames reads these."""

from __future__ import annotations

import struct

from wireglass.model import Side
from wireglass.redact import Found, Redactor, redact_body

_OPCODES = {"text": 1, "binary": 2, "close": 8, "ping": 9, "pong": 10}
_CONTROL = 8
_CONTROL_LIMIT = 125
_UNREAD = "still compressed"
"""How the splitter's note begins on a message that it could not inflate."""


def frame(redactor: Redactor, found: Found, side: Side, kind: str, data: bytes, code: str, note: str) -> bytes:
    """One message of ``content.websocket`` as a frame; ``code`` is that of a close. Of what could not be inflated the
    content is left out, for nobody can say what is in it."""
    opcode = _OPCODES.get(kind, 2)
    if _UNREAD in note:
        data = b""
    elif opcode & _CONTROL and kind != "close":
        data = redactor.binary(data, found)
    else:
        data = redact_body(redactor, data, "", found)
    if kind == "close" and (code or data):
        data = struct.pack("!H", int(code or 1005)) + data
    if opcode & _CONTROL:
        data = data[:_CONTROL_LIMIT]
    masked = 0x80 if side == "request" else 0
    size = len(data)
    if size < 126:
        head = struct.pack("!BB", 0x80 | opcode, masked | size)
    elif size < 65536:
        head = struct.pack("!BBH", 0x80 | opcode, masked | 126, size)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, masked | 127, size)
    return head + (bytes(4) if masked else b"") + data
