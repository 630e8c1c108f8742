"""``wireglass ca``"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click
from click.core import ParameterSource

from wireglass.app.home import Home
from wireglass.cli.options import home_option
from wireglass.errors import HomeNotWritable, UsageError, WireglassError
from wireglass.settings import default_home


@click.command(
    short_help="Show the certificate authority, and how to trust it.",
    epilog="""\b
Examples:
  wireglass ca                              where the certificate is, and how to trust it
  wireglass ca --export wireglass.crt       for a phone or another machine
  wireglass ca --export - --format der | openssl x509 -inform der -noout -text
\b
Exit codes: 0 done; 1 the file cannot be written; 2 wrong usage, or FILE is there and different.""",
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

    if export is None:
        _refuse_flags_of_export()
    elif format != "p12" and _is_given("password"):
        raise UsageError("--password is for --format p12.", "Leave it out, or add --format p12.")
    if home.path != default_home() and not home.path.parent.is_dir():
        raise HomeNotWritable(
            f"Home {home.path} cannot be made: the folder {home.path.parent} does not exist.",
            "Make that folder, or choose another home with --home DIR.",
        )
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


def _is_given(flag: str) -> bool:
    return click.get_current_context().get_parameter_source(flag) is not ParameterSource.DEFAULT


def _refuse_flags_of_export() -> None:
    for flag in ("format", "password", "force"):
        if _is_given(flag):
            raise UsageError(f"--{flag} says how to export, and there is no --export.", "Add --export FILE.")


def _write(file: Path, data: bytes, force: bool) -> None:
    try:
        if file.exists() and not force:
            if file.read_bytes() == data:
                click.echo(f"Unchanged: {file}", err=True)
                return
            raise UsageError(f"{file} is there already and holds something else.", "Choose another, or add --force.")
        # Not through a link that leads to nothing yet: without --force only a new file is made.
        with file.open("wb" if force else "xb") as stream:
            stream.write(data)
    except OSError as error:
        raise WireglassError(f"{file} cannot be written: {error.strerror}.", "Choose another file.") from error
    click.echo(f"Written: {file}", err=True)


def _how_to_trust(certificate: Path, fingerprint: str) -> str:
    return f"""\
Certificate: {certificate}
SHA-256:     {fingerprint}

Trust it only where you want Wireglass to read HTTPS, and remove it when you are done.

In a shell, name it once:
  ca={shlex.quote(str(certificate))}

One program, nothing installed:
  curl:      curl --cacert "$ca" …   or   export CURL_CA_BUNDLE="$ca"
  Python:    export SSL_CERT_FILE="$ca" REQUESTS_CA_BUNDLE="$ca"
  Node.js:   export NODE_EXTRA_CA_CERTS="$ca" NODE_USE_ENV_PROXY=1
             Its fetch takes the proxy from the environment only so, in Node 22.21+ and 24 or newer;
             with an older Node, give it undici's ProxyAgent in the code.
  Git:       export GIT_SSL_CAINFO="$ca"
  These are for programs that use the proxy. Start Wireglass itself in a shell without SSL_CERT_FILE: by that
  variable it chooses whom it trusts, and with this certificate alone no server may verify.

The whole system:
  Debian, Ubuntu:  sudo cp "$ca" /usr/local/share/ca-certificates/wireglass.crt && sudo update-ca-certificates
  Fedora, RHEL:    sudo cp "$ca" /etc/pki/ca-trust/source/anchors/wireglass.crt && sudo update-ca-trust
  macOS:           sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain "$ca"
  Windows:         certutil -user -addstore Root FILE   (FILE: the certificate, copied there)

Firefox has a store of its own: Settings, Privacy & Security, View Certificates, Authorities, Import.
Chrome on Linux: certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n Wireglass -i "$ca\""""
