"""What Wireglass itself says to a client.

An error is told in the form the client reads: by the best quality in ``Accept`` (RFC 9110 12.5.1) HTML or JSON where
one of them is named. Where neither is (``*/*``, nothing), a request that brought JSON gets JSON, any other plain text.
"""

from __future__ import annotations

import html
import json
import re
from http import HTTPStatus

from wireglass.errors import LimitReached, ProxyAuthWanted, WireglassError
from wireglass.wire.head import RequestHead

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
CHALLENGE = b'Basic realm="Wireglass", charset="UTF-8"'
"""RFC 7617 2, 2.1."""

_TEXT, _HTML, _JSON = "text/plain; charset=utf-8", "text/html; charset=utf-8", "application/json"
_JSON_TYPE = re.compile(r"application/(?:[a-z0-9.+-]+\+)?json")
_QUALITY = re.compile(r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")
_LONGEST_ACCEPT = 2000  # bytes that are looked at
_SHOWN_HOST = 260  # characters; a name has 253 at most

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{status}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 12vh auto; padding: 0 1.5rem }}
h1 {{ font-size: 1.3rem }}
dl {{ display: grid; grid-template-columns: max-content auto; gap: .2rem 1rem; opacity: .75 }}
dd {{ margin: 0; overflow-wrap: anywhere }}
</style>
</head>
<body>
<h1>{message}</h1>
<p>{hint}</p>
<dl>{rows}</dl>
<p><small>Answered by Wireglass, not by the server ({status}).</small></p>
</body>
</html>"""


def error_answer(
    error: WireglassError, *, keep_alive: bool, head_only: bool, head: RequestHead | None = None, host: str = ""
) -> bytes:
    """``answer_fields`` as HTTP/1 sends them."""
    fields, body = answer_fields(error, head=head, host=host)
    if not keep_alive:
        fields.append((b"connection", b"close"))
    lines = b"".join(b"%b: %b\r\n" % (name.title(), value) for name, value in fields)
    status = error.http_status
    line = b"HTTP/1.1 %d %b\r\n" % (status, HTTPStatus(status).phrase.encode("ascii"))
    return line + lines + b"\r\n" + (b"" if head_only else body)


def answer_fields(
    error: WireglassError, *, head: RequestHead | None = None, host: str = ""
) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """The error in the form that the request ``head`` asks for, header fields in lower case and body; ``host`` is the
    server it was meant for, with its port. ``wireglass-error`` tells programs that it is not the server's answer, and
    its code."""
    form = _form(head, getattr(error, "received", b""))
    host = host[:_SHOWN_HOST]
    if form == _HTML:
        text = _page(error, host)
    elif form == _JSON:
        said = {"kind": error.code, "message": error.message, "hint": error.hint, "host": host, "check": error.check}
        text = json.dumps({"error": said}, ensure_ascii=False)
    else:
        text = f"Wireglass: {error.line()} ({error.code})"
    body = text.encode("utf-8", "backslashreplace") + b"\n"
    fields = [
        (b"content-type", form.encode("ascii")),
        (b"content-length", b"%d" % len(body)),
        (b"wireglass-error", error.code.encode("ascii")),
        (b"cache-control", b"no-store"),
        (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if isinstance(error, LimitReached):
        fields.append((b"retry-after", b"1"))  # RFC 9110 15.6.4: seconds
    elif isinstance(error, ProxyAuthWanted):
        fields.append((b"proxy-authenticate", CHALLENGE))
    return fields, body


def _page(error: WireglassError, host: str) -> str:
    facts = (("server", host), ("failed at", error.check), ("kind", error.code))
    rows = "".join(f"<dt>{name}</dt><dd>{html.escape(value)}</dd>" for name, value in facts if value)
    status = f"{error.http_status} {HTTPStatus(error.http_status).phrase}"
    return _PAGE.format(status=status, message=html.escape(error.message), hint=html.escape(error.hint), rows=rows)


def _form(head: RequestHead | None, received: bytes) -> str:
    """``received`` is the head that could not be read, if that is what is answered."""
    if head is not None:
        accept = b",".join(value for name, value in head.headers if name.lower() == b"accept")
        brought = b"".join(head.special.get(b"content-type", ())[:1])
    else:
        accept, brought = _field(b"accept", received), _field(b"content-type", received)
    named = _qualities(accept[:_LONGEST_ACCEPT].decode("latin-1").lower())
    page = max(named.get("text/html", 0.0), named.get("application/xhtml+xml", 0.0))
    data = max((quality for type, quality in named.items() if _JSON_TYPE.fullmatch(type)), default=0.0)
    if page or data:
        return _HTML if page >= data else _JSON
    if "text/plain" not in named and _JSON_TYPE.fullmatch(brought.decode("latin-1").lower().split(";")[0].strip()):
        return _JSON
    return _TEXT


def _field(name: bytes, received: bytes) -> bytes:
    found = re.search(rb"\n" + name + rb":([^\r\n]*)", received, re.IGNORECASE)
    return found[1] if found else b""


def _qualities(accept: str) -> dict[str, float]:
    named = {}
    for item in accept.split(","):
        type, *parameters = (word.strip() for word in item.split(";"))
        quality = next((word[2:] for word in parameters if word.startswith("q=")), "1")
        named[type] = float(quality) if _QUALITY.fullmatch(quality) else 1.0
    return named
