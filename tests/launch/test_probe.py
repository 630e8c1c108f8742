"""The proxy tried as a client does, against servers that are not it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers.origin import Call, Origin, fixed, say

from wireglass.launch import probe
from wireglass.launch.doctor import Answer


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as origin:
        yield origin


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_nobody_listens() -> None:
    answer = probe.ask_port("127.0.0.1", closed_port())
    assert (answer.state, answer.detail) == ("refused", "Connection refused")


def test_it_accepts_and_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "_LIMIT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        answer = probe.ask_port("127.0.0.1", server.getsockname()[1])
    assert (answer.state, answer.detail) == ("silent", "no answer within 0.1 s")


def test_another_web_server(origin: Origin) -> None:
    origin.on("/ca.pem", fixed(b"no", status=b"404 Not Found"))
    answer = probe.ask_port("127.0.0.1", origin.port)
    assert (answer.state, "404" in answer.detail) == ("other", True)


def test_another_protocol(origin: Origin) -> None:
    origin.on("/ca.pem", say(b"220 mail.example ESMTP\r\n", close=True))
    assert probe.ask_port("127.0.0.1", origin.port).state == "other"


def test_a_site_like_ours(origin: Origin) -> None:
    origin.on("/ca.pem", fixed(b"-----BEGIN CERTIFICATE-----"))
    assert probe.ask_port("127.0.0.1", origin.port) == Answer("site", b"-----BEGIN CERTIFICATE-----")


def test_a_proxy_that_passes_nothing_on(origin: Origin) -> None:
    """The answer is the proxy's own, so the request did not come through."""
    origin.default = fixed(b"blocked by the company\nmore", status=b"403 Forbidden")
    trip, url = probe.over_http("127.0.0.1", origin.port)
    assert (trip.passed, trip.detail) == (False, "the answer was 403 blocked by the company")
    assert url.startswith("http://127.0.0.1:")


def test_a_proxy_that_answers_from_elsewhere(origin: Origin) -> None:
    origin.default = fixed(b"anything")
    assert not probe.over_http("127.0.0.1", origin.port)[0].passed


def test_a_proxy_that_hangs_up(origin: Origin) -> None:
    def hang_up(call: Call) -> None:
        call.reset()

    origin.default = hang_up
    assert not probe.over_http("127.0.0.1", origin.port)[0].passed


def test_the_owner_of_a_port_is_this_process() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert f"(pid {os.getpid()})" in probe.owner_of_port(port)
        assert not probe.port_is_free("127.0.0.1", port)
    assert probe.port_is_free("127.0.0.1", 0)


def test_a_process_that_is_gone_is_named_by_its_number() -> None:
    limit = int(Path("/proc/sys/kernel/pid_max").read_text()) if Path("/proc").is_dir() else 99999
    assert probe.process(limit + 1) == f"process {limit + 1}"
