"""The checks of ``doctor`` about this shell and this system: who uses the proxy, and who trusts it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from wireglass.launch.doctor import Finding, Level

PROXIES = ("http_proxy", "https_proxy", "all_proxy")
BUNDLES = (
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO",
    "AWS_CA_BUNDLE",
)


_SPOKEN = ("http", "socks5", "socks5h")


class Ours(NamedTuple):
    """Where the proxy is: the hosts by which this machine reaches it, and its port."""

    hosts: Collection[str]
    port: int
    login: bool = False
    """It wants a user name and a password."""

    @property
    def url(self) -> str:
        host = next(iter(self.hosts))
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


class Pointed(NamedTuple):
    shown: str
    """Without user name and password: what is printed gets into bug reports."""
    scheme: str
    ours: bool
    login: bool = False
    """With user name and password."""


class Bundle(NamedTuple):
    path: str
    certificates: int | None
    """How many; None: it cannot be read."""
    ours: bool
    """Our CA is among them."""


def proxies(environ: Mapping[str, str], ours: Ours) -> list[Finding]:
    """The proxy variables, in both cases of writing. An empty one counts as not set, as programs take it."""
    seen = {name: environ[name] for low in PROXIES for name in (low, low.upper()) if environ.get(name)}
    if not ours.port:
        return _before_a_port_is_chosen(seen, ours)
    export = f"export http_proxy={ours.url} https_proxy={ours.url}"
    if not seen:
        return [
            Finding(
                "proxy-variables",
                "warn",
                "No proxy variable is set: programs started in this shell go past Wireglass, unless they are told.",
                f"`wireglass run -- COMMAND`, or {export}",
            )
        ]
    found = [_one_proxy(name, value, ours) for name, value in seen.items()]
    found += [case for low in PROXIES if (case := _cases(low, environ, export))]
    has = {low: bool(environ.get(low) or environ.get(low.upper())) for low in PROXIES}
    for low, other in (("http_proxy", "https_proxy"), ("https_proxy", "http_proxy")):
        if has[low] and not has[other] and not has["all_proxy"]:
            scheme = other.partition("_")[0]
            text = f"{low} is set and {other} is not: {scheme}:// goes past the proxy."
            found.append(Finding("proxy-variables", "warn", text, f"export {other}={ours.url}"))
    return found


def _before_a_port_is_chosen(seen: Mapping[str, str], ours: Ours) -> list[Finding]:
    remedy = "`wireglass run -- COMMAND` sets them; what `wireglass up` prints at its start has the port."
    if not seen:
        text = "No proxy variable is set, and the proxy's port is chosen at its start."
        return [Finding("proxy-variables", "warn", text, remedy)]
    return [
        Finding(
            "proxy-variables",
            "warn",
            f"{name} points to {point(value, ours).shown}, and the proxy's port is chosen at its start.",
            remedy,
        )
        for name, value in seen.items()
    ]


def _one_proxy(name: str, value: str, ours: Ours) -> Finding:
    pointed = point(value, ours)
    if not pointed.ours:
        return Finding(
            "proxy-variables",
            "warn",
            f"{name} points to another proxy, {pointed.shown}.",
            f"export {name}={ours.url}",
        )
    if pointed.scheme not in _SPOKEN:
        return Finding(
            "proxy-variables",
            "fail",
            f"{name} begins with {pointed.scheme}://: that is how the program speaks to the proxy, which speaks HTTP "
            "and SOCKS 5.",
            f"For https:// targets as well: export {name}={ours.url}",
        )
    if ours.login and not pointed.login:
        return Finding(
            "proxy-variables",
            "warn",
            f"{name} points to this proxy, without the user name and password that it wants.",
            f"export {name}={ours.url.replace('//', '//USER:PASSWORD@')}",
        )
    return Finding("proxy-variables", "ok", f"{name} points to this proxy.")


def _cases(low: str, environ: Mapping[str, str], export: str) -> Finding | None:
    small, large = environ.get(low, ""), environ.get(low.upper(), "")
    if small and large and small != large:
        text = f"{low} and {low.upper()} differ: curl and Python take the first, Go takes the second."
        return Finding("proxy-variables", "warn", text, "Set both to the same, or one of them.")
    if low == "http_proxy" and large and not small:
        text = "HTTP_PROXY is set and http_proxy is not: curl reads the lower case alone."
        return Finding("proxy-variables", "warn", text, export)
    return None


def point(value: str, ours: Ours) -> Pointed:
    """Where the value of a proxy variable leads; without a scheme it is http, as curl takes it."""
    try:
        url = urlsplit(value if "://" in value else f"http://{value}")
        port = url.port or {"http": 80, "https": 443}.get(url.scheme, 1080)
    except ValueError:
        return Pointed("an address that cannot be read", "", ours=False)
    host = url.hostname or ""
    shown = f"{url.scheme}://{f'[{host}]' if ':' in host else host}:{port}"
    return Pointed(shown, url.scheme, host in ours.hosts and port == ours.port, url.password is not None)


def no_proxy(environ: Mapping[str, str]) -> list[Finding]:
    found = []
    for name in ("no_proxy", "NO_PROXY"):
        hosts = [host.strip() for host in re.split(r"[,\s]+", environ.get(name, "")) if host.strip()]
        if "*" in hosts:
            found.append(Finding("no-proxy", "warn", f"{name} is *: nothing goes through any proxy.", f"unset {name}"))
        elif hosts:
            text = f"{name} sends these past the proxy: {', '.join(hosts)}."
            found.append(Finding("no-proxy", "warn", text, f"unset {name}, if you want to record them."))
    return found or [Finding("no-proxy", "ok", "Neither no_proxy nor NO_PROXY sends anything past the proxy.")]


def bundles(read: Mapping[str, Bundle], *, alone: bool) -> list[Finding]:
    """``read``: for each variable of ``BUNDLES`` that is set, what it leads to; ``alone``: OpenSSL would trust nobody
    but our CA in this shell."""
    names: dict[Bundle, list[str]] = {}
    for name, bundle in read.items():
        names.setdefault(bundle, []).append(name)
    return [_one_bundle(same, bundle, alone) for bundle, same in names.items()]


def _one_bundle(names: list[str], bundle: Bundle, alone: bool) -> Finding:
    by_openssl = "SSL_CERT_FILE" in names
    where, unset = f"{bundle.path} ({', '.join(names)})", f"unset {' '.join(names)}"
    if not bundle.certificates:
        what = "cannot be read" if bundle.certificates is None else "holds no certificate"
        level: Level = "fail" if by_openssl else "warn"  # `up` does not start with a wrong SSL_CERT_FILE
        return Finding("trust-variables", level, f"{where} {what}.", unset)
    if not bundle.ours:
        text = f"{where} does not hold the CA, so HTTPS of programs that read it fails."
        return Finding("trust-variables", "warn", text, "`wireglass run -- COMMAND` sets it right.")
    if by_openssl and alone:
        text = f"{where} holds our CA alone, and a Wireglass started in this shell could verify no server."
        return Finding("trust-variables", "warn", text, f"Start Wireglass in another shell, or {unset} there.")
    return Finding("trust-variables", "ok", f"{where} holds the CA.")


def system_trust(where: str, trusted: bool | None, note: str = "") -> Finding:
    """``where``: whose list of roots; None: it could not be looked at, and ``note`` says why."""
    if trusted is None:
        return Finding("trust", "ok", f"{where}: not looked at, {note}.")
    if trusted:
        return Finding("trust", "ok", f"{where} trusts the CA.")
    return Finding(
        "trust",
        "warn",
        f"{where} does not trust the CA: HTTPS of programs that use it fails.",
        "`wireglass ca` says how.",
    )


def system_proxy(where: str, value: str, ours: Ours) -> Finding:
    """``value``: host and port, as the system's settings have them; empty: none is set there."""
    if not value:
        return Finding("system-proxy", "ok", f"{where}: no proxy is set; browsers go past Wireglass.")
    pointed = point(value, ours)
    if pointed.ours:
        return Finding("system-proxy", "ok", f"{where}: the proxy is this one.")
    text = f"{where}: another proxy is set, {pointed.shown}."
    if not ours.port:
        return Finding("system-proxy", "warn", text, "Start a browser with `wireglass browser`.")
    return Finding("system-proxy", "warn", text, f"Set {ours.url} there, or start a browser with `wireglass browser`.")
