"""Text for people, safe for their terminal: what a server sent must not move the cursor, set the title or reorder a
line (CVE-2021-42574), so such characters are shown as ``\\x1b`` or ``\\u202e``."""

from __future__ import annotations

import re

import click

# C0, DEL, C1 (8-bit terminal controls), bidirectional and other invisible format characters, line separators, lone
# surrogates, tags. Kept: joiners, which emoji and several scripts need.
_FORMAT = (
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f"
)
_UNSAFE = re.compile(f"[\x00-\x1f\x7f-\x9f{_FORMAT}]")
_UNSAFE_IN_TEXT = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_FORMAT}]")


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")


def one_line(text: str) -> str:
    """Line ends and tabs are escaped as well."""
    return _UNSAFE.sub(_escape, text)


def say(line: str) -> None:
    """A line of ours on standard error."""
    click.echo(f"wireglass: {one_line(line)}", err=True)


def many_lines(text: str) -> str:
    """Line ends (CRLF becomes LF) and tabs are kept."""
    return _UNSAFE_IN_TEXT.sub(_escape, text.replace("\r\n", "\n"))


def from_wire(data: bytes) -> str:
    """A header part as one line: UTF-8 where it is, else ISO 8859-1 (RFC 9110 5.5)."""
    try:
        return one_line(data.decode("utf-8"))
    except UnicodeDecodeError:
        return one_line(data.decode("latin-1"))


def shorten(text: str, width: int) -> str:
    """Cut in the middle, because the two ends of a URL tell most. The result is at most ``width`` characters long."""
    if len(text) <= width:
        return text
    tail = (width - 1) // 3
    return f"{text[: width - 1 - tail]}…{text[len(text) - tail :]}"


def size(count: int) -> str:
    """Bytes in SI units, at most 7 characters below 1 PB."""
    if count < 1000:
        return f"{count} B"
    value = float(count)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.95:
            return f"{value:.1f} {unit}"
    return f"{value / 1000:.1f} TB"
