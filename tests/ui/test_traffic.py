"""The live list of the traffic."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.peers.origin import Call, Origin
from tests.peers.program import Wireglass
from tests.ui.axe import faults
from tests.ui.pages.traffic import TrafficPage
from tests.ui.traffic import Traffic

# The accept value is the one of RFC 6455 1.3 for this key.
_TO_SWITCH = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
_SWITCHED = (
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)


@pytest.fixture
def program(start: Callable[..., Wireglass]) -> Wireglass:
    return start("--ui", "127.0.0.1:0")


@pytest.fixture
def sending(program: Wireglass, origin: Origin) -> Traffic:
    return Traffic(program, origin)


@pytest.fixture
def shown(program: Wireglass, page: Page) -> TrafficPage:
    """In this order: the page goes before the program that it asks all the time."""
    return TrafficPage(page, program).open()


def test_nothing_captured_yet_and_then_the_first_exchange(shown: TrafficPage, sending: Traffic) -> None:
    shown.says("Nothing captured yet")
    expect(shown.main).to_contain_text(sending.program.proxy)
    assert faults(shown.page) == []
    sending.send("/first", b"hi")
    shown.shows("/first")


def test_what_comes_is_shown_as_it_comes(shown: TrafficPage, sending: Traffic) -> None:
    for path in ("/a", "/b"):
        sending.send(path, b"1234", type="application/json", status="404 Not Found")
        expect(shown.rows.last).to_contain_text(path)
    for text in ("404", "GET", "127.0.0.1", "json", "4 B"):
        expect(shown.row("/a")).to_contain_text(text)


def test_a_row_opens_beside_the_list_and_is_in_the_address(shown: TrafficPage, sending: Traffic) -> None:
    first, second = sending.send("/a"), sending.send("/b")
    shown.row("/a").click()
    expect(shown.selected).to_contain_text("/a")
    assert shown.address == {"id": str(first.id)}
    shown.shell.press("j")
    expect(shown.selected).to_contain_text("/b")
    shown.page.wait_for_url(f"**id={second.id}")
    shown.shell.press("Escape")
    shown.page.wait_for_url("**/traffic")


def test_the_list_is_one_tab_stop_with_keys_of_its_own(shown: TrafficPage, sending: Traffic) -> None:
    for path in ("/a", "/b", "/c"):
        sending.send(path)
    shown.shows("/a", "/b", "/c")
    shown.list.focus()
    shown.shell.press("Home", "Shift+ArrowDown")
    expect(shown.selected).to_have_count(2)
    shown.shell.press("Control+a")
    expect(shown.selected).to_have_count(3)
    shown.shell.press("End")
    expect(shown.selected).to_have_count(1)
    expect(shown.selected).to_contain_text("/c")
    expect(shown.list).to_have_attribute(
        "aria-activedescendant", f"exchange-{sending.program.rows(f'http://127.0.0.1:{sending.origin.port}/c')[0].id}"
    )
    shown.shell.press("Tab")
    expect(shown.rows.locator(":focus")).to_have_count(0)


def test_several_rows_are_deleted_when_it_is_confirmed(shown: TrafficPage, sending: Traffic) -> None:
    for path in ("/a", "/b", "/c"):
        sending.send(path)
    shown.row("/a").click()
    shown.row("/b").click(modifiers=["Control"])
    shown.ask_about("/b").choose("Delete 2 exchanges…")
    expect(shown.page.get_by_role("dialog")).to_contain_text("This cannot be undone.")
    shown.page.get_by_role("button", name="Delete 2 exchanges").click()
    shown.shows("/c")
    assert [row.url for row in sending.program.ls()] == [f"{sending.origin.url}/c"]


def test_rows_are_marked_with_colour_star_and_note(shown: TrafficPage, sending: Traffic) -> None:
    row = sending.send("/a")
    shown.ask_about("/a").choose("Star")
    expect(shown.row("/a").get_by_label("Starred")).to_be_visible()
    shown.ask_about("/a").choose("Red")
    shown.ask_about("/a").choose("Note…")
    shown.dialog.get_by_role("textbox", name="Note").fill("look here")
    shown.dialog.get_by_role("button", name="Save").click()
    expect(shown.row("/a").get_by_label("Note: look here")).to_be_visible()
    # Nothing stays of the dialog: what announced its button would have no name.
    expect(shown.page.locator("[role=img][aria-labelledby]")).to_have_count(0)
    marked = sending.program.ask("ls", "is:starred color:red note:look", "--json")
    assert f'"id":{row.id},' in marked.decode().replace(" ", "")


def test_only_this_host_and_not_this_path(shown: TrafficPage, sending: Traffic) -> None:
    sending.send("/a/1")
    sending.send("/b")
    shown.ask_about("/b").choose("Not /b")
    shown.shows("/a/1")
    shown.ask_about("/a/1").choose("Only 127.0.0.1")
    shown.shows("/a/1")
    assert shown.address == {"q": "-path:/b host:127.0.0.1"}


def test_columns_are_sorted_and_chosen_and_stay_so(shown: TrafficPage, sending: Traffic) -> None:
    sending.send("/long", b"12345")
    sending.send("/short", b"1")
    sending.send("/middle", b"123")
    shown.sort_by("Size")
    shown.shows("/short", "/middle", "/long")
    shown.sort_by("Size")
    shown.shows("/long", "/middle", "/short")
    shown.sort_by("Size")
    shown.shows("/long", "/short", "/middle")
    shown.main.get_by_role("button", name="Columns").click()
    shown.dialog.locator("label", has_text="Protocol").click()
    shown.dialog.get_by_role("button", name="Host: to the left").click()
    shown.dialog.get_by_role("button", name="Done").click()
    wanted = ["Status", "Host", "Method", "Path", "Type", "Size", "Time", "Duration", "Protocol"]
    assert shown.headings() == wanted
    shown.open("/traffic?again=")
    expect(shown.rows).to_have_count(3)
    assert shown.headings() == wanted


def test_groups_by_endpoint_fold_ids_and_close(shown: TrafficPage, sending: Traffic) -> None:
    for path in ("/users/1", "/users/22", "/other"):
        sending.send(path)
    shown.group_by("By endpoint")
    expect(shown.groups).to_have_count(2)
    expect(shown.groups.last).to_contain_text("/users/{id}")
    expect(shown.groups.last).to_contain_text("2 exchanges")
    shown.groups.last.click()
    shown.shows("/other")
    assert shown.address == {"group": "endpoint"}


def test_groups_have_the_keys_of_a_tree(shown: TrafficPage, sending: Traffic) -> None:
    for path in ("/b", "/a", "/b?again"):
        sending.send(path)
    shown.group_by("By endpoint")
    expect(shown.groups).to_have_count(2)
    shown.list.focus()
    shown.shell.press("Home")
    expect(shown.selected).to_contain_text("/a1 exchange")
    shown.shell.press("ArrowLeft", "ArrowDown", "ArrowRight")
    expect(shown.rows).to_have_count(2)
    expect(shown.selected).to_have_attribute("data-id", "1")
    shown.shell.press("ArrowLeft")
    expect(shown.selected).to_contain_text("/b2 exchanges")
    shown.shell.press("ArrowLeft")
    expect(shown.rows).to_have_count(0)
    shown.shell.press("Enter")
    expect(shown.rows).to_have_count(2)
    shown.shell.press("k", "ArrowRight")
    expect(shown.rows).to_have_count(3)
    shown.shell.press("j", "Enter")
    shown.page.wait_for_url("**id=2*")
    expect(shown.list).to_have_attribute("aria-activedescendant", "exchange-2")


def test_columns_are_made_wider_with_pointer_and_keys(shown: TrafficPage, sending: Traffic) -> None:
    sending.send("/a")
    sending.send("/b")
    before = shown.width_of("Host")
    shown.drag_edge_of("Host", 60)
    assert shown.width_of("Host") == before + 60
    shown.drag_edge_of("Path", -50)
    path = shown.width_of("Path")
    shown.main.get_by_role("button", name="Columns").focus()
    shown.shell.press("Enter")
    for name in ("Host: narrower", "Host: to the left", "Path: sort upwards", "Path: sort downwards"):
        shown.dialog.get_by_role("button", name=name).focus()
        shown.shell.press("Enter")
    shown.shell.press("Escape")
    expect(shown.dialog).to_be_hidden()
    assert shown.headings()[:3] == ["Status", "Host", "Method"]
    shown.shows("/b", "/a")
    shown.open("/traffic?again=")
    shown.shows("/a", "/b")
    assert (shown.width_of("Host"), shown.width_of("Path")) == (before + 40, path)


def test_what_is_no_plain_answer_is_told_apart(shown: TrafficPage, sending: Traffic) -> None:
    origin, proxy = sending.origin, sending.program.proxy
    host, _, port = proxy.partition(":")
    done = threading.Event()

    def half(call: Call) -> None:
        call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        done.wait(60)

    def switch(call: Call) -> None:
        call.send(_SWITCHED)
        done.wait(60)

    asked = (
        f"GET {origin.on('/half', half)} HTTP/1.1\r\nHost: {origin.authority}\r\n\r\n",
        f"GET {origin.on('/socket', switch)} HTTP/1.1\r\nHost: {origin.authority}\r\n{_TO_SWITCH}\r\n",
        f"CONNECT {origin.authority} HTTP/1.1\r\nHost: {origin.authority}\r\n\r\n",
        "GET http://127.0.0.1:9/nobody HTTP/1.1\r\nHost: 127.0.0.1:9\r\n\r\n",
    )
    with contextlib.ExitStack() as stack:
        stack.callback(done.set)
        sockets = [stack.enter_context(socket.create_connection((host, int(port)), 20)) for _ in asked]
        for sock, text in zip(sockets, asked, strict=True):
            sock.sendall(text.encode())
            assert sock.recv(4096)
        sockets[2].sendall(b"SSH-2.0-made_up\r\n")
        for text, title, word in (
            ("/half", "Open: not answered wholly yet", "open"),
            ("/socket", "WebSocket, open", "websocket"),
            ("CONNECT", "Tunnel: not read, open", "tunnel"),
            ("/nobody", "Failed: ", "502"),
        ):
            expect(shown.row(text).locator(f"[title^='{title}']")).to_be_visible()
            expect(shown.row(text)).to_contain_text(word)
        assert faults(shown.page) == []


def test_bars_begin_and_end_among_the_others(shown: TrafficPage, sending: Traffic) -> None:
    def late(call: Call) -> None:
        assert second.wait(20)
        call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    second = threading.Event()
    sending.origin.on("/outer", late)
    outer = threading.Thread(target=sending.get, args=("/outer",))
    outer.start()
    sending.program.row(f"{sending.origin.url}/outer", "open")
    sending.send("/inner")
    second.set()
    outer.join(20)
    sending.program.row(f"{sending.origin.url}/outer", "done")
    expect(shown.row("/outer")).not_to_contain_text("open")
    (left, right), (from_left, from_right) = shown.bar("/outer"), shown.bar("/inner")
    assert left < from_left <= from_right < right


def test_the_newest_row_stays_in_sight_only_if_one_was_there(shown: TrafficPage, sending: Traffic) -> None:
    for number in range(40):
        sending.get(f"/{number}")
    expect(shown.row("/39")).to_be_visible()
    assert shown.distance_from_the_end() == 0
    shown.list.evaluate("list => list.scrollTop = 0")
    expect(shown.row("/0")).to_be_visible()
    sending.send("/new")
    expect(shown.list).to_have_attribute("aria-rowcount", "42")
    assert shown.list.evaluate("list => list.scrollTop") == 0
    shown.list.focus()
    shown.shell.press("End")
    expect(shown.row("/new")).to_be_visible()


def test_recording_that_is_paused_says_so_and_resumes(program: Wireglass, page: Page, sending: Traffic) -> None:
    program.ask("session", "pause", "1")
    shown = TrafficPage(page, program).open()
    shown.says("Recording is paused")
    assert faults(page) == []
    shown.main.get_by_role("button", name="Resume recording").click()
    shown.says("Nothing captured yet")
    sending.send("/now")
    shown.shows("/now")
