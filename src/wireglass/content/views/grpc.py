"""The view ``grpc``."""

from __future__ import annotations

from wireglass.content.bounded import Full, Text
from wireglass.content.grpc import Frames, dialect, method_of
from wireglass.content.views import OUTPUT_LIMIT, Body, View, ViewError
from wireglass.content.views.body_text import CUT, start_note


class GrpcView:
    """gRPC, gRPC-Web and Connect streams: each message decoded, with names where descriptors are known."""

    name = "grpc"

    def fits(self, body: Body) -> int:
        return 8 if dialect(body.type) else 0

    def render(self, body: Body) -> View:
        from wireglass.content.grpc_text import message_text  # all views are loaded for any body

        found = dialect(body.type)
        if found is None:
            raise ViewError(f"its Content-Type is {body.type or 'missing'}, and no kind of gRPC")
        method = method_of(body.url)
        frames = Frames(found, body.headers)
        pieces = frames.feed(body.data) + frames.end()
        if pieces and all(piece.kind == "binary" for piece in pieces):
            raise ViewError(pieces[0].note)
        out = Text(OUTPUT_LIMIT)
        notes = start_note(body)
        count = 0
        try:
            for piece in pieces:
                count += piece.kind == "message"
                title = f"message {count}" if piece.kind == "message" else piece.kind
                text = message_text(piece, found, method, body.side, body.names)
                says = ", ".join(filter(None, (f"{max(len(piece.data), piece.size)} bytes", text.type, *text.notes)))
                out.add(f"# {title}: {says}\n", text.text, "\n" if text.text else "", "\n")
        except Full:
            notes.append(CUT)
        return View(str(out).rstrip("\n"), {"method": method, "messages": str(count)}, notes)


view = GrpcView()
