"""Doors that are opened and closed over the API of the real program while traffic runs through it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any, NamedTuple

import msgspec
import pytest
from tests.doors.conftest import Authority
from tests.peers.client import Client, split_address
from tests.peers.origin import Origin
from tests.peers.program import Wireglass, alive, running
from tests.peers.waiting import wait_for


class Answer(NamedTuple):
    status: int
    json: Any


def api(program: Wireglass, method: str, path: str, body: object = None) -> Answer:
    run = msgspec.json.decode((program.home / "run.json").read_bytes())
    with closing(http.client.HTTPConnection(*split_address(run["ui"]), timeout=60)) as connection:
        fields = {"Authorization": f"Bearer {run['token']}", "Content-Type": "application/json"}
        connection.request(method, f"/api{path}", None if body is None else json.dumps(body), fields)
        answer = connection.getresponse()
        text = answer.read()
        return Answer(answer.status, json.loads(text) if text else None)


def start_door(program: Wireglass, mode: str) -> dict[str, Any]:
    answer = api(program, "POST", "/doors", {"mode": mode})
    assert answer.status == 201, answer
    found: dict[str, Any] = answer.json
    return found


def is_free(address: str) -> bool:
    """Whether somebody else could listen there at this moment."""
    host, port = split_address(address)
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
            sock.listen()
        except OSError:
            return False
    return True


def answers(address: str, url: str) -> bool:
    """``url``: a path for a reverse door."""
    with Client(address) as client:
        return client.get(url, *([f"Host: {address}"] if url.startswith("/") else [])).status == 200


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Wireglass]:
    with running(tmp_path_factory.mktemp("doors"), "--workers", "2", trust=authority.path) as program:
        yield program


class Steady:
    """Requests through the first door, on one connection that no other door may break."""

    def __init__(self, program: Wireglass, url: str) -> None:
        self.done = 0
        self._stop = threading.Event()
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._work, args=(program.proxy, url))
        self._thread.start()

    def _work(self, proxy: str, url: str) -> None:
        try:
            with Client(proxy) as client:
                while not self._stop.is_set():
                    assert client.get(url).status == 200
                    self.done += 1
        except BaseException as error:
            self._fault = error

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(30)
        if self._fault is not None:
            raise self._fault


@pytest.fixture
def traffic(program: Wireglass, origin: Origin) -> Iterator[Steady]:
    steady = Steady(program, f"{origin.url}/steady")
    yield steady
    steady.stop()


def test_a_second_door_while_traffic_runs(program: Wireglass, origin: Origin, traffic: Steady) -> None:
    door = start_door(program, "regular@127.0.0.1:0")
    listen = door["listen"]
    assert answers(listen, f"{origin.url}/second")
    assert program.row(f"{origin.url}/second").status == 200
    for _ in range(3):
        stopped = api(program, "PATCH", f"/doors/{door['id']}", {"state": "stopped"}).json
        assert (stopped["state"], stopped["listen"]) == ("stopped", listen)
        assert is_free(listen)  # in no process any more when the answer comes
        opened = api(program, "PATCH", f"/doors/{door['id']}", {"state": "open"})
        assert (opened.status, opened.json["state"], opened.json["listen"]) == (200, "open", listen)
        assert answers(listen, f"{origin.url}/again")
    assert api(program, "DELETE", f"/doors/{door['id']}").status == 204
    assert is_free(listen)
    assert door["id"] not in [one["id"] for one in api(program, "GET", "/doors").json]
    assert api(program, "PATCH", f"/doors/{door['id']}", {"state": "open"}).status == 404
    before = traffic.done
    wait_for(lambda: traffic.done > before, "the first door to go on")


def test_a_reverse_door(program: Wireglass, origin: Origin) -> None:
    door = start_door(program, f"reverse:{origin.url}@127.0.0.1:0")
    assert door["target"] == origin.url
    assert answers(door["listen"], "/reversed")
    assert program.row(f"{origin.url}/reversed").status == 200
    assert api(program, "DELETE", f"/doors/{door['id']}").status == 204
    assert is_free(door["listen"])


def test_a_taken_port_is_an_error(program: Wireglass, origin: Origin) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        before = api(program, "GET", "/doors").json
        answer = api(program, "POST", "/doors", {"mode": f"regular@127.0.0.1:{port}"})
        assert (answer.status, answer.json["code"]) == (400, "port_taken")
        assert str(port) in answer.json["message"] and answer.json["hint"]
        assert api(program, "GET", "/doors").json == before
    door = start_door(program, f"regular@127.0.0.1:{port}")
    api(program, "PATCH", f"/doors/{door['id']}", {"state": "stopped"})
    with socket.create_server(("127.0.0.1", port)):
        assert api(program, "PATCH", f"/doors/{door['id']}", {"state": "open"}).json["code"] == "port_taken"
        [failed] = [one for one in api(program, "GET", "/doors").json if one["id"] == door["id"]]
        assert failed["state"] == "failed" and str(port) in failed["error"]
    assert api(program, "PATCH", f"/doors/{door['id']}", {"state": "open"}).json["state"] == "open"
    assert answers(door["listen"], f"{origin.url}/after-all")
    assert api(program, "DELETE", f"/doors/{door['id']}").status == 204


@pytest.mark.parametrize("mode", ["nonsense", "regular@127.0.0.1:notaport", "reverse:@127.0.0.1:0"])
def test_a_mode_that_cannot_be_read(program: Wireglass, mode: str) -> None:
    answer = api(program, "POST", "/doors", {"mode": mode})
    assert (answer.status, answer.json["code"]) == (400, "bad_setting"), answer


def test_the_first_door_stays(program: Wireglass, origin: Origin) -> None:
    answer = api(program, "DELETE", "/doors/1")
    assert (answer.status, answer.json["code"]) == (400, "usage")
    assert answers(program.proxy, f"{origin.url}/still-there")
    assert api(program, "PATCH", "/doors/1", {"state": "stopped"}).status == 200
    assert is_free(program.proxy)
    assert api(program, "PATCH", "/doors/1", {"state": "open"}).status == 200
    assert answers(program.proxy, f"{origin.url}/there-again")


def test_a_killed_proxy_comes_back_with_all_open_doors(start: Callable[..., Wireglass], origin: Origin) -> None:
    program = start()
    open_door = start_door(program, "regular@127.0.0.1:0")
    stopped = start_door(program, "regular@127.0.0.1:0")
    api(program, "PATCH", f"/doors/{stopped['id']}", {"state": "stopped"})
    reverse = start_door(program, f"reverse:{origin.url}@127.0.0.1:0")
    [killed] = program.pids["proxy"]
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: not alive(killed) and program.pids["proxy"], "another proxy process", 30)
    # Clients wait meanwhile: the sockets are the main process's as well.
    for number, (address, url) in enumerate(
        [(program.proxy, origin.url), (open_door["listen"], origin.url), (reverse["listen"], "")]
    ):
        assert answers(address, f"{url}/back-{number}")
    assert is_free(stopped["listen"])
    for door in (open_door, reverse):
        assert api(program, "PATCH", f"/doors/{door['id']}", {"state": "stopped"}).json["state"] == "stopped"
        assert is_free(door["listen"])
    assert "is started again" in program.stop()
