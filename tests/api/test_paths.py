"""What the paths do, on a real store."""

from __future__ import annotations

import gzip
import json
import random
import socket
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.api.served import TOKEN, Api
from tests.peers.waiting import wait_for

from wireglass.model import SessionOptions

JSON = [(b"Content-Type", b"application/json")]


def urls(page: Any) -> list[str]:
    return [item["url"] for item in page["items"]]


def test_pages_by_cursor(api: Api) -> None:
    for number in range(25):
        api.exchange(f"http://a.test/{number}")
    wanted = [f"http://a.test/{number}" for number in range(25)]
    for order, expected in (("newest", wanted[::-1]), ("oldest", wanted)):
        found: list[str] = []
        cursor: str | None = None
        while True:
            parameters = {"limit": 10, "order": order, **({"cursor": cursor} if cursor else {})}
            page = api.get("/exchanges", **parameters)
            found += urls(page)
            cursor = page["next"]
            if cursor is None:
                break
        assert found == expected


def test_a_query_a_count_and_figures(api: Api) -> None:
    for number, method in enumerate(["GET", "POST", "GET", "PUT"]):
        api.exchange(f"http://a.test/{number}", method=method, status=200 + 100 * number, request=b"abc")
    api.exchange("http://b.test/", status=None)
    assert urls(api.get("/exchanges", query="method:GET,PUT status:>=400")) == ["http://a.test/3", "http://a.test/2"]
    assert api.get("/count", query="host:a.test") == {"exchanges": 4, "exact": True}
    stats = api.get("/stats", query="host:a.test or host:b.test")
    assert (stats["exchanges"], stats["failed"], stats["request_bytes"], stats["exact"]) == (5, 1, 12, True)
    methods = {tally["value"]: tally["exchanges"] for tally in stats["tallies"] if tally["dimension"] == "method"}
    assert methods == {"GET": 3, "POST": 1, "PUT": 1}
    of_session = api.get(f"/sessions/{api.session.id}/stats")
    assert of_session["session"]["exchanges"] == 5
    dimensions = ("method", "domain", "status")
    compared = [
        sorted((one["dimension"], one["value"], one["exchanges"]) for one in tallies if one["dimension"] in dimensions)
        for tallies in (of_session["tallies"], stats["tallies"])
    ]
    assert compared[0] == compared[1]


def test_one_exchange_with_odd_bytes(api: Api) -> None:
    api.exchange(response_headers=[(b"X-Odd", b"\xff\x00caf\xc3\xa9"), (b"X-Odd", b"2")])
    found = api.get("/exchanges/1")
    assert found["response"]["headers"] == [["X-Odd", "\xff\x00caf\xc3\xa9"], ["X-Odd", "2"]]
    assert found["summary"]["id"] == 1
    assert api.ask("GET", "/exchanges/2").json["code"] == "not_found"


def test_bodies_are_no_pages_of_ours(api: Api) -> None:
    page = b"<script>alert(1)</script>" * 5000
    headers = [(b"Content-Type", b"text/html"), (b"Content-Encoding", b"gzip")]
    api.exchange(response=gzip.compress(page), response_headers=headers, request=b'{"a":1}', request_headers=JSON)
    for how, expected in (("raw", gzip.compress(page)), ("decoded", page)):
        answer = api.ask("GET", f"/exchanges/1/response/body?as={how}")
        assert answer.body[10:] == expected[10:]  # gzip has a time in its head
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"] == 'attachment; filename="1-response.bin"'
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
    shown = api.get("/exchanges/1/request/body", **{"as": "view"})
    assert shown["view"] == "json" and json.loads(shown["text"]) == {"a": 1}
    raw = api.get("/exchanges/1/request/body", **{"as": "view", "view": "raw"})
    assert (raw["view"], raw["text"]) == ("raw", '{"a":1}')
    assert api.ask("GET", "/exchanges/1/request/body?as=view&view=nothing").status == 400
    assert api.ask("GET", "/exchanges/9/request/body").status == 404
    assert api.ask("GET", "/exchanges/1/both/body").status == 400


def test_the_views_of_a_body_come_the_best_first(api: Api) -> None:
    query = json.dumps({"query": "query Q { me }", "variables": {"long": "x" * 2000}}).encode()
    api.exchange(request=query, request_headers=JSON, response=b"\x00\x01")
    found = api.get("/exchanges/1/request/views")
    assert [choice["name"] for choice in found if choice["fits"]] == ["graphql", "json"]
    assert {"hex", "multipart", "protobuf"} <= {choice["name"] for choice in found if not choice["fits"]}
    assert "GraphQL over HTTP" in found[0]["about"]
    shown = api.get("/exchanges/1/request/body", **{"as": "view"})
    assert shown["view"] == found[0]["name"]
    assert not any(choice["fits"] for choice in api.get("/exchanges/1/response/views"))
    assert api.ask("GET", "/exchanges/9/request/views").status == 404


