"""Reading the ClientHello: real ones from OpenSSL, hand-made ones for what it does not send, and garbage."""

from __future__ import annotations

import socket
import ssl
import struct
import subprocess
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireglass.errors import ProtocolError
from wireglass.wire.client_hello import HELLO_LIMIT, ClientHello, looks_like_tls, read_client_hello

TLS12, TLS13 = 0x0303, 0x0304


def openssl_hello(
    sni: str | None = "example.com",
    alpn: Sequence[str] = ("h2", "http/1.1"),
    configure: Callable[[ssl.SSLContext], None] = lambda context: None,
) -> bytes:
    """What the OpenSSL under Python sends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if alpn:
        context.set_alpn_protocols(alpn)
    configure(context)
    out = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=sni).do_handshake()
    return out.read()


def vector(length: str, body: bytes) -> bytes:
    return struct.pack(length, len(body)) + body


def extension(kind: int, body: bytes) -> bytes:
    return struct.pack("!H", kind) + vector("!H", body)


def server_name(name: bytes, kind: int = 0) -> bytes:
    return extension(0, vector("!H", bytes([kind]) + vector("!H", name)))


def message(extensions: bytes | None, version: int = TLS12) -> bytes:
    body = struct.pack("!H", version) + bytes(32) + vector("!B", b"") + vector("!H", b"\x13\x01") + vector("!B", b"\0")
    if extensions is not None:
        body += vector("!H", extensions)
    return b"\x01" + len(body).to_bytes(3, "big") + body


def records(payload: bytes, size: int = 16384) -> bytes:
    pieces = (payload[at : at + size] for at in range(0, len(payload), size))
    return b"".join(b"\x16\x03\x01" + vector("!H", piece) for piece in pieces)


def tls12_only(context: ssl.SSLContext) -> None:
    context.maximum_version = ssl.TLSVersion.TLSv1_2


def test_name_protocols_and_versions_of_an_openssl_client() -> None:
    assert read_client_hello(openssl_hello()) == ClientHello("example.com", ("h2", "http/1.1"), (TLS13, TLS12))


def test_a_client_without_name_and_protocols() -> None:
    assert read_client_hello(openssl_hello(None, ())) == ClientHello("", (), (TLS13, TLS12))


def test_tls_1_2_has_no_version_list() -> None:
    assert read_client_hello(openssl_hello(configure=tls12_only)) == ClientHello(
        "example.com", ("h2", "http/1.1"), (TLS12,)
    )


def test_a_hello_of_1800_bytes() -> None:
    hello = openssl_hello(alpn=[f"protocol-{number:03d}" for number in range(130)])
    assert len(hello) > 1800
    read = read_client_hello(hello)
    assert read is not None
    assert len(read.alpn) == 130


def test_a_post_quantum_sized_key_share() -> None:
    share = extension(51, vector("!H", struct.pack("!H", 0x11EC) + vector("!H", bytes(1216))))
    assert read_client_hello(records(message(share + server_name(b"a.example")))) == ClientHello(
        "a.example", (), (TLS12,)
    )


def test_openssl_s_client() -> None:
    """The command, as it comes over a socket."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "Foreign.Example."]
        with subprocess.Popen(
            [*command, "-alpn", "http/1.1"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as client:
            server.settimeout(10)
            peer, _ = server.accept()
            with peer:
                peer.settimeout(10)
                data = b""
                while (hello := read_client_hello(data)) is None:
                    data += peer.recv(4096)
            client.wait(10)
    assert hello.sni == "foreign.example"
    assert hello.alpn == ("http/1.1",)


def test_no_extensions_at_all() -> None:
    assert read_client_hello(records(message(None, 0x0301))) == ClientHello("", (), (0x0301,))


def test_grease_is_ignored() -> None:
    """RFC 8701: Chrome sends meaningless values everywhere."""
    extensions = (
        extension(0x0A0A, b"")
        + extension(0xDADA, b"\0")
        + extension(16, vector("!H", vector("!B", b"\x5a\x5a") + vector("!B", b"h2")))
        + extension(43, vector("!B", struct.pack("!HHH", 0x7A7A, TLS13, TLS12)))
    )
    assert read_client_hello(records(message(extensions))) == ClientHello("", ("h2",), (TLS13, TLS12))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_a_hello_over_several_records(size: int) -> None:
    assert read_client_hello(records(message(server_name(b"example.com")), size)) == ClientHello(
        "example.com", (), (TLS12,)
    )


def test_what_follows_the_hello_is_left_alone() -> None:
    hello = openssl_hello()
    assert read_client_hello(hello + b"GET / HTTP/1.1\r\n") == read_client_hello(hello)


@given(cut=st.integers(0, 400), size=st.integers(1, 300))
def test_split_anywhere(cut: int, size: int) -> None:
    whole = records(message(server_name(b"example.com") + extension(21, bytes(200))), size)
    assert read_client_hello(whole[: cut % len(whole)]) is None
    assert read_client_hello(whole) is not None


def test_single_bytes() -> None:
    whole = openssl_hello()
    data = bytearray()
    for byte in whole[:-1]:
        data.append(byte)
        assert read_client_hello(data) is None
    data.append(whole[-1])
    assert read_client_hello(data) == read_client_hello(whole)


@given(st.binary(max_size=300))
def test_garbage_is_a_protocol_error_or_waits(data: bytes) -> None:
    outcome(data)
    outcome(b"\x16\x03\x01" + data)
    outcome(records(b"\x01" + vector("!I", data)[1:]) if data else b"")


@given(st.data())
def test_a_damaged_hello_is_the_same_whole_and_in_pieces(data: st.DataObject) -> None:
    """Whatever a prefix says is final: an error stays, and a hello stays."""
    whole = bytearray(records(message(server_name(b"example.com") + extension(43, b"\x02\x03\x04")), 40))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    final = outcome(whole)
    cut = data.draw(st.integers(0, len(whole)))
    assert outcome(whole[:cut]) in (None, final)


def outcome(data: bytes | bytearray) -> ClientHello | str | None:
    try:
        return read_client_hello(data)
    except ProtocolError as error:
        return error.message


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "record type 71"),
        (b"\x15\x03\x01\x00\x02\x02\x28", "record type 21"),
        (b"\x16\x02", "record version 2"),
        (b"\x16\x03\x01\x00\x00", "record of 0 bytes"),
        (b"\x16\x03\x01\x40\x01", "record of 16385 bytes"),
        (b"\x16\x03\x01\x00\x04\x02", "message type 2"),
        (records(b"\x01\x01\x00\x00"), "65540 bytes"),
        (records(message(b"\0")), "extension type needs 2 bytes"),
        (records(message(server_name(b"a") + server_name(b"b"))), "extension 0 twice"),
        (records(message(server_name("bücher.example".encode()))), "not ASCII"),
        (records(message(server_name(b""))), "not ASCII"),
        (records(b"\x01\x00\x00\x01\x03"), "version needs 2 bytes"),
        (records(b"\x01" + bytes(2) + b"\x2d" + message(b"")[4:] + b"\0\0"), "after its extensions"),
        (records(b"\x01\x00\xff\x00" + bytes(600), 1), "more than 512 records"),
    ],
)
def test_faults_are_named(data: bytes, fault: str) -> None:
    with pytest.raises(ProtocolError, match=fault):
        read_client_hello(data)


def test_a_hello_that_never_ends_is_bounded() -> None:
    data = b"\x16\x03\x01\x40\x00\x01\x00\xff\xf0" + bytes(16380)
    data += (b"\x16\x03\x01\x40\x00" + bytes(16384)) * 4
    assert read_client_hello(data[: HELLO_LIMIT - 1]) is None
    with pytest.raises(ProtocolError, match=f"not complete after {HELLO_LIMIT}"):
        read_client_hello(data[:HELLO_LIMIT])


def test_another_kind_of_name_is_no_host_name() -> None:
    assert read_client_hello(records(message(server_name(b"\xff", kind=7)))) == ClientHello("", (), (TLS12,))


@pytest.mark.parametrize(
    ("first", "verdict"),
    [(b"", None), (b"\x16", None), (b"\x16\x03", True), (b"\x16\x03\x01", True), (b"\x16\x01", False), (b"G", False)],
)
def test_tls_by_its_first_bytes(first: bytes, verdict: bool | None) -> None:
    assert looks_like_tls(first) is verdict
