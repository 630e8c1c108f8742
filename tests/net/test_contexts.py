"""Which context a host gets, and whom servers must convince."""

from __future__ import annotations

import contextlib
import gc
import os
import ssl
import stat
from pathlib import Path

import pytest

from wireglass.errors import BadSetting, HomeNotWritable, ProtocolError
from wireglass.net.authority import Authority
from wireglass.net.contexts import ServerContexts, UnverifiedHosts, client_context
from wireglass.net.key_log import prepare_key_log
from wireglass.net.tls import TlsPipe
from wireglass.wire.client_hello import read_client_hello


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.load_or_create(tmp_path_factory.mktemp("home") / "ca")


def test_a_host_keeps_its_context(ca: Authority, tmp_path: Path) -> None:
    contexts = ServerContexts(ca, tmp_path / "tmp")
    assert contexts.for_host("Example.com") is contexts.for_host("example.com.")
    assert contexts.for_host("[::1]") is contexts.for_host("::1")
    assert contexts.for_host("other.example") is not contexts.for_host("example.com")


def test_the_host_not_used_longest_goes_first(ca: Authority, tmp_path: Path) -> None:
    contexts = ServerContexts(ca, tmp_path, limit=2)
    a, b = contexts.for_host("a.example"), contexts.for_host("b.example")
    assert contexts.for_host("a.example") is a
    contexts.for_host("c.example")
    assert contexts.for_host("a.example") is a
    assert contexts.for_host("b.example") is not b


def test_a_certificate_is_minted_again_before_it_ends(ca: Authority, tmp_path: Path) -> None:
    now = [0.0]
    contexts = ServerContexts(ca, tmp_path, clock=lambda: now[0])
    first = contexts.for_host("a.example")
    expires = ca.mint("a.example").expires.timestamp()
    now[0] = expires - 2 * 86400
    assert contexts.for_host("a.example") is first
    now[0] = expires - 3600
    assert contexts.for_host("a.example") is not first


