"""What pmproxy saves, in Postman's own programs: the file is run by newman as it is, and after the converter has made
format v2.1 of it. The servers that were captured then get what they had got; the names of the last tests say where
newman sends something else, which no file of format v1 could change."""

from __future__ import annotations

import contextlib
import gzip
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import pytest
from tests.doors.conftest import Authority
from tests.formats.test_postman_v1 import OF_PMPROXY
from tests.peers import postman_programs
from tests.peers.http import Message
from tests.peers.installed import installed
from tests.peers.origin import Origin
from tests.peers.pmproxy import Pmproxy
from tests.peers.postman_programs import Run

JSON = '{"ä": "\\u00e4 {{unknown}} \U0001f600", "b": [1.0, null]}\n'.encode()
FORM = b"z=last+in+the+alphabet&name=M%C3%BCller&z=second&empty=&plus=1%2B1"
MULTIPART = (
    b'--b1\r\nContent-Disposition: form-data; name="who"\r\n\r\nM\xc3\xbcller\r\n'
    b'--b1\r\nContent-Disposition: form-data; name="who"\r\n\r\nsecond\r\n'
    b'--b1\r\nContent-Disposition: form-data; name="file"; filename="x.png"\r\nContent-Type: image/png\r\n\r\n'
    b"\x89PNG\xff\r\n"
    b'--b1\r\nContent-Disposition: form-data; name="lines"\r\n\r\none\r\ntwo\r\n--b1--\r\n'
)
BINARY = bytes(range(256))
TEXT = ("-H", "Content-Type: text/plain")

# Path and query, curl's arguments, body.
SAME: list[tuple[str, tuple[str, ...], bytes | None]] = [
    ("/", (), None),
    ("/get?a=1&b=%C3%A4+x&a=&c&d=a%2Fb", (), None),
    ("/a%20b/:id/(x)!~*'/;p=1,2", (), None),
    ("/head", ("--head",), None),
    ("/options", ("-X", "OPTIONS"), None),
    (
        "/fields",
        ("-H", "X-Colon: a: b", "-H", "X-Empty;", "-H", "x-CASE:  spaces  in  it", "-H", 'If-Match: "e"'),
        None,
    ),
    ("/json", ("-H", "Content-Type: application/json"), JSON),
    ("/text", ("-X", "PUT", *TEXT), b"line\r\nline\n\ttab \\ \" '"),
    ("/bom", TEXT, b"\xef\xbb\xbfbom"),
    ("/xml", ("-X", "PROPPATCH", "-H", "Content-Type: text/xml"), None),
    ("/empty", ("-X", "POST"), None),
    ("/delete", ("-X", "DELETE"), None),
    ("/delete-with-body", ("-X", "DELETE", *TEXT), b"this"),
    ("/link", ("-X", "LINK", *TEXT), b"to"),
    ("/unlink", ("-X", "UNLINK", *TEXT), b"from"),
    ("/chunked", (*TEXT, "-H", "Transfer-Encoding: chunked"), b"in chunks"),
    ("/large", TEXT, b"0123456789abcde\n" * 20_000),
]
OTHER: list[tuple[str, tuple[str, ...], bytes | None]] = [
    ("/form", (), FORM),
    ("/multipart", ("-H", "Content-Type: multipart/form-data; boundary=b1"), MULTIPART),
    ("/gzip", (*TEXT, "-H", "Content-Encoding: gzip"), gzip.compress(b"unpacked")),
    ("/gr\u00fc\u00dfe?q=\u00fc", (), None),
    ("/untyped", ("-X", "PATCH", "-H", "Content-Type:"), "grüße".encode()),
    ("/repeated-field", ("-H", "X-Again: 1", "-H", "x-again: 2"), None),
    ("/unicode-field", ("-H", "X-Name: \u00fc"), None),
    ("/binary", ("-H", "Content-Type: application/octet-stream"), BINARY),
    ("/latin", ("-H", "Content-Type: text/plain; charset=iso-8859-1"), b"gr\xfc\xdfe"),
    ("/binary-form", (), b"a=%ff"),
    ("/get-with-body", ("-X", "GET", *TEXT), b"body"),
]
OF_NEWMAN = ("cache-control", "postman-token")


class Captured(NamedTuple):
    folder: Path
    file: Path
    trust: Path
    plain: Origin
    tls: Origin
    ipv6: Origin

    def replay(self, file: Path, *options: str | Path) -> Replayed:
        servers = (self.plain, self.tls, self.ipv6)
        before = [len(server.calls) for server in servers]
        run = postman_programs.run(file, file.with_suffix(".report"), *options)
        return Replayed(run, *([call.request for call in s.calls[at:]] for s, at in zip(servers, before, strict=True)))


