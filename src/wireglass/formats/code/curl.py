"""cURL: for POSIX shells, for Windows' cmd, and curl.exe in PowerShell."""

from __future__ import annotations

from collections.abc import Iterator

from wireglass.formats.code.literals import base64_of, value_text
from wireglass.formats.code.powershell import saving_limits
from wireglass.formats.code.request import Language, Request
from wireglass.formats.code.shells import cmd, powershell, sh, sh_lines, sh_printf, sh_text

CMD_LIMIT = 8000
"""Characters of a command line at the prompt of cmd, which takes 8191."""


def _words(request: Request, body: str | None) -> Iterator[list[str]]:
    """The arguments, an option with its value together. ``body``: of --data-binary or --data-raw, with its option."""
    method = request.method
    yield [request.url]
    if method == "HEAD" and not request.has_body:
        yield ["--head"]
    elif method != ("POST" if request.has_body else "GET"):
        yield ["--request", method]
    if any(char in request.url for char in "[]{}"):
        yield ["--globoff"]
    if request.has_dots:
        yield ["--path-as-is"]
    for name, value in request.headers:
        text = value_text(value)
        yield ["--header", f"{name}: {text}" if text else f"{name};"]
    if request.has_body and not request.has("content-type"):
        yield ["--header", "Content-Type:"]  # curl says that it is a form
    if request.says_empty and not request.has_body and method not in ("GET", "HEAD"):
        yield ["--header", "Content-Length: 0"]
    if request.takes_codings:
        yield ["--compressed"]
    if body is not None:
        yield ["--data-raw", body]


def _posix(request: Request) -> str:
    def lines(body: str | None, *more: list[str]) -> str:
        [url], *words = [*_words(request, body), *more]
        return sh_lines(f"curl {sh(url)}", [" ".join(sh(word) for word in group) for group in words])

    if request.file:
        return lines(None, ["--data-binary", f"@{request.file}"])
    if not request.body:
        return lines(None)
    text = sh_text(request.body)
    if text is None:
        return f"{sh_printf(request.body)} |\n  {lines(None, ['--data-binary', '@-'])}"
    return lines(text)


def _cmd(request: Request) -> str:
    words = _words(request, None if request.file else request.body.decode() if request.body else None)
    lines = [" ".join(_cmd_word(word) for word in group) for group in words]
    if request.file:
        lines.append(f"--data-binary {_cmd_word('@' + request.file)}")
    return "curl " + " ^\n  ".join(lines)


def _cmd_word(word: str) -> str:
    return word if word.replace("-", "").isalnum() and word.isascii() else cmd(word)


def _for_cmd(request: Request) -> Request:
    """A line break ends a command of cmd, and its characters are those of a code page: such bodies are in a file."""
    text = request.text
    fits = text is not None and text.isascii() and text.isprintable() and len(cmd(text)) < CMD_LIMIT // 2
    if not request.body or fits:
        return request
    return request.with_file("no plain line of text that cmd could take")


def _powershell(request: Request) -> str:
    """Windows PowerShell 5.1 loses the quotes in a program's arguments, PowerShell 7 keeps them: what holds some goes
    through a file of curl's options."""
    text = None if request.file or not request.body else request.text
    body = text if text is not None and _passes(text) else None
    words = list(_words(request, body))
    setup = []
    data = []
    if request.file:
        data = [["--data-binary", f"'@{request.file}'"]]
    elif request.body and body is None:
        setup.append("$body = New-TemporaryFile")
        setup.append(f"[IO.File]::WriteAllBytes($body, [Convert]::FromBase64String('{base64_of(request.body)}'))")
        data = [["--data-binary", '"@$body"']]
    if all(_passes(word) for group in words for word in group):
        shown = [[word if word.startswith("--") else powershell(word) for word in group] for group in words]
    else:
        config = "\n".join(_config(group) for group in words)
        setup.append(f"$options = New-TemporaryFile\n[IO.File]::WriteAllText($options, @'\n{config}\n'@)")
        shown = [["--config", '"$options"']]
    command = " `\n  ".join(["curl.exe", *(" ".join(group) for group in [*shown, *data])])
    return "\n".join([*setup, command])


def _passes(word: str) -> bool:
    # Both versions put quotes around what has spaces, and a backslash before such a quote would escape it.
    return '"' not in word and not word.endswith("\\") and bool(word) and word.isprintable()


def _config(group: list[str]) -> str:
    """A line of ``curl --config``; the URL stands without an option in a command line."""
    if len(group) == 1 and group[0].startswith("--"):
        return group[0]
    option, value = group if len(group) == 2 else ("--url", group[0])
    for char, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        value = value.replace(char, escaped)
    return f'{option[2:]} = "{value}"'


def _latin(request: Request) -> Iterator[str]:
    for name, value in request.headers:
        if value_text(value).encode() != value:
            yield f"The header {name} is not UTF-8: its bytes are others here."


POSIX = Language("curl", "cURL", "shell", _posix, limits=_latin)
CMD = Language("curl-cmd", "cURL (Windows cmd)", "cmd", _cmd, comment="rem ", limits=_latin, adjust=_for_cmd)
POWERSHELL = Language(
    "curl-powershell",
    "cURL (PowerShell)",
    "powershell",
    _powershell,
    limits=lambda request: (*_latin(request), *saving_limits(request)),
)
