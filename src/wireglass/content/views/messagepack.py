"""The view ``messagepack``."""

from __future__ import annotations

from wireglass.content.bounded import Full, Text
from wireglass.content.views import OUTPUT_LIMIT, Body, View, ViewError
from wireglass.content.views.body_text import CUT, start_note
from wireglass.content.views.notation import MOST_ITEMS, Pairs, Tagged, write

_TYPES = frozenset(
    {"application/msgpack", "application/x-msgpack", "application/vnd.msgpack", "application/messagepack"}
)


class MessagePackView:
    """MessagePack (application/msgpack, x-msgpack, vnd.msgpack); keys in their order, duplicates kept."""

    name = "messagepack"

    def fits(self, body: Body) -> int:
        return 5 if body.type in _TYPES or body.type.endswith("+msgpack") else 0

    def render(self, body: Body) -> View:
        import msgpack

        size = len(body.data)

        def unpacker() -> msgpack.Unpacker:
            one = msgpack.Unpacker(
                max_buffer_size=max(size, 1),
                object_pairs_hook=Pairs,
                strict_map_key=False,
                unicode_errors="backslashreplace",
                ext_hook=lambda code, data: Tagged(f"ext {code}", data),
                timestamp=0,
            )
            one.feed(body.data)
            return one

        notes = start_note(body)
        out = Text(OUTPUT_LIMIT)
        items = 0
        looking, taking = unpacker(), unpacker()
        try:
            while looking.tell() < size or not items:
                if items == MOST_ITEMS:
                    notes.append(f"the first {MOST_ITEMS} items are shown")
                    break
                # Memory is taken for as many items as an array announces, and arrays can be nested a thousand deep:
                # stepping over a value first, which takes none, makes sure that they are there.
                looking.skip()
                write(taking.unpack(), out)
                out.add("\n")
                items += 1
        except Full:
            notes.append(CUT)
        except msgpack.OutOfData as error:
            _stop(f"byte {size}: it ends inside a value", items, notes, error)
        # ValueError: bounds, format; the others: an array deeper than 1024, one too large for the memory
        except (ValueError, RecursionError, MemoryError) as error:
            reason = _REASONS.get(type(error).__name__) or str(error) or type(error).__name__
            _stop(f"byte {looking.tell()}: {reason}", items, notes, error)
        return View(str(out).rstrip("\n"), {"items": str(items)} if items > 1 else {}, notes)


_REASONS = {"FormatError": "no value begins with this byte", "StackError": "it is nested deeper than 1024 levels"}
"""msgpack raises them without a word."""


def _stop(reason: str, items: int, notes: list[str], error: Exception) -> None:
    if not items:
        raise ViewError(f"it is not MessagePack: {reason}") from error
    notes.append(f"after {items} items: not MessagePack: {reason}")


view = MessagePackView()
