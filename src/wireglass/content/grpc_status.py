"""How a call ended: ``grpc-status`` and what belongs to it, wherever a dialect puts it."""

from __future__ import annotations

import base64
import binascii
import json
from urllib.parse import unquote_to_bytes

import msgspec

from wireglass.content.protobuf import as_text, literal
from wireglass.content.protobuf_names import Names
from wireglass.content.protobuf_wire import NotProtobuf, fields
from wireglass.model import Headers

NAMES = (
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
)
"""By number (github.com/grpc/grpc, doc/statuscodes.md)."""

_MOST_DETAILS = 64


class Any(msgspec.Struct, frozen=True):
    """``google.protobuf.Any``."""

    type: str
    """Its name, without the ``type.googleapis.com/`` before it."""
    value: bytes


class Status(msgspec.Struct, frozen=True):
    code: str
    """As it was sent; a number in gRPC, a word in Connect."""
    name: str
    """``NOT_FOUND``; empty for a code that does not exist."""
    message: str = ""
    """Percent-decoded."""
    details: tuple[Any, ...] = ()
    note: str = ""
    """What could not be read of it."""


def status_of(*sections: Headers) -> Status | None:
    """By the first of these header sections that has ``grpc-status``: trailers, or the head of a response that has
    nothing else ("Trailers-Only"). None where there is none."""
    for headers in sections:
        found: dict[bytes, bytes] = {}
        for name, value in headers:
            found[name.lower()] = value
        if (code := found.get(b"grpc-status")) is not None:
            details, note = _details(found.get(b"grpc-status-details-bin", b""))
            text = code.decode("latin-1").strip()
            return Status(text, _name(text), _message(found.get(b"grpc-message", b"")), details, note)
    return None


def web_trailers(frame: bytes) -> Headers:
    """The header lines in the last frame of gRPC-Web; lines that are none are left out."""
    lines = (line.partition(b":") for line in frame.replace(b"\r\n", b"\n").split(b"\n"))
    return [(name.strip(), value.strip(b" \t")) for name, colon, value in lines if colon]


def connect_status(frame: bytes) -> Status | None:
    """Of the last frame of a Connect stream, or the JSON of a unary error; None if the bytes are not that."""
    try:
        end = json.loads(frame)
    except (ValueError, RecursionError):
        return None
    if not isinstance(end, dict):
        return None
    error = end.get("error", end if "code" in end else None)
    if error is None:
        return Status("ok", "OK")
    if not isinstance(error, dict):
        return None
    code, message = str(error.get("code", "")), str(error.get("message", ""))
    name = "CANCELLED" if code == "canceled" else code.upper()
    listed = error.get("details")
    details = [_connect_detail(one) for one in listed[:_MOST_DETAILS]] if isinstance(listed, list) else []
    return Status(code, name if name in NAMES else "", message, tuple(one for one in details if one))


def _connect_detail(one: object) -> Any | None:
    if not isinstance(one, dict):
        return None
    value, _ = _from_base64(str(one.get("value", "")).encode())
    return Any(str(one.get("type", "")), value)


def _name(code: str) -> str:
    known = code.isascii() and code.isdigit() and len(code) <= 3 and int(code) < len(NAMES)
    return NAMES[int(code)] if known else ""


def _message(value: bytes) -> str:
    """ "Responses" in gRPC over HTTP2: percent-encoded UTF-8; what is not, stays as it is."""
    return unquote_to_bytes(value).decode("utf-8", "replace")


def _from_base64(value: bytes) -> tuple[bytes, str]:
    """With padding or without ("Binary-Header" there), of either alphabet."""
    plain = value.strip().translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    try:
        return base64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True), ""
    except binascii.Error as error:
        return b"", f"not base64 ({error})"


def _details(value: bytes) -> tuple[tuple[Any, ...], str]:
    """Of ``google.rpc.Status``: the field 3, repeated ``Any`` (1 the type, 2 the value)."""
    if not value:
        return (), ""
    data, note = _from_base64(value)
    details: list[Any] = []
    try:
        for field in fields(data):
            if field.number == 3 and isinstance(field.value, bytes) and len(details) < _MOST_DETAILS:
                parts = {one.number: one.value for one in fields(field.value) if isinstance(one.value, bytes)}
                type = parts.get(1, b"").decode("utf-8", "replace")
                details.append(Any(type.rpartition("/")[2], parts.get(2, b"")))
    except NotProtobuf as error:
        note = str(error)
    return tuple(details), f"grpc-status-details-bin: {note}" if note else ""


def detail_text(detail: Any, names: Names) -> str:
    """One detail for people, with names where ``names`` knows its type."""
    try:
        if named := names.decode(detail.type, detail.value):
            return named.text
    except NotProtobuf as error:
        return f"# {error}\n{literal(detail.value)}"
    try:
        return as_text(detail.value).text
    except NotProtobuf as error:
        return f"# no Protobuf message ({error})\n{literal(detail.value)}"
