"""Views of other people's packages, installed as real entry points in a folder on sys.path."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from wireglass.app.views import GROUP, body_views

OURS = {
    "cbor", "css", "graphql", "hex", "html", "image", "javascript", "json", "messagepack", "multipart", "ndjson",
    "urlencoded", "xml",
}  # fmt: skip

PLUGIN = """
    from wireglass.content.views import View

    class Shout:
        \"\"\"Text in capitals.\"\"\"
        name = "shout"
        def fits(self, body): return 9 if body.type == "text/plain" else 0
        def render(self, body): return View(body.data.decode().upper(), {"length": str(len(body.data))})

    class Broken(Shout):
        name = "broken"
        def render(self, body): return 1 // 0

    class Json(Shout):
        name = "json"

    shout, broken, json = Shout(), Broken(), Json()
"""


def installed(folder: Path, *points: str) -> Path:
    """What an installer leaves behind of a package: the module and its metadata."""
    (folder / "wireglass_shout.py").write_text(textwrap.dedent(PLUGIN))
    metadata = folder / "wireglass_shout-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: wireglass-shout\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[{GROUP}]\n" + "".join(f"{point}\n" for point in points))
    return folder


def program(folder: Path, code: str) -> str:
    """In a process of its own: entry points are looked up once."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_ours_come_through_the_same_door() -> None:
    views = body_views()
    assert set(views.by_name) >= OURS
    assert not views.unloaded
    assert body_views() is views


def test_a_view_of_another_package(tmp_path: Path) -> None:
    folder = installed(tmp_path, "shout = wireglass_shout:shout")
    assert program(folder, ASK) == "shout SHOUTED {'length': '7'} []"


@pytest.mark.parametrize(
    ("point", "reason"),
    [
        ("gone = no_such_module:view", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("gone = wireglass_shout:nothing", "AttributeError"),
        ("other = wireglass_shout:shout", "its name is not 'other'"),
        ("int = builtins:int", "AttributeError"),
        ("json = wireglass_shout:json", "the name 'json' is taken"),
        ("raw = wireglass_shout:shout", "the name 'raw' is taken"),
    ],
)
def test_what_cannot_be_loaded_is_named_and_passed_over(tmp_path: Path, point: str, reason: str) -> None:
    folder = installed(tmp_path, point, "shout = wireglass_shout:shout")
    out = program(folder, ASK)
    assert out.startswith("shout SHOUTED ")
    assert reason in out and "it comes from wireglass-shout" in out


def test_a_view_that_raises_is_named_and_the_next_is_taken(tmp_path: Path) -> None:
    folder = installed(tmp_path, "broken = wireglass_shout:broken", "shout = wireglass_shout:shout")
    out = program(folder, ASK)
    assert out.startswith("shout SHOUTED ")
    assert "the view 'broken' failed and is passed over: ZeroDivisionError" in out


ASK = """
from wireglass.app.views import body_views
from wireglass.content.views import Body
shown = body_views().show(Body(b"shouted", "text/plain"))
print(shown.view, shown.text, shown.fields, shown.notes)
"""
