"""The languages there are, in the order of menus."""

from __future__ import annotations

from wireglass.formats.code import csharp, curl, go, httpie, java, javascript, php, powershell, python, ruby, wget
from wireglass.formats.code.request import Language

LANGUAGES: tuple[Language, ...] = (
    curl.POSIX,
    curl.CMD,
    curl.POWERSHELL,
    wget.LANGUAGE,
    httpie.LANGUAGE,
    python.HTTPX,
    python.REQUESTS,
    javascript.FETCH,
    javascript.AXIOS,
    go.LANGUAGE,
    java.LANGUAGE,
    csharp.LANGUAGE,
    php.LANGUAGE,
    ruby.LANGUAGE,
    powershell.LANGUAGE,
)
BY_ID = {language.id: language for language in LANGUAGES}
