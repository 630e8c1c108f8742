"""What the sessions of an exchange want of its bodies and cookies: what one of them wants is kept."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from wireglass.model import REQUEST, RESPONSE, TIMELINE, Closed, Detail, Headers, Opened, SessionOptions

NOT_KEPT = "[not kept]"
_VALUE = NOT_KEPT.encode()
NO_RESPONSE_BODIES = "not kept: the session keeps no response bodies"
NO_TIMES = "not kept: a body they belong to is not kept"
NO_COOKIES = "the values of cookies are not kept: the session asks for that"

_decode = msgspec.msgpack.Decoder(Detail).decode
_encode = msgspec.msgpack.Encoder().encode


class BodyPolicy:
    """Of one set of sessions."""

    def __init__(self, wanted: Iterable[SessionOptions]) -> None:
        self._wanted = tuple(wanted)
        self.cookies = any(one.cookies for one in self._wanted)
        self.plain = self.cookies and any(one.response_bodies and not one.skip_bodies for one in self._wanted)
        """Everything is kept as it is."""
        self.by_type = any(one.skip_bodies for one in self._wanted)

    def why_not(self, side: int, type: str) -> str:
        """Why a body of this media type (lower case, without parameters) is not kept; empty if it is."""
        reason = ""
        for one in self._wanted:
            if side == RESPONSE and not one.response_bodies:
                reason = reason or NO_RESPONSE_BODIES
            elif type and any(is_of(type, pattern) for pattern in one.skip_bodies):
                reason = f"not kept: the session keeps no bodies of type {type}"
            else:
                return ""
        return reason


def is_of(type: str, pattern: str) -> bool:
    """``image/*`` stands for all that begin with ``image/``."""
    return type.startswith(pattern[:-1]) if pattern.endswith("/*") else type == pattern


class Trimming:
    """A policy at work on the messages of one exchange. What was decided of a side when its first bytes came holds to
    the end: a body with a hole would be worse than none."""

    __slots__ = ("_passed", "_policy", "_reasons", "_types")

    def __init__(self, policy: BodyPolicy) -> None:
        self._policy = policy
        self._types = ["", ""]
        self._passed = [0, 0, 0]
        self._reasons: list[str | None] = [None, None, None]

    def opened(self, message: Opened) -> Opened:
        detail = self._read(message)
        self._types[RESPONSE] = message.summary.type
        return message if detail is None else Opened(message.key, message.summary, detail)

    def part(self, side: int, size: int) -> bool:
        """Whether this piece is kept."""
        if self._why_not(side):
            return False
        self._passed[side] += size
        return True

    def closed(self, message: Closed) -> Closed:
        detail = self._read(message)
        self._types[RESPONSE] = message.summary.type
        request, response, times = (
            self._why_not(side, bool(kept))
            for side, kept in (
                (REQUEST, message.request_kept),
                (RESPONSE, message.response_kept),
                (TIMELINE, message.timeline_kept),
            )
        )
        passed = self._passed
        return Closed(
            message.key,
            message.summary,
            message.detail if detail is None else detail,
            [] if request else message.request,
            [] if response else message.response,
            passed[REQUEST] if request else message.request_kept,
            passed[RESPONSE] if response else message.response_kept,
            request or message.request_note,
            response or message.response_note,
            [] if times else message.timeline,
            passed[TIMELINE] if times else message.timeline_kept,
            times or message.timeline_note,
        )

    def _why_not(self, side: int, has_any: bool = True) -> str:
        reason = self._reasons[side]
        if not has_any or reason:
            return reason or ""
        if side == TIMELINE:
            bodies = [self._policy.why_not(one, self._types[one]) for one in (REQUEST, RESPONSE)]
            reason = NO_TIMES if any(bodies) else ""
        elif reason is None:
            reason = self._policy.why_not(side, self._types[side])
        self._reasons[side] = reason
        return reason or ""

    def _read(self, message: Opened | Closed) -> msgspec.Raw | None:
        """Notes the type of the request; the detail without the values of cookies, where these are not kept and there
        are any."""
        policy = self._policy
        if policy.cookies and not policy.by_type:
            return None
        detail = _decode(message.detail)
        self._types[REQUEST] = _media_type(detail.request_headers)
        if policy.cookies or not _without_cookies(detail):
            return None
        detail.notes.append(NO_COOKIES)
        return msgspec.Raw(_encode(detail))


def _media_type(headers: Headers) -> str:
    value = next((value for name, value in headers if name.lower() == b"content-type"), b"")
    return value.partition(b";")[0].strip().lower().decode("latin-1")


def _without_cookies(detail: Detail) -> bool:
    """Whether there were any."""
    sections = [detail.request_headers, detail.request_trailers, detail.response_headers, detail.response_trailers]
    found = False
    for headers in (*sections, *(one.headers for one in detail.informational)):
        for index, (name, value) in enumerate(headers):
            kind = name.lower()
            if kind == b"cookie":
                headers[index] = name, b"; ".join(_nameless(pair) for pair in value.split(b";"))
                found = True
            elif kind == b"set-cookie":
                pair, semicolon, attributes = value.partition(b";")
                headers[index] = name, _nameless(pair) + semicolon + attributes
                found = True
    return found


def _nameless(pair: bytes) -> bytes:
    """The name stays, and all of a pair that has none is value (RFC 6265bis 5.7)."""
    name, equals, _ = pair.strip().partition(b"=")
    return name + b"=" + _VALUE if equals else _VALUE
