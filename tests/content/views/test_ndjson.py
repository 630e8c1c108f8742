from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.content.views.asking import fit, rendered

from wireglass.content.views import ViewError

LINES = st.lists(st.dictionaries(st.text(), st.integers() | st.text()), min_size=1)


@given(LINES, st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\x1e"]))
def test_each_line_is_a_value(values: list[dict[str, object]], end: str, begin: str) -> None:
    """Lines, and the sequences of RFC 7464."""
    sent = "".join(begin + json.dumps(value) + end for value in values)
    seen = rendered("ndjson", sent.encode())
    decoder, found, at = json.JSONDecoder(), [], 0
    while at < len(seen.text):
        value, at = decoder.raw_decode(seen.text, at)
        found.append(value)
        at += 1
    assert (found, seen.notes) == (values, [])


def test_a_damaged_line_is_named_and_shown_as_it_is() -> None:
    seen = rendered("ndjson", b'{"a":1}\n{"b":\n[]\n')
    assert seen.text == '{\n  "a": 1\n}\n{"b":\n[]\n'
    assert seen.notes == ["line 2 is not JSON, and shown as it is"]
    with pytest.raises(ViewError, match="no line"):
        rendered("ndjson", b"a\nb\n")


def test_the_last_line_may_be_cut_off() -> None:
    seen = rendered("ndjson", b'{"a":1}\n{"b":[1,', whole=False)
    assert seen.text.endswith('{\n  "b": [\n    1,\n    \n')
    assert seen.notes == ["only the start of the body is here"]


@pytest.mark.parametrize("type", ["application/x-ndjson", "application/jsonl", "application/json-seq"])
def test_what_it_fits(type: str) -> None:
    assert fit("ndjson", b"", type) > fit("json", b"", type)
