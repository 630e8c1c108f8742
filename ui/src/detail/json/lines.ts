import {
  ARRAY,
  COUNT,
  DEPTH,
  END,
  FIELDS,
  KEY_START,
  KIND,
  NEXT,
  OBJECT,
  PARENT,
  PLACE,
  START,
  STRING,
  type Tree,
} from "./parse";

/** The lines that are seen: a node's number, or `~number` for the bracket that ends it. */
export type Lines = Int32Array<ArrayBuffer>;

export function field(tree: Tree, node: number, which: number): number {
  return tree.nodes[node * FIELDS + which] ?? -1;
}

export function isContainer(tree: Tree, node: number): boolean {
  const kind = field(tree, node, KIND);
  return kind === OBJECT || kind === ARRAY;
}

/** 1 for each node that is folded: a set of half a million numbers costs more than all of the rest. */
export type Folded = Uint8Array<ArrayBuffer>;

/** All lines but those inside of folded nodes. */
export function linesOf(tree: Tree, folded: Folded): Lines {
  const lines = new Int32Array(2 * tree.count);
  const open: number[] = [];
  let length = 0;
  let node = 0;
  for (;;) {
    for (let last = open.at(-1); last !== undefined && field(tree, last, NEXT) <= node; last = open.at(-1)) {
      lines[length++] = ~last;
      open.pop();
    }
    if (node >= tree.count) break;
    lines[length++] = node;
    if (field(tree, node, COUNT) > 0 && folded[node] === 1) {
      node = field(tree, node, NEXT);
    } else {
      if (field(tree, node, COUNT) > 0) open.push(node);
      node += 1;
    }
  }
  return lines.slice(0, length);
}

const FIRST = 5000;

/** What is folded at first: all below the level at which more than `most` lines would be seen. */
export function foldedAtFirst(tree: Tree, most = FIRST): Folded {
  const perLevel: number[] = [];
  for (let node = 0; node < tree.count; node += 1) {
    const depth = field(tree, node, DEPTH);
    perLevel[depth] = (perLevel[depth] ?? 0) + 1;
  }
  let seen = 0;
  let level = 0;
  for (; level < perLevel.length; level += 1) {
    seen += perLevel[level] ?? 0;
    if (seen > most) break;
  }
  const folded = new Uint8Array(tree.count);
  if (level === perLevel.length) return folded;
  const from = Math.max(1, level - 1);
  for (let node = 0; node < tree.count; node += 1) {
    if (field(tree, node, DEPTH) >= from && field(tree, node, COUNT) > 0) folded[node] = 1;
  }
  return folded;
}

export function allFolded(tree: Tree): Folded {
  const folded = new Uint8Array(tree.count);
  for (let node = 1; node < tree.count; node += 1) if (field(tree, node, COUNT) > 0) folded[node] = 1;
  return folded;
}

/** The key in its quotes, empty where there is none. */
export function keyText(tree: Tree, node: number): string {
  const start = field(tree, node, KEY_START);
  if (start < 0) return "";
  let end = start + 1;
  while (tree.text.charCodeAt(end) !== 34) end += tree.text.charCodeAt(end) === 92 ? 2 : 1;
  return tree.text.slice(start, end + 1);
}

export function valueText(tree: Tree, node: number): string {
  return tree.text.slice(field(tree, node, START), field(tree, node, END));
}

/** As `jq` takes it: `.orders[3]."a b"`. */
export function pathOf(tree: Tree, node: number): string {
  const steps: string[] = [];
  for (let one = node; field(tree, one, PARENT) >= 0; one = field(tree, one, PARENT)) {
    const key = keyText(tree, one);
    steps.push(
      key ? (/^"[A-Za-z_]\w*"$/.test(key) ? `.${key.slice(1, -1)}` : `.${key}`) : `[${field(tree, one, PLACE)}]`,
    );
  }
  const path = steps.reverse().join("");
  return path.startsWith(".") ? path : `.${path}`;
}

