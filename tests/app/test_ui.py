"""Where the API listens."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from wireglass.app import ui
from wireglass.app.ui import ListeningUi, listen_ui
from wireglass.errors import BadSetting, PortTaken, UsageError
from wireglass.listening import Address
from wireglass.settings import load


@pytest.fixture
def taken() -> Iterator[Address]:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield Address("127.0.0.1", sock.getsockname()[1])


def _closed(listening: ListeningUi) -> ListeningUi:
    for sock in listening.sockets:
        sock.close()
    return listening


def test_the_usual_port_may_be_another(taken: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ui, "USUAL_UI", taken)
    found = listen_ui(None, patience=0.0)
    with contextlib.ExitStack() as opened:
        for sock in found.sockets:
            opened.enter_context(sock)
        assert found.is_elsewhere
        assert found.address.startswith("127.0.0.1:") and found.address != str(taken)


def test_one_that_was_asked_for_must_be_free(taken: Address) -> None:
    with pytest.raises(PortTaken, match=str(taken.port)):
        listen_ui(taken, patience=0.0)


def test_off() -> None:
    assert listen_ui("off", patience=0.0) == ListeningUi([])
    assert listen_ui("off", patience=0.0).address == ""


@pytest.mark.parametrize(
    ("text", "value"), [("off", "off"), ("OFF", "off"), ("127.0.0.1:9000", Address("127.0.0.1", 9000))]
)
def test_the_setting(tmp_path: Path, text: str, value: object) -> None:
    assert load({"home": str(tmp_path), "ui": text}, {}).ui == value
    assert load({"home": str(tmp_path)}, {}).ui is None


def test_one_that_others_reach_is_asked_for_twice() -> None:
    everywhere = Address("0.0.0.0", 0)
    with pytest.raises(UsageError, match="other machines"):
        listen_ui(everywhere, patience=0.0)
    found = _closed(listen_ui(everywhere, patience=0.0, remote=True))
    assert "other machines" in found.warning
    assert not _closed(listen_ui(Address("localhost", 0), patience=0.0)).warning


def test_neither_session_nor_api(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="never record"):
        load({"home": str(tmp_path), "ui": "off", "no_session": "true"}, {})


def test_a_session_and_none_contradict_each_other(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="contradict"):
        load({"home": str(tmp_path), "session": "a", "no_session": "true"}, {})
