"""Who may ask: Host, Origin, token."""

from __future__ import annotations

import contextlib
import json
import socket
from pathlib import Path

import pytest
from tests.api.served import TOKEN, Api
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from wireglass.api import feed_socket, server
from wireglass.api.guard import is_token, own_hosts


@pytest.fixture
def api(shared_api: Api) -> Api:
    return shared_api


EXTENSION = "chrome-extension://abcdefghijklmnopabcdefghijklmnop"


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", TOKEN[:-1], "\xff"])
def test_without_the_token_nothing_is_read_or_changed(api: Api, token: str) -> None:
    for method, path in [("GET", "/exchanges"), ("GET", "/status"), ("POST", "/sessions"), ("DELETE", "/filters")]:
        answer = api.ask(method, path, token=token)
        assert answer.status == 401
        assert answer.json["code"] == "no_token"
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_the_token_is_compared_in_constant_time() -> None:
    """By hmac; here only that it is right."""
    assert is_token("é", "é")
    assert not is_token("\udcff", "x")


@pytest.mark.parametrize(
    "host", ["evil.test", "evil.test:{port}", "localhost", "127.0.0.1:1", "10.0.0.1:{port}", "localhost.:{port}", ""]
)
def test_a_name_that_was_made_to_point_here_reads_nothing(api: Api, host: str) -> None:
    """DNS rebinding: even with the token, and for what needs none."""
    for path in ("/exchanges", "/docs", "/openapi.json"):
        answer = api.ask("GET", path, headers={"Host": host.format(port=api.port)})
        assert (answer.status, answer.json["code"]) == (421, "wrong_host")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_our_own_names(api: Api, host: str) -> None:
    assert api.ask("GET", "/status", headers={"Host": f"{host}:{api.port}"}).status == 200


@pytest.mark.parametrize("origin", ["https://evil.test", "null", "http://localhost:1", "http://127.0.0.1", EXTENSION])
def test_a_page_of_another_origin_reads_nothing(api: Api, origin: str) -> None:
    for method, path in [("GET", "/exchanges"), ("POST", "/sessions"), ("OPTIONS", "/exchanges"), ("GET", "/docs")]:
        answer = api.ask(method, path, headers={"Origin": origin})
        assert (answer.status, answer.json["code"]) == (403, "wrong_origin")
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_our_own_page_reads(api: Api) -> None:
    assert api.ask("GET", "/status", headers={"Origin": api.origin}).status == 200


@pytest.mark.parametrize("destination", ["image", "script", "iframe", "style", "empty"])
def test_what_another_page_embeds(api: Api, destination: str) -> None:
    """Without Origin, but browsers say where it comes from."""
    for mode in ("no-cors", "navigate"):
        headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": destination}
        assert api.ask("GET", "/docs.js", headers=headers).status == 403
    visit = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert api.ask("GET", "/docs", headers=visit).status == 200


def test_the_paired_extension_reads(tmp_path: Path) -> None:
    with Api(tmp_path, ui_origins=(EXTENSION,)) as api:
        asked = {"Origin": EXTENSION, "Access-Control-Request-Method": "GET"}
        answer = api.ask("OPTIONS", "/exchanges", token="", headers=asked)
        assert answer.status == 204
        assert answer.headers["access-control-allow-origin"] == EXTENSION
        assert "authorization" in answer.headers["access-control-allow-headers"]
        answer = api.ask("GET", "/status", headers={"Origin": EXTENSION})
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, EXTENSION)
        assert "access-control-allow-credentials" not in answer.headers
        assert api.ask("GET", "/status", token="", headers={"Origin": EXTENSION}).status == 401
        assert api.ask("GET", "/status", headers={"Origin": EXTENSION + "x"}).status == 403


def test_headers_of_every_answer(api: Api) -> None:
    for path, token in [("/status", TOKEN), ("/nothing", TOKEN), ("/status", ""), ("/docs", ""), ("/openapi.json", "")]:
        headers = api.ask("GET", path, token=token).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "set-cookie" not in headers
        assert "server" not in headers


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Origin": "https://evil.test"}, 403), ({"Host": "evil.test"}, 421)],
)
def test_a_websocket_of_another_page_is_refused(api: Api, headers: dict[str, str], status: int) -> None:
    with socket.create_connection(("127.0.0.1", api.port)) as connection:
        host = headers.get("Host", f"127.0.0.1:{api.port}")
        lines = [
            "GET /api/feed HTTP/1.1",
            f"Host: {host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13",
            *(f"{name}: {value}" for name, value in headers.items() if name != "Host"),
            "\r\n",
        ]
        connection.sendall("\r\n".join(lines).encode())
        assert connection.recv(1000).split()[1] == str(status).encode()


@pytest.mark.parametrize("first", [{}, {"token": "wrong"}, {"query": "", "after": 0}])
def test_a_feed_without_the_token_says_nothing(api: Api, first: dict[str, object]) -> None:
    api.exchange()
    with connect(f"ws://127.0.0.1:{api.port}/api/feed") as feed:
        feed.send(json.dumps(first))
        with pytest.raises(ConnectionClosed) as closed:
            feed.recv(30)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4401


def test_who_has_no_token_does_not_stay(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each connection costs the main process a descriptor: one that says nothing is ended, as HTTP and as WebSocket."""
    monkeypatch.setattr(server, "FIRST_REQUEST", 0.1)
    monkeypatch.setattr(feed_socket, "FIRST_MESSAGE", 0.1)
    with socket.create_connection(("127.0.0.1", api.port), 30) as connection:
        connection.sendall(b"GET /api/status HTTP/1.1\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(1) == b""
    with connect(f"ws://127.0.0.1:{api.port}/api/feed") as feed:
        with pytest.raises(ConnectionClosed) as closed:
            feed.recv(30)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4401


def test_who_has_no_token_takes_no_place_of_others(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_socket, "MOST", 1)
    with connect(f"ws://127.0.0.1:{api.port}/api/feed"), connect(f"ws://127.0.0.1:{api.port}/api/feed") as second:
        with pytest.raises(ConnectionClosed) as closed:
            second.recv(30)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4429
    with api.feed() as first, connect(f"ws://127.0.0.1:{api.port}/api/feed") as waiting:
        assert first.next("subscribed")
        waiting.send(json.dumps({"token": TOKEN}))
        with pytest.raises(ConnectionClosed) as closed:
            waiting.recv(30)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4429


def test_a_first_message_has_a_limit(api: Api) -> None:
    with connect(f"ws://127.0.0.1:{api.port}/api/feed") as feed:
        feed.send("x" * (server.MESSAGE_LIMIT + 1))
        with pytest.raises(ConnectionClosed) as closed:
            feed.recv(30)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1009


def test_other_websockets_need_the_token_and_are_not_there(api: Api) -> None:
    for path in ("/api/exchanges", "/"):
        with pytest.raises(InvalidStatus):
            connect(f"ws://127.0.0.1:{api.port}{path}")


def test_an_address_that_others_reach(tmp_path: Path) -> None:
    with Api(tmp_path, host="0.0.0.0", ui_remote=True) as api:
        assert api.ask("GET", "/status", headers={"Host": f"192.0.2.7:{api.port}"}).status == 200
        assert api.ask("GET", "/status", headers={"Host": f"evil.test:{api.port}"}).status == 421
        assert api.ask("GET", "/status", token="").status == 401


def test_hosts_of_an_address() -> None:
    assert "[2001:db8::1]:81" in own_hosts("2001:db8::1", 81)
    assert "dev.local:81" in own_hosts("Dev.local", 81)
    assert "localhost" in own_hosts("127.0.0.1", 80)
