"""Every way an exchange can fail, through the real program: what the client is answered, and what is in the record."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from tests.doors.conftest import Authority
from tests.peers.client import Client, HandTls
from tests.peers.origin import Call, Origin, fixed, say
from tests.peers.program import Row, Wireglass, running
from tests.peers.waiting import wait_for

LIMITS = ("--connect-timeout", "1s", "--response-timeout", "1s", "--idle-timeout", "2s")

ALERT = bytes.fromhex("15030300020200")  # RFC 8446 6: a fatal alert, its description is the last byte


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Wireglass]:
    """With time-outs that a test can wait for."""
    with running(tmp_path_factory.mktemp("failures"), *LIMITS, trust=authority.path) as program:
        yield program


class Raw:
    """A server that reads something, says ``answer``, and then closes, or stays there and says no more."""

    def __init__(self, answer: bytes = b"", *, close: bool = True) -> None:
        self._answer = answer
        self._close = close
        self._server = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.port: int = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._server.accept()
                self._open.append(sock)
                with contextlib.suppress(OSError):
                    sock.recv(65_536)
                    sock.sendall(self._answer)
                    if self._close:
                        sock.close()

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        for sock in (self._server, *self._open):
            sock.close()
        self._thread.join(10)


def asked(program: Wireglass, url: str, kind: str, status: int = 502) -> Row:
    """Asks for ``url`` as a JSON client; answer and record must say the same ``kind``. The record's row."""
    with Client(program.proxy) as client:
        answer = client.get(url, "Accept: application/json")
    assert answer.get("Wireglass-Error") == kind.encode(), answer.body
    assert answer.status == status
    told = json.loads(answer.body)["error"]
    row = program.row(url)
    assert (row.state, row.status, row.error_kind) == ("failed", status, kind)
    assert row.error == f"{told['message']} {told['hint']}".strip()
    assert told["kind"] == kind and told["check"]
    assert told["host"] == url.split("/")[2]
    return row


# The server cannot be reached


def test_a_name_that_is_not_found(program: Wireglass) -> None:
    row = asked(program, "http://nobody.invalid:81/", "name_not_found")
    assert "nobody.invalid" in (row.error or "")


def test_a_port_that_refuses(program: Wireglass) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    asked(program, f"http://127.0.0.1:{port}/", "connection_refused")


def test_an_address_that_cannot_be_reached(program: Wireglass) -> None:
    """The system refuses to connect to the broadcast address; nothing is sent."""
    asked(program, "http://255.255.255.255:81/", "unreachable")


def test_a_target_that_may_not_be_reached(program: Wireglass) -> None:
    """The proxy itself, which would ask itself for ever."""
    asked(program, f"http://{program.proxy}/x", "refused_by_policy", 403)


def test_a_server_that_does_not_accept(program: Wireglass) -> None:
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(3):  # Linux drops what comes when the queue is full
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
        asked(program, f"http://127.0.0.1:{server.getsockname()[1]}/", "connect_timeout", 504)


# TLS with the server


@pytest.mark.parametrize("kind", ["certificate_expired", "certificate_not_yet_valid", "certificate_wrong_host"])
def test_a_certificate_of_a_known_authority(program: Wireglass, authority: Authority, kind: str) -> None:
    now = datetime.now(UTC)
    after = {"certificate_expired": -1, "certificate_not_yet_valid": 30, "certificate_wrong_host": 30}[kind]
    before = {"certificate_expired": -9, "certificate_not_yet_valid": 9, "certificate_wrong_host": -9}[kind]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.ca.issue_cert(
        "other.example" if kind == "certificate_wrong_host" else "localhost",
        not_before=now + timedelta(days=before),
        not_after=now + timedelta(days=after),
    ).configure_cert(context)
    with Origin(context) as origin:
        row = asked(program, f"https://localhost:{origin.port}/", kind)
        assert not origin.calls
    assert f"start it with `wireglass up --insecure-hosts localhost:{origin.port}`." in (row.error or "")
    assert "SSL_CERT_FILE" not in (row.error or ""), "that would not help"


