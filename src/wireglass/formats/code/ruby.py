"""Ruby: net/http."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator

from wireglass.formats.code.literals import quoted, quoted_bytes
from wireglass.formats.code.request import Language, Request


def text(value: bytes) -> str:
    """`#` may begin an expression in a string."""
    try:
        return quoted(value.decode(), lambda char: "".join(f"\\x{byte:02x}" for byte in char.encode()), "#")
    except UnicodeDecodeError:
        return quoted_bytes(value, "#")


def _write(request: Request) -> str:
    sends = "true" if request.has_body else "false"
    gets = "false" if request.method == "HEAD" else "true"
    parts = urllib.parse.urlsplit(request.url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    # Not through URI, which refuses some characters and encodes others.
    path = request.url.partition("://")[2]
    path = path[path.index("/") :]
    lines = ['require "net/http"', "", f"http = Net::HTTP.new({text((parts.hostname or '').encode())}, {port})"]
    if parts.scheme == "https":
        lines.append("http.use_ssl = true")
    method, path = text(request.method.encode()), text(path.encode())
    lines.append(f"request = Net::HTTPGenericRequest.new({method}, {sends}, {gets}, {path})")
    seen: set[str] = set()
    for name, value in request.headers:
        if name.lower() in seen:
            lines.append(f"request.add_field({text(name.encode('latin-1'))}, {text(value)})")
        else:
            lines.append(f"request[{text(name.encode('latin-1'))}] = {text(value)}")
        seen.add(name.lower())
    if request.file:
        lines.append(f"request.body = File.binread({text(request.file.encode())})")
    elif request.body:
        lines.append(f"request.body = {text(request.body)}.b")
    lines.append("response = http.start { http.request(request) }")
    lines.append("puts response.body")
    return "\n".join(lines)


def _limits(request: Request) -> Iterator[str]:
    if len(request.joined()) < len(request.headers):
        yield "net/http joins repeated headers."
    if request.has_body and not request.has("content-type"):
        yield "net/http may say that the body is a form, because the request had no Content-Type."


LANGUAGE = Language("ruby", "Ruby net/http", "ruby", _write, limits=_limits)
