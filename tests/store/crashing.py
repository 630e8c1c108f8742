"""A writer to be killed: ``python -m tests.store.crashing FOLDER`` submits batches without end, from the first that is
not committed, and prints the number of each when it is done. With a second argument, what has ended is deleted all the
while but for so many exchanges."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from tests.store.recording import closed, opened

from wireglass.model import RESPONSE, Batch, Message, Part, Retention
from wireglass.store import Store, open_store

RUN = 1
STREAM = 5
"""Batches over which a stream goes: opened, three parts, closed."""


def piece(seq: int) -> bytes:
    return b"%06d" % seq * 5_000


def key(seq: int, number: int) -> int:
    return RUN << 40 | seq << 4 | number


def batch(seq: int) -> Batch:
    """Two whole exchanges, one with a body that becomes a file, and a piece of a stream."""
    messages: list[Message] = [closed(key(seq, 1), b"", b"%d" % seq), closed(key(seq, 2), b"", piece(seq) * 3)]
    first = seq - seq % STREAM
    stream = key(first, 3)
    if seq == first:
        messages.append(opened(stream))
    elif seq == first + STREAM - 1:
        messages.append(closed(stream, b"", piece(seq), before=(0, len(piece(seq)) * (seq - first - 1))))
    else:
        messages.append(Part(stream, RESPONSE, piece(seq)))
    return Batch(RUN, seq, messages)


def main(folder: Path, keep: int | None) -> None:
    store = open_store(folder, lambda message: print(message, flush=True))
    sessions: tuple[int, ...] = ()
    if keep is not None:
        store.end_left_sessions()
        sessions = (store.start_session("killed", "proxy").id,)
        threading.Thread(target=delete, args=(store, Retention(count=keep)), daemon=True).start()
    room = threading.Semaphore(20)
    seq = store.last_seq(RUN)
    while True:
        seq += 1
        room.acquire()

        def done(seq: int = seq) -> None:
            print(seq, flush=True)
            room.release()

        store.submit(batch(seq), sessions, done)


def delete(store: Store, retention: Retention) -> None:
    while True:
        store.prune(retention)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else None)
