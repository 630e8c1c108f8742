"""The feed, over a real WebSocket."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from tests.api.served import Api, Said
from tests.peers.waiting import wait_for
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from wireglass.api import feed as feed_module
from wireglass.api.feed import Feed, Subscriber
from wireglass.query import All


def url(number: int) -> str:
    return f"http://a.test/{number}"


def test_what_comes_is_told_in_order(api: Api) -> None:
    api.exchange(url(0))
    with api.feed() as feed:
        began = feed.next("subscribed")["after"]
        for number in range(1, 20):
            api.exchange(url(number))
        seqs: list[int] = []
        urls: list[str] = []
        after = began
        while len(urls) < 19:
            said = feed.next("changes")
            assert after <= said["after"] < said["to"]
            after = said["to"]
            for item in said["items"]:
                assert item["what"] == "new"
                assert said["after"] < item["seq"] <= said["to"]
                assert item["exchange"]["seq"] == item["seq"]
                seqs.append(item["seq"])
                urls.append(item["exchange"]["url"])
    assert urls == [url(number) for number in range(1, 20)]
    assert seqs == sorted(seqs)


def test_new_changed_and_gone(api: Api) -> None:
    with api.feed() as feed:
        feed.next("subscribed")
        key = api.opened(url(1))
        assert feed.items(1) == [("new", url(1))]
        api.exchange(url(1), key=key)
        assert feed.items(1) == [("changed", url(1))]
        api.control.mark([1], star=True)
        [item] = feed.next("changes")["items"]
        assert (item["what"], item["exchange"]["star"]) == ("changed", True)
        api.control.delete([1])
        assert feed.items(1) == [("gone", 1)]


def test_a_query_chooses(api: Api) -> None:
    with api.feed("host:b.test") as feed:
        feed.next("subscribed")
        for host in ("a", "b", "c", "b"):
            api.exchange(f"http://{host}.test/")
        assert feed.items(2) == [("new", "http://b.test/")] * 2


def test_what_is_only_known_at_the_end(api: Api) -> None:
    """An exchange that a query does not find while it runs is new when it does, and never gone before."""
    with api.feed('body:"order id"') as feed:
        feed.next("subscribed")
        first, second = api.opened(url(1)), api.opened(url(2))
        api.exchange(url(1), key=first, response=b"no")
        api.exchange(url(2), key=second, response=b"an Order ID here")
        assert feed.items(1) == [("new", url(2))]


def test_what_stops_matching_is_gone(api: Api) -> None:
    api.exchange(url(1))
    with api.feed("is:open or is:starred") as feed:
        feed.next("subscribed")
        key = api.opened(url(2))
        assert feed.items(1) == [("new", url(2))]
        api.exchange(url(2), key=key)
        assert feed.items(1) == [("gone", 2)]
        api.control.mark([1], star=True)
        assert feed.items(1) == [("changed", url(1))]
        api.control.mark([1], star=False)
        assert feed.items(1) == [("gone", 1)]


def test_resume(api: Api) -> None:
    with api.feed() as feed:
        feed.next("subscribed")
        api.exchange(url(1))
        to = feed.next("changes")["to"]
    api.exchange(url(2))
    api.exchange(url(3))
    api.control.delete([1])
    with api.feed(after=to) as feed:
        assert feed.next("subscribed")["after"] == to
        found = feed.items(3)
        assert [what for _, what in found] == [url(2), url(3), 1]
        api.exchange(url(4))
        assert feed.items(1) == [("new", url(4))]


def test_resume_from_the_beginning_under_load(api: Api) -> None:
    """Nothing is told twice or left out where catching up meets what is live."""
    api.exchanges(map(url, range(300)))

    def write() -> None:
        for first in range(300, 900, 20):
            api.exchanges(map(url, range(first, first + 20)))

    writing = threading.Thread(target=write)
    writing.start()
    feeds = 4
    try:
        found: list[list[str]] = [[] for _ in range(feeds)]
        for number in range(feeds):
            with api.feed(after=0) as feed:
                feed.next("subscribed")
                found[number] = [str(one) for _, one in feed.items(900)]
    finally:
        writing.join()
    assert found == [[url(number) for number in range(900)]] * feeds


def test_another_query_on_the_same_connection(api: Api) -> None:
    with api.feed("host:b.test") as feed:
        feed.next("subscribed")
        api.exchange("http://b.test/")
        assert feed.items(1) == [("new", "http://b.test/")]
        feed.subscribe("host:c.test", token="")  # it was given
        feed.next("subscribed")
        api.exchange("http://b.test/2")
        api.exchange("http://c.test/")
        assert feed.items(1) == [("new", "http://c.test/")]
        feed.subscribe("nosuchfield:1")
        problem = feed.next("error")["problem"]
        assert problem["code"] == "bad_query" and problem["at"]
        api.exchange("http://c.test/2")  # what was subscribed goes on
        assert feed.items(1) == [("new", "http://c.test/2")]


@pytest.mark.parametrize("first", ["{", "[]", '{"token": 1}', '{"token": "a-token-of-the-tests", "after": -1}'])
def test_a_first_message_that_is_none(api: Api, first: str) -> None:
    with connect(f"ws://127.0.0.1:{api.port}/api/feed") as socket:
        socket.send(first)
        said = json.loads(socket.recv(30))
        assert said["type"] == "error" and said["problem"]["code"] == "bad_message"
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(30)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4400


def test_what_is_too_long_ago_is_a_gap(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "CATCH_UP", 10)
    for number in range(20):
        api.exchange(url(number))
    with api.feed(after=1) as feed:
        feed.next("subscribed")
        gap = feed.next("gap")
        assert (gap["after"], gap["to"] >= 20) == (1, True)
        api.exchange(url(99))
        assert [one for _, one in feed.items(1)] == [url(99)]


def test_heartbeats(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "HEARTBEAT", 0.05)
    api.exchange()
    with api.feed("host:nobody.test") as feed:
        began = feed.next("subscribed")["after"]
        assert feed.next("heartbeat")["to"] == began
        api.exchange()  # does not matter to this query, and yet it is said how far it looked
        wait_for(lambda: feed.next("heartbeat")["to"] > began, "a later number")


def test_who_does_not_read_gets_a_gap_and_holds_up_nobody(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "QUEUE", 20_000)
    count = 400
    with (
        connect(f"ws://127.0.0.1:{api.port}/api/feed", compression=None, max_queue=1) as stalled,
        api.feed() as reading,
    ):
        slow = Said(stalled)
        slow.subscribe()
        slow.next("subscribed")
        reading.next("subscribed")
        long = "http://a.test/" + "x" * 20_000
        found: list[str] = []
        for first in range(0, count, 5):
            api.exchanges(f"{long}{number}" for number in range(first, first + 5))
            found += [str(one) for _, one in reading.items(5)]
        assert found == [f"{long}{number}" for number in range(count)]  # complete and in order
        told: list[str] = []
        gaps: list[tuple[int, int]] = []
        reached = 0
        while reached < count:
            said = slow.next("changes", "gap")
            assert said["after"] >= reached
            reached = said["to"]
            if said["type"] == "gap":
                gaps.append((said["after"], said["to"]))
            else:
                told += [item["exchange"]["url"] for item in said["items"]]
        assert gaps
        assert len(told) + sum(to - after for after, to in gaps) == count
        api.exchange(url(1))
        assert slow.items(1) == [("new", url(1))]


def test_a_query_is_asked_and_a_frame_made_once_for_all(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    frame = feed_module.Query.frame

    def counted(*arguments: object) -> str:
        text = frame(*arguments)  # type: ignore[arg-type]
        made.append(1 if text else 0)
        return text

    feeds = [api.feed("host:a.test") for _ in range(10)]
    with feeds[0] as one, feeds[1] as two, feeds[2] as three:
        behind: list[int] = []
        for feed in (one, two, three):
            behind.append(feed.next("subscribed")["after"])
            api.exchange(url(0))
        for feed, after in zip((one, two, three), behind, strict=True):
            assert feed.items(3 - after) == [("new", url(0))] * (3 - after)
        monkeypatch.setattr(feed_module.Query, "frame", counted)
        api.exchange(url(1))
        for feed in (one, two, three):
            assert feed.items(1) == [("new", url(1))]
    assert sum(made) == 1


def test_a_queue_is_bounded() -> None:
    subscriber = Subscriber(All(), 0, 0, 0)
    for number in range(1, 1000):
        subscriber.put("x" * 100_000, number)
    assert subscriber.waiting <= feed_module.QUEUE
    assert json.loads(subscriber.take() or "") == {"type": "gap", "after": 0, "to": 999}
    assert subscriber.take() is None
    subscriber.put("", 1000)
    subscriber.put("more", 1001)
    assert (subscriber.take(), subscriber.sent) == ("more", 1001)


def test_it_ends_in_order(tmp_path: Path) -> None:
    """Clients that read, and one that does not, are closed when Wireglass ends, and soon."""
    with (
        Api(tmp_path) as api,
        api.feed() as feed,
        connect(f"ws://127.0.0.1:{api.port}/api/feed", compression=None, max_queue=1, close_timeout=1) as stalled,
    ):
        feed.next("subscribed")
        Said(stalled).subscribe(after=0)
        for _ in range(100):
            api.exchange("http://a.test/" + "x" * 50_000)
        began = time.monotonic()
        api.__exit__()
        assert time.monotonic() - began < 10
        for _ in range(1000):
            try:
                feed.socket.recv(10)
            except ConnectionClosed:
                break
        else:
            raise AssertionError("the feed was not closed")


def test_an_error_in_reading_stops_nobody(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it is: it is told, and then the subscribers go on without having missed anything."""
    monkeypatch.setattr(feed_module, "RETRY", 0.01)
    failed = threading.Event()
    look = Feed._look

    def fails(self: Feed, *arguments: Any) -> object:
        if not failed.is_set():
            failed.set()
            raise ValueError("a row that cannot be read")
        return look(self, *arguments)

    with api.feed() as feed, api.feed("host:b.test") as other:
        for one in (feed, other):
            one.next("subscribed")
        api.exchange(url(1))
        assert feed.items(1) == [("new", url(1))]
        monkeypatch.setattr(Feed, "_look", fails)
        api.exchange(url(2))
        assert failed.wait(30)
        api.exchange("http://b.test/3")
        assert feed.items(2) == [("new", url(2)), ("new", "http://b.test/3")]
        assert other.items(1) == [("new", "http://b.test/3")]
    [said] = api.notices
    assert said.startswith("The API met a mistake in Wireglass and goes on")
    assert "a row that cannot be read" in (api.home.path / "api.log").read_text()
