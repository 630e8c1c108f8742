"""An exchange that comes from elsewhere, wholly known, on its way into the store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from wireglass.model.exchange import Detail, Summary


class Imported(NamedTuple):
    summary: Summary
    """Ended; its sizes are those of the bodies as they passed, where that is known."""
    detail: Detail
    request: Iterable[bytes] | bytes = b""
    """The bytes to keep; of a large body its pieces, which can be gone through more than once, and raise BadFile if the
    file they come from was changed meanwhile."""
    response: Iterable[bytes] | bytes = b""
    timeline: bytes = b""
    """Of a streamed exchange (``content.timeline``)."""
    request_note: str = ""
    """Why the body is not there as it passed, for ``BodyRef.note``."""
    response_note: str = ""
