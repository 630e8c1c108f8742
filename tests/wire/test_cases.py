"""Every case of the table at the parsers: what is refused, and what is accepted and passed on unambiguously."""

from __future__ import annotations

import pytest
from tests.wire.cases import IN_ORDER, REQUESTS, RESPONSES, InOrder, Refused, Response
from tests.wire.events import requests
from tests.wire.passed import by_h11, read

from wireglass.errors import ProtocolError, UpstreamClosed
from wireglass.wire import leniency
from wireglass.wire.leniency import LENIENCIES
from wireglass.wire.target import read_absolute, read_authority


@pytest.mark.parametrize("case", REQUESTS, ids=lambda case: case.name)
@pytest.mark.parametrize("single", [False, True], ids=["whole", "bytes"])
def test_a_request_is_refused(case: Refused, single: bool) -> None:
    if single and len(case.data) > 10_000:
        pieces = [case.data[at : at + 997] for at in range(0, len(case.data), 997)]
    else:
        pieces = [bytes([byte]) for byte in case.data] if single else [case.data]
    events = requests(pieces)
    error = events.error
    if error is None:  # the head can be read, and names no server
        [(_, method, target, *_), *_] = events.told
        assert isinstance(method, bytes) and isinstance(target, bytes)
        with pytest.raises(ProtocolError) as refusal:
            read_authority(target, None) if method == b"CONNECT" else read_absolute(target, method)
        error = refusal.value
    else:
        assert events.kinds.count("head") == case.begun
        assert "end" not in events.kinds
    assert type(error) is ProtocolError
    assert case.reason in error.message


@pytest.mark.parametrize("case", IN_ORDER, ids=lambda case: case.name)
@pytest.mark.parametrize("single", [False, True], ids=["whole", "bytes"])
def test_a_request_that_only_looks_odd(case: InOrder, single: bool) -> None:
    """``tests/doors/test_smuggling.py`` looks at what is sent on."""
    events = requests([bytes([byte]) for byte in case.data] if single else [case.data])
    assert events.error is None
    assert events.kinds == ["head", *(["body"] if case.body else []), "end"]
    assert events.bodies == case.body


@pytest.mark.parametrize("case", RESPONSES, ids=lambda case: case.name)
@pytest.mark.parametrize("step", [0, 1, 7])
def test_a_response(case: Response, step: int) -> None:
    step = max(step, 997) if step and len(case.data) > 5000 else step
    places = list(range(step, len(case.data), step)) if step else []
    passed, parser, error = read(case.data, places)
    assert passed.kinds.count("informational") == case.informational
    if case.refused:
        assert error is not None and case.refused in str(error)
        assert (type(error) is UpstreamClosed) == (case.kind == "upstream_closed")
        assert "end" not in passed.kinds
        return
    assert error is None
    head = parser.head
    assert head is not None
    told = [note.split(": ")[1] for note in parser.notes() if note.startswith("lenient: ")]
    expected = [one.name for one in case.lenient]
    if step and leniency.BYTES_AFTER_BODY in case.lenient:
        told = [*told, *({leniency.BYTES_AFTER_BODY.name} - set(told))]  # they come when the response is over
    assert sorted(told) == sorted(expected)
    assert head.status == case.status
    assert passed.bodies == case.body
    if b"gzip, chunked" in passed.out:
        return  # it is in order, and h11 knows no coding but chunked
    status, fields, body, left = by_h11(passed.out)
    assert (status, body, left) == (case.status, case.body, 0)
    assert set(case.fields) <= {(name.title(), value) for name, value in fields}
    if case.rfc == "9112 5.1":
        assert b"\t" not in passed.out and b" \r\n" not in passed.out
    names = [name for name, _ in fields]
    assert names.count(b"content-length") + names.count(b"transfer-encoding") <= 1
    # Our own strict reader agrees, and has nothing left to overlook.
    again, strict, error = read(passed.out, [])
    assert error is None and again.bodies == case.body
    assert strict.head is not None
    kept = {leniency.UNKNOWN_CLASS} if case.status >= 600 else set()
    assert strict.head.lenient is None or set(strict.head.lenient.named) == kept


def test_a_connection_is_kept_only_where_nothing_was_counted_anew() -> None:
    for case in RESPONSES:
        _, parser, error = read(case.data, [])
        if error is None and parser.head is not None:
            parser.notes()
            if not all(one.keeps for one in case.lenient):
                assert not parser.head.keep_alive, case.name


def test_every_leniency_has_a_case_and_every_case_a_name_of_its_own() -> None:
    assert {one for case in RESPONSES for one in case.lenient} == set(LENIENCIES)
    assert len({one.name for one in LENIENCIES}) == len(LENIENCIES)
    assert len({case.name for case in REQUESTS}) == len(REQUESTS)
    assert len({case.name for case in RESPONSES}) == len(RESPONSES)
    assert len({case.name for case in IN_ORDER}) == len(IN_ORDER)
