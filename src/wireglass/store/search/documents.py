"""What the index holds of an exchange. ``expression.py`` asks for the same things; a change of either that the other
does not have needs a new ``index.VERSION``."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from wireglass.model import Detail, Side, Summary
from wireglass.query import leaf
from wireglass.query.url_parts import parameters, url_parts
from wireglass.store.search.alphabets import HEADERS, SEPARATOR, URL, facet, plain

HOUR = 3600.0
DAY = 24 * HOUR

PATHS = 3
"""Segments of a path, of which each beginning is a facet."""

LABELS = 6
"""Labels of a host, of which each end is a facet."""


def document(summary: Summary, detail: Detail, texts: Mapping[Side, str]) -> str:
    """Of an ended exchange. ``texts`` are those of ``content.searchable``."""
    parts = [facet(kind, value) for kind, value in facets(summary, detail)]
    parts += [summary.url.translate(URL), summary.host.translate(URL)]
    for side in SIDES:
        for name, value in leaf.fields_of(detail, side):
            parts.append(leaf.header_line(name, value).translate(HEADERS))
    parts.extend(words(text) for text in (summary.operation, summary.error or "", summary.error_kind or "") if text)
    for side in SIDES:
        if text := texts.get(side):
            parts.append(plain(text))
    return SEPARATOR.join(parts)


def words(text: str) -> str:
    """Short texts of our own: they share the alphabet of headers."""
    return text.translate(HEADERS)


SIDES: tuple[Side, Side] = ("request", "response")


def facets(summary: Summary, detail: Detail) -> Iterator[tuple[str, str]]:
    """Kind and value of each; values in lower case."""
    fold = leaf.fold
    host = fold(summary.host)
    yield "method", fold(summary.method)
    yield "host", host
    for parent in parents(host):
        yield "below", parent
    if summary.status is not None:
        yield "status", str(summary.status)
        yield "class", str(status_class(summary.status))
    for word in leaf.type_words(fold(summary.type)):
        yield "type", word
    yield "protocol", fold(summary.protocol)
    yield "source", fold(summary.source)
    yield "mode", fold(summary.mode)
    yield "state", summary.state
    parts = url_parts(summary.url)
    yield "scheme", parts.scheme
    if parts.port is not None:
        yield "port", str(parts.port)
    path = fold(parts.path)
    yield "path", path
    for beginning in beginnings(path):
        yield "beginning", beginning
    for name in dict.fromkeys(fold(name) for name, _ in parameters(summary.url)):
        yield "param", name
    yield "size", magnitude(summary.response_size)
    yield "request_size", magnitude(summary.request_size)
    if summary.duration_ms is not None:
        yield "time", magnitude(summary.duration_ms)
    if math.isfinite(summary.started):
        yield "hour", str(int(summary.started // HOUR))
        yield "day", str(int(summary.started // DAY))
    for word, holds in leaf.HAS.items():
        if word != "note" and holds(summary, detail):  # a note comes and goes
            yield "has", word


def parents(host: str) -> Iterator[str]:
    """``.c`` and ``.b.c`` of ``a.b.c``."""
    at = len(host)
    for _ in range(LABELS):
        at = host.rfind(".", 0, at)
        if at < 0:
            return
        yield host[at:]


def status_class(status: float) -> int:
    """Grows with the status, and has few values whatever a server or a file says."""
    return int(min(max(status // 100, 0), 10))


def beginnings(path: str) -> Iterator[str]:
    """``/a/`` and ``/a/b/`` of ``/a/b/c``."""
    at = path.find("/", 1)
    for _ in range(PATHS):
        if at < 0:
            return
        yield path[: at + 1]
        at = path.find("/", at + 1)


def magnitude(number: float) -> str:
    """The power of two that is not above it: numbers of one magnitude are one facet."""
    return str(min(int(number).bit_length(), 63)) if math.isfinite(number) and number > 0 else "0"
