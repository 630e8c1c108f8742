"""The fields of posted forms: ``application/x-www-form-urlencoded`` and ``multipart/form-data`` (RFC 7578)."""

from __future__ import annotations

import contextlib
import urllib.parse
from email.message import Message
from email.parser import BytesParser
from typing import Any, TypeAlias

from wireglass.content.multipart import names

Params: TypeAlias = list[dict[str, Any]]

MOST_FIELDS = 1000
"""A form with more is not taken apart: a megabyte can hold half a million, each some hundred bytes in memory."""


def params(content_type: str, body: bytes) -> Params | None:
    """``postData.params`` of HAR 1.2: ``name``, and as far as known ``value``, ``fileName`` and ``contentType``. None
    for what is no form. A value that is not UTF-8 text is left out."""
    header = _header(content_type)
    type = header.get_content_type()
    if type == "application/x-www-form-urlencoded":
        return _urlencoded(body)
    if type == "multipart/form-data" and (boundary := header.get_param("boundary")):
        return _multipart(content_type, str(boundary), body)
    return None


def _header(value: str) -> Message:
    message = Message()
    # Line ends cannot be in a header's value, but would begin another header here.
    message["Content-Type"] = " ".join(value.split())
    return message


def _urlencoded(body: bytes) -> Params | None:
    if body.count(b"&") >= MOST_FIELDS:
        return None
    pairs = urllib.parse.parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    return [{"name": name, "value": value} for name, value in pairs]


def _multipart(content_type: str, boundary: str, body: bytes) -> Params | None:
    if body.count(b"--" + boundary.encode("utf-8", "replace")) > MOST_FIELDS:
        return None
    head = b"Content-Type: %b\r\n\r\n" % " ".join(content_type.split()).encode()
    parts = BytesParser().parsebytes(head + body).get_payload()
    if isinstance(parts, str):
        return None  # its boundary does not occur
    return [_field(part) for part in parts if isinstance(part, Message)]


def _field(part: Message) -> dict[str, Any]:
    fields = {name.lower(): _text(str(value)) for name, value in part.raw_items()}
    disposition = fields.get("content-disposition", "").encode("utf-8", "surrogatepass")
    name, file = names([(b"content-disposition", disposition)], lambda value: value.decode("utf-8", "replace"))
    field: dict[str, Any] = {"name": name or ""}
    data = part.get_payload(decode=True)
    if isinstance(data, bytes):
        with contextlib.suppress(UnicodeDecodeError):
            field["value"] = data.decode("utf-8")
    if file is not None:
        field["fileName"] = file
    if type := fields.get("content-type"):
        field["contentType"] = type
    return field


def _text(raw: str) -> str:
    """``email`` keeps bytes beyond ASCII as surrogates; browsers send UTF-8 (RFC 7578 5.1)."""
    return raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
