"""SOCKS 5 on the proxy's port, with curl and python-socks as clients."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable

import pytest
from python_socks.sync import Proxy
from tests.peers.client import Client, client_context
from tests.peers.installed import installed
from tests.peers.network import ELSEWHERE, HERE, apart
from tests.peers.origin import Origin
from tests.peers.program import Wireglass

Start = Callable[..., Wireglass]


def curl(program: Wireglass, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [installed("curl"), "-sS", "--max-time", "30", "--noproxy", "", "--cacert", str(program.ca_path)]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("flag", ["--socks5", "--socks5-hostname"])
@pytest.mark.parametrize("kind", ["http", "https", "http2"])
def test_curl(wireglass: Wireglass, origin: Origin, tls_origin: Origin, flag: str, kind: str) -> None:
    """The host in the record is the one that was asked for, by whichever of the two it is looked up."""
    there = origin if kind == "http" else tls_origin
    url = f"{there.url.replace('127.0.0.1', 'localhost')}/{flag}/{kind}"
    done = curl(wireglass, flag, wireglass.proxy, *(["--http2"] if kind == "http2" else []), url)
    assert (done.returncode, done.stdout) == (0, f"/{flag}/{kind}\n"), done.stderr
    row = wireglass.row(url)
    assert (row.status, row.source) == (200, "proxy")
    assert "over SOCKS 5" in wireglass.show(row.id)["notes"]


def test_a_tunnel_shows_the_name_that_was_asked_for(wireglass: Wireglass, origin: Origin) -> None:
    proxy = Proxy.from_url(f"socks5://{wireglass.proxy}", rdns=True)
    with proxy.connect("localhost", origin.port, timeout=20) as sock:
        sock.sendall(b"\x00not http\r\n\r\n")
        sock.recv(100)
    row = wireglass.row(f"localhost:{origin.port}")
    shown = wireglass.show(row.id)
    assert (row.method, row.protocol, shown["request"]["version"]) == ("CONNECT", "tunnel", "SOCKS5")
    assert "over SOCKS 5" in shown["notes"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_python_socks(wireglass: Wireglass, authority: object, host: str) -> None:
    """Each kind of address, names passed on as names."""
    with Origin(host="::1" if host == "::1" else "127.0.0.1") as origin:
        proxy = Proxy.from_url(f"socks5://{wireglass.proxy}", rdns=True)
        shown = f"[{host}]" if ":" in host else host
        with proxy.connect(host, origin.port, timeout=20) as sock:
            sock.sendall(f"GET /ps HTTP/1.1\r\nHost: {shown}:{origin.port}\r\nConnection: close\r\n\r\n".encode())
            data = b""
            while piece := sock.recv(65536):
                data += piece
        assert data.endswith(b"/ps\n")
        assert wireglass.row(f"http://{shown}:{origin.port}/ps").status == 200


def test_tls_by_python_socks(wireglass: Wireglass, tls_origin: Origin) -> None:
    proxy = Proxy.from_url(f"socks5://any:thing@{wireglass.proxy}", rdns=True)
    with (
        proxy.connect("localhost", tls_origin.port, timeout=20) as raw,
        client_context(wireglass.ca_path).wrap_socket(raw, server_hostname="localhost") as sock,
    ):
        sock.sendall(f"GET /tls HTTP/1.1\r\nHost: localhost:{tls_origin.port}\r\n\r\n".encode())
        assert sock.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")
    assert wireglass.row(f"https://localhost:{tls_origin.port}/tls").status == 200


def test_many_at_once(wireglass: Wireglass, origin: Origin) -> None:
    async def one(number: int) -> bytes:
        host, _, port = wireglass.proxy.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        # All of it before the first answer: what python-socks and curl never do.
        where = b"\x7f\x00\x00\x01" + origin.port.to_bytes(2, "big")
        request = b"GET /many%d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % number
        writer.write(b"\x05\x01\x00\x05\x01\x00\x01" + where + request)
        try:
            return await reader.read()
        finally:
            writer.close()
            await writer.wait_closed()

    async def all_of_them() -> list[bytes]:
        return await asyncio.gather(*map(one, range(50)))

    for number, answer in enumerate(asyncio.run(all_of_them())):
        assert answer.startswith(b"\x05\x00\x05\x00\x00\x01") and answer.endswith(b"/many%d\n" % number)
    assert len([row for row in wireglass.ls() if "/many" in row.url and row.status == 200]) == 50


def test_a_client_elsewhere_reaches_nothing_that_only_this_machine_can(start: Start) -> None:
    """The rule of CONNECT, in each kind of address."""

    def attack() -> None:
        with Origin() as origin:
            program = start(listen="0.0.0.0:0")
            proxy = f"{HERE}:{program.proxy.rpartition(':')[2]}"
            port = origin.port.to_bytes(2, "big")
            for address in (
                b"\x01\x7f\x00\x00\x01",
                b"\x03\x09localhost",
                b"\x03\x09127.0.0.1",
                b"\x04" + b"\0" * 15 + b"\1",
            ):
                with Client(proxy, source=ELSEWHERE) as client:
                    client.send(b"\x05\x01\x00\x05\x01\x00" + address + port)
                    assert client.sock.recv(12, 0x100) == b"\x05\x00\x05\x00\x00\x01" + bytes(6)  # MSG_WAITALL
                    client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                    assert client.answer().status == 403
            assert not origin.calls

    apart(attack)


def test_version_4_is_refused_and_said_so(wireglass: Wireglass) -> None:
    done = curl(wireglass, "--socks4", wireglass.proxy, "http://127.0.0.1:9/four")
    assert done.returncode == 97
    [row] = [row for row in wireglass.ls() if row.protocol == "socks4"]
    assert row.error is not None and "speaks SOCKS 4" in row.error and "socks5h://" in row.error
