"""Every case of docs/reference/http1.md through the real program: what two parsers could read differently is refused
or written anew, recorded with its reason, and disturbs nobody else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.peers.client import Client
from tests.peers.origin import Call, Origin, say
from tests.peers.program import Wireglass
from tests.peers.waiting import wait_for
from tests.wire.cases import IN_ORDER, REQUESTS, RESPONSES, SERVER, Refused
from tests.wire.passed import by_h11

from wireglass.model import Record
from wireglass.store import Reader

ROOT = Path(__file__).parent.parent.parent


def everything(client: Client) -> bytes:
    """All bytes until the proxy ends the connection."""
    data = b""
    while more := client.wire.some():
        data += more
    return data


@pytest.fixture
def record(wireglass: Wireglass) -> Iterator[Reader]:
    with Reader(wireglass.home / "store") as reader:
        yield reader


def recorded(reader: Reader, urls: set[str], clients: set[str]) -> list[Record]:
    """The exchanges of these URLs or clients, as soon as all have ended."""

    def look() -> list[Record] | None:
        rows = [row for row in reader.page(100_000) if row.url in urls or row.client in clients]
        done = [row for row in rows if row.state != "open"]
        return [reader.get(row.id) for row in done] if len(done) >= len(urls) + len(clients) else None

    return wait_for(look, "all cases in the record")


def test_requests_that_could_be_misread(wireglass: Wireglass, origin: Origin, record: Reader) -> None:
    server = origin.authority.encode()
    answers: list[tuple[Refused, str, bytes]] = []
    with Client(wireglass.proxy) as bystander:
        bystander.send(
            b"POST %b/bystander HTTP/1.1\r\nHost: %b\r\nContent-Length: 4\r\n\r\nhe" % (origin.url.encode(), server)
        )
        wait_for(lambda: origin.calls_of("/bystander"), "the bystander's head")
        for case in REQUESTS:
            with Client(wireglass.proxy) as client:
                host, port = client.sock.getsockname()
                client.send(case.data.replace(SERVER, server))
                answers.append((case, f"{host}:{port}", everything(client)))
        bystander.send(b"re")
        assert bystander.answer().body == b"/bystander\nhere"
    by_client = {one.summary.client: one for one in recorded(record, set(), {where for _, where, _ in answers})}
    for case, where, answer in answers:
        status, _, body, left = by_h11(answer)
        assert (status, left) == (400, 0), (case.name, answer)
        assert case.reason in body.decode(), (case.name, body)
        one = by_client[where]
        assert (one.summary.state, one.summary.error_kind) == ("failed", "malformed_request"), case.name
        assert case.reason in (one.summary.error or ""), case.name
        if not case.begun:
            received = [note for note in one.detail.notes if note.startswith("received: ")]
            start = repr(case.data.replace(SERVER, server).lstrip()[:20])[2:-1]
            assert len(received) == 1 and start in received[0], (case.name, one.detail.notes)
    # Of those that were malformed inside the body the server has seen a head at most, and never an end.
    others = [call for call in origin.calls if call.path != "/bystander"]
    assert not [call.request.start for call in others if call.body_read or call.path != "/"]
    assert len(others) <= sum(case.begun for case in REQUESTS)


def test_requests_that_only_look_odd(wireglass: Wireglass, origin: Origin) -> None:
    """They reach the server, in the form of which there are no two opinions."""
    server = origin.authority.encode()
    for case in IN_ORDER:
        with Client(wireglass.proxy) as client:
            client.send(case.data.replace(SERVER, server))
            assert client.answer().body == b"/\n" + case.body, case.name
        request = origin.calls[-1].request
        assert case.sent.replace(SERVER, server) in request.raw, (case.name, request.raw)
        assert request.body == case.body, case.name


def test_a_head_that_never_ends(start: Callable[..., Wireglass], origin: Origin) -> None:
    """Its client is told, by the time that is set; others are not disturbed."""
    program = start("--head-timeout", "1s")
    with Client(program.proxy) as client, Client(program.proxy) as other:
        client.send(f"GET {origin.url}/endless HTTP/1.1\r\nX-A: b\r\n".encode())
        assert other.get(f"{origin.url}/other").status == 200
        status, _, body, left = by_h11(everything(client))
        assert (status, left) == (400, 0)
        assert b"not complete within 1 s. " in body and b"`wireglass up --head-timeout 2s`" in body
    row = wait_for(lambda: next((row for row in program.ls() if row.status == 400), None), "the refusal in the record")
    assert (row.state, row.error_kind) == ("failed", "malformed_request")
    assert not origin.calls_of("/endless")


def test_a_request_that_turns_malformed_behind_its_head(wireglass: Wireglass, origin: Origin) -> None:
    """The server has the head and a first chunk; it gets no end of the body."""
    for case in (case for case in REQUESTS if case.begun):
        head, body = case.data.replace(SERVER, origin.authority.encode()).split(b"\r\n\r\n", 1)
        seen = len(origin.calls)
        with Client(wireglass.proxy) as client:
            client.send(head + b"\r\n\r\n3\r\nabc\r\n")
            wait_for(lambda seen=seen: len(origin.calls) > seen, "the head at the server")  # type: ignore[misc]
            client.send(body)
            assert by_h11(everything(client))[0] == 400
        assert not origin.calls[-1].body_read
    assert not [call for call in origin.calls if call.path == "/smuggled"]


def test_responses(wireglass: Wireglass, origin: Origin, record: Reader) -> None:
    answers: list[bytes] = []
    urls = [origin.on(f"/{number}", say(case.data, close=True)) for number, case in enumerate(RESPONSES)]
    for url in urls:
        with Client(wireglass.proxy) as client:
            client.send(f"GET {url} HTTP/1.1\r\nHost: {origin.authority}\r\nConnection: close\r\n\r\n".encode())
            try:
                answers.append(everything(client))
            except ConnectionResetError:
                answers.append(b"")
    by_url = {one.summary.url: one for one in recorded(record, set(urls), set())}
    for case, url, answer in zip(RESPONSES, urls, answers, strict=True):
        one = by_url[url]
        assert len(one.detail.informational) == case.informational, case.name
        if case.refused:
            assert (one.summary.state, one.summary.error_kind) == ("failed", case.kind), case.name
            assert case.refused in (one.summary.error or ""), (case.name, one.summary.error)
            if case.begun:
                with pytest.raises(Exception):  # noqa: B017, PT011 - a part of a response, or none of it, but no whole one
                    by_h11(answer)
            else:
                final = answer[answer.rindex(b"HTTP/1.1 502 ") :]
                assert case.refused in by_h11(final)[2].decode(), (case.name, answer[-500:])
            continue
        assert one.summary.state == "done", (case.name, one.summary)
        told = {note.split(": ")[1] for note in one.detail.notes if note.startswith("lenient: ")}
        assert told == {leniency.name for leniency in case.lenient}, (case.name, one.detail.notes)
        assert b"".join(record.body(one, "response")) == case.body, case.name
        if b"gzip, chunked" in answer:
            continue  # it is in order, and h11 knows no coding but chunked
        status, fields, body, left = by_h11(answer)
        assert (status, body, left) == (case.status, case.body, 0), (case.name, answer)
        assert set(case.fields) <= {(name.title(), value) for name, value in fields}, case.name


def test_a_connection_that_was_read_leniently_serves_nobody_else(wireglass: Wireglass, origin: Origin) -> None:
    """What lies behind a length that was guessed could be the start of another's response."""
    lenient = origin.on("/lenient", say(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi"))
    strict = origin.on("/strict", say(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"))
    with Client(wireglass.proxy) as client:
        for url in (strict, strict, lenient, strict):
            assert client.get(url).body == b"hi"
    connections = [call.connection for call in origin.calls]
    assert connections[0] == connections[1] == connections[2] != connections[3]


def test_what_is_shown_of_a_lenient_response(wireglass: Wireglass, origin: Origin) -> None:
    url = origin.on("/shown", say(b"HTTP/1.1 200 OK\nX-A : b\nContent-Length: 2\n\nhi"))
    with Client(wireglass.proxy) as client:
        client.get(url)
    shown = wireglass.ask("show", str(wireglass.row(url).id)).decode()
    assert "lenient: bare-lf" in shown and "RFC 9112 2.2" in shown
    assert "lenient: space-before-colon" in shown
    assert r"HTTP/1.1 200 OK\nX-A : b\n" in shown, "the bytes as they came"


def test_a_host_that_names_another_server_is_replaced(wireglass: Wireglass, origin: Origin) -> None:
    """RFC 9112 3.2.2: the target decides."""
    with Client(wireglass.proxy) as client:
        client.send(b"GET %b/target HTTP/1.1\r\nHost: other.example\r\n\r\n" % origin.url.encode())
        assert client.answer().status == 200
    assert origin.call("/target").request.all("host") == [origin.authority.encode()]


def test_trailers_never_reach_the_head(wireglass: Wireglass, origin: Origin) -> None:
    def script(call: Call) -> None:
        call.read_body()
        call.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n2\r\nhi\r\n")
        call.send(b"0\r\nX-T: 1\r\nSet-Cookie: a=b\r\nContent-Length: 9\r\n\r\n")

    url = origin.on("/trailers", script)
    with Client(wireglass.proxy) as client:
        answer = client.get(url)
    assert answer.body == b"hi"
    assert answer.trailers == [(b"X-T", b"1")]
    assert answer.get("set-cookie") is None
    shown = wireglass.show(wireglass.row(url).id)
    assert ["Set-Cookie", "a=b"] in shown["response"]["trailers"]
    assert any("forbidden-trailer" in note for note in shown["notes"])


def test_the_page_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/http1.py", "--check"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
