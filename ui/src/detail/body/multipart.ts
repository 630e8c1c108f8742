export interface Part {
  headers: Array<readonly [string, string]>;
  name: string;
  /** Empty where it is none. */
  file: string;
  /** Media type, lower case; empty where none is said. */
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
}

export interface Multipart {
  parts: Part[];
  /** False: the closing boundary is missing. */
  isWhole: boolean;
}

const MOST_PARTS = 500;

/** The boundary that a Content-Type names; empty where it names none. */
export function boundaryOf(contentType: string): string {
  const found = /;\s*boundary\s*=\s*(?:"([^"]+)"|([^\s;]+))/i.exec(contentType);
  return found?.[1] ?? found?.[2] ?? "";
}

/** The parts of a multipart body (RFC 2046 5.1), at most `MOST_PARTS`. */
export function partsOf(bytes: ArrayBuffer, boundary: string): Multipart {
  // One character for each byte, so that places in it are places in the bytes.
  const text = new TextDecoder("latin1").decode(bytes);
  const mark = `--${boundary}`;
  const parts: Part[] = [];
  let begin = -1; // behind the line of the delimiter before
  for (let at = text.indexOf(mark); at >= 0 && parts.length < MOST_PARTS; at = text.indexOf(mark, at + 1)) {
    if (at > 0 && text[at - 1] !== "\n") continue;
    const tail = /^(--)?[ \t]*(?:\r?\n|$)/.exec(text.slice(at + mark.length, at + mark.length + 80));
    if (!tail) continue;
    if (begin >= 0) parts.push(part(bytes, text, begin, at - (text[at - 2] === "\r" ? 2 : 1)));
    if (tail[1]) return { parts, isWhole: true };
    begin = at + mark.length + tail[0].length;
  }
  if (begin >= 0 && parts.length < MOST_PARTS) parts.push(part(bytes, text, begin, text.length));
  return { parts, isWhole: false };
}

function part(bytes: ArrayBuffer, text: string, begin: number, end: number): Part {
  const stop = Math.max(begin, end);
  // Without headers the empty line comes at once. Looked for in this part alone: each of many looking through all that is
  // behind it would take minutes.
  const from = Math.max(0, begin - 2);
  const found = /\r?\n\r?\n/.exec(text.slice(from, stop));
  const headEnd = found ? Math.max(begin, from + found.index) : stop;
  const bodyBegin = found ? from + found.index + found[0].length : stop;
  // Browsers send names in UTF-8 (RFC 7578 5.1).
  const head = new TextDecoder().decode(new Uint8Array(bytes, begin, headEnd - begin));
  const headers = head
    .split(/\r?\n/)
    .filter((line) => line.includes(":"))
    .map((line) => [line.slice(0, line.indexOf(":")).trim(), line.slice(line.indexOf(":") + 1).trim()] as const);
  const said = (name: string) => headers.find(([one]) => one.toLowerCase() === name)?.[1] ?? "";
  const disposition = said("content-disposition");
  return {
    headers,
    name: parameter(disposition, "name"),
    file: parameter(disposition, "filename"),
    type: (said("content-type").split(";")[0] ?? "").trim().toLowerCase(),
    bytes: new Uint8Array(bytes, bodyBegin, Math.max(0, stop - bodyBegin)),
  };
}

function parameter(value: string, name: string): string {
  const found = new RegExp(`;\\s*${name}\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;]+))`, "i").exec(value);
  return found?.[1]?.replace(/\\(["\\])/g, "$1") ?? found?.[2] ?? "";
}
