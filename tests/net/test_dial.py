"""Opening a connection: each way it can fail, by name."""

from __future__ import annotations

import asyncio
import errno
import gc
import socket
import ssl
import sys
from pathlib import Path

import pytest
import trustme
from tests.net.conftest import Run
from tests.proxy.peer import Origin, until

from wireglass.errors import (
    ClientTls,
    ConnectRefused,
    LimitReached,
    NameNotFound,
    Refused,
    Unreachable,
    UpstreamClosed,
    UpstreamTimeout,
    UpstreamTls,
)
from wireglass.net import Attempt, Dialler, Route, certificate_hash
from wireglass.net.dial import _connect_error, _ends

CA = trustme.CA()


def trusting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    CA.configure_trust(context)
    return context


def serving(*names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CA.issue_cert(*names).configure_cert(context)
    return context


def allowed(address: str, port: int) -> str | None:
    return None


def test_a_connection_and_its_phases(run: Run) -> None:
    async def main() -> None:
        origin = Origin()
        await origin.start()
        asked: list[tuple[str, int]] = []

        def check(address: str, port: int) -> str | None:
            asked.append((address, port))
            return None if address == "127.0.0.1" else "v4 alone"

        upstream = await Dialler(trusting()).dial(Route(False, "localhost", origin.port, ""), check)
        assert ("127.0.0.1", origin.port) in asked
        assert upstream.address == ("127.0.0.1", origin.port)
        assert upstream.endpoint.peer == f"127.0.0.1:{origin.port}"
        assert upstream.phases.dns is not None and upstream.phases.connect > 0 and upstream.phases.tls is None
        assert upstream.endpoint.tls is None
        numeric = await Dialler(trusting()).dial(Route(False, "127.0.0.1", origin.port, ""), allowed)
        assert numeric.phases.dns is None
        for opened in (upstream, numeric):
            opened.close()
        origin.stop()
        await until(lambda: all(peer.ended for peer in origin.peers))
        for peer in origin.peers:
            peer.close()

    run(main())


def test_tls(run: Run) -> None:
    async def main() -> None:
        origin = Origin()
        await origin.start()
        route = Route(True, "127.0.0.1", origin.port, "a.example")
        dialling = asyncio.get_running_loop().create_task(Dialler(trusting()).dial(route, allowed))
        server = await origin.accept()
        await server.secure(serving("a.example"), name="a.example", server_side=True)
        upstream = await dialling
        assert upstream.endpoint.tls is not None and upstream.endpoint.tls.sni == "a.example"
        assert len(upstream.certificates) == len(upstream.endpoint.tls.certificates) > 0
        assert upstream.phases.tls is not None
        upstream.close()
        server.close()
        origin.stop()

    run(main())


@pytest.mark.parametrize("how", ["wrong name", "garbage", "close", "reset", "silence"])
def test_handshakes_that_fail(run: Run, how: str) -> None:
    """And what is known of the server is told, its certificate among it."""

    async def main() -> None:
        origin = Origin()
        await origin.start()
        dialler = Dialler(trusting(), timeout=0.2 if how == "silence" else 5.0)
        dialling = asyncio.get_running_loop().create_task(
            dialler.dial(Route(True, "127.0.0.1", origin.port, "a.example"), allowed, attempt := Attempt())
        )
        server = await origin.accept()
        await until(lambda: server.data)
        if how == "wrong name":
            with pytest.raises(AssertionError):
                await server.secure(serving("b.example"), name="b.example", server_side=True)
            assert isinstance(server.error, ClientTls), "it was not told why"
        elif how == "garbage":
            server.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        elif how != "silence":
            getattr(server, how)()
        with pytest.raises(UpstreamTimeout if how == "silence" else UpstreamTls):
            await dialling
        assert attempt.dns is None and attempt.connect is not None and attempt.tls is not None
        assert attempt.endpoint is not None and attempt.endpoint.peer == f"127.0.0.1:{origin.port}"
        described = attempt.endpoint.tls
        if how == "wrong name":
            assert described is not None and (described.version, described.sni) == ("TLSv1.3", "a.example")
            assert described.certificates == tuple(map(certificate_hash, attempt.certificates)) != ()
        else:
            assert described is None and attempt.certificates == []
        await until(lambda: server.ended)
        server.transport.abort()
        origin.stop()

    run(main())


def test_refused(run: Run) -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        with pytest.raises(ConnectRefused, match=f"127.0.0.1 port {port} refused"):
            await Dialler(trusting()).dial(Route(False, "127.0.0.1", port, ""), allowed)

    run(main())


@pytest.mark.parametrize("host", ["nobody.invalid", "a" * 70 + ".example", "a..b"])
def test_names_that_are_not_found(run: Run, host: str) -> None:
    async def main() -> None:
        with pytest.raises(NameNotFound):
            await Dialler(trusting()).dial(Route(False, host, 80, ""), allowed)

    run(main())


def test_a_name_that_can_be_no_tls_name(run: Run) -> None:
    async def main() -> None:
        with pytest.raises(UpstreamTls):
            await Dialler(trusting()).dial(Route(True, "127.0.0.1", 1, "a b"), allowed)

    run(main())


def test_the_policy_is_asked_about_addresses(run: Run) -> None:
    async def main() -> None:
        with pytest.raises(Refused, match="because"):
            await Dialler(trusting()).dial(Route(False, "localhost", 80, ""), lambda address, port: "because")

    run(main())


def test_an_address_that_turns_out_to_be_ours_is_asked_about_again(run: Run) -> None:
    async def main() -> None:
        origin = Origin()
        await origin.start()
        dialler = Dialler(trusting())

        def check(address: str, port: int) -> str | None:
            return "it is us" if address in dialler.own_addresses else None

        with pytest.raises(Refused, match="it is us"):
            await dialler.dial(Route(False, "127.0.0.1", origin.port, ""), check)
        assert dialler.own_addresses == {"127.0.0.1"}
        (await origin.accept()).close()
        origin.stop()

    run(main())


def test_a_connection_that_is_gone_before_it_is_looked_at() -> None:
    with socket.socket() as never_connected, pytest.raises(UpstreamClosed):
        _ends(Route(False, "a.example", 80, ""), never_connected)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(errno.ECONNREFUSED, "x"), ConnectRefused),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), Unreachable),
        (OSError(errno.EMFILE, "Too many open files"), LimitReached),
        (OSError("several"), Unreachable),
    ],
)
def test_connect_errors_have_names(error: OSError, kind: type[Exception]) -> None:
    assert type(_connect_error(Route(False, "a.example", 80, ""), error)) is kind


