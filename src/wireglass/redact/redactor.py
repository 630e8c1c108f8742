"""Redaction of values in their places: headers, URLs, forms, JSON, text, other bytes.

What is no secret stays byte for byte; what is redacted already stays as well. Where something stands inside something
else (JSON in a form, a URL in a JSON string), it is taken out of its wrapping, up to ``_DEPTH`` times.
"""

from __future__ import annotations

import re
import urllib.parse
from functools import lru_cache

from wireglass.redact.json_paths import JsonPaths, quoted, unquoted
from wireglass.redact.names import HEADER, bare, is_doubtful, is_plain, kind_of, looks_random
from wireglass.redact.placeholder import Found, Placeholders, filled, is_placeholder
from wireglass.redact.rules import Rules
from wireglass.redact.search import Search, Span

_DEPTH = 4
_ROUNDS = 3
"""Times a text is looked at again after something in it was replaced."""
_REMEMBERED = 500
_MOST_REMEMBERED = 2000
"""Headers without secrets, most of which come again and again, that are not looked at twice; and their bytes."""
_DEEPEST = 1000
"""Levels of JSON whose names are remembered."""

_CREDENTIALS = frozenset({"authorization", "proxy-authorization"})
_COOKIES = frozenset({"cookie", "cookie2"})
_SET_COOKIES = frozenset({"set-cookie", "set-cookie2"})
_SECRET_HEADERS = frozenset(
    {
        "authentication",
        "x-authorization",
        "x-api-key",
        "api-key",
        "apikey",
        "x-auth",
        "x-auth-key",
        "x-functions-key",
        "ocp-apim-subscription-key",
        "x-hub-signature",
        "x-hub-signature-256",
        "x-signature",
        "x-client-assertion",
        "dpop",
        "x-amz-security-token",
        "x-goog-iap-jwt-assertion",
        "cf-access-jwt-assertion",
        "x-amzn-oidc-data",
        "x-credentials",
    }
)
_URLS = frozenset({"location", "content-location", "referer", "origin", "x-original-url", "x-rewrite-url", ":path"})

_SCHEME = re.compile(rb"([A-Za-z][A-Za-z0-9_-]*)([ \t]+)(.*)", re.DOTALL)
_USERINFO = re.compile(rb"([a-zA-Z][a-zA-Z0-9+.-]*+:)?//([^/?#@]*+)@")
_JSON_TOKEN = re.compile(
    rb'"((?:[^"\\\r\n]|\\.)*+)("?)([ \t\r\n]*+:)?|[{}\[\],]|-?[0-9][0-9.eE+-]*+|true|false|null', re.DOTALL
)
_WRAPPED = re.compile(rb"[\\%=]")
"""Has what stands in a string that may be escaped or a form."""
_JSON_SPACE = b" \t\r\n\x1e"
_NUMBER = re.compile(rb"[0-9]{13,19}")
_ESCAPED = re.compile(rb"%([0-9A-Fa-f]{2})")
_PEEK = 512