def test_no_key_is_left_on_the_disk(ca: Authority, tmp_path: Path) -> None:
    folder = tmp_path / "tmp"
    ServerContexts(ca, folder).for_host("a.example")
    assert list(folder.iterdir()) == []
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_written(ca: Authority, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(HomeNotWritable, match="cannot be written"):
        ServerContexts(ca, tmp_path / "file").for_host("a.example")


def test_no_context_for_what_is_no_host(ca: Authority, tmp_path: Path) -> None:
    with pytest.raises(ProtocolError):
        ServerContexts(ca, tmp_path).for_host("a b")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_resumes_its_session(ca: Authority, tmp_path: Path, version: ssl.TLSVersion) -> None:
    contexts = ServerContexts(ca, tmp_path)
    client = ssl.create_default_context(cadata=ca.certificate_pem().decode())
    client.maximum_version = version

    def connect(session: ssl.SSLSession | None) -> ssl.SSLObject:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        end = client.wrap_bio(incoming, outgoing, server_hostname="a.example", session=session)
        pipe = TlsPipe(contexts.for_host("a.example"), server_side=True, server_hostname="a.example")
        while not (end.version() and pipe.established):
            with contextlib.suppress(ssl.SSLWantReadError):
                end.do_handshake()
            pipe.feed(outgoing.read())
            incoming.write(pipe.out())
        with pytest.raises(ssl.SSLWantReadError):
            end.read(1)  # takes the ticket
        return end

    first = connect(None)
    assert not first.session_reused
    second = connect(first.session)
    assert second.session_reused
    assert connect(second.session).session_reused


def test_servers_are_verified() -> None:
    context = client_context(insecure=False)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_insecure_verifies_nothing() -> None:
    context = client_context(insecure=True)
    assert context.verify_mode is ssl.CERT_NONE
    assert not context.check_hostname


def test_ssl_cert_file_is_trusted(ca: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(ca.certificate_path))
    assert ca.certificate_der() in client_context(insecure=False).get_ca_certs(binary_form=True)


def test_ssl_cert_file_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(BadSetting, match=r"SSL_CERT_FILE=.*none\.pem cannot be used: No such file"):
        client_context(insecure=False)
    client_context(insecure=True)


def test_ssl_cert_file_without_certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty.pem").write_text("nothing here\n")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "empty.pem"))
    with pytest.raises(BadSetting, match="cannot be used"):
        client_context(insecure=False)


def test_ssl_cert_dir_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    with pytest.raises(BadSetting, match="SSL_CERT_DIR"):
        client_context(insecure=False)


@pytest.mark.parametrize(
    ("pattern", "port", "names"),
    [
        ("dev.local", 443, ("dev.local",)),
        ("dev.local", 8443, ("10.0.0.5", "dev.local")),
        ("dev.local:8443", 8443, ("dev.local",)),
        ("*.test", 443, ("a.test",)),
        ("*.test", 443, ("a.b.test",)),
        ("*.test:8443", 8443, ("a.b.test",)),
        ("10.0.0.5:8443", 8443, ("10.0.0.5",)),
        ("[::1]", 443, ("::1",)),
        ("[::1]:8443", 8443, ("::1",)),
        ("*", 443, ("anybody.example",)),
    ],
)
def test_a_host_that_need_not_verify(pattern: str, port: int, names: tuple[str, ...]) -> None:
    assert UnverifiedHosts(("zzz.example", pattern)).find(port, *names) == pattern


@pytest.mark.parametrize(
    ("pattern", "port", "names"),
    [
        ("dev.local", 443, ("a.dev.local",)),
        ("dev.local", 443, ("xdev.local",)),
        ("dev.local:8443", 443, ("dev.local",)),
        ("*.test", 443, ("test",)),
        ("*.test", 443, ("atest",)),
        ("*.test", 443, ("a.test.example",)),
        ("10.0.0.5", 443, ("110.0.0.5",)),
        ("[::1]:8443", 443, ("::1",)),
    ],
)
def test_a_host_that_must_verify(pattern: str, port: int, names: tuple[str, ...]) -> None:
    assert UnverifiedHosts((pattern,)).find(port, *names) == ""


def alpn_of(contexts: ServerContexts, ours: tuple[str, ...], offered: list[str]) -> tuple[str, bytes]:
    """What is chosen, and the leaf."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    client.set_alpn_protocols(offered)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    end = client.wrap_bio(incoming, outgoing, server_hostname="a.example")
    pipe = TlsPipe(contexts.for_host("a.example", ours), server_side=True, server_hostname="a.example")
    while not pipe.established:
        with contextlib.suppress(ssl.SSLWantReadError):
            end.do_handshake()
        pipe.feed(outgoing.read())
        incoming.write(pipe.out())
    return pipe.describe().alpn, end.getpeercert(True) or b""


def test_protocols_differ_and_the_leaf_does_not(ca: Authority, tmp_path: Path) -> None:
    contexts = ServerContexts(ca, tmp_path)
    both = ["h2", "http/1.1"]
    chosen = [alpn_of(contexts, ours, both) for ours in (("http/1.1",), ("h2", "http/1.1"), ("h2",))]
    assert [protocol for protocol, _ in chosen] == ["http/1.1", "h2", "h2"]
    assert len({leaf for _, leaf in chosen}) == 1
    assert contexts.for_host("a.example") is contexts.for_host("a.example", ("http/1.1",))
    assert contexts.for_host("a.example", ("h2",)) is contexts.for_host("A.example", ("h2",))


def test_one_context_offers_what_each_connection_asks_for() -> None:
    """OpenSSL copies the list into each connection when it is made, and the dialler counts on it."""
    context = client_context(insecure=True)
    hellos = []
    for protocols in (["h2", "http/1.1"], ["http/1.1"]):
        context.set_alpn_protocols(protocols)
        hellos.append(TlsPipe(context, server_side=False, server_hostname="a.example"))
    for pipe in hellos:
        pipe.start()
    found = [read_client_hello(pipe.out()) for pipe in hellos]
    assert [hello and hello.alpn for hello in found] == [("h2", "http/1.1"), ("http/1.1",)]


def test_few_hosts_are_kept_while_keys_are_logged(
    ca: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each context has the file open."""
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    assert prepare_key_log() == tmp_path / "keys"
    contexts = ServerContexts(ca, tmp_path)
    before = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").is_dir() else 0
    for number in range(200):
        contexts.for_host(f"{number}.example")
    gc.collect()
    after = len(list(Path("/proc/self/fd").iterdir())) if before else 0
    assert after - before <= 64


@pytest.mark.parametrize("kind", ["folder", "link", "pipe", "nowhere"])
def test_a_key_log_that_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    path = tmp_path / "keys"
    if kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to(tmp_path / "elsewhere")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path = tmp_path / "none" / "keys"
    monkeypatch.setenv("SSLKEYLOGFILE", str(path))
    with pytest.raises(BadSetting, match=f"SSLKEYLOGFILE={path}"):
        prepare_key_log()
    assert not (tmp_path / "elsewhere").exists()