def test_a_certificate_of_an_unknown_authority(program: Wireglass) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    with Origin(context) as origin:
        asked(program, f"https://localhost:{origin.port}/", "certificate_untrusted")


def test_a_self_signed_certificate(program: Wireglass, tmp_path: Path) -> None:
    """And the record has the server that was not accepted: where it is, how long it took, its certificate."""
    with Origin(_self_signed(tmp_path)) as origin:
        row = asked(program, f"https://localhost:{origin.port}/", "certificate_self_signed")
    assert "SSL_CERT_FILE=FILE" in (row.error or "")
    shown = program.show(row.id)
    server, timings = shown["server_connection"], shown["timings"]
    assert server["peer"].endswith(f":{origin.port}")
    assert server["tls"]["version"] == "TLSv1.3"
    assert [certificate["subject"] for certificate in server["tls"]["certificates"]] == ["CN=localhost"]
    assert all(timings[name] > 0 for name in ("dns", "connect", "tls"))
    assert timings["wait"] is None
    text = program.ask("show", str(row.id)).decode()
    assert "Server certificate\n  subject    CN=localhost\n  issuer     CN=localhost\n" in text
    assert f"wireglass up --insecure-hosts localhost:{origin.port} --home {program.home}`" in text


def test_a_server_that_wants_a_client_certificate(program: Wireglass, authority: Authority) -> None:
    """In TLS 1.3 it says so when the handshake is over for us already."""
    context = authority.server_context()
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.path)
    with Origin(context) as origin:
        asked(program, f"https://localhost:{origin.port}/", "client_certificate_wanted")


@pytest.mark.parametrize(
    ("answer", "kind", "word"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "not_tls", "does not speak TLS"),
        (ALERT[:-1] + b"\x46", "tls_no_common", "protocol version"),
        (ALERT[:-1] + b"\x28", "tls_no_common", "handshake failure"),
        (ALERT[:-1] + b"\x70", "tls_alert", "unrecognized name"),
        (b"", "tls_broken_off", "broke off"),
    ],
)
def test_a_server_with_which_tls_is_not_possible(program: Wireglass, answer: bytes, kind: str, word: str) -> None:
    with Raw(answer) as server:
        row = asked(program, f"https://localhost:{server.port}/", kind)
    assert word in (row.error or "")


def test_a_handshake_that_does_not_end(program: Wireglass) -> None:
    with Raw(close=False) as server:
        asked(program, f"https://localhost:{server.port}/", "tls_timeout", 504)


def test_one_host_is_let_through_and_it_is_noted(start: Callable[..., Wireglass], tmp_path: Path) -> None:
    with Origin(_self_signed(tmp_path)) as origin, Origin(_self_signed(tmp_path)) as other:
        program = start("--insecure-hosts", f"*.test,localhost:{origin.port}")
        url = origin.on("/let", fixed(b"through")).replace("127.0.0.1", "localhost")
        with Client(program.proxy) as client:
            for _ in range(2):
                assert client.get(url).body == b"through"
        rows = wait_for(lambda: [row for row in program.rows(url) if row.state == "done"][1:] or None, "two exchanges")
        notes = program.show(rows[0].id)["notes"]
        assert notes == [f"the server's certificate was not verified (--insecure-hosts localhost:{origin.port})"]
        asked(program, f"https://localhost:{other.port}/", "certificate_self_signed")


# The response


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(b"", "upstream_closed"), (b"HTTP/1.1 2", "upstream_closed"), (b"nonsense\r\n\r\n", "malformed_response")],
)
def test_a_response_that_is_none(program: Wireglass, answer: bytes, kind: str) -> None:
    with Raw(answer) as server:
        asked(program, f"http://127.0.0.1:{server.port}/", kind)


def test_a_response_that_does_not_begin(program: Wireglass) -> None:
    with Raw(close=False) as server:
        row = asked(program, f"http://127.0.0.1:{server.port}/", "response_timeout", 504)
    assert "`wireglass up --response-timeout 2s`" in (row.error or "")


