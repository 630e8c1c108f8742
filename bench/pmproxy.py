"""``python -m bench.pmproxy [--seconds S] [--rate R]``: ``pmproxy save --tcp_connection true`` under load, beside
``wireglass up`` under the same. What is asked for is compared with what the file and the peer have."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from bench import load, tools
from bench.origin import Nginx, start_origin

RATE = 1000.0
SECONDS = 30.0
_COMMAND = Path(sys.executable).parent / "pmproxy"


class Figures(msgspec.Struct):
    rate: float
    """Answers a second."""
    p50: float
    """Milliseconds from when a request was due."""
    p99: float
    memory: int
    """Most resident bytes of the main process."""
    asked: int
    in_file: int = 0
    at_peer: int = 0
    behind: int = 0
    """Requests that were not sent yet when the load ended."""
    lag: float = 0.0
    """Seconds from the end of the load until the last one was sent."""
    saving: float = 0.0
    """Seconds from the second Ctrl-C to the end of the program."""

    def line(self) -> str:
        return (
            f"{self.rate:,.0f}/s, p50 {self.p50:.2f} ms, p99 {self.p99:.2f} ms, main process {self.memory / 1e6:.0f} MB"
        )


def measure(folder: Path, server: Nginx, seconds: float, rate: float) -> Figures:
    """With a pmproxy of its own, on an empty home in ``folder``."""
    with (folder / "pmproxy.out").open("wb") as out, (folder / "pmproxy.err").open("wb") as err:
        ours, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        peer = context.Process(target=_connect, args=(theirs,), daemon=True)
        peer.start()
        port = ours.recv()
        process = subprocess.Popen(
            [_COMMAND, "save", "--tcp_connection", "true", "--port", "0", "--tcp_port", str(port)],
            cwd=folder,
            env={**os.environ, "WIREGLASS_HOME": str(folder / "home"), "WIREGLASS_UI": "127.0.0.1:0"},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        try:
            got = _offer(folder, process.pid, server, seconds, rate)
            got.behind, got.lag = _lag(ours, got.asked)
            process.send_signal(signal.SIGINT)
            while b"again to save" not in (folder / "pmproxy.out").read_bytes()[-200:]:
                time.sleep(0.02)
            begun = time.monotonic()
            process.send_signal(signal.SIGINT)
            process.wait(120)
            got.saving = time.monotonic() - begun
            ours.send("urls")
            at_peer = ours.recv()
        finally:
            process.kill()
            peer.kill()
    collection = json.loads((folder / "default.postman_collection").read_bytes())
    in_file = [request["url"] for request in collection["requests"]]
    got.in_file, got.at_peer = len(set(in_file)), len(set(at_peer))
    assert len(in_file) == len(set(in_file)) and set(in_file) == set(at_peer), "the file and the peer differ"
    return got


def _up(folder: Path, server: Nginx, seconds: float, rate: float) -> Figures:
    process = subprocess.Popen(
        [tools.Wireglass.command, "up", "--listen", "127.0.0.1:0", "--home", folder / "home"],
        env={**os.environ, "WIREGLASS_UI": "127.0.0.1:0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        return _offer(folder, process.pid, server, seconds, rate)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def _offer(folder: Path, pid: int, server: Nginx, seconds: float, rate: float) -> Figures:
    run = folder / "home" / "run.json"
    deadline = time.monotonic() + 30
    while not run.exists():
        assert time.monotonic() < deadline, f"{run} does not appear"
        time.sleep(0.02)
    port = int(json.loads(run.read_bytes())["listen"].rpartition(":")[2])
    until = time.monotonic() + seconds
    target = load.Target(port, server.plain, tls=False, prefix="/pmproxy")
    got = load.pace(target, rate, lambda: time.monotonic() < until)
    return Figures(got.rate, got.percentile(0.5), got.percentile(0.99), tools.memory(pid, "VmHWM"), got.asked)


def _lag(pipe: Connection, asked: int) -> tuple[int, float]:
    begun = time.monotonic()
    first = -1
    while True:
        pipe.send("count")
        count = pipe.recv()
        first = count if first < 0 else first
        if count >= asked:
            return asked - first, time.monotonic() - begun
        assert time.monotonic() - begun < 120, f"the peer has {count} of {asked}"
        time.sleep(0.01)


def _connect(pipe: Connection) -> None:
    """Postman's old Chrome app as a process of its own: it takes one connection after the other."""
    server = socket.create_server(("127.0.0.1", 0), backlog=1024)
    pipe.send(server.getsockname()[1])
    server.settimeout(0.05)
    urls: list[str] = []
    while True:
        while pipe.poll():
            pipe.send(len(urls) if pipe.recv() == "count" else urls)
        try:
            sock, _ = server.accept()
        except TimeoutError:
            continue
        with sock:
            data = b""
            while True:
                data += sock.recv(65_536)
                try:
                    urls.append(json.loads(data)["url"])
                    break
                except ValueError:
                    continue
            sock.sendall(b"OK")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench.pmproxy", description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each (default %(default)g)")
    parser.add_argument("--rate", type=float, default=RATE, help="requests a second (default %(default)g)")
    options = parser.parse_args(arguments)
    root = Path(tempfile.mkdtemp(prefix="pmproxy-", dir=Path(__file__).parent.parent))
    server = start_origin(root)
    try:
        for name in ("up", "pmproxy"):
            (root / name).mkdir()
        up = _up(root / "up", server, options.seconds, options.rate)
        print(f"wireglass up: {up.line()}", flush=True)
        got = measure(root / "pmproxy", server, options.seconds, options.rate)
        print(f"pmproxy:      {got.line()}")
        print(
            f"{got.asked:,} asked, {got.in_file:,} in the file, {got.at_peer:,} at the peer; when the load ended "
            f"{got.behind:,} were not sent yet, the last {got.lag:.2f} s later; saved in {got.saving:.1f} s"
        )
    finally:
        server.stop()
        shutil.rmtree(root, ignore_errors=True)
    return 0 if got.asked == got.in_file == got.at_peer else 1


if __name__ == "__main__":
    sys.exit(main())
