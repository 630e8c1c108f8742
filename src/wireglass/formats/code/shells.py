"""Words of command lines: POSIX sh, Windows' cmd, PowerShell."""

from __future__ import annotations

import re

ARGUMENT_LIMIT = 96 * 1024
"""Bytes of one argument; Linux refuses 128 KiB (MAX_ARG_STRLEN)."""

_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")
_TYPED = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]*")
_CMD_SPECIAL = frozenset('^&|<>()"%!')
_POWERSHELL_QUOTES = re.compile("(['\u2018\u2019\u201a\u201b])")


def sh(text: str) -> str:
    """One word. Nothing is special between single quotes (POSIX 2.2.2), `!` of interactive shells included."""
    if _PLAIN.fullmatch(text):
        return text
    return "'" + text.replace("'", "'\\''") + "'"


def sh_text(data: bytes) -> str | None:
    """What can stand in a command line: text without control characters, which a terminal would change."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return text if _TYPED.fullmatch(text) and len(data) <= ARGUMENT_LIMIT else None


def sh_printf(data: bytes) -> str:
    """A command that writes exactly these bytes (POSIX printf; built into the shells, and so without a limit)."""
    try:
        parts = [_printf_char(char) for char in data.decode()]
    except UnicodeDecodeError:
        parts = [_printf_char(char) if char.isascii() else f"\\{ord(char):03o}" for char in data.decode("latin-1")]
    # After `--` a format may begin with a dash.
    return "printf -- '" + "".join(parts) + "'"


_PRINTF = {"\\": "\\\\", "%": "%%", "'": "'\\''", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _printf_char(char: str) -> str:
    if char in _PRINTF:
        return _PRINTF[char]
    return char if char.isprintable() else "".join(f"\\{byte:03o}" for byte in char.encode())


def sh_lines(program: str, arguments: list[str]) -> str:
    """One argument, or an option with its value, a line."""
    return " \\\n  ".join([program, *arguments])


def argv(text: str) -> str:
    """One argument in double quotes, as the C runtime of Windows takes it apart: a backslash is special before a quote
    alone."""
    return '"' + re.sub(r'(\\*)("|$)', lambda found: found[1] * 2 + ('\\"' if found[2] else ""), text) + '"'


def cmd(text: str) -> str:
    """One argument at the prompt of cmd. The quotes are escaped for cmd itself, so that it reads all in one way;
    `%^` ends the name of a variable, so that none is found."""
    word = argv(text)
    parts = []
    before = ""
    for char in word:
        # A caret escapes no percent sign, but the sign's next character is none of a name then.
        parts.append(f"^{char}" if (char in _CMD_SPECIAL and char != "%") or before == "%" else char)
        before = char
    return "".join(parts)


def powershell(text: str) -> str:
    """Verbatim: typographic quotes end the string as well (about_Quoting_Rules)."""
    return "'" + _POWERSHELL_QUOTES.sub(r"\1\1", text) + "'"
