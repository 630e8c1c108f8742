"""What is around every page of the web UI."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.peers.program import Wireglass
from tests.ui.pages.shell import PAGES, Shell, run_of

LIGHT = "rgb(255, 255, 255)"
DARK = "rgb(21, 23, 27)"


def test_the_printed_address_opens_the_traffic(shell: Shell) -> None:
    shell.is_at("Traffic")
    expect(shell.status_bar).to_contain_text(f"Proxy on {shell.run.listen}")
    expect(shell.status_bar).to_contain_text("Recording:")


def test_the_token_leaves_the_address_bar_and_stays_nowhere(shell: Shell) -> None:
    assert shell.run.token not in shell.page.url
    kept = shell.page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie, history.state])")
    assert shell.run.token not in kept
    shell.go("History").page.go_back()
    shell.is_at("Traffic")
    assert shell.run.token not in shell.page.url


@pytest.mark.parametrize("path", ["/", "/settings"])
def test_without_the_token_it_says_where_the_address_is(page: Page, wireglass: Wireglass, path: str) -> None:
    shell = Shell(page, wireglass).open_without_token(path)
    shell.asks_for_the_address()
    expect(shell.main).to_contain_text(f"http://{shell.run.ui}/#token=")


def test_after_a_reload_the_printed_address_is_opened_again(shell: Shell, wireglass: Wireglass) -> None:
    shell.page.reload()
    shell.asks_for_the_address()
    shell.open_printed_address_of(wireglass)
    shell.is_live()


def test_a_connection_that_is_lost_and_comes_again(shell: Shell, allowed: list[str]) -> None:
    allowed.append("ERR_CONNECTION_REFUSED")
    shell.cut_off()
    shell.is_lost()
    shell.let_through()
    shell.is_live()
    expect(shell.messages).to_contain_text("Connected to Wireglass again.")


def test_a_program_that_is_started_again_has_another_address(
    page: Page, start: Callable[..., Wireglass], allowed: list[str]
) -> None:
    program = start("--ui", "127.0.0.1:0")
    address = run_of(program).ui
    shell = Shell(page, program).open("/settings")
    allowed += ["ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE", "401"]
    program.stop()
    shell.is_lost()
    again = start("--ui", address, home=program.home)
    shell.says_that_it_was_started_again()
    shell.open_printed_address_of(again)
    shell.is_live()


def test_every_page_has_its_address_and_its_keys(shell: Shell) -> None:
    for name in PAGES:
        shell.go(name)
    for name in PAGES:
        shell.press("g", "," if name == "Settings" else name[0].lower())
        shell.is_at(name)


def test_who_comes_back_to_a_page_finds_it_as_it_was(shell: Shell) -> None:
    shell.open("/traffic?q=status%3A5xx").go("History").go("Traffic")
    expect(shell.page).to_have_url(shell.address("/traffic?q=status%3A5xx", token=False))


def test_the_theme_is_the_systems_or_the_one_that_was_chosen(shell: Shell) -> None:
    assert shell.background() == LIGHT
    shell.page.emulate_media(color_scheme="dark")
    assert shell.background() == DARK
    shell.choose_theme("Light")
    assert shell.background() == LIGHT
    shell.choose_theme("Dark")
    shell.page.emulate_media(color_scheme="light")
    assert shell.background() == DARK
    shell.open("/history?again=")
    assert shell.background() == DARK


def test_the_sheet_of_keys(shell: Shell) -> None:
    shell.press("?")
    expect(shell.key_sheet).to_contain_text("Write a filter")
    shell.press("Escape")
    expect(shell.key_sheet).to_be_hidden()


def test_an_address_that_is_no_page_is_none_of_the_servers(
    page: Page, wireglass: Wireglass, allowed: list[str]
) -> None:
    allowed.append("401")
    answer = page.goto(Shell(page, wireglass).address("/nothing"))
    assert answer is not None and answer.status == 401
