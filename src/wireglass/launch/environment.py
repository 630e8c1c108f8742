"""The variables that make programs use a proxy and trust it: one table, which is also that of ``docs/guide/run.md``.

Loopback servers are to be captured as well, so every way to say "not through the proxy" is emptied. Some programs leave
loopback out by a rule of their own that no variable changes (Go, Ruby); the guide says which.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote

import msgspec

from wireglass.listening import Credentials, parse_address

JAVA_PASSWORD = "changeit"  # noqa: S105 - what the store protects is public, and Java's own has this one
HOME = "WIREGLASS_HOME"

Changes: TypeAlias = dict[str, str | None]
"""Variable to its new value; None takes it away."""


class Facts(msgspec.Struct, frozen=True):
    home: Path
    address: str
    """The proxy: ``host:port``, an IPv6 address in brackets."""
    bundle: Path
    """PEM: the roots the system trusts, and ours."""
    java_store: Path
    """The same as PKCS #12, with ``JAVA_PASSWORD``."""
    login: Credentials | None = None
    """Of the proxy, where it wants one. Java is not given it: every JVM says its options on standard error."""


class Row(msgspec.Struct, frozen=True):
    names: tuple[str, ...]
    value: str | None
    """A template of ``{proxy}``, ``{bundle}``, ``{home}`` and ``{java}``; None takes the variable away."""
    readers: str
    """Who reads it, and why it is needed beside the others."""


TABLE: tuple[Row, ...] = (
    Row(
        ("http_proxy", "https_proxy", "all_proxy"),
        "{proxy}",
        "Most programs. curl reads `http_proxy` in lower case only, because a web server hands a request's header "
        "`Proxy:` to CGI programs as `HTTP_PROXY`",
    ),
    Row(
        ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"),
        "{proxy}",
        "Programs that read upper case only. Go, Python and others pass over `HTTP_PROXY` where `REQUEST_METHOD` says "
        "that they are a CGI program",
    ),
    Row(
        ("no_proxy", "NO_PROXY"),
        "",
        "Emptied: nothing goes past the proxy, your servers on localhost included",
    ),
    Row(
        ("NODE_USE_ENV_PROXY",),
        "1",
        "Node 22.21+ and 24.5+: `fetch`, `http` and `https` take the proxy from the above; 24.0 to 24.4: `fetch` alone",
    ),
    Row(("PERL_LWP_ENV_PROXY",), "1", "Perl's LWP takes the proxy from the environment only if asked to"),
    Row(("PIP_PROXY", "CARGO_HTTP_PROXY"), "{proxy}", "pip, cargo: beat the proxy in their configuration files"),
    Row(("npm_config_proxy", "npm_config_https_proxy"), "{proxy}", "npm, pnpm: beat the proxy in `.npmrc`"),
    Row(("YARN_HTTP_PROXY", "YARN_HTTPS_PROXY"), "{proxy}", "Yarn 2+ has no other variable"),
    Row(("GLOBAL_AGENT_HTTP_PROXY",), "{proxy}", "Node programs built with global-agent; for HTTPS, too"),
    Row(
        ("grpc_proxy", "no_grpc_proxy", "npm_config_noproxy", "GLOBAL_AGENT_NO_PROXY"),
        None,
        "Taken away: gRPC, npm and global-agent obey them before the variables above",
    ),
    Row(
        ("SSL_CERT_FILE",),
        "{bundle}",
        "OpenSSL, and with it Python's `ssl`, Ruby, Perl; Go and rustls-native-certs on Linux; uv; .NET on Linux",
    ),
    Row(("NIX_SSL_CERT_FILE",), "{bundle}", "Programs from Nix: it beats `SSL_CERT_FILE` there"),
    Row(("CURL_CA_BUNDLE",), "{bundle}", "curl; requests as its second choice"),
    Row(("REQUESTS_CA_BUNDLE",), "{bundle}", "Python's requests, which brings roots of its own (certifi)"),
    Row(("PIP_CERT",), "{bundle}", "pip: beats its configuration file"),
    Row(("HTTPLIB2_CA_CERTS",), "{bundle}", "Python's httplib2, which brings roots of its own"),
    Row(("AWS_CA_BUNDLE",), "{bundle}", "AWS CLI and SDKs, which bring roots of their own"),
    Row(("CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE",), "{bundle}", "Google Cloud CLI, which brings roots of its own"),
    Row(("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",), "{bundle}", "gRPC, which brings roots of its own"),
    Row(("GIT_SSL_CAINFO",), "{bundle}", "git: beats `http.sslCAInfo`"),
    Row(("CARGO_HTTP_CAINFO",), "{bundle}", "cargo: beats its configuration file"),
    Row(("NODE_EXTRA_CA_CERTS",), "{bundle}", "Node (and Deno 2.8+), which bring roots of their own"),
    Row(("npm_config_cafile",), "{bundle}", "npm, pnpm: beats `.npmrc`, in whose place Node's roots do not count"),
    Row(("DENO_CERT",), "{bundle}", "Deno, which brings roots of its own"),
    Row(("BUNDLE_SSL_CA_CERT",), "{bundle}", "Ruby's Bundler, which brings roots of its own"),
    Row(("COMPOSER_CAFILE",), "{bundle}", "PHP's Composer"),
    Row(("PERL_LWP_SSL_CA_FILE",), "{bundle}", "Perl's LWP, which brings roots of its own (Mozilla::CA)"),
    Row(
        ("JAVA_TOOL_OPTIONS",),
        "{java}",
        "Java, every JVM: proxy, `-Dhttp.nonProxyHosts=` (its default leaves out localhost) and a trust store, added "
        "to what the variable holds. Each JVM says on standard error that it has read it",
    ),
    Row((HOME,), "{home}", "`wireglass` itself: `wireglass ls`, called by the command, shows this record"),
)

