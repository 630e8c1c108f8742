"""The chunked transfer coding (RFC 9112 7.1), undone."""

from __future__ import annotations

import re

from wireglass.errors import BadResponse, ProtocolError
from wireglass.model import Headers
from wireglass.wire import leniency
from wireglass.wire.fields import NOT_IN_TRAILERS, read_trailers
from wireglass.wire.head import MAX_HEAD, ResponseHead
from wireglass.wire.leniency import Lenient
from wireglass.wire.repair import head_end, read_lines

MAX_CHUNK_LINE = 4096
"""Chunk size with its extensions; RFC 9112 7.1.1 asks for a limit."""

_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[^\x00-\x08\x0a-\x1f\x7f]*)?\r\n")
_CHUNK_START = re.compile(rb"[0-9A-Fa-f]{0,15}(?:[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?)\r?")
# As Chrome has it: spaces behind the size, anything behind a semicolon.
_LENIENT_LINE = re.compile(rb"(0*)([0-9A-Fa-f]{0,15})( *)([ \t]*;[^\n]*?)?(\r?)\n")
_LENIENT_START = re.compile(rb"[0-9A-Fa-f]*[ \t]*(?:;[^\n]*|\r?)")


class ChunkedDecoder:
    """Undoes the chunked transfer coding. ``trailers`` is None until the end was read.

    With the ``head`` of a response it takes what Chrome takes, and notes it there; without one nothing is overlooked.
    """

    __slots__ = ("_head", "_left", "_line", "trailers")

    def __init__(self, head: ResponseHead | None) -> None:
        self._head = head
        self._left = -1  # -1: a size line comes; -2: the CRLF after a chunk; -3: trailers; else bytes of this chunk
        self._line = b""
        self.trailers: Headers | None = None

    def feed(self, data: bytes, pieces: list[bytes] | None = None) -> tuple[list[bytes], bytes]:
        """Body pieces, and what lies behind the end of the body (empty unless ``trailers`` is set). ``pieces`` is the
        list to put them into, for who wants those before a fault as well."""
        pieces = [] if pieces is None else pieces
        if self._line:
            data = self._line + data
            self._line = b""
        at = 0
        size = len(data)
        while True:
            left = self._left
            if left > 0:
                piece = data[at : at + left]
                if piece:
                    pieces.append(piece)
                at += len(piece)
                self._left = left - len(piece)
                if self._left:
                    return pieces, b""
                self._left = -2
            elif left == -2:
                if data.startswith(b"\r\n", at):
                    at += 2
                    self._left = -1
                elif data[at : at + 1] == b"\n" and self._overlook(leniency.CHUNK_BARE_LF):
                    at += 1
                    self._left = -1
                elif size - at >= 2 or data[at : at + 1] not in (b"", b"\r"):
                    raise self._error("No CRLF after a chunk (RFC 9112 7.1).")
                else:
                    self._line = data[at:]
                    return pieces, b""
            elif left == -1:
                line = _CHUNK_LINE.match(data, at, at + MAX_CHUNK_LINE)
                if line is not None:
                    at = line.end()
                    self._left = int(line[1], 16) or -3
                    continue
                end = self._lenient_line(data, at) if self._head is not None else -1
                if end < 0:
                    self._keep_line(data, at)
                    return pieces, b""
                at = end
            else:
                return pieces, self._trailers(data, at)

    def _error(self, message: str) -> ProtocolError:
        return ProtocolError(message) if self._head is None else BadResponse(message)

    def _overlook(self, what: leniency.Leniency) -> bool:
        """Notes it and says True, if this is a response."""
        if self._head is None:
            return False
        self._head.overlook(what)
        return True

    def _lenient_line(self, data: bytes, at: int) -> int:
        """Takes a size line that Chrome takes, and gives where it ends; -1 if there is none."""
        line = _LENIENT_LINE.match(data, at, at + MAX_CHUNK_LINE)
        if line is None or not (line[1] or line[2]):
            return -1
        _zeros, digits, spaces, extension, cr = line.groups(b"")
        if not cr:
            self._overlook(leniency.CHUNK_BARE_LF)
        if spaces and not extension:
            self._overlook(leniency.CHUNK_SPACES)
        if len(line[1]) + len(digits) > 15:
            self._overlook(leniency.CHUNK_ZEROS)
        if re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", extension):
            self._overlook(leniency.CHUNK_EXTENSION)
        self._left = int(digits or b"0", 16) or -3
        return line.end()

    def _keep_line(self, data: bytes, at: int) -> None:
        start = _CHUNK_START if self._head is None else _LENIENT_START
        rest = data[at:]
        if b"\n" in rest or len(rest) >= MAX_CHUNK_LINE or not start.fullmatch(rest):
            raise self._error(f"Not a chunk size (RFC 9112 7.1): {rest[:40]!r}.")
        self._line = rest

    def _trailers(self, data: bytes, at: int) -> bytes:
        if data.startswith(b"\r\n", at):
            self.trailers = []
            return data[at + 2 :]
        if data.startswith(b"\n", at) and self._overlook(leniency.CHUNK_BARE_LF):
            self.trailers = []
            return data[at + 1 :]
        if self._head is None:
            end = data.find(b"\r\n\r\n", at)
            end = end + 4 if end >= 0 else -1
        else:
            end = head_end(data, at)
        if (end if end >= 0 else len(data) + 1) - at > MAX_HEAD + 4:
            raise self._error(f"The trailers are larger than {MAX_HEAD} bytes.")
        if end < 0:
            self._line = data[at:]
            return b""
        self.trailers = self._read_trailers(data[at:end])
        return data[end:]

    def _read_trailers(self, section: bytes) -> Headers:
        """``section`` runs to the empty line."""
        head = self._head
        trailers = read_trailers(section[:-2], ProtocolError) if head is None else _lenient_trailers(section, head)
        for name, _ in trailers:
            if name.lower() in NOT_IN_TRAILERS and not self._overlook(leniency.FORBIDDEN_TRAILER):
                raise ProtocolError(f"The field {name.decode()} in the trailers (RFC 9110 6.5.1).")
        return trailers


def _lenient_trailers(section: bytes, head: ResponseHead) -> Headers:
    try:
        if section.endswith(b"\r\n\r\n"):
            return read_trailers(section[:-2], BadResponse)
    except BadResponse:
        pass
    if re.search(rb"(?<!\r)\n", section):
        head.overlook(leniency.CHUNK_BARE_LF)
    lines = [line for line in re.split(rb"[\r\n]+", section) if line and b"\0" not in line]
    repaired = Lenient()
    fields = read_lines(lines, repaired, leniency.TRAILER_LINES, leniency.TRAILER_LINES)
    if repaired.named or b"\0" in section or re.search(rb"\r(?!\n)", section):
        head.overlook(leniency.TRAILER_LINES)
    return fields
