"""Open files are shared out so that neither side can use up what the rest needs."""

from __future__ import annotations

import pytest

from wireglass.app.descriptors import share_out


@pytest.mark.parametrize("files", [8, 64, 200, 256, 1024, 4096, 20_000, 65_536])
@pytest.mark.parametrize("max_clients", [1, 500, 12_000, 100_000])
def test_the_parts_are_less_than_the_whole(files: int, max_clients: int) -> None:
    places = share_out(files, max_clients)
    assert places.clients >= 1 and places.upstreams >= 1
    assert places.clients <= max_clients
    assert places.clients + places.upstreams <= files - min(128, files // 2)


def test_what_is_said_where_it_is_not_enough() -> None:
    assert "--max-clients" in share_out(20_000, 12_000).hint
    few = share_out(1024, 12_000)
    assert "1024 open files" in few.hint and few.clients == 598 and few.upstreams == 298


def test_without_a_limit_of_the_system() -> None:
    places = share_out(None, 12_000)
    assert (places.clients, places.upstreams) == (12_000, 4096)
