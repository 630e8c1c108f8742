"""What the recorder has decided about the exchanges of a batch, where that is not the same for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

import msgspec

from wireglass.model import Reason


class Missed(msgspec.Struct, frozen=True):
    """Exchanges of one reason and host that are not kept (``model.Missing``); ``at``, ``detail`` and ``client`` are
    those of the last one."""

    session: int
    """0 where no session is concerned."""
    reason: Reason
    host: str
    count: int
    at: float
    """Unix time in seconds."""
    detail: str
    client: str


Ids: TypeAlias = tuple[int, ...]


class Verdict(NamedTuple):
    apart: Mapping[int, Ids]
    """By key: the sessions of an exchange that is first told of in this batch, instead of the batch's."""
    leaving: Mapping[int, Ids]
    """By key, of exchanges that end in this batch and were told of before: the sessions it does not stay in. One that
    then has none is deleted."""
    missed: Sequence[Missed]
    """Counted in the same transaction, so that a batch that comes twice is counted once."""
