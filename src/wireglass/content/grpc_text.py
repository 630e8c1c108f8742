"""One message of a call as text for people."""

from __future__ import annotations

from typing import NamedTuple

from wireglass.content import protobuf
from wireglass.content.grpc import Dialect
from wireglass.content.protobuf_names import Names
from wireglass.content.protobuf_wire import NotProtobuf
from wireglass.content.stream import Piece, StreamMessage
from wireglass.content.text import as_text
from wireglass.model import Side


class MessageText(NamedTuple):
    text: str
    type: str
    """Full name of the Protobuf message; empty where it is not known."""
    notes: list[str]


def message_text(
    message: Piece | StreamMessage,
    dialect: Dialect,
    method: str,
    side: Side,
    names: Names | None,
    limit: int = protobuf.OUTPUT_LIMIT,
) -> MessageText:
    """With names where ``names`` knows the method (``/package.Service/Method``), else by field number; text that is not
    Protobuf (trailers, the codec JSON) as it is, and bytes that are neither escaped. Notes say why it is not all, or
    not as it should be."""
    notes = [message.note] if message.note else []
    whole = not 0 <= len(message.data) < message.size
    if message.kind != "message" or dialect.codec not in ("proto", "protobuf"):
        text = as_text(message.data, "", "utf-8")
        if text is not None and len(text) > limit:
            text = text[:limit]
            notes.append(f"the first {limit} characters")
        return MessageText(protobuf.literal(message.data) if text is None else text.rstrip("\r\n"), "", notes)
    type = names.message_of(method, side) if names is not None else ""
    if type and whole and names is not None:
        try:
            if named := names.decode(type, message.data, limit):
                return MessageText(named.text, type, [*notes, named.note] if named.note else notes)
        except NotProtobuf as error:
            notes.append(f"{error}: shown by field number")
    try:
        decoded = protobuf.as_text(message.data, whole=whole, limit=limit)
    except NotProtobuf as error:
        return MessageText(protobuf.literal(message.data), "", [*notes, f"no Protobuf message ({error})"])
    return MessageText(decoded.text, "", notes + decoded.notes)
