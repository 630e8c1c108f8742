"""The view ``xml``."""

from __future__ import annotations

from xml.parsers import expat

from wireglass.content.bounded import Full, Text
from wireglass.content.text import as_text
from wireglass.content.views import DEPTH_LIMIT, LOOK, OUTPUT_LIMIT, Body, View, ViewError
from wireglass.content.views.body_text import CUT, start_note

_INDENT = "  "


class XmlView:
    """XML (application/xml, text/xml, *+xml), indented; entities of its own are refused, others' files never read."""

    name = "xml"

    def fits(self, body: Body) -> int:
        if body.type in ("application/xml", "text/xml") or body.type.endswith("+xml"):
            return 5
        if body.type in ("", "text/plain", "application/octet-stream"):
            return 2 if body.data[:LOOK].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml ") else 0
        return 0

    def render(self, body: Body) -> View:
        out = Text(OUTPUT_LIMIT)
        notes = start_note(body)
        writer = _Writer(out)
        # A byte order mark and the charset of Content-Type go before the document's own word (RFC 7303 3).
        charset = body.parameters.get("charset", "").lower()
        text = as_text(body.data, "", charset) if charset or body.data[:2] in (b"\xff\xfe", b"\xfe\xff") else None
        parser = expat.ParserCreate("utf-8" if text is not None else None)
        writer.listen_to(parser)
        try:
            data = body.data if text is None else text.removeprefix("\ufeff").encode("utf-8", "replace")
            parser.Parse(data, body.whole)
            writer.finish()
        except Full:
            notes.append(CUT)
        except expat.ExpatError as error:
            # expat counts columns in bytes and from 0
            where = f"line {error.lineno}, byte {error.offset + 1}"
            raise ViewError(f"it is not well-formed XML: {where}: {expat.ErrorString(error.code)}") from error
        except (ValueError, LookupError) as error:  # an encoding that Python has under no such name
            raise ViewError(f"it is not well-formed XML: {error}") from error
        return View(str(out), notes=notes)


class _Writer:
    """Expat's events as indented text. An element with nothing but text stays on one line."""

    def __init__(self, out: Text) -> None:
        self._out = out
        self._opened: list[str] = []
        self._text: list[str] = []
        self._began = ""
        """The start tag that is not written yet: it may turn out to be empty."""
        self._literal = False

    def listen_to(self, parser: expat.XMLParserType) -> None:
        parser.ordered_attributes = True
        parser.buffer_text = False
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._entity
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.CommentHandler = self._comment
        parser.ProcessingInstructionHandler = self._instruction
        parser.StartCdataSectionHandler = self._cdata
        parser.EndCdataSectionHandler = self._end_cdata

    def finish(self) -> None:
        """Write what a body that was cut off has left behind."""
        if self._began:
            self._out.add(_INDENT * (len(self._opened) - 1), self._began, ">")
            self._began = ""
        if text := "".join(self._text).strip():
            self._out.add(text)

    def _declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        name = f' encoding="{encoding}"' if encoding else ""
        alone = "" if standalone < 0 else f' standalone="{"yes" if standalone else "no"}"'
        self._out.add(f'<?xml version="{version}"{name}{alone}?>\n')

    def _doctype(self, name: str, system: str | None, public: str | None, internal: bool) -> None:
        where = f' PUBLIC "{public}" "{system}"' if public else f' SYSTEM "{system}"' if system else ""
        self._out.add(f"<!DOCTYPE {name}{where}{' [...]' if internal else ''}>\n")

    def _entity(self, name: str, *_: object) -> None:
        """Ten entities of ten entities each make a billion words; APIs have no use for them."""
        raise ViewError(f"it declares the entity {name[:100]!r}, and entities are not expanded here")

    def _start(self, name: str, attributes: list[str]) -> None:
        self._flush_start()
        if len(self._opened) == DEPTH_LIMIT:
            raise ViewError(f"it is nested deeper than {DEPTH_LIMIT} levels")
        pairs = zip(attributes[::2], attributes[1::2], strict=True)
        self._began = f"<{name}" + "".join(f' {key}="{_attribute(value)}"' for key, value in pairs)
        self._opened.append(name)

    def _end(self, name: str) -> None:
        self._opened.pop()
        indent = _INDENT * len(self._opened)
        text = "".join(self._text).strip()
        self._text.clear()
        if self._began:
            body = f">{text}</{name}>" if text else "/>"
            self._out.add(indent, self._began, body, "\n")
            self._began = ""
            return
        if text:
            self._out.add(indent, _INDENT, text, "\n")
        self._out.add(indent, "</", name, ">\n")

    def _characters(self, data: str) -> None:
        self._text.append(data if self._literal else data.replace("&", "&amp;").replace("<", "&lt;"))

    def _comment(self, data: str) -> None:
        self._flush_start()
        self._out.add(_INDENT * len(self._opened), "<!--", data, "-->\n")

    def _instruction(self, target: str, data: str) -> None:
        self._flush_start()
        self._out.add(_INDENT * len(self._opened), f"<?{target} {data}".rstrip(), "?>\n")

    def _cdata(self) -> None:
        self._literal = True
        self._text.append("<![CDATA[")

    def _end_cdata(self) -> None:
        self._literal = False
        self._text.append("]]>")

    def _flush_start(self) -> None:
        """Something follows inside the element: its start tag and the text before go on lines of their own."""
        if self._began:
            self._out.add(_INDENT * (len(self._opened) - 1), self._began, ">\n")
            self._began = ""
        if text := "".join(self._text).strip():
            self._out.add(_INDENT * len(self._opened), text, "\n")
        self._text.clear()


def _attribute(value: str) -> str:
    value = value.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return value.replace("\n", "&#10;").replace("\t", "&#9;").replace("\r", "&#13;")


view = XmlView()
