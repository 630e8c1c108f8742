"""What stands behind a field: values → tests."""

from __future__ import annotations

import re
from collections.abc import Callable

import idna

from wireglass.errors import QueryError
from wireglass.query.dates import is_relative
from wireglass.query.fields import Field
from wireglass.query.leaf import fold, like_escaped, text_test
from wireglass.query.mistakes import either, meant, quoted
from wireglass.query.numbers import EXPECTED, Interval, interval, unknown_unit
from wireglass.query.regex import finder
from wireglass.query.scan import Scanner, Word
from wireglass.query.tree import (
    And,
    Between,
    Compares,
    Holds,
    Is,
    Like,
    Matches,
    Node,
    Not,
    Operator,
    Or,
    Term,
    Test,
    There,
)

_MOST_REGEXES = 20  # each holds up to a quarter of a MiB

_COMPARISONS: dict[str, Operator] = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "=": "=", "==": "="}
_STARS = re.compile(r"(?<!\\)((?:\\\\)*)\*{2,}")
_WILD = re.compile(r"(?:[^\\*?]|\\.)*([*?])", re.DOTALL)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)  # RFC 9110 5.6.2; a key may have *
_HOST_PORT = re.compile(r"([^:]+|\[[^\]]*\]):([0-9]{1,5})", re.ASCII)
_REGEX_SIGNS = re.compile(r"[\\^$\[\]{}+|]")

_PROTOCOLS: dict[str, Test] = {
    "h1": Like("http/1.*"),
    "http1": Like("http/1.*"),
    "http/1": Like("http/1.*"),
    "http1.1": Is("http/1.1"),
    "h2": Is("http/2"),
    "http2": Is("http/2"),
    "http/2.0": Is("http/2"),
    "h3": Is("http/3"),
    "http3": Is("http/3"),
    "ws": Is("websocket"),
    "wss": Is("websocket"),
    "socks": Like("socks*"),
}
_MODES = {"none": "", "form": "urlencoded", "multipart": "form-data"}
_FLAG_NAMES = {
    "errors": "error",
    "errored": "failed",
    "error": "failed",
    "ws": "websocket",
    "cookie": "cookies",
    "trailer": "trailers",
    "comment": "note",
    "star": "starred",
    "running": "open",
    "pending": "open",
    "completed": "done",
    "complete": "done",
    "ok": "done",
    "tls": "https",
    "secure": "https",
}


