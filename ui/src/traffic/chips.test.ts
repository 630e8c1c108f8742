import { describe, expect, it } from "vitest";
import { chipsOf, turned, without } from "./chips";

/** `[…]` are the terms, as the program says. */
function chips(marked: string) {
  const terms: Array<[number, number]> = [];
  let text = "";
  for (const sign of marked) {
    if (sign === "[") terms.push([text.length, 0]);
    else if (sign === "]") terms.splice(-1, 1, [terms.at(-1)?.[0] ?? 0, text.length]);
    else text += sign;
  }
  return chipsOf(text, { terms });
}

describe("chips", () => {
  it("are terms as they were written", () => {
    const found = chips('[host:a.com]  ["two words"] and [-(b or c)] [not d] [url:/a b/i]');
    expect(found.map(({ text }) => text)).toEqual(["host:a.com", '"two words"', "-(b or c)", "not d", "url:/a b/i"]);
    expect(found.some(({ isChoice }) => isChoice)).toBe(false);
  });

  it("know what is one of several choices", () => {
    expect(chips("[a] [b] or [c]|[orders]").map(({ isChoice }) => isChoice)).toEqual([false, false, true, true]);
  });

  it("are not shown for a term alone", () => {
    expect(chips("[host:a]")).toEqual([]);
    expect(chips("")).toEqual([]);
  });

  it("go one by one, and the rest keeps its sense", () => {
    expect(without(chips("[a] and [b] [c]"), 1)).toBe("a c");
    expect(without(chips("[a] [b] or [c]"), 1)).toBe("a or c");
    expect(without(chips("[a] [b] or [c]"), 2)).toBe("a b");
    expect(without(chips("[a] or [b] or [c]"), 0)).toBe("b or c");
    expect(without(chips("[a] or [b] [c]"), 1)).toBe("a or c");
  });

  it("turn round", () => {
    expect(turned(chips("[host:a] [b]"), 0)).toBe("-host:a b");
    expect(turned(chips("[a] or [not b]"), 1)).toBe("a or b");
    expect(turned(chips("[(a or b)] [c]"), 0)).toBe("-(a or b) c");
  });
});
