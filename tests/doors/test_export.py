"""``wireglass export``: what has passed, as a HAR file that is valid, and that other programs read as it was."""

from __future__ import annotations

import gzip
import json
import shutil
import signal
import subprocess
import sys
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import brotli
import pytest
from tests.doors.conftest import Authority
from tests.formats.schema import check
from tests.peers import mitmproxy, network_panel
from tests.peers.origin import Call, Origin, fixed, in_chunks, say
from tests.peers.program import COMMAND, Wireglass
from tests.peers.waiting import wait_for

TEXT = "Grüße, <html> \u2028 \U0001f600\n".encode()
BINARY = bytes(range(256)) * 40
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(200)
MULTIPART = (
    b'--b1\r\nContent-Disposition: form-data; name="who"\r\n\r\nM\xc3\xbcller\r\n'
    b'--b1\r\nContent-Disposition: form-data; name="file"; filename="\xc3\xbc.bin"\r\nContent-Type: image/png\r\n\r\n'
    b"\x89PNG\xff\r\n--b1--\r\n"
)


# A process of its own between: a child's ru_maxrss begins with what its parent had, and pytest has 150 MB.
PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


class Traffic(NamedTuple):
    """What a client has sent and received through the program, whose record is complete."""

    home: Path
    url: str
    har: Path
    entries: list[dict[str, Any]]

    def entry(self, path: str) -> dict[str, Any]:
        """The entry of the only exchange whose URL ends like this."""
        [entry] = [entry for entry in self.entries if entry["request"]["url"].endswith(path)]
        return entry