def test_http_to_a_server_of_tls(program: Wireglass, tls_origin: Origin) -> None:
    """Python's, which says nothing and closes."""
    with Client(program.proxy) as client:
        answer = client.get(f"http://{tls_origin.authority}/in-clear")
    assert answer.status == 502
    assert b"is it https:// there?" in answer.body.lower()


@pytest.mark.parametrize("how", ["reset", "close", "stop", "malformed"])
def test_a_response_that_does_not_end(program: Wireglass, origin: Origin, how: str) -> None:
    """The client sees that it has not got everything, and what it has got is kept."""
    over = threading.Event()
    arrived = threading.Event()

    def script(call: Call) -> None:
        call.read_body()
        call.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        arrived.wait(10)  # a reset may overtake what was sent before it
        if how == "stop":
            over.wait(20)
        elif how == "malformed":
            call.send(b"4\r\nmore\r\nnonsense\r\n")
        if how == "reset":
            call.reset()
        else:
            call.close()

    kinds = {
        "reset": "upstream_reset",
        "close": "upstream_closed",
        "stop": "idle_timeout",
        "malformed": "malformed_response",
    }
    kept = b"firstmore" if how == "malformed" else b"first"
    url = origin.on(f"/{how}", script)
    with Client(program.proxy) as client:
        client.send(f"GET {url} HTTP/1.1\r\nHost: {origin.authority}\r\n\r\n".encode())
        assert client.wire.head().status == 200
        got = client.wire.some()
        arrived.set()
        with contextlib.suppress(ConnectionResetError):
            while piece := client.wire.some():
                got += piece
    over.set()
    assert got.startswith(b"5\r\nfirst\r\n") and not got.endswith(b"0\r\n\r\n")
    row = program.row(url, "failed")
    assert (row.status, row.error_kind) == (200, kinds[how])
    assert program.body(row.id, "response") == kept


# The client


def test_a_malformed_request(program: Wireglass) -> None:
    with Client(program.proxy) as client:
        client.send(b"GET http://a.example/twice HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")
        answer = client.answer()
        assert (answer.status, answer.get("Wireglass-Error")) == (400, b"malformed_request")
        assert client.at_end()
    assert program.row("http://a.example/twice").error_kind == "malformed_request"


@pytest.mark.parametrize("how", ["alert", "close"])
def test_a_client_that_rejects_our_certificate(program: Wireglass, tls_origin: Origin, how: str) -> None:
    name = f"{how}.pinned.example"
    with Client(program.proxy) as client:
        assert client.connect(tls_origin.authority).status == 200
        if how == "alert":
            with pytest.raises(ssl.SSLCertVerificationError):
                ssl.create_default_context().wrap_socket(client.sock, server_hostname=name)
        else:
            hand = HandTls(name, program.ca_path)
            client.send(hand.hello)
            assert client.wire.some()
    row = wait_for(lambda: next((row for row in program.ls() if name in (row.error or "")), None), "the refusal")
    assert (row.method, row.state, row.error_kind) == ("CONNECT", "failed", "client_distrust")
    assert row.error is not None and "does not trust the CA, or pins its certificate" in row.error
    assert "wireglass ca" in row.error
    assert not tls_origin.calls


def test_a_client_that_leaves(program: Wireglass, origin: Origin) -> None:
    here, over = threading.Event(), threading.Event()

    def script(call: Call) -> None:
        here.set()
        over.wait(10)

    url = origin.on("/left", script)
    with Client(program.proxy) as client:
        client.send(f"POST {url} HTTP/1.1\r\nHost: {origin.authority}\r\nContent-Length: 9\r\n\r\nabc".encode())
        assert here.wait(10)
    row = program.row(url)
    over.set()
    assert (row.state, row.error_kind) == ("failed", "client_closed")


# Tunnels, and what clients show


