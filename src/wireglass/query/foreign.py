"""The filters of Postman's capture and of pmproxy, in our tree."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from wireglass.errors import QueryError
from wireglass.query.leaf import like_escaped
from wireglass.query.numbers import interval
from wireglass.query.regex import finder
from wireglass.query.tree import All, And, Between, Compares, Holds, Is, Like, Matches, Node, Not, Or, Term, Test

_WRITTEN_AS_REGEX = re.compile(r"/(.+)/(i?)", re.DOTALL)
_SIGNS = re.compile(r"[\^\\$*+()\[\]{}|]")
"""Without any of them ``/v1/`` is a piece of a path."""
_NO_URL = re.compile(r"[\^\\|{}]|\.[*+]|\]|\(\?|\$$")
"""What an expression has and a URL does not."""


class PostmanFilter(msgspec.Struct, frozen=True, omit_defaults=True):
    """What can be set before and during a capture in Postman's proxy and Interceptor. Empty: no condition."""

    url_contains: str = ""
    """Text, or a regular expression: ``/…/`` or ``/…/i`` with a sign that means something there, or anything with signs
    that no URL has."""
    url_excludes: str = ""
    methods: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    """A name stands for its subdomains too; behind ``https://`` it is that one alone, as in Postman's cookie sync."""
    status_codes: tuple[str, ...] = ()
    """``404``, ``4xx``."""
    types: tuple[str, ...] = ()
    """Media types, or parts of them."""
    exclude_images: bool = False
    exclude_js: bool = False
    exclude_css: bool = False


def postman(filter: PostmanFilter) -> Node:
    """Raises QueryError for a regular expression that RE2 does not take, and for what is no status."""
    conditions: list[Node] = []
    if filter.url_contains:
        conditions.append(Term("url", _found(filter.url_contains)))
    if filter.url_excludes:
        conditions.append(Not(Term("url", _found(filter.url_excludes))))
    lists: tuple[list[Term], ...] = (
        [Term("method", Is(method)) for method in filter.methods],
        [term for host in filter.hosts for term in _host(host)],
        [Term("status", _status(status)) for status in filter.status_codes],
        [Term("type", Is(type)) for type in filter.types],
    )
    conditions += [_any(terms) for terms in lists if terms]
    excluded = {"image": filter.exclude_images, "js": filter.exclude_js, "css": filter.exclude_css}
    conditions += [Not(Term("type", Is(type))) for type, is_excluded in excluded.items() if is_excluded]
    return _all(conditions)


def pmproxy(host: str = "", methods: str = "") -> Node:
    """``--host`` and ``--methods`` as they stand on pmproxy's command line: a host without port or wildcard, methods
    between commas, empty for all. pmproxy minds the letter case of both; the record has hosts in lower case, whatever
    was asked for, and nobody means ``get`` by something else than ``GET``, so here it does not count."""
    conditions: list[Node] = []
    if host:
        conditions.append(Term("host", Is(host)))
    if methods:
        names = [name for method in methods.split(",") if (name := method.strip().upper())]
        # "," is a list without a method: pmproxy then keeps nothing.
        conditions.append(_any([Term("method", Is(name)) for name in names]) if names else Not(All()))
    return _all(conditions)


def _found(text: str) -> Test:
    if (written := _WRITTEN_AS_REGEX.fullmatch(text)) and _SIGNS.search(written[1]):
        finder(written[1], bool(written[2]))
        return Matches(written[1], bool(written[2]))
    if _NO_URL.search(text):
        finder(text, False)
        return Matches(text)
    return Holds(text)


def _host(text: str) -> list[Term]:
    if "://" in text:
        return [Term("host", Is(text.partition("://")[2].strip("/")))]
    if "*" in text:
        return [Term("host", Like(text))]
    return [Term("host", Is(text)), Term("host", Like(f"*.{like_escaped(text)}"))]


def _status(text: str) -> Test:
    found = interval("status", text.strip(), 0.0)
    if found is None:
        raise QueryError(f"{text!r} is no status.", "Write a code or a class: 404, 4xx.", text=text, at=(0, len(text)))
    low, high = found
    return Compares("=", low) if low == high else Between(low, high)


def _any(terms: Sequence[Node]) -> Node:
    return terms[0] if len(terms) == 1 else Or(tuple(terms))


def _all(conditions: Sequence[Node]) -> Node:
    if not conditions:
        return All()
    return conditions[0] if len(conditions) == 1 else And(tuple(conditions))
