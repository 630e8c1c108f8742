"""RFC 9113 at the client-facing side: every case of two tables, through Wireglass, and to nghttpd directly, which shows
that the tables ask for what a good server does."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest
from tests.doors.conftest import NAMES, Authority
from tests.peers.http2 import Code, ping
from tests.peers.http2_cases import FRAMES, Case
from tests.peers.http2_client import Answer, Http2Client
from tests.peers.http2_nghttpd import Nghttpd
from tests.peers.http2_origin import Http2Origin
from tests.peers.http2_requests import REQUESTS
from tests.peers.program import Wireglass

CASES = [*FRAMES, *REQUESTS]


class Server(Protocol):
    """What the frames are sent to."""

    path: str

    def connect(self) -> Http2Client: ...

    def reached(self, path: str) -> bool:
        """Whether a whole request for ``path`` got to where requests are answered, as far as can be known. The head of
        one whose body is malformed may have."""


@dataclass
class Control:
    nghttpd: Nghttpd
    trust: Path
    path: str

    def connect(self) -> Http2Client:
        return Http2Client.direct(self.nghttpd.authority, self.trust)

    def reached(self, path: str) -> bool:
        return False


@dataclass
class Through:
    """The origin behind the proxy answers GET with its target and POST with what was sent behind it."""

    wireglass: Wireglass
    origin: Http2Origin
    path: str = "/case"

    def connect(self) -> Http2Client:
        return Http2Client.through(self.wireglass.proxy, self.origin.authority, self.wireglass.ca_path)

    def reached(self, path: str) -> bool:
        return any(path in call.target and call.ended for call in self.origin.streams)


@dataclass
class InClear(Through):
    def connect(self) -> Http2Client:
        return Http2Client.in_clear(self.wireglass.proxy, self.origin.authority)


@pytest.fixture(scope="module")
def nghttpd(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Control]:
    root = tmp_path_factory.mktemp("nghttpd")
    leaf = root / "leaf.pem"
    authority.ca.issue_cert(*NAMES).private_key_and_cert_chain_pem.write_to_path(str(leaf))
    server = Nghttpd(root / "served", leaf)
    yield Control(server, authority.path, server.path)
    server.stop()


@pytest.fixture(scope="module")
def proxied(wireglass: Wireglass, authority: Authority) -> Iterator[Through]:
    with Http2Origin(authority.server_context()) as origin:
        yield Through(wireglass, origin)


@pytest.fixture(scope="module")
def in_clear(wireglass: Wireglass) -> Iterator[InClear]:
    with Http2Origin() as origin:
        yield InClear(wireglass, origin)


NUMBERED = [
    pytest.param(server, number, id=f"{server}-{case.id}")
    for server in ("proxied", "in_clear", "nghttpd")
    for number, case in enumerate(CASES)
    if case.control or server != "nghttpd"
    if case.name != "no preface" or server != "in_clear"  # there it is HTTP/1.1
]


@pytest.mark.parametrize(("name", "number"), NUMBERED)
def test_rfc_9113(request: pytest.FixtureRequest, name: str, number: int) -> None:
    server: Server = request.getfixturevalue(name)
    case = CASES[number]
    path = f"{server.path}?case={number}."
    with server.connect() as client:
        if case.started:
            client.start()
        expects_error = case.outcome.kind != "works"
        # The other side may end the connection before all of it has been sent.
        with contextlib.suppress(*([BrokenPipeError, ConnectionResetError] if expects_error else [])):
            stream = case.act(client, path)
        judge(case, client, stream, path)
    assert not (case.outcome.refused and not case.outcome.ignored and server.reached(path))


def judge(case: Case, client: Http2Client, stream: int | None, path: str) -> None:
    if case.outcome.kind == "works":
        assert (client.answer(stream) if stream else client.get(path)).status == 200
    elif case.outcome.kind == "stream":
        stream_error(case, client, stream or 1)
    else:
        client.at_end()
        if case.outcome.kind == "connection":
            assert client.goaway is not None, f"no GOAWAY; {client.frames}"
        if client.goaway is not None:
            assert_code(client.goaway.error_code, case)


def stream_error(case: Case, client: Http2Client, stream: int) -> None:
    outcome = case.outcome
    answer = client.answers.setdefault(stream, Answer())
    if outcome.ignored and not outcome.refused:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            client.send(ping())  # frames are taken in order: with its answer the rest has been looked at
    while answer.reset is None and client.goaway is None:
        if outcome.ignored and (client.pongs or (answer.ended and answer.status == 200)):
            return
        if answer.ended:
            # The answer may have been on its way when the error was noticed.
            client.round_trip()
            if answer.reset is None:
                assert outcome.refused and 400 <= answer.status < 500, f"{case.id} was answered with {answer.status}"
                return
        elif not client.step():
            raise AssertionError(f"closed without a word; {client.frames}")
    if client.goaway is not None:
        assert_code(client.goaway.error_code, case)
    else:
        assert_code(answer.reset or 0, case)
        client.round_trip()


def assert_code(code: int, case: Case) -> None:
    allowed = ", ".join(Code(code).name for code in case.outcome.codes)
    assert code in case.outcome.codes, f"{Code(code).name} and not {allowed}"
