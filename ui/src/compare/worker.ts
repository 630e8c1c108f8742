import { NotJson, parse } from "../detail/json/parse";
import { type Difference, jsonDiff } from "./jsonDiff";

/** What is listed: millions of lines cost seconds to hand over, and nobody reads them. */
export const MOST = 20_000;
const LONGEST = 300; // characters of a value that are handed over

export interface Listed {
  lines: Difference[];
  /** How many there are; more than `lines` where there are more than `MOST`. */
  total: number;
}

export interface JsonCompared {
  all: Listed;
  different: Listed;
}

export type Compared = { json: JsonCompared } | { error: string };

/** Reading and comparing 10 MB takes a second: here nobody waits for it. */
self.onmessage = ({ data: [left, right] }: MessageEvent<[ArrayBuffer, ArrayBuffer]>) => {
  try {
    const read = (bytes: ArrayBuffer) => parse(new TextDecoder().decode(bytes));
    const found = jsonDiff(read(left), read(right));
    const json = { all: listed(found), different: listed(found.filter(({ kind }) => kind !== "same")) };
    postMessage({ json } satisfies Compared);
  } catch (failure) {
    if (!(failure instanceof NotJson)) throw failure;
    postMessage({ error: failure.message } satisfies Compared);
  }
};

function listed(all: Difference[]): Listed {
  const lines = all.slice(0, MOST).map((one) => ({ ...one, left: shortened(one.left), right: shortened(one.right) }));
  return { lines, total: all.length };
}

function shortened(text: string | null): string | null {
  return text !== null && text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
