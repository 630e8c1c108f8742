"""The web UI in the user's browser."""

from __future__ import annotations

import html
import threading
import webbrowser
from pathlib import Path

from wireglass.app.home import Home
from wireglass.cli.text import say

_PAGE = """<!doctype html>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url={url}">
<title>Wireglass</title>
<a href="{url}">Open Wireglass</a>
"""


def open_ui(url: str, path: Path) -> None:
    """Show ``url``, which holds the token, by a page in the home at ``path`` that leads there: the command line of a
    browser can be read by everybody on this machine. Returns at once: some browsers run in the terminal."""
    home = Home(path)
    page = home.path / "open.html"
    home.write_private(page, _PAGE.format(url=html.escape(url)).encode())

    def show() -> None:
        if not webbrowser.open(page.as_uri()):
            say("--open: no browser was found here; open the address of the line `UI` yourself.")

    threading.Thread(target=show, daemon=True, name="open").start()