def test_a_body_that_cannot_be_decoded(api: Api) -> None:
    api.exchange(response=b"no gzip", response_headers=[(b"Content-Encoding", b"gzip")])
    answer = api.ask("GET", "/exchanges/1/response/body")
    assert answer.status == 400 and "as=raw" in answer.json["hint"]
    assert api.ask("GET", "/exchanges/1/response/body?as=raw").body == b"no gzip"


def test_messages(api: Api) -> None:
    events = b"".join(b"data: %d\n\n" % number for number in range(5))
    api.exchange(type="text/event-stream", response=events)
    page = api.get("/exchanges/1/messages", limit=2)
    assert [item["text"] for item in page["items"]] == ["0", "1"]
    assert page["next"] == 2
    page = api.get("/exchanges/1/messages", after=2)
    assert [item["text"] for item in page["items"]] == ["2", "3", "4"]
    assert (page["next"], page["open"]) == (None, False)
    api.exchange()
    assert api.ask("GET", "/exchanges/2/messages").status == 404


def test_marks_and_deletion(api: Api) -> None:
    for number in range(5):
        api.exchange(f"http://a.test/{number}")
    marked = api.ask("POST", "/exchanges/marks", {"ids": [1, 2, 99], "color": "red", "star": True, "note": "so"})
    assert (marked.status, marked.json) == (200, {"exchanges": 2})
    assert api.get("/exchanges/1")["summary"]["note"] == "so"
    assert urls(api.get("/exchanges", query="is:starred")) == ["http://a.test/1", "http://a.test/0"]
    assert api.ask("DELETE", "/exchanges?id=1&id=2").json == {"exchanges": 2}
    assert api.ask("DELETE", f"/exchanges?{urlencode({'query': 'path:/2'})}").json == {"exchanges": 1}
    assert api.get("/count")["exchanges"] == 2
    for refused in ("", "?query=", "?query=%20", "?id=1&query=x", "?id=0", "?id=x", "?query=a:b:c("):
        assert api.ask("DELETE", f"/exchanges{refused}").status == 400
    assert api.get("/count")["exchanges"] == 2


def test_a_session_from_start_to_end(api: Api) -> None:
    started = api.ask("POST", "/sessions", {"name": "mine", "options": {"filter": "host:a.test"}})
    assert started.status == 201
    number = started.json["id"]
    path = f"/sessions/{number}"
    again = api.ask("POST", "/sessions", {"name": "mine"})
    assert (again.status, again.json["code"]) == (400, "usage")
    assert api.ask("POST", f"{path}/pause").json["state"] == "paused"
    assert api.ask("POST", f"{path}/resume").json["state"] == "recording"
    assert api.ask("POST", f"{path}/clear").json == {"exchanges": 0}
    changed = api.ask("PATCH", path, {"name": "yours", "note": "of them"}).json
    assert (changed["name"], changed["note"], changed["options"]["filter"]) == ("yours", "of them", "host:a.test")
    assert [one["id"] for one in api.get("/sessions", name="yours")] == [number]
    assert api.ask("DELETE", path).status == 400
    assert api.ask("POST", f"{path}/stop").json["state"] == "ended"
    assert api.ask("DELETE", path).json == {"exchanges": 0}
    assert api.ask("GET", path).status == 404
    wrong = api.ask("POST", "/sessions", {"name": "x", "options": {"filter": "nosuch:1"}})
    assert (wrong.status, wrong.json["code"], wrong.json["at"][0]) == (400, "bad_query", 0)


def test_saved_filters(api: Api) -> None:
    assert api.ask("PUT", "/filters", {"name": "a/b c", "query": "status:4xx"}).status == 200
    assert api.get("/filters") == [{"name": "a/b c", "query": "status:4xx"}]
    assert api.ask("PUT", "/filters", {"name": "b", "query": "("}).json["code"] == "bad_query"
    assert api.ask("DELETE", f"/filters?{urlencode({'name': 'a/b c'})}").status == 204
    assert api.ask("DELETE", "/filters?name=a").status == 404


