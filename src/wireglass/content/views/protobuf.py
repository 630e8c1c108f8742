"""The view ``protobuf``."""

from __future__ import annotations

from wireglass.content.grpc import method_of
from wireglass.content.views import Body, View, ViewError

_TYPES = frozenset({
    "application/protobuf", "application/x-protobuf", "application/vnd.google.protobuf", "application/proto",
    "application/x-google-protobuf",
})  # fmt: skip


class ProtobufView:
    """Protobuf messages: with names where descriptors are known (`wireglass protos`), else by field number."""

    name = "protobuf"

    def fits(self, body: Body) -> int:
        return 7 if body.type in _TYPES or body.type.endswith("+protobuf") else 0

    def render(self, body: Body) -> View:
        # All views are loaded for any body.
        from wireglass.content.protobuf import as_text
        from wireglass.content.protobuf_wire import NotProtobuf

        type, notes = _named_type(body), []
        if type and body.names is not None and body.whole:
            try:
                if named := body.names.decode(type, body.data):
                    return View(named.text, {"message": named.type}, [named.note] if named.note else [])
            except NotProtobuf as error:
                notes.append(f"{error}: shown by field number")
        try:
            text = as_text(body.data, whole=body.whole)
        except NotProtobuf as error:
            raise ViewError(f"it is no Protobuf message ({error})") from error
        return View(text.text, {}, notes + text.notes)


def _named_type(body: Body) -> str:
    """By Content-Type (``messageType`` of Prometheus and others, ``proto`` of Google's), else by the method that the
    URL names: Connect and Twirp send one message as it is."""
    said = body.parameters.get("messagetype") or body.parameters.get("proto") or ""
    if said or body.names is None:
        return said
    return body.names.message_of(method_of(body.url), body.side)


view = ProtobufView()
