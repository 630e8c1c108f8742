"""The browsers of this machine, and ``wireglass browser`` as a person starts it."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from pathlib import Path

from tests.peers.installed import installed
from tests.peers.program import COMMAND
from tests.peers.waiting import wait_for


def chromium() -> str:
    return installed("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def firefox() -> str:
    return installed("firefox-esr", "firefox")


def desktop(folder: Path) -> dict[str, str]:
    """The variables of a desktop on which Chromium is the one browser. It draws nothing, and so needs no screen."""
    folder.mkdir()
    started = folder / "chromium"
    started.write_text(f'#!/bin/sh\nexec {chromium()} --headless=new "$@"\n')
    started.chmod(0o755)
    for name in ("sh", "curl"):
        (folder / name).symlink_to(installed(name))
    return {"PATH": str(folder), "DISPLAY": ":0"}


class BrowserCommand:
    """``wireglass browser`` in ``home``, until the test ends it."""

    def __init__(self, home: Path, *arguments: str, trust: Path | None = None) -> None:
        self.home = home
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "WIREGLASS_LISTEN": "127.0.0.1:0"}
        if trust is not None:
            environment["SSL_CERT_FILE"] = str(trust)
        before, *after = " ".join(arguments).split(" -- ")
        self.process = subprocess.Popen(
            [COMMAND, "browser", "--home", home, *before.split(), *(["--", *after[0].split()] if after else [])],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
        self._said: list[str] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self._said.append(line.decode())

    @property
    def said(self) -> str:
        """Standard error so far."""
        return "".join(self._said)

    def saying(self, mark: str) -> str:
        """The line that holds ``mark``, once it has come."""

        def look() -> str | None:
            assert self.process.poll() is None or mark in self.said, self.said
            return next((line for line in self.said.splitlines() if mark in line), None)

        return wait_for(look, f"{mark!r} from wireglass browser", 30)

    def devtools(self) -> str:
        """Where it takes commands, once it does: it was started with ``--remote-debugging-port=0``."""
        return self.saying("DevTools listening on").split(" on ")[1].strip()

    def end(self, by: signal.Signals | None = None) -> int:
        """Its exit code, after ``by`` was sent to its group as a terminal does."""
        if by is not None:
            os.killpg(self.process.pid, by)
        code = self.process.wait(60)
        self._listener.join(10)
        return code

    def clear(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)
        self._listener.join(10)
        assert self.process.stdout and self.process.stderr
        self.process.stdout.close()
        self.process.stderr.close()
