"""A visit of Chromium to a page of 200 mixed resources: our record and Chromium's own devtools log, entry by entry."""

from __future__ import annotations

import base64
import collections
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import CDPSession, sync_playwright
from tests.doors.conftest import Authority
from tests.peers.chromium import BrowserCommand, chromium
from tests.peers.origin import Origin
from tests.peers.program import Wireglass
from tests.peers.showcase import Showcase
from tests.peers.waiting import wait_for

from wireglass.model import Record
from wireglass.store import Reader

EVENTS = (
    "requestWillBeSent",
    "requestWillBeSentExtraInfo",
    "responseReceived",
    "responseReceivedExtraInfo",
    "requestServedFromCache",
    "loadingFinished",
    "loadingFailed",
)

# Every difference that is allowed between the two logs, and why:
#
# - What came from Chromium's cache was asked of nobody: it is in devtools' log alone. A revalidation (304) did pass.
# - CDP joins the request's headers into one object, so their order is not compared. The response's are (headersText).
# - Chromium puts the headers of a 206 together anew, in another order.
# - CDP tells no body size for a redirect that is followed (loadingFinished is that of the last hop), for an answer that
#   CORS keeps from the page, for a preflight (it says 0), and for what was aborted.
# - It leaves out the space before an empty reason phrase, which RFC 9112 4 asks for.
# - For chunked bodies CDP counts the chunks' framing too, which our sizes leave out; Resource Timing's encodedBodySize
#   leaves it out as well, and is compared instead.
# - CDP shows header bytes as text: the response's head as UTF-8, each line cut at the first byte that is not; such
#   values are compared with responseReceived's headers, too, which are ISO 8859-1 as the request's are.


@dataclass
class Entry:
    """What devtools knows of one exchange."""

    method: str
    url: str
    request_headers: list[tuple[str, str]]
    request_body: bytes | None
    """None where CDP does not give it whole."""
    head: str = ""
    """The response's, as it was received."""
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    """The response's as the page gets them; none where it is kept from it, or follows a redirect."""
    received: int | None = None
    """Bytes of head and body, with framing; None where CDP does not tell."""


@dataclass
class Log:
    """Devtools' events of a page, by request."""

    events: dict[str, dict[str, list[Any]]] = field(
        default_factory=lambda: collections.defaultdict(lambda: collections.defaultdict(list))
    )

    def listen(self, session: CDPSession) -> None:
        for name in EVENTS:
            session.on(f"Network.{name}", self._listener(name))
        session.send("Network.enable", {"maxPostDataSize": 10_000_000})

    def _listener(self, name: str) -> Any:
        return lambda event: self.events[event["requestId"]][name].append(event)

    def complete(self) -> bool:
        """Whether every request has ended, and its ExtraInfo events, which may be later, have come."""
        return all(
            (seen["loadingFinished"] or seen["loadingFailed"])
            and (
                self._cached(seen)
                or len(seen["requestWillBeSent"])
                == len(seen["requestWillBeSentExtraInfo"])
                == len(seen["responseReceivedExtraInfo"])
            )
            for seen in self.events.values()
        )

    def from_cache(self) -> list[str]:
        return [seen["requestWillBeSent"][0]["request"]["url"] for seen in self.events.values() if self._cached(seen)]

    def entries(self) -> Iterator[Entry]:
        for seen in self.events.values():
            hops, asked, answered = (
                seen[name] for name in ("requestWillBeSent", "requestWillBeSentExtraInfo", "responseReceivedExtraInfo")
            )
            if self._cached(seen):
                continue
            assert len(hops) == len(asked) == len(answered), seen
            for at, (hop, request, response) in enumerate(zip(hops, asked, answered, strict=True)):
                last = at == len(hops) - 1
                finished = seen["loadingFinished"] if last else []
                received = seen["responseReceived"] if last else []
                yield Entry(
                    hop["request"]["method"],
                    hop["request"]["url"],
                    list(request["headers"].items()),
                    _body(hop["request"]),
                    response["headersText"],
                    response["statusCode"],
                    received[0]["response"]["headers"] if received else {},
                    finished[0]["encodedDataLength"] or None if finished else None,
                )

    @staticmethod
    def _cached(seen: dict[str, list[Any]]) -> bool:
        """A revalidated response is the cache's as well, but has ExtraInfo: it did pass."""
        return bool(seen["requestServedFromCache"]) or any(
            event["response"]["fromDiskCache"] and not event["hasExtraInfo"] for event in seen["responseReceived"]
        )


def _body(request: Any) -> bytes | None:
    if not request.get("hasPostData"):
        return b""
    entries = request.get("postDataEntries", [])
    if not entries or not all("bytes" in entry for entry in entries):
        return None
    return b"".join(base64.b64decode(entry["bytes"]) for entry in entries)


def as_head_text(line: bytes) -> str:
    """As CDP's headersText shows it."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        return line[: error.start].decode("utf-8")


def head_of(record: Record) -> list[bytes]:
    """The response's head as it passed, line by line; the showcase writes no space before an empty value."""
    detail = record.detail
    start = f"{detail.response_version} {record.summary.status} ".encode() + detail.reason
    return [start, *(b"%s: %s" % pair if pair[1] else b"%s:" % pair[0] for pair in detail.response_headers), b"", b""]


