"""The table of settings: what each text means, where it may come from, and what a person is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from wireglass.errors import BadSetting
from wireglass.settings import TABLE, Settings, default_home, load, load_home


def test_what_may_stay(tmp_path: Path) -> None:
    """Nothing is deleted unless somebody says so."""
    flags = {"home": str(tmp_path), "retention_age": "30d", "retention_count": "none"}
    settings = load(flags, {"WIREGLASS_RETENTION_SIZE": "10G"})
    assert (settings.retention_age, settings.retention_count, settings.retention_size) == (30 * 86400, None, 10**10)
    assert load({**flags, "retention_count": "100"}, {}).retention_count == 100
    default = load({"home": str(tmp_path)}, {})
    assert (default.retention_age, default.retention_count, default.retention_size) == (None, None, None)


def test_without_anything_set_the_defaults_hold(tmp_path: Path) -> None:
    assert load({"home": str(tmp_path)}, {}) == Settings(home=tmp_path, origins={"home": "--home"})


def test_a_flag_beats_the_environment_beats_the_file_beats_the_default(tmp_path: Path) -> None:
    def workers(flag: str | None, env: str) -> int:
        return load({"home": str(tmp_path), "workers": flag}, {"WIREGLASS_WORKERS": env}).workers

    assert workers(None, "") == 1
    (tmp_path / "config.toml").write_text("workers = 2\ninsecure = true\nbody_limit = '1k'\n")
    assert workers(None, "") == 2
    assert workers(None, "3") == 3
    assert workers("4", "3") == 4
    settings = load({"home": str(tmp_path), "insecure": "false"}, {})
    assert (settings.insecure, settings.body_limit) == (False, 1000)


def test_the_home_is_the_flag_or_the_variable_or_the_users_data_folder(tmp_path: Path) -> None:
    assert load_home("a", {"WIREGLASS_HOME": "/b"}) == Path.cwd() / "a"
    assert load_home(None, {"WIREGLASS_HOME": "/b"}) == Path("/b")
    assert load_home(None, {"WIREGLASS_HOME": ""}) == default_home()
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there")
    assert load_home(f"{tmp_path}/there/../x", {}) == tmp_path / "x"
    assert load_home(f"{tmp_path}/link", {}) == tmp_path / "link"
    with pytest.raises(BadSetting, match="--home: '' must be the path"):
        load_home("", {})


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("worker = 2", "worker is not a setting. Did you mean workers?"),
        ("body-limit = 2", "body-limit is not a setting. Did you mean body_limit?"),
        ("zzz = 2", "Known: listen, session"),
        ("home = 'x'", "home cannot be set here. Use --home"),
        ("workers = [1]", "workers must be a string, a whole number"),
        ("workers = 65", "workers: '65' must be a whole number from 1 to 64."),
        ("workers = true", "workers: 'True' must be a whole number"),
        ("workers", "is not valid TOML"),
    ],
)
def test_the_file_is_named_with_what_is_wrong_in_it(tmp_path: Path, content: str, line: str) -> None:
    (tmp_path / "config.toml").write_text(content)
    with pytest.raises(BadSetting) as caught:
        load({"home": str(tmp_path)}, {})
    assert caught.value.line().startswith(str(tmp_path / "config.toml"))
    assert line in caught.value.line()
    assert caught.value.exit_code == 2


def test_a_variable_is_named_with_what_is_wrong_in_it(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"^WIREGLASS_LISTEN: 'x' must be HOST:PORT"):
        load({"home": str(tmp_path)}, {"WIREGLASS_LISTEN": "x"})


def test_table_and_struct_name_the_same_settings_and_defaults(tmp_path: Path) -> None:
    assert {setting.name for setting in TABLE} == set(Settings.__struct_fields__) - {"origins"}
    bare = Settings(home=tmp_path)
    for setting in TABLE:
        assert setting.help.endswith(".")
        if setting.default is not None:
            assert setting.parse(setting.default) == getattr(bare, setting.name)


def test_an_upstream_proxy_and_its_exceptions(tmp_path: Path) -> None:
    """``NO_PROXY`` counts where there is a proxy and nothing of ours says it; elsewhere nobody reads it."""

    def exceptions(flags: dict[str, str | None], environ: dict[str, str]) -> tuple[str, ...]:
        return load({"home": str(tmp_path), **flags}, environ).no_proxy

    proxy: dict[str, str | None] = {"upstream": "http://p:1"}
    assert exceptions(proxy, {"NO_PROXY": "a,.b"}) == ("a", ".b")
    assert exceptions(proxy, {"no_proxy": "c"}) == ("c",)
    assert exceptions(proxy, {"NO_PROXY": "a", "WIREGLASS_NO_PROXY": "b"}) == ("b",)
    assert exceptions({**proxy, "no_proxy": "c"}, {"NO_PROXY": "a", "WIREGLASS_NO_PROXY": "b"}) == ("c",)
    assert exceptions({}, {"NO_PROXY": "http://not a host"}) == ()
    with pytest.raises(BadSetting, match=r"^NO_PROXY: "):
        exceptions(proxy, {"NO_PROXY": "http://x"})


def test_a_password_is_in_no_message(tmp_path: Path) -> None:
    for text in ("http://me:secret@a b", "ftp://me:secret@host", "socks5://:secret@host"):
        with pytest.raises(BadSetting) as caught:
            load({"home": str(tmp_path)}, {"WIREGLASS_UPSTREAM": text})
        assert "WIREGLASS_UPSTREAM" in caught.value.line() and "secret" not in caught.value.line()
