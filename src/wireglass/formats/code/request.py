"""What every language writes down: a request, less what clients say by themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import msgspec

from wireglass.errors import UsageError
from wireglass.model import Headers, Record

INLINE_LIMIT = 1024 * 1024
"""Bytes of a body that stand in the code; a larger one is read from a file."""

_OF_THE_CLIENT = frozenset(
    # Of one connection (RFC 9110 7.6.1), and what follows from the URL and the body.
    b"connection keep-alive proxy-connection proxy-authorization te transfer-encoding trailer upgrade http2-settings "
    b"host content-length expect "
    # A client that is told to ask for codings has to undo them itself: each asks for those that it knows.
    b"accept-encoding".split()
)

_METHOD = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~][A-Za-z0-9!#$%&'*+.^_`|~-]*")
"""A token (RFC 9110 5.6.2); one that begins with a dash would be an option."""

_NAME = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_ADDRESS = re.compile(r"https?://[!-~]+", re.IGNORECASE)
_ENCODED_DOTS = re.compile(r"/(\.|%2e){1,2}(?=[/?]|$)", re.IGNORECASE)


class Request(msgspec.Struct, frozen=True):
    method: str
    url: str
    """ASCII, without a fragment: what was sent beyond it is percent-encoded."""
    headers: tuple[tuple[str, bytes], ...] = ()
    """In the order sent, with duplicates."""
    body: bytes = b""
    """Empty where ``file`` is given."""
    file: str = ""
    """The file that the code reads the body from."""
    takes_codings: bool = False
    """It asked for compressed answers."""
    says_empty: bool = False
    """It had `Content-Length: 0`."""
    notes: tuple[str, ...] = ()
    """What the code cannot say, for people."""
    exchange: int = 0
    """Its number."""

    def with_file(self, why: str) -> Request:
        """The same with its body in a file, and a note that says so; ``why``: what about the body, in a few words."""
        file = f"{self.exchange}-request.bin"
        note = (
            f"The body ({why}) is read from the file {file}. "
            f"Write it first: wireglass show {self.exchange} --request-body --raw > {file}"
        )
        return msgspec.structs.replace(self, body=b"", file=file, notes=(*self.notes, note))

    @property
    def has_body(self) -> bool:
        return bool(self.body or self.file)

    @property
    def text(self) -> str | None:
        """The body, if it is text."""
        try:
            text = self.body.decode()
        except UnicodeDecodeError:
            return None
        return None if "\0" in text else text

    @property
    def has_dots(self) -> bool:
        """Path segments ``.`` or ``..``, which many clients resolve."""
        return _ENCODED_DOTS.search(self.url.partition("?")[0]) is not None

    def has(self, name: str) -> bool:
        return any(one.lower() == name for one, _ in self.headers)

    def joined(self) -> dict[str, bytes]:
        """For languages whose headers are a map: duplicates in one line (RFC 9110 5.3, cookies RFC 6265 5.4)."""
        found: dict[str, tuple[str, list[bytes]]] = {}
        for name, value in self.headers:
            found.setdefault(name.lower(), (name, []))[1].append(value)
        return {name: (b"; " if low == "cookie" else b", ").join(all) for low, (name, all) in found.items()}


class Snippet(msgspec.Struct, frozen=True):
    """Code, and what a reader of it should know."""

    language: str
    text: str
    notes: list[str]
    """The same stand in the text as comments."""
    file: str = ""
    """Where the code reads the body from: the exchange's, as it passed, has to be saved there."""