class Replayed(NamedTuple):
    run: Run
    plain: list[Message]
    tls: list[Message]
    ipv6: list[Message]


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Captured]:
    folder = tmp_path_factory.mktemp("newman")
    with contextlib.ExitStack() as stack:
        plain = stack.enter_context(Origin())
        tls = stack.enter_context(Origin(authority.server_context()))
        ipv6 = stack.enter_context(Origin(host="::1"))
        program = Pmproxy(folder, "save", "--name", "captured", trust=authority.path)
        stack.callback(program.clear)
        for server in (plain, tls):
            for path, arguments, body in SAME + OTHER:
                _curl(program, server.url + path, *arguments, body=body)
        _curl(program, ipv6.url + "/v6")
        _curl(program, plain.url + "/json", "-H", "Content-Type: application/json", body=JSON)  # a second time
        assert program.save() == 0, program.stderr()
        yield Captured(folder, folder / "captured.postman_collection", authority.path, plain, tls, ipv6)


@pytest.fixture(scope="module", params=["v1", "v2.1"])
def replayed(request: pytest.FixtureRequest, captured: Captured) -> Replayed:
    """The run of the file as it is, and of what the converter makes of it. Both are green."""
    file = captured.file
    if request.param == "v2.1":
        file = captured.folder / "converted.json"
        postman_programs.convert(captured.file, file)
    replayed = captured.replay(file, "--ssl-extra-ca-certs", captured.trust)
    assert replayed.run.code == 0, replayed.run.said
    assert set(replayed.run.statuses) == {200} and len(replayed.run.statuses) == 2 * len(SAME + OTHER) + 1
    return replayed


