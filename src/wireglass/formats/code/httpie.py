"""HTTPie. In its request items a backslash makes separators (`:`, `=`, `@`, `;`) plain characters."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wireglass.formats.code.literals import value_text
from wireglass.formats.code.request import Language, Request
from wireglass.formats.code.shells import sh, sh_lines, sh_printf, sh_text

_UNESCAPED = re.compile(r"\\(?:([:=@;])|.|$)", re.DOTALL)
"""It takes backslashes in pairs with what follows, and drops the one before a separator."""


def _write(request: Request) -> str:
    options = ["--path-as-is"] if request.has_dots else []
    if not request.has_body:
        options.append("--ignore-stdin")
    items = [_item(name, value_text(value)) for name, value in request.headers]
    if request.has_body and not request.has("content-type"):
        items.append("Content-Type:")  # it says JSON
    start = " ".join(map(sh, ["http", *options, request.method, request.url]))
    lines = sh_lines(start, [sh(item) for item in items])
    if request.file:
        return f"{lines} \\\n  < {sh(request.file)}"
    if not request.body:
        return lines
    text = sh_text(request.body)
    command = sh_printf(request.body) if text is None else f"printf %s {sh(text)}"
    return f"{command} |\n  {lines}"


def _item(name: str, value: str) -> str:
    if not value:
        return f"{name};"
    # `:=` and `:@` are separators of other meanings.
    return f"{name}:\\{value}" if value[0] in "=@" else f"{name}:{value}"


def _limits(request: Request) -> Iterator[str]:
    if not (request.method.isalpha() and request.method.isascii()):
        yield "HTTPie takes methods of letters only: this one it takes for an address."
    elif request.method != request.method.upper():
        yield "HTTPie writes the method in capitals."
    for name, value in request.headers:
        if any(found[1] for found in _UNESCAPED.finditer(value_text(value))):
            yield f"HTTPie drops a backslash in {name}."


LANGUAGE = Language("httpie", "HTTPie", "shell", _write, limits=_limits)
