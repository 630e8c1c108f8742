"""``ca``: the certificate and how to trust it, before the first start as well, and never the key."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12
from tests.cli.recording import Run

from wireglass.app.home import Home


def test_it_says_where_it_is_and_how_to_trust_it(wireglass: Run, home: Home) -> None:
    code, out, err = wireglass("ca")
    assert (code, err) == (0, "")
    certificate = Path(out.splitlines()[0].partition(": ")[2])
    assert certificate.is_relative_to(home.ca)
    assert b"BEGIN CERTIFICATE" in certificate.read_bytes()
    assert f"ca={certificate}\n" in out
    for part in ("update-ca-certificates", "update-ca-trust", "security add-trusted-cert", "certutil", "Firefox",
                 "--cacert", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "NODE_USE_ENV_PROXY=1"):  # fmt: skip
        assert part in out
    assert "Start Wireglass itself in a shell without SSL_CERT_FILE" in out
    assert wireglass("ca").out == out


def test_each_format_holds_the_certificate_alone(wireglass: Run, tmp_path: Path) -> None:
    files = {}
    for format in ("pem", "der", "p12"):
        file = tmp_path / format
        assert wireglass("ca", "--export", str(file), "--format", format)[0] == 0
        files[format] = file.read_bytes()
    certificate = x509.load_pem_x509_certificate(files["pem"])
    assert b"PRIVATE" not in files["pem"]
    assert x509.load_der_x509_certificate(files["der"]) == certificate
    key, main, others = pkcs12.load_key_and_certificates(files["p12"], b"wireglass")
    assert key is None
    assert certificate in [main, *others]


def test_dash_is_standard_output(wireglass: Run, tmp_path: Path) -> None:
    wireglass("ca", "--export", str(tmp_path / "a"))
    code, out, err = wireglass("ca", "--export", "-")
    assert (code, out, err) == (0, (tmp_path / "a").read_text(), "")


def test_a_binary_format_is_not_written_to_a_terminal(wireglass: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    code, out, err = wireglass("ca", "--export", "-", "--format", "der")
    assert (code, out) == (2, "")
    assert "terminal" in err


def test_another_file_is_not_overwritten_unless_forced(wireglass: Run, tmp_path: Path) -> None:
    file = tmp_path / "there"
    file.write_text("mine")
    code, _out, err = wireglass("ca", "--export", str(file))
    assert code == 2
    assert "--force" in err
    assert file.read_text() == "mine"
    assert wireglass("ca", "--export", str(file), "--force")[0] == 0
    assert wireglass("ca", "--export", str(file)) == (0, "", f"Unchanged: {file}\n")


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (("--force",), "--force"),
        (("--format", "pem"), "--format"),
        (("--password", "x"), "--password"),
        (("--export", "-", "--password", "x"), "--password is for --format p12"),
    ],
)
def test_a_flag_that_would_do_nothing_is_refused(wireglass: Run, flags: tuple[str, ...], named: str) -> None:
    code, out, err = wireglass("ca", *flags)
    assert (code, out) == (2, "")
    assert named in err


def test_a_mistyped_home_is_not_made(wireglass: Run, tmp_path: Path) -> None:
    code, out, err = wireglass("ca", "--home", str(tmp_path / "no" / "such"))
    assert (code, out) == (2, "")
    assert f"the folder {tmp_path / 'no'} does not exist" in err
    assert not (tmp_path / "no").exists()


def test_a_file_that_cannot_be_written_is_exit_1(wireglass: Run, tmp_path: Path) -> None:
    code, _out, err = wireglass("ca", "--export", str(tmp_path / "none" / "file"))
    assert code == 1
    assert "cannot be written: No such file or directory." in err


def test_a_home_that_is_a_file_is_one_line_and_exit_2(wireglass: Run, home: Home) -> None:
    home.path.write_text("")
    code, out, err = wireglass("ca")
    assert (code, out) == (2, "")
    assert "is a file, not a folder" in err
    assert err.count("\n") == 1
