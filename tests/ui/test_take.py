"""Taking away: a request as code, an exchange as HAR, a body, and the copy to share."""

from __future__ import annotations

import gzip
import subprocess

import pytest
from playwright.sync_api import Page, expect
from tests.peers.origin import Origin
from tests.peers.program import Wireglass
from tests.ui.pages.shell import Shell
from tests.ui.pages.take import Take
from tests.ui.traffic import Traffic

TOKEN = "Bearer sk-live-0123456789abcdef0123456789abcdef"


@pytest.fixture
def take(page: Page) -> Take:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    return Take(page)


def open_exchange(page: Page, wireglass: Wireglass, id: int) -> None:
    Shell(page, wireglass).open(f"/traffic?id={id}")


def test_a_request_is_copied_as_curl_and_sent_again(
    page: Page, take: Take, wireglass: Wireglass, traffic: Traffic, origin: Origin
) -> None:
    row = traffic.send(
        "/copied?a='1'", method="PUT", body=b'{"it\'s": "$HOME"}', headers={"Content-Type": "application/json"}
    )
    open_exchange(page, wireglass, row.id)
    take.choose("Copy as cURL")
    take.says("Copied as cURL.")
    subprocess.run(["sh", "-c", take.clipboard()], check=True, capture_output=True, timeout=60)
    first, again = origin.calls_of("/copied")
    assert again.request.body == first.request.body
    assert again.request.start == first.request.start
    assert again.request.get("content-type") == b"application/json"


def test_the_language_is_remembered(page: Page, take: Take, wireglass: Wireglass, traffic: Traffic) -> None:
    row = traffic.send("/language", headers={"Authorization": TOKEN})
    open_exchange(page, wireglass, row.id)
    take.choose("Copy as code…")
    take.has_language("cURL")
    expect(take.code).to_contain_text("curl http://")
    take.choose_language("Python httpx")
    expect(take.code).to_contain_text("import httpx")
    expect(take.code).to_contain_text(TOKEN)
    take.copy()
    assert take.clipboard().startswith("import httpx\n")
    take.keep_secrets()
    expect(take.code).to_contain_text("Bearer [openai-key:40:")
    expect(take.code).not_to_contain_text(TOKEN)
    take.close()
    take.choose("Copy as code…")
    take.has_language("Python httpx")


def test_a_large_body_is_saved_for_the_code(page: Page, take: Take, wireglass: Wireglass, traffic: Traffic) -> None:
    body = bytes(range(256)) * 4097
    row = traffic.send("/large", method="POST", body=body, headers={"Content-Type": "application/octet-stream"})
    open_exchange(page, wireglass, row.id)
    take.choose("Copy as code…")
    expect(take.notes).to_contain_text(f"{row.id}-request.bin")
    assert take.save_body_for_the_code() == (f"{row.id}-request.bin", body)


def test_cmd_reads_a_body_of_several_lines_from_a_file(
    page: Page, take: Take, wireglass: Wireglass, traffic: Traffic
) -> None:
    row = traffic.send("/lines", method="POST", body=b"two\nlines", headers={"Content-Type": "text/plain"})
    open_exchange(page, wireglass, row.id)
    take.choose("Copy as code…").choose_language("cURL (Windows cmd)")
    expect(take.code).to_contain_text(f"@{row.id}-request.bin")
    assert take.save_body_for_the_code() == (f"{row.id}-request.bin", b"two\nlines")


def test_the_copy_to_share_has_no_secrets(page: Page, take: Take, wireglass: Wireglass, traffic: Traffic) -> None:
    row = traffic.send("/secret", b"answer", headers={"Authorization": TOKEN})
    open_exchange(page, wireglass, row.id)
    take.choose("A redacted copy to share…")
    expect(take.redacted).to_contain_text("1 secret in 1 exchange")
    expect(take.redacted).to_contain_text("request header authorization")
    expect(take.dialog.get_by_role("switch")).to_have_count(0)
    name, har = take.save_har("Save redacted")
    assert name == "wireglass-redacted.har"
    assert TOKEN.split()[1] not in str(har)
    assert har["log"]["entries"][0]["request"]["url"].endswith("/secret")
    take.says("1 exchange: the browser downloads wireglass-redacted.har.")


def test_a_copy_without_secrets_says_so(page: Page, take: Take, wireglass: Wireglass, traffic: Traffic) -> None:
    row = traffic.send("/plain", b"answer")
    open_exchange(page, wireglass, row.id)
    take.choose("A redacted copy to share…")
    expect(take.redacted).to_contain_text("No secret is known in it")


def test_har_keeps_secrets_only_where_it_is_said(
    page: Page, take: Take, wireglass: Wireglass, traffic: Traffic
) -> None:
    row = traffic.send("/har", b"answer", headers={"Authorization": TOKEN})
    open_exchange(page, wireglass, row.id)
    take.choose("Save as HAR…")
    name, har = take.save_har("Save redacted")
    assert (name, len(har["log"]["entries"])) == ("wireglass-redacted.har", 1)
    assert TOKEN not in str(har)
    take.choose("Save as HAR…").keep_secrets()
    name, har = take.save_har("Save with secrets")
    [entry] = har["log"]["entries"]
    assert name == "wireglass.har"
    assert TOKEN in str(entry["request"]["headers"])


def test_bodies_are_saved_byte_for_byte(page: Page, take: Take, wireglass: Wireglass, traffic: Traffic) -> None:
    answer = bytes(range(256))
    row = traffic.send("/picture", answer, type="image/png")
    open_exchange(page, wireglass, row.id)
    assert take.download_of("Save the response's body") == ("picture.png", answer)
    take.offers(
        "Copy as cURL",
        "Copy as code…",
        "Save the response's body",
        "Save as HAR…",
        "A redacted copy to share…",
    )


def test_a_body_is_saved_with_its_coding_undone_or_as_it_passed_and_said(
    page: Page, take: Take, wireglass: Wireglass, traffic: Traffic, allowed: list[str]
) -> None:
    gzip_said = (b"Content-Encoding: gzip",)
    packed = traffic.send("/packed.json", gzip.compress(b"{}"), type="application/json", answer_headers=gzip_said)
    open_exchange(page, wireglass, packed.id)
    assert take.download_of("Save the response's body") == ("packed.json", b"{}")
    damaged = traffic.send("/damaged", b"no gzip", type="application/json", answer_headers=gzip_said)
    open_exchange(page, wireglass, damaged.id)
    allowed.append("400")
    assert take.download_of("Save the response's body") == ("damaged.json", b"no gzip")
    take.says("It is saved as it passed.")
