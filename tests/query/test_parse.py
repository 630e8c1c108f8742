"""Text → tree: spellings that mean the same, and mistakes with their place."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.query.generated import HARD_TEXTS

from wireglass.errors import QueryError
from wireglass.query import (
    All,
    And,
    Between,
    Compares,
    Holds,
    Is,
    Like,
    Matches,
    Node,
    Not,
    Or,
    Term,
    There,
    caret,
    parse,
    places,
    unparse,
)
from wireglass.query.fields import TABLE, Field

NOW = 1_769_850_000.0
ISSUE = (
    "method:POST,PUT host:*.example.com path:/v1/* status:4xx type:json size:>10k time:>500ms header:authorization"
    ' body:"order id" session:today source:interceptor protocol:h2 has:error is:marked -host:cdn.example.com'
    " (status:500 or has:websocket) url:/regex/i free words"
)


def test_the_line_of_the_issue() -> None:
    node = parse(ISSUE, NOW)
    assert isinstance(node, And)
    day = node.items[9]
    assert isinstance(day, Term) and day.field == "session_started" and isinstance(day.test, Between)
    assert day.test.low <= NOW <= day.test.high and 22 * 3600 < day.test.high - day.test.low < 26 * 3600
    assert node.items[:9] == (
        Or((Term("method", Is("POST")), Term("method", Is("PUT")))),
        Term("host", Like("*.example.com")),
        Term("path", Like("/v1/*")),
        Term("status", Between(400, 499)),
        Term("type", Is("json")),
        Term("size", Compares(">", 10_000)),
        Term("time", Compares(">", 500)),
        Term("header", There(), "authorization"),
        Term("body", Holds("order id")),
    )
    assert node.items[10:] == (
        Term("source", Is("interceptor")),
        Term("protocol", Is("http/2")),
        Term("has", Is("error")),
        Term("is", Is("marked")),
        Not(Term("host", Is("cdn.example.com"))),
        Or((Term("status", Compares("=", 500)), Term("has", Is("websocket")))),
        Term("url", Matches("regex", True)),
        Term("text", Holds("free")),
        Term("text", Holds("words")),
    )


@pytest.mark.parametrize("spelling", ["", " \n\t", "*", "(*)"])
def test_everything(spelling: str) -> None:
    assert parse(spelling, NOW) == All()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("METHOD:get", "method:get"),
        ("verb:get", "method:get"),
        ("domain:a.com", "host:a.com"),
        ("status-code:404", "status:404"),
        ("mime-type:json", "type:json"),
        ("larger-than:10k", "size:>10000"),
        ("size>10k", "size:>10k"),
        ("size:>=10K", "size>=10kB"),
        ("size:1Mi", "size=1048576"),
        ("time:2s", "time:2000"),
        ("time:<1m", "time:<60000ms"),
        ("status!=200", "-status:200"),
        ("status:!200", "not status:200"),
        ("type:!image", "NOT type:image"),
        ("method!=GET,POST", "-(method:GET or method:POST)"),
        ("a b", "a and b"),
        ("a & b && c", "a AND b And c"),
        ("a | b || c", "a OR b or c"),
        ("a|b", "a or b"),
        ("a or b c", "a or (b and c)"),
        ("not a b", "(not a) b"),
        ("-a or b", "(-a) or b"),
        ("!a", "-(a)"),
        ("not(a)", "-a"),
        ("method:(GET or POST)", "method:GET,POST"),
        ("host:(a.com | -b.com)", "host:a.com or -host:b.com"),
        ("method:GET, POST", "method:GET,POST"),
        ("url:'a b'", 'url:"a b"'),
        (r'"a\"b"', "'a\"b'"),
        (r"url:a\ b", 'url:"a b"'),
        (r"a\*b", '"a*b"'),
        (r"note:C:\temp", r'note:"C:\\temp"'),
        ("status:200-299", "status:2xx"),
        ("status:..399", "status:<=399"),
        ("status:400..", "status:>=400"),
        ("status:>4xx", "status:>499"),
        ("status:<5xx", "status:<500"),
        ("host:a.com:8080", "host:a.com port:8080"),
        ("protocol:h2", "protocol:http2"),
        ("protocol:ws", "protocol:websocket"),
        ("protocol=h2", 'protocol:"http/2"'),
        ("color:red", "color='red'"),
        ("mode=multipart", "mode:form-data"),
        ("path:users", "path~users"),
        ("path:/v1/", 'path="/v1/"'),
        ("header:x-id:7", "header:X-Id=7"),
        ('header:"x-id: 7"', "header:x-id=7"),
        ("header:accept=a,b", "header:accept=a or header:accept=b"),
        ("header:a,b", "header:a or header:b"),
        ("param:page=*2", "param=page=*2"),
        ("url:a?b", 'url:"a?b"'),
        ("since:@5", "started:>=@5"),
        ("after:1769850000", "at:>=1769850000"),
        ("until:today", "before:today"),
        ("is:pending", "is:open"),
        ("has:response-body", "has:response_body"),
        ("host==a.com", "host=a.com"),
        ("https://a.com/b?c=d", '"https://a.com/b?c=d"'),
        ("a=b", '"a=b"'),
        ("12:30", '"12:30"'),
        ("f(x)", '"f(x)"'),
    ],
)
def test_two_spellings_of_one_thing(one: str, other: str) -> None:
    assert parse(one, NOW) == parse(other, NOW)


@pytest.mark.parametrize(
    ("query", "node"),
    [
        ("url:a*b", Term("url", Like("*a*b*"))),
        ("url=a*b", Term("url", Like("a*b"))),
        (r"url:a\**", Term("url", Like(r"*a\**"))),
        ("host:b\u00fccher.example", Term("host", Is("xn--bcher-kva.example"))),
        ("host:**", Term("host", There())),
        ("status:*", Term("status", There())),
        ("text:*", Term("text", There())),
        ("path:/v1/users", Term("path", Is("/v1/users"))),
        ("path:/users path:/i", And((Term("path", Is("/users")), Term("path", Is("/i"))))),
        (r"path:/^\/v1/", Term("path", Matches("^/v1"))),
        (r"url:/a\\\/b/", Term("url", Matches(r"a\\/b"))),
        ("/a b/", Term("text", Matches("a b"))),
        ("url:/v1/users", Term("url", Holds("/v1/users"))),
        ("url://cdn", Term("url", Holds("//cdn"))),
        ("client:127.0.0.1", Term("client", Like("127.0.0.1:*"))),
        ("client:::1", Term("client", Like("[::1]:*"))),
        ("client:[::1]:80", Term("client", Is("[::1]:80"))),
        ("header:*=a", Term("header", Holds("a"), "*")),
        ("header:/^a/", Term("header", Matches("^a"))),
        ('header:"two words"', Term("header", Holds("two words"))),
        ("param:Page=2", Term("param", Is("2"), "Page")),
        ('session:"today"', Term("session", Is("today"))),
        ("mode:none", Term("mode", Is(""))),
        ('type:""', Term("type", Is(""))),
        ("since:10m", Term("started", Compares(">=", NOW - 600))),
        ("started:1h", Term("started", Compares(">=", NOW - 3600))),
        ("before:2026-01-31T10:00Z", Term("started", Compares("<", 1_769_853_600.0))),
        ("started:<2h", Term("started", Compares("<", NOW - 7200))),
    ],
)
def test_what_is_meant(query: str, node: Node) -> None:
    assert parse(query, NOW) == node


@pytest.mark.parametrize("field", TABLE, ids=lambda field: field.name)
def test_the_examples_of_the_table_are_of_their_field(field: Field) -> None:
    node = parse(field.example, NOW)
    first = node.items[0] if isinstance(node, Or) else node
    assert isinstance(first, Term)
    expected = field.stands_for[0] if field.stands_for else field.name
    assert first.field == ("session_started" if field.example == "session:today" else expected)
    for name in field.aliases:
        parse(f"{name}{field.example.removeprefix(field.name.replace('_', '-')).removeprefix(field.name)}", NOW)


@pytest.mark.parametrize(
    ("query", "marked", "says"),
    [
        ("a metod:POST", "metod", "Did you mean method:"),
        ("hsot:a.com", "hsot", "Did you mean host:"),
        ("localhost:8080", "localhost", "quotes"),
        ("zzzzzz:1", "zzzzzz", 'in quotes: "zzzzzz:…"'),
        ("status:abc", "abc", "4xx"),
        ("size:>10x", "x", "'x' is no unit of size"),
        ("status:" + "a" * 500, "a" * 500, "'" + "a" * 59 + "\u2026'"),
        ("time:5parsecs", "parsecs", "no unit of time"),
        ("size:>", "size:>", "value is missing behind size:>"),
        ("color:pink", "pink", "color: has no 'pink'. Write red, orange"),
        ("color:gray", "gray", "Did you mean grey?"),
        ("colour=red,bleu", "bleu", "Did you mean blue?"),
        ("-color!='pink'", "'pink'", "color!= has no 'pink'"),
        ("protocol:spdy", "spdy", "Write h1, h2, h3, ws, tunnel or socks."),
        ("protocol:http2.1", "http2.1", "protocol: has no"),
        ("mode:urlencode", "urlencode", "Did you mean urlencoded?"),
        ("mode:json", "json", "Write none, raw"),
        ("status:99999", "99999", "'99999' is no value of status. Write a status or a class: 404"),
        ("status:200,>1000", "1000", "is no value of status"),
        ("status:400..4999", "4999", "no value of status"),
        ("status:404.5", "404.5", "no value of status"),
        ("has:eror", "eror", "Did you mean error"),
        ("has:zzz", "zzz", "Write error, body"),
        ("is:maked", "maked", "Did you mean marked"),
        ("(a or b", "(", "not closed"),
        ("a or (b", "(", "not closed"),
        ("(", "(", "not closed"),
        ("a or b) c", ")", "closes nothing"),
        ("()", "()", "nothing in the brackets"),
        ('a "bc', '"bc', "quotation mark"),
        ("a 'bc", "'bc", "quotation mark"),
        ("url:/[a/i", "/[a/i", "missing ]"),
        ("url:/(?=a)/", "/(?=a)/", "look-around"),
        ("url:/(a)\\1/", "/(a)\\1/", "back-references"),
        ("url:/a{1000}/", "/a{1000}/", "at most 320"),
        ("url:/a/g", "g", "no flag 'g'"),
        ("method:", "method:", "value is missing"),
        ("method: POST", "method:", "without a space"),
        ("method:GET, ", "method:GET, ", "value is missing"),
        ("method:>3", "method:>3", "compares numbers"),
        ("status~4", "~4", "no text is looked for"),
        ("header>3", "header>", "compares numbers"),
        ('body:""', '""', "empty"),
        ("time:1s..500ms", "1s..500ms", "500ms..1s"),
        ("status:..", "..", "no ends"),
        ("since:>10m", ">10m", "compares already"),
        ("since:yesteryear", "yesteryear", "no value of since"),
        ("since:2026-13-01", "2026-13-01", "no value"),
        ("a and", "", "behind 'and'"),
        ("a and and b", "and", "in front of 'and'"),
        ("or b", "or", "in quotes"),
        ("a or | b", "|", "behind 'or'"),
        ("a not", "not", "behind 'not'"),
        ("- a", "-", "behind '-'"),
        ("~u foo", "~u", "url:/REGEX/"),
        ("~zz foo", "~zz", "mitmproxy"),
        ("a " * 251, "a", "More than 250 terms"),
        ("/a/ " * 21, "/a/", "More than 20 regular"),
        ("host:" + "a?" * 300, "a?", "too long"),
        ("method:" + "a," * 251 + "a", "a", "More than 250 terms"),
        ("(" * 41 + "a" + ")" * 41, "(", "40 levels"),
        ("-" * 41 + "a", "-", "40 levels"),
    ],
)
def test_a_mistake_and_its_place(query: str, marked: str, says: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(query, NOW)
    error = caught.value
    assert error.text == query
    assert query[slice(*error.at)][: len(marked) or None] == marked
    assert says in f"{error.message} {error.hint}"


def test_a_query_that_is_too_long() -> None:
    with pytest.raises(QueryError, match="at most 4,096"):
        parse("a" * 4097, NOW)
    parse("a" * 4096, NOW)


WORDS = st.sampled_from(
    [
        *(field.name + operator for field in TABLE for operator in (":", "=", ">")),
        "and ", "or ", "not ", "-", "!", "(", ")", "|", "&", ",", '"', "'", "/", "/i", "\\", "*", "?", "..", " ", "~u",
        "10k", "4xx", "5ms", "2026-01-31", "today", "@1", "a", "é", "a=b", "[", "{2}", "error", "\x00", "\ud800",
    ]
)  # fmt: skip


@given(st.lists(WORDS, max_size=14).map("".join) | st.text(max_size=60) | HARD_TEXTS)
@example("method:(/a")
@example("header:a=")
@example("url:/\\")
@example("time:9" + "9" * 400)
@example("started:9999-12-31")
@example("started:0000-01-01")
@example("size:1e999")
@example("not" * 100)
def test_any_text_is_read_or_the_place_is_shown(text: str) -> None:
    error: QueryError | None = None
    node: Node = All()
    try:
        node = parse(text, NOW)
    except QueryError as caught:
        error = caught
    if error:
        start, end = error.at
        assert error.text == text and 0 <= start <= end <= len(text)
        assert error.message.endswith((".", ")")) and error.hint
        assert caret(error).endswith("^")
    else:
        assert parse(unparse(node), 0.0) == node


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", []),
        ("host:a  and 'b c'", ["host:a", "'b c'"]),
        ("not a -(b or c) !d", ["not a", "-(b or c)", "!d"]),
        (r"url:/a b\/ c/i header:cookie=/(^|; )a=b/ e", [r"url:/a b\/ c/i", "header:cookie=/(^|; )a=b/", "e"]),
        ("method:GET, POST status:(2xx or 3xx)|f", ["method:GET, POST", "status:(2xx or 3xx)", "f"]),
        ("it's or he's", ["it's", "he's"]),
    ],
)
def test_places_of_terms(text: str, terms: list[str]) -> None:
    assert [text[start:end] for start, end in places(text, NOW)] == terms
