"""TLS that is passed through or refused, certificates that we show, keys that are written down, HTTP/3 that is not
offered."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import stat
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.doors.conftest import Authority
from tests.peers.client import Client
from tests.peers.origin import Origin, fixed
from tests.peers.program import COMMAND, Wireglass
from tests.peers.waiting import wait_for

Start = Callable[..., Wireglass]


def curl(program: Wireglass, url: str, trust: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    command = ["curl", "-sS", "--max-time", "20", "-x", f"http://{program.proxy}", "--cacert", str(trust), *flags, url]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("pattern", ["inner.example", "*.example", "127.0.0.1", "inner.example:PORT"])
def test_passed_through_untouched(
    start: Start, authority: Authority, tls_origin: Origin, pattern: str, origin: Origin
) -> None:
    """The client sees the server's own certificate; the record has a tunnel with name, bytes and times."""
    program = start("--passthrough", pattern.replace("PORT", str(tls_origin.port)))
    with Client(program.proxy) as client:
        assert client.connect(tls_origin.authority).status == 200
        client.secure("inner.example", authority.path)  # which is not ours
        client.send(b"GET /private HTTP/1.1\r\nHost: inner.example\r\nConnection: close\r\n\r\n")
        assert client.answer().body == b"/private\n"
    row = program.row(tls_origin.authority)
    assert (row.protocol, row.state, row.method) == ("tunnel", "done", "CONNECT")
    assert row.request_size > 200 and row.response_size > 1000 and row.duration_ms is not None
    record = program.show(row.id)
    assert "the client asked for inner.example in its TLS hello" in record["notes"]
    assert f"passed through untouched: --passthrough {pattern.replace('PORT', str(tls_origin.port))}" in record["notes"]
    assert record["server_connection"]["peer"] == tls_origin.authority
    with Client(program.proxy) as client:  # plain HTTP is no TLS
        assert client.get(f"{origin.url}/read").status == 200
    assert program.row(f"{origin.url}/read").status == 200


def test_curl_through_a_tunnel_that_is_not_read(start: Start, authority: Authority, tls_origin: Origin) -> None:
    program = start("--passthrough", "localhost")
    url = f"https://localhost:{tls_origin.port}/c"
    assert curl(program, url, authority.path).stdout == "/c\n"
    assert curl(program, url, program.ca_path).returncode == 60, "our CA is not what signs there"
    assert program.rows(url) == []


def test_others_are_read(start: Start, tls_origin: Origin) -> None:
    program = start("--passthrough", "*.bank.example", "--refuse", "ads.example")
    url = f"https://localhost:{tls_origin.port}/other"
    assert curl(program, url, program.ca_path).stdout == "/other\n"
    assert program.row(url).status == 200


def test_refused(start: Start, tls_origin: Origin, origin: Origin) -> None:
    """TLS, requests in clear, and other protocols; nothing reaches the server, and the record says why."""
    program = start("--refuse", "localhost")
    failed = curl(program, f"https://localhost:{tls_origin.port}/", program.ca_path)
    assert failed.returncode == 35 and "access denied" in failed.stderr
    row = program.row(f"localhost:{tls_origin.port}", "failed")
    assert row.error_kind == "refused_by_policy" and row.error is not None and "--refuse localhost" in row.error
    with Client(program.proxy) as client:
        answer = client.get(f"http://localhost:{origin.port}/clear")
    assert answer.status == 403 and b"--refuse localhost" in answer.body
    with Client(program.proxy) as client:
        client.connect(f"localhost:{origin.port}")
        client.send(b"\x00something else")
        assert client.at_end()
    assert program.row(f"localhost:{origin.port}", "failed").error_kind == "refused_by_policy"
    assert origin.connections == tls_origin.connections == 0


def test_clients_that_reject_us_twice_have_their_way(start: Start, authority: Authority, tls_origin: Origin) -> None:
    """The third connection of a client that trusts the server alone is passed through; other hosts are still read."""
    program = start("--auto-passthrough")
    url = f"https://localhost:{tls_origin.port}/pinned"
    for count in (1, 2):
        assert curl(program, url, authority.path).returncode == 60
        _wait_for_rejections(program, count)
    assert curl(program, url, authority.path).stdout == "/pinned\n"
    row = program.row(f"localhost:{tls_origin.port}", "done")
    notes = program.show(row.id)["notes"]
    assert any("rejected our certificate" in note and "--auto-passthrough" in note for note in notes)
    other = f"https://127.0.0.1:{tls_origin.port}/read"
    assert curl(program, other, program.ca_path).stdout == "/read\n"


