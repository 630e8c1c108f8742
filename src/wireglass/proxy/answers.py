"""What Wireglass itself says to a client."""

from __future__ import annotations

from wireglass.errors import WireglassError

_REASONS = {
    200: b"OK",
    400: b"Bad Request",
    403: b"Forbidden",
    404: b"Not Found",
    502: b"Bad Gateway",
    503: b"Service Unavailable",
    504: b"Gateway Timeout",
    500: b"Internal Server Error",
}

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


def answer(status: int, text: str, *, keep_alive: bool, head_only: bool = False) -> bytes:
    """A whole response with a plain-text body, or its head alone for HEAD."""
    body = text.encode("utf-8") + b"\n"
    return b"HTTP/1.1 %d %b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n%b\r\n%b" % (
        status,
        _REASONS[status],
        len(body),
        b"" if keep_alive else b"Connection: close\r\n",
        b"" if head_only else body,
    )


def error_answer(error: WireglassError, *, keep_alive: bool, head_only: bool) -> bytes:
    text = f"Wireglass: {error.line()} ({error.code})"
    return answer(error.http_status, text, keep_alive=keep_alive, head_only=head_only)


def own_page(listen: str) -> str:
    return (
        f"This is Wireglass, a proxy that records what passes.\n"
        f"Send requests through it, not to it: curl -x http://{listen} http://example.com/"
    )
