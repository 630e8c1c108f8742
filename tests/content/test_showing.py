from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireglass.content.showing import RAW, Views, body_of
from wireglass.content.views import OUTPUT_LIMIT, Body, View, ViewError
from wireglass.model import Headers, Summary


class Fake:
    def __init__(self, name: str, fits: Any, answer: Any) -> None:
        self.name = name
        self._fits, self._answer = fits, answer

    def fits(self, body: Body) -> int:
        return self._fits() if callable(self._fits) else self._fits  # type: ignore[no-any-return]

    def render(self, body: Body) -> View:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer  # type: ignore[no-any-return]


BODY = Body("Grüße".encode(), "text/plain")


def test_the_best_view_is_taken_and_names_decide_between_equals() -> None:
    views = Views([Fake("b", 5, View("b")), Fake("c", 7, View("c")), Fake("a", 5, View("a")), Fake("n", 0, View("n"))])
    assert views.show(BODY).view == "c"
    assert [view.name for view in views.ranked(BODY)[0]] == ["c", "a", "b"]
    assert views.show(BODY, "n").text == "n"
    assert views.show(BODY, RAW).view == RAW
    with pytest.raises(KeyError):
        views.show(BODY, "x")


def test_what_cannot_be_shown_is_raw_with_the_reason() -> None:
    views = Views([Fake("a", 5, ViewError("line 1: why")), Fake("b", 4, View("b"))])
    shown = views.show(BODY)
    assert (shown.view, shown.text, shown.reason) == (RAW, "Grüße", "not shown as a: line 1: why")
    assert Views([]).show(Body(b"\0")) == Views([]).show(Body(b"\0"), RAW)
    assert Views([]).show(Body(b"\0")).text is None
    assert not views.faults


@pytest.mark.parametrize("answer", [ZeroDivisionError("x"), RecursionError(), None, 7, View("x", notes=None)])  # type: ignore[arg-type]
def test_a_view_that_fails_is_named_counted_and_passed_over(answer: Any) -> None:
    views = Views([Fake("bad", 9, answer), Fake("good", 1, View("good"))])
    shown = views.show(BODY)
    assert (shown.view, shown.text) == ("good", "good")
    assert "'bad' failed and is passed over" in shown.notes[0]
    assert views.faults["bad"] == 1
    assert "'bad' failed" in views.show(BODY, "bad").reason
    assert views.faults["bad"] == 2


@pytest.mark.parametrize("fits", [lambda: 1 // 0, lambda: "much", None])
def test_a_view_that_fails_at_looking(fits: Any) -> None:
    views = Views([Fake("bad", fits, View("x")), Fake("good", 1, View("good"))])
    shown = views.show(BODY)
    assert shown.view == "good"
    assert views.faults == {"bad": 1}


def test_what_could_not_be_loaded_is_noted() -> None:
    shown = Views([], {"lost": "ImportError: x"}).show(BODY)
    assert shown.notes == ["the view 'lost' could not be loaded: ImportError: x"]


def test_a_view_is_bounded() -> None:
    shown = Views([Fake("a", 1, View("x" * (OUTPUT_LIMIT + 1)))]).show(BODY)
    assert shown.text is not None and len(shown.text) == OUTPUT_LIMIT
    assert "ends at the limit" in shown.notes[0]


SUMMARY = Summary("POST", "http://a/b", "a", 0.0)


@pytest.mark.parametrize(
    ("value", "parameters"),
    [
        (b"text/html", {}),
        (b'text/html; Charset=UTF-8; x="a;\\"b"', {"charset": "UTF-8", "x": 'a;"b'}),
        (b"multipart/form-data;boundary=----x;boundary=y", {"boundary": "----x"}),
        (b'multipart/form-data; boundary="', {"boundary": ""}),
        (b"nonsense; a=b", {}),
    ],
)
def test_parameters_of_the_content_type(value: bytes, parameters: dict[str, str]) -> None:
    headers: Headers = [(b"content-type", value)]
    body = body_of(SUMMARY, headers, "request", b"x", whole=False)
    assert body.parameters == parameters
    assert (body.side, body.method, body.url, body.whole, body.headers) == (
        "request", "POST", "http://a/b", False, headers,
    )  # fmt: skip


@given(st.binary(max_size=300))
def test_any_content_type(value: bytes) -> None:
    assert len(body_of(SUMMARY, [(b"Content-Type", value)], "request", b"", whole=True).parameters) <= 20
