"""HTTP/2 requests a second: h2load to nghttpd, both of nghttp2, over TLS and through a proxy.

h2load knows no proxies, so a relay gives each of its connections a CONNECT; it is the same for every tool, and between
h2load and nghttpd alone as well, so that what it costs is in every figure.
"""

from __future__ import annotations

import re
import selectors
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench import origin as nginx

CLIENTS, STREAMS, SIZE = 16, 10, 1_000
WANTED = 6.0
"""How many times mitmdump is to be reached."""
_PIECE = 262_144


class Requests(msgspec.Struct):
    tool: str
    rate: float
    """Answers a second."""
    p50: float
    """Milliseconds."""
    p99: float
    answered: int
    """Within the measurement, all with 200."""

    def line(self) -> str:
        return f"HTTP/2 {self.rate:,.0f}/s, p50 {self.p50:.2f} ms, p99 {self.p99:.2f} ms"


@contextmanager
def http2_origin(root: Path, server: nginx.Nginx) -> Iterator[int]:
    """The port of an nghttpd with the certificate of ``server``; ``/file`` has ``SIZE`` bytes."""
    assert server.certificates is not None
    files = root / "files"
    files.mkdir()
    (files / "file").write_bytes(b"." * SIZE)
    pem = str(server.certificates.parent / "origin.pem")
    port = nginx.free_port()
    command = [_program("nghttpd"), "--address=127.0.0.1", f"--htdocs={files}", str(port), pem, pem]
    with (root / "nghttpd.out").open("wb") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    try:
        nginx.wait_for_port(port, process, "nghttpd")
        yield port
    finally:
        process.terminate()
        process.wait(10)


def measure(tool: str, proxy: int, port: int, root: Path, seconds: float, warm_up: float) -> Requests:
    """``proxy`` 0 means directly to the origin at ``port``. Raises RuntimeError for any answer but 200."""
    log = root / "h2load.log"
    with _Relay(proxy, port) as relay:
        command = [_program("h2load"), f"-c{CLIENTS}", f"-m{STREAMS}", "-t1", f"-D{seconds:g}", f"--log-file={log}"]
        command += [
            f"--warm-up-time={warm_up:g}",
            f"--connect-to=127.0.0.1:{relay.port}",
            f"https://localhost:{port}/file",
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + warm_up + 60)
        if relay.faults:
            raise RuntimeError(f"{tool}: {relay.faults[0]}")
    said = done.stdout
    rate = re.search(r"finished in [\d.]+m?s, ([\d.]+) req/s", said)
    answers = re.search(r"status codes: (\d+) 2xx, 0 3xx, 0 4xx, 0 5xx", said)
    if rate is None or answers is None or "Application protocol: h2" not in said or " 0 failed, 0 errored" not in said:
        raise RuntimeError(f"{tool}: h2load had other answers than 200 over h2:\n{said}{done.stderr}")
    taken = sorted(int(line.split("\t")[2]) / 1000 for line in log.read_text().splitlines())
    return Requests(
        tool, float(rate[1]), taken[len(taken) // 2], taken[int(len(taken) * 0.99)], answered=int(answers[1])
    )


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(f"/usr/sbin/{name}")
    if found is None:
        raise RuntimeError(
            f"{name} is not installed; install it (Debian: apt-get install nghttp2-client nghttp2-server)"
        )
    return found


class _Relay:
    """Passes bytes between what connects to it and the origin, through the proxy."""

    def __init__(self, proxy: int, origin: int) -> None:
        self._proxy, self._origin = proxy, origin
        self._server = socket.create_server(("127.0.0.1", 0), backlog=2 * CLIENTS)
        self.port: int = self._server.getsockname()[1]
        self.faults: list[BaseException] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self._server, selectors.EVENT_READ)
                while not self._over.is_set():
                    for key, _ in selector.select(0.2):
                        if key.data is None:
                            self._begin(selector)
                        else:
                            self._pass(selector, key.fileobj, key.data)
        except BaseException as error:
            self.faults.append(error)

    def _begin(self, selector: selectors.BaseSelector) -> None:
        sock, _ = self._server.accept()
        other = socket.create_connection(("127.0.0.1", self._proxy or self._origin), 20)
        if self._proxy:
            authority = b"localhost:%d" % self._origin
            other.sendall(b"CONNECT %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (authority, authority))
            answer = other.recv(_PIECE)
            if b" 200 " not in answer:
                raise RuntimeError(f"CONNECT was answered with {answer!r}")
        for one, two in ((sock, other), (other, sock)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            one.settimeout(20)
            selector.register(one, selectors.EVENT_READ, two)

    def _pass(self, selector: selectors.BaseSelector, source: object, target: socket.socket) -> None:
        assert isinstance(source, socket.socket)
        if source.fileno() < 0:  # it went with the other one, whose event came in the same turn
            return
        try:
            data = source.recv(_PIECE)
            if data:
                target.sendall(data)
                return
        except OSError:
            pass  # h2load leaves when its time is over
        for sock in (source, target):
            selector.unregister(sock)
            sock.close()

    def __enter__(self) -> _Relay:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(10)
        self._server.close()
