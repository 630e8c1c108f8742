"""PowerShell 7: Invoke-WebRequest."""

from __future__ import annotations

from collections.abc import Iterator

from wireglass.formats.code.literals import base64_of, value_text
from wireglass.formats.code.request import Language, Request
from wireglass.formats.code.shells import powershell

_METHODS = frozenset(["DELETE", "GET", "HEAD", "MERGE", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"])
"""Of the enumeration WebRequestMethod; others are -CustomMethod."""


def _write(request: Request) -> str:
    setup = []
    options = [f"-Uri {powershell(request.url)}"]
    method = "-Method" if request.method in _METHODS else "-CustomMethod"
    options.append(f"{method} {powershell(request.method)}")
    headers = request.joined()
    type = next((value for name, value in headers.items() if name.lower() == "content-type"), None)
    shown = {name: value for name, value in headers.items() if name.lower() != "content-type"}
    if shown:
        pairs = "".join(f"  {powershell(name)} = {powershell(value_text(value))}\n" for name, value in shown.items())
        setup.append(f"$headers = @{{\n{pairs}}}")
        options.append("-Headers $headers -SkipHeaderValidation")
    if type is not None:
        options.append(f"-ContentType {powershell(value_text(type))}")
    if request.file:
        options.append(f"-InFile {powershell(request.file)}")
    elif request.body:
        text = request.text
        if text is not None and all(char.isprintable() or char in "\n\t" for char in text):
            setup.append(f"$body = [Text.Encoding]::UTF8.GetBytes({powershell(text)})")
        else:
            setup.append(f"$body = [Convert]::FromBase64String('{base64_of(request.body)}')")
        options.append("-Body $body")
    command = " `\n  ".join(["Invoke-WebRequest", *options])
    return "\n".join([*setup, command])


def _limits(request: Request) -> Iterator[str]:
    if len(request.joined()) < len(request.headers):
        yield "Invoke-WebRequest sends a header once: repeated ones are joined."
    if request.has_dots:
        yield "Invoke-WebRequest resolves `.` and `..` in the path."
    yield from saving_limits(request)


def saving_limits(request: Request) -> Iterator[str]:
    if request.file:
        yield "Before version 7.4, PowerShell's > changes bytes: write the file in cmd, or save it in the web UI."


LANGUAGE = Language("powershell", "PowerShell Invoke-WebRequest", "powershell", _write, limits=_limits)
