"""Programs that people use, over HTTP/2 and through the running proxy."""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.doors.conftest import Authority
from tests.peers.client import client_context
from tests.peers.http2_origin import Http2Call, Http2Origin
from tests.peers.http2_relay import Relay
from tests.peers.installed import installed
from tests.peers.program import Wireglass
from tests.peers.waiting import wait_for

BODY = bytes(range(256)) * 4_000


@pytest.fixture
def origin(authority: Authority) -> Iterator[Http2Origin]:
    with Http2Origin(authority.server_context(), versions=("h2", "http/1.1")) as origin:
        yield origin


def curl(program: Wireglass, *arguments: str | Path) -> tuple[bytes, str]:
    """What it wrote, and the HTTP version it says it has spoken."""
    command = [installed("curl"), "-sS", "--max-time", "60", "--noproxy", "", "-x", f"http://{program.proxy}"]
    version = ["-w", "%{stderr}%{http_version}"]
    done = subprocess.run(
        [*command, "--cacert", program.ca_path, *version, *arguments], capture_output=True, timeout=90
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout, done.stderr.decode()


def test_curl(wireglass: Wireglass, origin: Http2Origin) -> None:
    url = f"https://localhost:{origin.port}/curl"
    assert curl(wireglass, "--http2", url) == (b"/curl\n", "2")
    assert origin.stream("/curl").get(b":authority") == f"localhost:{origin.port}".encode()
    row = wireglass.row(url)
    assert (row.protocol, row.method, row.status) == ("http/2", "GET", 200)


def test_curl_uploads(wireglass: Wireglass, origin: Http2Origin, tmp_path: Path) -> None:
    origin.on_stream("/upload", lambda call: call.answer(call.read_body()))
    file = tmp_path / "body"
    file.write_bytes(BODY)
    url = f"https://localhost:{origin.port}/upload"
    assert curl(wireglass, "--http2", "--data-binary", f"@{file}", url) == (BODY, "2")
    row = wireglass.row(url)
    assert (row.request_size, row.response_size) == (len(BODY), len(BODY))
    assert wireglass.body(row.id, "request") == BODY


def test_curl_with_prior_knowledge(wireglass: Wireglass) -> None:
    with Http2Origin() as origin:
        assert curl(wireglass, "--http2-prior-knowledge", "-p", f"{origin.url}/clear") == (b"/clear\n", "2")
        row = wireglass.row(f"{origin.url}/clear")
        assert (row.protocol, row.status) == ("http/2", 200)
        assert origin.stream("/clear").get(b":scheme") == b"http"


def test_curl_many_at_once(wireglass: Wireglass, origin: Http2Origin, tmp_path: Path) -> None:
    """``-Z``: fifty transfers that share a connection."""
    url = f"https://localhost:{origin.port}/many?"
    assert curl(wireglass, "--http2", "-Z", "--parallel-max", "50", "-o", tmp_path / "#1", f"{url}[1-50]")[0] == b""
    for number in range(1, 51):
        assert (tmp_path / str(number)).read_bytes() == f"/many?{number}\n".encode()
        assert wireglass.row(f"{url}{number}").protocol == "http/2"


def test_httpx(wireglass: Wireglass, origin: Http2Origin) -> None:
    def script(call: Http2Call) -> None:
        call.answer(hashlib.sha256(call.read_body()).hexdigest().encode())

    origin.on_stream("/httpx", script)
    url = f"https://localhost:{origin.port}"
    with httpx.Client(
        http2=True, proxy=f"http://{wireglass.proxy}", verify=client_context(wireglass.ca_path), timeout=30
    ) as client:
        first = client.get(f"{url}/get")
        assert (first.http_version, first.status_code, first.text) == ("HTTP/2", 200, "/get\n")
        posted = client.post(f"{url}/httpx", content=iter([BODY, BODY]))
        assert posted.text == hashlib.sha256(BODY * 2).hexdigest()
    assert wireglass.row(f"{url}/httpx").request_size == 2 * len(BODY)


def test_nghttp(wireglass: Wireglass, origin: Http2Origin) -> None:
    """With its tree of priorities, and every frame it gets looked at by the library nghttpd is made of."""
    with Relay(wireglass.proxy, f"localhost:{origin.port}") as relay:
        url = f"https://localhost:{relay.port}"
        command = [installed("nghttp"), "-v", "--no-verify-peer", "--timeout=30"]
        done = subprocess.run([*command, f"{url}/one", f"{url}/two"], capture_output=True, timeout=60)
        said = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout.decode())
        assert done.returncode == 0, done.stderr.decode()
        assert said.count(":status: 200") == 2, said
        assert "ERROR" not in said.upper().replace("ERROR_CODE=NO_ERROR(0X00)", ""), said
    wait_for(lambda: len(origin.streams) == 2, "two requests at the origin")
    rows = [row for row in wireglass.ls() if str(relay.port) in row.url or str(origin.port) in row.url]
    assert [(row.protocol, row.status) for row in rows if row.method == "GET"] == [("http/2", 200)] * 2


def test_h2load(wireglass: Wireglass, origin: Http2Origin) -> None:
    """A thousand requests on five connections with ten streams each: not one fails."""
    with Relay(wireglass.proxy, f"localhost:{origin.port}") as relay:
        command = [installed("h2load"), "-n1000", "-c5", "-m10", f"https://localhost:{relay.port}/load"]
        done = subprocess.run(command, capture_output=True, timeout=120)
        said = done.stdout.decode()
        assert done.returncode == 0, done.stderr.decode()
        assert "Application protocol: h2" in said
        assert "1000 succeeded, 0 failed, 0 errored, 0 timeout" in said, said
        assert "status codes: 1000 2xx" in said
    assert len(origin.streams_of("/load")) == 1000
    rows = wait_for(
        lambda: [row for row in wireglass.ls() if row.url.endswith("/load") and row.state == "done"],
        "the exchanges in the record",
    )
    assert len(rows) == 1000
