"""The process of a capture that a command has begun."""

from __future__ import annotations

from pathlib import Path

from wireglass.app.begun import Begun
from wireglass.app.home import Home


def test_a_password_is_on_no_command_line(tmp_path: Path) -> None:
    """Everybody on the machine can read command lines, and the capture may outlive the command that was typed."""
    home = Home(tmp_path / "home")
    home.make()
    flags = {
        "home": str(home.path),
        "listen": "127.0.0.1:0",
        "upstream": "http://me:s3cret-w0rd@127.0.0.1:3128",
        "no_proxy": None,
    }
    begun = Begun(home, flags, print)
    run = begun.ready()
    try:
        assert run.settings["upstream"] == "http://127.0.0.1:3128", "it has its effect all the same"
        for process in Path("/proc").glob("[0-9]*"):
            try:
                line, environ = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
            except OSError:
                continue
            if str(home.path).encode() in line:
                assert b"s3cret-w0rd" not in line
                assert b"WIREGLASS_UPSTREAM=http://me:s3cret-w0rd@" in environ
    finally:
        begun.stop()