class Values:
    """Reads values where the scanner stands."""

    def __init__(self, scanner: Scanner, now: float) -> None:
        self._scanner = scanner
        self._now = now
        self._regexes = 0

    def read(self, field: Field, operator: str, shown: str, start: int, count: Callable[[int], None]) -> Node:
        """The values of a list, one of which must pass. ``shown``: the field and the operator as they were written, at
        ``start``."""
        negative = operator.startswith("!")
        operator = operator.removeprefix("!") or "="
        if operator == "==":
            operator = "="
        if operator == ":":
            operator = self._inner_operator(field)
            shown = self._scanner.text[start : self._scanner.at] if operator != ":" else shown
            if operator.startswith("!"):
                negative, operator = not negative, operator[1:] or ":"
        items: list[Node] = []
        key = ""
        while True:
            place = self._scanner.at
            if items:
                count(place)
            node, key = self._one(field, operator, shown, start, key)
            items.append(node)
            if not self._scanner.take(","):
                break
            self._scanner.skip_space()
        node = Or(tuple(items)) if len(items) > 1 else items[0]
        return Not(node) if negative else node

    def _inner_operator(self, field: Field) -> str:
        """``size:>10k``, ``host:=x``, ``type:!image``."""
        if field.kind in ("text", "keyed"):  # whose values may begin with anything
            return ":"
        return self._scanner.take("!=", "<=", ">=", "==", "<", ">", "=", "~", "!").replace("==", "=") or ":"

    def _one(self, field: Field, operator: str, shown: str, start: int, key: str) -> tuple[Node, str]:
        if field.kind == "keyed":
            return self._keyed(field, operator, shown, start, key)
        word = self._word(field, operator, shown, start)
        if field.kind in ("value", "text"):
            return self._of_text(field, operator, word, shown, start), ""
        if field.kind == "flag":
            return self._flag(field, operator, word, shown, start), ""
        return self._number(field, operator, word, shown), ""

    def _word(self, field: Field, operator: str, shown: str, start: int, stops: str = ",") -> Word:
        scanner = self._scanner
        at = scanner.at
        word = scanner.word(stops, regex=field.kind in ("value", "text", "keyed"))
        if word.start == word.end:
            raise scanner.error(
                f"A value is missing behind {shown}.", f"Write it without a space: {field.example}", start, at + 1
            )
        if word.kind == "regex" and field.name == "path" and operator == ":" and not _is_regex(word.text):
            scanner.at = at  # path:/v1/ is a path
            word = scanner.word(stops, regex=False)
        return word

    # Texts

    def part(self, word: Word) -> Test:
        """A text that is to be found somewhere."""
        if word.kind == "regex":
            return self._regex(word)
        if word.bare and "*" in word.pattern and (wild := _wild(word.pattern.replace("?", r"\?"), around="*")):
            return wild
        if not word.text:
            raise self._scanner.error("The text is empty.", "Write what is to be found.", word.start, word.end)
        return Holds(word.text)

    def whole(self, word: Word) -> Test:
        """A text that is to be all of it."""
        if word.kind == "regex":
            return self._regex(word)
        if not (word.bare and (wild := _wild(word.pattern))):
            return Is(word.text)
        try:
            text_test(wild)
        except QueryError:
            raise self._scanner.error(
                "The form is too long for one with question marks.", "Write * for what is longer.", word.start, word.end
            ) from None
        return wild

    def _regex(self, word: Word) -> Matches:
        scanner = self._scanner
        if unknown := set(word.flags) - {"i"}:
            raise scanner.error(
                f"A regular expression has no flag {min(unknown)!r} here.",
                "i is for any letter case; others stand in front: /(?s)a.b/.",
                word.end - len(word.flags),
                word.end,
            )
        self._regexes += 1
        if self._regexes > _MOST_REGEXES:
            raise scanner.error(
                f"More than {_MOST_REGEXES} regular expressions.", "Put some into one: /a|b/.", word.start, word.end
            )
        test = Matches(word.text, "i" in word.flags)
        try:
            finder(test.pattern, test.ignore_case)
        except QueryError as error:
            raise scanner.error(error.message, error.hint, word.start, word.end) from None
        return test

    def _of_text(self, field: Field, operator: str, word: Word, shown: str, start: int) -> Node:
        if operator not in (":", "=", "~"):
            raise self._scanner.error(
                f"{field.name} is a text, and {operator} compares numbers.",
                f"For example {field.example}",
                start,
                word.end,
            )
        if word.bare and set(word.pattern) == {"*"}:
            return Term(field.name, There())
        if operator == "~" or (operator == ":" and field.kind == "text"):
            return Term(field.name, self.part(word))
        loose = (operator == ":" and word.bare) or field.only
        if loose and word.kind != "regex" and (special := self._special(field.name, word)):
            return special
        test = self.whole(word)
        if field.only and isinstance(test, Is) and not re.fullmatch(field.only, fold(test.text)):
            raise self._unknown(field, word, shown, fold(test.text))
        return Term(field.name, test)

    def _unknown(self, field: Field, word: Word, shown: str, text: str) -> QueryError:
        likely = meant(text, field.values)
        hint = f"Did you mean {either(likely)}?" if likely else f"Write {either(field.values)}."
        return self._scanner.error(f"{shown} has no {quoted(word.text)}.", hint, word.start, word.end)

    def _special(self, name: str, word: Word) -> Node | None:
        """What people write for a value that the record has in other words."""
        text = fold(word.text)
        match name:
            case "path" if not word.text.startswith(("/", "*")):
                return Term("path", self.part(word))
            case "host" if match := _HOST_PORT.fullmatch(word.text):
                host = word._replace(text=match[1].strip("[]"), pattern=word.pattern.rpartition(":")[0].strip("[]"))
                return And((Term("host", self.whole(host)), Term("port", Compares("=", int(match[2])))))
            case "host" if not text.isascii() and not _wild(word.pattern) and (name := _ascii_name(text)):
                return Term("host", Is(name))
            case "client" if "*" not in text and "?" not in text and not _HOST_PORT.fullmatch(text):
                address = f"[{text.strip('[]')}]" if ":" in text else text
                return Term("client", Like(like_escaped(address) + ":*"))
            case "protocol" if text in _PROTOCOLS:
                return Term("protocol", _PROTOCOLS[text])
            case "mode" if text in _MODES:
                return Term("mode", Is(_MODES[text]))
            case "session" if text in ("today", "yesterday"):
                day = interval("moment", text, self._now)
                assert day is not None
                return Term("session_started", Between(*day))
        return None

    def _keyed(self, field: Field, operator: str, shown: str, start: int, key: str) -> tuple[Node, str]:
        """``name``, ``name=value``, ``name:value``, ``"name: value"``, or a regular expression over such lines. Behind
        ``name=a,`` another value of the same name may follow."""
        scanner = self._scanner
        if operator not in (":", "=", "~"):
            raise scanner.error(
                f"{field.name} has names and texts, and {operator} compares numbers.",
                f"For example {field.example}",
                start,
                scanner.at,
            )
        word = self._word(field, operator, shown, start, stops="=:,")
        if word.kind == "regex":
            return Term(field.name, self._regex(word)), ""
        if word.kind == "quoted":
            return self._keyed_text(field, operator, word), ""
        sign = scanner.take("==", "=", ":")
        if not sign:
            if key:
                return Term(field.name, self._key_test(field, operator, word), key), key
            if set(word.pattern) == {"*"}:
                return Term(field.name, There()), ""
            return Term(field.name, There(), self._key(field, word.text)), ""
        key = self._key(field, word.text)
        value = self._word(field, operator, shown + word.text + sign, start)
        return Term(field.name, self._key_test(field, operator, value), key), key

    def _key_test(self, field: Field, operator: str, value: Word) -> Test:
        if value.bare and set(value.pattern) == {"*"}:
            return There()
        # A page=2 is not to find 20; of a header a part is what people know.
        exact = operator == "=" or (operator == ":" and field.name == "param")
        return self.whole(value) if exact else self.part(value)

    def _keyed_text(self, field: Field, operator: str, word: Word) -> Term:
        name, sign, value = re.match(r"([^:=]*)([:=]?)(.*)", word.text, re.DOTALL).groups()  # type: ignore[union-attr]
        if field.name == "param" or _TOKEN.fullmatch(name.strip()):
            if not sign:
                return Term(field.name, There(), self._key(field, name))
            rest = word._replace(text=value.strip())
            if not rest.text:
                return Term(field.name, There(), self._key(field, name.strip()))
            return Term(field.name, self._key_test(field, operator, rest), self._key(field, name.strip()))
        return Term(field.name, self.part(word))

    def _key(self, field: Field, key: str) -> str:
        return key if field.name == "param" else fold(key)

    # Words of a list

    def _flag(self, field: Field, operator: str, word: Word, shown: str, start: int) -> Term:
        text = fold(word.text).replace("-", "_")
        if text not in field.values:
            text = _FLAG_NAMES.get(text, text)
        if operator not in (":", "=") or text not in field.values:
            raise self._unknown(field, word, shown, text)
        return Term(field.name, Is(text))

    # Numbers

    def _number(self, field: Field, operator: str, word: Word, shown: str) -> Term:
        text = word.text.strip()
        for sign in ("<=", ">=", "==", "<", ">", "="):  # status:200,>=500
            if operator == ":" and text.startswith(sign):
                operator, text = sign, text.removeprefix(sign).lstrip()
                break
        name, given = field.stands_for or (field.name, None)
        if given:
            if operator not in (":", "="):
                raise self._scanner.error(
                    f"{field.name} compares already.", f"For example {field.example}", word.start - 1, word.end
                )
            return Term(name, _compared(given, self._interval(field, word, text)))
        if operator == "~":
            raise self._scanner.error(
                f"{field.name} is a number, in which no text is looked for.",
                EXPECTED[field.kind],
                word.start - 1,
                word.end,
            )
        if operator in _COMPARISONS and operator not in ("=", "=="):
            return Term(name, _compared(_COMPARISONS[operator], self._interval(field, word, text)))
        if text == "*":
            return Term(name, There())
        if ".." in text:
            return Term(name, self._range(field, word, *text.split("..", 1)))
        if field.kind in ("status", "number") and (dash := re.fullmatch(r"([0-9]+)-([0-9]+)", text)):
            return Term(name, self._range(field, word, dash[1], dash[2]))
        if field.kind == "moment" and is_relative(text):
            return Term(name, _compared(">=", self._interval(field, word, text)))
        return Term(name, _compared("=", self._interval(field, word, text)))

    def _range(self, field: Field, word: Word, first: str, last: str) -> Test:
        low = self._interval(field, word, first.strip())[0] if first.strip() else None
        high = self._interval(field, word, last.strip())[1] if last.strip() else None
        if low is None and high is None:
            raise self._scanner.error("The range has no ends.", EXPECTED[field.kind], word.start, word.end)
        if low is None or high is None:
            return Compares("<=", high or 0.0) if low is None else Compares(">=", low)
        if low > high:
            raise self._scanner.error(
                "The range begins behind its end.", f"Write {last.strip()}..{first.strip()}.", word.start, word.end
            )
        return Between(low, high)

    def _interval(self, field: Field, word: Word, text: str) -> Interval:
        found = interval(field.kind, text, self._now)
        if found is None:
            at = word.start + max(word.text.find(text), 0)
            end = at + len(text) if word.bare and text else word.end
            if unit := unknown_unit(field.kind, text):
                message = f"{quoted(unit)} is no unit of {field.name}."
                at = end - len(unit)
            elif not text:
                message = f"A number is missing for {field.name}."
            else:
                message = f"{quoted(text)} is no value of {field.name}."
            raise self._scanner.error(message, EXPECTED[field.kind], at, end)
        return found


def _ascii_name(host: str) -> str:
    """As it is in the record (RFC 5891); empty for what is no name."""
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        return ""


def _is_regex(text: str) -> bool:
    return _REGEX_SIGNS.search(text) is not None and not any(map(str.isspace, text))


def _compared(operator: Operator, interval: Interval) -> Test:
    low, high = interval
    if operator == "=":
        return Compares("=", low) if low == high else Between(low, high)
    return Compares(operator, low if operator in ("<", ">=") else high)


def _wild(pattern: str, around: str = "") -> Like | There | None:
    """None: there is no star and no question mark in it. Stars that follow each other are one."""
    if _WILD.match(pattern) is None:
        return None
    pattern = _STARS.sub(r"\1*", around + pattern + around)
    return There() if pattern == "*" else Like(pattern)
