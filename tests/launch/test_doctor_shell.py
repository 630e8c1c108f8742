"""This shell's variables and this system's settings: who goes past the proxy, and why."""

from __future__ import annotations

import pytest

from wireglass.launch import doctor_shell
from wireglass.launch.doctor import Finding
from wireglass.launch.doctor_shell import Bundle, Ours, point

OURS = Ours(["127.0.0.1", "localhost"], 8080)
GOOD = "http://127.0.0.1:8080"
BOTH = {"http_proxy": GOOD, "https_proxy": GOOD}


def said(findings: list[Finding]) -> str:
    return "\n".join(f"{each.level} {each.text} {each.remedy}" for each in findings)


def levels(findings: list[Finding]) -> set[str]:
    return {each.level for each in findings}


@pytest.mark.parametrize(
    "environ",
    [
        BOTH,
        {**BOTH, "HTTP_PROXY": GOOD, "HTTPS_PROXY": GOOD},
        {"http_proxy": "127.0.0.1:8080", "https_proxy": "http://localhost:8080/"},
        {"all_proxy": GOOD},
        {"http_proxy": GOOD, "HTTPS_PROXY": GOOD},
    ],
)
def test_variables_that_lead_here(environ: dict[str, str]) -> None:
    assert levels(doctor_shell.proxies(environ, OURS)) == {"ok"}


@pytest.mark.parametrize(
    ("environ", "level", "words"),
    [
        ({}, "warn", ["No proxy variable is set", "wireglass run", f"https_proxy={GOOD}"]),
        ({"http_proxy": ""}, "warn", ["No proxy variable is set"]),
        ({**BOTH, "https_proxy": "http://10.1.1.1:3128"}, "warn", ["https_proxy points to another proxy"]),
        ({**BOTH, "http_proxy": "http://127.0.0.1:8081"}, "warn", ["http_proxy points to another", "127.0.0.1:8081"]),
        ({**BOTH, "https_proxy": "https://127.0.0.1:8080"}, "fail", ["https_proxy begins with https://"]),
        ({**BOTH, "all_proxy": "socks4://localhost:8080"}, "fail", ["all_proxy begins with socks4://"]),
        ({"HTTP_PROXY": GOOD, "https_proxy": GOOD}, "warn", ["curl reads the lower case alone"]),
        ({**BOTH, "HTTPS_PROXY": "http://10.1.1.1:3128"}, "warn", ["https_proxy and HTTPS_PROXY differ"]),
        ({"http_proxy": GOOD}, "warn", ["http_proxy is set and https_proxy is not", f"export https_proxy={GOOD}"]),
        ({"https_proxy": GOOD}, "warn", ["https_proxy is set and http_proxy is not"]),
        ({**BOTH, "http_proxy": "http://[::1"}, "warn", ["cannot be read"]),
        ({**BOTH, "http_proxy": "http://127.0.0.1:99999"}, "warn", ["cannot be read"]),
    ],
)
def test_variables_that_do_not(environ: dict[str, str], level: str, words: list[str]) -> None:
    findings = doctor_shell.proxies(environ, OURS)
    assert level in levels(findings)
    for word in words:
        assert word in said(findings)
    assert all(each.remedy for each in findings if each.level != "ok")


def test_a_password_is_not_printed() -> None:
    for value in ("http://user:secret@10.1.1.1:3128", "user:secret@10.1.1.1:3128", "http://user:secret@[::1"):
        assert "secret" not in said(doctor_shell.proxies({"http_proxy": value}, OURS))
        assert "secret" not in said([doctor_shell.system_proxy("GNOME", value, OURS)])


def test_ipv6_is_understood() -> None:
    ours = Ours(["::1", "localhost"], 8080)
    assert ours.url == "http://[::1]:8080"
    assert point("http://[::1]:8080", ours).ours
    assert point("http://[::2]:8080", ours).shown == "http://[::2]:8080"


@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
def test_no_proxy(name: str) -> None:
    assert f"warn {name} is *" in said(doctor_shell.no_proxy({name: "*"}))
    text = said(doctor_shell.no_proxy({name: "localhost, .corp 10.0.0.0/8"}))
    assert f"warn {name} sends these past the proxy: localhost, .corp, 10.0.0.0/8." in text
    assert levels(doctor_shell.no_proxy({name: " , "})) == {"ok"}


def test_bundles() -> None:
    def findings(path: str, certificates: int | None, ours: bool, *names: str) -> list[Finding]:
        return doctor_shell.bundles(dict.fromkeys(names, Bundle(path, certificates, ours)), alone=certificates == 1)

    assert said(findings("/x", None, False, "SSL_CERT_FILE")).startswith("fail /x (SSL_CERT_FILE) cannot be read.")
    assert said(findings("/x", 0, False, "CURL_CA_BUNDLE")).startswith("warn /x (CURL_CA_BUNDLE) holds no certificate.")
    [both] = findings("/x", 140, False, "GIT_SSL_CAINFO", "CURL_CA_BUNDLE")
    assert both.level == "warn"
    assert "/x (GIT_SSL_CAINFO, CURL_CA_BUNDLE) does not hold the CA" in both.text
    assert "could verify no server" in said(findings("/x", 1, True, "SSL_CERT_FILE"))
    assert levels(findings("/x", 1, True, "CURL_CA_BUNDLE")) == {"ok"}
    assert levels(findings("/x", 141, True, "SSL_CERT_FILE")) == {"ok"}
    assert doctor_shell.bundles({}, alone=False) == []


def test_what_a_system_trusts() -> None:
    assert doctor_shell.system_trust("This system", True).level == "ok"
    refused = doctor_shell.system_trust("This system", False)
    assert (refused.level, "wireglass ca" in refused.remedy) == ("warn", True)
    unknown = doctor_shell.system_trust("Chrome", None, "certutil is not installed")
    assert (unknown.level, "certutil is not installed" in unknown.text) == ("ok", True)


def test_what_a_system_has_as_its_proxy() -> None:
    assert "go past Wireglass" in doctor_shell.system_proxy("GNOME", "", OURS).text
    assert "this one" in doctor_shell.system_proxy("GNOME", "127.0.0.1:8080", OURS).text
    other = doctor_shell.system_proxy("GNOME", "proxy.corp:3128", OURS)
    assert (other.level, "http://proxy.corp:3128" in other.text) == ("warn", True)


def test_no_advice_names_port_0() -> None:
    """Where the start chooses the port, nobody can point to it before."""
    ours = Ours(["127.0.0.1", "localhost"], 0)
    for environ in ({}, {"http_proxy": "http://127.0.0.1:8080", "HTTPS_PROXY": "http://proxy.corp:3128"}):
        findings = [*doctor_shell.proxies(environ, ours), doctor_shell.system_proxy("GNOME", "proxy.corp:3128", ours)]
        assert levels(findings) == {"warn"}
        assert ":0" not in said(findings)
        assert "`wireglass run -- COMMAND`" in said(findings)


@pytest.mark.parametrize(
    ("value", "level"),
    [
        ("http://127.0.0.1:8080", "warn"),
        ("http://me:secret@127.0.0.1:8080", "ok"),
        ("socks5h://me:x@127.0.0.1:8080", "ok"),
    ],
)
def test_a_variable_without_the_password_that_the_proxy_wants(value: str, level: str) -> None:
    findings = doctor_shell.proxies({"all_proxy": value}, OURS._replace(login=True))
    assert levels(findings) == {level}
    assert "secret" not in said(findings)