def test_status_doors_settings_and_certificate(api: Api) -> None:
    status = api.get("/status")
    assert status["running"]["ui"] == f"127.0.0.1:{api.port}"
    assert [session["name"] for session in status["sessions"]] == ["test"]
    assert api.ask("POST", "/doors", {"mode": "regular@127.0.0.1:1"}).status == 201
    assert api.ask("PATCH", "/doors/2", {"state": "stopped"}).json["state"] == "stopped"
    assert api.ask("DELETE", "/doors/2").status == 204
    assert api.ask("PATCH", "/doors/2", {"state": "open"}).status == 404
    assert len(api.get("/doors")) == 1
    settings = {one["name"]: one for one in api.get("/settings")}
    assert settings["workers"]["value"] == 1 and settings["home"]["value"] == str(api.home.path)
    certificate = api.get("/ca")
    assert certificate["pem"].startswith("-----BEGIN CERTIFICATE-----") and "KEY" not in certificate["pem"]


def test_browsers_environment_addresses_and_what_the_store_holds(api: Api) -> None:
    assert [one["name"] for one in api.get("/browsers")] == ["firefox"]
    assert api.ask("POST", "/browsers", {"name": "firefox"}).json["running"] == 1
    assert api.ask("POST", "/browsers", {"name": "/bin/sh"}).status == 404
    assert api.ask("POST", "/browsers", {"name": "firefox", "arguments": ["--x"]}).status == 400
    assert api.ask("POST", "/browsers", {"name": "firefox"}, token="").status == 401
    assert api.get("/environment")["variables"]["grpc_proxy"] is None
    assert api.get("/addresses")[0]["door"] is None
    held = api.get("/store")
    assert held["exchanges"] == 0 and held["bytes"] > 0


def test_no_password_among_the_settings(tmp_path: Path) -> None:
    from wireglass.listening import Credentials
    from wireglass.proxy_url import parse_proxy

    secrets: dict[str, Any] = {
        "proxy_auth": Credentials("me", "hunter2"),
        "upstream": parse_proxy("http://you:hunter2@proxy.test:1"),
    }
    with Api(tmp_path, **secrets) as api:
        text = api.ask("GET", "/settings").body
        assert b"hunter2" not in text
        assert b"me:" in text and b"proxy.test" in text


def test_missing(api: Api) -> None:
    assert api.get("/missing") == []
    assert api.get("/missing", session=api.session.id) == []


def test_prune(api: Api) -> None:
    for number in range(5):
        api.exchange(f"http://a.test/{number}")
    assert api.ask("POST", "/prune", {}).status == 400
    assert api.ask("POST", "/prune", {"count": 2}).json == {"exchanges": 3}
    assert len(api.get("/exchanges")["items"]) == 2


def test_a_query_is_checked_and_completed(api: Api) -> None:
    good = api.get("/query", text="method:GET")
    assert good["error"] is None and good["tree"]["type"] == "Term" and good["text"]
    bad = api.get("/query", text="methd:GET")
    assert bad["tree"] is None and bad["error"]["code"] == "bad_query" and bad["error"]["at"]
    assert "method:" in [one["text"] for one in api.get("/query", text="meth")["completions"]]
    assert api.get("/query", text="session:te", cursor=10)["completions"][0]["text"].startswith("test")
    checked = api.get("/query", text="a -(b or c) host:", cursor=17)
    assert checked["terms"] == [] and checked["writing"] == {"field": "host", "start": 17, "end": 17}
    assert api.get("/query", text="a -(b or c)")["terms"] == [[0, 1], [2, 11]]


def test_export_is_redacted_unless_secrets_are_asked_for(api: Api) -> None:
    secret = b"Bearer abcdefghijklmnopqrstuvwxyz0123456789"
    api.exchange("http://a.test/1", request_headers=[(b"Authorization", secret)])
    api.exchange("http://b.test/2")
    answer = api.ask("GET", "/export")
    assert [entry["request"]["url"] for entry in answer.json["log"]["entries"]] == [
        "http://a.test/1",
        "http://b.test/2",
    ]
    assert secret[7:] not in answer.body
    assert "attachment" in answer.headers["content-disposition"]
    assert secret in api.ask("GET", "/export?secrets=keep&query=host:a.test").body
    found = api.get("/secrets")
    assert [item["id"] for item in found["items"]] == [1]
    assert found["items"][0]["secrets"][0]["kind"] == "bearer"
    assert secret[7:].decode() not in json.dumps(found)