def descriptors() -> int:
    """How many this process has open."""
    return len(list(Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else 0


@pytest.mark.parametrize("tls", [False, True])
def test_cancelled_at_any_turn_of_the_loop_it_leaves_nothing_open(run: Run, tls: bool) -> None:
    async def main() -> None:
        origin = Origin()
        await origin.start()
        loop = asyncio.get_running_loop()
        # Numeric: a look-up in a thread would take as many turns as it likes.
        route = Route(tls, "127.0.0.1", origin.port, "a.example" if tls else "")
        dialler = Dialler(trusting())
        finished = 0
        for turns in range(60):
            dialling = loop.create_task(dialler.dial(route, allowed))
            for _ in range(turns):
                await asyncio.sleep(0)
            dialling.cancel()
            try:
                (await dialling).close()
                finished += 1
            except asyncio.CancelledError:
                pass
        assert finished or tls, "no dial came to its end, so not every turn was tried"
        # Connections are accepted in their order: behind this one none is left that the server would begin too late.
        last = await Dialler(trusting()).dial(Route(False, "127.0.0.1", origin.port, ""), allowed)
        last.write(b"last")
        await until(lambda: any(peer.data.endswith(b"last") for peer in origin.peers))
        last.close()
        await until(lambda: all(peer.ended for peer in origin.peers))
        for peer in origin.peers:
            peer.close()
        await until(lambda: all(peer.lost for peer in origin.peers))
        origin.stop()

    gc.collect()
    before = descriptors()
    run(main())
    assert descriptors() <= before
