"""Servers that are reached through another proxy."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.doors.conftest import Authority
from tests.peers.client import Client
from tests.peers.network import ELSEWHERE, HERE, apart
from tests.peers.origin import Origin, echo, fixed
from tests.peers.program import Row, Wireglass
from tests.peers.upstream_proxy import UpstreamProxy
from tests.peers.waiting import wait_for

Start = Callable[..., Wireglass]

LOGIN = "me:s3cret-w0rd"
KINDS = ("http", "https", "socks5")


def proxy_of(kind: str, authority: Authority, **options: object) -> UpstreamProxy:
    tls = authority.server_context() if kind == "https" else None
    return UpstreamProxy(kind, tls=tls, **options)  # type: ignore[arg-type]


def ask(program: Wireglass, path: str, origin: Origin, host: str = "127.0.0.1") -> bytes:
    """The body of the answer, over TLS where the origin speaks it."""
    with Client(program.proxy) as client:
        if origin.url.startswith("http://"):
            answer = client.get(f"http://{host}:{origin.port}{path}")
        else:
            assert client.connect(f"{host}:{origin.port}").status == 200
            client.secure(host, program.ca_path)
            client.send(f"GET {path} HTTP/1.1\r\nHost: {host}:{origin.port}\r\n\r\n".encode())
            answer = client.answer()
        assert answer.status == 200, answer
        return answer.body


@pytest.mark.parametrize("login", ["", LOGIN], ids=["open", "login"])
@pytest.mark.parametrize("kind", KINDS)
def test_all_connections_go_through_it(
    start: Start, authority: Authority, origin: Origin, tls_origin: Origin, kind: str, login: str
) -> None:
    """Requests in clear, over TLS and what is not HTTP at all; and a kept connection serves the next request."""
    with proxy_of(kind, authority, login=login) as proxy:
        program = start("--upstream", proxy.url())
        for one in (origin, tls_origin):
            assert ask(program, "/first", one) == b"/first\n"
            assert ask(program, "/second", one) == b"/second\n"
        with socket.create_server(("127.0.0.1", 0)) as greeter, Client(program.proxy) as client:
            assert client.connect(f"127.0.0.1:{greeter.getsockname()[1]}").status == 200
            there, _ = greeter.accept()
            with there:
                there.sendall(b"220 hello\r\n")
                assert client.wire.some() == b"220 hello\r\n"
                client.send(b"\x00EHLO\r\n")
                assert there.recv(100) == b"\x00EHLO\r\n"
            tunnel = f"127.0.0.1:{greeter.getsockname()[1]}"
        shape = "address {}" if kind == "socks5" else "{}"
        assert proxy.asked == [shape.format(it) for it in (origin.authority, tls_origin.authority, tunnel)]
        shown = f"{kind}://127.0.0.1:{proxy.port}"
        for url in (f"{origin.url}/first", f"{tls_origin.url}/second", tunnel):
            record = program.show(program.row(url).id)
            assert f"through the upstream proxy {shown}" in record["notes"]
            assert record["server_connection"]["peer"] == f"127.0.0.1:{proxy.port}"
        program.stop()


@pytest.mark.parametrize("kind", KINDS)
def test_large_bodies_both_ways(start: Start, authority: Authority, tls_origin: Origin, kind: str) -> None:
    body = bytes(range(256)) * 20_000
    with proxy_of(kind, authority) as proxy:
        program = start("--upstream", proxy.url())
        with Client(program.proxy) as client:
            client.connect(tls_origin.authority)
            client.secure("127.0.0.1", program.ca_path)
            client.send(b"POST /big HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            assert client.answer().body == b"/big\n" + body
        assert proxy.passed > 2 * len(body)


@pytest.mark.parametrize("kind", ["http", "socks5"])
def test_names_are_looked_up_by_it(start: Start, tls_origin: Origin, kind: str) -> None:
    with UpstreamProxy(kind, names={"inner.example": "127.0.0.1"}) as proxy:
        program = start("--upstream", proxy.url())
        assert ask(program, "/", tls_origin, "inner.example") == b"/\n"
        word = "name " if kind == "socks5" else ""
        assert proxy.asked == [f"{word}inner.example:{tls_origin.port}"]
        record = program.show(program.row(f"https://inner.example:{tls_origin.port}/").id)
        assert record["timings"]["dns"] is None


@pytest.mark.parametrize(
    ("flag", "variable", "direct"),
    [("127.0.0.1", "", True), ("10.0.0.0/8", "", False), ("", "localhost,127.0.0.0/8", True)],
)
def test_exceptions(
    start: Start, origin: Origin, monkeypatch: pytest.MonkeyPatch, flag: str, variable: str, direct: bool
) -> None:
    monkeypatch.setenv("NO_PROXY", variable)
    with UpstreamProxy("http") as proxy:
        program = start("--upstream", proxy.url(), *(["--no-proxy", flag] if flag else []))
        assert ask(program, "/", origin) == b"/\n"
        assert bool(proxy.asked) is not direct


def failed(program: Wireglass, url: str) -> tuple[int, Row]:
    with Client(program.proxy) as client:
        status = client.get(url).status
    return status, program.row(url, "failed")


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (b"HTTP/1.1 403 Not here\r\n\r\n", "upstream_proxy_refused", "403 Not here"),
        (b"HTTP/1.0 503\r\n\r\n", "upstream_proxy_refused", "503"),
        (
            b"HTTP/1.1 407 Who\r\nProxy-Authenticate: NTLM\r\nProxy-Authenticate: Negotiate\r\n\r\n",
            "upstream_proxy_auth",
            "asks for NTLM, Negotiate",
        ),
        (b"SSH-2.0-OpenSSH_9\r\n", "upstream_proxy_unreachable", "no HTTP proxy"),
        (b"", "upstream_proxy_unreachable", "without an answer"),
    ],
)
def test_what_it_says_is_told(start: Start, answer: bytes, kind: str, words: str) -> None:
    with UpstreamProxy("http", answer=answer) as proxy:
        program = start("--upstream", proxy.url())
        status, row = failed(program, "http://api.example/")
        assert (status, row.error_kind) == (502, kind)
        assert row.error is not None and words in row.error and f"http://127.0.0.1:{proxy.port}" in row.error


@pytest.mark.parametrize("kind", ["http", "socks5"])
@pytest.mark.parametrize("login", ["", "me:wrong"], ids=["none", "wrong"])
def test_a_login_that_is_refused(start: Start, kind: str, login: str) -> None:
    with UpstreamProxy(kind, login=LOGIN) as proxy:
        program = start("--upstream", proxy.url(login))
        status, row = failed(program, "http://api.example/")
        assert (status, row.error_kind) == (502, "upstream_proxy_auth")
        assert row.error is not None and "wrong" not in row.error
        assert ("not the right one" if login else "USER:PASSWORD@") in row.error


@pytest.mark.parametrize(("reply", "words"), [(2, "not allowed by ruleset"), (4, "host unreachable"), (5, "refused")])
def test_what_socks_says_is_told(start: Start, reply: int, words: str) -> None:
    with UpstreamProxy("socks5", answer=bytes((5, reply, 0, 1)) + bytes(6)) as proxy:
        program = start("--upstream", proxy.url())
        status, row = failed(program, "http://api.example/")
        assert (status, row.error_kind) == (502, "upstream_proxy_refused")
        assert row.error is not None and words in row.error


@pytest.mark.parametrize(
    ("scheme", "there", "words"),
    [
        ("http", False, "refused the connection"),
        ("socks5", False, "refused the connection"),
        ("http", True, "no HTTP proxy"),
        ("socks5", True, "no SOCKS 5 proxy"),
        ("https", True, "TLS with the upstream proxy"),
    ],
)
def test_one_that_is_not_there_or_none(start: Start, scheme: str, there: bool, words: str) -> None:
    with UpstreamProxy("", greeting=b"SSH-2.0-OpenSSH_9.9\r\n") as other:
        if not there:
            other.close()
        program = start("--upstream", f"{scheme}://127.0.0.1:{other.port}")
        status, row = failed(program, "http://api.example/")
        assert (status, row.error_kind) == (502, "upstream_proxy_unreachable")
        assert row.error is not None and words in row.error and f"{scheme}://127.0.0.1:{other.port}" in row.error
        assert f"through the upstream proxy {scheme}://127.0.0.1:{other.port}" in program.show(row.id)["notes"]


def test_one_that_is_silent(start: Start) -> None:
    with UpstreamProxy("http") as proxy:
        proxy.silent.set()
        program = start("--upstream", proxy.url(), "--connect-timeout", "300ms")
        status, row = failed(program, "http://api.example/")
        assert (status, row.error_kind) == (502, "upstream_proxy_unreachable")
        assert row.error is not None and "0.3 s" in row.error and "--connect-timeout" in row.error


def test_a_certificate_of_it_that_is_not_trusted(start: Start, tmp_path: Path) -> None:
    stranger = Authority(tmp_path)
    with proxy_of("https", stranger) as proxy:
        program = start("--upstream", proxy.url())
        status, row = failed(program, "http://api.example/")
        assert (status, row.error_kind) == (502, "upstream_proxy_unreachable")
        assert row.error is not None and "not trusted" in row.error


def test_the_password_is_nowhere(start: Start, origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given in the variable: not in the record, not on any command line, not in the files of the home."""
    with UpstreamProxy("http", login=LOGIN) as proxy:
        monkeypatch.setenv("WIREGLASS_UPSTREAM", proxy.url())
        program = start()
        assert ask(program, "/", origin) == b"/\n"
        failed(program, "http://127.0.0.1:1/")
        secret = LOGIN.partition(":")[2].encode()
        for pid in (program.process.pid, *program.pids["proxy"]):
            assert secret not in Path(f"/proc/{pid}/cmdline").read_bytes()
        run = json.loads((program.home / "run.json").read_bytes())
        assert run["settings"]["upstream"] == f"http://127.0.0.1:{proxy.port}"
        said = program.stop()
        assert LOGIN.partition(":")[2] not in said
        for file in program.home.rglob("*"):
            if file.is_file():
                assert secret not in file.read_bytes(), file
        for head in proxy.heads:
            assert b"Proxy-Authorization: Basic" in head


