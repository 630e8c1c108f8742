import type { Difference } from "./jsonDiff";

type Headers = ReadonlyArray<readonly [string, string]>;

/** Headers by name, letter case aside; the values of one that stands several times are joined by lines. */
export function headerDiff(left: Headers, right: Headers): Difference[] {
  const ofLeft = byName(left);
  const ofRight = byName(right);
  const names = [...new Set([...ofLeft.keys(), ...ofRight.keys()])].sort();
  return names.map((path) => {
    const a = ofLeft.get(path) ?? null;
    const b = ofRight.get(path) ?? null;
    return {
      path,
      left: a,
      right: b,
      kind: a === null ? "added" : b === null ? "removed" : a === b ? "same" : "changed",
    };
  });
}

function byName(headers: Headers): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const before = found.get(key);
    found.set(key, before === undefined ? value : `${before}\n${value}`);
  }
  return found;
}
