"""What a hostile HTTP/2 client can send without end: each is bounded in memory, ends, and costs nobody else much."""

from __future__ import annotations

import itertools
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.doors.conftest import Authority
from tests.peers.http2 import (
    END_HEADERS,
    END_STREAM,
    LARGEST_WINDOW,
    Code,
    Kind,
    Setting,
    data,
    frame,
    headers,
    literal,
    literals,
    ping,
    priority,
    rst_stream,
    settings,
    window_update,
)
from tests.peers.http2_client import Http2Client
from tests.peers.http2_flood import End, flood
from tests.peers.http2_origin import Http2Call, Http2Origin
from tests.peers.program import Wireglass, peak_memory

MEMORY = 80_000_000
"""Bytes that the proxy may grow by."""
PATIENCE = 2.0
"""Seconds that another client may have to wait for its answer meanwhile."""
CALM = {Code.ENHANCE_YOUR_CALM, Code.PROTOCOL_ERROR, Code.COMPRESSION_ERROR, Code.FLOW_CONTROL_ERROR}
"""What a flood may be ended with."""

pytestmark = pytest.mark.alone

Frames = Callable[[Http2Client], Iterator[bytes]]


class Flood(NamedTuple):
    name: str
    frames: Frames
    may_pass: bool = False
    """It may also be taken to its end, as it costs nothing that lasts."""
    reads: bool = True


def head(client: Http2Client, path: str = "/flood", method: str = "GET") -> bytes:
    return literals(client.fields(path, method))


def odd() -> Iterator[int]:
    return iter(range(1, 2_000_000, 2))


def continuations(client: Http2Client) -> Iterator[bytes]:
    """CVE-2024-24549 and its kin: a field section without end. Up to 400 MB."""
    yield frame(Kind.HEADERS, END_STREAM, 1, head(client))
    yield from itertools.repeat(frame(Kind.CONTINUATION, 0, 1, literal(b"x-more", b"y" * 100) * 140), 25_000)


def empty_continuations(client: Http2Client) -> Iterator[bytes]:
    yield frame(Kind.HEADERS, END_STREAM, 1, head(client))
    yield from itertools.repeat(frame(Kind.CONTINUATION, 0, 1), 500_000)


def rapid_resets(client: Http2Client) -> Iterator[bytes]:
    """CVE-2023-44487: a request and its reset, so that no limit of open streams is ever met."""
    block = head(client)
    for stream in itertools.islice(odd(), 50_000):
        yield headers(stream, block, end=True) + rst_stream(stream, Code.CANCEL)


def made_resets(client: Http2Client) -> Iterator[bytes]:
    """CVE-2025-8671: the client makes the server reset its streams, by an error in each."""
    block = head(client, method="POST")
    for stream in itertools.islice(odd(), 50_000):
        yield headers(stream, block) + window_update(stream, LARGEST_WINDOW) + window_update(stream, LARGEST_WINDOW)


def many_settings(client: Http2Client) -> Iterator[bytes]:
    """CVE-2019-9515."""
    return itertools.repeat(settings({Setting.INITIAL_WINDOW_SIZE: 70_000}), 300_000)


def many_settings_of_one(client: Http2Client) -> Iterator[bytes]:
    """The same with as many values in each as a frame holds."""
    return itertools.repeat(settings([(Setting.INITIAL_WINDOW_SIZE, 70_000)] * 2730), 3_000)


def pings(client: Http2Client) -> Iterator[bytes]:
    """CVE-2019-9512."""
    return itertools.repeat(ping(), 300_000)


def empty_data(client: Http2Client) -> Iterator[bytes]:
    """CVE-2019-9518: frames that carry nothing and use up no window."""
    yield headers(1, head(client, method="POST"))
    yield from itertools.repeat(data(1), 500_000)


def padding_only(client: Http2Client) -> Iterator[bytes]:
    """Not a byte of body in each 256. As much as the windows allow is not counted here: nobody gives any."""
    yield headers(1, head(client, method="POST"))
    yield from itertools.repeat(data(1, b"\xff" + bytes(255), 8), 100_000)


def empty_headers(client: Http2Client) -> Iterator[bytes]:
    """Requests without a field."""
    for stream in itertools.islice(odd(), 50_000):
        yield frame(Kind.HEADERS, END_STREAM | END_HEADERS, stream)


