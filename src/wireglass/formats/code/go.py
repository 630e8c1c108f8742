"""Go: net/http."""

from __future__ import annotations

from wireglass.formats.code.literals import quoted, quoted_bytes
from wireglass.formats.code.request import Language, Request


def text(value: str) -> str:
    return quoted(value, lambda char: "".join(f"\\x{byte:02x}" for byte in char.encode()))


def _value(value: bytes) -> str:
    """A string of Go is bytes, and its source is UTF-8."""
    try:
        return text(value.decode())
    except UnicodeDecodeError:
        return quoted_bytes(value)


def _write(request: Request) -> str:
    imports = ["fmt", "io", "log", "net/http"]
    body = "nil"
    lines = []
    if request.file:
        imports.append("os")
        lines += [f"body, err := os.Open({text(request.file)})", *_check(), "defer body.Close()"]
        body = "body"
    elif request.body:
        imports.append("strings")
        body = f"strings.NewReader({_value(request.body)})"
    lines += [f"request, err := http.NewRequest({text(request.method)}, {text(request.url)}, {body})", *_check()]
    by_name: dict[str, list[str]] = {}
    for name, value in request.headers:
        by_name.setdefault(name, []).append(_value(value))
    # Header.Set would change the case of the names.
    lines += [f"request.Header[{text(name)}] = []string{{{', '.join(all)}}}" for name, all in by_name.items()]
    lines += ["response, err := http.DefaultClient.Do(request)", *_check(), "defer response.Body.Close()"]
    lines += ["answer, err := io.ReadAll(response.Body)", *_check(), "fmt.Println(string(answer))"]
    shown = "".join(f'\t"{name}"\n' for name in sorted(imports))
    main = "".join(f"\t{line}\n" for line in lines)
    return f"package main\n\nimport (\n{shown})\n\nfunc main() {{\n{main}}}\n"


def _check() -> list[str]:
    return ["if err != nil {", "\tlog.Fatal(err)", "}"]


LANGUAGE = Language("go", "Go net/http", "go", _write, comment="// ")
