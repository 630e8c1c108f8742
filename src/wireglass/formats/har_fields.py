"""The small parts of a HAR entry: times, URLs, header fields, cookies."""

from __future__ import annotations

import ipaddress
import math
import re
import urllib.parse
from datetime import UTC, datetime
from email.utils import mktime_tz, parsedate_tz
from functools import lru_cache
from typing import Any, TypeAlias

from wireglass.model import Headers

Pairs: TypeAlias = list[dict[str, Any]]

NO_HOST = "http://unknown.invalid"
"""Stands for the host of a request that named none, as HAR wants absolute URLs; ``invalid`` never resolves (RFC 6761
6.4)."""

# A host that mitmproxy takes: labels of a DNS name, or an address. It opens no file with any other in it.
_LABEL = r"[A-Za-z0-9_-]{1,63}"
_HOST = rf"(?=[^:/?#]{{1,253}}(?:[:/?#]|$)){_LABEL}(?:\.{_LABEL})*\.?|\[([0-9A-Fa-f:.]+)(?:%[A-Za-z0-9._~%-]+)?\]"
_ABSOLUTE = re.compile(rf"[A-Za-z][A-Za-z0-9+.-]*://(?:{_HOST})(?::(\d{{1,5}}))?(?![^/?#])")
# Everything but what RFC 3986 2.2 and 2.3 allow in a URL, the percent sign, and what browsers leave as it is.
_UNSAFE = re.compile(r"[^!#-;=?-\[\]_a-z{}~|^`\\]")
_BEHIND_AUTHORITY = re.compile(r"[/?#]")
_LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z; a year of five digits is no date to Chrome
_SAME_SITE = {"strict": "Strict", "lax": "Lax", "none": "None"}


def iso_time(seconds: float) -> str:
    """Unix time as ISO 8601 in UTC with milliseconds, between the years 1970 and 9999. Rounded down: what began at a
    time that is written so began not before it."""
    within = min(max(seconds, 0.0), float(_LAST_SECOND)) if math.isfinite(seconds) else 0.0
    whole = datetime.fromtimestamp(int(within * 1000) / 1000, UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{int(within * 1000) % 1000:03}Z"


def absolute(url: str, *, tunnel: bool) -> str:
    """``url`` as RFC 3986 has it: with scheme and host, and nothing beyond ASCII. ``tunnel``: it is ``host:port``."""
    if tunnel and "://" not in url:
        url = f"https://{url}/"
    escaped = _UNSAFE.sub(_percent, url)
    match = _ABSOLUTE.match(escaped)
    if match and (match[1] is None or ip_address(match[1])) and int(match[2] or 0) < 65536:
        return escaped
    return NO_HOST + (escaped if escaped.startswith("/") else f"/{escaped}")


def origin_form(url: str, *, tunnel: bool) -> str:
    """The request target that asks a server for ``url`` (RFC 9112 3.2): path and query, ``host:port`` of a tunnel."""
    _, scheme, rest = url.partition("://")
    if tunnel or not scheme:
        return url
    behind = _BEHIND_AUTHORITY.search(rest)
    target = rest[behind.start() :].partition("#")[0] if behind else ""
    return target if target.startswith("/") else f"/{target}"


def _percent(match: re.Match[str]) -> str:
    return urllib.parse.quote(match[0], safe="", errors="replace")


@lru_cache(maxsize=1024)
def ip_address(text: str) -> str:
    """Without the zone of a link-local one, which means nothing elsewhere; empty if it is none."""
    try:
        return str(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return ""


def query(url: str) -> Pairs:
    """The names and values of the query, decoded, in their order; bytes that are not UTF-8 become U+FFFD."""
    text = url.partition("#")[0].partition("?")[2]
    return [{"name": name, "value": value} for name, value in urllib.parse.parse_qsl(text, keep_blank_values=True)]


def from_wire(data: bytes) -> str:
    """UTF-8 where it is, else ISO 8859-1 (RFC 9110 5.5)."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def headers(fields: Headers) -> Pairs:
    """In wire order and case, with duplicates."""
    return [_field(name, value) for name, value in fields]


def _field(name: bytes, value: bytes) -> dict[str, Any]:
    field: dict[str, Any] = {"name": from_wire(name), "value": from_wire(value)}
    if field["value"].encode() != value:
        field["comment"] = "not UTF-8: read as ISO 8859-1, each character is one byte"
    return field


def value_of(fields: Headers, name: bytes) -> bytes:
    """Of the first field with this lower-case name; empty if there is none."""
    return next((value for field, value in fields if field.lower() == name), b"")


def request_cookies(fields: Headers) -> Pairs:
    cookies = []
    for name, value in fields:
        if name.lower() == b"cookie":
            pairs = (pair.strip() for pair in from_wire(value).split(";"))
            cookies += [_pair(pair) for pair in pairs if pair]
    return cookies


def response_cookies(fields: Headers, received: float) -> Pairs:
    """As browsers read Set-Cookie (RFC 6265 5.2); ``received`` is the Unix time that Max-Age counts from."""
    return [_set_cookie(from_wire(value), received) for name, value in fields if name.lower() == b"set-cookie"]


def _pair(text: str) -> dict[str, Any]:
    """RFC 6265 5.2 has no cookie without ``=``; browsers take such text for the value of one without a name."""
    name, equals, value = text.partition("=")
    return {"name": name.strip(), "value": value.strip()} if equals else {"name": "", "value": text.strip()}


def _set_cookie(text: str, received: float) -> dict[str, Any]:
    first, *attributes = text.split(";")
    cookie = _pair(first) | {"httpOnly": False, "secure": False}
    max_age = ""
    for attribute in attributes:
        name, _, value = attribute.partition("=")
        name, value = name.strip().lower(), value.strip()
        if name in ("path", "domain") and value:
            cookie[name] = value
        elif name == "httponly":
            cookie["httpOnly"] = True
        elif name == "secure":
            cookie["secure"] = True
        elif name == "samesite" and value.lower() in _SAME_SITE:
            cookie["sameSite"] = _SAME_SITE[value.lower()]
        elif name == "expires" and (expires := _http_date(value)):
            cookie["expires"] = expires
        elif name == "max-age" and re.fullmatch(r"-?[0-9]{1,18}", value, re.ASCII):
            max_age = value
    if max_age:  # RFC 6265 4.1.2.2: it goes before Expires
        cookie["expires"] = iso_time(received + int(max_age))
    return cookie


def _http_date(text: str) -> str:
    """Empty if it is none that a calendar has."""
    parts = parsedate_tz(text)
    if parts is None:
        return ""
    year, month, day, hour, minute, second = parts[:6]
    if not (1970 <= year <= 9999 and 1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 62):
        return ""
    try:
        return iso_time(mktime_tz((*parts[:9], parts[9] or 0)))
    except (ValueError, OverflowError):
        return ""
