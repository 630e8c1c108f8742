"""The small parts of a HAR entry, read: times, numbers, versions, header fields, errors of browsers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from wireglass import errors
from wireglass.formats.har_reader_shape import Cookie, Pair
from wireglass.model import Headers

_LATIN = "not UTF-8: read as ISO 8859-1, each character is one byte"
"""``har_fields.headers`` says so of a field whose bytes are no UTF-8."""
_VERSION = re.compile(r"(?:HTTP/|h)([0-9])(?:\.([0-9]))?(?![0-9.])", re.IGNORECASE)
_DIGITS = re.compile(r"\d{1,18}", re.ASCII)
_CHROME_ERROR = re.compile(r"net::(ERR_[A-Z0-9_]+)", re.ASCII)
# https://source.chromium.org/chromium/chromium/src/+/main:net/base/net_error_list.h
_KINDS: tuple[tuple[str, type[errors.WireglassError]], ...] = (
    ("ERR_ABORTED", errors.ClientClosed),
    ("ERR_NAME_", errors.NameNotFound),
    ("ERR_CONNECTION_REFUSED", errors.ConnectRefused),
    ("ERR_CONNECTION_TIMED_OUT", errors.ConnectTimeout),
    ("ERR_TIMED_OUT", errors.UpstreamTimeout),
    ("ERR_CONNECTION_RESET", errors.UpstreamReset),
    ("ERR_CONNECTION_", errors.UpstreamClosed),
    ("ERR_EMPTY_RESPONSE", errors.UpstreamClosed),
    ("ERR_ADDRESS_", errors.Unreachable),
    ("ERR_INTERNET_DISCONNECTED", errors.Unreachable),
    ("ERR_CERT_DATE_INVALID", errors.CertificateExpired),
    ("ERR_CERT_AUTHORITY_INVALID", errors.CertificateUntrusted),
    ("ERR_CERT_COMMON_NAME_INVALID", errors.CertificateWrongHost),
    ("ERR_CERT_REVOKED", errors.CertificateRevoked),
    ("ERR_CERT_", errors.BadCertificate),
    ("ERR_SSL_", errors.UpstreamTls),
    ("ERR_PROXY_", errors.UpstreamProxyError),
    ("ERR_INVALID_RESPONSE", errors.BadResponse),
    ("ERR_BLOCKED_", errors.Refused),
)


def unix_time(text: str) -> tuple[float, str]:
    """Unix seconds of an ISO 8601 time in any of its forms, and a note where it does not say all. Raises ValueError.

    Fiddler writes the year 1 where it has no time, and seven digits of a second. The last days of the
    year 9999 may have none behind them that ``datetime`` knows, and days are counted in zones and up to their ends."""
    read = datetime.fromisoformat(text.strip())
    note = ""
    if read.tzinfo is None:
        read, note = read.replace(tzinfo=UTC), "its time names no zone: taken for UTC"
    if not 1970 <= read.year < 9999:
        return 0.0, "its time is not known"
    return max(0.0, read.timestamp()), note


def number(value: Any) -> float | None:
    """None for what is no number, and for negative ones, which say "does not apply"."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if 0 <= found < math.inf else None


def whole(value: Any) -> int | None:
    """Some writers give numbers as text."""
    if isinstance(value, str):
        return int(value) if _DIGITS.fullmatch(value) else None
    found = number(value)
    return None if found is None or found >= 2**63 else int(found)


def text(value: Any, limit: int = 10_000) -> str:
    """Empty for what is no text, and for what was left in the file because it is so long."""
    return value[:limit] if isinstance(value, str) and not value.startswith("\0long ") else ""


def texts(value: Any) -> list[str]:
    return [found for one in value[:1000] if (found := text(one))] if isinstance(value, list) else []


def version(value: Any) -> str:
    """``HTTP/1.1`` for ``http/1.1``, ``HTTP/2`` for ``h2`` and ``http/2.0``, ``HTTP/3`` for ``h3-29``; empty where it
    is not known."""
    match = _VERSION.match(text(value))
    if match is None:
        return ""
    major, minor = match[1], match[2]
    return f"HTTP/1.{minor or 1}" if major == "1" else f"HTTP/{major}"


def to_wire(value: str, comment: Any = None) -> bytes:
    """What ``har_fields.from_wire`` made text of. Line ends and NUL, which no field can hold, become spaces."""
    if comment == _LATIN:
        try:
            return value.encode("latin-1").translate(_NO_LINES)
        except UnicodeEncodeError:
            pass
    return value.encode("utf-8", "replace").translate(_NO_LINES)


_NO_LINES = bytes.maketrans(b"\r\n\0", b"   ")


def scalar(value: Any) -> str:
    """Numbers and null stand where writers take a value for what it looks like."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)


def fields(pairs: Iterable[Pair]) -> tuple[Headers, str]:
    """Header fields in their order, and what ``:authority`` was. Pseudo-header fields (RFC 9113 8.3) are no others'; a
    value of several lines is several fields, which is how Chrome writes Set-Cookie."""
    found: Headers = []
    authority = ""
    for pair in pairs:
        value = scalar(pair.value)
        if pair.name.startswith(":"):
            authority = value if pair.name == ":authority" else authority
            continue
        name = to_wire(pair.name)  # the comment is about the value
        found += [(name, to_wire(line, pair.comment)) for line in value.split("\n")]
    return found, authority


def has(headers: Headers, name: bytes) -> bool:
    return any(field.lower() == name for field, _ in headers)


def cookie_field(cookies: Iterable[Cookie]) -> bytes:
    """A Cookie field (RFC 6265 4.2) of what a writer took apart."""
    return b"; ".join(_pair(cookie) for cookie in cookies)


def set_cookie_field(cookie: Cookie) -> bytes:
    """RFC 6265 4.1, with ``Expires`` as the file has it."""
    parts = [_pair(cookie)]
    for name, value in (("Path", cookie.path), ("Domain", cookie.domain), ("SameSite", cookie.same_site)):
        if found := text(value):
            parts.append(to_wire(f"{name}={found}"))
    if expires := text(cookie.expires):
        parts.append(to_wire(f"Expires={_http_date(expires)}"))
    parts += [b"Secure"] * (cookie.secure is True) + [b"HttpOnly"] * (cookie.http_only is True)
    return b"; ".join(parts)


def _pair(cookie: Cookie) -> bytes:
    value = to_wire(scalar(cookie.value))
    return to_wire(cookie.name) + b"=" + value if cookie.name else value


def _http_date(iso: str) -> str:
    """As RFC 9110 5.6.7 has it; as it is if it is no ISO 8601."""
    try:
        seconds, _ = unix_time(iso)
    except (ValueError, OverflowError):
        return iso
    return datetime.fromtimestamp(seconds, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")


def error_kind(error: str) -> str:
    """The ``code`` of the error that a browser's text is about; that of all errors of servers where it is another."""
    match = _CHROME_ERROR.search(error)
    name = match[1] if match else ""
    return next((kind.code for start, kind in _KINDS if name.startswith(start)), errors.UpstreamError.code)
