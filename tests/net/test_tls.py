"""TLS on memory BIOs against itself, Python's own client, and the openssl command."""

from __future__ import annotations

import hashlib
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from wireglass.errors import ClientTls, ProtocolError, UpstreamTls
from wireglass.net.authority import Authority
from wireglass.net.contexts import ServerContexts, client_context
from wireglass.net.tls import TlsPipe
from wireglass.wire.client_hello import read_client_hello

HOST = "host.example"


class Ends:
    """Contexts of both sides that trust each other."""

    def __init__(self, folder: Path) -> None:
        self.ca = Authority.load_or_create(folder / "ca")
        self.contexts = ServerContexts(self.ca, folder / "tmp")
        self.trusting = ssl.create_default_context(cadata=self.ca.certificate_pem().decode())
        self.trusting.set_alpn_protocols(["http/1.1"])

    def server(self, host: str = HOST) -> TlsPipe:
        return TlsPipe(self.contexts.for_host(host), server_side=True, server_hostname=host)

    def client(self, host: str = HOST, context: ssl.SSLContext | None = None) -> TlsPipe:
        pipe = TlsPipe(context or self.trusting, server_side=False, server_hostname=host)
        pipe.start()
        return pipe

    def connected(self, context: ssl.SSLContext | None = None) -> tuple[TlsPipe, TlsPipe]:
        client, server = self.client(context=context), self.server()
        shake(client, server)
        assert client.established
        assert server.established
        return client, server


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> Ends:
    return Ends(tmp_path_factory.mktemp("tls"))


def shake(client: TlsPipe, server: TlsPipe) -> None:
    """Passes bytes both ways until both are silent."""
    while to_server := client.out():
        assert server.feed(to_server) == b""
        assert client.feed(server.out()) == b""


def tls12() -> ssl.SSLContext:
    context = client_context(insecure=True)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def test_both_ends_describe_the_connection(ends: Ends) -> None:
    client, server = ends.connected()
    seen = client.describe()
    assert (seen.version, seen.alpn, seen.sni) == ("TLSv1.3", "http/1.1", HOST)
    assert seen.cipher.startswith("TLS_")
    leaf, root = client.peer_certificates()
    assert seen.certificates == (hashlib.sha256(leaf).digest(), hashlib.sha256(root).digest())
    assert server.describe().sni == HOST
    assert server.peer_certificates() == []


def test_the_whole_chain_is_seen(ends: Ends) -> None:
    root = trustme.CA()
    intermediate = root.create_child_ca()
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    intermediate.issue_cert(HOST).configure_cert(server_context)
    context = ssl.create_default_context()
    root.configure_trust(context)
    client = ends.client(context=context)
    shake(client, TlsPipe(server_context, server_side=True, server_hostname=HOST))
    assert len(client.peer_certificates()) == 2


@pytest.mark.parametrize("size", [1, 300, 16384, 16385, 1_000_000])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_data_both_ways(ends: Ends, version: ssl.TLSVersion, size: int) -> None:
    context = client_context(insecure=True)
    context.maximum_version = version
    client, server = ends.connected(context)
    data = bytes(size)
    assert server.feed(client.write(data)) == data
    assert client.feed(server.write(data)) == data
    assert server.out() == client.out() == b""
    assert client.write(b"") == b""
    assert client.feed(b"") == b""


@settings(max_examples=25)
@given(pieces=st.lists(st.binary(max_size=40000), max_size=5), cuts=st.lists(st.integers(1, 30000), min_size=1))
def test_data_split_anywhere(ends: Ends, pieces: list[bytes], cuts: list[int]) -> None:
    client, server = ends.connected()
    cipher = b"".join(client.write(piece) for piece in pieces)
    plain = b""
    at = turn = 0
    while at < len(cipher):
        size = cuts[turn % len(cuts)]
        plain += server.feed(cipher[at : at + size])
        at, turn = at + size, turn + 1
    assert plain == b"".join(pieces)


