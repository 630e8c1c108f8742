"""The web UI's page and files, as they are served."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.api.served import Api

from wireglass.api import web_files
from wireglass.api.web import PATHS

ROOT = Path(__file__).parent.parent.parent
PAGE = b'<!doctype html><script type="module" src="/assets/index-abc.js"></script>'


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build of three files."""
    folder = tmp_path / "web"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_bytes(PAGE)
    (folder / "assets/index-abc.js").write_bytes(b"export {};")
    (folder / "assets/index-abc.css").write_bytes(b":root{}")
    (tmp_path / "secret.js").write_bytes(b"secret")
    (folder / "secret.js").write_bytes(b"secret")
    monkeypatch.setattr(web_files, "WEB", folder)
    return folder


@pytest.fixture
def api(shared_api: Api) -> Api:
    return shared_api


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_each_path_of_the_ui_is_the_page(api: Api, built: Path, method: str, path: str) -> None:
    answer = api.ask(method, path, token="", below="")
    assert answer.status == 200
    assert answer.body == (PAGE if method == "GET" else b"")
    assert answer.headers["content-length"] == str(len(PAGE))
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(("name", "type"), [("index-abc.js", "text/javascript"), ("index-abc.css", "text/css")])
def test_its_files_may_be_kept_by_the_browser(api: Api, built: Path, name: str, type: str) -> None:
    answer = api.ask("GET", f"/assets/{name}", token="", below="")
    assert answer.status == 200
    assert answer.headers["content-type"] == f"{type}; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.body == (built / "assets" / name).read_bytes()
    assert api.ask("HEAD", f"/assets/{name}", token="", below="").body == b""


@pytest.mark.parametrize(
    "name",
    ["missing.js", "..", ".", "", "../secret.js", "%2e%2e%2fsecret.js", "..%2Fsecret.js", "%00", "x" * 300, "a/b.js"],
)
def test_nothing_else_is_given_out(api: Api, built: Path, name: str) -> None:
    answer = api.ask("GET", f"/assets/{name}", token="", below="")
    assert answer.status == 404
    assert b"secret" not in answer.body.replace(b"secret.js", b"")


@pytest.mark.parametrize("path", ["/trafficx", "/traffic/x", "/web/index.html", "/index.html"])
def test_other_paths_are_not_there_and_need_the_token(api: Api, built: Path, path: str) -> None:
    assert api.ask("GET", path, token="", below="").status == 401
    assert api.ask("GET", path, below="").status == 404


def test_the_frame_of_previews_lets_nothing_run_or_load(api: Api) -> None:
    answer = api.ask("GET", "/preview", token="", below="")
    assert answer.status == 200 and b"<script" not in answer.body
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "img-src": "data:",
        "font-src": "data:",
        "frame-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self'",
    }
    framed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
    assert api.ask("GET", "/preview", token="", headers=framed, below="").status == 403


def test_a_page_of_another_site_embeds_nothing(api: Api, built: Path) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}
    assert api.ask("GET", "/assets/index-abc.js", token="", headers=headers, below="").status == 403
    assert api.ask("GET", "/traffic", token="", headers={"Host": "evil.test"}, below="").status == 421


def test_without_a_build_the_page_says_what_to_do(api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_files, "WEB", tmp_path / "nothing")
    for path in ("/", "/traffic"):
        answer = api.ask("GET", path, token="", below="")
        assert answer.status == 503
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert b"make setup" in answer.body
        assert b"/api/docs" in answer.body
    assert api.ask("GET", "/assets/index-abc.js", token="", below="").status == 404


def test_the_server_and_the_page_know_the_same_paths() -> None:
    routes = (ROOT / "ui/src/shell/routes.ts").read_text("utf-8")
    assert sorted({"/", *re.findall(r'path: "(/\w+)"', routes)}) == sorted(PATHS)
