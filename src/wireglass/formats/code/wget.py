"""GNU Wget."""

from __future__ import annotations

from collections.abc import Iterator

from wireglass.formats.code.literals import value_text
from wireglass.formats.code.request import Language, Request
from wireglass.formats.code.shells import sh, sh_lines, sh_printf, sh_text


def _write(request: Request) -> str:
    setup = ""
    words = [["--quiet"], ["--output-document=-"], ["--content-on-error"], ["--method", request.method]]
    words += [["--header", f"{name}: {value_text(value)}"] for name, value in _headers(request)]
    if request.takes_codings:
        words.append(["--compression=auto"])
    if request.file:
        words.append([f"--body-file={request.file}"])
    elif request.body and (text := sh_text(request.body)) is not None:
        words.append([f"--body-data={text}"])
    elif request.body:
        # It asks for the size of the file, and so reads no pipe.
        setup = f'body=$(mktemp)\n{sh_printf(request.body)} > "$body"\n'
    lines = ["=".join(group) for group in words]
    quoted = [sh(line) for line in lines]
    if setup:
        quoted.append('--body-file="$body"')
    return setup + sh_lines(f"wget {sh(request.url)}", quoted)


def _headers(request: Request) -> list[tuple[str, bytes]]:
    # A second --header of a name takes the place of the first.
    headers = list(request.joined().items())
    if request.has_body and not request.has("content-type"):
        headers.append(("Content-Type", b"application/octet-stream"))
    return headers


def _limits(request: Request) -> Iterator[str]:
    if request.has_body and not request.has("content-type"):
        yield "wget says that the body is a form unless told otherwise: Content-Type is added here."
    if request.has_dots:
        yield "wget resolves `.` and `..` in the path."


LANGUAGE = Language("wget", "wget", "shell", _write, limits=_limits)
