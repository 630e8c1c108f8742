"""The filters of Postman and pmproxy."""

from __future__ import annotations

import msgspec
import pytest
from tests.query.generated import Seen

from wireglass.errors import QueryError
from wireglass.model import Detail, Summary
from wireglass.query import All, match, parse, unparse
from wireglass.query.foreign import PostmanFilter, pmproxy, postman

SEEN = Seen(
    Summary("GET", "https://api.a.com/v1/x?y=1", "api.a.com", 0.0, status=404, type="text/javascript", state="done"),
    Detail(),
)


@pytest.mark.parametrize(
    ("filter", "query"),
    [
        (PostmanFilter(), ""),
        (PostmanFilter(url_contains="/v1/"), 'url:"/v1/"'),
        (PostmanFilter(url_contains="a.com/x?y=1"), 'url:"a.com/x?y=1"'),
        (PostmanFilter(url_contains="/v1/x/i"), 'url:"/v1/x/i"'),
        (PostmanFilter(url_contains="/(v1|v2)/i"), "url:/(v1|v2)/i"),
        (PostmanFilter(url_contains=r"^https://api\."), r"url:/^https:\/\/api\./"),
        (PostmanFilter(url_contains=".*api.*"), "url:/.*api.*/"),
        (PostmanFilter(url_excludes="cdn"), "-url:cdn"),
        (PostmanFilter(methods=("GET", "POST")), "method:GET,POST"),
        (PostmanFilter(hosts=("a.com",)), "host:a.com,*.a.com"),
        (PostmanFilter(hosts=("https://a.com",)), "host:a.com"),
        (PostmanFilter(hosts=("*.a.com",)), "host:*.a.com"),
        (PostmanFilter(status_codes=("404", "5xx")), "status:404,5xx"),
        (PostmanFilter(types=("json", "text/html")), "type:json,text/html"),
        (PostmanFilter(exclude_images=True, exclude_js=True, exclude_css=True), "-type:image -type:js -type:css"),
        (
            PostmanFilter(url_contains="v1", methods=("GET",), status_codes=("4xx",), exclude_js=True),
            "url:v1 method:GET status:4xx -type:js",
        ),
    ],
)
def test_postman(filter: PostmanFilter, query: str) -> None:
    node = postman(filter)
    assert node == parse(query, 0.0)
    assert parse(unparse(node), 0.0) == node
    assert msgspec.json.decode(msgspec.json.encode(filter), type=PostmanFilter) == filter


@pytest.mark.parametrize(
    ("filter", "answer"),
    [
        (PostmanFilter(url_contains="/v1/"), True),
        (PostmanFilter(url_contains="/v2/"), False),
        (PostmanFilter(url_contains=r"^https://.*\?y="), True),
        (PostmanFilter(url_excludes="api"), False),
        (PostmanFilter(hosts=("a.com",)), True),
        (PostmanFilter(hosts=("https://a.com",)), False),
        (PostmanFilter(exclude_js=True), False),
        (PostmanFilter(exclude_css=True), True),
    ],
)
def test_postman_on_an_exchange(filter: PostmanFilter, answer: bool) -> None:
    assert match(postman(filter), SEEN) is answer


def test_postman_with_what_cannot_be() -> None:
    with pytest.raises(QueryError, match="perl operator"):
        postman(PostmanFilter(url_contains="^(?=a)"))
    with pytest.raises(QueryError, match="'ok' is no status"):
        postman(PostmanFilter(status_codes=("ok",)))


@pytest.mark.parametrize(
    ("host", "methods", "query"),
    [
        ("", "", ""),
        ("a.com", "", "host:a.com"),
        ("*.com", "", 'host:"*.com"'),
        ("", "get, post", "method:GET,POST"),
        ("", "GET,", "method:GET"),
        ("", ",", "-*"),
        ("a.com", "PUT", "host:a.com method:PUT"),
    ],
)
def test_pmproxy(host: str, methods: str, query: str) -> None:
    assert pmproxy(host, methods) == parse(query, 0.0)


def test_pmproxy_takes_the_host_alone() -> None:
    assert match(pmproxy("a.com"), SEEN) is False
    assert match(pmproxy("api.a.com", "GET"), SEEN) is True
    assert pmproxy() == All()
