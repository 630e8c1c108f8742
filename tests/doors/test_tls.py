"""TLS and what else comes through CONNECT, each trap by its name."""

from __future__ import annotations

import os
import socket
import ssl
import stat
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from tests.doors.conftest import Authority
from tests.peers.client import Client, HandTls, big_alpn
from tests.peers.http import Ended
from tests.peers.installed import installed
from tests.peers.origin import Origin, fixed
from tests.peers.program import Row, Wireglass, cpu_seconds
from tests.peers.waiting import wait_for

HELLO_DEADLINE = 10.0
"""Seconds the proxy waits for a whole ClientHello."""


def connect_bytes(origin: Origin) -> bytes:
    return f"CONNECT {origin.authority} HTTP/1.1\r\nHost: {origin.authority}\r\n\r\n".encode()


def request(path: str, authority: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode()


def test_connect_and_hello_in_one_segment(wireglass: Wireglass, tls_origin: Origin) -> None:
    """The ClientHello arrives together with the CONNECT it follows."""
    hand = HandTls("localhost", wireglass.ca_path)
    with Client(wireglass.proxy) as client:
        client.send(connect_bytes(tls_origin) + hand.hello)
        assert client.wire.head().status == 200
        _feed_rest(hand, client)
        client.send(hand.handshake(client) + hand.seal(request("/one-segment", f"localhost:{tls_origin.port}")))
        assert _answer(hand, client) == b"/one-segment\n"
    assert wireglass.row(f"https://localhost:{tls_origin.port}/one-segment").status == 200


@pytest.mark.parametrize("size", [0, 1_800], ids=["small", "large"])
def test_hello_in_single_bytes(wireglass: Wireglass, tls_origin: Origin, size: int) -> None:
    """A ClientHello that comes one byte at a time."""
    hand = HandTls("localhost", wireglass.ca_path, big_alpn(size) if size else None)
    with Client(wireglass.proxy) as client:
        assert client.connect(tls_origin.authority).status == 200
        for byte in hand.hello:
            client.send(bytes([byte]))
        client.send(hand.handshake(client) + hand.seal(request("/bytes", tls_origin.authority)))
        assert _answer(hand, client) == b"/bytes\n"


@pytest.mark.parametrize("size", [1_600, 6_000, 15_000])
def test_large_hello(wireglass: Wireglass, tls_origin: Origin, size: int) -> None:
    """A ClientHello of 1.8 kB (post-quantum key shares), and of much more."""
    hand = HandTls("localhost", wireglass.ca_path, big_alpn(size))
    assert len(hand.hello) >= size + 200
    with Client(wireglass.proxy) as client:
        assert client.connect(tls_origin.authority).status == 200
        client.send(hand.hello)
        client.send(hand.handshake(client) + hand.seal(request("/large-hello", tls_origin.authority)))
        assert _answer(hand, client) == b"/large-hello\n"


def test_data_before_the_handshake_returns(wireglass: Wireglass, tls_origin: Origin) -> None:
    """Application data in the same segment as the last flight, thirty times: the answer is never sent in clear (what
    is not a TLS record makes OpenSSL raise)."""
    for number in range(30):
        hand = HandTls("localhost", wireglass.ca_path)
        with Client(wireglass.proxy) as client:
            assert client.connect(tls_origin.authority).status == 200
            client.send(hand.hello)
            client.send(hand.handshake(client) + hand.seal(request(f"/early/{number}", tls_origin.authority)))
            assert _answer(hand, client) == f"/early/{number}\n".encode()


@pytest.mark.alone
def test_slow_half_hello(wireglass: Wireglass, tls_origin: Origin) -> None:
    """Half a ClientHello and then nothing: costs no processor time, and ends at its deadline."""
    hand = HandTls("localhost", wireglass.ca_path)
    [proxy] = wireglass.pids["proxy"]
    with Client(wireglass.proxy, timeout=HELLO_DEADLINE + 10) as client:
        assert client.connect(tls_origin.authority).status == 200
        client.send(hand.hello[: len(hand.hello) // 2])
        began = time.monotonic()
        before = cpu_seconds(proxy)
        assert client.at_end()
        waited = time.monotonic() - began
        used = cpu_seconds(proxy) - before
    print(f"half a hello: {waited:.1f} s until its end, {used:.2f} s of processor time")
    assert HELLO_DEADLINE - 2 < waited < HELLO_DEADLINE + 3
    assert used < 0.2


def test_name_of_the_client_wins(wireglass: Wireglass, tls_origin: Origin) -> None:
    """CONNECT names an address, the ClientHello a name: certificate, upstream verification and URL go by the name."""
    with Client(wireglass.proxy) as client:
        assert client.connect(tls_origin.authority).status == 200
        sock = client.secure("inner.example", wireglass.ca_path)
        assert _names(sock) == ["DNSName inner.example"]
        client.send(request("/sni", f"inner.example:{tls_origin.port}"))
        assert client.answer().status == 200
    row = wireglass.row(f"https://inner.example:{tls_origin.port}/sni")
    tls = wireglass.show(row.id)["server_connection"]["tls"]
    assert tls["sni"] == "inner.example"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_address_literals(wireglass: Wireglass, authority: Authority, host: str) -> None:
    """Without a name in the hello the certificate is for the address of the CONNECT."""
    try:
        origin = Origin(authority.server_context(host), host)
    except OSError:
        pytest.skip(f"this machine has no {host}")
    with origin, Client(wireglass.proxy) as client:
        assert client.connect(origin.authority).status == 200
        sock = client.secure(host, wireglass.ca_path)
        assert _names(sock) == [f"IPAddress {host}"]
        client.send(request("/literal", origin.authority))
        assert client.answer().status == 200
        assert wireglass.row(f"{origin.url}/literal").status == 200


def test_international_name(wireglass: Wireglass, tls_origin: Origin) -> None:
    """An internationalised name in its A-label form (RFC 5891)."""
    with Client(wireglass.proxy) as client:
        assert client.connect(tls_origin.authority).status == 200
        sock = client.secure("xn--bcher-kva.example", wireglass.ca_path)
        assert _names(sock) == ["DNSName xn--bcher-kva.example"]
        client.send(request("/idn", f"xn--bcher-kva.example:{tls_origin.port}"))
        assert client.answer().status == 200


def test_bad_upstream_certificate(wireglass: Wireglass, tmp_path: Path) -> None:
    """A server nobody vouches for: 502 over the tunnel, and a failed row that says why."""
    with Origin(_stranger(tmp_path)) as origin, Client(wireglass.proxy) as client:
        answer = _get_over_tls(client, wireglass, origin, "/bad")
        assert answer == 502
        row = next(row for row in _ended(wireglass, origin))
        assert (row.state, row.error_kind) == ("failed", "certificate_untrusted")
        assert "certificate" in (row.error or "").lower()
        assert not origin.calls


@pytest.mark.parametrize("trusts", [False, True])
def test_a_gnutls_client(wireglass: Wireglass, tls_origin: Origin, trusts: bool) -> None:
    """wget of Debian finishes the handshake, looks at the certificate then, and closes without a word if it does not
    like it: that leaves a trace. One that trusts us leaves none but its exchange."""
    environment = {**os.environ, "https_proxy": f"http://{wireglass.proxy}", "no_proxy": ""}
    flags = [f"--ca-certificate={wireglass.ca_path}"] if trusts else []
    command = [installed("wget"), "--no-config", "--no-hsts", "--tries=1", "--timeout=20", "--quiet", "-O", "-", *flags]
    url = f"https://localhost:{tls_origin.port}/wget"
    done = subprocess.run([*command, url], capture_output=True, timeout=60, env=environment)
    assert done.returncode == (0 if trusts else 5)  # 5: "SSL verification failure" (wget(1), EXIT STATUS)
    row = next(row for row in _ended(wireglass, tls_origin))
    if trusts:
        assert (row.method, row.url, row.status) == ("GET", url, 200)
        return
    assert (row.method, row.url, row.status) == ("CONNECT", f"localhost:{tls_origin.port}", None)
    assert (row.state, row.error_kind) == ("failed", "client_distrust")
    assert "Most likely it does not trust the CA" in (row.error or "")
    assert not tls_origin.calls
    shown = wireglass.ask("show", str(row.id)).decode()
    assert "none: no byte has passed through the tunnel" in shown and "untouched" not in shown
    assert "client tls" in shown


@pytest.mark.parametrize("resumes", [False, True])
def test_a_client_that_has_trusted_us_may_leave(wireglass: Wireglass, tls_origin: Origin, resumes: bool) -> None:
    """It has asked something before; one that resumes has not even been shown a certificate."""
    name = f"resumes-{resumes}.example".lower()
    context = ssl.create_default_context(cafile=str(wireglass.ca_path))
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # its ticket is there when the handshake is done
    session = None
    for number in range(3):
        with Client(wireglass.proxy) as client:
            assert client.connect(tls_origin.authority).status == 200
            sock = context.wrap_socket(client.sock, server_hostname=name, session=session)
            assert sock.session_reused == (resumes and number > 0)
            session = sock.session if resumes else None
            if number != 1:
                sock.sendall(request(f"/resumes/{number}", f"localhost:{tls_origin.port}"))
                assert sock.recv(100).startswith(b"HTTP/1.1 ")
            sock.close()
    rows = [row for row in wireglass.ls() if name in row.url or name in (row.error or "")]
    assert {row.method for row in rows} == {"GET"}


def test_insecure(start: Callable[..., Wireglass], tmp_path: Path) -> None:
    """With --insecure it is accepted, and noted in the record."""
    program = start("--insecure")
    with Origin(_stranger(tmp_path)) as origin, Client(program.proxy) as client:
        assert _get_over_tls(client, program, origin, "/bad") == 200
        row = next(row for row in _ended(program, origin))
        assert row.state == "done"
        assert program.show(row.id)["notes"]


def test_plain_http_inside_connect(wireglass: Wireglass, origin: Origin) -> None:
    """A tunnel that carries plain HTTP is read as such."""
    origin.on("/inside", fixed(b"plain"))
    with Client(wireglass.proxy) as client:
        assert client.connect(origin.authority).status == 200
        client.send(f"GET /inside HTTP/1.1\r\nHost: {origin.authority}\r\n\r\n".encode())
        assert client.answer().body == b"plain"
    assert wireglass.row(f"{origin.url}/inside").status == 200


@pytest.mark.parametrize("first", [b"\x00\x01\x02binary", b"SSH-2.0-test\r\n"], ids=["binary", "ssh"])
def test_unknown_protocol(wireglass: Wireglass, first: bytes) -> None:
    """What is neither TLS nor HTTP passes untouched, and is recorded as a tunnel with its byte counts."""
    with _Echo() as echo, Client(wireglass.proxy) as client:
        assert client.connect(echo.authority).status == 200
        client.send(first)
        assert _exactly(client, len(first)) == first
        client.send(b"\xff" * 1000)
        assert _exactly(client, 1000) == b"\xff" * 1000
        client.sock.shutdown(socket.SHUT_WR)
        assert client.at_end()
        row = wait_for(
            lambda: next((row for row in wireglass.ls() if echo.authority in row.url and row.state != "open"), None),
            "the tunnel in the record",
        )
    assert (row.protocol, row.method, row.state) == ("tunnel", "CONNECT", "done")
    assert (row.request_size, row.response_size) == (len(first) + 1000, len(first) + 1000)


def test_server_speaks_first(wireglass: Wireglass) -> None:
    """A protocol whose server greets first (SMTP, SSH, MySQL) gets through a tunnel although the client is silent."""
    with _Echo(greeting=b"220 ready\r\n") as echo, Client(wireglass.proxy) as client:
        assert client.connect(echo.authority).status == 200
        assert _exactly(client, 11) == b"220 ready\r\n"


def test_certificates(wireglass: Wireglass, tls_origin: Origin) -> None:
    """Leaf: EC P-256, at most 197 days, by our authority. Authority: P-256, key 0600 in a folder 0700."""
    with Client(wireglass.proxy) as client:
        assert client.connect(tls_origin.authority).status == 200
        leaf = _leaf(client.secure("localhost", wireglass.ca_path))
    ca = x509.load_pem_x509_certificate(wireglass.ca_path.read_bytes())
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=197)
    leaf.verify_directly_issued_by(ca)
    for certificate in (leaf, ca):
        key = certificate.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        assert key.curve.name == "secp256r1"
    folder = wireglass.ca_path.parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    secret = [path for path in folder.iterdir() if b"PRIVATE KEY" in path.read_bytes()]
    assert secret
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in secret)


def _answer(hand: HandTls, client: Client) -> bytes:
    wire = hand.over(client)
    message = wire.head()
    assert message.status == 200
    wire.body(message, response_to="GET")
    return message.body


def _feed_rest(hand: HandTls, client: Client) -> None:
    """What was read behind the answer to CONNECT belongs to TLS."""
    hand.feed(client.wire.buffered())


def _leaf(sock: ssl.SSLSocket) -> x509.Certificate:
    der = sock.getpeercert(binary_form=True)
    assert der
    return x509.load_der_x509_certificate(der)


def _names(sock: ssl.SSLSocket) -> list[str]:
    names = _leaf(sock).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [f"{type(name).__name__} {name.value}" for name in names]


def _stranger(tmp_path: Path) -> ssl.SSLContext:
    """A server certificate of an authority that nobody trusts."""
    tmp_path.joinpath("stranger").mkdir()
    return Authority(tmp_path / "stranger").server_context()


def _get_over_tls(client: Client, program: Wireglass, origin: Origin, path: str) -> int:
    """Status of the answer, which for a failed upstream may also be that of the CONNECT."""
    status = client.connect(origin.authority).status
    if status != 200:
        return status
    client.secure("localhost", program.ca_path)
    client.send(request(path, f"localhost:{origin.port}"))
    return client.answer().status


def _ended(program: Wireglass, origin: Origin) -> list[Row]:
    return wait_for(
        lambda: [row for row in program.ls() if str(origin.port) in row.url and row.state != "open"],
        "the exchange in the record",
    )


def _exactly(client: Client, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = client.wire.some()
        if not piece:
            raise Ended(f"closed after {data!r}")
        data += piece
    return data


class _Echo:
    """Sends back what it gets, until the end."""

    def __init__(self, greeting: bytes = b"") -> None:
        self._greeting = greeting
        self._server = socket.create_server(("127.0.0.1", 0))
        self.authority = f"127.0.0.1:{self._server.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        try:
            sock, _ = self._server.accept()
            with sock:
                sock.sendall(self._greeting)
                while data := sock.recv(65_536):
                    sock.sendall(data)
        except OSError:
            return

    def __enter__(self) -> _Echo:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()
