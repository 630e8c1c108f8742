import { foldService, StreamLanguage } from "@codemirror/language";
import type { EditorState, Extension } from "@codemirror/state";

/** The indented text of the server's views: GraphQL, and what Protobuf, gRPC, MessagePack and CBOR say. */
const LANGUAGE = StreamLanguage.define({
  name: "notation",
  token(stream) {
    if (stream.eatSpace()) return null;
    if (stream.sol() && stream.match("#")) {
      stream.skipToEnd();
      return "meta";
    }
    if (stream.match(/^#.*/) || stream.match(/^\/\*.*?\*\//)) return "comment";
    if (stream.match(/^h?'[^']*'/)) return "string";
    if (stream.match(/^"(?:[^"\\]|\\.)*"?/)) return stream.match(/^\s*:/, false) ? "propertyName" : "string";
    if (stream.match(/^-?(?:0x[\da-f]+|\d+(?:\.\d+)?(?:e[+-]?\d+)?)\b/i)) {
      return stream.match(/^\s*(?:[:{]|$)/, false) && stream.match(/^\s*[:{]/, false) ? "propertyName" : "number";
    }
    if (stream.match(/^(?:query|mutation|subscription|fragment|on|true|false|null|NaN|-?Infinity)\b(?!\s*:)/)) {
      return "keyword";
    }
    if (stream.match(/^[$@]\w+/)) return "atom";
    if (stream.match(/^[\w.[\]/-]+/)) return stream.match(/^\s*[:{]/, false) ? "propertyName" : null;
    stream.next();
    return null;
  },
});

/** From the end of a line to the end of what stands deeper below it. */
export function foldAt(state: EditorState, from: number): { from: number; to: number } | null {
  const line = state.doc.lineAt(from);
  const depth = indentation(line.text);
  let last = line;
  for (let next = line.number + 1; next <= state.doc.lines; next += 1) {
    const one = state.doc.line(next);
    if (one.text.trim() === "") continue;
    if (indentation(one.text) <= depth) break;
    last = one;
  }
  return last === line ? null : { from: line.to, to: last.to };
}

function indentation(text: string): number {
  return text.trim() === "" ? Number.POSITIVE_INFINITY : text.search(/\S/);
}

export function notation(): Extension {
  return [LANGUAGE, foldService.of((state, from) => foldAt(state, from))];
}
