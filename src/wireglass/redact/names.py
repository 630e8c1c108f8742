"""Names whose values are secrets: of headers, query and form fields, JSON members, variables.

A name is compared without its separators and letter case: ``access_token``, ``accessToken`` and ``Access-Token`` are
one. *Plain* names always name a secret. *Doubtful* ones (``code``, ``key``) do so only where the value looks random.
"""

from __future__ import annotations

import re
from functools import lru_cache

PLAIN = [
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "passcode",
    "user_pass",
    "db_pass",
    "new_password",
    "old_password",
    "current_password",
    "secret",
    "client_secret",
    "app_secret",
    "api_secret",
    "consumer_secret",
    "shared_secret",
    "webhook_secret",
    "jwt_secret",
    "secret_key",
    "secret_access_key",
    "private_key",
    "signing_key",
    "encryption_key",
    "master_key",
    "auth_key",
    "shared_key",
    "account_key",
    "subscription_key",
    "access_key",
    "api_key",
    "app_key",
    "apikey_token",
    "functions_key",
    "access_token",
    "refresh_token",
    "id_token",
    "auth_token",
    "api_token",
    "bearer_token",
    "session_token",
    "security_token",
    "user_token",
    "oauth_token",
    "oauth_token_secret",
    "oauth_verifier",
    "oauth_signature",
    "device_token_secret",
    "private_token",
    "job_token",
    "csrf_token",
    "xsrf_token",
    "csrf",
    "xsrf",
    "csrf_middleware_token",
    "authenticity_token",
    "request_verification_token",
    "authorization",
    "proxy_authorization",
    "cookie",
    "cookies",
    "set_cookie",
    "session_id",
    "sess_id",
    "php_sess_id",
    "j_session_id",
    "connect_sid",
    "asp_net_session_id",
    "credential",
    "credentials",
    "client_assertion",
    "assertion",
    "saml_response",
    "saml_request",
    "device_code",
    "code_verifier",
    "otp",
    "totp",
    "mfa_code",
    "otp_code",
    "verification_code",
    "recovery_code",
    "x_amz_security_token",
    "x_amz_signature",
    "x_amz_credential",
    "x_goog_signature",
    "x_goog_credential",
    "x_api_key",
    "x_auth_token",
    "x_access_token",
    "x_vault_token",
    "card_number",
    "cc_number",
    "cvv",
    "cvv2",
    "cvc",
    "cvc2",
    "ssn",
]
"""Any value of these that is not empty."""

DOUBTFUL = [
    "token",
    "code",
    "key",
    "sig",
    "signature",
    "sid",
    "auth",
    "session",
    "ticket",
    "hmac",
    "session_key",
    "jwt",
    "access",
    "refresh",
    "pin",
    "pan",
]
"""Where the value looks random (``looks_random``); of queries and forms, ``token`` always."""

JSON_DOUBTFUL = ["token", "sig", "signature", "sid", "ticket", "hmac", "session_key", "jwt"]
"""Those of them that count in JSON. The others name ordinary things in JSON: error codes, keys of maps."""

ENDS = [
    "password",
    "passwd",
    "secret",
    "api_key",
    "access_key",
    "secret_key",
    "private_key",
    "access_token",
    "refresh_token",
    "id_token",
    "auth_token",
    "session_token",
    "csrf_token",
    "xsrf_token",
    "bearer_token",
    "api_token",
    "session_id",
]
"""Longer names that end so are plain as well: ``db_password``, ``stripe_secret_key``."""

_NOT = re.compile(
    r"(?:has|is|forgot|forgotten|reset|show|hide|min|max|requires?|change|enable|use|allow|no|confirm|next|prev|valid)"
    r"(?:password|passwd|secret)"
)
_SEPARATORS = re.compile(r"[^a-z0-9]+")
_RANDOM = re.compile(rb"[A-Za-z0-9._~+/=:%|@$!-]{8,}+")
_LETTER = re.compile(rb"[A-Za-z]")
_DIGIT = re.compile(rb"[0-9]")


def bare(name: str) -> str:
    return _SEPARATORS.sub("", name.lower())


_PLAIN = frozenset(map(bare, PLAIN))
_DOUBTFUL = frozenset(map(bare, DOUBTFUL))
_JSON_DOUBTFUL = frozenset(map(bare, JSON_DOUBTFUL))
_ENDS = tuple(map(bare, ENDS))

HEADER = re.compile(r"(?:^|[-_])(?:token|secret|password|passwd|api-?key|auth-?key|access-?key|session-?id|jwt)$")
"""Of headers' names in lower case."""


def expression(names: list[str], joint: str = "[_.-]?") -> str:
    """An RE2 expression for any of them, ``joint`` being what may stand between their words."""
    longest_first = sorted(set(names), key=len, reverse=True)
    return "|".join(name.replace("_", joint) for name in longest_first)


@lru_cache(maxsize=4096)
def is_plain(name: str) -> bool:
    short = bare(name)
    return short in _PLAIN or (short.endswith(_ENDS) and not _NOT.match(short))


@lru_cache(maxsize=4096)
def is_doubtful(name: str, *, json: bool = False) -> bool:
    return bare(name) in (_JSON_DOUBTFUL if json else _DOUBTFUL)


def looks_random(value: bytes) -> bool:
    """Long, in one piece, and either with digits among letters or longer than any word."""
    if not _RANDOM.fullmatch(value):
        return False
    return len(value) >= 24 or (_DIGIT.search(value) is not None and _LETTER.search(value) is not None)


@lru_cache(maxsize=4096)
def kind_of(name: str) -> str:
    """The kind of secret that a name tells of."""
    short = bare(name)
    for kind, words in _KINDS:
        if any(word in short for word in words):
            return kind
    return "secret"


_KINDS = (
    ("password", ("pass", "pwd")),
    ("cookie", ("cookie",)),
    ("card", ("cardnumber", "ccnumber", "cvv", "cvc")),
    ("token", ("token", "jwt", "csrf", "xsrf")),
    ("session", ("sess", "sid")),
    ("signature", ("sig", "hmac")),
    ("code", ("code", "otp")),
    ("credentials", ("auth", "credential", "assertion", "saml", "ticket")),
    ("key", ("key",)),
)
