"""WebSocket messages in a HAR file, ``_webSocketMessages``, in the shape of Chrome's network panel: text and binary
messages, no control frames."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

import msgspec

from wireglass.content.stream import messages
from wireglass.errors import WireglassError
from wireglass.model import Record

ReadTimeline: TypeAlias = Callable[[Record], bytes]
"""The marks of a streamed exchange; may raise WireglassError."""

_OPCODES = {"text": 1, "binary": 2}
_ERROR = -1  # what Chrome writes for an error of the connection

_encode = msgspec.json.Encoder().encode


class StreamedMessages:
    """A list of the file whose members are read while it is written."""

    def __init__(
        self, record: Record, timeline: ReadTimeline, request: Iterable[bytes], response: Iterable[bytes]
    ) -> None:
        self._record = record
        self._timeline = timeline
        self._bodies = request, response

    def pieces(self) -> Iterator[bytes]:
        separator = b"["
        for message in self._objects():
            yield separator + _encode(message)
            separator = b","
        yield b"]" if separator == b"," else b"[]"

    def _objects(self) -> Iterator[dict[str, Any]]:
        """Ends where reading fails: the file must be whole whatever becomes of the store."""
        last = self._record.summary.started  # Chrome wants a time for each
        try:
            for message in messages(self._record, self._timeline(self._record), *self._bodies):
                last = message.time or last
                if opcode := _OPCODES.get(message.kind):
                    yield {
                        "type": "send" if message.side == "request" else "receive",
                        "time": last,
                        "opcode": opcode,
                        "data": (
                            message.data.decode("utf-8", "replace")
                            if opcode == 1
                            else b64encode(message.data).decode("ascii")
                        ),
                    }
        except WireglassError as error:
            yield {"type": "error", "time": last, "opcode": _ERROR, "data": str(error)}
