"""PHP with its cURL extension."""

from __future__ import annotations

from wireglass.formats.code.literals import indented, quoted, quoted_bytes
from wireglass.formats.code.request import Language, Request


def text(value: bytes) -> str:
    """A string of PHP is bytes; `$` begins a variable."""
    try:
        return quoted(value.decode(), lambda char: "".join(f"\\x{byte:02x}" for byte in char.encode()), "$")
    except UnicodeDecodeError:
        return quoted_bytes(value, "$")


def _write(request: Request) -> str:
    headers = [name.encode("latin-1") + (b": " + value if value else b";") for name, value in request.headers]
    if request.has_body and not request.has("content-type"):
        headers.append(b"Content-Type:")  # or it would say that it is a form
    lines = [f"CURLOPT_CUSTOMREQUEST => {text(request.method.encode())},", "CURLOPT_RETURNTRANSFER => true,"]
    if request.method == "HEAD":
        lines.append("CURLOPT_NOBODY => true,")
    if request.has_dots:
        lines.append("CURLOPT_PATH_AS_IS => true,")
    if request.takes_codings:
        lines.append("CURLOPT_ENCODING => '', // all that it can undo")
    if headers:
        lines += ["CURLOPT_HTTPHEADER => [", *(f"    {text(header)}," for header in headers), "],"]
    if request.file:
        lines.append(f"CURLOPT_POSTFIELDS => file_get_contents({text(request.file.encode())}),")
    elif request.body:
        lines.append(f"CURLOPT_POSTFIELDS => {text(request.body)},")
    return (
        f"$curl = curl_init({text(request.url.encode())});\ncurl_setopt_array($curl, [\n{indented(lines)}]);\n"
        "$answer = curl_exec($curl);\nif ($answer === false) {\n    exit(curl_error($curl) . PHP_EOL);\n}\n"
        "echo $answer;\n"
    )


LANGUAGE = Language("php", "PHP cURL", "php", _write, comment="// ", opening="<?php\n")