def _bodies(server: Origin) -> None:
    """Answers of all kinds."""
    server.on(
        "/text",
        fixed(TEXT, b"Content-Type: text/plain; charset=utf-8", b"X-Latin: caf\xe9", b"x-again: 1", b"X-AGAIN: 2"),
    )
    server.on(
        "/json",
        fixed(gzip.compress(b'{"a": "\xc3\xa4"}'), b"Content-Type: application/json", b"Content-Encoding: gzip"),
    )
    server.on(
        "/brotli", fixed(brotli.compress(TEXT), b"Content-Type: text/html; charset=utf-8", b"Content-Encoding: br")
    )
    server.on("/lying", fixed(b"not gzip at all \xff", b"Content-Type: text/plain", b"Content-Encoding: gzip"))
    server.on("/binary", fixed(BINARY, b"Content-Type: application/octet-stream"))
    server.on("/picture", fixed(PICTURE, b"Content-Type: image/png"))
    server.on(
        "/chunked", in_chunks([b"one ", b"two"], [(b"X-Sum", b"7")], b"Content-Type: text/plain", b"Trailer: X-Sum")
    )
    server.on("/large", fixed(BINARY * 300, b"Content-Type: video/mp4"))
    server.on(
        "/large-text",
        fixed(gzip.compress(TEXT * 60_000), b"Content-Type: text/plain; charset=utf-8", b"Content-Encoding: gzip"),
    )
    server.on("/empty", say(b"HTTP/1.1 204 No Content\r\n\r\n"))
    server.on("/no-reason", say(b"HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n"))
    server.on("/head", say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nContent-Encoding: gzip\r\n\r\n"))
    server.on("/moved", fixed(b"", b"Location: /text?from=moved", status=b"302 Found"))
    server.on(
        "/cookies",
        fixed(
            b"ok",
            b"Set-Cookie: a=1; Path=/x; Domain=example.test; Expires=Wed, 21 Oct 2065 07:28:00 GMT; HttpOnly; Secure"
            b"; SameSite=Lax",
            b"Set-Cookie: b=two words; Max-Age=60",
            b"Set-Cookie: c=; Expires=soon",
        ),
    )
    server.on(
        "/early",
        say(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    )
    server.on("/cut", say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", close=True))


@pytest.fixture(scope="module")
def traffic(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Traffic]:
    folder = tmp_path_factory.mktemp("export")
    program = Wireglass(folder / "home", trust=authority.path).start()
    try:
        with Origin() as plain, Origin(authority.server_context()) as tls:
            _pass(program, folder, plain, tls)
        assert "Traceback" not in program.stop()
        har = folder / "out.har"
        export = [str(part) for part in (COMMAND, "export", "--with-secrets", "--home", program.home, "-o", har)]
        done = subprocess.run(export, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr.decode()
        yield Traffic(program.home, plain.url, har, json.loads(har.read_bytes())["log"]["entries"])
    finally:
        program.clear()
        shutil.rmtree(program.home)


def _pass(program: Wireglass, folder: Path, plain: Origin, tls: Origin) -> None:
    """24 exchanges of all kinds."""
    upload, form = folder / "upload.bin", folder / "form"
    upload.write_bytes(BINARY)
    form.write_bytes(MULTIPART)
    _bodies(plain)
    _bodies(tls)
    for path in ("text", "json", "brotli", "lying", "binary", "picture", "chunked", "large", "large-text"):
        _curl(program, f"{plain.url}/{path}")
    for path in ("empty", "no-reason", "moved", "cookies", "early", "text?tls=1"):
        _curl(program, f"{tls.url}/{path}", "-H", "Cookie: sid=s3cret; theme=dark=blue")
    _curl(program, f"{plain.url}/head", "--head")
    _curl(program, f"{plain.url}/cut", fails=True)
    _curl(program, "http://127.0.0.1:1/refused")  # the proxy answers
    _curl(program, f"{plain.url}/query?a=1&b=%C3%A4+x&a=&c", "-g")
    _curl(program, f"{plain.url}/gr\u00fc\u00dfe", "-g")
    _curl(program, f"{plain.url}/form", "--data", "name=M%C3%BCller&x=1+2")
    for path, type, file in (
        ("upload", "application/octet-stream", upload),
        ("multipart", "multipart/form-data; boundary=b1", form),
    ):
        _curl(program, f"{plain.url}/{path}", "-H", f"Content-Type: {type}", "--data-binary", f"@{file}")
    json_type = ("-H", "Content-Type: application/json")
    _curl(program, f"{plain.url}/put", "-X", "PUT", *json_type, "--data-binary", '{"\u00e4": 1}')


def _curl(program: Wireglass, url: str, *arguments: str, fails: bool = False) -> None:
    command = ["curl", "-sS", "-o", "/dev/null", "--max-time", "20", "-x", f"http://{program.proxy}"]
    done = subprocess.run([*command, "--cacert", str(program.ca_path), url, *arguments], capture_output=True)
    assert (done.returncode != 0) == fails, done.stderr.decode()


def test_the_file_is_valid_and_private(traffic: Traffic) -> None:
    har = json.loads(traffic.har.read_bytes())
    check(har)
    assert traffic.har.stat().st_mode & 0o777 == 0o600
    assert har["log"]["creator"]["name"] == "Wireglass"
    assert har["log"]["pages"] == []
    ids = [entry["_id"] for entry in traffic.entries]
    assert ids == sorted(ids) and len(ids) == 24
    assert [entry for entry in traffic.entries if entry["_state"] == "open"] == []


def test_chromium_reads_every_entry(traffic: Traffic) -> None:
    """Chromium's network panel has the same requests, sizes and contents, and complains about nothing."""
    panel = network_panel.open_har(traffic.har, len(traffic.entries))
    assert panel.errors == []
    assert len(panel.requests) == len(traffic.entries)
    assert any(row.startswith("binary") for row in panel.rows)
    # The panel sorts by the time of the start in milliseconds.
    ours = sorted(traffic.entries, key=lambda entry: entry["startedDateTime"])
    for entry, request in zip(ours, panel.requests, strict=True):
        asked, answered, content = entry["request"], entry["response"], entry["response"]["content"]
        assert (request.method, request.url) == (asked["method"], asked["url"])
        assert (request.status, request.status_text) == (answered["status"], answered["statusText"])
        assert request.request_headers == _pairs(asked["headers"])
        assert request.response_headers == _pairs(answered["headers"])
        assert request.posted == asked.get("postData", {}).get("text")
        if request.text is None:
            assert request.body == _bytes(content)
        else:  # it shows base64 of a textual type as text, too
            assert request.text == _bytes(content).decode("utf-8", "replace")
        sent = max(0, answered["headersSize"]) + max(0, answered["bodySize"])
        assert request.resource_size == (content["size"] or sent)
        assert request.transfer_size == max(0, answered["headersSize"] + answered["bodySize"])
        assert request.seconds == pytest.approx(entry["time"] / 1000, abs=1e-4)
        if "serverIPAddress" in entry:
            assert request.remote == f"{entry['serverIPAddress']}:{entry['connection']}"


def test_mitmproxy_reads_every_entry(traffic: Traffic) -> None:
    """mitmproxy has the same flows: method, URL, status, header fields, decoded bodies."""
    flows = mitmproxy.read_har(traffic.har)
    for entry, flow in zip(traffic.entries, flows, strict=True):
        asked, answered = entry["request"], entry["response"]
        assert (flow.method, flow.url, flow.status) == (asked["method"], asked["url"], answered["status"])
        assert _without_length(flow.request_headers) == _without_length(_pairs(asked["headers"]))
        assert _without_length(flow.response_headers) == _without_length(_pairs(answered["headers"]))
        content = answered["content"]
        if content.get("encoding") == "base64" or "charset" in content["mimeType"] or "json" in content["mimeType"]:
            assert flow.body == _bytes(content), asked["url"]
        else:  # it writes text without a charset as ISO 8859-1 where that is possible
            assert flow.body == content.get("text", "").encode("latin-1"), asked["url"]
        assert flow.request_text == asked.get("postData", {}).get("text", "")


def _pairs(fields: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(field["name"], field["value"]) for field in fields]


def _without_length(fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """mitmproxy counts again, and takes the coding away that it has undone."""
    return [(name, value) for name, value in fields if name.lower() not in ("content-length", "content-encoding")]


def _bytes(content: dict[str, Any]) -> bytes:
    text = content.get("text", "")
    return b64decode(text) if content.get("encoding") == "base64" else text.encode()


@pytest.mark.parametrize(
    ("path", "body", "encoding"),
    [
        ("/text", TEXT, None),
        ("/json", b'{"a": "\xc3\xa4"}', None),
        ("/brotli", TEXT, None),
        ("/binary", BINARY, "base64"),
        ("/picture", PICTURE, "base64"),
        ("/chunked", b"one two", None),
        ("/large", BINARY * 300, "base64"),
        ("/large-text", TEXT * 60_000, None),
        ("/lying", b"not gzip at all \xff", "base64"),
        ("/cut", b"only this", None),
    ],
)
def test_response_bodies(traffic: Traffic, path: str, body: bytes, encoding: str | None) -> None:
    content = traffic.entry(path)["response"]["content"]
    assert _bytes(content) == body
    assert content.get("encoding") == encoding
    assert content["size"] == len(body)


def test_sizes_and_codings(traffic: Traffic) -> None:
    packed = len(gzip.compress(TEXT * 60_000))
    response = traffic.entry("/large-text")["response"]
    assert response["bodySize"] == packed
    assert response["content"]["compression"] == len(TEXT) * 60_000 - packed
    assert "gzip" in traffic.entry("/lying")["response"]["content"]["comment"]
    assert "compression" not in traffic.entry("/lying")["response"]["content"]
    head = traffic.entry("/head")["response"]
    assert (head["bodySize"], head["content"]["size"]) == (0, 0)
    assert head["headersSize"] == len(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nContent-Encoding: gzip\r\n\r\n")


def test_header_fields_are_as_they_passed(traffic: Traffic) -> None:
    fields = traffic.entry(f"{traffic.url}/text")["response"]["headers"]
    assert _pairs(fields)[1:] == [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("X-Latin", "caf\u00e9"),
        ("x-again", "1"),
        ("X-AGAIN", "2"),
    ]
    assert [("comment" in field) for field in fields] == [False, False, True, False, False]
    assert traffic.entry("/no-reason")["response"]["statusText"] == ""
    assert traffic.entry("/chunked")["response"]["_trailers"] == [{"name": "X-Sum", "value": "7"}]
    [early] = traffic.entry("/early")["response"]["_informational"]
    assert early == {"status": 103, "headers": [{"name": "Link", "value": "</a.css>"}]}


def test_cookies_and_redirects(traffic: Traffic) -> None:
    entry = traffic.entry("/cookies")
    assert entry["request"]["cookies"] == [{"name": "sid", "value": "s3cret"}, {"name": "theme", "value": "dark=blue"}]
    first, second, third = entry["response"]["cookies"]
    assert first == {
        "name": "a",
        "value": "1",
        "path": "/x",
        "domain": "example.test",
        "expires": "2065-10-21T07:28:00.000Z",
        "httpOnly": True,
        "secure": True,
        "sameSite": "Lax",
    }
    assert second["value"] == "two words" and second["expires"] > entry["startedDateTime"]
    assert third == {"name": "c", "value": "", "httpOnly": False, "secure": False}
    assert traffic.entry("/moved")["response"]["redirectURL"] == "/text?from=moved"


def test_urls_and_queries(traffic: Traffic) -> None:
    asked = traffic.entry("/query?a=1&b=%C3%A4+x&a=&c")["request"]
    assert _pairs(asked["queryString"]) == [("a", "1"), ("b", "\u00e4 x"), ("a", ""), ("c", "")]
    raw = traffic.entry("/gr%C3%BC%C3%9Fe")["request"]
    assert raw["_url"] == f"{traffic.url}/gr\u00fc\u00dfe"


def test_posted_data(traffic: Traffic) -> None:
    assert traffic.entry("/form")["request"]["postData"] == {
        "mimeType": "application/x-www-form-urlencoded",
        "params": [{"name": "name", "value": "M\u00fcller"}, {"name": "x", "value": "1 2"}],
        "text": "name=M%C3%BCller&x=1+2",
    }
    upload = traffic.entry("/upload")["request"]
    assert upload["postData"]["_encoding"] == "base64"
    assert b64decode(upload["postData"]["text"]) == BINARY
    assert upload["bodySize"] == len(BINARY)
    assert traffic.entry("/multipart")["request"]["postData"]["params"] == [
        {"name": "who", "value": "M\u00fcller"},
        {"name": "file", "fileName": "\u00fc.bin", "contentType": "image/png"},
    ]
    assert traffic.entry("/put")["request"]["postData"]["text"] == '{"\u00e4": 1}'


def test_failures_say_so(traffic: Traffic) -> None:
    cut = traffic.entry("/cut")
    assert cut["response"]["status"] == 200
    assert (cut["_state"], cut["_errorKind"]) == ("failed", "upstream_closed")
    assert cut["response"]["_error"] and cut["response"]["_error"] in cut["comment"]
    assert traffic.entry("/refused")["_errorKind"] == "connection_refused"
    assert "_error" not in traffic.entry("/binary")["response"]


def test_time_is_the_sum_of_the_timings(traffic: Traffic) -> None:
    for entry in traffic.entries:
        timings = entry["timings"]
        total = sum(value for name, value in timings.items() if name != "ssl" and value > 0)
        assert entry["time"] == pytest.approx(total, abs=0.01)
        assert timings["ssl"] <= max(timings["connect"], -1)
    assert traffic.entry("/empty")["timings"]["ssl"] > 0


def test_the_newest_and_the_recent(traffic: Traffic) -> None:
    """--limit counts from the newest; --since leaves out what began before; both are applied."""
    assert _ids(traffic, "--limit", "3") == [entry["_id"] for entry in traffic.entries[-3:]]
    assert _ids(traffic, "--since", "1h") == [entry["_id"] for entry in traffic.entries]
    assert _ids(traffic, "--since", "2100-01-01") == []
    start = traffic.entries[10]["startedDateTime"]
    recent = [entry["_id"] for entry in traffic.entries if entry["startedDateTime"] >= start]
    assert _ids(traffic, "--since", start) == recent
    assert _ids(traffic, "--since", start, "--limit", "2") == recent[-2:]


def _ids(traffic: Traffic, *arguments: str) -> list[int]:
    done = subprocess.run([COMMAND, "export", "--home", traffic.home, *arguments], capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    har = json.loads(done.stdout)
    check(har)
    return [entry["_id"] for entry in har["log"]["entries"]]


def test_ctrl_c_leaves_no_half_file(traffic: Traffic, tmp_path: Path) -> None:
    """An export that is stopped while it waits for a slow disk (here: a pipe) ends with 130; a file stays as it was."""
    target = tmp_path / "old.har"
    target.write_text("old")
    slow = traffic.home / "store" / "bodies"
    large = max(slow.rglob("*/*"), key=lambda path: path.stat().st_size)
    kept = large.rename(large.with_suffix(".kept"))
    subprocess.run(["mkfifo", large], check=True)  # reading the body waits for a writer that never comes
    try:
        running = subprocess.Popen(
            [COMMAND, "export", "--home", traffic.home, "-o", target, "--force"],
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        wait_for(lambda: list(tmp_path.glob(".old.har.*.part")), "the half-written file")
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=30)
    finally:
        large.unlink()
        kept.rename(large)
    assert running.returncode == 130, err
    assert b"Traceback" not in err
    assert [file.name for file in tmp_path.iterdir()] == ["old.har"]
    assert target.read_text() == "old"


@pytest.mark.parametrize("type", ["application/octet-stream", "text/plain"])
def test_memory_does_not_grow_with_a_body(start: Callable[..., Wireglass], tmp_path: Path, type: str) -> None:
    """64 MiB, as base64 and as text, in less than it takes to hold them once; 33 MB when this was written."""
    megabytes = 64
    program = start()
    with Origin() as origin:

        def send(call: Call) -> None:
            call.send(f"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\nContent-Length: {megabytes << 20}\r\n\r\n".encode())
            call.send_many(b"0123456789abcde\n" * 4096, megabytes * 16)

        _curl(program, origin.on("/long", send))
        program.row(origin.url + "/long", "done")
    program.stop()
    har = tmp_path / "long.har"
    export = [str(part) for part in (COMMAND, "export", "--with-secrets", "--home", program.home, "-o", har)]
    done = subprocess.run([sys.executable, "-c", PEAK, *export], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    assert int(done.stdout) < megabytes << 20
    [entry] = json.loads(har.read_bytes())["log"]["entries"]
    assert len(_bytes(entry["response"]["content"])) == megabytes << 20


def test_while_it_records(traffic: Traffic, tmp_path: Path, authority: Authority) -> None:
    """An exchange that is still open is exported as far as it has come."""
    go_on = threading.Event()
    program = Wireglass(tmp_path / "home", trust=authority.path).start()
    with Origin() as origin:

        def slow(call: Call) -> None:
            call.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nhello")
            go_on.wait(30)
            call.send(b"world")

        url = origin.on("/slow", slow)
        client = subprocess.Popen(["curl", "-sS", "-o", "/dev/null", "-x", f"http://{program.proxy}", url])
        try:
            program.row(url, "open")
            entry = wait_for(lambda: _open_entry(program), "the open exchange with its beginning")
            assert entry["response"]["content"]["text"] == "hello"
            assert entry["startedDateTime"].startswith(time.strftime("%Y-", time.gmtime()))
        finally:
            go_on.set()
            client.wait(30)
            program.stop()
            program.clear()


def _open_entry(program: Wireglass) -> dict[str, Any] | None:
    har = json.loads(program.ask("export"))
    check(har)
    [entry] = har["log"]["entries"]
    assert entry["_state"] == "open"
    return entry if "text" in entry["response"]["content"] else None
