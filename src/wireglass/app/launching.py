"""Browsers that the UI starts, and what it tells people about the other ways in (``model.Launch``).

A browser is started by ``wireglass browser``, in a process of its own: profile, certificate and the end of both are the
same whether a person types the command or presses a button.
"""

from __future__ import annotations

import asyncio
import asyncio.subprocess
import contextlib
import os
import sys
from pathlib import Path

import segno

from wireglass.app.home import Home
from wireglass.app.report import reachable
from wireglass.errors import NotFound, UsageError
from wireglass.launch import addresses, browsers, environment, trust
from wireglass.launch.addresses import OwnAddress as Found
from wireglass.launch.browsers import Browser as Installed
from wireglass.listening import Address, Credentials, parse_address
from wireglass.model import Browser, Door, Doors, Environment, OwnAddress
from wireglass.net import spawn
from wireglass.settings import load_home

_MOST = 8
"""Browsers that are open at a time."""

_CLOSING = 15.0  # seconds: the command gives its browser 10
_HEARD = 4000  # bytes of what the command says
_SAID = 600  # characters of it that are shown


class Launching:
    def __init__(self, home: Home, doors: Doors, certificate: Path, login: Credentials | None) -> None:
        self._home = home
        self._doors = doors
        self._certificate = certificate
        self._login = login
        self._running: dict[asyncio.subprocess.Process, str] = {}
        self._problems: dict[str, str] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._is_closed = False

    async def browsers(self) -> list[Browser]:
        return [self._shown(found) for found in await self._installed()]

    async def start_browser(self, name: str, url: str) -> Browser:
        wanted = browsers.check_url(url) if url else ""
        found = next((one for one in await self._installed() if one.name == name), None)
        if found is None:
            raise NotFound(
                f"The browser {name[:100]!r} is not installed here.", "The list of browsers has their names."
            )
        browsers.check_screen(found, (), sys.platform, os.environ)
        if self._is_closed or len(self._running) >= _MOST:
            raise UsageError(f"{len(self._running)} browsers that were started here are open.", "Close one of them.")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # the folder we were started in is not the command's to import from
            *("-m", "wireglass", "browser", "--quiet", "--browser", name, "--home", str(self._home.path)),
            "--until-stdin-ends",
            *([wanted] if wanted else []),
            # Nothing is written to it: it ends with this process, however that ends, and the browser with it.
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for us, and we close it in order
        )
        self._running[process] = name
        self._problems.pop(name, None)
        task = spawn(self._attend(process, name))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        return self._shown(found)

    async def environment(self) -> Environment:
        door = self._first()
        usual = await asyncio.to_thread(load_home, None, os.environ)
        home = "" if usual == self._home.path else str(self._home.path)
        if door is None or self._login is not None:
            return Environment({}, self._login.username if self._login else "", home)
        # As for a new terminal: what this process was started with says nothing about others.
        files = await asyncio.to_thread(trust.prepare, self._home.trust, self._certificate, {})
        facts = environment.Facts(self._home.path, reachable(door.listen), files.bundle, files.java_store)
        return Environment(environment.changes(facts, {}), "", home)

    async def addresses(self) -> list[OwnAddress]:
        own = await asyncio.to_thread(addresses.find)
        return [self._own(address) for address in own]

    async def close(self) -> None:
        """Closes the browsers, in order. They are not what a capture waits for: it is what they use."""
        self._is_closed = True
        for process in self._running:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        if self._ending:
            await asyncio.wait(self._ending, timeout=_CLOSING)
        for process in self._running:
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    async def _installed(self) -> list[Installed]:
        return await asyncio.to_thread(browsers.find, sys.platform, os.environ)

    def _shown(self, found: Installed) -> Browser:
        running = sum(name == found.name for name in self._running.values())
        return Browser(found.name, found.title, str(found.path), running, self._problems.get(found.name, ""))

    async def _attend(self, process: asyncio.subprocess.Process, name: str) -> None:
        assert process.stderr
        heard = b""
        while said := await process.stderr.read(_HEARD):
            heard = (heard + said)[-_HEARD:]
        code = await process.wait()
        del self._running[process]
        if code != 0 and not self._is_closed:
            text = " ".join(heard.decode("utf-8", "replace").split())
            self._problems[name] = text[:_SAID] or f"The command `wireglass browser` ended with exit code {code}."

    def _first(self) -> Door | None:
        return next((door for door in self._doors.list() if door.state == "open" and not door.target), None)

    def _own(self, own: Found) -> OwnAddress:
        for door in self._doors.list():
            if door.state != "open" or door.target:
                continue
            listen = parse_address(door.listen)
            if addresses.of_listener(listen.host, [own]):
                url = f"http://{Address(own.address, listen.port)}/"
                qr = segno.make_qr(url, error="m").svg_data_uri(scale=4, border=4, dark="#000", light="#fff")
                return OwnAddress(own.address, own.interface, own.kind, door.id, listen.port, url, qr)
        return OwnAddress(own.address, own.interface, own.kind, None, None, "", "")
