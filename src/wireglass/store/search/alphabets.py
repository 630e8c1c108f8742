"""What stands in the index for the parts of an exchange, and what to look for there.

FTS5's trigram tokenizer makes a token of every three characters that follow each other. So that a search in URLs does
not find what stands in bodies, URLs and headers are written in *alphabets* of their own: characters of the private
planes of Unicode (15 and 16), which no text has but to no purpose. So that ``method:POST`` is one token, a *facet* is
written as three such characters made of a hash. Everything is then in one document, and any conjunction is one query,
answered by FTS5 in the order of exchanges.

What is looked for is a superset: what is found must be tested.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache

SEPARATOR = "\x1e\x1e"
"""Between two parts: no token reaches from one into another. Two characters, so that none holds ends of both."""

MOST_PHRASES = 24
"""Trigrams of one text that are looked for: more do not make it rarer."""


class Alphabet(dict[int, str]):
    """For ``str.translate``: ASCII letters in lower case, and what is not Latin-1 folded into it."""

    def __init__(self, base: int) -> None:
        self._base = base

    def __missing__(self, code: int) -> str:
        lower = code + 32 if 65 <= code <= 90 else code
        self[code] = chr(self._base + (lower & 0xFF))
        return self[code]


URL = Alphabet(0xF0000)
HEADERS = Alphabet(0xF0100)

_FACETS = 0x100000

_UNSAFE = str.maketrans({0: "\x1e"})
"""The tokenizer ends at NUL."""


@lru_cache(maxsize=1 << 14)
def facet(kind: str, value: str) -> str:
    """One value of a field, as three characters."""
    number = int.from_bytes(
        hashlib.blake2b(f"{kind}:{value}".encode("utf-8", "replace"), digest_size=6).digest(), "big"
    )
    return "".join(chr(_FACETS + (number >> shift & 0x7FFF)) for shift in (0, 15, 30))


def plain(text: str) -> str:
    """Text of bodies: as it is, but for what neither SQLite nor UTF-8 takes."""
    text = text.translate(_UNSAFE) if "\0" in text else text
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def phrases(text: str) -> str:
    """The FTS5 expression for documents that hold ``text``, which is in an alphabet or ``plain``; empty if it is
    shorter than a trigram."""
    last = len(text) - 3
    if last < 0:
        return ""
    if last < MOST_PHRASES:
        starts: Iterable[int] = range(last + 1)
    else:
        step = last / (MOST_PHRASES - 1)
        starts = (int(number * step) for number in range(MOST_PHRASES))
    found = dict.fromkeys(text[start : start + 3] for start in starts)
    return conjunction(['"' + trigram.replace('"', '""') + '"' for trigram in found])


def conjunction(expressions: list[str]) -> str:
    return expressions[0] if len(expressions) == 1 else "(" + " AND ".join(expressions) + ")"


def disjunction(expressions: list[str]) -> str:
    return expressions[0] if len(expressions) == 1 else "(" + " OR ".join(expressions) + ")"
