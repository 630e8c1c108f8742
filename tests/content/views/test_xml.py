from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.content.views.asking import fit, rendered

from wireglass.content.views import ViewError

NAMES = st.sampled_from(["a", "b", "soap:Body", "x-y"])
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"))


@st.composite
def trees(draw: st.DrawFn, depth: int = 3) -> ElementTree.Element:
    node = ElementTree.Element(draw(NAMES).replace(":", "-"), draw(st.dictionaries(NAMES.map(lambda n: n[:1]), TEXT)))
    children = draw(st.lists(trees(depth - 1), max_size=3)) if depth else []
    node.extend(children)
    if not children:
        node.text = draw(TEXT)
    return node


@given(trees())
def test_the_document_stays_the_same(tree: ElementTree.Element) -> None:
    """Written by ElementTree, and read again by it: only white space around text is gone."""
    sent = ElementTree.tostring(tree)
    seen = rendered("xml", sent, "application/xml").text
    assert ElementTree.canonicalize(seen, strip_text=True) == ElementTree.canonicalize(sent, strip_text=True)


def test_layout() -> None:
    sent = (
        b'<?xml version="1.0"?><a x="1&amp;2"><b>t &lt; u</b><c/><!-- k --><d>m<e>x</e>n</d><![CDATA[<x>]]><?p q?></a>'
    )
    assert rendered("xml", sent).text == (
        '<?xml version="1.0"?>\n<a x="1&amp;2">\n  <b>t &lt; u</b>\n  <c/>\n  <!-- k -->\n  <d>\n    m\n    <e>x</e>\n'
        "    n\n  </d>\n  <![CDATA[<x>]]>\n  <?p q?>\n</a>\n"
    )


BOMB = b'<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><r>&b;</r>'


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (BOMB, "declares the entity 'a'"),
        (b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>', "declares the entity 'x'"),
        (b'<!DOCTYPE r [<!ENTITY % p SYSTEM "http://127.0.0.1/x">%p;]><r/>', "declares the entity 'p'"),
        (b"<a>\n<b></a>", "line 2, byte 6: mismatched tag"),
        (b"<a>", "line 1, byte 4: no element found"),
        (b"", "no element found"),
        (b"<a>&nbsp;</a>", "undefined entity"),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', "encoding"),
        (b"<a>" * 201, "200 levels"),
    ],
)
def test_what_it_refuses(data: bytes, reason: str) -> None:
    with pytest.raises(ViewError, match=reason):
        rendered("xml", data)


def test_the_files_of_others_are_not_read() -> None:
    seen = rendered("xml", b'<!DOCTYPE r SYSTEM "file:///etc/passwd"><r>x</r>').text
    assert seen == '<!DOCTYPE r SYSTEM "file:///etc/passwd">\n<r>x</r>\n'


def test_the_start_of_a_body_is_shown_as_far_as_it_goes() -> None:
    seen = rendered("xml", b"<a><b>one</b><c>tw", whole=False)
    assert seen.text == "<a>\n  <b>one</b>\n  <c>tw"
    assert seen.notes == ["only the start of the body is here"]


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        ("<a>ü</a>".encode("latin-1"), "iso-8859-1"),
        ('<?xml version="1.0" encoding="iso-8859-1"?><a>ü</a>'.encode("latin-1"), ""),
        ('<?xml version="1.0" encoding="iso-8859-1"?><a>ü</a>'.encode(), "utf-8"),
        ("<a>ü</a>".encode("utf-16"), ""),
        ("\ufeff<a>ü</a>".encode(), ""),
    ],
)
def test_encodings(data: bytes, charset: str) -> None:
    assert rendered("xml", data, parameters={"charset": charset} if charset else {}).text.endswith("<a>ü</a>\n")


def test_what_it_fits() -> None:
    assert fit("xml", b"", "text/xml") and fit("xml", b"", "image/svg+xml") and fit("xml", b"<?xml version='1.0'?>")
    assert not fit("xml", b"<html>", "text/html")
