"""``pmproxy`` as a person has it, and the end that its messages go to: Postman's old Chrome app ("Connect")."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.peers.http import Ended
from tests.peers.threads import ThreadedServer
from tests.peers.waiting import wait_for

COMMAND = Path(sys.executable).parent / "pmproxy"


class Pmproxy:
    """The command in ``folder``, on a free port, with its home in ``folder/home``."""

    def __init__(self, folder: Path, *arguments: str, trust: Path | None = None, stdout: int | None = None) -> None:
        """``stdout``: a descriptor instead of the file that ``stdout()`` reads."""
        self.folder = folder
        self.home = folder / "home"
        self._out, self._err = folder / "pmproxy.out", folder / "pmproxy.err"
        env = {**os.environ, "WIREGLASS_HOME": str(self.home)}
        if trust is not None:
            env["SSL_CERT_FILE"] = str(trust)
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [COMMAND, *arguments, "--port", "0"],
                cwd=folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=out if stdout is None else stdout,
                stderr=err,
                start_new_session=True,
            )
        self.proxy: str = wait_for(self._run, "run.json")["listen"]
        wait_for(lambda: "Recording to session" in self.stderr(), "the first words")

    def interrupt(self) -> None:
        """Ctrl-C: SIGINT to the whole foreground group, as a terminal sends it."""
        os.killpg(self.process.pid, signal.SIGINT)

    def wait_for_line(self, line: str) -> None:
        wait_for(lambda: self._says(line), f"{line!r}; stderr: {self.stderr()!r}")

    def save(self, seconds: float = 30) -> int:
        """Two Ctrl-Cs, the second when it is asked for; the exit code."""
        self.interrupt()
        wait_for(lambda: self._says("Press Ctrl+C again to save the collection"), "the second prompt", seconds)
        self.interrupt()
        return self.process.wait(seconds)

    def _says(self, line: str) -> bool:
        return line in self.stdout().splitlines()

    def collection(self, name: str = "default.postman_collection") -> Any:
        return json.loads((self.folder / name).read_bytes())

    def clear(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def stdout(self) -> str:
        return self._out.read_text()

    def stderr(self) -> str:
        return self._err.read_text()

    def _run(self) -> dict[str, Any] | None:
        assert self.process.poll() is None, f"pmproxy ended with code {self.process.returncode}: {self.stderr()}"
        try:
            run: dict[str, Any] = json.loads((self.home / "run.json").read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        return run if run["pid"] == self.process.pid else None


Way = Callable[[socket.socket], None]


def answering(reply: bytes) -> Way:
    return lambda sock: sock.sendall(reply)


def resetting(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silent(sock: socket.socket) -> None:
    """Until the other side closes."""
    sock.recv(1)


OK = answering(b"OK")


class Connect(ThreadedServer):
    """Takes one connection after the other, and reads until the object is whole; ``way`` says what comes then."""

    def __init__(self, way: Way = OK) -> None:
        super().__init__()
        self.way = way
        self.reads = True
        """False: it accepts, and closes at once."""
        self.messages: list[Any] = []
        self._spawn(self._accept)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._server.accept()
            except OSError:
                return
            with self._lock:
                self._sockets.add(sock)
            with sock, contextlib.suppress(OSError, Ended):
                if self.reads:
                    self.messages.append(self._read(sock))
                    self.way(sock)
            with self._lock:
                self._sockets.discard(sock)

    def _read(self, sock: socket.socket) -> Any:
        data = b""
        while piece := sock.recv(65_536):
            data += piece
            with contextlib.suppress(ValueError):
                return json.loads(data)
        raise Ended(f"no object: {data[-100:]!r}")
