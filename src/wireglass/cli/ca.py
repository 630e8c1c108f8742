"""``wireglass ca``"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click

from wireglass.app.home import Home
from wireglass.cli.options import home_option
from wireglass.errors import UsageError, WireglassError


@click.command(
    epilog="""\b
Examples:
  wireglass ca                              where the certificate is, and how to trust it
  wireglass ca --export wireglass.crt       for a phone or another machine
  wireglass ca --export - --format der | openssl x509 -inform der -noout -text
\b
Exit codes: 0 done; 1 the file cannot be written; 2 wrong usage, or FILE is there and different."""
)
@click.option("--export", metavar="FILE", help="Write the certificate (never its key) to FILE; - is standard output.")
@click.option(
    "--format", type=click.Choice(["pem", "der", "p12"]), default="pem", show_default=True, help="Format of --export."
)
@click.option(
    "--password",
    default="wireglass",
    show_default=True,
    help="Of the p12 file. What it protects is public: systems that read p12 ask for one.",
)
@click.option("--force", is_flag=True, help="Replace FILE even if it holds something else.")
@home_option
def command(home: Home, export: str | None, format: str, password: str, force: bool) -> None:
    """Show where the certificate of your certificate authority is and how to trust it, or export it.

    It is made at the first use, for you alone: only trust the one of your own home."""
    # Imported here: --help and the reference page need not load cryptography.
    from wireglass.net import Authority

    home.make()
    authority = Authority.load_or_create(home.ca)
    if export is None:
        click.echo(_how_to_trust(authority.certificate_path, authority.fingerprint()))
        return
    if format == "pem":
        data = authority.certificate_pem()
    elif format == "der":
        data = authority.certificate_der()
    else:
        data = authority.certificate_p12(password)
    if export != "-":
        _write(Path(export), data, force)
    elif format != "pem" and sys.stdout.isatty():
        raise UsageError(f"{format} is binary and standard output is a terminal.", "Name a file: --export FILE")
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def _write(file: Path, data: bytes, force: bool) -> None:
    try:
        if file.exists() and not force:
            if file.read_bytes() == data:
                return
            raise UsageError(f"{file} is there already and holds something else.", "Choose another, or add --force.")
        file.write_bytes(data)
    except OSError as error:
        raise WireglassError(f"{file} cannot be written: {error.strerror}.", "Choose another file.") from error
    click.echo(f"Written: {file}", err=True)


def _how_to_trust(certificate: Path, fingerprint: str) -> str:
    file = shlex.quote(str(certificate))
    return f"""\
Certificate: {certificate}
SHA-256:     {fingerprint}

Trust it only where you want Wireglass to read HTTPS, and remove it when you are done.

One program, nothing installed:
  curl:      curl --cacert {file} …                or export CURL_CA_BUNDLE={file}
  Python:    export SSL_CERT_FILE={file} REQUESTS_CA_BUNDLE={file}
  Node.js:   export NODE_EXTRA_CA_CERTS={file}
  Git:       export GIT_SSL_CAINFO={file}

The whole system:
  Debian, Ubuntu:  sudo cp {file} /usr/local/share/ca-certificates/wireglass.crt && sudo update-ca-certificates
  Fedora, RHEL:    sudo cp {file} /etc/pki/ca-trust/source/anchors/wireglass.crt && sudo update-ca-trust
  macOS:           sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain {file}
  Windows:         certutil -user -addstore Root {file}

Firefox has a store of its own: Settings, Privacy & Security, View Certificates, Authorities, Import.
Chrome on Linux: certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n Wireglass -i {file}"""
