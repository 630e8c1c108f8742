""" "Only this" and "Not this" of every value of a detail: each finds the exchange, and not one that is much like it."""

from __future__ import annotations

import http.client
import json

import pytest
from playwright.sync_api import Page, expect
from tests.peers.origin import Origin, fixed
from tests.peers.program import Wireglass
from tests.ui.pages.detail import Detail
from tests.ui.pages.traffic import TrafficPage

WANTED = "/v1/users/17"
OTHER = "/v1/users/170"


def send(
    wireglass: Wireglass,
    origin: Origin,
    host: str,
    target: str,
    *,
    client: str,
    method: str,
    headers: dict[str, str],
    operation: str,
    answer: tuple[str, str, dict[str, object], tuple[bytes, ...]],
) -> int:
    status, type, body, answer_headers = answer
    path = target.partition("?")[0]
    content = json.dumps(body, ensure_ascii=False).encode()
    origin.on(path, fixed(content, b"Content-Type: " + type.encode(), *answer_headers, status=status.encode()))
    proxy, _, port = wireglass.proxy.rpartition(":")
    url = f"http://{host}:{origin.port}{target}"
    connection = http.client.HTTPConnection(proxy, int(port), timeout=30, source_address=(client, 0))
    request = json.dumps({"operationName": operation, "query": f"query {operation} {{ id }}"})
    connection.request(method, url, request, {"Content-Type": "application/json", **headers})
    connection.getresponse().read()
    connection.close()
    return wireglass.row(url, "done").id


@pytest.fixture(scope="module")
def wanted(wireglass: Wireglass, origin: Origin) -> int:
    """Two exchanges, alike in everything but a little: the number of the first."""
    number = send(
        wireglass,
        origin,
        "127.0.0.1",
        f"{WANTED}?page=2&filter%5Ba%20b%5D=x%2C%20%22y%22&empty=",
        client="127.0.0.1",
        method="POST",
        headers={"X-Request-Id": "7", "Accept": "*/*;q=0.5, a/b", "Cookie": "first=1; sid=ab/c=; last=2"},
        operation="GetUser",
        answer=(
            "404 Not Found",
            "application/json",
            {"id": 4711, "name": 'Ada "L" Ünï\n', "tags": ["new", "a|b"], "lines": [], "paid": None},
            (b'ETag: W/"7"', b"Set-Cookie: token=x/1; Path=/; HttpOnly"),
        ),
    )
    send(
        wireglass,
        origin,
        "localhost",
        f"{OTHER}?page=20&filter%5Ba%20b%5D=x&empty=1",
        client="127.0.0.2",
        method="PUT",
        headers={"X-Request-Id": "77", "Accept": "*/*", "Cookie": "first=1; asid=ab/c=; sid=ab/c=d"},
        operation="GetUserList",
        answer=(
            "200 OK",
            "application/problem+json",
            {"id": 47110, "name": "Ada", "tags": ["newer", "a"], "list": [], "paid": False, "l": 4711, "m": "new"},
            (b'ETag: W/"70"', b"Set-Cookie: token=x/10; Path=/"),
        ),
    )
    return number


@pytest.fixture
def shown(page: Page, wireglass: Wireglass, wanted: int) -> TrafficPage:
    shown = TrafficPage(page, wireglass).open(f"/traffic?id={wanted}")
    shown.shows(WANTED, OTHER)
    return shown


@pytest.fixture
def detail(shown: TrafficPage) -> Detail:
    return Detail(shown.shell)


@pytest.mark.parametrize(
    ("tabs", "names"),
    [
        (["Overview"], ["host", "path", "method", "status", "type", "operation", "client"]),
        (["Request", "Headers"], ["X-Request-Id", "Accept", "Cookie"]),
        (["Request", "Query"], ["page", "filter[a b]", "empty"]),
        (["Request", "Cookies"], ["sid"]),
        (["Response", "Headers"], ["ETag", "Set-Cookie"]),
        (["Response", "Cookies"], ["token"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_a_value_finds_its_exchange(shown: TrafficPage, detail: Detail, tabs: list[str], names: list[str]) -> None:
    for name in names:
        detail.show(*tabs).narrow(name, "Only this")
        shown.shows(WANTED)
        # It says the contrary of what is there, and takes its place.
        detail.narrow(name, "Not this")
        shown.shows(OTHER)
        shown.clear()
        shown.shows(WANTED, OTHER)


@pytest.mark.parametrize("text", ['"id"', '"name"', '"new"', '"a|b"', '"lines"', '"paid"'])
def test_a_json_value_finds_its_exchange(shown: TrafficPage, detail: Detail, text: str) -> None:
    detail.show("Response", "Body").choose(detail.value(text), "Only bodies with this")
    shown.shows(WANTED)
    detail.choose(detail.value(text), "Not bodies with this")
    shown.shows(OTHER)


def test_what_is_filtered_already_stays(shown: TrafficPage, detail: Detail, wanted: int) -> None:
    shown.write("page or nothing").shows(WANTED, OTHER)
    detail.show("Overview").narrow("status", "Only this")
    shown.shows(WANTED)
    assert shown.address == {"q": "(page or nothing) status:404", "id": str(wanted)}
    expect(detail.part("Overview")).to_be_visible()
