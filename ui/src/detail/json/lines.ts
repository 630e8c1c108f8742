import { ARRAY, COUNT, DEPTH, END, FIELDS, KEY_START, KIND, NEXT, OBJECT, PARENT, START, type Tree } from "./parse";

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
    const parent = field(tree, one, PARENT);
    const key = keyText(tree, one);
    steps.unshift(
      key ? (/^"[A-Za-z_]\w*"$/.test(key) ? `.${key.slice(1, -1)}` : `.${key}`) : `[${placeIn(tree, parent, one)}]`,
    );
  }
  const path = steps.join("");
  return path.startsWith(".") ? path : `.${path}`;
}

function placeIn(tree: Tree, parent: number, node: number): number {
  let place = 0;
  for (let one = parent + 1; one < node; one = field(tree, one, NEXT)) place += 1;
  return place;
}

/** Nodes whose key or own value holds `wanted`, letter case aside; at most `most`. */
export function search(tree: Tree, wanted: string, most: number): number[] {
  if (wanted === "") return [];
  const pattern = new RegExp(wanted.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"), "gi");
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
