"""Which of the settings asked for a running capture does not have."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from wireglass.app.given import in_use, without_effect
from wireglass.app.home import Run
from wireglass.errors import BadSetting
from wireglass.listening import Credentials
from wireglass.net import Authority
from wireglass.settings import load

FLAGS = {"insecure_hosts": "dev.local,*.test", "response_timeout": "2s", "body_limit": "1M", "listen": "127.0.0.1:0"}


@pytest.fixture
def ca(tmp_path: Path) -> Path:
    return Authority.load_or_create(tmp_path / "ca").certificate_path


def started(home: Path, flags: dict[str, str], environ: dict[str, str]) -> Run:
    settings = in_use(load({"home": str(home), **flags}, environ), "its name", environ)
    run = Run(pid=1, listen="127.0.0.1:4711", started=1.0, version="0", settings=settings)
    return msgspec.json.decode(msgspec.json.encode(run), type=Run)  # as run.json gives it back


def test_what_it_was_started_with_has_its_effect(tmp_path: Path, ca: Path) -> None:
    """Written in another way, in the environment, or said by default, it is the same."""
    run = started(tmp_path, FLAGS, {"SSL_CERT_FILE": "/a/roots.pem"})
    assert without_effect(run, {}, {}, ca) == []
    same = {**FLAGS, "response_timeout": "2000ms", "body_limit": "1000k", "session": "its name", "workers": "1"}
    assert without_effect(run, same, {"SSL_CERT_FILE": "/a/b/../roots.pem"}, ca) == []
    environ = {f"WIREGLASS_{name.upper()}": text for name, text in same.items()} | {"WIREGLASS_INSECURE": ""}
    assert without_effect(run, {}, environ, ca) == []
    assert without_effect(run, {"listen": "127.0.0.1:4711"}, {}, ca) == []


def test_what_differs_is_named_as_it_is_written(tmp_path: Path, ca: Path) -> None:
    run = started(tmp_path, {"insecure": "true"}, {})
    flags = {"session": "x", "insecure": "false", "workers": None, "body_limit": "1M"}
    environ = {
        "WIREGLASS_BODY_LIMIT": "none",
        "WIREGLASS_IDLE_TIMEOUT": "1s",
        "SSL_CERT_FILE": "/a",
        "WIREGLASS_HOME": "/x",
    }
    found = without_effect(run, flags, environ, ca)
    assert set(found) == {"--session", "--no-insecure", "--body-limit", "WIREGLASS_IDLE_TIMEOUT", "SSL_CERT_FILE"}


def test_certificates_for_programs_are_not_meant_for_the_capture(tmp_path: Path, ca: Path) -> None:
    """Our CA is in them: that is what `ca` says to export, and what `run` sets for a command that calls us again."""
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(Authority.load_or_create(tmp_path / "other").certificate_pem() + ca.read_bytes())
    run = started(tmp_path, {}, {})
    for file in (bundle, ca):
        assert without_effect(run, {}, {"SSL_CERT_FILE": str(file)}, ca) == []


def test_what_cannot_be_read_is_an_error(tmp_path: Path, ca: Path) -> None:
    with pytest.raises(BadSetting, match="WIREGLASS_WORKERS: 'many'"):
        without_effect(started(tmp_path, {}, {}), {}, {"WIREGLASS_WORKERS": "many"}, ca)


def test_a_password_is_not_kept(tmp_path: Path, ca: Path) -> None:
    upstream = "http://me:secret@proxy.example:3128"
    run = started(tmp_path, {"upstream": upstream}, {})
    assert run.settings["upstream"] == "http://proxy.example:3128"
    assert b"secret" not in msgspec.json.encode(run)
    assert without_effect(run, {"upstream": upstream}, {}, ca) == []
    assert without_effect(run, {"upstream": "http://other.example:3128"}, {}, ca) == ["--upstream"]


def test_another_password_is_another_setting(tmp_path: Path, ca: Path) -> None:
    """Of which ``settings`` has the name alone."""
    run = started(tmp_path, {"proxy_auth": "me:secret"}, {})
    run = msgspec.structs.replace(run, proxy_auth=Credentials("me", "secret"))
    assert "secret" not in str(run.settings)
    assert without_effect(run, {"proxy_auth": "me:secret"}, {}, ca) == []
    assert without_effect(run, {}, {"WIREGLASS_PROXY_AUTH": "me:other"}, ca) == ["WIREGLASS_PROXY_AUTH"]
