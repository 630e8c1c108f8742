"""What a WebSocket client may do to a server: the list of cases of the Autobahn test suite, sections 1 to 7, 9, 12 and
13 (its numbers are the ids here), each as the bytes to send. The list is theirs; the behaviour is written here.

Where theirs wait a second between two frames, these go on at once; where theirs send a thousand messages, these send
``MESSAGES``; and no message is larger than ``LARGEST``.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator
from typing import NamedTuple

TEXT, BINARY, CLOSE, PING, PONG, CONT = 1, 2, 8, 9, 10, 0
MESSAGES = 10
LARGEST = 1 << 20
_KEY = b"\x37\xfa\x21\x3d"


class Case(NamedTuple):
    id: str
    writes: list[bytes]
    """What is sent, in one segment each where the case asks for it."""
    offer: str = ""
    """Sec-WebSocket-Extensions of the client."""


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0) -> bytes:
    """A masked frame (RFC 6455 5.2)."""
    size = len(payload)
    if size < 126:
        head = bytes([0x80 | size])
    elif size < 65_536:
        head = b"\xfe" + size.to_bytes(2, "big")
    else:
        head = b"\xff" + size.to_bytes(8, "big")
    key = (_KEY * (size // 4 + 1))[:size]
    masked = (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")
    return bytes([0x80 * fin | rsv << 4 | opcode]) + head + _KEY + masked


def close(code: int = 1000, reason: bytes = b"") -> bytes:
    return frame(CLOSE, code.to_bytes(2, "big") + reason)


def fragmented(opcode: int, payload: bytes, size: int, rsv: int = 0) -> list[bytes]:
    parts = [payload[at : at + size] for at in range(0, len(payload), size)] or [b""]
    last = len(parts) - 1
    return [
        frame(CONT if number else opcode, part, fin=number == last, rsv=0 if number else rsv)
        for number, part in enumerate(parts)
    ]


def chopped(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def _sizes() -> Iterator[Case]:
    for section, opcode, unit in ((1, TEXT, b"*"), (2, BINARY, b"\xfe")):
        for number, size in enumerate((0, 125, 126, 127, 128, 65_535, 65_536), 1):
            yield Case(f"1.{section}.{number}", [frame(opcode, unit * size)])
        yield Case(f"1.{section}.8", chopped(frame(opcode, unit * 65_536), 997))


def _pings() -> Iterator[Case]:
    yield Case("2.1", [frame(PING)])
    yield Case("2.2", [frame(PING, b"Hello, world!")])
    yield Case("2.3", [frame(PING, b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff")])
    yield Case("2.4", [frame(PING, b"\xfe" * 125)])
    yield Case("2.5", [frame(PING, b"\xfe" * 126)])
    yield Case("2.6", chopped(frame(PING, b"\xfe" * 125), 1))
    yield Case("2.7", [frame(PONG), close()])
    yield Case("2.8", [frame(PONG, b"unsolicited pong payload"), close()])
    yield Case("2.9", [frame(PONG, b"unsolicited pong payload"), frame(PING, b"ping payload")])
    pings = [frame(PING, b"payload-%d" % number) for number in range(10)]
    yield Case("2.10", pings)
    yield Case("2.11", chopped(b"".join(pings), 1))


def _reserved_bits() -> Iterator[Case]:
    hello, ping = frame(TEXT, b"Hello, world!"), frame(PING)
    yield Case("3.1", [frame(TEXT, b"Hello, world!", rsv=1)])
    yield Case("3.2", [hello, frame(TEXT, b"Hello, world!", rsv=2) + ping])
    yield Case("3.3", [hello, frame(TEXT, b"Hello, world!", rsv=3), ping])
    yield Case("3.4", chopped(hello + frame(TEXT, b"Hello, world!", rsv=4) + ping, 1))
    yield Case("3.5", [frame(BINARY, b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", rsv=5)])
    yield Case("3.6", [frame(PING, b"Hello, world!", rsv=6)])
    yield Case("3.7", [frame(CLOSE, rsv=7)])


def _opcodes() -> Iterator[Case]:
    hello, ping = frame(TEXT, b"Hello, world!"), frame(PING)
    for section, first in ((1, 3), (2, 11)):
        yield Case(f"4.{section}.1", [frame(first)])
        yield Case(f"4.{section}.2", [frame(first + 1, b"reserved opcode payload")])
        yield Case(f"4.{section}.3", [hello, frame(first + 2), ping])
        yield Case(f"4.{section}.4", [hello, frame(first + 3, b"Hello, world!"), ping])
        yield Case(f"4.{section}.5", chopped(hello + frame(first + 4, b"Hello, world!") + ping, 1))


def _fragments() -> Iterator[Case]:
    one, two = b"fragment1", b"fragment2"
    ping = frame(PING, b"ping payload")
    yield Case("5.1", [frame(PING, one, fin=False), frame(CONT, two)])
    yield Case("5.2", [frame(PONG, one, fin=False), frame(CONT, two)])
    parts = [frame(TEXT, one, fin=False), frame(CONT, two)]
    yield from _three_ways("5", 3, parts)
    yield from _three_ways("5", 6, [parts[0], ping, parts[1]])
    lost = b"non-continuation payload"
    yield from _three_ways("5", 9, [frame(CONT, lost), frame(TEXT, b"Hello, world!")])
    yield from _three_ways("5", 12, [frame(CONT, lost, fin=False), frame(TEXT, b"Hello, world!")])
    yield Case("5.15", [*parts, frame(CONT, b"fragment3", fin=False), frame(TEXT, b"fragment4")])
    for number, fin in ((16, False), (17, True)):
        again = [frame(CONT, one, fin=fin), frame(TEXT, two, fin=False), frame(CONT, b"fragment3")]
        yield Case(f"5.{number}", again * 2)
    yield Case("5.18", [frame(TEXT, one, fin=False), frame(TEXT, two)])
    five = fragmented(TEXT, b"fragment1fragment2fragment3fragment4fragment5", 9)
    mixed = [*five[:2], frame(PING, b"pongme 1!"), *five[2:4], frame(PING, b"pongme 2!"), five[4]]
    yield Case("5.19", [b"".join(mixed)])
    yield Case("5.20", mixed)


def _three_ways(section: str, first: int, frames: list[bytes]) -> Iterator[Case]:
    """At once, frame by frame, byte by byte."""
    whole = b"".join(frames)
    for number, writes in enumerate(([whole], frames, chopped(whole, 1)), first):
        yield Case(f"{section}.{number}", writes)


GREEK = bytes.fromhex("cebae1bdb9cf83cebcceb5")
HELLO = "Hello-µ@ßöäüàá-UTF-8!!".encode()
EDITED = b"edited"

# Markus Kuhn's "UTF-8 decoder capability and stress test" in hexadecimal, by the suite's sections.
UTF8 = {
    5: [*((b"hello%bworld" % sign.encode()).hex() for sign in "$¢€𤭢"), GREEK.hex()],
    6: [GREEK[:size].hex() for size in range(1, len(GREEK) + 1)],
    7: ["00", "c280", "e0a080", "f0908080"],
    8: ["f888808080", "fc8480808080"],
    9: ["7f", "dfbf", "efbfbf", "f48fbfbf"],
    10: ["f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf"],
    11: ["ed9fbf", "ee8080", "efbfbd", "f48fbfbf", "f4908080"],
    12: ["80", "bf", "80bf", "80bf80", "80bf80bf", "80bf80bf80", "80bf80bf80bf", bytes(range(0x80, 0xBF)).hex()],
    13: [
        b"".join(bytes([byte, 0x20]) for byte in range(first, last)).hex()
        for first, last in ((0xC0, 0xDF), (0xE0, 0xEF), (0xF0, 0xF7), (0xF8, 0xFB), (0xFC, 0xFD))
    ],
    14: ["c0", "e080", "f08080", "f8808080", "fc80808080", "df", "efbf", "f7bfbf", "fbbfbfbf", "fdbfbfbfbf"],
    15: ["c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf"],
    16: ["fe", "ff", "fefeffff"],
    17: ["c0af", "e080af", "f08080af", "f8808080af", "fc80808080af"],
    18: ["c1bf", "e09fbf", "f08fbfbf", "f887bfbfbf", "fc83bfbfbfbf"],
    19: ["c080", "e08080", "f0808080", "f880808080", "fc8080808080"],
    20: ["eda080", "edadbf", "edae80", "edafbf", "edb080", "edbe80", "edbfbf"],
    21: [first + second for first in ("eda080", "edadbf", "edae80", "edafbf") for second in ("edb080", "edbfbf")],
    22: [chr(plane << 16 | 0xFFFE | last).encode().hex() for plane in range(17) for last in (0, 1)],
    23: ["efbfb9", "efbfba", "efbfbb", "efbfbc", "efbfbd", "efbfbe", "efbfbf"],
}


def _utf8() -> Iterator[Case]:
    empty, middle = frame(TEXT, fin=False), frame(CONT, fin=False)
    yield Case("6.1.1", [frame(TEXT)])
    yield Case("6.1.2", [empty, middle, frame(CONT)])
    yield Case("6.1.3", [empty, frame(CONT, b"middle frame payload", fin=False), frame(CONT)])
    yield Case("6.2.1", [frame(TEXT, HELLO)])
    yield Case("6.2.2", [frame(TEXT, HELLO[:12], fin=False), frame(CONT, HELLO[12:])])
    yield Case("6.2.3", fragmented(TEXT, HELLO, 1))
    yield Case("6.2.4", fragmented(TEXT, GREEK, 1))
    invalid = GREEK + b"\xed\xa0\x80" + EDITED
    yield Case("6.3.1", [frame(TEXT, invalid)])
    yield Case("6.3.2", fragmented(TEXT, invalid, 1))
    beyond = GREEK + b"\xf4\x90\x80\x80" + EDITED
    for number, (first, second) in enumerate(((11, 15), (12, 13)), 1):
        parts = beyond[:first], beyond[first:second], beyond[second:]
        yield Case(
            f"6.4.{number}",
            [frame(TEXT, parts[0], fin=False), frame(CONT, parts[1], fin=False), frame(CONT, parts[2])],
        )
        whole = frame(TEXT, beyond)
        head = len(whole) - len(beyond)
        yield Case(
            f"6.4.{number + 2}", [whole[: head + first], whole[head + first : head + second], whole[head + second :]]
        )
    for section, texts in UTF8.items():
        for number, text in enumerate(texts, 1):
            yield Case(f"6.{section}.{number}", [frame(TEXT, bytes.fromhex(text))])


def _closes() -> Iterator[Case]:
    hello = frame(TEXT, b"Hello World!")
    yield Case("7.1.1", [hello, close()])
    yield Case("7.1.2", [close(), frame(CLOSE)])
    yield Case("7.1.3", [close(), frame(PING)])
    yield Case("7.1.4", [close(), hello])
    yield Case("7.1.5", [frame(TEXT, b"fragment1", fin=False), close(), frame(CONT, b"fragment2")])
    yield Case("7.1.6", [frame(TEXT, b"BAsd7&jh23" * 26_214), hello, close(), frame(PING)])
    yield Case("7.3.1", [frame(CLOSE)])
    yield Case("7.3.2", [frame(CLOSE, b"a")])
    yield Case("7.3.3", [close()])
    yield Case("7.3.4", [close(reason=b"Hello World!")])
    yield Case("7.3.5", [close(reason=b"*" * 123)])
    yield Case("7.3.6", [close(reason=b"*" * 124)])
    yield Case("7.5.1", [close(reason=GREEK + b"\xed\xa0\x80" + EDITED)])
    for number, code in enumerate((1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999), 1):
        yield Case(f"7.7.{number}", [close(code)])
    for number, code in enumerate((0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999), 1):
        yield Case(f"7.9.{number}", [close(code)])
    yield Case("7.13.1", [close(5000)])
    yield Case("7.13.2", [frame(CLOSE, (65_535).to_bytes(2, "big"))])


def _limits() -> Iterator[Case]:
    kinds = ((1, TEXT, b"*"), (2, BINARY, b"\xfe"))
    for section, opcode, unit in kinds:
        for number, size in enumerate((1 << 16, 1 << 18, 1 << 20, 4 << 20, 8 << 20, 16 << 20), 1):
            yield Case(f"9.{section}.{number}", [frame(opcode, unit * min(size, LARGEST))])
    for section, opcode, unit in kinds:
        for number in range(1, 10):
            # 64 bytes to 4 MiB of 4 MiB: the same number of frames, of a message a 64th of the size.
            parts = fragmented(opcode, unit * (1 << 16), max(1, 64 * 4 ** (number - 1) // 64))
            yield Case(f"9.{section + 2}.{number}", parts if len(parts) < 5_000 else [b"".join(parts)])
    for section, opcode, unit in kinds:
        for number in range(1, 7):
            yield Case(f"9.{section + 4}.{number}", chopped(frame(opcode, unit * (1 << 18)), 64 << (number - 1)))
    for section, opcode, unit in kinds:
        for number, size in enumerate((0, 16, 64, 256, 1024, 4096), 1):
            yield Case(f"9.{section + 6}.{number}", [frame(opcode, unit * size)] * MESSAGES)


_MESSAGE_SIZES = [(size, 0) for size in (16, 64, 256, 1024, 4096, 8192, 16_384, 32_768, 65_536, 131_072)] + [
    *((size, 256) for size in (8192, 16_384, 32_768, 65_536, 131_072)),
    *((131_072, fragment) for fragment in (1024, 4096, 32_768)),
]
"""Bytes of a message, and of a fragment."""

_OFFERS = (
    "permessage-deflate",
    "permessage-deflate; client_no_context_takeover; client_max_window_bits",
    "permessage-deflate; client_max_window_bits; server_max_window_bits=9",
    "permessage-deflate; client_max_window_bits; server_max_window_bits=15",
    "permessage-deflate; client_max_window_bits; server_no_context_takeover; server_max_window_bits=9",
    "permessage-deflate; client_max_window_bits; server_no_context_takeover; server_max_window_bits=15",
    "permessage-deflate; client_max_window_bits; server_no_context_takeover; server_max_window_bits=9, "
    "permessage-deflate; client_max_window_bits; server_no_context_takeover, permessage-deflate",
)


def _payloads() -> list[tuple[int, bytes]]:
    """In the place of their files: JSON, a bitmap, a German text, a page, a file that is compressed already."""
    chance = random.Random(7)
    words = ["Habe", "nun", "ach", "Philosophie", "Juristerei", "und", "Medizin", "größer", "heißem", "Bemühn"]
    rows = [f'{{"id":{number},"name":"{chance.choice(words)}","on":true}}' for number in range(3000)]
    text = " ".join(chance.choices(words, k=20_000)).encode()
    page = "".join(f"<li><a href='/{number}'>{chance.choice(words)}</a></li>\n" for number in range(4000)).encode()
    bitmap = bytes(min(255, max(0, int(chance.gauss(128, 12)))) for _ in range(140_000))
    return [
        (TEXT, ("[" + ",".join(rows) + "]").encode("ascii", "replace")),
        (BINARY, bitmap),
        (BINARY, text),
        (TEXT, page.replace("ß".encode(), b"ss").replace("ö".encode(), b"oe").replace("ü".encode(), b"ue")),
        (BINARY, zlib.compress(text + page + bitmap, 9)),
    ]


def _compressed() -> Iterator[Case]:
    payloads = _payloads()
    for section, (opcode, data) in enumerate(payloads, 1):
        for number, (size, fragment) in enumerate(_MESSAGE_SIZES, 1):
            yield Case(f"12.{section}.{number}", _messages(opcode, data, size, fragment, reset=False), _OFFERS[0])
    opcode, data = payloads[0]
    for section, offer in enumerate(_OFFERS, 1):
        reset = "client_no_context_takeover" in offer
        for number, (size, fragment) in enumerate(_MESSAGE_SIZES, 1):
            yield Case(f"13.{section}.{number}", _messages(opcode, data, size, fragment, reset=reset), offer)


def _messages(opcode: int, data: bytes, size: int, fragment: int, *, reset: bool) -> list[bytes]:
    packer = zlib.compressobj(wbits=-15)
    frames: list[bytes] = []
    at = 0
    for _ in range(MESSAGES if size < 65_536 else 2):
        message = (data[at:] + data * (size // len(data) + 1))[:size]
        at = (at + size) % len(data)
        packed = packer.compress(message) + packer.flush(zlib.Z_SYNC_FLUSH)
        packed = packed[:-4]
        frames += fragmented(opcode, packed, fragment or len(packed), rsv=4)
        if reset:
            packer = zlib.compressobj(wbits=-15)
    return frames


def cases() -> list[Case]:
    return [
        *_sizes(),
        *_pings(),
        *_reserved_bits(),
        *_opcodes(),
        *_fragments(),
        *_utf8(),
        *_closes(),
        *_limits(),
        *_compressed(),
    ]
