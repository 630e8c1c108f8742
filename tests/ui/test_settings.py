"""Settings, in Chromium."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.peers.origin import Origin
from tests.peers.program import Wireglass
from tests.ui.pages.settings import SettingsPage
from tests.ui.pages.shell import Shell
from tests.ui.traffic import Traffic

from wireglass import __version__


def test_each_setting_says_its_value_and_who_says_it(
    start: Callable[..., Wireglass], page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WIREGLASS_MAX_CLIENTS", "77")
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text('idle_timeout = "2m"\n')
    program = start("--connect-timeout", "45s", home=home)
    settings = SettingsPage(Shell(page, program)).open()
    expect(settings.setting("connect_timeout")).to_contain_text("45s")
    expect(settings.setting("connect_timeout")).to_contain_text("Default: 30s")
    expect(settings.setting("connect_timeout")).to_contain_text("Flag --connect-timeout")
    expect(settings.setting("max_clients")).to_contain_text("Variable WIREGLASS_MAX_CLIENTS")
    expect(settings.setting("idle_timeout")).to_contain_text("config.toml")
    expect(settings.setting("head_timeout").get_by_text("Default", exact=True)).to_be_visible()


def test_passwords_are_not_shown(start: Callable[..., Wireglass], page: Page) -> None:
    settings = SettingsPage(Shell(page, start("--proxy-auth", "anna:topsecret"))).open()
    expect(settings.setting("proxy_auth")).to_contain_text("anna")
    assert "topsecret" not in page.content()
    assert settings.shell.run.token not in page.content()


def test_a_setting_is_found_by_its_words(page: Page, wireglass: Wireglass) -> None:
    settings = SettingsPage(Shell(page, wireglass)).open()
    settings.find("upstream")
    expect(settings.setting("upstream").first).to_be_visible()
    expect(settings.setting("workers")).to_be_hidden()
    settings.find("no such setting")
    expect(settings.main).to_contain_text("No setting has “no such setting”")


def test_what_runs_is_named(page: Page, wireglass: Wireglass) -> None:
    settings = SettingsPage(Shell(page, wireglass)).open()
    for text in (__version__, str(wireglass.home), wireglass.proxy, "SHA-256"):
        expect(settings.program).to_contain_text(text)


def test_the_lines_for_the_file_say_what_runs(start: Callable[..., Wireglass], page: Page, tmp_path: Path) -> None:
    """All of them together are a config.toml with which another Wireglass runs alike."""
    given = {
        "--idle-timeout": "none",
        "--head-timeout": "2500ms",
        "--body-limit": "1MiB",
        "--retention-age": "30d",
        "--retention-size": "500M",
        "--refuse": "ads.example,*.test",
        "--no-proxy": "example.com,10.0.0.0/8",
        "--redact-json": "$.user.ssn",
        "--redact-headers": "X-Session,X-Device",
        "--redact-patterns": 'acme_"[a-z\\d]{32}',
        "--mode": "reverse:https://api.example.com@127.0.0.1:0",
        "--max-clients": "77",
        "--alt-svc": "keep",
    }
    flags = [word for pair in given.items() for word in pair]
    settings = SettingsPage(Shell(page, start("--insecure", "--session", 'a "name"', *flags))).open()
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text("\n".join(settings.file_lines()))
    told = settings.values()
    again = SettingsPage(Shell(page, start(home=home))).open()
    expect(again.setting("idle_timeout")).to_contain_text("config.toml")
    differing = {name for name, value in again.values().items() if value != told[name]}
    assert differing == {"home"}
    assert told["idle_timeout"] == "None"


def test_pruning_deletes_the_oldest(start: Callable[..., Wireglass], page: Page, origin: Origin) -> None:
    program = start()
    traffic = Traffic(program, origin)
    first, last = traffic.send("/first", b"x"), traffic.send("/last", b"x")
    settings = SettingsPage(Shell(page, program)).open()
    expect(settings.record).to_contain_text("2 exchanges,")
    settings.prune("The last days", "1")
    expect(settings.shell.messages).to_contain_text("Nothing was deleted")
    settings.prune("The newest exchanges", "1")
    expect(settings.shell.messages).to_contain_text("1 exchange deleted")
    expect(settings.record).to_contain_text("1 exchange,")
    assert [row.id for row in program.ls()] == [last.id] != [first.id]


def test_how_much_stays_must_be_said(page: Page, wireglass: Wireglass) -> None:
    settings = SettingsPage(Shell(page, wireglass)).open()
    settings.ask_to_prune("As many as fit into a size", "0")
    expect(settings.dialog.get_by_role("alert")).to_contain_text("a number above 0")
    settings.shell.press("Escape")
    expect(settings.dialog).to_be_hidden()


def test_the_theme_is_chosen_here_as_well(page: Page, wireglass: Wireglass) -> None:
    settings = SettingsPage(Shell(page, wireglass)).open()
    before = settings.shell.background()
    settings.choose_theme("Dark")
    assert settings.shell.background() != before
