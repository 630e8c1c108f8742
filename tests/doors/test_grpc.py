"""gRPC's own client and server (``grpcio``) through the running proxy: in clear (h2c inside CONNECT) and over TLS.

Each test runs directly as well: what the client and the server see is the same with Wireglass and without.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from tests.doors.conftest import Authority
from tests.peers import rpc
from tests.peers.program import COMMAND, Row, Wireglass
from tests.peers.waiting import wait_for

ROOT = Path(__file__).parents[2]
SECONDS = 20.0
"""Deadline of calls that are to succeed."""


class Way:
    """A server, and how a client gets there."""

    def __init__(self, wireglass: Wireglass | None, authority: Authority | None) -> None:
        self.wireglass = wireglass
        self._root: bytes | None = None
        credentials = None
        if authority is not None:
            leaf = authority.ca.issue_cert("127.0.0.1", "localhost")
            chain = b"".join(one.bytes() for one in leaf.cert_chain_pems)
            credentials = grpc.ssl_server_credentials([(leaf.private_key_pem.bytes(), chain)])
            self._root = wireglass.ca_path.read_bytes() if wireglass else authority.ca.cert_pem.bytes()
        self.server = rpc.Server(credentials)
        self._scheme = "https" if authority else "http"

    def client(self, compression: grpc.Compression | None = None) -> rpc.Client:
        proxy = self.wireglass.proxy if self.wireglass else ""
        return rpc.Client(self.server.port, proxy, self._root, compression)

    def row(self, method: str = f"/{rpc.SERVICE}/Unary") -> Row:
        """Of the only call of this method, as soon as it has ended."""
        assert self.wireglass is not None
        return self.wireglass.row(f"{self._scheme}://127.0.0.1:{self.server.port}{method}")

    def recorded(self, kind: str, requests: list[Any], replies: list[Any]) -> Any:
        """``show --json`` of the call, after its messages were compared, byte for byte."""
        if self.wireglass is None:
            return None
        row = self.row(f"/{rpc.SERVICE}/{kind}")
        assert (row.method, row.status, row.protocol, row.state) == ("POST", 200, "http/2", "done")
        for side, messages in (("request", requests), ("response", replies)):
            passed = rpc.unframed(self.wireglass.body(row.id, side))
            assert passed == [(0, one.SerializeToString()) for one in messages]
        return self.wireglass.show(row.id)


@pytest.fixture(params=["direct", "proxied"])
def by(request: pytest.FixtureRequest) -> Wireglass | None:
    return request.getfixturevalue("wireglass") if request.param == "proxied" else None


@pytest.fixture(params=["clear", "tls"])
def way(request: pytest.FixtureRequest, by: Wireglass | None, authority: Authority) -> Iterator[Way]:
    way = Way(by, authority if request.param == "tls" else None)
    yield way
    way.server.stop()


def fields(headers: list[list[str]], *names: str) -> list[list[str]]:
    return [one for one in headers if one[0] in names]


def test_unary(way: Way) -> None:
    asked = rpc.request(text="Grüße", delta=-3, data=b"\x00\xff")
    with way.client() as client:
        answer = client.unary(asked, timeout=SECONDS)
    assert (answer.text, answer.data) == ("GRÜSSE", b"\x00\xff")
    assert way.server.call().requests == [asked]
    shown = way.recorded("Unary", [asked], [answer])
    if shown:
        assert shown["grpc"]["method"] == f"/{rpc.SERVICE}/Unary"
        assert (shown["grpc"]["status"], shown["grpc"]["status_name"]) == ("0", "OK")
        assert fields(shown["response"]["trailers"], "grpc-status") == [["grpc-status", "0"]]


def test_server_stream(way: Way) -> None:
    asked = rpc.request(text="many", count=50)
    with way.client() as client:
        answers = list(client.server_stream(asked, timeout=SECONDS))
    assert [one.count for one in answers] == list(range(50))
    way.recorded("ServerStream", [asked], answers)


def test_client_stream(way: Way) -> None:
    asked = [rpc.request(text=str(number)) for number in range(50)]
    with way.client() as client:
        answer = client.client_stream(iter(asked), timeout=SECONDS)
    assert answer.text == ",".join(map(str, range(50)))
    assert way.server.call().requests == asked
    way.recorded("ClientStream", asked, [answer])


def test_bidi_is_a_conversation(way: Way) -> None:
    """Each question is asked when the answer before it has come: nothing may be held back until a side ends."""
    asked = [rpc.request(text=f"question {number}") for number in range(10)]
    turn = threading.Semaphore(1)

    def questions() -> Iterator[Message]:
        for one in asked:
            assert turn.acquire(timeout=SECONDS)
            yield one

    answers = []
    with way.client() as client:
        for answer in client.bidi(questions(), timeout=SECONDS):
            answers.append(answer)
            turn.release()
    assert [one.text for one in answers] == [one.text.upper() for one in asked]
    way.recorded("Bidi", asked, answers)


def test_messages_are_shown_while_the_call_is_open(way: Way) -> None:
    ended = threading.Event()

    def questions() -> Iterator[Message]:
        yield rpc.request(text="first")
        ended.wait(SECONDS)

    with way.client() as client:
        answers = client.bidi(questions(), timeout=2 * SECONDS)
        try:
            assert next(answers).text == "FIRST"
            if way.wireglass:
                number = wait_for(lambda: _open(way), "the open call")
                wait_for(lambda: b"FIRST" in _messages(way, number), "its messages")
                assert b"first" in _messages(way, number)
        finally:
            ended.set()
        assert list(answers) == []


def _open(way: Way) -> int:
    assert way.wireglass is not None
    end = f":{way.server.port}/{rpc.SERVICE}/Bidi"
    return next((row.id for row in way.wireglass.ls() if row.url.endswith(end) and row.state == "open"), 0)


def _messages(way: Way, number: int) -> bytes:
    assert way.wireglass is not None
    return way.wireglass.ask("show", str(number))


def test_metadata(way: Way) -> None:
    sent = (("word", "a value"), ("twice", "1"), ("twice", "2"), ("raw-bin", bytes(range(256))))
    with way.client() as client:
        answer, call = client.unary.with_call(rpc.request(text="trailers"), metadata=sent, timeout=SECONDS)
    assert answer.text == "TRAILERS"
    names = {name for name, _ in sent}
    assert [one for one in way.server.call().metadata if one[0] in names] == list(sent)
    first = dict(call.initial_metadata())
    last = dict(call.trailing_metadata())
    assert (first["first"], first["first-bin"]) == ("1", b"\x00\xff\x01")
    assert (last["last"], last["last-bin"]) == ("2", b"\xff\x00\x02")
    if way.wireglass:
        shown = way.wireglass.show(way.row().id)
        assert fields(shown["request"]["headers"], "word", "twice") == [
            ["word", "a value"],
            ["twice", "1"],
            ["twice", "2"],
        ]
        assert fields(shown["response"]["headers"], "first", "first-bin") == [["first", "1"], ["first-bin", "AP8B"]]
        assert fields(shown["response"]["trailers"], "last", "last-bin") == [["last", "2"], ["last-bin", "/wAC"]]


def test_an_error_with_details(way: Way) -> None:
    with way.client() as client, pytest.raises(grpc.RpcError) as caught:
        client.unary(rpc.request(text="fail"), timeout=SECONDS)
    error: Any = caught.value
    assert (error.code(), error.details()) == (grpc.StatusCode.NOT_FOUND, "no “such” thing: 100 %")
    assert dict(error.trailing_metadata())["grpc-status-details-bin"] == rpc.details()
    if way.wireglass:
        found = way.wireglass.show(way.row().id)["grpc"]
        assert (found["status"], found["status_name"], found["message"]) == (
            "5",
            "NOT_FOUND",
            "no “such” thing: 100 %",
        )
        assert [one["type"] for one in found["details"]] == ["wireglass.test.Nested"]
        assert b"no \xe2\x80\x9csuch\xe2\x80\x9d thing: 100 %" in way.wireglass.ask("show", str(way.row().id))


def test_a_deadline(way: Way) -> None:
    """The server hears of it before it has passed, and that it has passed."""
    with way.client() as client:
        client.unary(rpc.request(text="warm"), timeout=SECONDS)
        with pytest.raises(grpc.RpcError) as caught:
            list(client.server_stream(rpc.request(text="wait", count=1), timeout=1))
        error: Any = caught.value
        assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        seen = way.server.call()
        assert seen.method == "ServerStream"
        assert 0 < (seen.remaining or 0) < 1.2  # grpc-timeout is rounded up
        assert seen.ended.wait(10)
    if way.wireglass:
        row = way.row(f"/{rpc.SERVICE}/ServerStream")
        assert row.state == "failed" or row.status == 200
        assert fields(way.wireglass.show(row.id)["request"]["headers"], "grpc-timeout")


def test_cancellation_reaches_the_server(way: Way) -> None:
    with way.client() as client:
        answers = client.bidi(iter([rpc.request(text="once")]), timeout=SECONDS)
        assert next(answers, None) is not None
        asked = threading.Event()

        def questions() -> Iterator[Message]:
            yield rpc.request(text="wait")
            asked.wait(SECONDS)

        running = client.bidi(questions(), timeout=SECONDS)
        seen = wait_for(lambda: _waiting(way.server), "the call that waits")
        assert not seen.ended.is_set()
        running.cancel()
        assert seen.ended.wait(10), "the server did not hear of it"
        asked.set()
        with pytest.raises(grpc.RpcError):
            next(running)
        # The connection and the others on it go on.
        assert client.unary(rpc.request(text="after"), timeout=SECONDS).text == "AFTER"


def _waiting(server: rpc.Server) -> rpc.Seen | None:
    return next((one for one in server.calls if any(each.text == "wait" for each in one.requests)), None)


def test_gzip(way: Way) -> None:
    asked = rpc.request(text="long " * 1000)
    with way.client(grpc.Compression.Gzip) as client:
        answer = client.unary(asked, timeout=SECONDS)
    assert answer.text == asked.text.upper()
    if way.wireglass:
        number = way.row().id
        [(flags, packed)] = rpc.unframed(way.wireglass.body(number, "request"))
        assert (flags, packed[:2]) == (1, b"\x1f\x8b")
        shown = way.wireglass.ask("show", str(number), "--messages").decode()
        assert "compression=gzip" in shown
        assert f'1: "{asked.text}"' in shown


def test_ten_megabytes_each_way(way: Way) -> None:
    size = 10_000_000
    asked = rpc.request(text=f"bytes {size}", data=bytes(range(256)) * (size // 256))
    with way.client() as client:
        answer = client.unary(asked, timeout=60)
    assert answer.data == bytes(size)
    assert way.server.call().requests == [asked]
    way.recorded("Unary", [asked], [answer])


def test_many_calls_at_once(way: Way) -> None:
    """On one connection, each with its own answer."""
    with way.client() as client:
        running = [client.unary.future(rpc.request(text=f"call {number}"), timeout=SECONDS) for number in range(100)]
        assert [one.result().text for one in running] == [f"CALL {number}" for number in range(100)]


def test_reflection_gives_names(way: Way) -> None:
    """What the client asks the server for names the messages of all its calls in the record."""
    asked = rpc.request(text="named", delta=-7)
    with way.client() as client:
        client.unary(asked, timeout=SECONDS)
        make: Any = reflection_pb2_grpc.ServerReflectionStub
        stub = make(client.channel)
        question = reflection_pb2.ServerReflectionRequest(file_containing_symbol=rpc.SERVICE)
        [told] = stub.ServerReflectionInfo(iter([question]), timeout=SECONDS)
    assert len(told.file_descriptor_response.file_descriptor_proto) >= 1
    if way.wireglass:
        way.row("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
        shown = way.wireglass.ask("show", str(way.row().id), "--messages").decode()
        assert "# wireglass.test.Request\n" in shown
        assert 'text: "named"' in shown
        assert "delta: -7" in shown


PROGRAM = """
import grpc, sys
from tests.peers import rpc
channel = grpc.secure_channel(sys.argv[1], grpc.ssl_channel_credentials())
call = channel.unary_unary(f"/{rpc.SERVICE}/Unary", rpc.request().__class__.SerializeToString, rpc.reply().FromString)
print(call(rpc.request(text="from a program"), timeout=20).text)
"""


def test_a_program_that_knows_nothing_of_us(wireglass: Wireglass, authority: Authority) -> None:
    """``wireglass run`` gives it proxy and roots by its environment."""
    way = Way(wireglass, authority)
    try:
        run: list[str | Path] = [COMMAND, "run", "-q", "--home", wireglass.home, sys.executable, "-c", PROGRAM]
        target = f"127.0.0.1:{way.server.port}"
        done = subprocess.run(
            [*run, target], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, timeout=60
        )
        assert (done.returncode, done.stdout) == (0, b"FROM A PROGRAM\n"), done.stderr
        assert way.row().protocol == "http/2"
    finally:
        way.server.stop()


def test_a_server_that_is_not_there(wireglass: Wireglass) -> None:
    """The client gets UNAVAILABLE, as it would without a proxy."""
    server = rpc.Server()
    server.stop()
    with rpc.Client(server.port, wireglass.proxy) as client, pytest.raises(grpc.RpcError) as caught:
        client.unary(rpc.request(text="hello"), timeout=SECONDS)
    error: Any = caught.value
    assert error.code() == grpc.StatusCode.UNAVAILABLE
