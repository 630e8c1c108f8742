"""All of an entry that is no row of a list, and the parts of its URL."""

from __future__ import annotations

import urllib.parse
from typing import Any

from wireglass.formats.har_fields import ip_address, origin_form
from wireglass.formats.har_reader_shape import Entry, Pair, Response
from wireglass.formats.har_reader_values import fields, number, text, to_wire, version, whole
from wireglass.model import Detail, Endpoint, Headers, Informational, Summary, Timings, Tls

URL_LIMIT = 64 * 1024
"""Characters of a URL that are kept; data: URLs have megabytes."""
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def split(url: str) -> urllib.parse.SplitResult:
    """Of one that cannot be read: nothing."""
    try:
        return urllib.parse.urlsplit(url[:URL_LIMIT])
    except ValueError:
        return urllib.parse.SplitResult("", "", "", "", "")


def port_of(parts: urllib.parse.SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        return None


def host_of(url: str) -> str:
    parts = split(url if "://" in url else f"//{url}")
    return (parts.hostname or "")[:255]


def detail_of(entry: Entry, sent: Headers, received: Headers, summary: Summary) -> Detail:
    request, response = entry.request, entry.response or Response()
    target = _target(summary) if not isinstance(request.our_target, str) else _latin(request.our_target)
    spoken = version(request.version) or version(response.version) or "HTTP/1.1"
    answered = version(response.version) or (spoken if summary.status and not entry.our_state else "")
    detail = Detail(
        target,
        spoken,
        sent,
        _trailers(request.our_trailers),
        answered,
        to_wire(text(response.reason)),
        received,
        _trailers(response.our_trailers),
        timings=_timings(entry.timings),
        server=_server(entry, summary.url),
    )
    if isinstance(response.our_informational, list):
        detail.informational = [
            Informational(status, _trailers(one.get("headers")))
            for one in response.our_informational[:100]
            if isinstance(one, dict) and (status := whole(one.get("status"))) and 100 <= status < 200
        ]
    return detail


def _latin(text: str) -> bytes:
    return text.encode("latin-1", "replace")


def _target(summary: Summary) -> bytes:
    return to_wire(origin_form(summary.url, tunnel=summary.protocol == "tunnel"))


def _trailers(value: Any) -> Headers:
    if not isinstance(value, list):
        return []
    pairs = [
        Pair(text(one.get("name")), text(one.get("value")), one.get("comment"))
        for one in value[:1000]
        if isinstance(one, dict)
    ]
    return fields(pairs)[0]


def _timings(value: Any) -> Timings:
    """``blocked`` has no place of its own: it is what the others leave of the duration."""
    if not isinstance(value, dict):
        return Timings()
    dns, connect, tls, send, wait, receive = (
        number(value.get(name)) for name in ("dns", "connect", "ssl", "send", "wait", "receive")
    )
    if connect is not None and tls is not None:
        connect = round(max(0.0, connect - tls), 3)  # HAR counts the TLS handshake as a part of connect
    return Timings(dns, connect, tls, send, wait, receive)


def _server(entry: Entry, url: str) -> Endpoint | None:
    address = ip_address(text(entry.address, 100).strip("[]"))
    if not address:
        return None
    parts = split(url if "://" in url else f"//{url}")
    port = port_of(parts) or _PORTS.get(parts.scheme, 0)
    # Ours has the port there; Chrome's may be a number of its own, and Fiddler's is text.
    if entry.our_state and (written := whole(entry.connection)) and written < 65536:
        port = written
    tls = None
    if isinstance(entry.our_tls, dict):
        said = entry.our_tls
        spoken, cipher, alpn, sni = (text(said.get(name), 255) for name in ("version", "cipher", "alpn", "sni"))
        tls = Tls(spoken, cipher, alpn, sni)
    elif isinstance(entry.security, dict) and (name := text(entry.security.get("protocol"), 64)):
        tls = Tls(name.replace("TLS ", "TLSv"), "")
    host = f"[{address}]" if ":" in address else address
    return Endpoint(f"{host}:{port}" if port else host, "", tls, whole(entry.connection_number) or 0)
