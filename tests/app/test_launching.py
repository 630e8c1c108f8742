"""Browsers that are started for the UI."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.api.served import TestDoors

from wireglass.app.home import Home
from wireglass.app.launching import Launching
from wireglass.errors import NotFound, UsageError


def launching(tmp_path: Path) -> Launching:
    return Launching(Home(tmp_path), TestDoors(), tmp_path / "ca.pem", None)


@pytest.mark.parametrize("name", ["/bin/sh", "sh", "--browser", ""])
def test_only_a_browser_that_is_installed_is_started(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFound):
        asyncio.run(launching(tmp_path).start_browser(name, ""))


@pytest.mark.parametrize("url", ["file:///etc/passwd", "--version", "javascript:alert(1)", "http://a b/"])
def test_only_what_the_proxy_could_see_is_opened(tmp_path: Path, url: str) -> None:
    with pytest.raises((UsageError, NotFound)):
        asyncio.run(launching(tmp_path).start_browser("chromium", url))