@pytest.mark.parametrize("context", [None, tls12()])
def test_hello_split_into_single_bytes(ends: Ends, context: ssl.SSLContext | None) -> None:
    client, server = ends.client(context=context), ends.server()
    while data := client.out():
        for number in range(len(data)):
            assert server.feed(data[number : number + 1]) == b""
        for byte in server.out():
            client.feed(bytes([byte]))
    assert client.established
    assert server.feed(client.write(b"ping")) == b"ping"


def test_hello_of_1800_bytes(ends: Ends) -> None:
    context = client_context(insecure=True)
    context.set_alpn_protocols(["http/1.1", *(f"protocol-{number:03d}" for number in range(130))])
    client, server = ends.client(context=context), ends.server()
    hello = client.out()
    assert len(hello) > 1800
    assert read_client_hello(hello) is not None
    server.feed(hello[:1460])
    assert server.out() == b""
    server.feed(hello[1460:])
    client.feed(server.out())
    shake(client, server)
    assert server.describe().alpn == "http/1.1"


def test_hello_read_before_the_engine_starts(ends: Ends) -> None:
    """The proxy reads the hello to choose the certificate, then feeds the very same bytes."""
    client = ends.client()
    data = client.out()
    hello = read_client_hello(data)
    assert hello is not None
    server = ends.server(hello.sni)
    server.feed(data)
    client.feed(server.out())
    shake(client, server)
    assert server.established


def test_end_of_the_handshake_and_application_data_in_one_segment(ends: Ends) -> None:
    client, server = ends.client(), ends.server()
    server.feed(client.out())
    client.feed(server.out())
    finished = client.out()
    assert server.feed(finished + client.write(b"GET / HTTP/1.1\r\n\r\n")) == b"GET / HTTP/1.1\r\n\r\n"
    assert server.established


def test_application_data_written_before_the_handshake_ends_is_never_in_clear(ends: Ends) -> None:
    secret = b"a secret that nobody may read on the way"
    client = TlsPipe(ends.trusting, server_side=False, server_hostname=HOST)
    server = ends.server()
    wire = client.write(secret) + server.write(secret)
    client.start()
    got = []
    for _ in range(4):
        wire += server.write(secret) if not server.established else b""
        to_server = client.out()
        got.append(server.feed(to_server))
        to_client = server.out()
        got.append(client.feed(to_client))
        wire += to_server + to_client
    assert client.established
    assert secret not in wire
    assert b"".join(got[0::2]) == secret
    assert b"".join(got[1::2]) == secret * 3


def test_half_a_hello_stays_bounded(ends: Ends) -> None:
    """OpenSSL refuses a hello that says it is longer than 131,396 bytes, and judges a shorter one at its end."""
    with pytest.raises(ClientTls, match="excessive message size"):
        ends.server().feed(b"\x16\x03\x01\x40\x00\x01\xff\xff\xff" + bytes(16380))
    server = ends.server()
    assert server.feed(b"\x16\x03\x01\x40\x00\x01\x01\xff\xf0" + bytes(16380)) == b""
    piece = b"\x16\x03\x01\x40\x00" + bytes(16384)
    for _ in range(6):
        assert server.feed(piece) == b""
    with pytest.raises(ClientTls):
        server.feed(piece)


@given(st.binary(min_size=1, max_size=200))
def test_garbage_is_a_fault_by_name_or_waits(ends: Ends, data: bytes) -> None:
    for pipe in (ends.client(), ends.server()):
        assert fed(pipe, data) == b""


@given(data=st.data())
def test_damaged_records_never_become_data(ends: Ends, data: st.DataObject) -> None:
    client, server = ends.connected()
    cipher = bytearray(client.write(b"x" * 100))
    at = data.draw(st.integers(0, len(cipher) - 1))
    cipher[at] ^= data.draw(st.integers(1, 255))
    assert fed(server, bytes(cipher)) == b""


def test_data_before_a_damaged_record_is_not_lost(ends: Ends) -> None:
    client, server = ends.connected()
    good, bad = client.write(b"good"), bytearray(client.write(b"bad"))
    bad[-1] ^= 1
    assert server.feed(good + bytes(bad)) == b"good"
    with pytest.raises(ClientTls, match="decryption failed or bad record mac"):
        server.feed(b"")
    assert server.out()  # the alert


