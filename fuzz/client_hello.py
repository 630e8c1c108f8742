"""Fuzzes the ClientHello reader: ``python fuzz/client_hello.py [SECONDS]``, ten by default.

The invariant: any bytes are a hello, a wait for more, or a ProtocolError; never another error, and what a prefix says
is final. Prints the seed of a failure and the bytes.
"""

from __future__ import annotations

import random
import ssl
import sys
import time

from wireglass.errors import ProtocolError
from wireglass.wire.client_hello import ClientHello, read_client_hello


def real_hello() -> bytes:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    out = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname="example.com").do_handshake()
    except ssl.SSLWantReadError:
        return out.read()
    raise AssertionError("a handshake without a server ended")


def outcome(data: bytes) -> ClientHello | str | None:
    try:
        return read_client_hello(data)
    except ProtocolError as error:
        return error.message


def mutated(data: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(changed))
        match dice.randrange(4):
            case 0:
                changed[at] = dice.choice((0, 1, 3, 0x16, 0x7F, 0xFF, dice.randrange(256)))
            case 1:
                del changed[at : at + dice.randint(1, 8)]
            case 2:
                changed[at:at] = dice.randbytes(dice.randint(1, 8))
            case _:
                changed[at:at] = changed[at : at + dice.randint(1, 80)]
        changed = changed or bytearray(data)
    return bytes(changed)


def main(seconds: float) -> None:
    hello = real_hello()
    end = time.monotonic() + seconds
    seed = 0
    while time.monotonic() < end:
        dice = random.Random(seed)
        data = mutated(hello, dice)
        try:
            whole = outcome(data)
            part = outcome(data[: dice.randrange(len(data) + 1)])
            assert part in (None, whole), f"a prefix says {part!r}, the whole {whole!r}"
        except Exception:
            print(f"seed {seed}: {data.hex()}")
            raise
        seed += 1
    print(f"{seed} inputs, all well")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
