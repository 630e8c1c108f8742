from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.content.views.asking import fit, rendered

from wireglass.content.views import ViewError

PAGE = (
    b'<!doctype html><html><head><title>T</title><script>var a="<b>";\nfoo()</script></head><body><div class=x>'
    b"<p>Hello <b>big</b>\n world<br>x</p><ul><li>1</li></ul></div><pre> a\n  b</pre></body></html>"
)


class Tokens(HTMLParser):
    """The page as the standard library reads it, without white space."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[object] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, attrs))

    def handle_endtag(self, tag: str) -> None:
        self.found.append("/" + tag)

    def handle_data(self, data: str) -> None:
        self.found += data.split()

    def handle_entityref(self, name: str) -> None:
        self.found.append("&" + name)


def test_layout() -> None:
    assert rendered("html", PAGE, "text/html").text.split("\n") == [
        "<!doctype html>", "<html>", "  <head>", "    <title>T</title>", "    <script>", 'var a="<b>";', "foo()",
        "    </script>", "  </head>", "  <body>", "    <div class=x>", "      <p>",
        "        Hello <b>big</b> world<br>x", "      </p>", "      <ul>", "        <li>", "          1",
        "        </li>", "      </ul>", "    </div>", "    <pre>", " a", "  b", "    </pre>", "  </body>", "</html>",
    ]  # fmt: skip


TAGS = st.sampled_from(
    ["<div>", "</div>", "<p class=x>", "</p>", "<b>", "</b>", "<br>", "<li>", '<a href="x>y">', "</a>", "<img src=a/>",
     "word ", " two\nlines ", "<table>", "</td>", "&amp;"]
)  # fmt: skip


@given(st.lists(TAGS, min_size=1))
def test_tags_and_text_stay_the_same(pieces: list[str]) -> None:
    page = "<html>" + "".join(pieces)
    assert Tokens(rendered("html", page.encode()).text).found == Tokens(page).found


@given(st.text("<>!-/ab'\"= \n[]CDATA&;"))
def test_no_character_but_white_space_is_lost(text: str) -> None:
    page = "<p>" + text
    assert "".join(rendered("html", page.encode()).text.split()) == "".join(page.split())


@pytest.mark.parametrize("cut", range(10, len(PAGE), 7))
def test_the_start_of_a_body(cut: int) -> None:
    seen = rendered("html", PAGE[:cut], whole=False)
    assert "".join(seen.text.split()) == "".join(PAGE[:cut].decode().split())
    assert seen.notes == ["only the start of the body is here"]


def test_what_is_none() -> None:
    for data, reason in ((b"plain", "no tag"), (b"\0\1", "binary")):
        with pytest.raises(ViewError, match=reason):
            rendered("html", data)


def test_what_it_fits() -> None:
    assert fit("html", b"", "text/html") and fit("html", b" <!DOCTYPE HTML>") and not fit("html", b"<a/>")
