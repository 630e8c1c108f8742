"""Secrets that are known by their form, whatever stands around them.

Each form has one group, the secret. All are RE2: one pass over the text for all of them, whatever the text is. None
has a part behind its end that may be long and fail, or many short matches would each look far ahead.
Sources: the issuers' documentation of their prefixes, and the rules of gitleaks 8 and GitHub's secret scanning.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Callable
from typing import NamedTuple

from wireglass.redact import cards
from wireglass.redact.names import looks_random

Check = Callable[[bytes], bool]


class Form(NamedTuple):
    kind: str
    pattern: str
    check: Check | None = None
    """What the pattern alone cannot tell."""


def is_basic(credentials: bytes) -> bool:
    """Base64 of ``user:password`` (RFC 7617 2)."""
    if len(credentials.rstrip(b"=")) % 4 == 1:
        return False
    try:
        text = b64decode(credentials.rstrip(b"=") + b"=" * (-len(credentials.rstrip(b"=")) % 4), validate=True)
    except binascii.Error:
        return False
    return b":" in text and not any(byte < 32 or byte == 127 for byte in text)


def _has_digit(text: bytes) -> bool:
    return re.search(rb"[0-9]", text) is not None


TEXT: tuple[Form, ...] = (
    Form("bearer", r"(?i:\bbearer[ \t]{1,8}|\bbearer%20|\bbearer\+)([A-Za-z0-9._~+/-]{8,}=*)", looks_random),
    Form("basic", r"(?i:\bbasic[ \t]{1,8}|\bbasic%20)([A-Za-z0-9+/]{4,}={0,2})", is_basic),
    Form("url-password", r"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@?#\"'<>\\]{0,256}:([^\s/:@?#\"'<>\\]{1,256})@"),
)
"""Told by the words around them: for text alone, where the group may be replaced by another length."""

FORMS: tuple[Form, ...] = (
    Form("jwt", r"\b(eyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){2,4})"),
    Form("aws-key", r"\b((?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16})\b"),
    Form("aws-secret", r"(?i:aws_?secret_?(?:access_?)?key)[\"' \t:=]{1,8}([A-Za-z0-9/+]{40})\b"),
    Form("google-key", r"\b(AIza[0-9A-Za-z_-]{35,100})"),
    Form("google-token", r"\b(ya29\.[0-9A-Za-z_-]{20,})"),
    Form("google-token", r"\b(1//0[0-9A-Za-z_-]{40,})"),
    Form("google-secret", r"\b(GOCSPX-[0-9A-Za-z_-]{28,})"),
    Form("azure-key", r"AccountKey=([A-Za-z0-9+/]{86}==)"),
    Form("azure-key", r"SharedAccessKey=([A-Za-z0-9+/]{43}=)"),
    Form("azure-secret", r"([A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34})"),
    Form("github-token", r"\b(gh[pousr]_[A-Za-z0-9]{36,})"),
    Form("github-token", r"\b(github_pat_[A-Za-z0-9_]{22,})"),
    Form("gitlab-token", r"\b(gl(?:pat|ptt|dt|rt|cbt|soat|ft|imt|agent|oas)-[A-Za-z0-9_-]{20,})"),
    Form("bitbucket-token", r"\b(ATBB[A-Za-z0-9]{28,})"),
    Form("atlassian-token", r"\b(AT[AC]TT3[A-Za-z0-9_=-]{50,})"),
    Form("slack-token", r"\b(xox[abeoprs]-[A-Za-z0-9-]{10,})"),
    Form("slack-token", r"\b(xapp-[0-9]-[A-Za-z0-9-]{10,})"),
    Form("slack-webhook", r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9/_-]{20,})"),
    Form("discord-webhook", r"discord(?:app)?\.com/api/webhooks/[0-9]{15,22}/([A-Za-z0-9_-]{40,})"),
    Form("stripe-key", r"\b([rs]k_(?:live|test)_[A-Za-z0-9]{16,})"),
    Form("webhook-secret", r"\b(whsec_[A-Za-z0-9+/=]{20,})"),
    Form("npm-token", r"\b(npm_[A-Za-z0-9]{36,})"),
    Form("pypi-token", r"\b(pypi-[A-Za-z0-9_-]{50,})"),
    Form("rubygems-token", r"\b(rubygems_[a-f0-9]{48,})"),
    Form("docker-token", r"\b(dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,})"),
    Form("anthropic-key", r"\b(sk-ant-[A-Za-z0-9_-]{20,})"),
    Form("openai-key", r"\b(sk-(?:proj-|svcacct-|admin-|or-v1-)?[A-Za-z0-9_-]{20,300})", _has_digit),
    Form("huggingface-token", r"\b(hf_[A-Za-z]{34,})"),
    Form("sendgrid-key", r"\b(SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64})"),
    Form("twilio-key", r"\b(SK[0-9a-f]{32})\b"),
    Form("mailgun-key", r"\b(key-[0-9a-f]{32})\b"),
    Form("mailchimp-key", r"\b([0-9a-f]{32}-us[0-9]{1,2})\b"),
    Form("telegram-token", r"\b(?:bot)?([0-9]{8,10}:AA[A-Za-z0-9_-]{32,})"),
    Form("digitalocean-token", r"\b(do[opr]_v1_[a-f0-9]{64,})"),
    Form("shopify-token", r"\b(shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32,})"),
    Form("square-token", r"\b(sq0[a-z]{3}-[A-Za-z0-9_-]{22,})"),
    Form("databricks-token", r"\b(dapi[a-f0-9]{32}(?:-[0-9])?)\b"),
    Form("vault-token", r"\b(hv[sbr]\.[A-Za-z0-9_-]{24,})"),
    Form("terraform-token", r"\b([A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,})"),
    Form("newrelic-key", r"\b(NRAK-[A-Z0-9]{27,})"),
    Form("grafana-token", r"\b(gl(?:sa|c)_[A-Za-z0-9+/=_]{32,})"),
    Form("linear-key", r"\b(lin_api_[A-Za-z0-9]{40,})"),
    Form("notion-key", r"\b(ntn_[A-Za-z0-9]{40,})"),
    Form("notion-key", r"\b(secret_[A-Za-z0-9]{43,})"),
    Form("airtable-token", r"\b(pat[A-Za-z0-9]{14}\.[a-f0-9]{64,})"),
    Form("postman-key", r"\b(PMAK-[a-f0-9]{24}-[a-f0-9]{34,})"),
    Form("age-key", r"\b(AGE-SECRET-KEY-1[0-9A-Z]{58,})"),
)
"""Told by themselves: found in bytes of every kind."""

_LENGTH = r"(?:\b|[^A-Za-z0-9_][A-Za-z0-9_])"
IN_BYTES = tuple(
    form._replace(pattern=form.pattern.replace(r"\b", _LENGTH if form.kind == "openai-key" else "")) for form in FORMS
)
"""The same where lengths and tags stand between texts (Protobuf, CBOR): a length of 55 is the letter 7. ``sk-`` alone
ends words as well, and may have no more than that one before it."""

CARD = Form("card", rf"\b({cards.FORM})\b", cards.is_card)

KEY_BEGINS = r"(-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)"
KEY_ENDS = re.compile(rb"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
LONGEST_KEY = 32 * 1024
"""Characters of a private key in PEM; one of 16,384 bits has 13,000."""
KEY_TEXT = re.compile(rb"[A-Za-z0-9+/=\s\\]*+")
"""What follows the first line of one whose last line is missing."""
