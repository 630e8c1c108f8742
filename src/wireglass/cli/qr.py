"""A QR code in the terminal."""

from __future__ import annotations

import sys

import segno

_BLACK_ON_WHITE = "\x1b[38;5;16;48;5;231m"  # of the fixed part of the palette: themes change the first sixteen
_RESET = "\x1b[0m"
_QUIET_ZONE = (4, 2)  # modules; 4 is the standard's, 2 is read by phones as well


def qr_lines(text: str, columns: int, *, colour: bool) -> list[str]:
    """Two modules in a character (half blocks); empty if it does not fit ``columns`` or the terminal cannot show it.

    With colour it is black on white in every theme. Without, light modules are drawn in the foreground colour, which is
    right where that is lighter than the background, as in most terminals."""
    if not _can_show("▀▄█"):
        return []
    code = segno.make_qr(text, error="m")
    for border in _QUIET_ZONE:
        # What is drawn in the foreground colour: the dark modules, or without colour the light ones.
        rows = [[(module == 1) == colour for module in row] for row in code.matrix_iter(border=border)]
        if len(rows[0]) <= columns:
            break
    else:
        return []
    if len(rows) % 2:
        rows.append([not colour] * len(rows[0]))
    lines = [
        "".join(_HALVES[pair] for pair in zip(above, below, strict=True))
        for above, below in zip(rows[::2], rows[1::2], strict=True)
    ]
    return [f"{_BLACK_ON_WHITE}{line}{_RESET}" for line in lines] if colour else lines


_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def _can_show(characters: str) -> bool:
    try:
        characters.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
