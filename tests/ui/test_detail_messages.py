"""The messages of a stream, as a conversation."""

from __future__ import annotations

from playwright.sync_api import Browser, expect
from tests.peers import rpc
from tests.peers.program import Wireglass
from tests.peers.websocket_echo import EchoServer
from tests.ui.pages.detail import Detail
from tests.ui.tracing import longest_task
from tests.ui.traffic import Traffic
from websockets.sync.client import connect


def test_events_are_listed_searched_and_read(detail: Detail, traffic: Traffic) -> None:
    events = b'event: order\ndata: {"id": 1}\n\ndata: plain text\n\n'
    row = traffic.send("/events", events, type="text/event-stream")
    detail.open(row.id).show("Messages")
    expect(detail.messages.get_by_role("treeitem")).to_have_count(2)
    detail.search_messages("plain")
    expect(detail.messages.get_by_role("treeitem")).to_have_count(1)
    detail.search_messages("")
    detail.message('{"id": 1}').click()
    expect(detail.selected_message).to_contain_text('"id": 1')


def test_a_websocket_is_followed_while_it_goes_on(detail: Detail, wireglass: Wireglass) -> None:
    server = EchoServer(None, None)
    try:
        with connect(f"{server.uri}/", proxy=f"http://{wireglass.proxy}") as client:
            client.send("first")
            client.recv()
            row = wireglass.row(f"{server.url}/", "open")
            detail.open(row.id).show("Messages")
            expect(detail.message("first")).to_have_count(2)
            client.send("second")
            client.recv()
            expect(detail.message("second")).to_have_count(2)
            detail.only("Sent by the client")
            expect(detail.messages.get_by_role("treeitem")).to_have_count(2)
    finally:
        server.stop()


def test_following_ends_where_the_person_scrolls_up_and_goes_on_at_the_end(
    detail: Detail, wireglass: Wireglass
) -> None:
    server = EchoServer(None, None)
    try:
        with connect(f"{server.uri}/", proxy=f"http://{wireglass.proxy}") as client:
            for number in range(60):
                client.send(f"number {number}.")
                client.recv()
            detail.open(wireglass.row(f"{server.url}/", "open").id).show("Messages")
            expect(detail.message("number 59.").last).to_be_in_viewport()
            expect(detail.following).to_have_attribute("aria-pressed", "true")
            detail.wheel(-600)
            expect(detail.following).to_have_attribute("aria-pressed", "false")
            client.send("while away")
            client.recv()
            expect(detail.root).to_contain_text("122 messages")
            expect(detail.message("while away")).to_have_count(0)
            detail.wheel(10_000)
            expect(detail.following).to_have_attribute("aria-pressed", "true")
            client.send("back again")
            client.recv()
            expect(detail.message("back again").last).to_be_in_viewport()
    finally:
        server.stop()


def test_fifty_thousand_messages_are_smooth(detail: Detail, traffic: Traffic, browser: Browser) -> None:
    row = traffic.send("/many", b"".join(b"data: event %d\n\n" % n for n in range(50_000)), type="text/event-stream")
    detail.open(row.id)

    def look() -> None:
        detail.show("Messages")
        expect(detail.root).to_contain_text("50,000 messages", timeout=30_000)
        detail.wheel(2_000_000)
        expect(detail.message("event 49999")).to_be_in_viewport()
        detail.search_messages("event 4242")
        expect(detail.root).to_contain_text("11 of 50,000 messages")

    longest = longest_task(browser, detail.page, look)
    assert longest < 200, f"a task took {longest:.0f} ms"


def test_messages_of_grpc_are_decoded(detail: Detail, wireglass: Wireglass) -> None:
    server = rpc.Server()
    try:
        with rpc.Client(server.port, wireglass.proxy) as client:
            list(client.server_stream(rpc.request(text="hello", count=2), timeout=30))
        row = wireglass.row(f"http://127.0.0.1:{server.port}/{rpc.SERVICE}/ServerStream")
    finally:
        server.stop()
    detail.open(row.id).show("Messages")
    expect(detail.messages.get_by_role("treeitem")).to_have_count(3)
    detail.only("Sent by the client")
    expect(detail.messages.get_by_role("treeitem")).to_have_count(1)
    detail.message('1: "hello"').click()
    expect(detail.selected_message).to_contain_text('1: "hello"')
    detail.show("Response", "Body")
    expect(detail.chosen_view).to_contain_text("Best fit: gRPC")
    expect(detail.code).to_contain_text("# message 2")
    detail.show("Headers")
    expect(detail.row("Trailers, behind the body", "grpc-status")).to_contain_text("0")
