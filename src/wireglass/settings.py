"""One table of everything that can be set: it makes the flags, the ``WIREGLASS_*`` names, ``HOME/config.toml`` and the
reference page. A flag beats the environment, the environment beats the file, the file beats the default."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import platformdirs

from wireglass.errors import BadSetting
from wireglass.listening import (
    Address,
    Credentials,
    Mode,
    parse_address,
    parse_credentials,
    parse_modes,
    without_password,
)
from wireglass.proxy_url import ProxyUrl, parse_no_proxy, parse_proxy, without_credentials
from wireglass.setting_values import (
    ClientCertificate,
    parse_alt_svc,
    parse_client_certificates,
    parse_clients,
    parse_count,
    parse_duration,
    parse_home,
    parse_hosts,
    parse_json_paths,
    parse_names,
    parse_origins,
    parse_patterns,
    parse_session,
    parse_size,
    parse_truth,
    parse_ui,
    parse_workers,
)


def default_home() -> Path:
    return Path(platformdirs.user_data_dir("wireglass", appauthor=False))


class Setting(msgspec.Struct, frozen=True):
    name: str
    parse: Callable[[str], object]
    """Text to value; raises ValueError with the words that follow the refused value in the message."""
    default: str | None
    """As text, so that the table is what the reference page shows; None leaves it to ``Settings``."""
    help: str
    metavar: str = ""
    """Empty for an on/off setting."""
    unit: str = ""
    in_file: bool = True
    repeatable: bool = False
    """The flag may be given more than once, and the file may have a list or a table: their texts are joined by line
    ends."""
    secret: bool = False
    """The text may hold a password: ``str()`` of the value is what may be shown."""
    conceal: Callable[[str], str] = without_credentials
    """For a secret: a text that could not be read, as it may be shown."""
    otherwise: tuple[str, ...] = ()
    """Variables of other programs, which are read where there is an upstream proxy and nothing else says it."""

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def env(self) -> str:
        return "WIREGLASS_" + self.name.upper()

    def read(self, text: str, origin: str) -> object:
        """The value; a refused text raises BadSetting that names ``origin`` (the flag, variable or file)."""
        try:
            return self.parse(text)
        except ValueError as refusal:
            shown = self.conceal(text) if self.secret else text
            raise BadSetting(f"{origin}: {shown!r} {refusal}.") from None

    def shown(self, value: object) -> object:
        """The value as it may be written to a file."""
        return str(value) if self.secret and value is not None else value


TABLE: tuple[Setting, ...] = (
    Setting(
        name="listen",
        parse=parse_address,
        default="127.0.0.1:8080",
        help="Address the proxy listens on. An address other than this machine's own lets others use the proxy.",
        metavar="HOST:PORT",
        unit="IP address or name, and a port from 0 (any free one) to 65535",
    ),
    Setting(
        name="home",
        parse=parse_home,
        default=None,
        help="Folder of the record, the certificate authority and config.toml. Default: the user's data folder.",
        metavar="DIR",
        unit="path",
        in_file=False,
    ),
    Setting(
        name="session",
        parse=parse_session,
        default=None,
        help="Name of the session to record into. Default: a new one named by date and time.",
        metavar="NAME",
        unit="1 to 100 characters",
    ),
    Setting(
        name="no_session",
        parse=parse_truth,
        default="false",
        help="Begin without a session: traffic passes and is counted, and is kept from `wireglass session start` on.",
    ),
    Setting(
        name="ui",
        parse=parse_ui,
        default=None,
        help="Address of the web UI and the API. off is without. Default: 127.0.0.1:8081, or another port where that "
        "is taken.",
        metavar="HOST:PORT|off",
        unit="IP address or name, and a port from 0 (any free one) to 65535; off",
    ),
    Setting(
        name="ui_remote",
        parse=parse_truth,
        default="false",
        help="Let --ui name an address that other machines reach. Who has the token can then read the record from "
        "there, and it passes through the network in clear.",
    ),
    Setting(
        name="ui_origins",
        parse=parse_origins,
        default="",
        help="Origins of browser extensions that may use the API, with the token.",
        metavar="ORIGINS",
        unit="chrome-extension://ID or moz-extension://ID, several with commas between",
    ),
    Setting(
        name="open",
        parse=parse_truth,
        default="false",
        help="Show the web UI in the browser at the start.",
    ),
    Setting(
        name="insecure",
        parse=parse_truth,
        default="false",
        help="Accept servers whose certificate cannot be verified, and note it in the record.",
    ),
    Setting(
        name="insecure_hosts",
        parse=parse_hosts,
        default="",
        help="Servers whose certificate need not verify: noted in the record. *.test stands for every name below test.",
        metavar="HOSTS",
        unit="hosts with commas between: dev.local, *.test, 10.0.0.5:8443",
    ),
    Setting(
        name="connect_timeout",
        parse=parse_duration,
        default="30s",
        help="Longest time that looking up a server's name, connecting and the TLS handshake may take, each by itself.",
        metavar="TIME",
        unit="time: 500ms, 30s, 5m, 1h, none",
    ),
    Setting(
        name="response_timeout",
        parse=parse_duration,
        default="5m",
        help="Longest time from the last byte of a request until the head of its response.",
        metavar="TIME",
        unit="time: 500ms, 30s, 5m, 1h, none",
    ),
    Setting(
        name="idle_timeout",
        parse=parse_duration,
        default="10m",
        help="Longest time without a byte in either direction inside an exchange or a tunnel.",
        metavar="TIME",
        unit="time: 500ms, 30s, 5m, 1h, none",
    ),
    Setting(
        name="head_timeout",
        parse=parse_duration,
        default="1m",
        help="Longest time that a client may take for the head of a request, once its first byte is there.",
        metavar="TIME",
        unit="time: 500ms, 30s, 5m, 1h, none",
    ),
    Setting(
        name="workers",
        parse=parse_workers,
        default="1",
        help="Number of proxy processes.",
        metavar="N",
        unit="1 to 64",
    ),
    Setting(
        name="max_clients",
        parse=parse_clients,
        default="12000",
        help="Client connections of each proxy process; above it, and where the system allows no more open files, new "
        "ones are answered with 503.",
        metavar="N",
        unit="1 to 100000",
    ),
    Setting(
        name="body_limit",
        parse=parse_size,
        default="none",
        help="Keep at most this much of each body; the traffic itself passes whole. none keeps bodies whole.",
        metavar="SIZE",
        unit="bytes: 512k, 10M, 1GiB, none",
    ),
    Setting(
        name="retention_age",
        parse=parse_duration,
        default="none",
        help="Delete exchanges that are older than this; what was imported is as old as its import.",
        metavar="TIME",
        unit="time: 12h, 30d, none",
    ),
    Setting(
        name="retention_count",
        parse=parse_count,
        default="none",
        help="Keep at most so many exchanges: the oldest are deleted.",
        metavar="N",
        unit="whole number from 1, none",
    ),
    Setting(
        name="retention_size",
        parse=parse_size,
        default="none",
        help="Let the record take at most this much room: the oldest exchanges are deleted. The search index comes on "
        "top of it.",
        metavar="SIZE",
        unit="bytes: 500M, 10G, 1GiB, none",
    ),
    Setting(
        name="allow_remote_loopback",
        parse=parse_truth,
        default="false",
        help="Let clients on other machines reach this machine's loopback and link-local addresses.",
    ),
    Setting(
        name="upstream",
        parse=parse_proxy,
        default=None,
        help="Proxy through which servers are reached. A password is better kept in the variable or in config.toml.",
        metavar="URL",
        unit="http://, https:// or socks5://, with user:password@ where needed; none",
        secret=True,
    ),
    Setting(
        name="no_proxy",
        parse=parse_no_proxy,
        default="",
        help="Servers that are reached without the --upstream proxy. Where it is not set, NO_PROXY is read.",
        metavar="HOSTS",
        unit="hosts with commas between: example.com (and below), .example.com, host:8443, 10.0.0.0/8, *",
        otherwise=("NO_PROXY", "no_proxy"),
    ),
    Setting(
        name="passthrough",
        parse=parse_hosts,
        default="",
        help="Servers whose TLS is passed through untouched: recorded as a tunnel, with its name, bytes and times.",
        metavar="HOSTS",
        unit="hosts with commas between: bank.example, *.bank.example, 10.0.0.5:8443",
    ),
    Setting(
        name="auto_passthrough",
        parse=parse_truth,
        default="false",
        help="Pass TLS through untouched for a server whose certificate of ours a client has rejected twice.",
    ),
    Setting(
        name="refuse",
        parse=parse_hosts,
        default="",
        help="Servers to which no connection is made; the attempt is recorded.",
        metavar="HOSTS",
        unit="hosts with commas between: ads.example, *.ads.example, 10.0.0.5:8443",
    ),
    Setting(
        name="client_cert",
        parse=parse_client_certificates,
        default="",
        help="Client certificate for servers that ask for one, with its key, in PEM. May be given more than once.",
        metavar="HOST=FILE[,KEYFILE]",
        unit="a host as for passthrough, and files; several with ; between",
        repeatable=True,
    ),
    Setting(
        name="alt_svc",
        parse=parse_alt_svc,
        default="strip",
        help="strip takes offers of HTTP/3, which passes by every proxy, out of the Alt-Svc field of responses.",
        metavar="strip|keep",
        unit="strip or keep",
    ),
    Setting(
        name="postman_headers",
        parse=parse_truth,
        default="false",
        help="Send request fields Postman-NAME on as NAME, and Location to the client as Postman-Location: for pages "
        "whose scripts may not set Cookie, Origin and the like. What pmproxy filter does.",
    ),
    Setting(
        name="mode",
        parse=parse_modes,
        default="",
        help="Another port beside that of --listen: a second proxy, or (reverse) one where all requests go to one "
        "server. May be given more than once.",
        metavar="regular@HOST:PORT|reverse:URL[@HOST:PORT]",
        unit="regular@HOST:PORT or reverse:https://api.example.com@HOST:PORT; several with ; between",
        repeatable=True,
    ),
    Setting(
        name="proxy_auth",
        parse=parse_credentials,
        default=None,
        help="User name and password that clients of the proxy must give, over HTTP and SOCKS 5. Better kept in the "
        "variable or in config.toml, because all users of a machine can see command lines.",
        metavar="USER:PASSWORD",
        unit="text with a colon; none",
        secret=True,
        conceal=without_password,
    ),
    Setting(
        name="redact_at_rest",
        parse=parse_truth,
        default="false",
        help="Redact secrets before anything is written to disk. What is shared is redacted either way.",
    ),
    Setting(
        name="redact_headers",
        parse=parse_names,
        default="",
        help="More headers whose values are secrets.",
        metavar="NAMES",
        unit="names with commas between: X-Session,X-Device",
    ),
    Setting(
        name="redact_params",
        parse=parse_names,
        default="",
        help="More names of fields of queries, forms and JSON whose values are secrets.",
        metavar="NAMES",
        unit="names with commas between: pin,license; letter case, - and _ do not matter",
    ),
    Setting(
        name="redact_json",
        parse=parse_json_paths,
        default="",
        help="Places in JSON bodies that are secrets. May be given more than once.",
        metavar="PATH",
        unit="JSON paths: $.user.ssn, $.items[*].iban, $..birthday; several with ; between",
        repeatable=True,
    ),
    Setting(
        name="redact_patterns",
        parse=parse_patterns,
        default="",
        help="What is a secret wherever it stands; of an expression with a group, its first group. May be given more "
        "than once.",
        metavar="REGEX",
        unit="RE2 expressions, one a line: acme_[a-z0-9]{32}",
        repeatable=True,
    ),
)


USUAL_UI = Address("127.0.0.1", 8081)
"""Where the API is if nobody has said otherwise, and the port is free."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What ``up`` runs with. Field meanings and units: ``TABLE``."""

    home: Path
    origins: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Setting to the flag, the variable or the file that says it; those that nobody says are not in it."""
    listen: Address = Address("127.0.0.1", 8080)
    session: str | None = None
    no_session: bool = False
    ui: Address | str | None = None
    """``off`` for none; None: nobody has said."""
    ui_remote: bool = False
    ui_origins: tuple[str, ...] = ()
    open: bool = False
    insecure: bool = False
    insecure_hosts: tuple[str, ...] = ()
    connect_timeout: float | None = 30.0
    response_timeout: float | None = 300.0
    idle_timeout: float | None = 600.0
    head_timeout: float | None = 60.0
    workers: int = 1
    max_clients: int = 12_000
    body_limit: int | None = None
    retention_age: float | None = None
    retention_count: int | None = None
    retention_size: int | None = None
    allow_remote_loopback: bool = False
    upstream: ProxyUrl | None = None
    no_proxy: tuple[str, ...] = ()
    passthrough: tuple[str, ...] = ()
    auto_passthrough: bool = False
    refuse: tuple[str, ...] = ()
    client_cert: tuple[ClientCertificate, ...] = ()
    alt_svc: str = "strip"
    postman_headers: bool = False
    mode: tuple[Mode, ...] = ()
    proxy_auth: Credentials | None = None
    redact_at_rest: bool = False
    redact_headers: tuple[str, ...] = ()
    redact_params: tuple[str, ...] = ()
    redact_json: tuple[str, ...] = ()
    redact_patterns: tuple[str, ...] = ()


def find(name: str) -> Setting:
    return next(setting for setting in TABLE if setting.name == name)


def load_home(flag: str | None, environ: Mapping[str, str]) -> Path:
    """The home alone: it must be known before its ``config.toml`` can be read."""
    setting = find("home")
    text, origin = (flag, setting.flag) if flag is not None else (environ.get(setting.env), setting.env)
    if not text and flag is None:
        return default_home()
    home = setting.read(text or "", origin)
    assert isinstance(home, Path)
    return home


def load(flags: Mapping[str, str | None], environ: Mapping[str, str]) -> Settings:
    """Settings from flags (name to text; None where not given), environment and ``HOME/config.toml``. An empty variable
    counts as not set. Raises BadSetting."""
    home = load_home(flags.get("home"), environ)
    file = home / "config.toml"
    from_file = _read_file(file)
    values: dict[str, Any] = {"home": home}
    origins: dict[str, str] = {}
    for setting in TABLE:
        flag = flags.get(setting.name)
        if flag is not None:
            origins[setting.name] = setting.flag
        elif environ.get(setting.env):
            origins[setting.name] = setting.env
        elif setting.name in from_file:
            origins[setting.name] = str(file)
        if setting.name == "home":
            continue
        if flag is not None:
            values[setting.name] = setting.read(flag, setting.flag)
        elif environ.get(setting.env):
            values[setting.name] = setting.read(environ[setting.env], setting.env)
        elif setting.name in from_file:
            values[setting.name] = setting.read(from_file[setting.name], f"{file}: {setting.name}")
        elif values.get("upstream") and (name := next((name for name in setting.otherwise if environ.get(name)), "")):
            origins[setting.name] = name
            values[setting.name] = setting.read(environ[name], name)
        elif setting.default is not None:
            values[setting.name] = setting.parse(setting.default)
    settings = Settings(**values, origins=origins)
    if settings.no_session and settings.ui == "off":
        raise BadSetting(
            "no_session and ui=off together would never record anything: sessions are started through the API.",
            "Leave one of them out.",
        )
    if settings.no_session and settings.session:
        raise BadSetting(
            f"no_session and session={settings.session!r} contradict each other.",
            "Leave one of them out: look at the flags, the WIREGLASS_* variables and config.toml.",
        )
    for mode in settings.mode:
        if mode.listen.port and mode.listen == settings.listen:
            raise BadSetting(
                f"--mode {mode}: {mode.listen} is the address of --listen already.",
                "Each mode needs a port of its own; --listen is there beside them.",
            )
    return settings


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """A line for each ``WIREGLASS_*`` variable that nobody reads: a mistyped one would be ignored in silence."""
    known = [setting.env for setting in TABLE]
    lines = []
    for name in sorted(environ):
        if name.startswith("WIREGLASS_") and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}."
            lines.append(f"the variable {name} is not a setting; {hint}")
    return lines


def _read_file(file: Path) -> dict[str, str]:
    """The file's values as text, so that each setting has one parser; absent file: none."""
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(f"{file} is not valid TOML: {error}.", "Correct it, or move it away.") from None
    except OSError as error:
        raise BadSetting(f"{file} cannot be read: {error.strerror}.", "Correct its permissions.") from None
    known = {setting.name: setting for setting in TABLE if setting.in_file}
    texts = {}
    for key, value in content.items():
        if key == "home":
            raise BadSetting(f"{file}: home cannot be set here.", "Use --home or WIREGLASS_HOME.")
        if key not in known:
            near = difflib.get_close_matches(key.replace("-", "_"), known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}."
            raise BadSetting(f"{file}: {key} is not a setting.", hint)
        if known[key].repeatable:
            value = _joined(value)
        if not isinstance(value, str | int):
            raise BadSetting(f"{file}: {key} must be a string, a whole number, true or false.")
        texts[key] = str(value)
    return texts


def _joined(value: object) -> object:
    """A list, or a table of host and file, as the text that has the same meaning."""
    if isinstance(value, dict):
        value = [f"{key}={item}" for key, item in value.items()]
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "\n".join(value)
    return value
