"""The predicate: is this exchange meant, as far as it is known?"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

from wireglass.model import Side, Summary
from wireglass.query.fields import BY_NAME, Known
from wireglass.query.leaf import (
    HAS,
    IS,
    Flag,
    TextTest,
    answered,
    ended,
    fields_of,
    head_test,
    header_test,
    number_is,
    number_test,
    param_test,
    path_is,
    port_is,
    scheme_is,
    text_test,
    type_test,
)
from wireglass.query.subject import Subject
from wireglass.query.tree import All, And, Is, Node, Not, Or, Term, Test

Answer: TypeAlias = bool | None
Predicate: TypeAlias = Callable[[Subject], Answer]


def match(node: Node, subject: Subject) -> Answer:
    """None: cannot be known yet, of an exchange that still runs. Never None of one that has ended and whose detail and
    bodies are there."""
    return predicate(node)(subject)


@lru_cache(maxsize=32)
def predicate(node: Node) -> Predicate:
    """For those who ask the same of many. Raises QueryError for a regular expression that cannot be used, and
    ValueError for a tree that no text makes: an unknown field, a test of another kind of value."""
    return _predicate(node)


def _predicate(node: Node) -> Predicate:
    match node:
        case All():
            return lambda subject: True
        case And(items):
            return _all(tuple(map(_predicate, items)))
        case Or(items):
            return _any(tuple(map(_predicate, items)))
        case Not(item):
            return _not(_predicate(item))
        case Term():
            return _term(node)


def _all(items: tuple[Predicate, ...]) -> Predicate:
    def holds(subject: Subject) -> Answer:
        answer: Answer = True
        for item in items:
            one = item(subject)
            if one is False:
                return False
            if one is None:
                answer = None
        return answer

    return holds


def _any(items: tuple[Predicate, ...]) -> Predicate:
    def holds(subject: Subject) -> Answer:
        answer: Answer = False
        for item in items:
            one = item(subject)
            if one:
                return True
            if one is None:
                answer = None
        return answer

    return holds


def _not(item: Predicate) -> Predicate:
    def holds(subject: Subject) -> Answer:
        answer = item(subject)
        return None if answer is None else not answer

    return holds


def _term(term: Term) -> Predicate:
    name, test, key = term.field, term.test, term.key
    field = BY_NAME.get(name)
    if field is None or field.name != name or field.stands_for:
        raise ValueError(f"{name!r} is no field")
    if name in ("has", "is"):
        return _flag(HAS if name == "has" else IS, test)
    if name in _TEXTS:
        return _of_text(_TEXTS[name], type_test(test) if name == "type" else text_test(test), field.known)
    if name in _NUMBERS:
        return _of_number(_NUMBERS[name], test, field.known)
    if name in _OF_URL:
        number_test(test) if name == "port" else text_test(test)  # refuses now what it would refuse later
        of_url = _OF_URL[name]
        return lambda subject: of_url(subject.summary.url, test)
    return _OTHERS[name](key, test)


def _flag(words: dict[str, Flag], test: Test) -> Predicate:
    if not isinstance(test, Is) or test.text not in words:
        raise ValueError(f"{test!r} is none of {', '.join(words)}")
    flag = words[test.text]
    return lambda subject: flag(subject.summary, subject.detail)


_TEXTS: dict[str, Callable[[Summary], str]] = {
    "method": lambda s: s.method,
    "host": lambda s: s.host,
    "url": lambda s: s.url,
    "type": lambda s: s.type,
    "source": lambda s: s.source,
    "client": lambda s: s.client,
    "operation": lambda s: s.operation,
    "mode": lambda s: s.mode,
    "color": lambda s: s.color,
    "note": lambda s: s.note,
}

_NUMBERS: dict[str, Callable[[Summary], float | None]] = {
    "status": lambda s: s.status,
    "size": lambda s: s.response_size,
    "request_size": lambda s: s.request_size,
    "time": lambda s: s.duration_ms,
    "started": lambda s: s.started,
    "id": lambda s: s.id,
}

_OF_URL: dict[str, Callable[[str, Test], bool]] = {"path": path_is, "scheme": scheme_is, "port": port_is}

_REACHED: dict[Known, Callable[[Summary], bool]] = {"start": lambda s: True, "answer": answered, "end": ended}


def _of_text(value: Callable[[Summary], str], test: TextTest, known: Known) -> Predicate:
    """A text that is there is final; an empty one may still come."""
    if known == "start":
        return lambda subject: test(value(subject.summary))
    reached = _REACHED[known]

    def holds(subject: Subject) -> Answer:
        summary = subject.summary
        text = value(summary)
        return test(text) if text or reached(summary) else None

    return holds


def _of_number(value: Callable[[Summary], float | None], test: Test, known: Known) -> Predicate:
    passes = number_test(test)
    reached = _REACHED[known]

    def holds(subject: Subject) -> Answer:
        summary = subject.summary
        if not reached(summary):
            return None
        number = value(summary)
        return number is not None and passes(number)

    return holds


def _param(key: str, test: Test) -> Predicate:
    holds = param_test(key, test)
    return lambda subject: holds(subject.summary.url)


def _protocol(key: str, test: Test) -> Predicate:
    holds = text_test(test)

    def of(subject: Subject) -> Answer:
        summary = subject.summary
        # It is HTTP until the answer is 101.
        return holds(summary.protocol) if answered(summary) or summary.protocol == "websocket" else None

    return of


def _error(key: str, test: Test) -> Predicate:
    holds = text_test(test)

    def of(subject: Subject) -> Answer:
        summary = subject.summary
        if not ended(summary):
            return None
        return holds(summary.error or "") or holds(summary.error_kind or "")

    return of


def _session(key: str, test: Test) -> Predicate:
    holds = text_test(test)
    return lambda subject: any(map(holds, subject.summary.sessions))


def _session_started(key: str, test: Test) -> Predicate:
    number_test(test)
    return lambda subject: any(number_is(test, start) for start in subject.session_starts)


def _header(side: Side) -> Callable[[str, Test], Predicate]:
    def of_side(key: str, test: Test) -> Predicate:
        holds = header_test(key, test)

        def of(subject: Subject) -> Answer:
            detail = subject.detail
            if detail is None:
                return None
            if holds(fields_of(detail, side)):
                return True
            return False if side == "request" or ended(subject.summary) else None

        return of

    return of_side


def _body(side: Side) -> Callable[[str, Test], Predicate]:
    def of_side(key: str, test: Test) -> Predicate:
        holds = text_test(test)

        def of(subject: Subject) -> Answer:
            text = subject.text(side)
            return None if text is None else holds(text)

        return of

    return of_side


def _head_text(key: str, test: Test) -> Predicate:
    holds, of_head = text_test(test), head_test(test)

    def of(subject: Subject) -> Answer:
        summary, detail = subject.summary, subject.detail
        if detail is None:
            return True if holds(summary.url) else None
        if of_head(summary.url, detail):
            return True
        return False if ended(summary) else None

    return of


def _either(*ways: Callable[[str, Test], Predicate]) -> Callable[[str, Test], Predicate]:
    return lambda key, test: _any(tuple(way(key, test) for way in ways))


_request_body, _response_body = _body("request"), _body("response")

_OTHERS: dict[str, Callable[[str, Test], Predicate]] = {
    "param": _param,
    "protocol": _protocol,
    "error": _error,
    "session": _session,
    "session_started": _session_started,
    "header": _either(_header("request"), _header("response")),
    "request_header": _header("request"),
    "response_header": _header("response"),
    "body": _either(_request_body, _response_body),
    "request_body": _request_body,
    "response_body": _response_body,
    "text": _either(_head_text, _request_body, _response_body),
}
