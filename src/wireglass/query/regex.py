"""Regular expressions: RE2 alone, whose time is linear in the text, with bounds on what a pattern may cost.

Where RE2's automaton does not fit into its memory, RE2 follows all places of the pattern that the text can have
reached, one by one: the time is then the text's length times their number. The worst pattern within the limits that we
found takes 4 seconds of one processor for 1 MiB of text, those that people write 1 to 30 milliseconds. Other threads
run meanwhile: RE2 lets go of the interpreter's lock.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from wireglass.errors import QueryError

PATTERN_LIMIT = 500
"""Characters of a pattern."""

_MOST_STEPS = 320
"""Of the program for single bytes: each character and class is about one, and counts as often as it is repeated. The
program for UTF-8 says less about the time (``\\pL`` takes 1200 there, of which few are reached at once)."""

_MEMORY = 1 << 18  # for each; what is compiled is remembered, so this counts many times

_NOT_IN_UTF_8 = re.compile("[\ud800-\udfff]")
_NOT_IN_LATIN_1 = re.compile("[^\x00-\xff]")


@lru_cache(maxsize=128)
def finder(pattern: str, ignore_case: bool) -> Callable[[str], bool]:
    """Whether the expression is found somewhere in a text. Raises QueryError, with RE2's reason, for what is none."""
    if len(pattern) > PATTERN_LIMIT:
        raise QueryError(
            f"The regular expression has {len(pattern):,} characters; at most {PATTERN_LIMIT} are taken.",
            "Look for a part of it, or for several parts one after the other.",
        )
    import re2  # here: a command that asks for no regular expression need not load it

    options = re2.Options()
    options.max_mem = _MEMORY
    options.never_capture = True  # nobody asks for groups, and captures are slow
    options.log_errors = False
    options.case_sensitive = not ignore_case
    try:
        compiled = re2.compile(_NOT_IN_UTF_8.sub("\ufffd", pattern).encode(), options)
    except re2.error as error:
        reason = error.args[0].decode("utf-8", "replace") if error.args else "it cannot be read"
        raise QueryError(f"The regular expression cannot be read: {reason}.", _hint(reason)) from None
    options.encoding = re2.Options.Encoding.LATIN1
    steps = re2.compile(_NOT_IN_LATIN_1.sub("\xff", pattern).encode("latin-1"), options).programsize
    if steps > _MOST_STEPS:
        raise QueryError(
            f"The regular expression has {steps:,} steps; at most {_MOST_STEPS:,} are taken.",
            "Repeat fewer things by number, and use * or + instead.",
        )
    search = compiled.search

    def found(text: str) -> bool:
        # A lone surrogate cannot be written as UTF-8; no pattern finds one.
        return search(text.encode("utf-8", "replace")) is not None

    return found


def _hint(reason: str) -> str:
    if "perl operator" in reason or "escape sequence: \\1" in reason:
        return "RE2 has no look-around and no back-references: https://github.com/google/re2/wiki/Syntax"
    if reason.startswith(("missing", "unexpected")):
        return "Close what is open, or write a backslash before a bracket that is meant as text."
    return "The syntax is RE2's: https://github.com/google/re2/wiki/Syntax"
