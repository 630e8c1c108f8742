"""Requests to write as code: methods, bodies, quotes of every kind, Unicode, control characters."""

from __future__ import annotations

from dataclasses import dataclass

from tests.formats.records import record, with_detail

from wireglass.formats.code import INLINE_LIMIT, Request, request_of
from wireglass.model import Headers

QUOTES = (
    "'single' \"double\" `back` \\ \\\\ \\n \\' $HOME ${HOME} $(id) #{1+1} !history !! %PATH% %s %% ^ & | < > ; * ? ~"
)
UNICODE = "Grüße, Ελλάδα, 日本, \U0001f600 \u2018a\u2019 \u201cb\u201d \u2028\u2029\ufeff"
LINES = "one\n two\ttab\r\nthree\r\n\n'@\nEOF\nlast"
BINARY = bytes(range(256))
MULTIPART = (
    b'--b1\r\nContent-Disposition: form-data; name="who"\r\n\r\nM\xc3\xbcller\r\n'
    b'--b1\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\nContent-Type: image/png\r\n\r\n'
    b"\x89PNG\r\n\x1a\n\x00\xff'\r\n--b1--\r\n"
)
AGENT = (b"User-Agent", b'Tests/1.0 (X11; "quoted"; it\'s)')
JSON = (b"Content-Type", b"application/json")
TEXT = (b"Content-Type", b"text/plain; charset=utf-8")
OCTETS = (b"Content-Type", b"application/octet-stream")
FORM = (b"Content-Type", b"application/x-www-form-urlencoded")
PARTS = (b"Content-Type", b"multipart/form-data; boundary=b1")


@dataclass(frozen=True)
class Case:
    name: str
    method: str = "GET"
    path: str = ""
    """Behind the case's own path."""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""

    @property
    def target(self) -> str:
        return f"/{self.name}{self.path}"

    def request(self, url: str, number: int = 7) -> Request:
        headers: Headers = [(b"Host", b"elsewhere.test"), (b"Connection", b"keep-alive"), AGENT, *self.headers]
        if self.body:
            headers.append((b"Content-Length", b"%d" % len(self.body)))
        made = record(
            self.body, request_headers=headers, method=self.method, url=f"{url}{self.target}", host="x", id=number
        )
        return request_of(with_detail(made, target=self.target.encode()), lambda: [self.body])


CASES = [
    Case("get"),
    Case("head", "HEAD"),
    Case("delete", "DELETE"),
    Case("options", "OPTIONS"),
    Case("post-nothing", "POST"),
    Case("custom", "PROPFIND", headers=((b"Depth", b"1"),)),
    Case("custom-with-body", "X-SEND", headers=(TEXT,), body=b"a body"),
    Case("query", path="?a=1&b=%20+%27&c=$x!y'(z)*&d=%C3%BC&e;f,g:@/?"),
    Case("path", path="/a%2Fb/c;d=1/e,f/@g:h/~i/$j&k='l'(m)!n*"),
    Case("codings", headers=((b"Accept-Encoding", b"gzip, deflate, br"),)),
    Case(
        "headers",
        headers=(
            (b"accept", b"*/*;q=0.8"),
            (b"Cookie", b"a=1; b=\"two\"; c='3'"),
            (b"If-None-Match", b'W/"abc\\def"'),
            (b"X-Quotes", QUOTES.encode()),
            (b"x-lower", b"=@:;"),
            (b"X-Equals", b"=begins"),
            (b"X-At", b"@begins"),
            (b"X-Ends", b"back\\"),
            (b"Referer", b"http://example.test/?a=b#c"),
        ),
    ),
    Case("header-empty", headers=((b"X-Empty", b""), (b"X-Full", b"1"))),
    Case("header-twice", headers=((b"X-Twice", b"1"), (b"X-Other", b"2"), (b"X-Twice", b"3"))),
    Case("header-unicode", headers=((b"X-Name", "Grüße 日本".encode()),)),
    Case("json", "POST", headers=(JSON,), body='{ "a" : [1, 2.0,\n "ü\\u00e9\\n"],"b":null}'.encode()),
    Case("json-string", "PUT", headers=(JSON,), body=b'"text"'),
    Case("form", "POST", headers=(FORM,), body=b"a=1&b=two+words&c=%27%22%26&d="),
    Case("multipart", "POST", headers=(PARTS,), body=MULTIPART),
    Case("quotes", "PATCH", headers=(TEXT,), body=QUOTES.encode()),
    Case("unicode", "PUT", headers=(TEXT,), body=UNICODE.encode()),
    Case("lines", "POST", headers=(TEXT,), body=LINES.encode()),
    Case("ends-with-line", "POST", headers=(TEXT,), body=b"last\n\n"),
    Case("at-file", "POST", headers=(TEXT,), body=b"@/etc/passwd"),
    Case("dash", "POST", headers=(TEXT,), body=b"-n --help \\c %d"),
    Case("binary", "POST", headers=(OCTETS,), body=BINARY),
    Case("nul", "POST", headers=(OCTETS,), body=b"\0a\0001\0"),
    Case("digits", "POST", headers=(OCTETS,), body=b"\x01" + b"1\xffaf\0007\x1b[31m"),
    Case("utf8-bom", "POST", headers=(TEXT,), body=b"\xef\xbb\xbfx"),
    Case("untyped", "POST", body=b'{"a": 1}'),
    Case("untyped-binary", "POST", body=b"\xff\0\x01"),
    Case("delete-with-body", "DELETE", headers=(JSON,), body=b'{"ids": [1]}'),
    Case("get-with-body", "GET", headers=(JSON,), body=b'{"query": "it\'s"}'),
    Case("long-text", "POST", headers=(TEXT,), body="aü'\n".encode() * 40_000),
    Case("long-binary", "POST", headers=(OCTETS,), body=BINARY * 800),
    Case("from-file", "POST", headers=(OCTETS,), body=BINARY * (INLINE_LIMIT // 256 + 1)),
]
