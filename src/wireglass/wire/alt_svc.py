"""``Alt-Svc`` without its offers of HTTP/3 (RFC 7838 3, RFC 9114 3.1.1), which runs over UDP, past every proxy."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from wireglass.model import Headers

H3_TAKEN_OUT = (
    "offers of HTTP/3 (Alt-Svc) were not passed on, so that the traffic stays visible (--alt-svc keep passes them on)"
)

_FIELD = re.compile(rb"\nalt-svc:([^\r\n]*)\r(?=\n)", re.IGNORECASE)
# One alternative: everything up to a comma that stands outside of quotes. A quote that nobody closes runs to the end.
_ALTERNATIVE = re.compile(rb'(?:[^,"]|"(?:[^"\\]|\\.)*+(?:"|\\?$))+', re.DOTALL)
_PROTOCOL = re.compile(rb"[ \t]*([^=,; \t]*)")


def without_h3(value: bytes) -> bytes | None:
    """The field's value without alternatives whose protocol begins with ``h3``; all else stays as it is. None where
    nothing is left. ``clear`` is no alternative, and stays."""
    found = _ALTERNATIVE.findall(value)
    kept = [item for item in found if not _is_h3(item)]
    if len(kept) == len(found):
        return value
    return b",".join(kept).strip(b" \t") if any(item.strip(b" \t") for item in kept) else None


def _is_h3(alternative: bytes) -> bool:
    protocol = _PROTOCOL.match(alternative)
    # RFC 7838 3: octets of the name may be percent-encoded.
    return protocol is not None and unquote_to_bytes(protocol[1]).lower().startswith(b"h3")


def offers_h3(values: list[bytes]) -> bool:
    return any(without_h3(value) != value for value in values)


def fields_without_h3(headers: Headers) -> Headers:
    """A header section as fields, for HTTP/2; the same object where there is nothing to take out."""
    if not any(name.lower() == b"alt-svc" for name, _ in headers):
        return headers
    kept: Headers = []
    for name, value in headers:
        left: bytes | None = without_h3(value) if name.lower() == b"alt-svc" else value
        if left is not None:
            kept.append((name, left))
    return kept if kept != headers else headers


def block_without_h3(block: bytes) -> bytes:
    """A header section as bytes, from the LF before its first line to the empty line at its end."""
    return _FIELD.sub(_line, block)


def _line(field: re.Match[bytes]) -> bytes:
    left = without_h3(field[1])
    if left == field[1]:
        return field[0]
    return b"" if left is None else field[0][: field.start(1) - field.start()] + b" " + left + b"\r"
