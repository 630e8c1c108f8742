"""``play`` runs a scenario in a house of its own, once in each kind of event loop."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

import pytest
import trustme
import uvloop
from tests.proxy.house import House, Play, Scenario

from wireglass.net import Authority, ServerContexts


class Certificates:
    def __init__(self, authority: Authority, contexts: ServerContexts) -> None:
        self.contexts = contexts
        self.trusts_us = ssl.create_default_context(cadata=authority.certificate_pem().decode())
        ca = trustme.CA()
        self.trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        ca.configure_trust(self.trusted)
        self.origin = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.origin.set_alpn_protocols(["http/1.1"])
        ca.issue_cert("127.0.0.1", "localhost", "a.example").configure_cert(self.origin)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder = tmp_path_factory.mktemp("proxy")
    authority = Authority.load_or_create(folder / "ca")
    return Certificates(authority, ServerContexts(authority, folder / "tmp"))


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def new_loop(request: pytest.FixtureRequest) -> Callable[[], asyncio.AbstractEventLoop]:
    factory: Callable[[], asyncio.AbstractEventLoop] = request.param
    return factory


@pytest.fixture
def play(new_loop: Callable[[], asyncio.AbstractEventLoop], certificates: Certificates) -> Play:
    def run(scenario: Scenario, **options: Any) -> None:
        async def whole() -> None:
            house = House(certificates.contexts, certificates.trusted)
            house.trusts_us = certificates.trusts_us
            house.serves = certificates.origin
            await house.start(**options)
            try:
                await scenario(house)
                await house.end()
            except BaseException:
                house.abandon()
                raise

        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(whole())

    return run