def test_plain_http_to_a_tls_server_is_named(ends: Ends) -> None:
    with pytest.raises(ClientTls, match="http request") as caught:
        ends.server().feed(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert isinstance(caught.value, ProtocolError)


def test_a_server_without_tls_is_named(ends: Ends) -> None:
    with pytest.raises(UpstreamTls, match=f"{HOST} does not speak TLS on this port"):
        ends.client().feed(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@pytest.mark.parametrize(
    ("host", "days", "issuer", "reason"),
    [
        (HOST, -1, "trusted", "has expired"),
        ("other.example", 9, "trusted", f"certificate of {HOST} is for another host name"),
        (HOST, 9, "unknown", "issued by an authority that is not trusted here"),
        (HOST, 9, "itself", "is self-signed"),
    ],
)
def test_a_certificate_that_is_not_accepted_says_why(
    ends: Ends, tmp_path: Path, host: str, days: int, issuer: str, reason: str
) -> None:
    context = ssl.create_default_context()
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if issuer == "itself":
        key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        files = ["-keyout", str(key), "-out", str(certificate), "-subj", f"/CN={host}"]
        subprocess.run([*command, *files, "-addext", f"subjectAltName=DNS:{host}"], capture_output=True, check=True)
        server_context.load_cert_chain(certificate, key)
    else:
        root = trustme.CA()
        until = datetime.now(UTC) + timedelta(days=days)
        root.issue_cert(host, not_before=until - timedelta(days=30), not_after=until).configure_cert(server_context)
        (trustme.CA() if issuer == "unknown" else root).configure_trust(context)
    client = ends.client(context=context)
    server = TlsPipe(server_context, server_side=True, server_hostname=HOST)
    server.feed(client.out())
    with pytest.raises(UpstreamTls, match=reason) as caught:
        client.feed(server.out())
    assert HOST in caught.value.message
    assert "--insecure" in caught.value.hint
    with pytest.raises(ClientTls, match="alert: "):
        server.feed(client.out())


def test_an_address_is_verified_and_not_sent(ends: Ends) -> None:
    client, server = ends.client("192.0.2.1"), ends.server("192.0.2.1")
    hello = client.out()
    read = read_client_hello(hello)
    assert read is not None
    assert read.sni == ""
    server.feed(hello)
    client.feed(server.out())
    assert client.established
    assert client.describe().sni == ""
    other = ends.client("192.0.2.2")
    server = ends.server("192.0.2.1")
    server.feed(other.out())
    with pytest.raises(UpstreamTls, match=r"192\.0\.2\.2 is for another address"):
        other.feed(server.out())


def test_a_client_that_does_not_trust_the_ca_is_named(ends: Ends) -> None:
    client, server = ends.client(context=ssl.create_default_context()), ends.server()
    server.feed(client.out())
    with pytest.raises(UpstreamTls):
        client.feed(server.out())
    with pytest.raises(ClientTls, match=r"does not trust the CA, or pins its certificate .*unknown ca") as caught:
        server.feed(client.out())
    assert "wireglass ca" in caught.value.hint


def test_a_server_that_wants_a_client_certificate_is_named(ends: Ends) -> None:
    root = trustme.CA()
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    root.issue_cert(HOST).configure_cert(server_context)
    root.configure_trust(server_context)
    server_context.verify_mode = ssl.CERT_REQUIRED
    client = ends.client(context=client_context(insecure=True))
    server = TlsPipe(server_context, server_side=True, server_hostname=HOST)
    server.feed(client.out())
    client.feed(server.out())
    with pytest.raises(ClientTls):
        server.feed(client.out())
    with pytest.raises(UpstreamTls, match="asks for a client certificate"):
        client.feed(server.out())


@pytest.mark.parametrize("host", ["", "a b", "a..b", "nul\0.example", "x" * 64 + ".example"])
def test_a_name_that_cannot_be_asked_for(ends: Ends, host: str) -> None:
    with pytest.raises(UpstreamTls, match="TLS is not possible"):
        ends.client(host)


def test_the_end_is_told_from_being_cut_off(ends: Ends) -> None:
    client, server = ends.connected()
    assert server.feed(client.write(b"last") + client.close()) == b"last"
    assert server.closed
    assert server.feed(b"whatever follows") == b""
    assert client.feed(server.write(b"answer after a half-close")) == b"answer after a half-close"
    assert not client.closed
    assert client.feed(server.close()) == b""
    assert client.closed


def test_closing_before_the_handshake_is_nothing(ends: Ends) -> None:
    assert ends.server().close() == b""


def test_writing_after_closing_is_a_fault(ends: Ends) -> None:
    client, _ = ends.connected()
    client.close()
    with pytest.raises(UpstreamTls, match="shutdown"):
        client.write(b"too late")


def fed(pipe: TlsPipe, data: bytes) -> bytes:
    """What comes out, nothing when a fault is found; any other exception is a failure."""
    with suppress(ClientTls, UpstreamTls):
        return pipe.feed(data)
    return b""


@contextmanager
def openssl(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        ["openssl", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def serve_until(pipe: TlsPipe, peer: socket.socket, end: bytes) -> bytes:
    """What the peer says, up to ``end`` or until it closes."""
    plain = b""
    while not plain.endswith(end) and not pipe.closed and (data := peer.recv(65536)):
        plain += pipe.feed(data)
        peer.sendall(pipe.out())
    return plain


@contextmanager
def openssl_client(ends: Ends, version: str) -> Iterator[tuple[subprocess.Popen[bytes], socket.socket, TlsPipe]]:
    """``openssl s_client``, which has verified our certificate and said ``ping``, and our end of it."""
    trust = ["-CAfile", str(ends.ca.certificate_path), "-verify_return_error", "-verify_hostname", HOST]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        where = f"127.0.0.1:{listener.getsockname()[1]}"
        with openssl("s_client", "-connect", where, "-servername", HOST, version, *trust) as client:
            peer, _ = listener.accept()
            with peer:
                peer.settimeout(10)
                pipe = ends.server()
                say(client, b"ping\n")
                assert serve_until(pipe, peer, b"ping\n") == b"ping\n"
                yield client, peer, pipe


def say(process: subprocess.Popen[bytes], line: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(line)
    process.stdin.flush()


def test_openssl_s_client_updates_its_keys(ends: Ends) -> None:
    """RFC 8446 4.6.3, asking for an update of ours too: nothing to see but that both ways still work."""
    with openssl_client(ends, "-tls1_3") as (client, peer, pipe):
        say(client, b"K\n")
        assert pipe.feed(peer.recv(65536)) == b""
        peer.sendall(pipe.out())
        say(client, b"pong\n")
        assert serve_until(pipe, peer, b"pong\n") == b"pong\n"
        peer.sendall(pipe.write(b"done\n") + pipe.close())
        assert client.stdout is not None
        assert b"done\n" in client.stdout.read()


def test_openssl_s_client_may_not_renegotiate(ends: Ends) -> None:
    """It would cost us a handshake for every few bytes of theirs."""
    with openssl_client(ends, "-tls1_2") as (client, peer, pipe):
        say(client, b"R\n")
        assert pipe.feed(peer.recv(65536)) == b""
        peer.sendall(pipe.out())
        peer.shutdown(socket.SHUT_WR)
        assert client.stderr is not None
        assert b"no renegotiation" in client.stderr.read()


def test_openssl_s_server(ends: Ends, tmp_path: Path) -> None:
    leaf = ends.ca.mint(HOST)
    certificate = tmp_path / "leaf.pem"
    certificate.write_bytes(leaf.key_pem + leaf.chain_pem)
    with openssl("s_server", "-accept", "127.0.0.1:0", "-cert", str(certificate), "-rev", "-naccept", "1") as server:
        assert server.stdout is not None
        line = b""
        while b"ACCEPT 127.0.0.1:" not in line:
            line = server.stdout.readline()
            assert line, "openssl s_server ended early"
        port = int(line.rpartition(b":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as peer:
            client = ends.client()
            peer.sendall(client.write(b"stressed\n") + client.out())
            assert serve_until(client, peer, b"desserts\n") == b"desserts\n"
            assert client.describe().version == "TLSv1.3"
            assert len(client.peer_certificates()) == 1
