"""The peers of the door tests. What is expensive and holds no state of a test is started once."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from tests.peers.httpbin import Httpbin
from tests.peers.nginx import Nginx
from tests.peers.origin import Origin
from tests.peers.program import Wireglass, running

NAMES = ("localhost", "127.0.0.1", "::1", "xn--bcher-kva.example", "inner.example")


class Authority:
    """Signs the origins' certificates; the program under test trusts it."""

    def __init__(self, root: Path) -> None:
        self.ca = trustme.CA()
        self.path = root / "origins-ca.pem"
        self.ca.cert_pem.write_to_path(str(self.path))

    def server_context(self, *names: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(*(names or NAMES)).configure_cert(context)
        return context


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as origin:
        yield origin


@pytest.fixture
def tls_origin(authority: Authority) -> Iterator[Origin]:
    with Origin(authority.server_context()) as origin:
        yield origin


@pytest.fixture(scope="session")
def nginx(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Nginx]:
    root = tmp_path_factory.mktemp("nginx")
    leaf = root / "leaf.pem"
    authority.ca.issue_cert(*NAMES).private_key_and_cert_chain_pem.write_to_path(str(leaf))
    nginx = Nginx(root, leaf)
    yield nginx
    nginx.stop()


@pytest.fixture(scope="session")
def httpbin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Httpbin]:
    httpbin = Httpbin(tmp_path_factory.mktemp("httpbin"))
    yield httpbin
    httpbin.stop()


@pytest.fixture(scope="module")
def wireglass(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Wireglass]:
    """The program with its defaults, one for a module: each test has origins, and so URLs, of its own."""
    with running(tmp_path_factory.mktemp("shared"), trust=authority.path) as program:
        yield program


@pytest.fixture
def start(tmp_path: Path, authority: Authority) -> Iterator[Callable[..., Wireglass]]:
    """Starts the program with flags of the test's own: ``start("--workers", "2", home=…)``."""
    with contextlib.ExitStack() as stack:

        def begin(*flags: str, home: Path | None = None, listen: str = "127.0.0.1:0") -> Wireglass:
            program = Wireglass(home or tmp_path / "home", *flags, listen=listen, trust=authority.path, output=tmp_path)
            stack.callback(program.clear)
            return program.start()

        yield begin