/** Which element of an array it is; -1 for what is in none. */
export function placeOf(tree: Tree, node: number): number {
  const holder = field(tree, node, PARENT);
  return holder >= 0 && field(tree, holder, KIND) === ARRAY ? field(tree, node, PLACE) : -1;
}

const LONGEST_PART = 40; // characters of a value inside of a preview

/** What a folded node holds, in about `most` characters: `id: 7, name: "Ada", tags: […]`. */
export function previewOf(tree: Tree, node: number, most = 80): string {
  const parts: string[] = [];
  let length = 0;
  for (let one = node + 1; one < field(tree, node, NEXT); one = field(tree, one, NEXT)) {
    if (length > most) return `${parts.join(", ")}, …`;
    const key = keyText(tree, one);
    const start = field(tree, one, START);
    const end = field(tree, one, END);
    let value = readable(tree.text.slice(start, Math.min(end, start + LONGEST_PART)));
    if (isContainer(tree, one)) value = contained(tree, one);
    else if (end - start > LONGEST_PART) value += field(tree, one, KIND) === STRING ? '…"' : "…";
    const part = key ? `${readable(key).slice(1, -1)}: ${value}` : value;
    parts.push(part);
    length += part.length + 2;
  }
  return parts.join(", ");
}

function contained(tree: Tree, node: number): string {
  const more = field(tree, node, COUNT) > 0 ? "…" : "";
  return field(tree, node, KIND) === ARRAY ? `[${more}]` : `{${more}}`;
}

const ESCAPE = /\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|.)/gs;
/** What a person reads as it is: letters, digits and signs, but for those of JSON itself. */
const READ = /^(?!["\\])[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u;

/** `"caf\u00e9"` as `"café"`; what cannot be seen, or would change what the rest says, stays escaped. */
export function readable(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(ESCAPE, (sign, high?: string, low?: string, one?: string) => {
    if (sign === "\\/") return "/";
    const units = [high, low, one].flatMap((hex) => (hex ? [Number.parseInt(hex, 16)] : []));
    const character = String.fromCharCode(...units);
    return READ.test(character) ? character : sign;
  });
}

/** Nodes whose key or own value holds `wanted`, letter case aside and escaped or not; at most `most`. */
export function search(tree: Tree, wanted: string, most: number): number[] {
  if (wanted === "") return [];
  const parts = Array.from({ length: wanted.length }, (_, at) => {
    const unit = wanted.charAt(at);
    const hex = unit.charCodeAt(0).toString(16).padStart(4, "0");
    if (unit > "~") return `(?:${unit}|\\\\u${hex})`;
    return unit === "/" ? "\\\\?/" : unit.replace(/[\\^$.*+?()[\]{}|]/, "\\$&");
  });
  const pattern = new RegExp(parts.join(""), "gi");
  const found: number[] = [];
  for (let match = pattern.exec(tree.text); match && found.length < most; match = pattern.exec(tree.text)) {
    const node = nodeAt(tree, match.index);
    if (node >= 0 && found.at(-1) !== node) found.push(node);
  }
  return found;
}

/** The last node that begins, key included, at or before this character; -1 where the character is none of its own. */
function nodeAt(tree: Tree, at: number): number {
  let low = 0;
  let high = tree.count - 1;
  const begin = (node: number) => {
    const key = field(tree, node, KEY_START);
    return key >= 0 ? key : field(tree, node, START);
  };
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (begin(middle) <= at) low = middle;
    else high = middle - 1;
  }
  if (begin(low) > at) return -1;
  return isContainer(tree, low) && at >= field(tree, low, START) ? -1 : at < field(tree, low, END) ? low : -1;
}

/** What must be unfolded so that this node is seen. */
export function holdersOf(tree: Tree, node: number): number[] {
  const holders: number[] = [];
  for (let one = field(tree, node, PARENT); one >= 0; one = field(tree, one, PARENT)) holders.push(one);
  return holders;
}
