"""Redaction of whole bodies, by their media type. What they were coded with is undone by whoever asks."""

from __future__ import annotations

import codecs
import re

from wireglass.redact.placeholder import Found
from wireglass.redact.redactor import Redactor

_BOUNDARY = re.compile(r";[ \t]*boundary[ \t]*=[ \t]*(?:\"([^\"]{1,200})\"|([^ \t;\"]{1,200}))", re.IGNORECASE)
_CHARSET = re.compile(r";[ \t]*charset[ \t]*=[ \t]*[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_CODE = re.compile(
    r"text/(?:html|css|javascript|ecmascript)|application/(?:x-|xhtml\+)?(?:javascript|ecmascript|xml)|.*\bsvg\b"
)
_JSON = re.compile(
    r"(?:application|text)/(?:[^;/]+\+)?(?:json|json-seq|x-?ndjson|ndjson|(?:x-)?jsonl(?:ines)?|graphql\+json)"
)
_NAME = re.compile(rb"name=(?:\"([^\"]*)\"|([^ \t;\"]+))", re.IGNORECASE)
_FILE = re.compile(rb";[ \t]*filename\*?=", re.IGNORECASE)
_TYPE = re.compile(rb"(?im)^content-type:[ \t]*([^\r\n]*)")
_EVENT_FIELD = re.compile(rb"([a-z]{0,10}:[ ]?)?(.*)", re.DOTALL)
_LINE_ENDS = re.compile(rb"(\r\n|\n|\r)")
_DEEPEST = 3

# "Binary data bytes" of the WHATWG MIME Sniffing standard.
_BINARY = bytes((*range(0x09), 0x0B, *range(0x0E, 0x1B), *range(0x1C, 0x1E), 0x1F))
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ASCII = bytes(range(32, 127))


def redact_body(redactor: Redactor, data: bytes, content_type: str, found: Found, depth: int = 0) -> bytes:
    """``data`` without its content codings; ``content_type`` is the value of the field, with its parameters. Text
    beyond ASCII's supersets (UTF-16, UTF-32) comes back in its own encoding; the lengths of bytes that are no text
    stay."""
    if not data:
        return data
    type = content_type.partition(";")[0].strip().lower()
    if type.startswith("multipart/") and depth < _DEEPEST and (boundary := _boundary(content_type)):
        return _multipart(redactor, data, boundary, found, depth)
    if (codec := _wide(data, content_type)) and (text := _decoded(data, codec)) is not None:
        utf8 = text.encode("utf-8", "surrogatepass")
        redacted = _text(redactor, utf8, type, found)
        if redacted != utf8:
            data = _encoded(redacted, codec)
        return redactor.binary(data, found)  # the mark may be a chance of bytes that are no such text
    if len(data.translate(None, _BINARY)) != len(data):
        return redactor.binary(data, found)
    return _text(redactor, data, type, found)


def _text(redactor: Redactor, data: bytes, type: str, found: Found) -> bytes:
    if type == "application/x-www-form-urlencoded":
        return redactor.form(data, found)
    if type == "text/event-stream":
        return _events(redactor, data, found)
    if _JSON.fullmatch(type):
        return redactor.json(data, found)
    return redactor.content(data, found, code=_CODE.fullmatch(type) is not None)


def _events(redactor: Redactor, data: bytes, found: Found) -> bytes:
    """Each line by itself; a key in PEM over several lines as well."""
    lines = _LINE_ENDS.split(data)
    for at in range(0, len(lines), 2):
        match = _EVENT_FIELD.fullmatch(lines[at])
        if match and match[2]:
            lines[at] = (match[1] or b"") + redactor.content(match[2], found)
    data = b"".join(lines)
    return redactor.text(data, found) if b"PRIVATE KEY" in data else data


def _multipart(redactor: Redactor, data: bytes, boundary: bytes, found: Found, depth: int) -> bytes:
    """RFC 2046 5.1.1. What is before the first and behind the last boundary is text as well."""
    pieces = data.split(b"--" + boundary)
    for number, piece in enumerate(pieces):
        head, end, body = piece.partition(b"\r\n\r\n")
        if not end or not number:
            pieces[number] = redact_body(redactor, piece, "text/plain", found, depth + 1)
            continue
        tail = b"\r\n" if body.endswith(b"\r\n") else b""
        body = body.removesuffix(b"\r\n")
        pieces[number] = redactor.text(head, found) + end + _part(redactor, head, body, found, depth) + tail
    return (b"--" + boundary).join(pieces)


def _part(redactor: Redactor, head: bytes, body: bytes, found: Found, depth: int) -> bytes:
    disposition = next((line for line in head.split(b"\r\n") if line.lower().startswith(b"content-disposition")), b"")
    name = _NAME.search(disposition)
    type = _TYPE.search(head)
    content_type = type[1].decode("latin-1") if type else "text/plain"
    if name and not _FILE.search(disposition):
        field = (name[1] if name[1] is not None else name[2]).decode("utf-8", "replace")
        redacted = redactor.field(field, body, found)
        if redacted != body:
            return redacted
    return redact_body(redactor, body, content_type, found, depth + 1)


def _boundary(content_type: str) -> bytes:
    match = _BOUNDARY.search(content_type)
    return (match[1] or match[2]).encode("latin-1", "replace") if match else b""


def _wide(data: bytes, content_type: str) -> str:
    """The encoding of text whose bytes are not those of ASCII; empty for all else."""
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return codec
    match = _CHARSET.search(content_type)
    if match is None or match[1].lower() in ("utf-8", "utf8", "iso-8859-1", "us-ascii"):
        return ""
    try:
        codec = codecs.lookup(match[1]).name
        return "" if _ASCII.decode(codec) == _ASCII.decode("ascii") else _exact(codec, data)
    except (LookupError, ValueError):
        return _exact(codec, data) if match[1].lower().startswith(("utf-16", "utf-32", "utf16", "utf32")) else ""


def _exact(codec: str, data: bytes) -> str:
    """Without a mark, that of the standards: big-endian if nothing else is said (RFC 2781 4.3); browsers say little."""
    if codec in ("utf-16", "utf-32"):
        zero_first = data[:1] == b"\0"
        return f"{codec}-{'be' if zero_first else 'le'}"
    return codec


def _decoded(data: bytes, codec: str) -> str | None:
    try:
        text = data.decode(codec, "surrogatepass" if codec.startswith("utf") else "strict")
        return text if text.encode(codec, "surrogatepass" if codec.startswith("utf") else "strict") == data else None
    except (LookupError, ValueError):
        return None


def _encoded(utf8: bytes, codec: str) -> bytes:
    return utf8.decode("utf-8", "surrogatepass").encode(codec, "surrogatepass" if codec.startswith("utf") else "strict")