def priorities(client: Http2Client) -> Iterator[bytes]:
    """CVE-2019-9513: a tree that is turned over and over, of streams that were never opened."""
    for number in range(300_000):
        yield priority(2 * (number % 100_000) + 1, 2 * ((number + 7) % 1_000))


def window_updates(client: Http2Client) -> Iterator[bytes]:
    return itertools.repeat(window_update(0, 1), 300_000)


def unknown_frames(client: Http2Client) -> Iterator[bytes]:
    return itertools.repeat(frame(0x42, 0, 0, bytes(1_000)), 100_000)


def header_bomb(client: Http2Client) -> Iterator[bytes]:
    """CVE-2016-6581: an entry that fills the dynamic table, and a byte for each time it comes again. 4 kB of a value
    16,000 times are 64 MB for each request of 16 kB."""
    stored = b"\x40\x06x-bomb" + b"\x7f" + struct.pack("BB", (3_900 - 127) % 128 + 128, (3_900 - 127) // 128)
    yield headers(1, head(client) + stored + b"y" * 3_900, end=True)
    bomb = head(client)
    bomb += b"\xbe" * (16_000 - len(bomb))
    for stream in itertools.islice(odd(), 1, 1_000):
        yield headers(stream, bomb, end=True)


def many_fields(client: Http2Client) -> Iterator[bytes]:
    """The smallest field there is, an indexed one of the static table, a million times in one section."""
    yield frame(Kind.HEADERS, END_STREAM, 1, head(client))
    yield from itertools.repeat(frame(Kind.CONTINUATION, 0, 1, b"\x90" * 16_000), 2_000)


def cookie_crumbs(client: Http2Client) -> Iterator[bytes]:
    """Crumbs that are joined cost more than they count (RFC 9113 8.2.3)."""
    for stream in itertools.islice(odd(), 2_000):
        block = head(client) + b"\x60\x01a" + b"\xbe" * 15_000
        yield headers(stream, block, end=True)


FLOODS = [
    Flood("continuations", continuations),
    Flood("empty continuations", empty_continuations),
    Flood("rapid resets", rapid_resets),
    Flood("resets made by errors", made_resets),
    Flood("settings", many_settings, may_pass=True),
    Flood("settings unread", many_settings, reads=False),
    Flood("settings of many values", many_settings_of_one, may_pass=True),
    Flood("pings", pings, may_pass=True),
    Flood("pings unread", pings, reads=False),
    Flood("empty data", empty_data),
    Flood("padding alone", padding_only),
    Flood("empty headers", empty_headers),
    Flood("priorities", priorities, may_pass=True),
    Flood("window updates", window_updates, may_pass=True),
    Flood("unknown frames", unknown_frames, may_pass=True),
    Flood("header bomb", header_bomb),
    Flood("many fields", many_fields),
    Flood("cookie crumbs", cookie_crumbs),
]


def memory_now(pid: int) -> int:
    """Resident bytes. The peak counts anew from here (proc(5), clear_refs): one flood must not hide another's."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return peak_memory(pid)


class Bystander:
    """Another client, who asks again and again on a connection of its own, and how long it had to wait."""

    def __init__(self, wireglass: Wireglass, origin: Http2Origin) -> None:
        self.asked = 0
        self.longest = 0.0
        self.fault: BaseException | None = None
        self._over = threading.Event()
        self._client = Http2Client.through(wireglass.proxy, origin.authority, wireglass.ca_path).start()
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def _ask(self) -> None:
        try:
            while not self._over.is_set() or self.asked < 2:
                begun = time.monotonic()
                assert self._client.get(f"/bystander?{self.asked}").status == 200
                self.longest = max(self.longest, time.monotonic() - begun)
                self.asked += 1
        except BaseException as error:
            self.fault = error

    def __enter__(self) -> Bystander:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(60)
        self._client.close()


@pytest.fixture(scope="module")
def origin(authority: Authority) -> Iterator[Http2Origin]:
    with Http2Origin(authority.server_context()) as origin:
        origin.on_stream("/flood", lambda call: call.answer(b""))
        yield origin


@pytest.fixture(scope="module")
def warm(wireglass: Wireglass, origin: Http2Origin) -> Wireglass:
    """Memory is compared with what the program takes anyway."""
    with Http2Client.through(wireglass.proxy, origin.authority, wireglass.ca_path) as client:
        client.start()
        for _ in range(300):
            assert client.get("/warm").status == 200
    return wireglass


@pytest.mark.parametrize("attack", FLOODS, ids=[attack.name.replace(" ", "-") for attack in FLOODS])
def test_floods(warm: Wireglass, origin: Http2Origin, attack: Flood) -> None:
    [proxy] = warm.pids["proxy"]
    before = memory_now(proxy)
    with (
        Bystander(warm, origin) as bystander,
        Http2Client.through(warm.proxy, origin.authority, warm.ca_path) as client,
    ):
        begun = time.monotonic()
        end: End = flood(client.start(), attack.frames(client), reads=attack.reads)
        took = time.monotonic() - begun
    grown = peak_memory(proxy) - before
    print(f"{attack.name}: {end} in {took:.1f} s; memory {grown:+,}; bystander {bystander.longest:.2f} s")
    assert bystander.fault is None, bystander.fault
    assert bystander.longest < PATIENCE
    assert grown < MEMORY
    if attack.reads:
        assert end.stopped or attack.may_pass
    else:
        assert end.stopped or end.stalled
    if end.goaway is not None:
        assert end.goaway in CALM
    assert warm.pids["proxy"] == [proxy]


def test_many_streams_that_nobody_reads(warm: Wireglass, origin: Http2Origin) -> None:
    """CVE-2019-9511 and 9517: a hundred large answers with no window for them. What is held for them is bounded, and
    when the client leaves, the servers are told."""
    [proxy] = warm.pids["proxy"]
    before = memory_now(proxy)
    megabytes = bytes(4_000_000)

    def script(call: Http2Call) -> None:
        call.head()
        call.send(megabytes, end=True)

    origin.on_stream("/unread", script)
    with Bystander(warm, origin) as bystander:
        client = Http2Client.through(warm.proxy, origin.authority, warm.ca_path, refill=False)
        with client:
            client.start({Setting.INITIAL_WINDOW_SIZE: 0})
            streams = [client.request("/unread") for _ in range(100)]
            client.until(lambda: all(client.answers[stream].fields for stream in streams), "all heads")
            client.round_trip()
            assert sum(len(client.answers[stream].body) for stream in streams) == 0
            grown = peak_memory(proxy) - before
        calls = origin.streams_of("/unread")
        calls[0].connection.wait(lambda: all(call.over or call.done for call in calls), "the end of all streams")
    print(f"100 streams without a window: memory {grown:+,}; bystander {bystander.longest:.2f} s")
    assert bystander.fault is None, bystander.fault
    assert bystander.longest < PATIENCE
    assert grown < MEMORY


def test_a_drop_at_a_time(warm: Wireglass, origin: Http2Origin) -> None:
    """CVE-2019-9511: a window of one byte again and again asks for a frame for each byte, and gets its bytes."""
    origin.on_stream("/drop", lambda call: call.answer(b"d" * 2_000))
    with Http2Client.through(warm.proxy, origin.authority, warm.ca_path, refill=False) as client:
        client.start({Setting.INITIAL_WINDOW_SIZE: 0})
        stream = client.request("/drop")
        for _ in range(2_000):
            client.send(window_update(stream, 1))
        answer = client.answer(stream)
        assert bytes(answer.body) == b"d" * 2_000


def test_a_section_too_large(warm: Wireglass, origin: Http2Origin) -> None:
    """More than SETTINGS_MAX_HEADER_LIST_SIZE is refused, at the latest where memory would be wanted for it; below it
    nothing is."""
    with Http2Client.through(warm.proxy, origin.authority, warm.ca_path) as client:
        client.start()
        most = client.settings[Setting.MAX_HEADER_LIST_SIZE]  # RFC 9113 6.5.2: name, value and 32 for each
        assert 16_384 <= most <= 1_048_576
        fits = [(b"x-fits", b"y" * 1_000)] * (most // 1_038 - 1)
        assert client.get("/fits", "GET", *fits).status == 200
        stream = client.request("/too-large", "GET", *[(b"x-large", b"y" * 1_000)] * (most // 1_000 + 1))
        answer = client.answers[stream]
        while not answer.over and client.step():
            pass
        assert answer.reset is not None or client.goaway is not None or answer.status == 431
        assert not origin.streams_of("/too-large")
