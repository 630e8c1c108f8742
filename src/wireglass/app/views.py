"""The body views of this installation: entry points of the group ``wireglass.body_views``."""

from __future__ import annotations

import functools
from importlib.metadata import entry_points

from wireglass.content.showing import RAW, Views
from wireglass.content.views import BodyView

GROUP = "wireglass.body_views"


@functools.cache
def body_views() -> Views:
    """All that can be loaded, once for the process. What cannot is kept with its reason; nothing raises."""
    views: dict[str, BodyView] = {}
    unloaded: dict[str, str] = {}
    # Ours come first, so that a plug-in takes no name that has a meaning already.
    found = sorted(entry_points(group=GROUP), key=lambda point: not point.value.startswith("wireglass."))
    for point in found:
        maker = point.dist.name if point.dist else "an unknown package"
        try:
            if point.name in views or point.name == RAW:
                raise ValueError(f"the name {point.name!r} is taken")
            view = point.load()
            if not callable(view.fits) or not callable(view.render) or view.name != point.name:
                raise TypeError(f"{point.value} has no fits() and render(), or its name is not {point.name!r}")
            views[point.name] = view
        except Exception as error:  # somebody else's code
            reason = f"{type(error).__name__}: {str(error)[:200]}"
            key = point.name if point.name not in views else f"{point.name} of {maker}"
            unloaded[key] = f"{reason} (it comes from {maker})"
    return Views(sorted(views.values(), key=lambda view: view.name), unloaded)
