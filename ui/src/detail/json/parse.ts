/** JSON as flat numbers: 20 MB have millions of values, and an object for each would take seconds and gigabytes. Texts
 * stay in the source, so that long numbers, the order of keys and repeated ones are shown as they were sent. */

export const FIELDS = 9;
/** Places of a node's fields: what it is; from where to where in the text; its key, with quotes (-1: none); the node that
 * holds it (-1: none); the node behind all that is in it; how many children it has; in which level it is, and which child
 * of its holder, from 0. */
export const KIND = 0;
export const START = 1;
export const END = 2;
export const KEY_START = 3;
export const PARENT = 4;
export const NEXT = 5;
export const COUNT = 6;
export const DEPTH = 7;
export const PLACE = 8;

export const OBJECT = 0;
export const ARRAY = 1;
export const STRING = 2;
export const NUMBER = 3;
export const WORD = 4; // true, false, null

export interface Tree {
  text: string;
  /** `FIELDS` numbers for each node, in the order of the text. */
  nodes: Int32Array;
  count: number;
}

export class NotJson extends Error {
  readonly at: number;
  constructor(what: string, at: number) {
    super(`${what} at character ${at + 1}`);
    this.name = "NotJson";
    this.at = at;
  }
}

const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

export function parse(text: string): Tree {
  let nodes = new Int32Array(FIELDS * Math.max(64, text.length >> 4));
  let count = 0;
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let parent = -1;
  let depth = 0;
  let key = -1;

  function add(kind: number, start: number): number {
    if ((count + 1) * FIELDS > nodes.length) {
      const larger = new Int32Array(nodes.length * 2);
      larger.set(nodes);
      nodes = larger;
    }
    const place = count * FIELDS;
    nodes[place + KIND] = kind;
    nodes[place + START] = start;
    nodes[place + KEY_START] = key;
    nodes[place + PARENT] = parent;
    nodes[place + DEPTH] = depth;
    if (parent >= 0) {
      const children = nodes[parent * FIELDS + COUNT] ?? 0;
      nodes[place + PLACE] = children;
      nodes[parent * FIELDS + COUNT] = children + 1;
    }
    key = -1;
    count += 1;
    return count - 1;
  }

  function finish(node: number) {
    nodes[node * FIELDS + END] = at;
    nodes[node * FIELDS + NEXT] = count;
  }

  function skip() {
    for (;;) {
      const code = text.charCodeAt(at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
      at += 1;
    }
  }

  /** From the quote to behind the one that ends it. */
  function string() {
    const start = at;
    for (;;) {
      at = text.indexOf('"', at + 1);
      if (at < 0) throw new NotJson("A text that does not end", start);
      let slashes = 0;
      while (text.charCodeAt(at - 1 - slashes) === 92) slashes += 1;
      if (slashes % 2 === 0) break;
    }
    at += 1;
  }

  function readKey() {
    skip();
    if (text.charCodeAt(at) !== 34) throw new NotJson("A key in quotes is missing", at);
    key = at;
    string();
    skip();
    if (text.charCodeAt(at) !== 58) throw new NotJson('":" is missing', at);
    at += 1;
  }

  for (;;) {
    // A value.
    skip();
    const code = text.charCodeAt(at);
    if (code === 123 || code === 91) {
      const node = add(code === 123 ? OBJECT : ARRAY, at);
      at += 1;
      skip();
      if (text.charCodeAt(at) !== (code === 123 ? 125 : 93)) {
        parent = node;
        depth += 1;
        if (code === 123) readKey();
        continue;
      }
      at += 1;
      finish(node);
    } else if (code === 34) {
      const node = add(STRING, at);
      string();
      finish(node);
    } else {
      SCALAR.lastIndex = at;
      const found = SCALAR.exec(text)?.[0];
      if (!found) throw new NotJson(at >= text.length ? "The text ends too early" : "A value is missing", at);
      const node = add(/^[tfn]/.test(found) ? WORD : NUMBER, at);
      at += found.length;
      finish(node);
    }
    // What is behind it.
    for (;;) {
      skip();
      if (parent < 0) {
        if (at < text.length) throw new NotJson("There is more behind the value", at);
        return { text, nodes: nodes.slice(0, count * FIELDS), count };
      }
      const isObject = nodes[parent * FIELDS + KIND] === OBJECT;
      const sign = text.charCodeAt(at);
      if (sign === 44) {
        at += 1;
        if (isObject) readKey();
        break;
      }
      if (sign !== (isObject ? 125 : 93)) throw new NotJson('"," or the end is missing', at);
      at += 1;
      const node = parent;
      parent = nodes[node * FIELDS + PARENT] ?? -1;
      depth -= 1;
      finish(node);
    }
  }
}
