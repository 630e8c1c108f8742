"""Where the built web UI is. `scripts/ui.py` builds it there, from ``ui/``; it is in the wheel."""

from __future__ import annotations

import re
from pathlib import Path

WEB = Path(__file__).parent / "web"

HOW_TO_BUILD = "In the clone run `make setup`, which says what is missing."

_ASSET = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}", re.ASCII)


def is_built() -> bool:
    return (WEB / "index.html").is_file()


def index() -> bytes | None:
    """The page; None where it is not built. Read at each visit: who builds it anew need not start Wireglass again."""
    return _read(WEB / "index.html")


def asset(name: str) -> bytes | None:
    """A file that the page asks for; None where there is none of this name."""
    return _read(WEB / "assets" / name) if _ASSET.fullmatch(name) else None


def _read(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
