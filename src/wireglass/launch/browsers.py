"""The browsers of this machine: which there are, and how each is started with a profile of its own, through the proxy
and trusting its CA."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

import msgspec

from wireglass.errors import NotFound, UsageError

Engine: TypeAlias = Literal["chromium", "firefox"]


class Browser(msgspec.Struct, frozen=True):
    name: str
    """As ``--browser`` takes it."""
    title: str
    engine: Engine
    path: Path


class _Known(msgspec.Struct, frozen=True):
    name: str
    title: str
    engine: Engine
    linux: tuple[str, ...]
    """Names on the PATH, the first that is there counts."""
    macos: str
    """Below a folder of applications."""
    windows: str
    """Below one of the folders in which Windows installs programs."""


_TABLE = (
    _Known(
        "chromium",
        "Chromium",
        "chromium",
        ("chromium", "chromium-browser"),
        "Chromium.app/Contents/MacOS/Chromium",
        "Chromium/Application/chrome.exe",
    ),
    _Known(
        "chrome",
        "Google Chrome",
        "chromium",
        ("google-chrome-stable", "google-chrome", "google-chrome-beta", "google-chrome-unstable"),
        "Google Chrome.app/Contents/MacOS/Google Chrome",
        "Google/Chrome/Application/chrome.exe",
    ),
    _Known(
        "edge",
        "Microsoft Edge",
        "chromium",
        ("microsoft-edge", "microsoft-edge-stable", "microsoft-edge-beta", "microsoft-edge-dev"),
        "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
        "Microsoft/Edge/Application/msedge.exe",
    ),
    _Known(
        "brave",
        "Brave",
        "chromium",
        ("brave-browser", "brave-browser-stable", "brave"),
        "Brave Browser.app/Contents/MacOS/Brave Browser",
        "BraveSoftware/Brave-Browser/Application/brave.exe",
    ),
    _Known(
        "firefox",
        "Firefox",
        "firefox",
        ("firefox", "firefox-esr"),
        "Firefox.app/Contents/MacOS/firefox",
        "Mozilla Firefox/firefox.exe",
    ),
)

_HEADLESS: Mapping[Engine, str] = {"chromium": "--headless=new", "firefox": "--headless"}

NAMES = tuple(known.name for known in _TABLE)


def find(platform: str, environ: Mapping[str, str]) -> list[Browser]:
    """The installed browsers, in the order in which one is taken where none is named. ``platform`` as
    ``sys.platform``."""
    found = []
    for known in _TABLE:
        for candidate in _candidates(known, platform, environ):
            if path := shutil.which(candidate, path=environ.get("PATH", os.defpath)):
                found.append(Browser(known.name, known.title, known.engine, Path(path)))
                break
    return found


def _candidates(known: _Known, platform: str, environ: Mapping[str, str]) -> Sequence[str]:
    if platform == "darwin":
        folders = [*([f"{environ['HOME']}/Applications"] if environ.get("HOME") else []), "/Applications"]
        return [f"{folder}/{known.macos}" for folder in folders]
    if platform == "win32":
        variables = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
        return [f"{environ[name]}/{known.windows}" for name in variables if environ.get(name)]
    return known.linux


def choose(wanted: str | None, found: Sequence[Browser]) -> Browser:
    """The browser of that name or at that path; the first one found where ``wanted`` is None. Raises NotFound, and
    UsageError for a name that is none."""
    if wanted is None:
        if not found:
            raise NotFound(
                f"No browser was found (looked for {', '.join(NAMES)}).",
                "Install one, or say where it is: --browser PATH",
            )
        return found[0]
    for browser in found:
        if browser.name == wanted:
            return browser
    there = f"Found: {', '.join(browser.name for browser in found) or 'none'}."
    if wanted in NAMES:
        raise NotFound(f"The browser {wanted} was not found.", f"{there} Say where it is: --browser PATH")
    if os.sep not in wanted and not shutil.which(wanted):
        raise UsageError(f"{wanted!r} is neither a browser ({', '.join(NAMES)}) nor a program.", there)
    program = shutil.which(wanted)
    if program is None:
        raise NotFound(f"{wanted} is not a program that can be started.", there)
    engine: Engine = "firefox" if "firefox" in Path(program).resolve().name.lower() else "chromium"
    return Browser(wanted, Path(program).name, engine, Path(program).absolute())


def check_url(text: str) -> str:
    """``text`` as the browser is given it; without a scheme it is http. Raises UsageError for what the proxy could not
    see."""
    url = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or not url.isprintable() or " " in url:
        raise UsageError(
            f"{text!r} is not a URL that can be captured.", "It begins with http:// or https://, or with a host name."
        )
    return url


def check_screen(browser: Browser, arguments: Sequence[str], platform: str, environ: Mapping[str, str]) -> None:
    """Raises UsageError where ``browser`` would look for a screen that is not there."""
    if platform in ("darwin", "win32") or any(environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")):
        return
    firefox = browser.engine == "firefox"
    # Both take one hyphen or two; --headless, --headless=new, --ozone-platform=headless.
    if any("headless" in given for given in arguments) or (firefox and environ.get("MOZ_HEADLESS")):
        return
    raise UsageError(
        f"There is no screen for {browser.title}: neither DISPLAY nor WAYLAND_DISPLAY is set.",
        f"Start it in a desktop, or without a window: `wireglass browser URL -- {_HEADLESS[browser.engine]}`",
    )


def beginning(program: Path) -> bytes:
    """Enough to tell a script and what it starts; nothing of a program that may be started and not be read."""
    try:
        with program.open("rb") as file:
            return file.read(4096)
    except OSError:
        return b""


def snap(path: Path) -> str:
    """The name of the snap that ``path`` starts, or nothing. A snap sees no folder below a hidden one of the user's
    (the "home" interface of snapd), so its profile cannot be in the home of Wireglass. Ubuntu's ``/usr/bin/firefox`` is
    a script for one."""
    if path.is_relative_to("/snap"):
        return path.name
    start = beginning(path)
    if not start.startswith(b"#!") or b"/snap/bin/" not in start:
        return ""
    return start.split(b"/snap/bin/", 1)[1].split()[0].strip(b"\"'").decode("ascii", "replace")
