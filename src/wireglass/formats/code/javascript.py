"""JavaScript: fetch and axios."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from wireglass.formats.code.literals import base64_of, indented, quoted, utf16
from wireglass.formats.code.request import Language, Request


def text(value: str) -> str:
    return quoted(value, utf16)


def _value(value: bytes) -> str:
    # Header values are strings of bytes (Fetch, ByteString): one character for each byte.
    return quoted(value.decode("latin-1"), utf16)


def _bytes(body: bytes) -> str:
    return f"Uint8Array.from(atob({text(base64_of(body))}), (char) => char.charCodeAt(0))"


def _fetch(request: Request) -> str:
    lines = [f"method: {text(request.method)},"]
    if request.headers:
        pairs = [f"  [{text(name)}, {_value(value)}]," for name, value in request.headers]
        lines += ["headers: [", *pairs, "],"]
    start = ""
    if request.file:
        start = 'import { readFile } from "node:fs/promises";\n\n'
        lines.append(f"body: await readFile({text(request.file)}),")
    elif request.body:
        body = request.text
        if body is None:
            lines.append(f"body: {_bytes(request.body)},")
        elif request.has("content-type"):
            lines.append(f"body: {text(body)},")
        else:  # it would say that a string is text/plain
            lines.append(f"body: new TextEncoder().encode({text(body)}),")
    return (
        f"{start}const response = await fetch({text(request.url)}, {{\n{indented(lines, 2)}}});\n"
        "console.log(await response.text());\n"
    )


def _without_body(request: Request) -> Request:
    if request.method not in ("GET", "HEAD") or not request.has_body:
        return request
    note = f"fetch sends no body with {request.method}: it is left out."
    kept = tuple(one for one in request.notes if not request.file or request.file not in one)
    return msgspec.structs.replace(request, body=b"", file="", notes=(*kept, note))


def _fetch_limits(request: Request) -> Iterator[str]:
    if request.method.upper() in ("CONNECT", "TRACE", "TRACK"):
        yield f"fetch refuses the method {request.method}."
    if request.method.upper() != request.method and request.method.upper() in (
        "DELETE",
        "GET",
        "HEAD",
        "OPTIONS",
        "POST",
        "PUT",
    ):
        yield "fetch writes this method in capitals."
    if len(request.joined()) < len(request.headers):
        yield "fetch joins repeated headers."
    if request.has_dots:
        yield "fetch resolves `.` and `..` in the path."
    if "'" in request.url.partition("?")[2]:
        yield "fetch percent-encodes `'` in the query string."
    if request.has("cookie"):
        yield "A page may not set Cookie: this runs in Node.js, Deno and Bun."


def _axios(request: Request) -> str:
    lines = [f"method: {text(request.method)},", f"url: {text(request.url)},"]
    headers: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for name, value in request.headers:
        headers.setdefault(names.setdefault(name.lower(), name), []).append(_value(value))
    pairs = [
        f"  {text(name)}: {values[0] if len(values) == 1 else '[' + ', '.join(values) + ']'},"
        for name, values in headers.items()
    ]
    sends = request.has_body or request.method in ("POST", "PUT", "PATCH")
    if sends and not request.has("content-type"):
        pairs.append('  "Content-Type": false,')  # it would say that it is a form
    if pairs:
        lines += ["headers: {", *pairs, "},"]
    start = 'import axios from "axios";\n'
    if request.file:
        start += 'import { readFile } from "node:fs/promises";\n'
        lines.append(f"data: await readFile({text(request.file)}),")
    elif request.body:
        body = request.text
        lines.append(f"data: {_bytes(request.body) + '.buffer' if body is None else text(body)},")
    if request.has_body:
        lines.append("transformRequest: [(data) => data], // as it is: axios writes JSON anew")
    lines += ['responseType: "text",', "validateStatus: () => true,"]
    return f"{start}\nconst response = await axios.request({{\n{indented(lines, 2)}}});\nconsole.log(response.data);\n"


def _axios_limits(request: Request) -> Iterator[str]:
    if request.method.upper() != request.method:
        yield "axios writes the method in capitals."
    if request.has_dots:
        yield "axios resolves `.` and `..` in the path."
    if "'" in request.url.partition("?")[2]:
        yield "axios percent-encodes `'` in the query string."


FETCH = Language(
    "javascript-fetch",
    "JavaScript fetch",
    "javascript",
    _fetch,
    comment="// ",
    limits=_fetch_limits,
    adjust=_without_body,
)
AXIOS = Language("javascript-axios", "JavaScript axios", "javascript", _axios, comment="// ", limits=_axios_limits)
