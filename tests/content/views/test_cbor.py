from __future__ import annotations

import pytest
from tests.content.views.asking import fit, rendered

from wireglass.content.views import ViewError

# RFC 8949, Appendix A: encoded, and in diagnostic notation (white space taken out; numbers as Python writes them).
EXAMPLES = [
    ("00", "0"), ("1903e8", "1000"), ("1bffffffffffffffff", "18446744073709551615"),
    ("c249010000000000000000", "18446744073709551616"), ("3bffffffffffffffff", "-18446744073709551616"),
    ("c349010000000000000000", "-18446744073709551617"), ("f90000", "0.0"), ("f93e00", "1.5"), ("f97bff", "65504.0"),
    ("fb3ff199999999999a", "1.1"), ("fa47c35000", "100000.0"), ("f97c00", "Infinity"), ("f97e00", "NaN"),
    ("faff800000", "-Infinity"), ("f4", "false"), ("f5", "true"), ("f6", "null"), ("f7", "undefined"),
    ("f0", "simple(16)"), ("f8ff", "simple(255)"), ("c074323031332d30332d32315432303a30343a30305a",
    '0("2013-03-21T20:04:00Z")'), ("c11a514b67b0", "1(1363896240)"), ("d74401020304", "23(h'01020304')"),
    ("d818456449455446", "24(h'6449455446')"),
    ("d82076687474703a2f2f7777772e6578616d706c652e636f6d", '32("http://www.example.com")'), ("40", "h''"),
    ("4401020304", "h'01020304'"), ("60", '""'), ("62225c", '"\\"\\\\"'), ("62c3bc", '"ü"'), ("64f0908591", '"𐅑"'),
    ("80", "[]"), ("8301820203820405", "[1,[2,3],[4,5]]"), ("a0", "{}"), ("a201020304", "{1:2,3:4}"),
    ("a26161016162820203", '{"a":1,"b":[2,3]}'), ("826161a161626163", '["a",{"b":"c"}]'),
    ("5f42010243030405ff", "h'0102030405'"), ("7f657374726561646d696e67ff", '"streaming"'), ("9fff", "[]"),
    ("9f018202039f0405ffff", "[1,[2,3],[4,5]]"), ("bf61610161629f0203ffff", '{"a":1,"b":[2,3]}'),
]  # fmt: skip


@pytest.mark.parametrize(("encoded", "expected"), EXAMPLES)
def test_the_examples_of_the_standard(encoded: str, expected: str) -> None:
    text = rendered("cbor", bytes.fromhex(encoded)).text
    assert "".join(text.split()) == expected


@pytest.mark.parametrize("encoded", [encoded for encoded, _ in EXAMPLES if len(encoded) > 2])
def test_cut_off(encoded: str) -> None:
    data = bytes.fromhex(encoded)
    for cut in range(1, len(data)):
        with pytest.raises(ViewError, match=rf"byte {cut}: "):
            rendered("cbor", data[:cut])
    assert rendered("cbor", b"\x01" + data[:-1]).notes[0].startswith("after 1 items: it is not CBOR")


@pytest.mark.parametrize("encoded", ["ff", "1c", "62fffe", "f818", "", "5f01ff", "81" * 300, "9bffffffffffffffff"])
def test_damaged(encoded: str) -> None:
    with pytest.raises(ViewError, match="it is not CBOR"):
        rendered("cbor", bytes.fromhex(encoded))


def test_layout() -> None:
    assert rendered("cbor", bytes.fromhex("a26161016162820203")).text == '{\n  "a": 1,\n  "b": [\n    2,\n    3\n  ]\n}'


def test_a_key_that_occurs_twice_is_noted() -> None:
    seen = rendered("cbor", bytes.fromhex("a201020103"))
    assert (seen.text, seen.notes) == ("{\n  1: 3\n}", ["a key occurs twice in a map: the last of its values is shown"])


def test_references_and_patterns_are_not_followed() -> None:
    """Tags 28 and 29 make a list that contains itself; 35 is a regular expression."""
    assert "".join(rendered("cbor", bytes.fromhex("d81c81d81d00")).text.split()) == "28([29(0)])"
    assert rendered("cbor", bytes.fromhex("d8236128")).text == '35("(")'


def test_what_it_fits() -> None:
    assert fit("cbor", b"", "application/cbor") and fit("cbor", b"", "application/senml+cbor")
