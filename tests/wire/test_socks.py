"""SOCKS 5, against bytes of python-socks and of the RFCs."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_socks._protocols import socks5 as other

from wireglass.errors import ProtocolError, ProxyAuthWanted
from wireglass.wire.socks import Socks5

NO_AUTHENTICATION = b"\x05\x01\x00"
PASSWORD = b"\x05\x01\x02"
DONE = b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"


def refused(code: int) -> bytes:
    return b"\x05" + bytes([code]) + DONE[2:]


def only_me(username: bytes, password: bytes) -> bool:
    return (username, password) == (b"me", b"secret")


def asked(host: str, port: int) -> bytes:
    return other.ConnectRequest(host=host, port=port).dumps()


@pytest.mark.parametrize(
    ("host", "target", "written"),
    [
        ("127.0.0.1", ("127.0.0.1", 443), b"127.0.0.1:443"),
        ("::1", ("::1", 443), b"[::1]:443"),
        ("Api.Example", ("api.example", 443), b"Api.Example:443"),
        ("bücher.example", ("xn--bcher-kva.example", 443), b"xn--bcher-kva.example:443"),
    ],
)
@pytest.mark.parametrize("login", [False, True])
def test_another_implementation_gets_through(host: str, target: tuple[str, int], written: bytes, login: bool) -> None:
    ours = Socks5(only_me if login else None)
    theirs = other.Connection()
    methods = theirs.send(other.AuthMethodsRequest("me", "secret") if login else other.AuthMethodsRequest(None, None))
    ours.receive(methods)
    reply = theirs.receive(ours.take())
    assert isinstance(reply, other.AuthMethodReply)
    if login:
        assert reply.method == other.AuthMethod.USERNAME_PASSWORD
        ours.receive(theirs.send(other.AuthRequest("me", "secret")))
        theirs.receive(ours.take())
    ours.receive(theirs.send(other.ConnectRequest(host, 443)) + b"behind")
    assert (ours.target, ours.asked, ours.rest) == (target, written, b"behind")
    assert ours.take() == b""
    ours.accept()
    theirs.receive(ours.take())


@given(st.lists(st.integers(0, 60), max_size=8), st.booleans(), st.binary(max_size=20))
def test_any_cut_gives_the_same(cuts: list[int], login: bool, behind: bytes) -> None:
    data = (PASSWORD + b"\x01\x02me\x06secret" if login else NO_AUTHENTICATION) + asked("a.example", 80) + behind
    ours = Socks5(only_me if login else None)
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for at, end in pairwise(places):
        if ours.target is None:
            ours.receive(data[at:end])
            behind_cut = data[end:]
    assert ours.target == ("a.example", 80)
    assert ours.rest + behind_cut == behind
    assert ours.take() == (b"\x05\x02\x01\x00" if login else b"\x05\x00")


@given(
    st.lists(st.binary(max_size=300), max_size=5), st.booleans(), st.sampled_from([b"", NO_AUTHENTICATION, PASSWORD])
)
def test_any_bytes_are_a_target_or_refused(pieces: list[bytes], login: bool, begin: bytes) -> None:
    ours = Socks5(only_me if login else None)
    try:
        for piece in (begin, *pieces):
            if ours.target is None:
                ours.receive(piece)
        assert len(ours.rest) <= sum(map(len, pieces))
    except ProtocolError:
        pass
    except ProxyAuthWanted:
        assert login


@pytest.mark.parametrize(
    ("data", "answer", "words"),
    [
        (b"\x05\x01\x01", b"\x05\xff", "offers no way to log in that is known here (01)"),
        (b"\x05\x00", b"\x05\xff", "(none at all)"),
        (NO_AUTHENTICATION + b"\x05\x02\x00\x01\x7f\x00\x00\x01\x00\x50", b"\x05\x00" + refused(7), "asks for BIND"),
        (NO_AUTHENTICATION + b"\x05\x03\x00\x01" + bytes(6), b"\x05\x00" + refused(7), "UDP ASSOCIATE"),
        (NO_AUTHENTICATION + b"\x05\x09\x00\x01" + bytes(6), b"\x05\x00" + refused(7), "command 9"),
        (NO_AUTHENTICATION + b"\x05\x01\x00\x02" + bytes(6), b"\x05\x00" + refused(8), "unknown type 2"),
        (NO_AUTHENTICATION + b"\x05\x01\x01\x01" + bytes(6), b"\x05\x00" + refused(1), "reserved"),
        (NO_AUTHENTICATION + b"\x04\x01\x00\x01" + bytes(6), b"\x05\x00" + refused(1), "another version"),
        (NO_AUTHENTICATION + b"\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x00", b"\x05\x00" + refused(1), "Port 0"),
        (NO_AUTHENTICATION + b"\x05\x01\x00\x03\x00\x00\x50", b"\x05\x00" + refused(1), "asks for no server"),
        (NO_AUTHENTICATION + b"\x05\x01\x00\x03\x03a b\x00\x50", b"\x05\x00" + refused(1), "asks for no server"),
        (NO_AUTHENTICATION + b"\x05\x01\x00\x03\x03a\x00b\x00\x50", b"\x05\x00" + refused(1), "asks for no server"),
        (NO_AUTHENTICATION + b"\x05\x01\x00\x03\x05a@b:1\x00\x50", b"\x05\x00" + refused(1), "asks for no server"),
        (PASSWORD + b"\x05secret", b"\x05\x02", "a version of RFC 1929 that is not 1"),
    ],
)
def test_what_is_refused_is_answered(data: bytes, answer: bytes, words: str) -> None:
    ours = Socks5()
    with pytest.raises(ProtocolError) as error:
        ours.receive(data)
    assert ours.take() == answer
    assert words in error.value.message
    assert b"secret" not in error.value.received


def test_an_address_that_is_sent_as_a_name() -> None:
    ours = Socks5()
    ours.receive(NO_AUTHENTICATION + b"\x05\x01\x00\x03\x03::1\x00\x50")
    assert ours.target == ("::1", 80)


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (NO_AUTHENTICATION, b"\x05\xff"),
        (b"\x05\x02\x00\x02" + b"\x01\x02me\x05wrong", b"\x05\x02\x01\x01"),
        (PASSWORD + b"\x01\x02Me\x06secret", b"\x05\x02\x01\x01"),
        (PASSWORD + b"\x01\x00\x00", b"\x05\x02\x01\x01"),
    ],
)
def test_who_does_not_log_in_is_refused(data: bytes, answer: bytes) -> None:
    ours = Socks5(only_me)
    with pytest.raises(ProxyAuthWanted):
        ours.receive(data + asked("a.example", 80))
    assert ours.target is None
    assert ours.take() == answer


def test_where_nobody_has_to_log_in_a_password_is_taken_from_who_insists() -> None:
    ours = Socks5()
    ours.receive(PASSWORD + b"\x01\x02me\x03any" + asked("a.example", 80))
    assert ours.target == ("a.example", 80)
    both = Socks5()
    both.receive(b"\x05\x02\x02\x00")
    assert both.take() == b"\x05\x00"
