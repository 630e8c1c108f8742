"""Choosing a body view, and what is shown where none can."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from wireglass.content.text import as_text, media_type, parameters
from wireglass.content.views import OUTPUT_LIMIT, Body, BodyView, View, ViewError
from wireglass.model import Headers, Side, Summary

if TYPE_CHECKING:
    from wireglass.content.protobuf_names import Names

RAW = "raw"
"""The name that asks for no view."""

_BEST = 9


class Shown(msgspec.Struct, frozen=True):
    view: str
    """Name of the view; ``raw`` where there is none, or where it could not."""
    text: str | None
    """None for bytes that are no text, and have no view."""
    fields: dict[str, str] = {}
    notes: list[str] = []
    reason: str = ""
    """Why the view that was asked for or fits best could not; empty where it could, or none fits."""


class Views:
    """The views that there are, by name. One that raises what it should not is a fault of its own: named, counted and
    passed over."""

    def __init__(self, views: Iterable[BodyView], unloaded: Mapping[str, str] | None = None) -> None:
        """``unloaded``: why a view could not be loaded, by name."""
        self.by_name: dict[str, BodyView] = {view.name: view for view in views}
        self.unloaded = dict(unloaded or {})
        self.faults: Counter[str] = Counter(self.unloaded.keys())
        """How often each has failed in this process, loading included."""

    def ranked(self, body: Body) -> tuple[list[BodyView], list[str]]:
        """Those that fit, the best first, and notes on those that failed."""
        ranks: list[tuple[int, str, BodyView]] = []
        notes: list[str] = []
        for name, view in self.by_name.items():
            try:
                fit = int(view.fits(body))
            except Exception as error:
                notes.append(self._fault(name, error))
                continue
            if fit > 0:
                ranks.append((-min(fit, _BEST), name, view))
        ranks.sort(key=lambda rank: rank[:2])
        return [view for _, _, view in ranks], notes

    def show(self, body: Body, name: str = "") -> Shown:
        """With the view called ``name`` (``KeyError`` if there is none), or the best that fits; raw where it cannot."""
        if name == RAW:
            return raw(body)
        notes: list[str] = []
        if name:
            views = [self.by_name[name]]
        else:
            views, notes = self.ranked(body)
            notes += [f"the view {one!r} could not be loaded: {why}" for one, why in self.unloaded.items()]
        for view in views:
            try:
                seen = view.render(body)
                return _bounded(view.name, seen, notes)
            except ViewError as refusal:
                return raw(body, f"not shown as {view.name}: {refusal}", notes)
            except Exception as error:
                notes.append(self._fault(view.name, error))
        return raw(body, notes[-1] if name else "", [] if name else notes)

    def _fault(self, name: str, error: Exception) -> str:
        self.faults[name] += 1
        return f"the view {name!r} failed and is passed over: {type(error).__name__}: {str(error)[:200]}"


def about(view: BodyView) -> str:
    """What it shows: the first line of its class's docstring."""
    return (type(view).__doc__ or "").strip().partition("\n")[0]


def body_of(
    summary: Summary, headers: Headers, side: Side, data: bytes, *, whole: bool, names: Names | None = None
) -> Body:
    """A body as views want it. ``data`` has its content codings undone; ``headers`` are those of its message."""
    type, _ = media_type(headers)
    return Body(data, type, parameters(headers), side, summary.method, summary.url, whole, headers, names)


def raw(body: Body, reason: str = "", notes: Iterable[str] = ()) -> Shown:
    return Shown(
        RAW, as_text(body.data, body.type, body.parameters.get("charset", "").lower()), {}, list(notes), reason
    )


def _bounded(name: str, view: View, notes: list[str]) -> Shown:
    """Raises whatever a plug-in's answer of a wrong shape makes."""
    text, notes = str(view.text), [*notes, *map(str, view.notes)]
    if len(text) > OUTPUT_LIMIT:
        text = text[:OUTPUT_LIMIT]
        notes.append(f"the text of the view ends at the limit of {OUTPUT_LIMIT} characters")
    return Shown(name, text, {str(key): str(value) for key, value in view.fields.items()}, notes)
