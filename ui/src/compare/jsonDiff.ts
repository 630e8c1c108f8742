// By their files: the worker that imports this must not take all of the page with it.
import { field, isContainer, keyText, valueText } from "../detail/json/lines";
import { KIND, NEXT, OBJECT, type Tree } from "../detail/json/parse";

export type Kind = "same" | "changed" | "added" | "removed";

/** What stands at a path on each side: the source of a value; null where there is none. */
export interface Difference {
  path: string;
  left: string | null;
  right: string | null;
  kind: Kind;
}

interface Pair {
  path: string;
  left: number;
  right: number;
}

/** Two JSON values, path by path: the order of keys does not matter, that of items does. Values are the same where their
 * source is, so that 1 and 1.0 differ. */
export function jsonDiff(left: Tree, right: Tree): Difference[] {
  const found: Difference[] = [];
  // A stack of its own: nesting may be deeper than the browser's.
  const pairs: Pair[] = [{ path: "", left: 0, right: 0 }];
  for (let pair = pairs.pop(); pair; pair = pairs.pop()) {
    const { path, left: a, right: b } = pair;
    const isPair = a >= 0 && b >= 0 && isContainer(left, a) && isContainer(right, b);
    if (!isPair || field(left, a, KIND) !== field(right, b, KIND)) {
      found.push(difference(path, a < 0 ? null : valueText(left, a), b < 0 ? null : valueText(right, b)));
      continue;
    }
    const ofLeft = childrenOf(left, a);
    const ofRight = childrenOf(right, b);
    if (ofLeft.size === 0 && ofRight.size === 0) {
      found.push(difference(path, "{}", "{}"));
      continue;
    }
    const steps = [...ofLeft.keys(), ...[...ofRight.keys()].filter((step) => !ofLeft.has(step))];
    for (const step of steps.reverse()) {
      pairs.push({ path: `${path}${step}`, left: ofLeft.get(step) ?? -1, right: ofRight.get(step) ?? -1 });
    }
  }
  return found;
}

function difference(path: string, left: string | null, right: string | null): Difference {
  const kind = left === null ? "added" : right === null ? "removed" : left === right ? "same" : "changed";
  return { path: path || ".", left, right, kind };
}

/** By step of the path: `.name`, `."a b"`, `[3]`. Of repeated keys the last one counts, as in most programs. */
function childrenOf(tree: Tree, node: number): Map<string, number> {
  const children = new Map<string, number>();
  const isObject = field(tree, node, KIND) === OBJECT;
  let place = 0;
  for (let child = node + 1; child < field(tree, node, NEXT); child = field(tree, child, NEXT)) {
    const key = keyText(tree, child);
    const step = isObject ? (/^"[A-Za-z_]\w*"$/.test(key) ? `.${key.slice(1, -1)}` : `.${key}`) : `[${place}]`;
    children.set(step, child);
    place += 1;
  }
  return children;
}
