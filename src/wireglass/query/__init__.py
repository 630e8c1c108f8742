"""The query language: text → tree (``parse``) → predicate (``match``). The store compiles the same tree to SQL."""

from wireglass.query.match import Predicate, match, predicate
from wireglass.query.mistakes import caret
from wireglass.query.parse import parse, places
from wireglass.query.tree import (
    All,
    And,
    Between,
    Compares,
    Holds,
    Is,
    Like,
    Matches,
    Node,
    Not,
    Or,
    Term,
    Test,
    There,
)
from wireglass.query.unparse import unparse

__all__ = [
    "All",
    "And",
    "Between",
    "Compares",
    "Holds",
    "Is",
    "Like",
    "Matches",
    "Node",
    "Not",
    "Or",
    "Predicate",
    "Term",
    "Test",
    "There",
    "caret",
    "match",
    "parse",
    "places",
    "predicate",
    "unparse",
]