def test_an_export_is_imported(api: Api) -> None:
    api.exchange("http://a.test/1", response=b"text")
    exported = api.ask("GET", "/export").body
    answer = api.ask("POST", "/import?session=taken", exported)
    assert answer.status == 201, answer
    assert answer.json["name"] == "taken" and answer.json["exchanges"] == 1
    assert len(api.get("/exchanges", query="session:taken")["items"]) == 1
    assert api.ask("POST", "/import", b"").json["code"] == "usage"
    number = api.ask("POST", "/import?session=123", exported)
    assert (number.status, number.json["code"]) == (400, "usage")
    assert number.json["message"] == "The name '123' is a number, and numbers name sessions by their id."
    for refused in (b"{}", b"nothing", exported[:-20]):
        assert api.ask("POST", "/import", refused).status == 422
    assert len(api.get("/sessions")) == 2
    assert not list(api.home.tmp.iterdir())


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/nothing", None, 404, "not_found"),
        ("PUT", "/status", None, 405, "method_not_allowed"),
        ("GET", "/exchanges?limit=0", None, 400, "usage"),
        ("GET", "/exchanges?limit=many", None, 400, "usage"),
        ("GET", "/exchanges?order=up", None, 400, "usage"),
        ("GET", "/exchanges?cursor=nonsense", None, 400, "usage"),
        ("GET", "/exchanges?query=(", None, 400, "bad_query"),
        ("GET", "/exchanges?query=" + "x" * 5000, None, 400, "usage"),
        ("GET", "/exchanges/99999999999999999999", None, 400, "usage"),
        ("POST", "/sessions", b"{", 400, "usage"),
        ("POST", "/sessions", {"nmae": "x"}, 400, "usage"),
        ("POST", "/sessions", {"name": 1}, 400, "usage"),
        ("POST", "/sessions", b"x" * (5 * 2**20), 413, "too_large"),
        ("GET", "/feed", None, 426, "upgrade_wanted"),
    ],
)
def test_one_shape_of_errors(shared_api: Api, method: str, path: str, body: object, status: int, code: str) -> None:
    answer = shared_api.ask(method, path, body)
    assert (answer.status, answer.json["code"]) == (status, code), answer
    assert set(answer.json) == {"code", "message", "hint", "field", "at"}
    assert answer.json["message"]


def test_the_field_that_is_wrong_is_named(api: Api) -> None:
    assert api.ask("GET", "/exchanges?limit=0").json["field"] == "limit"
    assert api.ask("GET", "/exchanges?query=(").json["field"] == "query"


def test_a_download_that_is_broken_off_gives_its_place_back(api: Api) -> None:
    body = random.Random(1).randbytes(8 * 2**20)  # more than the buffers between us hold
    api.exchange(response=body)
    for _ in range(40):  # more than may run at a time
        with socket.create_connection(("127.0.0.1", api.port), 30) as connection:
            connection.sendall(
                b"GET /api/exchanges/1/response/body?as=raw HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                b"Authorization: Bearer %s\r\n\r\n" % (api.port, TOKEN.encode())
            )
            assert connection.recv(12) in (b"HTTP/1.1 200", b"HTTP/1.1 503")
    wait_for(lambda: api.ask("GET", "/exchanges/1/response/body?as=raw").body == body, "a place")
    assert api.notices == []


def test_a_long_deletion_holds_up_nobody(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """What may take minutes is done beside the rest; and who stops Wireglass need not wait for it."""
    begun, go_on = threading.Event(), threading.Event()

    def clear(id: int) -> int:
        begun.set()
        assert go_on.wait(30)
        return 0

    monkeypatch.setattr(api.store, "clear_session", clear)
    monkeypatch.setattr(api.store, "delete_session", clear)
    ended = api.control.start_session("ended", "proxy", SessionOptions())
    api.control.stop_session(ended.id)
    asked: list[tuple[str, str]] = [("POST", f"/sessions/{api.session.id}/clear"), ("DELETE", f"/sessions/{ended.id}")]
    threads = [threading.Thread(target=api.ask, args=request) for request in asked]
    try:
        for thread in threads:
            thread.start()
        assert begun.wait(30)
        assert api.ask("POST", f"/sessions/{api.session.id}/pause").json["state"] == "paused"
        wait_for(lambda: api.control._going, "the deletion to begin")
        again = api.ask("POST", "/sessions", {"name": "ended"})
        assert (again.status, again.json["code"]) == (400, "usage") and "being deleted" in again.json["message"]
    finally:
        go_on.set()
        for thread in threads:
            thread.join(30)


def test_a_mistake_of_ours_is_one_shape_and_goes_into_a_file(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken inside")

    monkeypatch.setattr(api.control, "save_filter", broken)
    answer = api.ask("PUT", "/filters", {"name": "a", "query": ""})
    assert (answer.status, answer.json["code"]) == (500, "mistake")
    assert b"broken inside" not in answer.body
    [notice] = wait_for(lambda: api.notices, "the notice")
    log = api.home.path / "api.log"
    assert str(log) in notice and "broken inside" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600