def _curl(program: Pmproxy, url: str, *arguments: str, body: bytes | None = None) -> None:
    curl = (installed("curl"), "-sS", "-g", "--path-as-is", "-o", "/dev/null", "-x", f"http://{program.proxy}")
    trust = ("--cacert", program.home / "ca" / "ca.pem")
    data = () if body is None else ("--data-binary", "@-")
    done = subprocess.run([*curl, *trust, *data, *arguments, url], input=body or b"", capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()


def _of(messages: list[Message], target: str) -> Message:
    [found] = [message for message in messages if message.target.partition("?")[0] == target.partition("?")[0]]
    return found


def _was(server: Origin, target: str) -> Message:
    """As it came while pmproxy captured."""
    path = target.partition("?")[0].encode().decode("latin-1")
    return next(call.request for call in server.calls if call.path == path)


def _fields(message: Message) -> list[tuple[bytes, bytes]]:
    """Without what pmproxy keeps to itself, and what newman sets on its own."""
    own = {name.encode() for name in (*OF_PMPROXY, *OF_NEWMAN, "content-encoding", "proxy-connection")}
    return [field for field in message.headers if field[0].lower() not in own]


@pytest.mark.parametrize("server", ["plain", "tls"])
@pytest.mark.parametrize("path", [path for path, _, _ in SAME])
def test_the_server_gets_what_it_had_got(captured: Captured, replayed: Replayed, server: str, path: str) -> None:
    was, now = _was(getattr(captured, server), path), _of(getattr(replayed, server), path)
    assert (now.start, now.body) == (was.start, was.body)
    assert _fields(now) == _fields(was)


def test_ipv6(captured: Captured, replayed: Replayed) -> None:
    assert [message.start for message in replayed.ipv6] == [captured.ipv6.calls[0].request.start]


def test_forms_have_the_same_fields_the_first_of_a_name(captured: Captured, replayed: Replayed) -> None:
    """Written anew, hence another escaping. A repeated key has its first value, and a file is left out: pmproxy's
    rules."""
    form = _of(replayed.plain, "/form")
    assert parse_qsl(form.body.decode(), keep_blank_values=True) == [
        ("z", "last in the alphabet"), ("name", "Müller"), ("empty", ""), ("plus", "1+1"),
    ]  # fmt: skip
    assert form.get("content-type") == b"application/x-www-form-urlencoded"
    multipart = _of(replayed.plain, "/multipart")
    assert multipart.get("content-type") == b"multipart/form-data; boundary=b1"
    assert multipart.body == (
        b'--b1\r\nContent-Disposition: form-data; name="who"\r\n\r\nM\xc3\xbcller\r\n'
        b'--b1\r\nContent-Disposition: form-data; name="lines"\r\n\r\none\r\ntwo\r\n--b1--\r\n'
    )


def test_a_coded_body_is_sent_without_its_coding(replayed: Replayed) -> None:
    gzipped = _of(replayed.plain, "/gzip")
    assert (gzipped.body, gzipped.get("content-encoding"), gzipped.get("content-length")) == (b"unpacked", None, b"8")


def test_a_body_of_no_type_is_sent_as_plain_text(captured: Captured, replayed: Replayed) -> None:
    """Newman adds the field."""
    assert _was(captured.plain, "/untyped").get("content-type") is None
    untyped = _of(replayed.plain, "/untyped")
    assert (untyped.body.decode(), untyped.get("content-type")) == ("grüße", b"text/plain")


def test_a_path_beyond_ascii_is_sent_escaped(captured: Captured, replayed: Replayed) -> None:
    assert "/gr\u00fc\u00dfe".encode().decode("latin-1") in [call.path for call in captured.plain.calls]
    assert _of(replayed.plain, "/gr%C3%BC%C3%9Fe").target == "/gr%C3%BC%C3%9Fe?q=%C3%BC"


def test_what_newman_cannot_send_repeated_fields_and_fields_beyond_latin_1(replayed: Replayed) -> None:
    """Of a repeated one newman sends the last, and writes text in ISO 8859-1 (Node's way)."""
    assert _of(replayed.plain, "/repeated-field").all("x-again") == [b"2"]
    assert _of(replayed.plain, "/unicode-field").get("x-name") == b"\xfc"


def test_what_newman_cannot_send_binary_raw_bodies_and_fields(replayed: Replayed) -> None:
    """A body in format v1 is text, and newman sends it as UTF-8: each byte comes as the character of its number."""
    assert _of(replayed.plain, "/binary").body.decode() == BINARY.decode("latin-1")
    assert _of(replayed.plain, "/latin").body.decode() == "grüße"
    assert _of(replayed.plain, "/binary-form").body == b"a=%C3%BF"


def test_what_pmproxy_does_not_save_bodies_of_get(replayed: Replayed) -> None:
    assert _of(replayed.plain, "/get-with-body").body == b""


def test_the_converted_collection(captured: Captured, tmp_path: Path) -> None:
    """Format v2.1 as the converter writes it: requests in their order, with method, URL, header fields and body."""
    made = postman_programs.convert(captured.file, tmp_path / "v2.json")
    assert made["info"]["name"] == "captured"
    assert made["info"]["schema"] == "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
    assert len(made["item"]) == 2 * len(SAME + OTHER) + 1

    def item(server: Origin, path: str) -> Any:
        requests = [item["request"] for item in made["item"]]
        [found] = [one for one in requests if (one["url"] if isinstance(one["url"], str) else one["url"]["raw"])
                   == server.url + path]  # fmt: skip
        return found

    for server in (captured.plain, captured.tls):
        query = item(server, "/get?a=1&b=%C3%A4+x&a=&c&d=a%2Fb")
        assert (query["method"], query["url"]["protocol"]) == ("GET", server.url.partition(":")[0])
        assert [(one["key"], one["value"]) for one in query["url"]["query"]][:3] == [
            ("a", "1"), ("b", "%C3%A4+x"), ("a", ""),
        ]  # fmt: skip
        posted = item(server, "/json")
        assert (posted["method"], posted["body"]) == ("POST", {"mode": "raw", "raw": JSON.decode()})
        assert {"key": "Content-Type", "value": "application/json"} in posted["header"]
        assert [one["key"] for one in item(server, "/repeated-field")["header"]][-2:] == ["X-Again", "x-again"]
        form = item(server, "/form")["body"]
        assert form["mode"] == "urlencoded"
        assert [one["key"] for one in form["urlencoded"]] == ["z", "name", "empty", "plus"]
        parts = item(server, "/multipart")["body"]
        assert parts == {
            "mode": "formdata",
            "formdata": [
                {"key": "who", "value": "Müller", "type": "text"},
                {"key": "lines", "value": "one\r\ntwo", "type": "text"},
            ],
        }


def test_newman_refuses_the_server_unless_it_is_told_to_trust(captured: Captured) -> None:
    """So that the runs above do verify, and so that --insecure does what it says."""
    refused = captured.replay(captured.file)
    assert refused.run.code == 1 and not refused.tls and len(refused.plain) == len(SAME + OTHER)
    insecure = captured.replay(captured.file, "--insecure")
    assert insecure.run.code == 0 and len(insecure.tls) == len(SAME + OTHER)


def test_restricted_fields_reach_the_server_where_they_are_kept(tmp_path: Path) -> None:
    given = {"Cookie": "a=b; c=d", "Origin": "http://page.test", "Referer": "http://page.test/x", "User-Agent": "me/1"}
    arguments = [part for name, value in given.items() for part in ("-H", f"{name}: {value}")]
    with Origin() as server:
        program = Pmproxy(tmp_path, "save", "--restricted_headers", "true")
        try:
            _curl(program, server.url + "/get", *arguments)
            _curl(program, server.url + "/post", *arguments, *TEXT, body="grüße".encode())
            assert program.save() == 0, program.stderr()
        finally:
            program.clear()
        report = tmp_path / "report.json"
        run = postman_programs.run(tmp_path / "default.postman_collection", report)
        assert run.code == 0, run.said
        for path in ("/get", "/post"):
            was, now = (call.request for call in server.calls_of(path))
            assert {name: now.get(name) for name in given} == {name: value.encode() for name, value in given.items()}
            assert (now.get("host"), now.body) == (was.get("host"), was.body)
