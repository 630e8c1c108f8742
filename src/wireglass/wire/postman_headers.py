"""``Postman-`` fields, pmproxy's way round what a page's script may not set: ``Postman-Cookie: a=b`` is sent on as
``cookie: a=b``, and the client gets ``Location`` as ``Postman-Location``, so that its browser does not follow it.

What is made here is read by the strict reader again, so that block, fields and what decides framing agree. Trailers and
1xx responses stay as they are.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from wireglass.errors import ProtocolError
from wireglass.model import Headers
from wireglass.wire.fields import CACHED_SECTION, read_fields
from wireglass.wire.head import Head, RequestHead, ResponseHead
from wireglass.wire.http2_heads import Http2RequestHead

_PREFIX = b"postman-"
_WRAPPED = re.compile(rb"\npostman-", re.IGNORECASE)
# pmproxy left postman-content-length alone. The others would change how the message is framed (RFC 9112 6) or what
# becomes of the connection (RFC 9110 7.6.1, 11.7): whoever can set a field would smuggle requests.
_STAYS = frozenset(
    (
        b"",
        b"connection",
        b"content-length",
        b"http2-settings",
        b"keep-alive",
        b"te",
        b"transfer-encoding",
        b"upgrade",
    )
)
_NAMED = 20  # names in a note
_NAME = 60  # characters of each

UNWRAPPED = "sent on without Postman- in front (--postman-headers)"
"""Begins the note."""
LOCATION_RENAMED = "Location went to the client as Postman-Location (--postman-headers)"


class Unwrapped(NamedTuple):
    head: RequestHead
    """For the server; the same object where every field stays as it came."""
    host: bytes | None
    """What ``Postman-Host`` asks for in the place of Host; never empty (RFC 9113 8.3.1)."""
    notes: list[str]
    """For the record, which keeps the head that came."""


def unwrapped(head: RequestHead) -> Unwrapped | None:
    """Each ``Postman-NAME`` replaces what there is of NAME, in lower case as pmproxy wrote it; of several the last one
    counts. None where there is no such field. Raises ProtocolError where the result cannot be read."""
    if _WRAPPED.search(head.block) is None:
        return None
    lines = _lines(head)
    values: dict[bytes, bytes] = {}
    stays: dict[bytes, None] = {}
    for name, line in lines:
        bare = unwrapped_name(name)
        if bare is not None:
            values[bare] = line[len(name) :]
        elif name.startswith(_PREFIX):
            stays[name] = None
    notes = []
    if values:
        notes.append(f"{UNWRAPPED}: {_listed(values)}")
    if stays:
        notes.append(f"stayed as it came, because it frames messages or rules the connection: {_listed(stays)}")
    if not values:
        return Unwrapped(head, None, notes)
    host = values.get(b"host", b":")[1:].strip(b" \t") or None
    kept, placed = [], set()
    for name, line in lines:
        bare = unwrapped_name(name) or name
        if bare not in values:
            kept.append(line)
        elif bare not in placed:
            placed.add(bare)
            kept.append(bare + values[bare])
    derived = copy.copy(head)
    try:
        _read(derived, kept, request=True)
    except ProtocolError as error:
        raise ProtocolError(f"Without Postman- in front: {error.message}", error.hint) from None
    if isinstance(derived, Http2RequestHead):  # which has Host apart from its fields
        derived.headers = [field for field in derived.headers if field[0].lower() != b"host"]
        if host is not None:
            derived.authority = host
    return Unwrapped(derived, host, notes)


def location_renamed(head: ResponseHead) -> ResponseHead:
    """For the client: of several equal Location fields one, in the place of any Postman-Location of the server's own.
    The same object where there is none."""
    if b"location" not in head.special:
        return head
    fields = [(line[: len(name)], line[len(name) :]) for name, line in _lines(head)]
    derived = copy.copy(head)
    _read(derived, [name + rest for name, rest in locations_renamed(fields)], request=False)
    return derived


def locations_renamed(fields: Headers) -> Headers:
    """``location_renamed`` of names, each with what stands behind it."""
    names = [name.lower() for name, _ in fields]
    if b"location" not in names:
        return fields
    first = names.index(b"location")
    kept: Headers = []
    for at, (lower, field) in enumerate(zip(names, fields, strict=True)):
        if lower not in (b"location", b"postman-location"):
            kept.append(field)
        elif at == first:
            kept.append((b"Postman-Location", field[1]))
    return kept


def _lines(head: Head) -> list[tuple[bytes, bytes]]:
    """The name of each line in lower case, and the line without its end."""
    return [(line.partition(b":")[0].lower(), line) for line in head.block[1:-4].split(b"\r\n")]


def unwrapped_name(lower: bytes) -> bytes | None:
    """None for a field that is not to be unwrapped."""
    if not lower.startswith(_PREFIX):
        return None
    bare = lower[len(_PREFIX) :]
    plain = bare.replace(b"_", b"-")  # RFC 3875 4.1.18: the same to gateways
    return None if plain in _STAYS or plain.startswith(b"proxy-") else bare


def _read(head: Head, lines: list[bytes], *, request: bool) -> None:
    section = b"\n" + b"".join([line + b"\r\n" for line in lines]) + b"\r\n"
    read = read_fields if len(section) <= CACHED_SECTION else read_fields.__wrapped__
    head.headers, head.special, head.block = read(section, request)


def _listed(names: Iterable[bytes]) -> str:
    shown = [name[:_NAME].decode("ascii") for name in islice(names, _NAMED + 1)]
    return ", ".join(shown[:_NAMED]) + (" …" if len(shown) > _NAMED else "")
