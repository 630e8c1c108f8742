"""Java 11 and later: java.net.http."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wireglass.formats.code.literals import base64_of, indented, pieces, quoted, utf16, value_text
from wireglass.formats.code.request import Language, Request

_CONSTANT = 16_000
"""Characters: a constant has at most 65535 bytes (JVMS 4.4.7), and the compiler joins those that stand together."""

_REFUSED = re.compile(r'["<>\\^`{|}]|\[|\]|%(?![0-9A-Fa-f]{2})')


def text(value: str) -> str:
    if len(value) > _CONSTANT:
        return f'String.join("", {", ".join(text(piece) for piece in pieces(value, _CONSTANT))})'
    return quoted(value, utf16)


def _url(url: str) -> str:
    head, slash, path = url.partition("://")
    host, rest, path = path.partition("/")
    return f"{head}{slash}{host}{rest}" + _REFUSED.sub(lambda found: f"%{ord(found[0]):02X}", path)


def _write(request: Request) -> str:
    publisher = "HttpRequest.BodyPublishers.noBody()"
    if request.file:
        publisher = f"HttpRequest.BodyPublishers.ofFile(Path.of({text(request.file)}))"
    elif request.body and (body := request.text) is not None:
        publisher = f"HttpRequest.BodyPublishers.ofString({text(body)})"
    elif request.body:
        publisher = (
            f"HttpRequest.BodyPublishers.ofByteArray(Base64.getDecoder().decode({text(base64_of(request.body))}))"
        )
    imports = ["java.net.URI", "java.net.http.HttpClient", "java.net.http.HttpRequest", "java.net.http.HttpResponse"]
    imports += ["java.nio.file.Path"] if request.file else []
    imports += ["java.util.Base64"] if "Base64" in publisher else []
    lines = [f"HttpRequest request = HttpRequest.newBuilder(URI.create({text(_url(request.url))}))"]
    if request.url.startswith("http:"):
        lines.append("    .version(HttpClient.Version.HTTP_1_1)")  # or it would ask for an upgrade to HTTP/2
    lines.append(f"    .method({text(request.method)}, {publisher})")
    lines += [f"    .header({text(name)}, {text(value_text(value))})" for name, value in request.headers]
    lines.append("    .build();")
    lines.append("HttpResponse<String> response =")
    lines.append("    HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());")
    lines.append("System.out.println(response.body());")
    shown = "".join(f"import {name};\n" for name in imports)
    return (
        f"{shown}\npublic class Main {{\n"
        f"    public static void main(String[] arguments) throws Exception {{\n{indented(lines, 8)}    }}\n}}\n"
    )


def _limits(request: Request) -> Iterator[str]:
    if _url(request.url) != request.url:
        yield "java.net.URI refuses some characters of the address: they are percent-encoded here."
    if any(not value.isascii() for _, value in request.headers):
        yield "HttpClient sends header values in ASCII: other characters become question marks."


LANGUAGE = Language("java", "Java HttpClient", "java", _write, comment="// ", limits=_limits)
