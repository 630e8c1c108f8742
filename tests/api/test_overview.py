"""What a query finds, added up; and the days of a record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.api.served import Api

from wireglass.api import day_counts
from wireglass.api.day_counts import DayCounts
from wireglass.api.days import days
from wireglass.api.overview import overview
from wireglass.query import All, parse
from wireglass.store import Reader

NOON = datetime(2026, 1, 31, 12).timestamp()  # noqa: DTZ001 - of this machine, as days are
DAY = 86_400


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with Api(tmp_path_factory.mktemp("overview")) as api:
        for number in range(6):
            url = f"http://a.test/users/{number}/orders?page=1"
            api.exchange(url, started=NOON + 10 * number, response=b"12345", status=404 if number == 5 else 200)
        api.exchange("http://a.test/large", started=NOON - DAY, response=b"x" * 1000)
        api.exchange("http://b.test/", started=NOON - DAY, status=None, method="POST")
        yield api


def test_figures_endpoints_and_tallies(filled: Api) -> None:
    found = filled.get("/overview")
    assert (found["exchanges"], found["failed"], found["response_bytes"]) == (8, 1, 1030)
    assert found["exact"] and found["since"] == NOON - DAY
    assert found["endpoints"] == 3
    assert [(one["path"], one["response_bytes"]) for one in found["largest"]] == [
        ("/large", 1000),
        ("/users/{id}/orders", 30),
        ("/", 0),
    ]
    assert [(one["host"], one["path"], one["failing"], one["exchanges"]) for one in found["failing"]] == [
        ("b.test", "/", 1, 1),
        ("a.test", "/users/{id}/orders", 1, 6),
    ]
    assert all(one["mean_ms"] == one["slowest_ms"] == 1.5 for one in found["slowest"])
    domains = [(one["value"], one["exchanges"]) for one in found["tallies"] if one["dimension"] == "domain"]
    assert domains == [("a.test", 7), ("b.test", 1)]


def test_buckets_are_of_one_width_and_not_too_many(filled: Api) -> None:
    found = filled.get("/overview", query="path:/users/*")
    assert found["width"] == 1
    assert [(one["start"], one["exchanges"], one["failing"]) for one in found["buckets"]] == [
        (NOON + 10 * number, 1, int(number == 5)) for number in range(6)
    ]
    for most in (1, 2, 7, 500):
        found = filled.get("/overview", buckets=most)
        first, last = found["buckets"][0]["start"], found["buckets"][-1]["start"]
        assert (last - first) / found["width"] + 1 <= most + 1
        assert sum(one["exchanges"] for one in found["buckets"]) == 8
        assert all(one["start"] % found["width"] == 0 for one in found["buckets"])


def test_nothing_found(filled: Api) -> None:
    found = filled.get("/overview", query="host:nobody.test")
    assert (found["exchanges"], found["since"], found["buckets"], found["endpoints"]) == (0, None, [], 0)


def test_of_many_the_newest_ones_and_it_says_so(filled: Api) -> None:
    with Reader(filled.home.store) as reader:
        some = overview(reader, All(), 10, None, looked_at=3)
        assert (some.exchanges, some.exact) == (3, False)
        assert overview(reader, All(), 10, None, looked_at=8).exact


def test_days_the_latest_first(filled: Api) -> None:
    def midnight(day: int) -> float:
        return datetime(2026, 1, day).timestamp()  # noqa: DTZ001 - see above

    last = {"start": midnight(31), "end": midnight(31) + DAY, "exchanges": 6, "failed": 0, "response_bytes": 30}
    before = {"start": midnight(30), "end": midnight(31), "exchanges": 2, "failed": 1, "response_bytes": 1000}
    assert filled.get("/days") == {
        "days": [
            {"day": "2026-01-31", "request_bytes": 0, **last},
            {"day": "2026-01-30", "request_bytes": 0, **before},
        ],
        "exact": True,
    }


def test_days_of_a_query(filled: Api) -> None:
    found = filled.get("/days", query="host:b.test")
    assert [(one["day"], one["exchanges"]) for one in found["days"]] == [("2026-01-30", 1)]
    assert found["exact"]
    with Reader(filled.home.store) as reader:
        assert not days(reader, parse("host:a.test", NOON), None, DayCounts(), looked_at=2).exact


def test_days_of_another_zone(tmp_path: Path) -> None:
    """Their midnights, also over a change of summer time: that of 29 March 2026 makes a day of 23 hours."""
    with Api(tmp_path) as api:
        for text in ("2026-03-28T22:30", "2026-03-28T23:30", "2026-03-29T21:59", "2026-03-29T22:00"):
            api.exchange("http://a.test/", started=datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
        found = api.get("/days", zone="Europe/Berlin")["days"]
        assert [(one["day"], one["exchanges"]) for one in found] == [
            ("2026-03-30", 1),
            ("2026-03-29", 2),
            ("2026-03-28", 1),
        ]
        assert [one["end"] - one["start"] for one in found] == [DAY, DAY - 3600, DAY]
        assert found[1]["start"] == found[2]["end"]
        answer = api.ask("GET", "/days?zone=Nowhere/Town")
        assert (answer.status, answer.json["message"]) == (400, "This machine knows no time zone 'Nowhere/Town'.")
        for name in ("../../etc/passwd", "Europe", "a%00b"):
            assert api.ask("GET", f"/days?zone={name}").status == 400


def test_wide_bars_begin_with_the_day_of_the_zone(tmp_path: Path) -> None:
    with Api(tmp_path) as api:
        for day in range(3):
            api.exchange("http://a.test/", started=datetime(2026, 1, 10 + day, 12, tzinfo=UTC).timestamp())
        found = api.get("/overview", buckets=3, zone="Asia/Kolkata")
        assert found["width"] == DAY
        midnights = [datetime(2026, 1, 9 + day, 18, 30, tzinfo=UTC).timestamp() for day in range(3)]
        assert [one["start"] for one in found["buckets"]] == midnights


def test_days_follow_every_change_and_go_on_where_the_time_was_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(day_counts, "BLOCK", 4)
    with Api(tmp_path) as api, Reader(api.home.store) as reader:
        for number in range(10):
            api.exchange(f"http://a.test/{number}", started=NOON - DAY * (number < 6))

        def counted() -> list[tuple[str, int]]:
            return [(one.day, one.exchanges) for one in days(reader, All(), None, counts).days]

        counts = DayCounts()
        assert not counts.spans(reader, -1)[1]
        assert counted() == [("2026-01-31", 4), ("2026-01-30", 6)]
        api.exchange("http://a.test/more", started=NOON)
        assert counted() == [("2026-01-31", 5), ("2026-01-30", 6)]
        api.ask("DELETE", "/exchanges?query=path:/0|path:/9")
        assert counted() == [("2026-01-31", 4), ("2026-01-30", 5)]


def test_a_query_that_cannot_be_read(filled: Api) -> None:
    answer = filled.ask("GET", "/overview?query=status:")
    assert answer.status == 400
    assert answer.json["at"] is not None
