"""An indexer to be killed: ``python -m tests.store.search.indexing FOLDER`` indexes in small steps, and prints how many
changes are left after each."""

from __future__ import annotations

import sys
from pathlib import Path

from wireglass.store import Indexer
from wireglass.store.search import indexer

STEP = 5


def main(folder: Path) -> None:
    indexer.CHANGES = STEP
    running = Indexer(folder)
    while True:
        left = running.catch_up(0).changes
        print(left, flush=True)
        if not left:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]))
