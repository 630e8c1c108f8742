"""Bodies in the web UI: each in the view that fits it, and raw always."""

from __future__ import annotations

import base64
import gzip
import json
import re

import pytest
from playwright.sync_api import Browser, expect
from tests.peers import rpc
from tests.peers.origin import Origin
from tests.ui.pages.detail import Detail
from tests.ui.tracing import longest_task
from tests.ui.traffic import Traffic

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
ORDER = {"id": 4711, "customer": {"name": "Ada Lovelace", "tags": ["new", "vip"]}, "lines": [], "paid": None}


@pytest.fixture(scope="module")
def order(traffic: Traffic) -> int:
    return traffic.send("/orders/4711", json.dumps(ORDER).encode(), type="application/json; charset=utf-8").id


def test_json_is_a_tree_that_is_folded_searched_and_copied(detail: Detail, order: int) -> None:
    detail.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    detail.open(order).show("Response", "Body")
    expect(detail.value('"name": "Ada Lovelace"')).to_be_visible()
    detail.fold(all=True)
    expect(detail.value('"name"')).to_be_hidden()
    expect(detail.value('"customer"')).to_contain_text('{ name: "Ada Lovelace", tags: […] } 2 keys')
    detail.search("vip")
    detail.page.keyboard.press("Enter")
    expect(detail.value('1: "vip"')).to_have_attribute("aria-selected", "true")
    detail.choose(detail.value('"vip"'), "Copy path")
    expect(detail.shell.messages).to_contain_text("Path copied")
    assert detail.page.evaluate("navigator.clipboard.readText()") == ".customer.tags[1]"


def test_json_is_walked_with_the_keys(detail: Detail, order: int) -> None:
    detail.open(order).show("Response", "Body")
    detail.tree.focus()
    detail.shell.press("ArrowDown", "ArrowDown", "ArrowLeft")
    expect(detail.value('"customer"')).to_have_attribute("aria-expanded", "false")
    detail.shell.press("ArrowRight", "ArrowDown")
    expect(detail.value('"name"')).to_have_attribute("aria-selected", "true")


def test_a_body_is_there_as_text_and_bytes_too(detail: Detail, order: int) -> None:
    detail.open(order).show("Response", "Body").view("Raw text")
    expect(detail.body_text).to_contain_text('{"id": 4711, "customer"')
    detail.view("Hex")
    expect(detail.bytes).to_contain_text("00000000  7b 22 69 64 22 3a 20 34  37 31 31")
    with detail.page.expect_download() as download:
        detail.root.get_by_role("button", name="Save the body").click()
    assert download.value.suggested_filename == "4711.json"
    assert json.loads(download.value.path().read_bytes()) == ORDER


def test_text_of_a_language_is_highlighted(detail: Detail, traffic: Traffic) -> None:
    row = traffic.send("/style.css", b"a{color:red}", type="text/css")
    detail.open(row.id).show("Response", "Body")
    expect(detail.code).to_contain_text("color:red")
    expect(detail.code.locator("span").first).to_be_visible()


def test_an_image_is_seen(detail: Detail, traffic: Traffic) -> None:
    row = traffic.send("/pixel.png", PIXEL, type="image/png")
    detail.open(row.id).show("Response", "Body")
    expect(detail.image).to_be_visible()
    expect(detail.root).to_contain_text(re.compile("1 . 1 pixels"))


def test_large_json_opens_without_freezing_the_page(detail: Detail, traffic: Traffic, browser: Browser) -> None:
    rows = [{"id": number, "name": f"customer {number}", "tags": ["a", "b"]} for number in range(370_000)]
    body = json.dumps(rows).encode()
    assert len(body) > 20_000_000
    row = traffic.send("/large.json", body, type="application/json")
    detail.open(row.id)

    def look() -> None:
        detail.show("Response", "Body")
        expect(detail.tree.get_by_role("treeitem").first).to_be_visible(timeout=30_000)
        detail.search("customer 369999")
        detail.page.keyboard.press("Enter")
        expect(detail.value("customer 369999")).to_be_visible()

    longest = longest_task(browser, detail.page, look)
    assert longest < 200, f"a task took {longest:.0f} ms"


def test_a_multipart_body_is_its_parts(detail: Detail, traffic: Traffic) -> None:
    parts = [
        b'Content-Disposition: form-data; name="title"\r\n\r\nHello',
        b'Content-Disposition: form-data; name="meta"\r\nContent-Type: application/json\r\n\r\n{"a": [1]}',
        b'Content-Disposition: form-data; name="it"; filename="dot.png"\r\nContent-Type: image/png\r\n\r\n' + PIXEL,
    ]
    body = b"".join(b"--xyz\r\n" + part + b"\r\n" for part in parts) + b"--xyz--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=xyz"}
    row = traffic.send("/upload", b"ok", method="POST", body=body, headers=headers)
    detail.open(row.id).show("Request", "Body")
    expect(detail.chosen_view).to_contain_text("Best fit: Parts")
    expect(detail.row("Parts of the body", "it")).to_contain_text("dot.png")
    expect(detail.body_text).to_contain_text("Hello")
    detail.table("Parts of the body").get_by_role("button", name="meta", exact=True).click()
    expect(detail.value('"a"')).to_be_visible()
    detail.table("Parts of the body").get_by_role("button", name="it", exact=True).click()
    expect(detail.image).to_be_visible()
    with detail.page.expect_download() as download:
        detail.root.get_by_role("button", name="Save it").click()
    assert download.value.suggested_filename == "dot.png"
    assert download.value.path().read_bytes() == PIXEL


