from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.content.views.asking import fit, rendered

from wireglass.content.views import INPUT_LIMIT, OUTPUT_LIMIT


def test_as_hexdump_writes_it() -> None:
    """hexdump -C of util-linux 2.38, without the line that counts."""
    assert rendered("hex", bytes(range(0x58, 0x6E)) + b"\0\xff\x7f").text.split("\n") == [
        "00000000  58 59 5a 5b 5c 5d 5e 5f  60 61 62 63 64 65 66 67  |XYZ[\\]^_`abcdefg|",
        "00000010  68 69 6a 6b 6c 6d 00 ff  7f                       |hijklm...|",
    ]


@given(st.binary(max_size=200))
def test_the_bytes_can_be_read_back(data: bytes) -> None:
    lines = rendered("hex", data).text.splitlines()
    assert b"".join(bytes.fromhex(line[10:58]) for line in lines) == data


def test_bounded() -> None:
    seen = rendered("hex", bytes(INPUT_LIMIT), whole=False)
    assert len(seen.text) <= OUTPUT_LIMIT
    assert [note.split(":")[0] for note in seen.notes] == [
        "only the start of the body is here", f"the text ends at the limit of {OUTPUT_LIMIT} characters",
    ]  # fmt: skip
    assert not fit("hex", b"\0\1")
