"""What a query is, once it is read. Nothing here depends on how it was written."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Operator: TypeAlias = Literal["<", "<=", "=", ">=", ">"]


class All(msgspec.Struct, frozen=True, tag=True):
    """Everything: the empty query."""


class And(msgspec.Struct, frozen=True, tag=True):
    items: tuple[Node, ...]
    """At least two."""


class Or(msgspec.Struct, frozen=True, tag=True):
    items: tuple[Node, ...]


class Not(msgspec.Struct, frozen=True, tag=True):
    item: Node


class Is(msgspec.Struct, frozen=True, tag=True):
    """The value is this text, letter case aside. Of a media type: or is called so (``leaf.type_words``)."""

    text: str


class Holds(msgspec.Struct, frozen=True, tag=True):
    """The value holds this text somewhere, letter case aside (of ASCII letters: SQLite's and ours agree on those)."""

    text: str


class Like(msgspec.Struct, frozen=True, tag=True):
    """The whole value has this form, letter case aside: ``*`` is any text, ``?`` any one character; one that is meant
    as it stands, and the backslash itself, has a backslash before it. Without any of the two it would be ``Is``."""

    pattern: str


class Matches(msgspec.Struct, frozen=True, tag=True):
    """An RE2 expression is found somewhere in the value."""

    pattern: str
    ignore_case: bool = False


class Compares(msgspec.Struct, frozen=True, tag=True):
    """A number: a status; bytes; milliseconds; Unix seconds; an id."""

    operator: Operator
    number: float


class Between(msgspec.Struct, frozen=True, tag=True):
    """From the first to the second number, both included."""

    low: float
    high: float


class There(msgspec.Struct, frozen=True, tag=True):
    """There is one at all."""


Test: TypeAlias = Is | Holds | Like | Matches | Compares | Between | There


class Term(msgspec.Struct, frozen=True, tag=True):
    field: str
    """The canonical name of a field of ``query.fields.TABLE``."""
    test: Test
    key: str = ""
    """Of a field that has parts (``header:content-type=json``, ``param:page=2``): which, letter case aside; ``*`` is
    any text. Lower case for headers. Empty: the test is of all of them, as ``name: value`` or ``name=value``."""


Node: TypeAlias = All | And | Or | Not | Term
