"""A request's body as Postman's Collection format v1 has it: ``data`` and ``dataMode`` as pmproxy 0.1.5 wrote them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple, TypeAlias

from wireglass.content import decode, media_type
from wireglass.content.multipart import Malformed, Parts, names
from wireglass.content.text import parameters
from wireglass.content.urlencoded import fields
from wireglass.errors import WireglassError
from wireglass.formats.har_body import text_codec
from wireglass.formats.har_fields import value_of
from wireglass.model import Headers, Record

Mode: TypeAlias = Literal["raw", "urlencoded", "params"]
Data: TypeAlias = str | list[dict[str, Any]]

METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE", "LINK", "UNLINK"})
"""Those of whose requests the body is taken."""

LIMIT = 64 * 1024 * 1024
"""Bytes of a decoded body that are taken, from its start."""

_MOST_FIELDS = 10_000
"""Fields of a form that are taken, from the first."""


class Body(NamedTuple):
    data: Data
    mode: Mode
    decoded: bool
    """Whether content codings were undone, so that Content-Encoding no longer fits."""
    notes: list[str]
    """Why ``data`` is less or other than what was sent; empty if it is not."""


def data_mode(content_type: bytes) -> Mode:
    """pmproxy's own rule, on the first Content-Type: case counts, and the word must not begin it."""
    if content_type.find(b"x-www-form-urlencoded") > 0:
        return "urlencoded"
    return "params" if content_type.find(b"form-data") > 0 else "raw"


def body_of(record: Record, pieces: Iterable[bytes]) -> Body:
    """``pieces``: the kept bytes of the request's body. Not looked at if the method has no body for pmproxy."""
    if record.summary.method not in METHODS:
        return Body([], "raw", False, [])
    headers = record.body_headers("request")
    ref = record.request_body
    notes = [ref.note] if ref.note else []
    if not ref.note and ref.kept < ref.size:
        notes.append(f"only the first {ref.kept} of {ref.size} bytes are kept")
    cut = record.detail.request_cut
    if cut:
        notes.append("it had not all come when it was answered")
    failures: list[str] = []
    decoded = decode(headers, _read(pieces, failures), LIMIT, partial=cut or ref.kept < ref.size)
    notes += failures + [decoded.note] * bool(decoded.note)
    type = value_of(headers, b"content-type")
    mode = data_mode(type)
    _, charset = media_type([(b"content-type", type)])
    data: Data
    if mode == "urlencoded":
        data = _form(((_text(name, charset), _text(value, charset)) for name, value in fields(decoded.data)), notes)
    elif mode == "params":
        data = _form(_multipart(type, decoded.data, notes), notes)
    else:
        data = _text(decoded.data, charset)
    undone = bool(decoded.codings) or headers is not record.headers("request")
    return Body(data, mode, undone, notes)


def _read(pieces: Iterable[bytes], failures: list[str]) -> Iterator[bytes]:
    """Ends where the store fails: one body less must not be the end of the collection."""
    try:
        yield from pieces
    except WireglassError as error:
        failures.append(str(error))


def _text(data: bytes, charset: str) -> str:
    """UTF-8 first, whatever is declared: Postman sends text as UTF-8, so that what is UTF-8 is sent as it was. Bytes
    that are no text at all become the characters of the same numbers, and none is lost."""
    for codec in ("utf-8", text_codec(charset)):
        try:
            return data.decode(codec)
        except ValueError:
            continue
    return data.decode("latin-1")


def _form(pairs: Iterable[tuple[str, str]], notes: list[str]) -> list[dict[str, Any]]:
    """Of a repeated key the first value, as in pmproxy."""
    found: dict[str, str] = {}
    for number, (key, value) in enumerate(pairs):
        if number == _MOST_FIELDS:
            notes.append(f"only the first {_MOST_FIELDS} fields are taken")
            break
        found.setdefault(key, value)
    return [{"key": key, "value": value, "type": "text"} for key, value in found.items()]


def _multipart(type: bytes, data: bytes, notes: list[str]) -> Iterator[tuple[str, str]]:
    """The parts that are no files."""
    if not data:
        return
    named: list[tuple[str | None, str | None]] = []

    def wanted(headers: Headers) -> bool:
        named.append(names(headers, _utf8))
        return named[-1][1] is None

    parts = Parts(_MOST_FIELDS, wanted)
    try:
        boundary = parameters([(b"content-type", type)]).get("boundary", "")
        if not boundary:
            raise Malformed("Content-Type names no boundary")
        parts.read(boundary, data)
        if not parts.ended and len(parts.found) <= _MOST_FIELDS and not notes:
            notes.append("its closing boundary is missing")
    except Malformed as malformed:
        notes.append(f"its {malformed}")
    for part, (name, file) in zip(parts.found, named, strict=False):  # the head of the last one may be cut off
        if file is None:
            yield name or "", _text(bytes(part.data), media_type(part.headers)[1])


def _utf8(value: bytes) -> str:
    return _text(value, "")
