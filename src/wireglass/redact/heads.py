"""Redaction of all of an exchange but its bodies."""

from __future__ import annotations

import msgspec

from wireglass.model import Detail, Headers, Informational, Summary
from wireglass.redact.placeholder import Found
from wireglass.redact.redactor import Redactor


def redact_summary(redactor: Redactor, summary: Summary, found: Found) -> Summary:
    """A copy."""
    found.at = "url"
    url = _url(redactor, summary.url, found)
    found.at = "operation"
    operation = _text(redactor, summary.operation, found)
    found.at = "error"
    error = None if summary.error is None else _text(redactor, summary.error, found)
    found.at = "note"
    note = _text(redactor, summary.note, found)
    return msgspec.structs.replace(summary, url=url, operation=operation, error=error, note=note)


def redact_detail(redactor: Redactor, detail: Detail, found: Found) -> Detail:
    """A copy. What the target says is in the URL as well, and counted there."""
    found.at = "response reason"
    reason = redactor.text(detail.reason, found) if detail.reason else b""
    found.at = "note"
    notes = [_text(redactor, note, found) for note in detail.notes]
    return msgspec.structs.replace(
        detail,
        target=redactor.url(detail.target, Found()),
        reason=reason,
        notes=notes,
        request_headers=_headers(redactor, "request header", detail.request_headers, found),
        request_trailers=_headers(redactor, "request trailer", detail.request_trailers, found),
        response_headers=_headers(redactor, "response header", detail.response_headers, found),
        response_trailers=_headers(redactor, "response trailer", detail.response_trailers, found),
        informational=[
            Informational(one.status, _headers(redactor, f"{one.status} response header", one.headers, found))
            for one in detail.informational
        ],
    )


def _headers(redactor: Redactor, where: str, headers: Headers, found: Found) -> Headers:
    redacted = []
    for name, value in headers:
        found.at = f"{where} {name[:100].decode('latin-1').lower()}"
        redacted.append((name, redactor.header(name, value, found)))
    return redacted


def _url(redactor: Redactor, url: str, found: Found) -> str:
    return redactor.url(url.encode("utf-8", "surrogatepass"), found).decode("utf-8", "surrogatepass")


def _text(redactor: Redactor, text: str, found: Found) -> str:
    if not text:
        return text
    return redactor.content(text.encode("utf-8", "surrogatepass"), found).decode("utf-8", "surrogatepass")
