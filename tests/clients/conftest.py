"""One Wireglass for the whole matrix, and an origin for each client and scheme."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.clients.programs import Workshop
from tests.doors.conftest import Authority
from tests.peers.program import Wireglass


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def wireglass(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Wireglass]:
    program = Wireglass(tmp_path_factory.mktemp("matrix") / "home", trust=authority.path).start()
    yield program
    try:
        assert "Traceback" not in program.stop()
    finally:
        program.clear()
        # Some hundred megabytes; pytest keeps the folders of three runs.
        shutil.rmtree(program.home)


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory, wireglass: Wireglass) -> Workshop:
    folder: Path = tmp_path_factory.mktemp("workshop")
    return Workshop(folder, f"http://{wireglass.proxy}", wireglass.ca_path)
