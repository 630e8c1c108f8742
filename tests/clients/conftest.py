"""One Wireglass for the whole matrix, and an origin for each client and scheme."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.clients.programs import Workshop
from tests.doors.conftest import Authority
from tests.peers.program import Wireglass, running


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def wireglass(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Wireglass]:
    with running(tmp_path_factory.mktemp("matrix"), trust=authority.path) as program:
        yield program


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory, wireglass: Wireglass) -> Workshop:
    folder: Path = tmp_path_factory.mktemp("workshop")
    return Workshop(folder, f"http://{wireglass.proxy}", wireglass.ca_path)
