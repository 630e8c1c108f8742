"""A page of some 200 resources of every kind a browser asks for, and the server that has them.

    showcase = Showcase(origin, other)      # two servers: the page's, and one of another origin
    showcase.url                            # open it; ``window.left`` is 0 when everything has been asked for

Each resource has a URL of its own, so that records can be paired by method and URL.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import brotli
import zstandard
from tests.peers.http import chunked
from tests.peers.origin import Call, Origin

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><rect width="1" height="1" fill="#09f"/></svg>'
CODINGS = {
    "identity": lambda data: data,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,  # one compressor for all threads of the origin would fail
}
ODD_QUERIES = (
    "?a=1&a=2&b",
    "?space=a b+c",
    "?umlaut=grüße&emoji=🦊",
    "?brackets=[1]{2}|^`",
    "?quotes='\"<>",
    "?percent=%41%2f%2F%zz%",
    "?nested=http://x/?y=1&z#fragment",
    "??double?",
    "?;semi;colon=1,2",
    "?empty=&=value&",
)

DRIVER = """
const bytes = n => Uint8Array.from({length: n}, (_, i) => i * 31 % 256);
const bodies = {
  none: () => undefined, text: d => d, json: d => JSON.stringify(d), binary: bytes,
  urlencoded: d => new URLSearchParams(d),
  multipart: d => { const form = new FormData(); for (const [k, v] of Object.entries(d)) form.append(k, v);
                    form.append('file', new Blob([bytes(3000)], {type: 'image/png'}), 'grün "1".png'); return form; },
};
const ways = {
  fetch: async s => {
    const answer = await fetch(s.url, {method: s.method, headers: s.headers, body: bodies[s.kind](s.data),
                                       cache: s.cache, credentials: s.credentials});
    await answer.arrayBuffer();
  },
  again: async s => { await ways.fetch(s); await ways.fetch(s); },
  xhr: s => new Promise(done => {
    const call = new XMLHttpRequest(); call.open(s.method, s.url); call.onloadend = done;
    for (const [name, value] of Object.entries(s.headers)) call.setRequestHeader(name, value);
    call.send(bodies[s.kind](s.data));
  }),
  abort: async s => {
    const stop = new AbortController();
    const answer = await fetch(s.url, {signal: stop.signal});
    await answer.body.getReader().read();
    stop.abort();
  },
  font: async s => { await new FontFace('f', `url(${s.url})`).load(); },
};
performance.setResourceTimingBufferSize(1000);
window.left = steps.length;
const work = steps.slice();
async function worker() {
  for (let step; step = work.shift();) {
    try { await ways[step.way](step); } catch (error) { window.refused = (window.refused || 0) + 1; }
    window.left--;
  }
}
addEventListener('load', () => { for (let i = 0; i < 4; i++) worker(); });
"""


@dataclass
class Reply:
    body: bytes = b""
    type: str = "text/plain"
    status: str = "200 OK"
    lines: list[bytes] = field(default_factory=list)
    coding: str = "identity"
    chunks: int = 0
    """In how many chunks it comes; 0: with Content-Length."""


class Showcase:
    def __init__(self, origin: Origin, other: Origin) -> None:
        self.origin, self.other = origin, other
        self._replies: dict[str, Reply] = {}
        self._steps: list[dict[str, Any]] = []
        self._tags: list[str] = []
        for served in (origin, other):
            served.default = self._answer
        self._embedded()
        self._read()
        self._sent()
        self._redirected()
        self._statuses()
        self._cross_origin()
        self._headers()
        steps = json.dumps(self._steps).replace("</", "<\\/")
        head = "<!doctype html><meta charset=utf-8><link rel=icon href=data:,><title>Showcase</title>"
        page = f"{head}{''.join(self._tags)}<script>const steps = {steps};{DRIVER}</script>"
        self._replies["/"] = Reply(page.encode(), "text/html; charset=utf-8", coding="gzip")
        self.url = f"{origin.url}/"

    @property
    def size(self) -> int:
        """How many resources the page asks for, redirects and preflights not counted."""
        return len(self._steps) + len(self._tags)

    def _add(self, path: str, reply: Reply | None = None) -> str:
        self._replies[path] = reply or Reply(f"this is {path}\n".encode())
        return path

    def _step(
        self, url: str, method: str = "GET", way: str = "fetch", kind: str = "none", data: Any = None, **more: Any
    ) -> None:
        self._steps.append(
            {"way": way, "method": method, "url": url, "kind": kind, "data": data, "headers": {}, **more}
        )

    def _embedded(self) -> None:
        for number in range(10):
            coding = list(CODINGS)[number % 5]
            css = Reply(b".c%d { color: #09f; }\n" % number * 50, "text/css", coding=coding, chunks=number % 3)
            script = Reply(b"window.s%d = 1;\n" % number * 60, "text/javascript", coding=coding, chunks=number % 4)
            self._tags.append(f"<link rel=stylesheet href={self._add(f'/css/{number}.css', css)}>")
            self._tags.append(f"<script src={self._add(f'/js/{number}.js', script)}></script>")
        for number in range(20):
            image = Reply(SVG, "image/svg+xml", coding="br") if number % 2 else Reply(PIXEL, "image/png")
            self._tags.append(f"<img alt='' src={self._add(f'/image/{number}', image)}>")
        for number in range(3):
            frame = Reply(b"<!doctype html><link rel=icon href=data:,><p>frame", "text/html")
            self._tags.append(f"<iframe src={self._add(f'/frame/{number}', frame)}></iframe>")
        for number in range(5):
            font = Reply(b"wOF2" + bytes(range(256)) * 20, "font/woff2")
            self._step(self._add(f"/font/{number}.woff2", font), way="font")

    def _read(self) -> None:
        number = 0
        for coding in CODINGS:
            for size in (0, 1, 1000, 200_000):
                for chunks in (0, 3):
                    number += 1
                    body = json.dumps({"number": number, "text": "x" * size}).encode() if size else b""
                    reply = Reply(body, "application/json", coding=coding if size else "identity", chunks=chunks)
                    path = self._add(f"/json/{number}/{coding}/{size}/{'chunked' if chunks else 'length'}", reply)
                    self._step(path, way="xhr" if number % 3 == 0 else "fetch")
        for number, query in enumerate(ODD_QUERIES):
            self._step(f"{self._add(f'/query/{number}')}{query}")
        self._step(self._add("/wéird/päth"))
        self._add("/a/c%2Fd;v=1")
        self._step("/a/./b/../c%2Fd;v=1")
        for number in range(3):
            self._step(self._add(f"/head/{number}", Reply(b"x" * number * 500)), "HEAD")
            kept = Reply(b"kept " * 40, lines=[b"Cache-Control: max-age=600"])
            self._step(self._add(f"/kept/{number}", kept), way="again")
            tagged = Reply(b"tagged " * 40, lines=[b"Cache-Control: no-cache", b'ETag: "v%d"' % number])
            self._step(self._add(f"/tagged/{number}", tagged), way="again")
            self._step(self._add(f"/abort/{number}"), way="abort")
        for number, asked in enumerate(("bytes=0-9", "bytes=100-199", "bytes=-5", "bytes=990-", "bytes=5000-")):
            whole = Reply(bytes(range(250)) * 4, "application/octet-stream")
            self._step(self._add(f"/range/{number}", whole), headers={"Range": asked})

    def _sent(self) -> None:
        for number, method in enumerate(("POST", "PUT", "PATCH", "DELETE") * 3):
            data = {"number": number, "text": "grüße " * number}
            way = "xhr" if number % 2 else "fetch"
            self._step(
                self._add(f"/send/json/{number}"),
                method,
                way,
                "json",
                data,
                headers={"Content-Type": "application/json"},
            )
        for number in range(4):
            self._step(
                self._add(f"/send/form/{number}"), "POST", "fetch", "multipart", {"name": "wért", "n": str(number)}
            )
            self._step(
                self._add(f"/send/url/{number}"), "POST", "xhr", "urlencoded", {"a b": "c&d=ü", "n": str(number)}
            )
            self._step(self._add(f"/send/text/{number}"), "PUT", "fetch", "text", "zeile\r\n" * number)
        for number, size in enumerate((0, 1, 255, 65_536, 1_000_000)):
            self._step(self._add(f"/send/binary/{number}"), "POST", "xhr" if number % 2 else "fetch", "binary", size)
        self._step(self._add("/send/nothing"), "POST")

    def _redirected(self) -> None:
        for status in (
            "301 Moved Permanently",
            "302 Found",
            "303 See Other",
            "307 Temporary Redirect",
            "308 Permanent Redirect",
        ):
            code = status[:3]
            for method in ("GET", "POST"):
                target = self._add(f"/arrived/{code}/{method}")
                moved = Reply(b"over there", status=status, lines=[b"Location: " + target.encode()])
                body = ("text", "moved") if method == "POST" else ("none", None)
                self._step(self._add(f"/moved/{code}/{method}", moved), method, "fetch", *body)
        for hop in range(3):
            onward = Reply(status="302 Found", lines=[b"Location: /chain/%d" % (hop + 1)])
            self._add(f"/chain/{hop}", onward)
        self._add("/chain/3")
        self._step("/chain/0")

    def _statuses(self) -> None:
        for status in (
            "201 Created", "202 Accepted", "204 No Content", "205 Reset Content", "400 Bad Request", "401 Unauthorized",
            "403 Forbidden", "404 Not Found", "405 Method Not Allowed", "409 Conflict", "410 Gone", "418 I'm a teapot",
            "422 Unprocessable Content", "429 Too Many Requests", "500 Internal Server Error", "502 Bad Gateway",
            "503 Service Unavailable", "299 ", "599 Own words",
        ):  # fmt: skip
            body = b"" if status[:3] in ("204", "205") else f"this is {status}".encode()
            self._step(self._add(f"/status/{status[:3]}", Reply(body, status=status)))

    def _cross_origin(self) -> None:
        allowed = [b"Access-Control-Allow-Origin: *", b"Access-Control-Expose-Headers: *"]
        for number in range(6):
            path = self._add(f"/cross/{number}", Reply(b"from afar" * number, lines=allowed))
            method = ("PUT", "DELETE", "PATCH")[number % 3]
            self._step(self.other.url + path, method, headers={"X-Own": "1"}, kind="json", data=number)
        for number in range(4):
            path = self._add(f"/cross/simple/{number}", Reply(b"from afar", lines=allowed))
            self._step(self.other.url + path)
        self._step(self.other.url + self._add("/cross/refused"))

    def _headers(self) -> None:
        cookies = [b"Set-Cookie: one=1; Path=/", b"Set-Cookie: two=2; HttpOnly; Path=/", b"Set-Cookie: bad"]
        self._step(self._add("/headers/cookies", Reply(b"c", lines=cookies)))
        twice = [
            b"X-Twice: a",
            b"x-twice: b",
            b"X-Empty:",
            b"X-Comma: 1, 2",
            b"Link: </a>; rel=x",
            b"Link: </b>; rel=y",
        ]
        self._step(self._add("/headers/twice", Reply(b"t", lines=twice)))
        self._step(self._add("/headers/utf-8", Reply(b"u", lines=["X-Greeting: grüße 🦊".encode()])))
        self._step(self._add("/headers/latin-1", Reply(b"l", lines=[b"X-Greeting: gr\xfc\xdfe"])))
        self._step(self._add("/headers/long", Reply(b"l", lines=[b"X-Long: " + b"y" * 8000])))
        self._step(
            self._add("/headers/sent"), headers={"X-Latin": "caf\u00e9", "X-Empty": "", "x-lower": "1", "Accept": "a/b"}
        )
        for number in range(3):
            self._step(self._add(f"/headers/with-cookie/{number}"), credentials="include")
            self._step(self._add(f"/headers/no-cookie/{number}"), credentials="omit")

    def _answer(self, call: Call) -> None:
        request = call.request
        method = request.start.split(b" ")[0].decode()
        call.read_body()
        if method == "OPTIONS" and request.get("access-control-request-method"):
            lines = [
                b"Access-Control-Allow-Origin: *",
                b"Access-Control-Allow-Methods: *",
                b"Access-Control-Allow-Headers: *",
            ]
            call.send(b"\r\n".join([b"HTTP/1.1 204 No Content", *lines, b"", b""]))
            return
        reply = self._replies[_unescaped(call.path)]
        if call.path.startswith("/abort/"):
            call.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000000\r\n\r\nfirst words")
            _drip(call)
            return
        for piece in _message(reply, method, request.get("if-none-match"), request.get("range")):
            call.send(piece)


def _drip(call: Call) -> None:
    """A little more every now and then, until the browser has gone away."""
    call.sock.settimeout(0.05)
    while True:
        try:
            gone = not call.read_some()
        except TimeoutError:
            gone = False
        if gone:
            break
        call.send(b".")
    call.close()


def _unescaped(path: str) -> str:
    """Only what the plan wrote as a letter: the rest stays as the browser sent it."""
    return re.sub(r"(%[C-F][0-9A-F](%[89AB][0-9A-F])+)", lambda m: bytes.fromhex(m[0].replace("%", "")).decode(), path)


def _message(reply: Reply, method: str, tag: bytes | None, asked: bytes | None) -> Iterator[bytes]:
    status, lines, body = reply.status, list(reply.lines), CODINGS[reply.coding](reply.body)
    if tag is not None and any(line == b"ETag: " + tag for line in lines):
        yield b"\r\n".join([b"HTTP/1.1 304 Not Modified", *lines, b"", b""])
        return
    if asked is not None:
        first, _, last = asked.removeprefix(b"bytes=").partition(b"-")
        begin, end = (int(first), int(last or len(body) - 1)) if first else (len(body) - int(last), len(body) - 1)
        if begin >= len(body):
            status, lines, body = "416 Range Not Satisfiable", [b"Content-Range: bytes */%d" % len(body)], b""
        else:
            lines.append(b"Content-Range: bytes %d-%d/%d" % (begin, end, len(body)))
            status, body = "206 Partial Content", body[begin : end + 1]
    lines.append(b"Content-Type: " + reply.type.encode())
    if reply.coding != "identity":
        lines.append(b"Content-Encoding: " + reply.coding.encode())
    bodiless = method == "HEAD" or status.startswith("204")
    if reply.chunks:
        lines.append(b"Transfer-Encoding: chunked")
        size = len(body) // reply.chunks + 1
        body = chunked([body[at : at + size] for at in range(0, len(body), size)])
    elif not status.startswith("204"):
        lines.append(b"Content-Length: %d" % len(body))
    yield b"\r\n".join([f"HTTP/1.1 {status}".encode(), *lines, b"", b""]) + (b"" if bodiless else body)
