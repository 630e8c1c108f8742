"""Python: httpx and requests."""

from __future__ import annotations

from collections.abc import Iterator

from wireglass.formats.code.literals import indented, quoted, quoted_bytes
from wireglass.formats.code.request import Language, Request


def text(value: str) -> str:
    return quoted(value, _escape)


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def data(body: bytes) -> str:
    """Bytes: a literal, or text that is encoded."""
    if not body.isascii():
        try:
            return f"{text(body.decode())}.encode()"
        except UnicodeDecodeError:
            pass
    return f"b{quoted_bytes(body)}"


def _value(value: bytes) -> str:
    return text(value.decode()) if value.isascii() else data(value)


def _call(request: Request, library: str, headers: list[str], body: str) -> str:
    lines = [f"{text(request.method)},", f"{text(request.url)},"]
    if headers:
        lines += headers
    if request.file:
        lines.append(f'{body}=open({text(request.file)}, "rb"),')
    elif request.body:
        lines.append(f"{body}={data(request.body)},")
    return f"import {library}\n\nresponse = {library}.request(\n{indented(lines)})\nprint(response.text)\n"


def _httpx(request: Request) -> str:
    pairs = [f"    ({_both(name, value)})," for name, value in request.headers]
    headers = ["headers=[", *pairs, "],"] if pairs else []
    return _call(request, "httpx", headers, "content")


def _both(name: str, value: bytes) -> str:
    # httpx takes text or bytes, of both in the same way.
    return f"{text(name)}, {_value(value)}" if value.isascii() else f"b{text(name)}, {data(value)}"


def _requests(request: Request) -> str:
    pairs = [f"    {text(name)}: {_value(value)}," for name, value in request.joined().items()]
    headers = ["headers={", *pairs, "},"] if pairs else []
    return _call(request, "requests", headers, "data")


def _httpx_limits(request: Request) -> Iterator[str]:
    if request.method != request.method.upper():
        yield "httpx writes the method in capitals."
    if request.has_dots:
        yield "httpx resolves `.` and `..` in the path."


def _requests_limits(request: Request) -> Iterator[str]:
    if len(request.joined()) < len(request.headers):
        yield "requests sends a header once: repeated ones are joined."
    if request.method != request.method.upper():
        yield "requests writes the method in capitals."
    if request.has_dots:
        yield "requests resolves `.` and `..` in the path."


HTTPX = Language("python-httpx", "Python httpx", "python", _httpx, limits=_httpx_limits)
REQUESTS = Language("python-requests", "Python requests", "python", _requests, limits=_requests_limits)
