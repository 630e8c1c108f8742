"""Which browsers there are, how each is started, and the profile of a start."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
from pathlib import Path

import pytest
from tests.peers.waiting import wait_for

from wireglass.errors import HomeNotWritable, NotFound, UsageError, WireglassError
from wireglass.launch import chromium, firefox, profile
from wireglass.launch.browsers import NAMES, Browser, check_screen, check_url, choose, find, snap
from wireglass.launch.visit import Failed, visit
from wireglass.net import Authority


def program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o700)
    return path


@pytest.mark.parametrize(
    ("installed", "name"),
    [
        ("chromium", "chromium"),
        ("chromium-browser", "chromium"),
        ("google-chrome-stable", "chrome"),
        ("google-chrome", "chrome"),
        ("microsoft-edge", "edge"),
        ("brave-browser", "brave"),
        ("firefox", "firefox"),
        ("firefox-esr", "firefox"),
    ],
)
def test_found_on_linux(tmp_path: Path, installed: str, name: str) -> None:
    path = program(tmp_path / installed)
    program(tmp_path / "other")
    (tmp_path / "firefox.txt").touch()
    [browser] = find("linux", {"PATH": str(tmp_path)})
    assert (browser.name, browser.path) == (name, path)
    assert browser.engine == ("firefox" if name == "firefox" else "chromium")


def test_found_on_macos(tmp_path: Path) -> None:
    path = program(tmp_path / "Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
    assert ("chrome", path) in [(browser.name, browser.path) for browser in find("darwin", {"HOME": str(tmp_path)})]


def test_found_on_windows(tmp_path: Path) -> None:
    path = program(tmp_path / "Mozilla Firefox/firefox.exe")
    variables = {"PROGRAMFILES": "/nowhere", "PROGRAMFILES(X86)": str(tmp_path)}
    assert [(b.name, b.path) for b in find("win32", variables)] == [("firefox", path)]


def test_the_first_found_is_taken_and_a_named_one_preferred(tmp_path: Path) -> None:
    for installed in ("firefox", "brave-browser", "chromium"):
        program(tmp_path / installed)
    found = find("linux", {"PATH": str(tmp_path)})
    assert [browser.name for browser in found] == ["chromium", "brave", "firefox"]
    assert choose(None, found).name == "chromium"
    assert choose("firefox", found).path == tmp_path / "firefox"


def test_a_path_is_a_browser(tmp_path: Path) -> None:
    assert choose(str(program(tmp_path / "my-chrome")), []).engine == "chromium"
    assert choose(str(program(tmp_path / "firefox-nightly")), []).engine == "firefox"
    with pytest.raises(NotFound, match="not a program that can be started"):
        choose(str(tmp_path / "missing"), [])


def test_what_is_not_found_is_named() -> None:
    with pytest.raises(NotFound, match="No browser was found") as caught:
        choose(None, [])
    assert all(name in caught.value.message for name in NAMES)
    with pytest.raises(NotFound, match="The browser edge was not found"):
        choose("edge", [Browser("brave", "Brave", "chromium", Path("/b"))])
    with pytest.raises(UsageError, match="'opera' is neither a browser"):
        choose("opera", [])


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("example.com", "http://example.com"),
        ("localhost:3000/x?y#z", "http://localhost:3000/x?y#z"),
        ("https://[::1]:8443/", "https://[::1]:8443/"),
        ("http://bücher.example/", "http://bücher.example/"),
    ],
)
def test_urls(given: str, url: str) -> None:
    assert check_url(given) == url


@pytest.mark.parametrize(
    "bad", ["", "http://", "file:///x", "ftp://x/", "http://x:99999/", "http://[::1/", "a b", "x\x00"]
)
def test_bad_urls(bad: str) -> None:
    with pytest.raises(UsageError, match="is not a URL that can be captured"):
        check_url(bad)


def test_a_snap_is_told(tmp_path: Path) -> None:
    assert snap(Path("/snap/bin/chromium")) == "chromium"
    assert snap(program(tmp_path / "a", '#!/bin/sh\nexec /snap/bin/firefox "$@"\n')) == "firefox"
    assert snap(program(tmp_path / "b", '#!/bin/sh\nexec /usr/lib/firefox "$@"\n')) == ""
    assert snap(program(tmp_path / "c", "\x7fELF /snap/bin/firefox")) == ""


def test_the_command_line_of_chromium(tmp_path: Path) -> None:
    line = chromium.command(
        Path("/usr/bin/chromium"),
        tmp_path,
        proxy="[::1]:8080",
        ca_hash="abc=",
        sandbox=True,
        url="http://a/",
        arguments=["--disable-features=Mine", "--lang=de"],
    )
    assert (line[0], line[-1]) == ("/usr/bin/chromium", "http://a/")
    assert f"--user-data-dir={tmp_path}" in line
    assert "--proxy-server=http://[::1]:8080" in line
    assert "--proxy-bypass-list=<-loopback>" in line
    assert "--disable-quic" in line
    assert "--ignore-certificate-errors-spki-list=abc=" in line
    assert "--no-sandbox" not in line
    [features] = [word for word in line if word.startswith("--disable-features=")]
    assert {"Mine", "HttpsUpgrades"} <= set(features.partition("=")[2].split(","))
    assert line.index("--lang=de") > line.index("--disable-quic")  # the last of two wins


def test_the_preferences_of_firefox() -> None:
    lines = firefox.preferences("[::1]:8081").splitlines()
    for line in (
        'user_pref("network.proxy.type", 1);',
        'user_pref("network.proxy.http", "::1");',
        'user_pref("network.proxy.ssl_port", 8081);',
        'user_pref("network.proxy.allow_hijacking_localhost", true);',
        'user_pref("network.http.http3.enable", false);',
        'user_pref("toolkit.telemetry.enabled", false);',
    ):
        assert line in lines


def test_a_firefox_that_cannot_be_made_to_trust(tmp_path: Path) -> None:
    """No NSS library beside it, and one that is none."""
    fake = program(tmp_path / "bin" / "firefox")
    own = tmp_path / "profile"
    own.mkdir()
    ca = Authority.load_or_create(tmp_path / "ca").certificate_path
    with pytest.raises(WireglassError, match=r"cannot be made to trust the CA: .* is not beside it"):
        firefox.prepare(fake, own, proxy="127.0.0.1:1", ca_certificate=ca)
    (tmp_path / "bin" / "libnss3.so").write_bytes(b"no library")
    with pytest.raises(WireglassError, match=r"cannot be made to trust the CA: .*libnss3\.so"):
        firefox.prepare(fake, own, proxy="127.0.0.1:1", ca_certificate=ca)


def test_a_profile_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    parent = tmp_path / "browsers"
    with profile.fresh(parent, pytest.fail) as first, profile.fresh(parent, pytest.fail) as second:
        assert first.path != second.path
        for own in (first, second):
            assert own.path.stat().st_mode & 0o777 == 0o700
        (first.path / "Default").mkdir()
        (first.path / "Default" / "Cookies").write_bytes(b"x")
    assert not parent.exists()


def test_a_profile_is_removed_when_its_start_fails(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), profile.fresh(tmp_path / "browsers", pytest.fail):
        raise KeyboardInterrupt
    assert not (tmp_path / "browsers").exists()


def test_leftovers_are_removed_and_what_is_in_use_is_not(tmp_path: Path) -> None:
    parent = tmp_path / "browsers"
    with profile.fresh(parent, pytest.fail) as used:
        left = parent / "wireglass-profile-left"
        left.mkdir()
        (left / "Cookies").touch()
        orphaned = parent / "wireglass-profile-orphaned"
        orphaned.mkdir()
        (orphaned / "lock").symlink_to(f"127.0.0.1:+{os.getpid()}")  # as a Firefox does that outlived its command
        for folder in (left, used.path, orphaned):
            os.utime(folder, (0, 0))
        with profile.fresh(parent, pytest.fail):
            assert not left.exists()
            assert used.path.exists()
            assert orphaned.exists()


def test_a_home_where_no_profile_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(HomeNotWritable, match="A browser profile cannot be made"),
        profile.fresh(tmp_path / "file" / "x", print),
    ):
        pass


def test_a_profile_that_cannot_be_removed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(profile, "_PATIENCE", 0.0)
    monkeypatch.setattr(shutil, "rmtree", lambda *_args, **_options: None)
    with profile.fresh(tmp_path / "browsers", said.append) as own:
        pass
    assert said == [f"The browser's profile could not be removed; delete it: {own.path}"]


def python(*lines: str) -> list[str]:
    return [sys.executable, "-c", "\n".join(lines)]


def test_a_visit_ends_with_the_browser() -> None:
    heard: list[str] = []
    visit("B", python("import sys", "print('ready', file=sys.stderr)"), os.environ, [], heard.append)
    assert heard == ["ready"]


def test_a_visit_that_fails_says_how() -> None:
    with pytest.raises(Failed, match=r"B ended with exit code 3\.$") as caught:
        visit("B", python("import sys", "print('one\\n\\ntwo', file=sys.stderr)", "sys.exit(3)"), os.environ, [], None)
    assert caught.value.last_words == ("one", "two")
    heard: list[str] = []
    with pytest.raises(Failed) as caught:
        visit("B", python("import sys", "sys.exit('one')"), os.environ, [], heard.append)
    assert (heard, caught.value.last_words) == (["one"], ())  # they are not said twice
    with pytest.raises(WireglassError, match="B ended by signal SIGKILL"):
        visit("B", python("import os", "os.kill(os.getpid(), 9)"), os.environ, [], None)
    with pytest.raises(WireglassError, match="B cannot be started: No such file"):
        visit("B", ["/nowhere/browser"], os.environ, [], None)


CHROMIUM_WITHOUT_A_SCREEN = """\
/usr/bin/chromium: 9: [: 25276502016: unexpected operator
[31563:31595:1121/151256.392422:ERROR:dbus/bus.cc:405] Failed to connect to the bus: Failed to connect to socket /run
[31563:31563:1121/151256.384062:ERROR:ui/ozone/platform/x11/ozone_platform_x11.cc:257] Missing X server or $DISPLAY
[31563:31563:1121/151256.384134:ERROR:ui/aura/env.cc:253] The platform failed to initialize.  Exiting.
#0 0x55d0c1b2c3d2 <unknown>
  r8: 0000000000000000  r9: 00007ffd01234567
[31563:31595:1121/151256.392482:ERROR:dbus/bus.cc:405] Failed to connect to the bus: Could not parse server address
"""


def test_the_last_words_are_those_that_mean_something() -> None:
    body = ("import sys", f"sys.stderr.write({CHROMIUM_WITHOUT_A_SCREEN!r} + 'x' * 900)", "sys.exit(1)")
    with pytest.raises(Failed) as caught:
        visit("B", python(*body), os.environ, [], None)
    first, second, long = caught.value.last_words
    assert (first, second) == ("Missing X server or $DISPLAY", "The platform failed to initialize.  Exiting.")
    assert long == "x" * 199 + "…"


@pytest.mark.parametrize(
    ("name", "arguments", "platform", "environ", "refused"),
    [
        ("chromium", (), "linux", {}, "-- --headless=new`"),
        ("chromium", ("--dump-dom",), "linux", {"DISPLAY": "", "MOZ_HEADLESS": "1"}, "-- --headless=new`"),
        ("firefox", (), "linux", {}, "-- --headless`"),
        ("chromium", ("--headless=new",), "linux", {}, ""),
        ("chromium", ("--ozone-platform=headless",), "linux", {}, ""),
        ("firefox", ("-headless",), "linux", {}, ""),
        ("firefox", (), "linux", {"MOZ_HEADLESS": "1"}, ""),
        ("chromium", (), "linux", {"DISPLAY": ":0"}, ""),
        ("chromium", (), "linux", {"WAYLAND_DISPLAY": "wayland-0"}, ""),
        ("chromium", (), "darwin", {}, ""),
    ],
)
def test_a_screen_is_needed(
    name: str, arguments: tuple[str, ...], platform: str, environ: dict[str, str], refused: str
) -> None:
    browser = Browser(name, "T", "firefox" if name == "firefox" else "chromium", Path(name))
    if not refused:
        check_screen(browser, arguments, platform, environ)
        return
    with pytest.raises(UsageError, match="There is no screen for T: neither DISPLAY nor WAYLAND_DISPLAY") as caught:
        check_screen(browser, arguments, platform, environ)
    assert caught.value.hint.endswith(refused)


def test_an_interrupted_visit_closes_the_browser() -> None:
    """Also one that does not want to go."""
    pids: list[int] = []

    def hear(line: str) -> None:
        pids.append(int(line))
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        if stubborn:
            wait_for(lambda: b"closing" in Path(f"/proc/{pids[0]}/comm").read_bytes(), "SIGTERM at the browser")
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    for stubborn in (False, True):
        pids.clear()
        ignore = "signal.signal(15, lambda *_: open('/proc/self/comm', 'w').write('closing'))" if stubborn else ""
        body = ["import os, signal, sys, time", ignore, "print(os.getpid(), file=sys.stderr, flush=True)"]
        with pytest.raises(KeyboardInterrupt):
            visit("B", python(*body, "while True: time.sleep(60)"), os.environ, [], hear)
        assert not Path(f"/proc/{pids[0]}").exists()