def curl(program: Wireglass, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["curl", "--silent", "--show-error", "--max-time", "30", "--noproxy", "", "--proxy", program.proxy]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=60)


def test_curl_is_told_inside_tls(program: Wireglass) -> None:
    """The tunnel stands already when the server turns out not to be there: the answer comes inside."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    url = f"https://localhost:{port}/inside"
    done = curl(program, "--cacert", str(program.ca_path), "--write-out", "%{http_code}", url)
    assert done.returncode == 0
    assert "refused the connection" in done.stdout and done.stdout.endswith("(connection_refused)\n502")
    row = program.row(url)
    assert (row.method, row.status, row.error_kind) == ("GET", 502, "connection_refused")


@pytest.mark.parametrize(
    ("lines", "type"),
    [
        ([], "text/plain; charset=utf-8"),
        (["Accept: text/html,application/xhtml+xml,*/*;q=0.8"], "text/html; charset=utf-8"),
        (["Accept: application/json"], "application/json"),
        (["Content-Type: application/json"], "application/json"),
    ],
)
def test_the_form_of_the_answer(program: Wireglass, lines: list[str], type: str) -> None:
    headers = [word for line in lines for word in ("--header", line)]
    done = curl(program, *headers, "--include", "http://nobody.invalid/<script>")
    assert f"Content-Type: {type}" in done.stdout.splitlines()
    assert "Wireglass-Error: name_not_found" in done.stdout.splitlines()
    assert "<script>" not in done.stdout


def test_curl_that_does_not_trust_us(program: Wireglass, tls_origin: Origin) -> None:
    done = curl(program, "--cacert", "/dev/null", f"https://localhost:{tls_origin.port}/curl")
    assert done.returncode != 0
    rows = wait_for(
        lambda: [row for row in program.ls() if row.url == f"localhost:{tls_origin.port}" and row.state == "failed"],
        "the refusal in the record",
    )
    assert rows[0].error_kind == "client_distrust"


def test_a_tunnel_in_which_nothing_moves(program: Wireglass) -> None:
    with Raw(close=False) as server, Client(program.proxy) as client:
        assert client.connect(f"127.0.0.1:{server.port}").status == 200
        client.send(b"\x00binary")
        assert client.at_end()
        row = program.row(f"127.0.0.1:{server.port}", "failed")
    assert (row.protocol, row.error_kind, row.request_size) == ("tunnel", "idle_timeout", 7)


# IPv6 literals


def test_ipv6_literals(program: Wireglass) -> None:
    """In absolute-form, CONNECT and Host; and in the record as in a URL (RFC 3986 3.2.2)."""
    with Origin(host="::1") as origin, Client(program.proxy) as client:
        assert origin.authority == f"[::1]:{origin.port}"
        assert client.get(f"{origin.url}/absolute").body == b"/absolute\n"
        assert origin.call("/absolute").request.get("Host") == origin.authority.encode()
        row = program.row(f"http://[::1]:{origin.port}/absolute")
        assert program.show(row.id)["server_connection"]["peer"] == f"[::1]:{origin.port}"
        with Client(program.proxy) as tunnel:
            assert tunnel.connect(origin.authority).status == 200
            tunnel.send(f"GET /inside HTTP/1.1\r\nHost: {origin.authority}\r\n\r\n".encode())
            assert tunnel.answer().body == b"/inside\n"
        assert program.row(f"http://[::1]:{origin.port}/inside").status == 200
        with Client(program.proxy) as raw:
            origin.default = say(b"")
            assert raw.connect(origin.authority).status == 200
            raw.send(b"\x00")
        assert program.row(f"[::1]:{origin.port}").method == "CONNECT"
    asked(program, f"http://[::1]:{origin.port}/gone", "connection_refused")


def _self_signed(tmp_path: Path) -> ssl.SSLContext:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    files = ["-keyout", str(key), "-out", str(certificate), "-subj", "/CN=localhost"]
    subprocess.run(
        [*command, *files, "-addext", "subjectAltName=DNS:localhost"], capture_output=True, check=True, timeout=60
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
