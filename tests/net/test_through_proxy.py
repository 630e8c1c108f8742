"""Connections through an upstream proxy, in both kinds of event loop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import ssl

import pytest
import trustme
from tests.net.conftest import Run
from tests.net.test_dial import allowed, descriptors
from tests.peers.origin import Origin
from tests.peers.upstream_proxy import UpstreamProxy

from wireglass.errors import ProxyUnreachable, Refused
from wireglass.net import Attempt, Dialler, Proxies, Route, Upstream
from wireglass.proxy_url import ProxyUrl, parse_no_proxy, parse_proxy

CA = trustme.CA()

KINDS = ["http", "https", "socks5"]


def trusting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    CA.configure_trust(context)
    return context


def serving() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CA.issue_cert("127.0.0.1", "localhost", "a.example").configure_cert(context)
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


def proxy_of(kind: str) -> UpstreamProxy:
    return UpstreamProxy(kind, tls=serving() if kind == "https" else None)


def url_of(proxy: UpstreamProxy) -> ProxyUrl:
    url = parse_proxy(proxy.url())
    assert url is not None
    return url


class Reader:
    """Takes what a server sends until ``enough``, or its end."""

    def __init__(self, enough: int) -> None:
        self.data = bytearray()
        self.error: Exception | None = None
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._enough = enough

    def upstream_data(self, data: bytes) -> None:
        self.data += data
        if len(self.data) >= self._enough:
            self._end()

    def upstream_eof(self) -> None:
        self._end()

    def upstream_lost(self, error: Exception | None) -> None:
        self.error = error
        self._end()

    def upstream_blocked(self, blocked: bool) -> None: ...

    def _end(self) -> None:
        if not self.done.done():
            self.done.set_result(None)


async def ask(upstream: Upstream, request: bytes, enough: int) -> bytes:
    reader = Reader(enough)
    upstream.attach(reader)
    upstream.write(request)
    async with asyncio.timeout(20):
        await reader.done
    return bytes(reader.data)


@pytest.mark.parametrize("tls", [False, True], ids=["clear", "tls"])
@pytest.mark.parametrize("kind", KINDS)
def test_bytes_pass_in_both_directions(run: Run, kind: str, tls: bool) -> None:
    """More than fits into any buffer on the way."""
    body = bytes(range(256)) * 8000

    async def main() -> None:
        dialler = Dialler(trusting(), proxies=Proxies(url_of(proxy)))
        attempt = Attempt()
        route = Route(tls, "127.0.0.1", origin.port, "a.example" if tls else "")
        upstream = await dialler.dial(route, allowed, attempt, ("h2", "http/1.1"))
        assert upstream.notes == attempt.notes == [f"through the upstream proxy {kind}://127.0.0.1:{proxy.port}"]
        assert upstream.endpoint.peer == f"127.0.0.1:{proxy.port}"
        assert upstream.address == ("127.0.0.1", origin.port), "what the policy is asked about again"
        if tls:
            assert upstream.tls is not None and upstream.tls.describe().alpn == "h2"
            assert len(upstream.certificates) > 0
        head = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body)
        answer = await ask(upstream, head + body, len(body) + 50)
        assert answer.endswith(body[-1000:])
        upstream.close()

    with proxy_of(kind) as proxy, Origin(serving() if tls else None) as origin:
        run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_the_end_is_told(run: Run, kind: str) -> None:
    async def main() -> None:
        dialler = Dialler(trusting(), proxies=Proxies(url_of(proxy)))
        upstream = await dialler.dial(Route(False, "127.0.0.1", origin.port, ""), allowed)
        answer = await ask(upstream, b"GET /end HTTP/1.1\r\nHost: a\r\n\r\n", 10**6)
        assert answer == b"HTTP/1.0 200 OK\r\n\r\nall"
        upstream.close()

    with proxy_of(kind) as proxy, Origin() as origin:

        def end(call: object) -> None:
            call.read_body()  # type: ignore[attr-defined]
            call.send(b"HTTP/1.0 200 OK\r\n\r\nall")  # type: ignore[attr-defined]
            call.close()  # type: ignore[attr-defined]

        origin.on("/end", end)
        run(main())


# Not "https": asyncio's own TLS, with which the peer serves in this process, leaves connections open that end inside
# their handshake, and they cannot be told from ours.
@pytest.mark.parametrize("kind", ["http", "socks5"])
def test_cancelled_at_any_turn_of_the_loop_it_leaves_nothing_open(run: Run, kind: str) -> None:
    async def main() -> None:
        dialler = Dialler(trusting(), proxies=Proxies(url_of(proxy)))
        loop = asyncio.get_running_loop()
        for turns in range(40):
            dialling = loop.create_task(dialler.dial(Route(False, "127.0.0.1", origin.port, ""), allowed))
            for _ in range(turns):
                await asyncio.sleep(0)
            dialling.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                (await dialling).abort()
        for _ in range(3):
            await asyncio.sleep(0)

    with proxy_of(kind) as proxy, Origin() as origin:
        # The proxy runs in this process too: its own descriptors are counted by what they lead to.
        gc.collect()
        run(main())
    gc.collect()
    before = descriptors()
    with proxy_of(kind) as proxy, Origin() as origin:
        run(main())
    gc.collect()
    assert descriptors() <= before


def check_for_others(address: str, port: int) -> str | None:
    """As for a client on another machine."""
    return "loopback" if address.startswith(("127.", "::1", "0.0.0.0")) else None


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "::1", "localhost", "x.localhost."])
def test_the_policy_is_asked_about_what_a_proxy_would_reach(run: Run, host: str) -> None:
    async def main() -> None:
        dialler = Dialler(trusting(), proxies=Proxies(url_of(proxy)))
        with pytest.raises(Refused, match="loopback"):
            await dialler.dial(Route(False, host, 80, ""), check_for_others)

    with UpstreamProxy("http") as proxy:
        run(main())
        assert proxy.asked == []


@pytest.mark.parametrize(("ours", "open_to_others"), [((), False), ((80,), False), ((), True)])
def test_names_are_looked_up_where_it_matters(run: Run, ours: tuple[int, ...], open_to_others: bool) -> None:
    """Where clients elsewhere may come, or the port is one of ours; otherwise the name is the proxy's business."""
    looked_up: list[str] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()

        async def getaddrinfo(host: str, port: int, **_: object) -> list[object]:
            looked_up.append(host)
            if host == "rebound.example":
                return [(2, 1, 6, "", ("127.0.0.1", port))]
            return [(2, 1, 6, "", ("127.0.0.1", port))] if host == "127.0.0.1" else _unknown()

        dialler = Dialler(
            trusting(),
            proxies=Proxies(url_of(proxy), must_look_up=lambda port: open_to_others or port in ours),
            timeout=5,
        )
        loop.getaddrinfo = getaddrinfo  # type: ignore[method-assign, assignment]
        # ProxyUnreachable: the proxy was asked, and says nothing.
        with pytest.raises(Refused if ours or open_to_others else ProxyUnreachable):
            await dialler.dial(Route(False, "rebound.example", 80, ""), check_for_others)
        with pytest.raises(ProxyUnreachable):
            await dialler.dial(Route(False, "unknown.example", 80, ""), check_for_others)

    with UpstreamProxy("http", answer=b"") as proxy:
        run(main())
    assert ("rebound.example" in looked_up) is bool(ours or open_to_others)


def _unknown() -> list[object]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def test_exceptions_go_directly(run: Run) -> None:
    async def main() -> None:
        dialler = Dialler(trusting(), proxies=Proxies(url_of(proxy), parse_no_proxy("127.0.0.0/8")))
        upstream = await dialler.dial(Route(False, "127.0.0.1", origin.port, ""), allowed)
        assert upstream.endpoint.peer == origin.authority and upstream.notes == []
        upstream.close()

    with UpstreamProxy("http") as proxy, Origin() as origin:
        run(main())
        assert proxy.asked == []
