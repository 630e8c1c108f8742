"""Redaction of a whole body under its headers, where its media type alone does not say how to look through it: gRPC's
messages may be compressed, or be in base64."""

from __future__ import annotations

from base64 import b64encode

from wireglass.content.grpc import dialect, from_base64, has_compressed
from wireglass.content.text import media_type
from wireglass.model import Headers
from wireglass.redact import Found, Redactor, redact_body


class Unreadable(Exception):
    """What comes cannot be looked through; the text is the reason."""


def redact_whole(redactor: Redactor, data: bytes, headers: Headers, found: Found) -> bytes:
    """``data`` without its content codings. Raises Unreadable."""
    type = content_type(headers)
    spoken = dialect(media_type(headers)[0])
    if spoken is None:
        return redact_body(redactor, data, type, found)
    messages = from_base64(data) if spoken.base64 else data
    if messages is None:
        raise Unreadable("it is not the base64 that its type says, and cannot be looked through")
    if has_compressed(spoken, headers, messages):
        raise Unreadable("its messages are compressed, and cannot be looked through")
    redacted = redact_body(redactor, messages, type, found)
    if redacted == messages:
        return data
    return b64encode(redacted) if spoken.base64 else redacted


def content_type(headers: Headers) -> str:
    """The last one counts, as in browsers (WHATWG Fetch, "extract a MIME type")."""
    return next((value for name, value in reversed(headers) if name.lower() == b"content-type"), b"").decode("latin-1")
