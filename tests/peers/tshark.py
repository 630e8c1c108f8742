"""tshark on the loopback interface: another reader of what passed between a client and the proxy."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import threading
from pathlib import Path
from types import TracebackType

import pytest
from tests.peers.installed import installed
from tests.peers.waiting import wait_for


class Capture:
    """Everything to and from a TCP port, from the moment it is entered.

    with Capture(folder, port) as capture:
        …
    rows = capture.fields("http2.data.data", keys=folder / "keys", decode=…)
    """

    def __init__(self, folder: Path, port: int) -> None:
        self._file = folder / "capture.pcapng"
        self._port = port
        self._lines: list[str] = []
        self._said = ""

    def __enter__(self) -> Capture:
        program = installed("tshark")
        # A datagram shows when a capture has really begun, and when all before it has been taken.
        self._probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._probe.bind(("127.0.0.1", 0))
        to = self._probe.getsockname()[1]
        only = f"tcp port {self._port} or udp port {to}"
        self._process = subprocess.Popen(
            [program, "-n", "-l", "-P", "-i", "lo", "-B", "64", "-f", only, "-w", self._file],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._listeners = [
            threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._listen, args=(self._process.stderr,), daemon=True),
        ]
        for listener in self._listeners:
            listener.start()
        self._mark(b"begun")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if error is None:
                self._mark(b"ended now")
        finally:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(20)
            for listener in self._listeners:
                listener.join(10)
            assert self._process.stdout and self._process.stderr
            self._process.stdout.close()
            self._process.stderr.close()
            self._probe.close()

    def fields(self, *names: str, keys: Path | None = None, decode: tuple[str, ...] = ()) -> list[dict[str, list[str]]]:
        """For each packet that has any of these fields: all its values of each. ``keys``: a key log; ``decode``: what
        tshark is told about ports (its -d)."""
        command = [installed("tshark"), "-n", "-r", str(self._file), "-T", "fields", "-E", "occurrence=a"]
        command += ["-E", "aggregator=|", "-o", "tls.desegment_ssl_application_data:TRUE"]
        command += ["-o", f"tls.keylog_file:{keys}"] if keys else []
        command += [part for rule in decode for part in ("-d", rule)]
        command += ["-Y", " or ".join(names), *(part for name in names for part in ("-e", name))]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        rows = [line.split("\t") for line in done.stdout.splitlines()]
        return [{name: value.split("|") for name, value in zip(names, row, strict=True) if value} for row in rows]

    def _mark(self, word: bytes) -> None:
        """Until a datagram sent now has been captured. It is known by its length: those of an earlier mark may come
        late."""
        mark = re.compile(rf" UDP .* Len={len(word)}$")

        def seen() -> bool:
            if self._process.poll() is not None:
                why = "".join(self._lines)
                assert "permission" not in why.lower() or os.environ.get("CI"), why
                pytest.skip(f"tshark may not capture here: {why}")
            self._probe.sendto(word, self._probe.getsockname())
            return any(mark.search(line.rstrip()) for line in self._lines)

        wait_for(seen, f"the capture to have {word.decode()}", 30)

    def _listen(self, stream: object) -> None:
        assert hasattr(stream, "readline")
        for line in iter(stream.readline, ""):
            self._lines.append(line)
