"""Chromium on a page over HTTP/2 with 200 small resources, a WebSocket and an EventSource: our record and its devtools
log are the same."""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from playwright.sync_api import CDPSession, sync_playwright
from tests.doors.conftest import Authority
from tests.peers.chromium import BrowserCommand, chromium
from tests.peers.http2_origin import Http2Call, Http2Origin
from tests.peers.program import Row, Wireglass
from tests.peers.waiting import wait_for
from tests.peers.websocket_echo import EchoServer, echo_server

RESOURCES = 200
EVENTS = 10
SAID = ["one", "grüße 🦊", "x" * 5_000]

PAGE = """<!doctype html><link rel=icon href=data:,><title>h2</title><script>
window.left = 3;
const done = () => { window.left -= 1; };
Promise.all(Array.from({length: %d}, (_, n) =>
  fetch(`/small/${n}`, {method: n %% 10 ? 'GET' : 'POST', body: n %% 10 ? undefined : 'b'.repeat(n + 1)})
    .then(answer => answer.text()))).then(done);
const source = new EventSource('/events');
source.addEventListener('tick', event => { if (event.lastEventId === '%d') { source.close(); done(); } });
const socket = new WebSocket('%s/socket'), said = %s;
socket.onopen = () => socket.send(said[0]);
let heard = 0;
socket.onmessage = () => { heard += 1;
  if (heard < said.length) socket.send(said[heard]); else socket.close(1000, 'bye'); };
socket.onclose = done;
</script>"""

NETWORK = (
    "requestWillBeSent",
    "responseReceived",
    "eventSourceMessageReceived",
    "webSocketCreated",
    "webSocketFrameSent",
    "webSocketFrameReceived",
)


@dataclass
class Visit:
    events: dict[str, list[Any]]
    """Devtools' events by name."""
    sizes: dict[str, int]
    """URL → Resource Timing's encodedBodySize."""
    protocols: dict[str, str]
    """URL → Resource Timing's nextHopProtocol."""
    origin: Http2Origin
    server: EchoServer
    wireglass: Wireglass
    rows: list[Row]

    def by_url(self, url: str) -> Row:
        [row] = [row for row in self.rows if row.url == url and row.method != "CONNECT"]
        return row

    def messages(self, url: str) -> list[Any]:
        lines = self.wireglass.ask("show", str(self.by_url(url).id), "--messages", "--json").splitlines()
        return [msgspec.json.decode(line) for line in lines]


def small(call: Http2Call) -> None:
    number = int(call.path.rpartition("/")[2])
    call.answer(b"%d:" % number + b"." * (number * 37 % 1_500), (b"content-type", b"text/plain"))


def ticks(call: Http2Call) -> None:
    call.head((b"content-type", b"text/event-stream"))
    for number in range(EVENTS):
        call.send(f"event: tick\nid: {number}\ndata: number {number}\n\n".encode())
    call.until_over()  # Chromium closes it


def listen(session: CDPSession, events: dict[str, list[Any]]) -> None:
    def keeper(name: str) -> Callable[[Any], None]:
        return lambda event: events[name].append(event)  # playwright takes no built-in function

    for name in NETWORK:
        session.on(f"Network.{name}", keeper(name))
    session.send("Network.enable")


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Visit]:
    home = tmp_path_factory.mktemp("browser-http2") / "home"
    events: dict[str, list[Any]] = collections.defaultdict(list)
    with (
        Http2Origin(authority.server_context(), versions=("h2", "http/1.1")) as origin,
        echo_server(authority.server_context("localhost")) as server,
    ):
        page_text = PAGE % (RESOURCES, EVENTS - 1, server.uri, msgspec.json.encode(SAID).decode())
        page_url = f"https://localhost:{origin.port}/page"
        origin.on_stream(
            "/page", lambda call: call.answer(page_text.encode(), (b"content-type", b"text/html; charset=utf-8"))
        )
        origin.on_stream("/events", ticks)
        origin.otherwise = small
        arguments = f"--browser {chromium()} -- --headless=new --remote-debugging-port=0"
        command = BrowserCommand(home, arguments, trust=authority.path)
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.connect_over_cdp(command.devtools())
                page = browser.contexts[0].new_page()
                listen(page.context.new_cdp_session(page), events)
                page.evaluate("performance.setResourceTimingBufferSize(1000)")
                page.goto(page_url)
                page.wait_for_function("window.left === 0", timeout=60_000)
                timing = page.evaluate(
                    "performance.getEntries().filter(e => e.nextHopProtocol !== undefined)"
                    ".map(e => [e.name, e.encodedBodySize, e.nextHopProtocol])"
                )
                wait_for(lambda: all(not call.is_open for call in origin.streams), "the end of every stream", 20)
                browser.new_browser_cdp_session().send("Browser.close")
            assert command.end() == 0, command.said
        finally:
            command.clear()
        wireglass = Wireglass(home)
        yield Visit(
            events,
            {name: size for name, size, _ in timing},
            {name: protocol for name, _, protocol in timing},
            origin,
            server,
            wireglass,
            wireglass.ls(),
        )


def test_the_same_exchanges(visit: Visit) -> None:
    """By method, URL and status; all of the page over HTTP/2, on both sides."""
    theirs = collections.Counter(
        (event["request"]["method"], event["request"]["url"]) for event in visit.events["requestWillBeSent"]
    )
    socket = visit.events["webSocketCreated"][0]["url"].replace("wss:", "https:", 1)
    ours = collections.Counter((row.method, row.url) for row in visit.rows if row.url != socket)
    assert ours == theirs
    assert len(ours) == RESOURCES + 2
    for event in visit.events["responseReceived"]:
        response = event["response"]
        row = visit.by_url(response["url"])
        assert row.status == response["status"], row
        assert (row.protocol, response["protocol"]) == ("http/2", "h2")
    assert len(visit.events["responseReceived"]) == RESOURCES + 2
    assert set(visit.protocols.values()) == {"h2"}
    assert len(visit.origin.streams) == RESOURCES + 2


def test_the_same_sizes(visit: Visit) -> None:
    compared = 0
    for url, size in visit.sizes.items():
        row = visit.by_url(url)
        if "/events" not in url:  # it was closed, and Resource Timing tells nothing of it
            assert row.response_size == size, url
            compared += 1
    assert compared >= RESOURCES
    sent = [row.request_size for row in visit.rows if row.method == "POST"]
    assert sorted(sent) == list(range(1, RESOURCES + 1, 10))


def test_the_same_events(visit: Visit) -> None:
    url = f"https://localhost:{visit.origin.port}/events"
    theirs = [
        (event["eventName"], event["eventId"], event["data"]) for event in visit.events["eventSourceMessageReceived"]
    ]
    ours = [
        (one["fields"]["event"], one["fields"]["id"], one["text"])
        for one in visit.messages(url)
        if one["kind"] == "event"
    ]
    assert ours == theirs
    assert len(ours) == EVENTS


def test_the_same_websocket_messages(visit: Visit) -> None:
    url = f"{visit.server.url}/socket"
    row = visit.by_url(url)
    assert (row.protocol, row.status) == ("websocket", 101)
    found = visit.messages(url)
    for side, name in (("request", "webSocketFrameSent"), ("response", "webSocketFrameReceived")):
        theirs = [event["response"]["payloadData"] for event in visit.events[name] if event["response"]["opcode"] == 1]
        assert [one["text"] for one in found if one["side"] == side and one["kind"] == "text"] == theirs == SAID
    closes = [(one["side"], one["fields"]["code"]) for one in found if one["kind"] == "close"]
    assert closes == [("request", "1000"), ("response", "1000")]
