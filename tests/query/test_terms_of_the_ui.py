"""What the web UI writes for a value (``ui/src/api/queryWords.ts``) finds that value, and no other that is much like
it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote_plus, urlencode

import msgspec
import pytest
from tests.query.generated import Seen

from wireglass.model import Detail, Summary
from wireglass.query import match, parse

Case = tuple[str, list[str], str]
Strings = list[str]

NOW = 1_769_850_000.0
CASES: list[Case] = [
    (case["make"], case["with"], case["term"])
    for case in json.loads((Path(__file__).parents[2] / "ui/src/api/queryTerms.json").read_bytes())
]
BLANK = Summary("X", "http://x.test/x", "x.test", NOW, "http/1.0", "proxy", "10.0.0.1:1", state="done", status=1)


def seen(**values: object) -> Seen:
    return Seen(msgspec.structs.replace(BLANK, **values), Detail(), "", "", ())


def of_field(field: str, value: str) -> Seen:
    if field == "path":
        return seen(url=f"http://x.test{value}?q" if value.startswith("/") else value)
    if field == "session":
        return seen(sessions=(value,))
    return seen(**{field: int(value) if field == "status" else value})


def of_header(side: str, name: str, value: str) -> Seen:
    headers = [(b"a", b"b"), (name.encode(), value.encode())]
    detail = Detail(request_headers=headers) if side == "request" else Detail(response_headers=headers)
    return Seen(BLANK, detail, "", "", ())


def of_cookie(side: str, name: str, value: str) -> Seen:
    if side == "request":
        return of_header(side, "Cookie", f"other=1; {name}={value}; last=2")
    return of_header(side, "Set-Cookie", f"{name}={value}; Path=/")


def of_json(side: str, key: str, value: str) -> Seen:
    return of_body(side, f'{{"a": 1, {key} : {value}\n}}' if key else f"[1, {value},2]")


def of_body(side: str, body: str) -> Seen:
    return Seen(BLANK, Detail(), *((body, "") if side == "request" else ("", body)), ())


MADE: dict[str, Callable[..., Seen]] = {
    "termOf": of_field,
    "clientTerm": lambda client: seen(client=client),
    "parameterTerm": lambda name, value: seen(url=f"http://x.test/?a=1&{quote_plus(name)}={quote_plus(value)}&b"),
    "headerTerm": of_header,
    "cookieTerm": of_cookie,
    "jsonTerm": of_json,
    "formTerm": lambda side, name, value: of_body(side, urlencode({"z": "0", name: value, "y": "1"})),
    "pathTerm": lambda path: seen(url=f"http://x.test{path.replace('{id}', '17').replace('{date}', '2026-11-22')}"),
    "endpointQuery": lambda method, host, path: seen(
        method=method, host=host, url=f"http://{host}{path.replace('{id}', '17')}"
    ),
}


@pytest.mark.parametrize(("make", "given", "term"), CASES, ids=[term for _, _, term in CASES])
def test_a_term_finds_its_value(make: str, given: Strings, term: str) -> None:
    node = parse(term, NOW)
    assert match(node, MADE[make](*given)) is True
    other = MADE[make](*another(make, given))
    assert match(node, other) is False
    assert match(parse(f"-({term})", NOW), other) is True


def another(make: str, given: Strings) -> Strings:
    """Values of the same kind that are only a little different."""
    *before, last = given
    if make == "endpointQuery":
        return [given[0], f"{given[1]}0", last]
    if make == "pathTerm":
        return ["/other/9/9"]
    if make == "clientTerm":
        return ["10.1.1.1:54321"]
    return [*before, "1" if last == "[]" else f"{last}0"]
