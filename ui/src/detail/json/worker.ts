import { type Folded, foldedAtFirst } from "./lines";
import { NotJson, parse, type Tree } from "./parse";

/** `folded`: walking through millions of values takes longer than the page may stand still. */
export type Parsed = { tree: Tree; folded: Folded } | { error: string };

/** Reading 20 MB takes some tenths of a second: here nobody waits for it. */
self.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
  try {
    const tree = parse(new TextDecoder().decode(data));
    const folded = foldedAtFirst(tree);
    postMessage({ tree, folded } satisfies Parsed, { transfer: [tree.nodes.buffer, folded.buffer] });
  } catch (failure) {
    if (!(failure instanceof NotJson)) throw failure;
    postMessage({ error: failure.message } satisfies Parsed);
  }
};