def _wait_for_rejections(program: Wireglass, count: int) -> None:
    def enough() -> bool:
        return len([row for row in program.ls() if row.error_kind == "client_distrust"]) >= count

    wait_for(enough, f"{count} rejections in the record")


def test_by_default_nobody_gets_past_by_rejecting_us(start: Start, authority: Authority, tls_origin: Origin) -> None:
    program = start()
    url = f"https://localhost:{tls_origin.port}/pinned"
    for _ in range(4):
        assert curl(program, url, authority.path).returncode == 60
    assert tls_origin.calls == []


# Client certificates


class Asking:
    """``openssl s_server`` that lets in who shows a certificate of ``ca``, and nobody else; one client at a time, which
    are to speak HTTP/1.1 for that reason: for others the server is asked first what it speaks."""

    def __init__(self, folder: Path, authority: Authority, ca: Path) -> None:
        leaf = folder / "server.pem"
        authority.ca.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(leaf))
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._process = subprocess.Popen(
            [
                *("openssl", "s_server", "-accept", f"127.0.0.1:{self.port}", "-www"),
                *("-cert", str(leaf), "-CAfile", str(ca), "-Verify", "3", "-verify_return_error"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert self._process.stdout is not None
        self._lines: list[bytes] = []
        self._reader = threading.Thread(target=lambda: self._lines.extend(self._process.stdout or ()), daemon=True)
        wait_for(self._listens, "openssl s_server")
        self._reader.start()

    def _listens(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def close(self) -> None:
        self._process.kill()
        self._process.wait(10)
        self._reader.join(10)
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.fixture
def clients_ca(tmp_path: Path) -> Authority:
    folder = tmp_path / "clients"
    folder.mkdir()
    return Authority(folder)


@pytest.fixture
def asking(tmp_path: Path, authority: Authority, clients_ca: Authority) -> Iterator[Asking]:
    server = Asking(tmp_path, authority, clients_ca.path)
    yield server
    server.close()


def identity(ca: Authority, folder: Path, *, apart: bool = False) -> str:
    """FILE or FILE,KEYFILE."""
    leaf = ca.ca.issue_cert("me@client.example", common_name="me")
    file, key = folder / "me.pem", folder / "me.key"
    if not apart:
        leaf.private_key_and_cert_chain_pem.write_to_path(str(file))
        return str(file)
    leaf.private_key_pem.write_to_path(str(key))
    file.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    return f"{file},{key}"


@pytest.mark.parametrize("apart", [False, True], ids=["one file", "two files"])
def test_a_certificate_is_shown_to_the_server_that_it_is_for(
    start: Start, asking: Asking, clients_ca: Authority, tmp_path: Path, apart: bool
) -> None:
    program = start("--client-cert", f"localhost:{asking.port}={identity(clients_ca, tmp_path, apart=apart)}")
    url = f"https://localhost:{asking.port}/"
    assert "Client certificate" in curl(program, url, program.ca_path, "--http1.1").stdout
    notes = program.show(program.row(url).id)["notes"]
    assert any("CN=me" in note and f"--client-cert localhost:{asking.port}" in note for note in notes)


def test_others_are_not_shown_it(start: Start, asking: Asking, clients_ca: Authority, tmp_path: Path) -> None:
    program = start("--client-cert", f"other.example={identity(clients_ca, tmp_path)}")
    url = f"https://localhost:{asking.port}/"
    curl(program, url, program.ca_path, "--http1.1")
    row = program.row(url, "failed")
    assert row.error_kind == "client_certificate_wanted"
    assert row.error is not None and "--client-cert localhost=FILE" in row.error


def test_several_and_in_the_file(start: Start, asking: Asking, clients_ca: Authority, tmp_path: Path) -> None:
    file = identity(clients_ca, tmp_path)
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text(f'[client_cert]\n"*.none.example" = "{file}"\nlocalhost = "{file}"\n')
    program = start()
    assert (
        "Client certificate" in curl(program, f"https://localhost:{asking.port}/", program.ca_path, "--http1.1").stdout
    )


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: None, "cannot be read: No such file"),
        (lambda folder: (folder / "x.pem").write_text("hello"), "holds no certificate"),
        (
            lambda folder: _without_key(folder),
            "x.pem holds no private key in PEM. Put the key into it, or name its file: ",
        ),
        (lambda folder: _encrypted(folder), "is encrypted"),
    ],
    ids=["missing", "nonsense", "no key", "encrypted"],
)
def test_a_file_that_cannot_be_used_is_said_at_the_start(
    tmp_path: Path, make: Callable[[Path], None], words: str
) -> None:
    make(tmp_path)
    done = subprocess.run(
        [
            *(COMMAND, "up", "--home", tmp_path / "home", "--listen", "127.0.0.1:0"),
            *("--client-cert", f"a.example={tmp_path / 'x.pem'}"),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 2 and words in done.stderr and "--client-cert a.example" in done.stderr, done.stderr


def _without_key(folder: Path) -> None:
    Authority(folder).path.rename(folder / "x.pem")


def _encrypted(folder: Path) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=me"]
    subprocess.run(
        [*command, "-passout", "pass:word", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True,
        capture_output=True,
        timeout=60,
    )
    (folder / "x.pem").write_bytes((folder / "cert.pem").read_bytes() + (folder / "key.pem").read_bytes())


# Keys


def randoms(file: Path, label: str) -> set[str]:
    """Of all connections that have a line with this label: the client's random, in hex."""
    return set(re.findall(rf"^{label} ([0-9a-f]{{64}}) [0-9a-f]+$", file.read_text(), re.MULTILINE))


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_keys_of_both_sides_are_written_down(
    start: Start, tls_origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    file = tmp_path / "keys.log"
    file.touch(mode=0o644)
    monkeypatch.setenv("SSLKEYLOGFILE", str(file))
    program = start()
    monkeypatch.delenv("SSLKEYLOGFILE")
    own = tmp_path / "curl.log"
    environ = {"PATH": "/usr/bin:/bin", "SSLKEYLOGFILE": str(own)}
    tls = {"1.2": ["--tls-max", "1.2"], "1.3": ["--tlsv1.3"]}[version]
    url = f"https://localhost:{tls_origin.port}/"
    done = subprocess.run(
        ["curl", "-sS", "--http1.1", *tls, "-x", f"http://{program.proxy}", "--cacert", program.ca_path, url],
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "/\n", done.stderr
    client = "CLIENT_RANDOM" if version == "1.2" else "CLIENT_TRAFFIC_SECRET_0"
    assert randoms(own, client) and randoms(own, client) <= randoms(file, client), "the client's side"
    server = randoms(file, "CLIENT_TRAFFIC_SECRET_0") - randoms(own, client)
    assert len(server) == 1, "the server's side, of TLS 1.3"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert f"written to {file}" in program.stderr()


def test_a_key_log_that_cannot_be_written(tmp_path: Path) -> None:
    done = subprocess.run(
        [COMMAND, "up", "--home", tmp_path / "home", "--listen", "127.0.0.1:0"],
        env={"PATH": "/usr/bin:/bin", "SSLKEYLOGFILE": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 2 and f"SSLKEYLOGFILE={tmp_path}" in done.stderr


# HTTP/3


@pytest.mark.parametrize("keep", [False, True])
def test_http3_is_not_offered(start: Start, origin: Origin, keep: bool) -> None:
    offer = b'h3=":443"; ma=86400, h3-29=":443", h2="alt.example:443"'
    origin.on("/alt", fixed(b"x", b"Alt-Svc: " + offer, b'alt-svc: h3=":444"', b"ALT-SVC: clear"))
    program = start(*(["--alt-svc", "keep"] if keep else []))
    with Client(program.proxy) as client:
        answer = client.get(f"{origin.url}/alt")
    got = [value.decode() for value in answer.all("Alt-Svc")]
    assert got == ([offer.decode(), 'h3=":444"', "clear"] if keep else ['h2="alt.example:443"', "clear"])
    record = program.show(program.row(f"{origin.url}/alt").id)
    kept = [value for name, value in record["response"]["headers"] if name.lower() == "alt-svc"]
    assert kept == [offer.decode(), 'h3=":444"', "clear"], "the record has what the server said"
    assert any("--alt-svc keep" in note for note in record["notes"]) is not keep


def test_a_client_hello_that_names_nobody(start: Start, authority: Authority) -> None:
    """Without a name the host of the CONNECT counts."""
    with Origin(authority.server_context("127.0.0.1")) as server:
        program = start("--passthrough", "127.0.0.1")
        with Client(program.proxy) as client:
            client.connect(server.authority)
            context = ssl.create_default_context(cafile=str(authority.path))
            client.sock = context.wrap_socket(client.sock, server_hostname="127.0.0.1")
            client.sock.sendall(b"GET /no-name HTTP/1.0\r\n\r\n")
            assert client.wire.head().status == 200
        row = program.row(server.authority)
        assert program.show(row.id)["notes"] == ["passed through untouched: --passthrough 127.0.0.1"]
