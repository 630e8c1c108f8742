"""The variables: one table, the guide's as well, and each says the same about the same proxy and bundle."""

from __future__ import annotations

import shlex
from pathlib import Path

import msgspec
import pytest

from wireglass.launch.environment import (
    BUNDLES,
    TABLE,
    Facts,
    apply,
    changes,
    named_bundles,
    node_takes_proxy,
)
from wireglass.listening import Credentials

FACTS = Facts(Path("/home"), "127.0.0.1:8080", Path("/home/trust/b.pem"), Path("/home/trust/j.p12"))


def java_options(facts: Facts, present: str = "") -> list[str]:
    """As HotSpot parts them: at white space, quotes taken away."""
    options = changes(facts, {"JAVA_TOOL_OPTIONS": present})["JAVA_TOOL_OPTIONS"]
    assert options is not None
    return shlex.split(options)


def test_every_way_to_say_proxy_names_ours() -> None:
    changed = changes(FACTS, {})
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "PIP_PROXY"):
        assert changed[name] == "http://127.0.0.1:8080"
    for name, value in changed.items():
        if value and "proxy" in name.lower() and name not in ("NODE_USE_ENV_PROXY", "PERL_LWP_ENV_PROXY"):
            assert value == "http://127.0.0.1:8080", name


def test_nothing_goes_past_the_proxy() -> None:
    before = {
        "no_proxy": "localhost",
        "NO_PROXY": "*",
        "no_grpc_proxy": "x",
        "grpc_proxy": "http://other:1",
        "npm_config_noproxy": "localhost",
        "KEPT": "1",
    }
    after = apply(changes(FACTS, before), before)
    assert (after["no_proxy"], after["NO_PROXY"], after["KEPT"]) == ("", "", "1")
    assert not {"no_grpc_proxy", "grpc_proxy", "npm_config_noproxy"} & set(after)


def test_every_bundle_variable_names_the_bundle() -> None:
    changed = changes(FACTS, {})
    assert {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "DENO_CERT"} <= set(BUNDLES)
    assert {changed[name] for name in BUNDLES} == {"/home/trust/b.pem"}


def test_no_variable_stands_in_two_rows() -> None:
    names = [name for row in TABLE for name in row.names]
    assert len(names) == len(set(names))


def test_java_gets_proxy_trust_store_and_loopback() -> None:
    options = java_options(FACTS)
    for scheme in ("http", "https"):
        assert f"-D{scheme}.proxyHost=127.0.0.1" in options
        assert f"-D{scheme}.proxyPort=8080" in options
    assert "-Dhttp.nonProxyHosts=" in options
    assert "-Djavax.net.ssl.trustStore=/home/trust/j.p12" in options


def test_java_keeps_its_options_and_ours_win() -> None:
    options = java_options(FACTS, "-Xmx1g -Dhttp.proxyHost=other")
    assert options[:2] == ["-Xmx1g", "-Dhttp.proxyHost=other"]
    assert options.index("-Dhttp.proxyHost=127.0.0.1") > 1


@pytest.mark.parametrize("path", ["/a b/j.p12", "/it's/j.p12", '/"q"/j.p12', '/it\'s "both" and\ttab/j.p12'])
def test_java_takes_every_path(path: str) -> None:
    facts = Facts(FACTS.home, FACTS.address, FACTS.bundle, Path(path))
    assert f"-Djavax.net.ssl.trustStore={path}" in java_options(facts)


def test_an_ipv6_proxy() -> None:
    """In a URL the address has brackets (RFC 3986 3.2.2), as a Java property it has none."""
    facts = Facts(FACTS.home, "[::1]:8080", FACTS.bundle, FACTS.java_store)
    assert changes(facts, {})["http_proxy"] == "http://[::1]:8080"
    assert "-Dhttp.proxyHost=::1" in java_options(facts)


def test_a_path_with_braces_is_taken_as_it_is() -> None:
    facts = Facts(Path("/{proxy}"), FACTS.address, Path("/{0}/b.pem"), FACTS.java_store)
    changed = changes(facts, {})
    assert (changed["SSL_CERT_FILE"], changed["WIREGLASS_HOME"]) == ("/{0}/b.pem", "/{proxy}")


def test_named_bundles_are_those_that_are_set() -> None:
    environ = {"SSL_CERT_FILE": "/a", "SSL_CERT_DIR": "/d", "REQUESTS_CA_BUNDLE": "", "PATH": "/bin"}
    assert named_bundles(environ) == {"SSL_CERT_FILE": "/a", "SSL_CERT_DIR": "/d"}


@pytest.mark.parametrize(
    ("version", "takes"),
    [
        ("v20.20.2\n", False),
        ("v22.20.0", False),
        ("v22.21.0", True),
        ("v23.11.1", False),
        ("v24.0.0", True),
        ("v26.13.1", True),
        ("v100.0.0", True),
        ("", None),
        ("Node 22", None),
    ],
)
def test_which_node_takes_the_proxy(version: str, takes: bool | None) -> None:
    assert node_takes_proxy(version) is takes


def test_the_guide_has_this_table() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guide" / "run.md").read_text("utf-8")
    rows = [line for line in guide.splitlines() if line.startswith("| `")]
    assert rows == [guide_row(row.names, row.value, row.readers) for row in TABLE]


def guide_row(names: tuple[str, ...], value: str | None, readers: str) -> str:
    shown = {
        None: "taken away",
        "": "empty",
        "{proxy}": "the proxy",
        "{bundle}": "the bundle",
        "{home}": "the home",
        "{java}": "options",
    }
    return f"| {', '.join(f'`{name}`' for name in names)} | {shown.get(value, f'`{value}`')} | {readers} |"


def test_a_proxy_with_a_password_is_named_with_it_but_not_to_java() -> None:
    """A JVM says its options on standard error."""
    changed = changes(msgspec.structs.replace(FACTS, login=Credentials("mé", "a:b@/")), {})
    assert changed["https_proxy"] == changed["PIP_PROXY"] == "http://m%C3%A9:a%3Ab%40%2F@127.0.0.1:8080"
    assert "a:b" not in str(changed["JAVA_TOOL_OPTIONS"]) and "a%3A" not in str(changed["JAVA_TOOL_OPTIONS"])