class Redactor:
    """``key`` makes the hashes of its placeholders. Raises ValueError for rules that cannot be read."""

    def __init__(self, rules: Rules, key: bytes) -> None:
        self._headers = frozenset(name.lower() for name in rules.headers)
        self._params = frozenset(bare(name) for name in rules.params)
        self._paths = JsonPaths(rules.json)
        self._search = Search(rules.patterns, rules.params)
        self._clean: set[tuple[bytes, bytes]] = set()
        self._placeholders = Placeholders(key)

    # Headers

    def header(self, name: bytes, value: bytes, found: Found) -> bytes:
        """The value of a header or trailer."""
        if (name, value) in self._clean:
            return value
        redacted = self._header(name.decode("latin-1").lower(), value, found)
        if redacted == value and len(name) + len(value) <= _REMEMBERED:
            if len(self._clean) >= _MOST_REMEMBERED:
                self._clean.clear()
            self._clean.add((name, value))
        return redacted

    def _header(self, lower: str, value: bytes, found: Found) -> bytes:
        if lower not in self._headers:
            lower = lower.removeprefix("postman-")  # sent on without it (wire.postman_headers)
        if lower in _CREDENTIALS:
            return self._credentials(value, found)
        if lower in _COOKIES:
            return b";".join(self._cookie(pair, found) for pair in value.split(b";"))
        if lower in _SET_COOKIES:
            pair, semicolon, attributes = value.partition(b";")
            return self._cookie(pair, found) + semicolon + attributes
        if lower in self._headers or _is_secret_header(lower):
            return self._whole(kind_of(lower), value, found)
        if lower in _URLS:
            return self.url(value, found)
        return self.content(value, found)

    def _credentials(self, value: bytes, found: Found) -> bytes:
        """The scheme stays (RFC 9110 11.4)."""
        match = _SCHEME.fullmatch(value)
        if match is None:
            return self._whole("credentials", value, found)
        scheme = match[1].decode("ascii").lower()
        kind = scheme if scheme in ("bearer", "basic", "digest", "negotiate", "ntlm") else "credentials"
        return match[1] + match[2] + self._whole(kind, match[3], found)

    def _cookie(self, pair: bytes, found: Found) -> bytes:
        name, equals, rest = pair.partition(b"=")
        if not equals:
            name, rest = b"", pair
        value = rest.strip(b" \t")
        start = rest.index(value)
        end = start + len(value)
        if equals:  # RFC 6265 4.1.1: the value may be in quotes
            start += value[:1] == b'"'
            end -= rest[start:end][-1:] == b'"'
        return name + equals + rest[:start] + self._whole("cookie", rest[start:end], found) + rest[end:]

    def _whole(self, kind: str, value: bytes, found: Found, *, own: bool = False) -> bytes:
        """``value`` is a secret from its first to its last character, or nothing."""
        if not value.strip() or is_placeholder(value):
            return value
        return self._placeholders.of(kind if own else self._search.kind(value, kind), value, found)

    # URLs and forms

    def url(self, url: bytes, found: Found, depth: int = 0) -> bytes:
        """Absolute, relative, or a request target."""
        rest, hash, fragment = url.partition(b"#")
        path, question, query = rest.partition(b"?")
        match = _USERINFO.match(path)
        if match and match[2]:
            user, colon, password = match[2].partition(b":")
            secret = password if colon else user
            # A name alone is none, but a token in its place is.
            if secret and not is_placeholder(secret) and (colon or looks_random(secret)):
                hidden = _in_url(self._whole("url-password", _decoded(secret), found))
                start, end = match.span(2)
                path = path[:start] + (user + colon + hidden if colon else hidden) + path[end:]
        path = self._replaced(path, found, escape=True)
        if question:
            query = self.form(query, found, depth)
        if hash:
            fragment = (
                self.form(fragment, found, depth) if b"=" in fragment else self._replaced(fragment, found, escape=True)
            )
        return path + question + query + hash + fragment

    def form(self, data: bytes, found: Found, depth: int = 0) -> bytes:
        """``application/x-www-form-urlencoded``, or the query of a URL."""
        return b"&".join(self._field(field, found, depth) for field in data.split(b"&"))

    def _field(self, field: bytes, found: Found, depth: int) -> bytes:
        name, equals, value = field.partition(b"=")
        if not equals:
            return self._wrapped(field, found, depth)
        named = _decoded(name).decode("utf-8", "replace").rpartition("[")
        bare_name = (named[0] and named[2].rstrip("]")) or named[0] or named[2]
        decoded = _decoded(value)
        if self._is_secret_param(bare_name[:200], decoded):
            if not decoded.strip() or is_placeholder(decoded):
                return field
            return (
                name
                + equals
                + _in_url(self._placeholders.of(self._search.kind(decoded, kind_of(bare_name[:200])), decoded, found))
            )
        return self._wrapped(name, found, depth) + equals + self._wrapped(value, found, depth)

    def field(self, name: str, value: bytes, found: Found) -> bytes:
        """The value of a field of a form, as it is meant: redacted if its name says so."""
        return self._whole(kind_of(name), value, found) if self._is_secret_param(name[:200], value) else value

    def _is_secret_param(self, name: str, value: bytes) -> bool:
        if bare(name) in self._params or is_plain(name):
            return True
        if not is_doubtful(name):
            return False
        return bare(name) == "token" or (len(value) >= 12 and looks_random(value))

    def _wrapped(self, value: bytes, found: Found, depth: int) -> bytes:
        """A part of a form: written anew if there is a secret in what it means."""
        if not value:
            return value
        decoded = _decoded(value)
        redacted = self.content(decoded, found, depth=depth + 1)
        if redacted == decoded:
            return value
        return urllib.parse.quote(redacted, safe="-._~:/?@!$'()*,;").encode("ascii")

    # JSON

    def json(self, data: bytes, found: Found, depth: int = 0, *, code: bool = False) -> bytes:
        """JSON, JSON lines, and what is nearly JSON: cut off, or behind a prefix. What is outside its strings and
        numbers is looked at as text."""
        if not self._paths and not self._search.may_be_in_json(data):
            return data
        out: list[bytes] = []
        done = end = 0
        clean = True
        key = ""
        inherited = ""
        stack: list[tuple[str, str, bool]] = []
        in_array = True
        place: list[str] = []
        too_deep = 0
        # What the forms find in it as it stands: a string without any, in which nothing is wrapped, has no secret.
        spans = iter(self._search.in_text(data))
        span = next(spans, None)
        for match in _JSON_TOKEN.finditer(data):
            start = match.start()
            if start != end and clean and data[end:start].strip(_JSON_SPACE):
                clean = False
            end = match.end()
            first = data[start]
            new: bytes | None = None
            while span is not None and span.end <= start:
                span = next(spans, None)
            if first == 0x22:
                inside = match[1]
                plain = (span is None or span.start >= end) and not _WRAPPED.search(inside)
                if match[3] is not None:
                    text = unquoted(inside)
                    key = text[:1000].decode("utf-8", "replace")
                    if self._paths and place:
                        place[-1] = key
                    redacted = text if plain else self.text(text, found)
                else:
                    text = unquoted(inside)
                    redacted = self._json_string(key, inherited, text, plain, place, found, depth, code)
                if redacted is not text and redacted != text:
                    new = b'"' + quoted(redacted) + data[match.end(1) : end]
            elif first in b"{[":
                if len(stack) >= _DEEPEST:
                    too_deep += 1
                    continue
                stack.append((key, inherited, in_array))
                in_array = first == 0x5B
                inherited = self._inherited(key, inherited, in_array)
                key = key if in_array else ""
                if self._paths:
                    place.append("0" if in_array else "")
            elif first in b"}]":
                if too_deep:
                    too_deep -= 1
                elif stack:
                    key, inherited, in_array = stack.pop()
                    if self._paths:
                        place.pop()
            elif first == 0x2C:
                if not in_array:
                    key = ""
                elif self._paths and place:
                    place[-1] = str(int(place[-1]) + 1) if place[-1].isdigit() else "0"
            elif first in b"-0123456789":
                number = match[0]
                redacted = self._json_number(key, inherited, number, place, found)
                if redacted != number:
                    new = b'"' + redacted + b'"'
            if new is not None:
                out.append(data[done:start])
                out.append(new)
                done = end
        if out:
            tail = data[end:]
            out.append(data[done:])
            data = b"".join(out)
        else:
            tail = data[end:]
        if not clean or tail.strip(_JSON_SPACE):
            data = self.text(data, found, code=code)
        return data

    def _inherited(self, key: str, inherited: str, in_array: bool) -> str:
        if inherited:
            return inherited
        if key and (is_plain(key) or self._is_own(key)):
            return kind_of(key)
        return ""

    def _is_own(self, key: str) -> bool:
        return bool(self._params) and bare(key) in self._params

    def _json_string(
        self,
        key: str,
        inherited: str,
        text: bytes,
        plain: bool,
        place: list[str],
        found: Found,
        depth: int,
        code: bool,
    ) -> bytes:
        if not text:
            return text
        if self._paths and self._paths.names(place):
            return self._whole(kind_of(key) if key else "secret", text, found)
        if inherited and (inherited == "cookie" or not key or is_plain(key) or looks_random(text)):
            return self._whole(inherited, text, found)
        if key:
            short = bare(key)
            if short in _HEADER_MEMBERS:
                return self.header(_HEADER_MEMBERS[short], text, found)
            if is_plain(key) or self._is_own(key):
                return self._whole(kind_of(key), text, found)
            if is_doubtful(key, json=True) and looks_random(text) and (short == "token" or len(text) >= 12):
                return self._whole(kind_of(key), text, found)
            if short.endswith("id") and _NUMBER.fullmatch(text):
                return text
        return text if plain else self.content(text, found, depth=depth + 1, code=code)

    def _json_number(self, key: str, inherited: str, number: bytes, place: list[str], found: Found) -> bytes:
        if self._paths and self._paths.names(place):
            return self._whole(kind_of(key) if key else "secret", number, found)
        if inherited or (key and (is_plain(key) or self._is_own(key))):
            return self._whole(inherited or kind_of(key), number, found)
        if _NUMBER.fullmatch(number) and not bare(key).endswith("id"):
            return self.text(number, found)
        return number

    # Text and bytes

    def content(self, data: bytes, found: Found, *, depth: int = 0, code: bool = False) -> bytes:
        """Text of whatever kind: JSON, a URL, a form, or anything else."""
        if depth <= _DEPTH:
            start = data[:_PEEK].lstrip(b" \t\r\n\xef\xbb\xbf")[:1]
            if start in (b"{", b"[") or (start == b'"' and b"\\" in data):
                return self.json(data, found, depth, code=code)
            if b"=" in data and not code and _FORM.fullmatch(data):
                scheme, colon, _ = data.partition(b":")
                if (colon and scheme.isalpha()) or b"?" in data or data[:1] == b"/":
                    return self.url(data, found, depth)
                return self.form(data, found, depth)
            if b"://" in data[:40] and b"@" in data and _FORM.fullmatch(data):
                return self.url(data, found, depth)
            if b"%" in data and _FORM.fullmatch(data):
                return self._wrapped_once(data, found, depth, code)
        return self.text(data, found, code=code)

    def _wrapped_once(self, data: bytes, found: Found, depth: int, code: bool) -> bytes:
        """Something percent-encoded, in what was taken out of a wrapping."""
        decoded = _decoded(data)
        if decoded != data and depth:
            redacted = self.content(decoded, found, depth=depth + 1, code=code)
            if redacted != decoded:
                return urllib.parse.quote(redacted, safe="-._~:/").encode("ascii")
        return self.text(data, found, code=code)

    def text(self, data: bytes, found: Found, *, code: bool = False) -> bytes:
        """``code``: it is a program or a page, in which names stand beside expressions and words as well."""
        for _ in range(_ROUNDS):
            spans = self._search.in_text(data, code=code)
            if not spans:
                break
            data = self._at(spans, data, found, escape=False)
        return data

    def binary(self, data: bytes, found: Found) -> bytes:
        """Bytes that are no text: what is found is written over, and every length stays."""
        out = bytearray(data)
        for start, end, kind in self._search.in_bytes(data):
            out[start:end] = filled(self._placeholders.of(kind, data[start:end], found), end - start)
        return bytes(out)

    def _replaced(self, data: bytes, found: Found, *, escape: bool) -> bytes:
        spans = self._search.in_text(data)
        return self._at(spans, data, found, escape=escape) if spans else data

    def _at(self, spans: list[Span], data: bytes, found: Found, *, escape: bool) -> bytes:
        out: list[bytes] = []
        done = 0
        for start, end, kind in spans:
            value = data[start:end]
            placeholder = self._placeholders.of(self._search.kind(value, kind), value, found)
            out += data[done:start], _in_url(placeholder) if escape else placeholder
            done = end
        out.append(data[done:])
        return b"".join(out)


_HEADER_MEMBERS = {
    "authorization": b"authorization",
    "proxyauthorization": b"proxy-authorization",
    "cookie": b"cookie",
    "setcookie": b"set-cookie",
}
"""Headers, as JSON tells of them."""

_FORM = re.compile(rb"[!#-;=?-Z\[\]_a-z{|}~%]+(?!\s)")


@lru_cache(maxsize=4096)
def _is_secret_header(lower: str) -> bool:
    return lower in _SECRET_HEADERS or HEADER.search(lower) is not None


def _decoded(part: bytes) -> bytes:
    """Of a form or query (WHATWG URL, application/x-www-form-urlencoded parsing)."""
    part = part.replace(b"+", b" ")
    return _ESCAPED.sub(lambda found: bytes((int(found[1], 16),)), part) if b"%" in part else part


def _in_url(placeholder: bytes) -> bytes:
    return placeholder.replace(b"[", b"%5B").replace(b"]", b"%5D")
