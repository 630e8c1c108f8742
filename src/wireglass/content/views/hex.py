"""The view ``hex``."""

from __future__ import annotations

from wireglass.content.views import OUTPUT_LIMIT, Body, View
from wireglass.content.views.body_text import CUT, start_note

_WIDTH = 16
_LINE = 79  # characters of a full line below, with its end
_SEEN = "".join(chr(code) if 0x20 <= code < 0x7F else "." for code in range(256))


class HexView:
    """Bytes of any kind in hex and ASCII, 16 a line, as `hexdump -C` writes them."""

    name = "hex"

    def fits(self, body: Body) -> int:
        return 0  # for whoever asks: a page of hex tells little about most bodies

    def render(self, body: Body) -> View:
        shown = body.data[: OUTPUT_LIMIT // _LINE * _WIDTH]
        text = "\n".join(_line(shown, at) for at in range(0, len(shown), _WIDTH))
        notes = start_note(body)
        if len(shown) < len(body.data):
            notes.append(f"{CUT}: {len(shown)} of {len(body.data)} bytes")
        return View(text, notes=notes)


def _line(data: bytes, at: int) -> str:
    piece = data[at : at + _WIDTH]
    left, right = piece[: _WIDTH // 2].hex(" "), piece[_WIDTH // 2 :].hex(" ")
    seen = "".join(_SEEN[byte] for byte in piece)
    return f"{at:08x}  {left:<23}  {right:<23}  |{seen}|"


view = HexView()
