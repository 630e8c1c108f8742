"""The pages: steps for the system that asks, the certificate in every form, nothing from elsewhere."""

from __future__ import annotations

import html
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from wireglass.launch.certificates import CaCertificate
from wireglass.launch.site import CaSite
from wireglass.proxy.site import Site

BROWSER = "Mozilla/5.0 (Amiga) Something/1.0"
AGENTS = {
    "ios": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile Safari/604.1",
    "android": "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36",
    "android-firefox": "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0",
    "macos": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15",
    "windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36",
    "linux": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36",
    "linux-firefox": "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "fedora-firefox": "Mozilla/5.0 (X11; Fedora; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
}
TITLES = {
    "iPhone and iPad", "Android", "macOS", "Windows", "Debian and Ubuntu", "Fedora and RHEL", "Firefox",
    "Chrome and Chromium on Linux",
}  # fmt: skip


def certificate(name: str) -> CaCertificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return CaCertificate(built.public_bytes(Encoding.PEM))


CA = certificate("Wireglass CA (test 1)")


@pytest.fixture(scope="module")
def site() -> CaSite:
    return CaSite(CA)


class Outline(HTMLParser):
    """What a reader sees of the structure; fails where tags do not nest."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.shown: list[str] = []
        self.folded: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(page.decode())
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.links += [value or "" for name, value in attrs if name == "href" and tag == "a"]
        if tag not in ("meta", "link", "br", "wbr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "h3":
            self.shown.append(data)
        if self.open and self.open[-1] == "summary":
            self.folded.append(data)


@pytest.mark.parametrize(
    ("agent", "first"),
    [
        ("ios", ["iPhone and iPad"]),
        ("android", ["Android"]),
        ("android-firefox", ["Android"]),
        ("macos", ["macOS"]),
        ("windows", ["Windows"]),
        ("linux", ["Chrome and Chromium on Linux", "Debian and Ubuntu"]),
        ("linux-firefox", ["Firefox", "Debian and Ubuntu"]),
        ("fedora-firefox", ["Firefox", "Fedora and RHEL"]),
        ("?", []),
    ],
)
def test_the_system_that_asks_comes_first_and_no_other_is_left_out(site: CaSite, agent: str, first: list[str]) -> None:
    outline = Outline(site.page("/", AGENTS.get(agent, BROWSER)).body)
    assert outline.shown == first
    assert set(outline.folded) == TITLES - set(first)
    assert len(outline.folded) == len(TITLES) - len(first)


@pytest.mark.parametrize("path", ["/", "/trusted", "/none"])
def test_nothing_is_loaded_and_nothing_runs(site: CaSite, path: str) -> None:
    page = site.page(path, BROWSER)
    assert page.type == "text/html; charset=utf-8"
    outline = Outline(page.body)
    assert not outline.tags & {"script", "img", "iframe", "form", "object", "base"}
    assert not [name for name in outline.attributes if name.startswith("on")]
    assert b"url(" not in page.body
    assert b"@import" not in page.body
    assert b'<html lang="en">' in page.body


def test_every_link_leads_to_a_page(site: CaSite) -> None:
    links = Outline(site.page("/", BROWSER).body).links
    assert len(links) > len(TITLES)
    for link in links:
        path = link.removeprefix("https://wireglass.internal").removeprefix("http://wireglass.internal")
        assert site.page(path, BROWSER).status == 200, link


def test_the_certificate_is_named_with_its_fingerprint(site: CaSite) -> None:
    text = site.page("/", BROWSER).body.decode()
    assert CA.name in text
    plain = "".join(part.partition(">")[2] for part in f">{text}".split("<"))
    assert CA.fingerprint in plain


@pytest.mark.parametrize(
    ("path", "type", "filename"),
    [
        ("/ca.pem", "application/x-x509-ca-cert", "wireglass-ca.pem"),
        ("/ca.crt", "application/x-x509-ca-cert", "wireglass-ca.crt"),
        ("/ca.cer", "application/x-x509-ca-cert", "wireglass-ca.cer"),
        ("/ca.der", "application/x-x509-ca-cert", "wireglass-ca.der"),
        ("/ca.p12", "application/x-pkcs12", "wireglass-ca.p12"),
        ("/ca.mobileconfig", "application/x-apple-aspen-config", "wireglass-ca.mobileconfig"),
        (f"/{CA.subject_hash_old()}.0", "application/x-x509-ca-cert", f"{CA.subject_hash_old()}.0"),
    ],
)
def test_each_form_of_the_certificate(site: CaSite, path: str, type: str, filename: str) -> None:
    page = site.page(path, BROWSER)
    assert (page.status, page.type, page.filename) == (200, type, filename)
    assert page.body == site.page(f"{path}?x=1", "curl/8.0").body
    if path.endswith((".cer", ".der")):
        assert page.body == CA.der()
    elif path.endswith((".pem", ".crt", ".0")):
        assert page.body == CA.pem()


def test_a_hostile_name_is_text(site: CaSite) -> None:
    """The name holds the host's name, and a CA may have been brought from elsewhere."""
    name = "<script>alert('$host')</script>&\"$x"
    hostile = CaSite(certificate(name))
    for path in ("/", "/trusted", "/none"):
        for agent in (*AGENTS.values(), BROWSER):
            body = hostile.page(path, agent).body
            assert b"<script" not in body
            Outline(body)
    assert html.escape(name).encode() in hostile.page("/", AGENTS["ios"]).body


@pytest.mark.parametrize("path", ["", "/", "/none", "/../ca-key.pem", "/ca-key.pem", "//", "/\udcff", "/ca.pem/", "?"])
@pytest.mark.parametrize("agent", ["", "curl/8.0", BROWSER])
def test_any_path_is_answered_and_never_with_a_key(site: CaSite, path: str, agent: str) -> None:
    page: Site = site
    answer = page.page(path, agent)
    assert answer.status == (200 if path in ("", "/", "?") else 404)
    assert b"PRIVATE" not in answer.body


def test_a_program_is_answered_in_text(site: CaSite) -> None:
    page = site.page("/", "curl/8.14.1")
    assert page.type == "text/plain; charset=utf-8"
    assert CA.fingerprint in page.body.decode()
    assert "<" not in page.body.decode()


def test_shell_commands_are_whole(site: CaSite) -> None:
    """Placeholders of the templates and variables of the shell are both written with a dollar."""
    text = site.page("/", BROWSER).body.decode()
    assert "sql:$HOME/.pki/nssdb" in text
    assert text.replace("$HOME", "").count("$") == 0
