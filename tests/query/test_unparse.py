"""Tree → text → the same tree."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from tests.query.generated import HARD_TEXTS, TEXTS, terms, trees

from wireglass.query import All, And, Holds, Is, Like, Matches, Node, Not, Or, Term, There, parse, unparse


@given(trees())
def test_a_tree_comes_back(tree: Node) -> None:
    assert parse(unparse(tree), 0.0) == tree


@given(trees(HARD_TEXTS))
@example(And((Term("path", Is("/users")), Term("text", Holds("a/")))))
@example(And((Term("url", Like("/a*")), Term("text", Holds("a/ b")))))
@example(And((Term("path", Like("/a*")), Term("path", Matches("a")))))
@example(Or((Term("text", Holds("or")), Term("text", Holds("not")))))
@example(Not(Not(All())))
def test_a_tree_of_hard_words_comes_back(tree: Node) -> None:
    assert parse(unparse(tree), 0.0) == tree


@given(terms(TEXTS))
def test_a_term_is_one_word(term: Term) -> None:
    """So that it can be put behind a minus or into a list of words."""
    assert parse(f"-{unparse(term)} zzz", 0.0) == And((Not(term), Term("text", Holds("zzz"))))


@pytest.mark.parametrize(
    ("written", "short"),
    [
        ("", ""),
        ("*", ""),
        ("method:POST or method:PUT", "method:POST,PUT"),
        ("(method:POST or method:PUT) host:a", "method:POST,PUT host:a"),
        ("a and not (b or c)", "a -(b or c)"),
        ("status>=400 status<500", "status:>=400 status:<500"),
        ("status:400..499", "status:4xx"),
        ("size:>10k", "size:>10000"),
        ("header:content-type=json,html", "header:content-type=json,html"),
        ('body:"order id"', 'body:"order id"'),
        ("path:/v1/*", "path:/v1/*"),
        (r"url:/a\/b/i", r"url:/a\/b/i"),
        ("https://example.com/a?b=c", "https://example.com/a?b=c"),
        ("since:@5", "started:>=@5"),
    ],
)
def test_what_is_written(written: str, short: str) -> None:
    assert unparse(parse(written, 0.0)) == short


def test_a_presence_test_of_a_key() -> None:
    assert unparse(Term("header", There(), "authorization")) == "header:authorization"