def test_a_form_is_a_table(detail: Detail, traffic: Traffic) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    row = traffic.send("/form", b"ok", method="POST", body=b"user=ada&note=a%20b", headers=headers)
    detail.open(row.id).show("Request", "Body")
    expect(detail.row("Form", "note")).to_contain_text("a b")


def test_graphql_is_its_operation_and_variables(detail: Detail, traffic: Traffic) -> None:
    asked = {"query": "query Order($id: ID!) { order(id: $id) { total } }", "variables": {"id": "4711"}}
    headers = {"Content-Type": "application/json"}
    row = traffic.send(
        "/graphql",
        b'{"data": {}}',
        method="POST",
        type="application/json",
        body=json.dumps(asked).encode(),
        headers=headers,
    )
    detail.open(row.id).show("Request", "Body")
    expect(detail.chosen_view).to_contain_text("Best fit: GraphQL")
    expect(detail.code).to_contain_text("query Order($id: ID!)")
    expect(detail.code).to_contain_text('"id": "4711"')
    detail.view("JSON tree")
    expect(detail.value('"variables"')).to_be_visible()


def test_protobuf_is_a_tree_that_is_folded(detail: Detail, traffic: Traffic) -> None:
    nested = rpc.message("Nested", name="outer", inner=rpc.message("Nested", name="inner"))
    body = rpc.request(text="hello", nested=nested).SerializeToString()
    row = traffic.send("/message", body, type="application/x-protobuf")
    detail.open(row.id).show("Response", "Body")
    expect(detail.code).to_contain_text('1: "inner"')
    detail.root.get_by_title("Fold line").filter(visible=True).first.click()
    expect(detail.code).not_to_contain_text('1: "inner"')
    expect(detail.code).to_contain_text('1: "hello"')


def test_a_coding_that_ends_early_is_undone_as_far_as_it_goes(
    detail: Detail, traffic: Traffic, allowed: list[str]
) -> None:
    allowed.append("400 (Bad Request)")
    whole = gzip.compress(json.dumps([{"id": number} for number in range(20_000)]).encode())
    coding = (b"Content-Encoding: gzip",)
    row = traffic.send("/cut", whole[: len(whole) // 2], type="application/json", answer_headers=coding)
    detail.open(row.id).show("Response", "Body")
    expect(detail.body_text).to_contain_text('[{"id": 0}, {"id": 1}')
    expect(detail.root).to_contain_text("the gzip stream ends early")
    detail.view("Hex")
    expect(detail.bytes).to_contain_text("00000000  1f 8b")


def test_a_page_is_previewed_with_its_styles(detail: Detail, traffic: Traffic) -> None:
    html = (
        b"<!doctype html><style>h1 { color: rgb(1, 2, 3) }</style><h1>Shop</h1><p style='color: rgb(4, 5, 6)'>Open</p>"
    )
    row = traffic.send("/styled", html, type="text/html")
    detail.open(row.id).show("Response", "Body").view("Preview")
    expect(detail.preview.get_by_role("heading", name="Shop")).to_have_css("color", "rgb(1, 2, 3)")
    expect(detail.preview.get_by_text("Open")).to_have_css("color", "rgb(4, 5, 6)")


def test_a_hostile_page_can_do_nothing(detail: Detail, traffic: Traffic, allowed: list[str]) -> None:
    allowed += ["Content Security Policy", "Blocked script execution", "sandboxed", "net::ERR_BLOCKED_BY_CSP"]
    allowed += ["Unsafe attempt to initiate navigation"]
    with Origin() as elsewhere:
        there = elsewhere.url
        html = f"""<!doctype html><html><head>
            <meta http-equiv="refresh" content="0; url={there}/refresh"><base href="{there}/base/">
            <link rel="preconnect" href="{there}"><link rel="stylesheet" href="{there}/sheet">
            <style>@import "{there}/import"; body {{ background: url({there}/background) }}</style>
            <script>parent.document.title = "taken"; fetch("{there}/fetch")</script></head>
            <body onload="top.location = '{there}/onload'"><h1>Shop</h1>
            <img src="{there}/image" onerror="parent.document.title = 'taken'"><iframe src="{there}/frame"></iframe>
            <object data="{there}/object"></object><video src="{there}/video" autoplay></video>
            <div><template shadowrootmode="open"><link rel="preconnect" href="{there}"></template></div>
            <form action="{there}/form"><input name="secret"><button>Send</button></form>
            <a href="{there}/top" target="_top">Top</a> <a href="{there}/here">Here</a>
            <a href="{there}/blank" target="_blank">Blank</a></body></html>"""
        row = traffic.send("/hostile", html.encode(), type="text/html")
        detail.open(row.id).show("Response", "Body").view("Preview")
        expect(detail.preview.get_by_role("heading", name="Shop")).to_be_visible()
        detail.preview.get_by_role("button", name="Send").click()
        for link in ("Top", "Blank", "Here"):
            detail.preview.get_by_role("link", name=link).click()
        # What it had begun would be under way by now: this connection comes behind it.
        traffic.send("/behind", b"x")
        expect(detail.page).to_have_title(f"Exchange {row.id} \u00b7 Wireglass")
        expect(detail.part("Overview")).to_be_visible()
        assert len(detail.page.context.pages) == 1
        assert [call.request.start for call in elsewhere.calls] == []
        assert elsewhere.connections == 0


def test_a_page_that_is_too_large_is_not_previewed(detail: Detail, traffic: Traffic) -> None:
    row = traffic.send("/huge", b"<p>" + b"x" * 5_100_000, type="text/html")
    detail.open(row.id).show("Response", "Body").view("Preview")
    expect(detail.root).to_contain_text("is too large to preview")