def test_ourselves_as_our_proxy(start: Start) -> None:
    """It would ask itself without end."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = start("--upstream", f"http://127.0.0.1:{port}", listen=f"127.0.0.1:{port}")
    with Client(program.proxy) as client:
        assert client.get("http://api.example/").status == 403
    row = program.row("http://api.example/", "failed")
    assert row.error is not None and "is Wireglass itself" in row.error


def test_a_client_elsewhere_gets_no_further_through_it(start: Start) -> None:
    """With a proxy on this machine, which lends its place in the network just as we do: what the policy forbids is
    refused before the proxy is asked, however it is written; also over a connection that a client here has left."""

    def scenario() -> None:
        with UpstreamProxy("http") as proxy, Origin() as inner:
            program = start("--upstream", proxy.url(), listen="0.0.0.0:0")
            port = program.proxy.rpartition(":")[2]
            here = f"127.0.0.1:{port}"
            with Client(here) as client:
                assert client.get(f"http://localhost:{inner.port}/").status == 200
                assert client.get(f"{inner.url}/").status == 200
            asked = len(proxy.asked)
            for host in ("127.0.0.1", "127.1", "2130706433", "0x7f.1", "localhost", "a.localhost", "[::1]"):
                with Client(f"{HERE}:{port}", source=ELSEWHERE) as client:
                    assert client.get(f"http://{host}:{inner.port}/").status == 403, host
            with Client(f"{HERE}:{port}", source=ELSEWHERE) as client:
                assert client.get(f"http://ip6-localhost:{inner.port}/").status in (403, 502)
            assert [target for target in proxy.asked[asked:] if "ip6" not in target] == []
            assert len(inner.calls) == 2

    apart(scenario)


def test_refused_hosts_are_refused_before_it(start: Start, origin: Origin) -> None:
    with UpstreamProxy("http") as proxy:
        program = start("--upstream", proxy.url(), "--refuse", "127.0.0.1")
        with Client(program.proxy) as client:
            assert client.get(f"{origin.url}/").status == 403
        assert proxy.asked == [] and origin.calls == []


def test_an_end_without_a_length_comes_through_tls_with_it(start: Start, authority: Authority) -> None:
    """The server's close is the end of the body: through TLS with the proxy that is a close_notify."""

    def close(call: object) -> None:
        call.read_body()  # type: ignore[attr-defined]
        call.send(b"HTTP/1.0 200 OK\r\n\r\nup to here")  # type: ignore[attr-defined]
        call.close()  # type: ignore[attr-defined]

    with proxy_of("https", authority) as proxy, Origin() as origin:
        origin.on("/close", close)
        origin.on("/echo", echo)
        origin.on("/fixed", fixed(b"12"))
        program = start("--upstream", proxy.url())
        assert ask(program, "/close", origin) == b"up to here"
        assert ask(program, "/fixed", origin) == b"12"
        wait_for(lambda: program.row(f"{origin.url}/close").state == "done", "the end of it")
