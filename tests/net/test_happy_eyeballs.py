"""Several addresses of one name (RFC 8305): a dead one costs a moment, and what is told is the best news."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import ssl
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import pytest
from tests.net.conftest import Run
from tests.proxy.peer import Origin, until

from wireglass.errors import ConnectRefused, ConnectTimeout, NameTimeout, Unreachable
from wireglass.net import Dialler, Route
from wireglass.net.dial import _connect_error

NAME = "two.example"


def has_ipv6() -> bool:
    with contextlib.suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        return True
    return False


@pytest.fixture
def ipv6() -> None:
    if not has_ipv6():
        assert os.environ.get("CI") is None, "this machine has no ::1, which the tests of addresses need"
        pytest.skip("this machine has no ::1")


needs_ipv6 = pytest.mark.usefixtures("ipv6")


def allowed(address: str, port: int) -> str | None:
    return None


def resolving(*addresses: str) -> None:
    """From now on the running loop finds these addresses for every name."""

    async def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                socket.IPPROTO_TCP,
                "",
                (address, port, 0, 0) if ":" in address else (address, port),
            )
            for address in addresses
        ]

    replace_resolver(getaddrinfo)


def replace_resolver(getaddrinfo: Any) -> None:
    asyncio.get_running_loop().getaddrinfo = getaddrinfo  # type: ignore[method-assign]


@pytest.fixture
def run() -> Run:
    """In asyncio's own loop: uvloop's methods cannot be replaced, and the addresses are tried by the same code."""

    def in_loop(work: Any) -> None:
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            runner.run(work)

    return in_loop


@contextlib.contextmanager
def black_hole(port: int, host: str = "::1") -> Iterator[None]:
    """An address at which connecting takes for ever: its queue is full, and Linux drops what comes then."""
    with contextlib.ExitStack() as stack:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        server = stack.enter_context(socket.socket(family))
        server.bind((host, port))
        server.listen(0)
        for _ in range(3):
            filler = stack.enter_context(socket.socket(family))
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
        yield


def dialler(timeout: float = 5.0) -> Dialler:
    return Dialler(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), timeout=timeout)


@needs_ipv6
@pytest.mark.alone
def test_a_dead_ipv6_address_costs_a_quarter_of_a_second(run: Run) -> None:
    async def main() -> None:
        origin = Origin()
        await origin.start()
        resolving("::1", "127.0.0.1")
        with black_hole(origin.port):
            begun = perf_counter()
            upstream = await dialler().dial(Route(False, NAME, origin.port, ""), allowed)
            took = perf_counter() - begun
        assert upstream.address == ("127.0.0.1", origin.port)
        assert 0.2 < took < 0.6, f"{took:.3f} s"
        upstream.close()
        (await origin.accept()).close()
        origin.stop()

    run(main())


@needs_ipv6
@pytest.mark.alone
def test_an_ipv6_address_that_refuses_costs_nothing(run: Run) -> None:
    async def main() -> None:
        origin = Origin()
        await origin.start()
        resolving("::1", "127.0.0.1")
        begun = perf_counter()
        upstream = await dialler().dial(Route(False, NAME, origin.port, ""), allowed)
        assert perf_counter() - begun < 0.2
        assert upstream.address == ("127.0.0.1", origin.port)
        upstream.close()
        (await origin.accept()).close()
        origin.stop()

    run(main())


@needs_ipv6
@pytest.mark.alone
def test_only_addresses_that_are_allowed_are_tried(run: Run) -> None:
    async def main() -> None:
        origin = Origin()
        await origin.start()
        resolving("::1", "127.0.0.1")
        with black_hole(origin.port):
            begun = perf_counter()
            route = Route(False, NAME, origin.port, "")
            upstream = await dialler().dial(route, lambda address, port: "no" if ":" in address else None)
            assert perf_counter() - begun < 0.2
        upstream.close()
        (await origin.accept()).close()
        origin.stop()

    run(main())


def test_one_address_that_never_answers(run: Run) -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as reserved:
            port = reserved.getsockname()[1]
        with black_hole(port, "127.0.0.1"), pytest.raises(ConnectTimeout, match=r"took longer than 0\.2 s"):
            await dialler(0.2).dial(Route(False, "127.0.0.1", port, ""), allowed)

    run(main())


def test_a_name_server_that_never_answers(run: Run) -> None:
    async def main() -> None:
        async def never(*_: Any, **__: Any) -> None:
            await asyncio.Event().wait()

        replace_resolver(never)
        with pytest.raises(NameTimeout, match=r"Looking up two\.example took longer than 0\.1 s") as caught:
            await dialler(0.1).dial(Route(False, NAME, 80, ""), allowed)
        assert "--connect-timeout" in caught.value.hint

    run(main())


@needs_ipv6
def test_both_addresses_refuse(run: Run) -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        resolving("::1", "127.0.0.1")
        with pytest.raises(ConnectRefused, match=f"two.example port {port} refused"):
            await dialler().dial(Route(False, NAME, port, ""), allowed)

    run(main())


def test_a_network_that_is_not_there_and_a_server_that_refuses() -> None:
    """aiohappyeyeballs joins the texts of different errors and leaves their numbers out."""
    texts = [str(OSError(number, "Connect call failed")) for number in (errno.ENETUNREACH, errno.ECONNREFUSED)]
    error = OSError(f"Multiple exceptions: {', '.join(texts)}")
    assert type(_connect_error(Route(False, NAME, 80, ""), error)) is ConnectRefused
    assert type(_connect_error(Route(False, NAME, 80, ""), OSError(f"Multiple exceptions: {texts[0]}"))) is Unreachable


@pytest.mark.parametrize("when", ["look-up", "connect", "handshake"])
def test_a_dial_that_is_cancelled_leaves_nothing_open(run: Run, when: str) -> None:
    async def main() -> None:
        origin = Origin()
        await origin.start()
        loop = asyncio.get_running_loop()
        asked = asyncio.Event()

        async def never(*_: Any, **__: Any) -> None:
            asked.set()
            await asyncio.Event().wait()

        if when == "look-up":
            replace_resolver(never)
        elif when == "connect":
            loop.sock_connect = never  # type: ignore[method-assign]
        dialling = loop.create_task(dialler().dial(Route(True, "127.0.0.1", origin.port, NAME), allowed))
        if when == "handshake":
            server = await origin.accept()
            await until(lambda: server.data)
        else:
            await asked.wait()
        dialling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await dialling
        if when == "handshake":
            await until(lambda: server.ended)
            server.close()
        origin.stop()

    run(main())