BUNDLES: tuple[str, ...] = tuple(name for row in TABLE if row.value == "{bundle}" for name in row.names)
"""The variables that name certificates to trust."""


def changes(facts: Facts, environ: Mapping[str, str]) -> Changes:
    """What to change in ``environ`` for a program that is to be captured."""
    values = {
        "proxy": proxy_url(facts.address, facts.login),
        "bundle": str(facts.bundle),
        "home": str(facts.home),
        "java": _java_options(facts, environ.get("JAVA_TOOL_OPTIONS", "")),
    }
    return {name: None if row.value is None else row.value.format_map(values) for row in TABLE for name in row.names}


def proxy_url(address: str, login: Credentials | None) -> str:
    """For a variable or a setting of a program."""
    if login is None:
        return f"http://{address}"
    return f"http://{quote(login.username, safe='')}:{quote(login.password, safe='')}@{address}"


def apply(changes: Changes, environ: Mapping[str, str]) -> dict[str, str]:
    """``environ`` with the changes."""
    return {name: value for name, value in {**environ, **changes}.items() if value is not None}


def named_bundles(environ: Mapping[str, str]) -> dict[str, str]:
    """Variable to file or folder: the certificates that programs trust now, because the environment says so."""
    return {name: environ[name] for name in (*BUNDLES, "SSL_CERT_DIR") if environ.get(name)}


def node_takes_proxy(version: str) -> bool | None:
    """Whether the Node that calls itself ``v22.21.0`` or the like reads NODE_USE_ENV_PROXY; None if that is not one.

    24.0.0 was the first (``http`` and ``https`` followed in 24.5.0) and 22.21.0 has it as well (their release notes),
    23 never got it.
    """
    match = re.match(r"v(\d+)\.(\d+)\.", version, re.ASCII)
    if not match:
        return None
    major, minor = int(match[1]), int(match[2])
    return major >= 24 or (major == 22 and minor >= 21)


def _java_options(facts: Facts, present: str) -> str:
    host, port = parse_address(facts.address)
    ours = [f"-D{scheme}.proxy{what}" for scheme in ("http", "https") for what in (f"Host={host}", f"Port={port}")]
    ours += [
        # Empty is not the same as not set: then localhost, 127.* and [::1] would go past the proxy
        # (sun.net.spi.DefaultProxySelector).
        "-Dhttp.nonProxyHosts=",
        # HotSpot takes quotes away, and white space outside of them parts options (parse_options_buffer).
        shlex.quote(f"-Djavax.net.ssl.trustStore={facts.java_store}"),
        "-Djavax.net.ssl.trustStoreType=PKCS12",
        f"-Djavax.net.ssl.trustStorePassword={JAVA_PASSWORD}",
    ]
    # Behind what is there: of two -D of one property the last one counts.
    return " ".join([present, *ours]).strip()
