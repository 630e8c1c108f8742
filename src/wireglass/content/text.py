"""Is it text, and which: what a terminal or a view may show of a body."""

from __future__ import annotations

import codecs
import contextlib
import re
from functools import lru_cache

from wireglass.model import Headers

_MEDIA_TYPE = re.compile(r"[ \t]*([!#$%&'*+.^_`|~0-9a-z-]+/[!#$%&'*+.^_`|~0-9a-z-]+)[ \t]*(?:;|$)", re.IGNORECASE)
_CHARSET = re.compile(r";[ \t]*charset[ \t]*=[ \t]*(?:\"([^\"]*)\"|'([^']*)'|([^ \t;\"]+))", re.IGNORECASE)

_PARAMETER = re.compile(
    r";[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*(?:\"((?:[^\"\\]++|\\.)*+)\"|([^ \t;\"]*+))", re.DOTALL
)
_MOST_PARAMETERS = 20

# Longer marks first: UTF-32's little-endian mark begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# "Binary data bytes" of the WHATWG MIME Sniffing standard: control characters that text does not have. 0x1B stays.
_BINARY = bytes((*range(0x09), 0x0B, *range(0x0E, 0x1B), *range(0x1C, 0x20)))

_LONGEST_TYPE = 2048
"""Bytes of a Content-Type that are looked at."""

_UTF_8 = frozenset({"utf-8", "utf8"})

# Python codecs that are no character sets; decoding punycode and idna takes quadratic time.
_NO_CHARSETS = frozenset({"idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined", "mbcs", "oem"})


def media_type(headers: Headers) -> tuple[str, str]:
    """The essence of Content-Type and its charset, lower case, each empty when there is none (RFC 9110 8.3.1).

    Of several header lines the last that can be read counts, as in browsers (WHATWG Fetch, "extract a MIME type").
    """
    for name, value in reversed(headers):
        if name.lower() == b"content-type" and (found := _media_type(value[:_LONGEST_TYPE])):
            return found
    return "", ""


@lru_cache(maxsize=512)
def _media_type(value: bytes) -> tuple[str, str] | None:
    text = value.decode("latin-1")
    essence = _MEDIA_TYPE.match(text)
    if essence is None:
        return None
    charset = _CHARSET.search(text, essence.end(1))
    return essence[1].lower(), (next(filter(None, charset.groups()), "").lower() if charset else "")


def parameters(headers: Headers) -> dict[str, str]:
    """Of the Content-Type that ``media_type`` takes; the first of each name (WHATWG MIME Sniffing, 4.4)."""
    for name, value in reversed(headers):
        if name.lower() == b"content-type" and media_type([(name, value)])[0]:
            found: dict[str, str] = {}
            for parameter in _PARAMETER.finditer(value.decode("latin-1")):
                quoted, plain = parameter[2], parameter[3]
                text = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)
                if len(found) < _MOST_PARAMETERS:
                    found.setdefault(parameter[1].lower(), text)
            return found
    return {}


def as_text(data: bytes, media_type: str, charset: str) -> str | None:
    """``data`` as text; None when it is binary or its encoding is not known.

    A byte order mark decides, then the charset, then UTF-8, and Latin-1 for ``text/*`` alone. A character cut off at
    the end (the data may be the start of something longer) becomes U+FFFD.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decoded(data, encoding)
    if charset and (text := _decoded(data, charset)) is not None:
        return None if has_binary(data if charset in _UTF_8 else text.encode("utf-8", "surrogatepass")) else text
    if has_binary(data):
        return None
    text = _decoded(data, "utf-8")
    return data.decode("latin-1") if text is None and media_type.startswith("text/") else text


def has_binary(data: bytes) -> bool:
    return len(data.translate(None, _BINARY)) != len(data)


def _decoded(data: bytes, encoding: str) -> str | None:
    if encoding in _UTF_8:
        with contextlib.suppress(UnicodeDecodeError):  # its last character may be cut off
            return data.decode("utf-8")
    try:
        bytes(4).decode(encoding)  # refuses codecs from bytes to bytes, among them zlib's; any character set takes it
        codec = codecs.lookup(encoding)
        if codec.name.replace("_", "-") in _NO_CHARSETS:
            return None
        decoder = codec.incrementaldecoder()
        text = decoder.decode(data, False)
        cut = bool(decoder.getstate()[0])
    except (LookupError, ValueError):
        return None
    return text + "\ufffd" if cut else text
