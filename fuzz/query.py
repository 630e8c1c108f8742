"""Fuzzes the query language: ``python fuzz/query.py [SECONDS]``, ten by default.

The invariant: any text is a tree or a QueryError with its place, in little time; a tree written down is read as the
same tree; completion never fails. Prints the seed of a failure and the text.
"""

from __future__ import annotations

import random
import sys
import time

from wireglass.errors import QueryError
from wireglass.query import Node, caret, parse, unparse
from wireglass.query.completion import completions
from wireglass.query.fields import TABLE

LONGEST = 2.0
"""Seconds for one text."""

PIECES = [
    *(field.example for field in TABLE),
    *(f"{field.name}{operator}" for field in TABLE for operator in (":", "=", "~", ">", "!=")),
    *" ()|&!-,*?/\\\"'.:=~<>",
    *(
        "and",
        "or",
        "not",
        "..",
        "10k",
        "4xx",
        "5ms",
        "@1",
        "today",
        "[a",
        "a{9}",
        "\\pL",
        "\u00e9",
        "\0",
        "\ud800",
        "\n",
    ),
]


def text_of(dice: random.Random) -> str:
    pieces = [dice.choice(PIECES) + dice.choice(("", " ", "", dice.choice(PIECES))) for _ in range(dice.randint(0, 30))]
    text = "".join(pieces)
    if dice.random() < 0.1:
        text *= dice.randint(2, 200)
    if text and dice.random() < 0.3:
        at = dice.randrange(len(text))
        text = text[:at] + chr(dice.randrange(0x3000)) + text[at + dice.randint(0, 3) :]
    return text


def check(text: str, dice: random.Random) -> None:
    completions(text, dice.randrange(len(text) + 1))
    begun = time.perf_counter()
    node: Node | None = None
    failed: QueryError | None = None
    try:
        node = parse(text, 1_769_850_000.0)
    except QueryError as error:
        failed = error
    assert time.perf_counter() - begun < LONGEST
    if failed:
        assert failed.text == text and 0 <= failed.at[0] <= failed.at[1] <= len(text)
        assert caret(failed).endswith("^")
        return
    assert node is not None
    written = unparse(node)
    if len(written) <= 4096:  # shorter spellings of the same may have been read
        assert parse(written, 0.0) == node, written


def main(seconds: float) -> None:
    end = time.monotonic() + seconds
    seed = 0
    while time.monotonic() < end:
        dice = random.Random(seed)
        text = text_of(dice)
        try:
            check(text, dice)
        except Exception:
            print(f"seed {seed}: {text!r}")
            raise
        seed += 1
    print(f"{seed} inputs, all well")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
