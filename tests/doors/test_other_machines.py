"""What others in the network, and web pages in the user's own browser, can do with the proxy's port."""

from __future__ import annotations

import socket
from collections.abc import Callable

import psutil
import pytest
from tests.peers.client import Client
from tests.peers.network import ELSEWHERE, HERE, METADATA, apart
from tests.peers.origin import Origin
from tests.peers.program import Wireglass

from wireglass.app.home import Home
from wireglass.listening import parse_address

Start = Callable[..., Wireglass]

LOOPBACK = (
    "127.0.0.1",
    "127.1.2.3",
    "127.1",
    "2130706433",
    "0x7f.1",
    "0.0.0.0",
    "localhost",
    "LOCALHOST",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::]",
    METADATA,
    f"[::ffff:{METADATA}]",
)
"""Ways to write an address that only this machine should reach."""


def port_of(program: Wireglass) -> int:
    return int(program.proxy.rpartition(":")[2])


def listening(program: Wireglass) -> set[tuple[str, int]]:
    """Addresses on which any of its processes takes connections, or datagrams."""
    family = [psutil.Process(program.process.pid), *psutil.Process(program.process.pid).children(recursive=True)]
    return {
        (entry.laddr.ip, entry.laddr.port)
        for process in family
        for entry in process.net_connections("inet")
        if entry.status == psutil.CONN_LISTEN or not entry.raddr
    }


def test_it_listens_where_it_says_and_nowhere_else(start: Start, origin: Origin) -> None:
    program = start("--workers", "2")
    with Client(program.proxy) as client:
        assert client.get(f"{origin.url}/").status == 200
        run = Home(program.home).running()
        assert run
        assert listening(program) == {("127.0.0.1", port_of(program)), ("127.0.0.1", parse_address(run.ui).port)}


def test_a_client_elsewhere_reaches_nothing_that_only_this_machine_can(start: Start) -> None:
    """However the address is written, in both forms of a request; and the proxy itself, which would loop."""

    def work() -> None:
        program = start(listen="0.0.0.0:0")
        port = port_of(program)
        with Origin(host="0.0.0.0") as everywhere, Origin(host="::") as everywhere6:
            servers = (everywhere, everywhere6)
            for name in LOOPBACK:
                for server in servers:
                    assert asked(port, ELSEWHERE, f"{name}:{server.port}") == 403, name
                    assert asked_in_a_tunnel(port, ELSEWHERE, f"{name}:{server.port}") == 403, name
            assert asked(port, ELSEWHERE, f"{HERE}:{port}") == 403
            run = Home(program.home).running()
            assert run
            assert asked(port, ELSEWHERE, run.ui) == 403
            assert [server.connections for server in servers] == [0, 0]
            # The very same from this machine is what the proxy is for.
            assert asked(port, "127.0.0.1", f"localhost:{everywhere.port}") == 200
            assert asked(port, HERE, f"127.0.0.1:{everywhere.port}") == 200
            # What the other machine can reach by itself is nothing to refuse.
            assert asked(port, ELSEWHERE, f"{HERE}:{everywhere.port}") == 200
        refused = [row for row in program.ls() if row.error_kind == "refused_by_policy"]
        assert len(refused) == 4 * len(LOOPBACK) + 2
        assert {row.client.rpartition(":")[0] for row in refused if row.client} == {ELSEWHERE}

    apart(work)


def test_who_wants_it_can_let_other_machines_reach_loopback(start: Start) -> None:
    def work() -> None:
        program = start("--allow-remote-loopback", listen="0.0.0.0:0")
        with Origin() as server:
            assert asked(port_of(program), ELSEWHERE, server.authority) == 200

    apart(work)


def test_on_loopback_other_machines_find_nobody(start: Start) -> None:
    def work() -> None:
        program = start()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((HERE, port_of(program)), 20, (ELSEWHERE, 0))

    apart(work)


def asked(port: int, source: str, authority: str) -> int:
    """The status of a request for ``authority`` by a client that comes from ``source``."""
    with Client(f"{'127.0.0.1' if source == '127.0.0.1' else HERE}:{port}", source=source) as client:
        return client.get(f"http://{authority}/").status


def asked_in_a_tunnel(port: int, source: str, authority: str) -> int:
    with Client(f"{HERE}:{port}", source=source) as client:
        if (status := client.connect(authority).status) != 200:
            return status
        return client.get("/", f"Host: {authority}").status


@pytest.mark.parametrize("path", ["/", "/ca.pem", "/ca.mobileconfig", "/trusted"])
@pytest.mark.parametrize("host", ["rebound.example", "localhost.rebound.example", "198.51.100.1", "127.0.0.1.nip.io"])
def test_a_name_that_was_made_to_point_here_reads_nothing(wireglass: Wireglass, host: str, path: str) -> None:
    """DNS rebinding: the page of that name would be of the same origin as ours."""
    with Client(wireglass.proxy) as browser:
        answer = browser.get(path, f"Host: {host}:{port_of(wireglass)}", "User-Agent: Mozilla/5.0")
        assert (answer.status, browser.at_end()) == (421, True)
    assert b"CERTIFICATE" not in answer.body


def test_a_page_of_anybody_cannot_read_ours(wireglass: Wireglass) -> None:
    """No answer lets another origin read it, frame it, or take it for a script."""
    for path in ("/", "/ca.pem", "/none"):
        with Client(wireglass.proxy) as browser:
            answer = browser.get(
                path, f"Host: {wireglass.proxy}", "Origin: http://evil.example", "User-Agent: Mozilla/5"
            )
        fields = {name.lower(): value for name, value in answer.headers}
        assert b"access-control-allow-origin" not in fields
        assert fields[b"x-content-type-options"] == b"nosniff"
        assert b"frame-ancestors 'none'" in fields[b"content-security-policy"]


def test_a_form_that_is_posted_here_is_no_request_to_others(wireglass: Wireglass, origin: Origin) -> None:
    """A page can have any text sent to a port of loopback; it must not be read as a second request."""
    hidden = f"GET {origin.url}/stolen HTTP/1.1\r\nHost: {origin.authority}\r\n\r\n".encode()
    for length in (len(hidden), 0):
        with Client(wireglass.proxy) as browser:
            browser.send(
                b"POST / HTTP/1.1\r\nHost: %s\r\nOrigin: http://evil.example\r\nContent-Type: text/plain\r\n"
                b"Content-Length: %d\r\n\r\n" % (wireglass.proxy.encode(), length or len(hidden)) + hidden
            )
            assert browser.answer().status == 405
            assert browser.at_end()
    assert origin.connections == 0
