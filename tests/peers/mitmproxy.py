"""mitmproxy's HAR reader, in an environment of its own: the one that ``make bench`` uses as well.

``python -m tests.peers.mitmproxy`` makes it, so that no test has to wait for the download.
"""

from __future__ import annotations

import fcntl
import subprocess
from base64 import b64decode
from pathlib import Path

import msgspec
from bench.tools import environment

ENVIRONMENTS = Path(__file__).parents[2] / ".bench"

# FlowReader is what mitmproxy, mitmdump -r and mitmweb open files with.
READ = """
import base64, json, sys
from mitmproxy.io import FlowReader
with open(sys.argv[1], "rb") as file:
    for flow in FlowReader(file).stream():
        print(json.dumps({
            "method": flow.request.method,
            "url": flow.request.url,
            "request_headers": [[n.decode(), v.decode()] for n, v in flow.request.headers.fields],
            "request_text": flow.request.get_text(strict=False) or "",
            "status": flow.response.status_code,
            "response_headers": [[n.decode(), v.decode()] for n, v in flow.response.headers.fields],
            "content": base64.b64encode(flow.response.content or b"").decode(),
            "started": flow.request.timestamp_start,
        }))
"""


# A flow of each kind that mitmproxy makes for its own tests, as its command `save.har` writes them.
WRITE = """
import json
from mitmproxy.addons.savehar import SaveHar
from mitmproxy.test import tflow
plain, socket, failed = tflow.tflow(resp=True), tflow.twebsocketflow(), tflow.tflow(err=True)
plain.request.headers["content-type"] = "application/octet-stream"
plain.response.headers["content-encoding"] = "gzip"
plain.response.headers["content-type"] = "text/html; charset=utf-8"
plain.response.content = "<p>gr\\u00fc\\u00dfe</p>".encode()
print(json.dumps(SaveHar().make_har([plain, socket, failed])))
"""


class Flow(msgspec.Struct):
    """What mitmproxy has read of an entry. Header fields are in order; Content-Encoding is gone, as it decodes."""

    method: str
    url: str
    request_headers: list[tuple[str, str]]
    request_text: str
    status: int
    response_headers: list[tuple[str, str]]
    content: str
    started: float

    @property
    def body(self) -> bytes:
        return b64decode(self.content)


def binaries() -> Path:
    """The environment's ``bin``, made if it is not there."""
    ENVIRONMENTS.mkdir(exist_ok=True)
    with (ENVIRONMENTS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return environment(ENVIRONMENTS, "mitmproxy")


def read_har(file: Path) -> list[Flow]:
    done = subprocess.run([binaries() / "python", "-c", READ, file], capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    return [msgspec.json.decode(line, type=Flow) for line in done.stdout.splitlines()]


def write_har(file: Path) -> None:
    """Three entries: bodies in gzip, a WebSocket with messages, a failure."""
    done = subprocess.run([binaries() / "python", "-c", WRITE], capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    file.write_bytes(done.stdout)


if __name__ == "__main__":
    binaries()