class Language(msgspec.Struct, frozen=True):
    id: str
    name: str
    syntax: str
    """How it is highlighted: ``shell``, ``python``, ``javascript`` …"""
    write: Callable[[Request], str]
    comment: str = "# "
    opening: str = ""
    """What stands before everything else."""
    limits: Callable[[Request], Iterable[str]] = lambda _: ()
    """What it cannot send as it was."""
    adjust: Callable[[Request], Request] = lambda request: request

    def snippet(self, request: Request) -> Snippet:
        request = self.adjust(request)
        # A line end would end the comment that a note is.
        notes = [" ".join(note.split()) for note in (*request.notes, *self.limits(request))]
        comments = "".join(f"{self.comment}{note}\n" for note in notes)
        return Snippet(self.id, self.opening + comments + self.write(request).rstrip("\n") + "\n", notes, request.file)


def request_of(record: Record, read: Callable[[], Iterable[bytes]], limit: int = INLINE_LIMIT) -> Request:
    """``read`` gives the kept body of the request. Raises UsageError for what is no single request."""
    summary, ref = record.summary, record.request_body
    if not summary.method or summary.method == "CONNECT" or summary.protocol in ("tunnel", "websocket"):
        what = {"tunnel": "a tunnel", "websocket": "a WebSocket"}.get(summary.protocol, "no request that can be read")
        what = "a tunnel" if summary.method == "CONNECT" else what
        raise UsageError(
            f"Exchange {summary.id} is {what}: no code can send it again.", "Choose an exchange with a request."
        )
    # What was imported may be anything; here it would be an option of the program, or a header of its own.
    if not _METHOD.fullmatch(summary.method) or not _ADDRESS.match(summary.url):
        raise UsageError(
            f"Exchange {summary.id} has a method or an address that HTTP does not know.", "It cannot be sent again."
        )
    notes = []
    if summary.state == "open" or ref.kept < ref.size:
        why = ref.note or ("the exchange is still open" if summary.state == "open" else "")
        if ref.size > ref.kept or (summary.state == "open" and not summary.status):
            notes.append(f"Not all of the body is recorded: {_line(why or f'{ref.kept} of {ref.size} bytes are')}.")
    headers = record.body_headers("request")
    named = {name.lower() for name, _ in headers}
    if record.detail.request_trailers:
        notes.append("The trailers of the request are left out.")
    if odd := sum(not _sendable(name, value) for name, value in headers if not name.startswith(b":")):
        notes.append(f"Headers that HTTP does not allow are left out: {odd}.")
    url, target = _url(summary.url), record.detail.target
    if target == b"*":
        notes.append("The request was for `*`, the server as a whole; this asks for its root.")
    request = Request(
        method=summary.method,
        url=url,
        headers=tuple(_fields(headers)),
        body=b"".join(read()) if 0 < ref.kept <= limit else b"",
        takes_codings=b"accept-encoding" in named,
        says_empty=not ref.kept and any(n.lower() == b"content-length" for n, _ in headers),
        notes=tuple(notes),
        exchange=summary.id,
    )
    return request.with_file(f"{ref.kept} bytes") if ref.kept > limit else request


def _fields(headers: Headers) -> Iterable[tuple[str, bytes]]:
    # What Connection names is of that connection as well.
    named = [value.lower() for name, value in headers if name.lower() == b"connection"]
    dropped = _OF_THE_CLIENT | {one.strip() for value in named for one in value.split(b",")}
    for name, value in headers:
        if name.lower() in dropped or not _sendable(name, value):
            continue
        yield name.decode("latin-1"), value.strip(b" \t")


def _sendable(name: bytes, value: bytes) -> bool:
    return _NAME.fullmatch(name) is not None and not any(byte in value for byte in b"\r\n\0")


def _url(url: str) -> str:
    head, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    if not slash:
        host, question, path = rest.partition("?")
        slash = "/" + question
    path = path.replace("#", "%23").replace(" ", "%20")
    ascii = "".join(char if char.isascii() else "".join(f"%{byte:02X}" for byte in char.encode()) for char in path)
    clean = "".join(char if " " < char < "\x7f" else f"%{ord(char):02X}" for char in ascii)
    return f"{head}{mark}{host}{slash}{clean}"


def _line(text: str) -> str:
    return " ".join(text.split()).rstrip(".")
