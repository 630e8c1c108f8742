"""The view ``cbor``."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

from wireglass.content.bounded import Full, Text
from wireglass.content.views import DEPTH_LIMIT, OUTPUT_LIMIT, Body, View, ViewError
from wireglass.content.views.body_text import CUT, start_note
from wireglass.content.views.notation import MOST_ITEMS, Pairs, Tagged, write

# cbor2 makes Python objects of these: dates, regular expressions that it compiles, references that can be circular.
# What was sent is shown in their place. Big numbers (2, 3) stay numbers, and 55799 ("this is CBOR") stays away.
_SENT = (0, 1, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000)


class CborView:
    """CBOR (application/cbor, *+cbor, cbor-seq) in diagnostic notation, tags as they were sent."""

    name = "cbor"

    def fits(self, body: Body) -> int:
        return 5 if body.type in ("application/cbor", "application/cbor-seq") or body.type.endswith("+cbor") else 0

    def render(self, body: Body) -> View:
        import cbor2

        source = BytesIO(body.data)
        end = len(body.data)
        notes = start_note(body)

        def decoder(*, twice: bool) -> cbor2.CBORDecoder:
            # One byte at a time, so that the source stands where the item ended.
            return cbor2.CBORDecoder(
                source, semantic_decoders=_TAGS, max_depth=DEPTH_LIMIT, read_size=1, allow_duplicate_keys=twice
            )

        out = Text(OUTPUT_LIMIT)
        items = 0
        strict = decoder(twice=False)
        try:
            while source.tell() < end or not items:
                if items == MOST_ITEMS:
                    notes.append(f"the first {MOST_ITEMS} items are shown")
                    break
                at = source.tell()
                try:
                    value = strict.decode()
                except cbor2.CBORDecodeError as error:
                    if "uplicate" not in str(error):
                        raise
                    source.seek(at)
                    value = decoder(twice=True).decode()
                    strict = decoder(twice=False)
                    notes.append("a key occurs twice in a map: the last of its values is shown")
                write(_shown(value), out)
                out.add("\n")
                items += 1
        except Full:
            notes.append(CUT)
        except cbor2.CBORDecodeError as error:
            reason = f"it is not CBOR: byte {source.tell()}: {error}"
            if not items:
                raise ViewError(reason) from error
            notes.append(f"after {items} items: {reason}")
        return View(str(out).rstrip("\n"), {"items": str(items)} if items > 1 else {}, notes)


def _sent(tag: int) -> Callable[[Any, bool], Any]:
    return lambda value, _immutable: Tagged(tag, value)


_TAGS = {tag: _sent(tag) for tag in _SENT}


def _shown(value: Any) -> Any:
    """With maps and tags as ``notation`` knows them. The depth is bounded by the decoder."""
    import cbor2

    if isinstance(value, (list, tuple)):
        return [_shown(one) for one in value]
    if isinstance(value, (dict, cbor2.frozendict)):
        return Pairs([(_shown(key), _shown(one)) for key, one in value.items()])
    if isinstance(value, cbor2.CBORTag):
        return Tagged(value.tag, _shown(value.value))
    if isinstance(value, Tagged):
        return Tagged(value.tag, _shown(value.value))
    if isinstance(value, cbor2.CBORSimpleValue):
        return Tagged("simple", value.value)
    return value


view = CborView()