@dataclass
class Visit:
    log: Log
    timing: dict[str, int]
    """URL → Resource Timing's encodedBodySize."""
    showcase: Showcase
    records: list[Record]


@pytest.fixture(scope="module", params=["http", "https"])
def visit(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, authority: Authority
) -> Iterator[Visit]:
    home = tmp_path_factory.mktemp("devtools") / "home"

    def server() -> Origin:
        return Origin(authority.server_context() if request.param == "https" else None)

    with server() as origin, server() as other:
        showcase, log = Showcase(origin, other), Log()
        arguments = f"--browser {chromium()} -- --headless=new --remote-debugging-port=0"
        command = BrowserCommand(home, arguments, trust=authority.path)
        try:
            address = command.devtools()
            with sync_playwright() as playwright:
                browser = playwright.chromium.connect_over_cdp(address)
                page = browser.contexts[0].new_page()
                log.listen(page.context.new_cdp_session(page))
                page.goto(showcase.url)
                page.wait_for_function("window.left === 0", timeout=60_000)
                wait_for(lambda: page.evaluate("1") and log.complete(), "the end of every request", 20)
                timing = page.evaluate(
                    "Object.fromEntries(performance.getEntriesByType('resource').map(e => [e.name, e.encodedBodySize]))"
                )
                browser.new_browser_cdp_session().send("Browser.close")
            assert command.end() == 0, command.said
        finally:
            command.clear()
        rows = Wireglass(home).ls()
        with Reader(home / "store") as reader:
            records = [reader.get(row.id) for row in rows]
        yield Visit(log, timing, showcase, records)


def pairs(visit: Visit) -> list[tuple[Entry, Record]]:
    """By method and URL; the n-th with the n-th where a URL was asked for twice."""
    ours = collections.defaultdict(list)
    for record in sorted(visit.records, key=lambda record: record.summary.started):
        ours[record.summary.method, record.summary.url].append(record)
    theirs = collections.defaultdict(list)
    for entry in visit.log.entries():
        theirs[entry.method, entry.url.partition("#")[0]].append(entry)
    assert {key: len(found) for key, found in ours.items()} == {key: len(found) for key, found in theirs.items()}
    return [pair for key, found in theirs.items() for pair in zip(found, ours[key], strict=True)]


def test_the_same_exchanges(visit: Visit) -> None:
    found = pairs(visit)
    assert visit.showcase.size >= 200
    assert len(found) >= 220  # redirects, preflights and second visits are exchanges of their own
    assert len(visit.log.from_cache()) == 3
    assert not set(visit.log.from_cache()) - {entry.url for entry, _ in found}  # asked for once before


def test_the_same_status_and_response_headers(visit: Visit) -> None:
    compared = 0
    for entry, record in pairs(visit):
        assert record.summary.status == entry.status, entry.url
        ours, theirs = [as_head_text(line) for line in head_of(record)], entry.head.split("\r\n")
        if not record.detail.reason:
            ours[0] = ours[0].rstrip(" ")
        if entry.status == 206:
            ours[1:], theirs[1:] = sorted(ours[1:]), sorted(theirs[1:])
        assert ours == theirs, entry.url
        for name, value in record.detail.response_headers:
            if entry.headers and not value.isascii():
                assert entry.headers[name.decode()] == value.decode("iso-8859-1")
                compared += 1
    assert compared == 2


def test_the_same_request_headers(visit: Visit) -> None:
    for entry, record in pairs(visit):
        sent = [(name.decode().lower(), value.decode("iso-8859-1")) for name, value in record.detail.request_headers]
        assert sorted(sent) == sorted((name.lower(), value) for name, value in entry.request_headers), entry.url


def test_the_same_request_bodies(visit: Visit) -> None:
    compared = 0
    for entry, record in pairs(visit):
        sent = {name.lower(): value for name, value in entry.request_headers}.get("content-length", "0")
        assert record.summary.request_size == int(sent), entry.url
        if entry.request_body is not None and len(entry.request_body) == int(sent):
            ours = record.request_body.hash or hashlib.sha256().hexdigest()
            assert ours == hashlib.sha256(entry.request_body).hexdigest(), entry.url
            compared += bool(entry.request_body)
    assert compared >= 30


def test_the_same_response_sizes(visit: Visit) -> None:
    by_cdp = by_timing = 0
    for entry, record in pairs(visit):
        ours = record.summary.response_size
        if "\r\ntransfer-encoding: chunked\r\n" in entry.head.lower():
            assert ours == visit.timing[entry.url], entry.url
            by_timing += 1
        elif entry.received is not None:
            assert ours == entry.received - len(b"\r\n".join(head_of(record))), entry.url
            by_cdp += 1
    assert by_timing >= 25
    assert by_cdp >= 160


def test_only_the_aborted_failed(visit: Visit) -> None:
    failed = [record.summary for record in visit.records if record.summary.state != "done"]
    assert len(failed) == 3
    for summary in failed:
        assert "/abort/" in summary.url
        assert (summary.state, summary.error_kind, summary.status) == ("failed", "client_closed", 200)
        assert summary.response_size >= len(b"first words")
