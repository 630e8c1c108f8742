"""Pages in a real browser, and the API of the real program: a hostile page reads and changes nothing, our own works."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener, urlopen

import msgspec
import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from tests.peers import chromium
from tests.peers.origin import Origin, fixed
from tests.peers.program import Wireglass

from wireglass.app.home import Run

HTML = b"Content-Type: text/html"
REBOUND = "rebound.test"

# Everything a page can try, with the token as if somebody had told it: each attempt says what it got.
HOSTILE = """<!doctype html><link rel=icon href=data:,><title>t</title><body><script>
const api = 'http://%(host)s', token = '%(token)s', got = {};
const late = () => new Promise((done) => setTimeout(() => done('nothing'), 2000));
const tries = {
  fetch: () => fetch(api + '/api/exchanges').then((a) => a.text()),
  withToken: () => fetch(api + '/api/exchanges', {headers: {Authorization: 'Bearer ' + token}}).then((a) => a.text()),
  blind: () => fetch(api + '/api/exchanges', {mode: 'no-cors'}).then((a) => a.text()),
  post: () => fetch(api + '/api/sessions', {method: 'POST', mode: 'no-cors', body: '{"name": "blind"}'})
    .then((a) => a.text()),
  postWithToken: () => fetch(api + '/api/sessions', {method: 'POST', body: '{"name": "told"}',
    headers: {Authorization: 'Bearer ' + token, 'Content-Type': 'application/json'}}).then((a) => a.text()),
  remove: () => fetch(api + '/api/exchanges?query=id:>0', {method: 'DELETE',
    headers: {Authorization: 'Bearer ' + token}}).then((a) => a.text()),
  beacon: () => { navigator.sendBeacon(api + '/api/prune', '{"count": 0}'); return ''; },
  socket: () => new Promise((done, failed) => {
    const socket = new WebSocket(api.replace('http', 'ws') + '/api/feed');
    socket.onopen = () => socket.send(JSON.stringify({token, query: '', after: 0}));
    socket.onmessage = (said) => done(said.data);
    socket.onerror = () => failed(new Error('refused'));
  }),
  image: () => new Promise((done, failed) => {
    const image = new Image();
    image.onload = () => done('loaded');
    image.onerror = () => failed(new Error('refused'));
    image.src = api + '/api/exchanges/1/response/body?as=raw';
  }),
  script: () => new Promise((done, failed) => {
    const script = document.createElement('script');
    script.onload = () => done('loaded');
    script.onerror = () => failed(new Error('refused'));
    script.src = api + '/api/openapi.json';
    document.head.append(script);
  }),
  frame: () => new Promise((done, failed) => {
    const frame = document.createElement('iframe');
    frame.onload = () => { try { done(frame.contentDocument.body.textContent); } catch (error) { failed(error); } };
    frame.src = api + '/api/docs';
    document.body.append(frame);
  }),
  form: () => {
    const form = document.createElement('form');
    form.method = 'post'; form.enctype = 'text/plain'; form.target = 'elsewhere';
    form.action = api + '/api/sessions';
    const field = document.createElement('input');
    field.name = '{"name": "form", "note": "'; field.value = '"}';
    const frame = document.createElement('iframe');
    frame.name = 'elsewhere';
    form.append(field); document.body.append(frame, form); form.submit();
    return new Promise((done) => { frame.onload = () => done(''); });
  },
};
(async () => {
  for (const [name, attempt] of Object.entries(tries)) {
    try { got[name] = await Promise.race([attempt(), late()]); } catch (error) { got[name] = 'refused: ' + error; }
  }
  window.got = got;
})();
</script>"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.chromium(),
            args=[
                f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1",
                # New ones keep pages from this machine's servers by themselves; others do not.
                "--disable-features=LocalNetworkAccessChecks,PrivateNetworkAccessSendPreflights,"
                "BlockInsecurePrivateNetworkRequests",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def running(start: Callable[..., Wireglass], origin: Origin) -> Wireglass:
    """With one exchange in its record."""
    program = start("--ui", "127.0.0.1:0")
    origin.on("/secret", fixed(b"the secret of the record"))
    url = f"http://127.0.0.1:{origin.port}/secret"
    with build_opener(ProxyHandler({"http": f"http://{program.proxy}"})).open(url, timeout=30) as answer:
        assert answer.read() == b"the secret of the record"
    program.row(url)
    return program


def run_of(program: Wireglass) -> Run:
    return msgspec.json.decode((program.home / "run.json").read_bytes(), type=Run)


def ask(run: Run, path: str) -> Any:
    request = Request(f"http://{run.ui}/api{path}", headers={"Authorization": f"Bearer {run.token}"})
    with urlopen(request, timeout=30) as answer:
        return json.load(answer)


def state(run: Run) -> tuple[object, ...]:
    """What a page might have changed."""
    sessions = [(one["name"], one["state"], one["exchanges"]) for one in ask(run, "/sessions")]
    return sessions, ask(run, "/count"), ask(run, "/filters"), len(ask(run, "/doors"))


def attack(page: Page, url: str) -> dict[str, str]:
    page.goto(url)
    page.wait_for_function("window.got", timeout=90_000)
    got = page.evaluate("window.got")
    assert isinstance(got, dict)
    return got


def test_a_page_of_another_origin_reads_and_changes_nothing(running: Wireglass, origin: Origin, page: Page) -> None:
    run = run_of(running)
    before = state(run)
    text = HOSTILE % {"host": run.ui, "token": run.token}
    origin.on("/", fixed(text.encode(), HTML))
    for host in ("127.0.0.1", "localhost"):
        got = attack(page, f"http://{host}:{origin.port}/")
        read = {name: what for name, what in got.items() if not what.startswith(("refused", "nothing")) and what}
        assert read == {}, read
        assert set(got) >= {"fetch", "withToken", "socket", "image", "script", "form", "frame"}
    assert state(run) == before


def test_a_name_that_was_made_to_point_here_reads_and_changes_nothing(running: Wireglass, page: Page) -> None:
    """The page came from there before its name was changed: the browser takes it for the API's own origin, and only
    the Host tells."""
    run = run_of(running)
    before = state(run)
    host = f"{REBOUND}:{run.ui.rpartition(':')[2]}"
    text = HOSTILE % {"host": host, "token": run.token}
    page.route(f"http://{host}/evil", lambda route: route.fulfill(body=text, content_type="text/html"))
    got = attack(page, f"http://{host}/evil")
    assert '"wrong_host"' in got["withToken"] and '"wrong_host"' in got["remove"]
    assert not [what for what in got.values() if "secret" in what or "subscribed" in what or '"items"' in what]
    assert state(run) == before
    answer = page.goto(f"http://{host}/api/docs")
    assert answer is not None and answer.status == 421


def test_our_own_page_asks_with_the_token_of_its_address(running: Wireglass, page: Page) -> None:
    run = run_of(running)
    faults: list[str] = []
    foreign: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: foreign.append(request.url))
    page.goto(f"http://{run.ui}/api/docs#token={run.token}")
    page.get_by_text("This page has the token").wait_for()
    assert run.token not in page.url  # it stays in memory
    listing = page.locator("details", has=page.locator("summary", has_text="GET/api/exchanges A page")).first
    listing.locator("summary").click()
    listing.get_by_role("button", name="Send").click()
    listing.get_by_text("/secret").wait_for()
    assert faults == []
    assert not [url for url in foreign if not url.startswith(f"http://{run.ui}/")]


def test_our_own_page_without_the_token_reads_nothing(running: Wireglass, page: Page) -> None:
    run = run_of(running)
    page.goto(f"http://{run.ui}/api/docs")
    page.get_by_text("Without a token").wait_for()
    status = page.evaluate("fetch('/api/exchanges').then((answer) => answer.status)")
    assert status == 401
