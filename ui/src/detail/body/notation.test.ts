import { EditorState } from "@codemirror/state";
import { expect, it } from "vitest";
import { foldAt } from "./notation";

const TEXT = "6 {\n  1: 2\n\n  2 {\n    3: 4\n  }\n}\n7: 8";

it("folds what stands deeper than its line", () => {
  const state = EditorState.create({ doc: TEXT });
  const folded = (line: number) => {
    const found = foldAt(state, state.doc.line(line).from);
    return found && state.sliceDoc(found.from, found.to);
  };
  expect(folded(1)).toBe("\n  1: 2\n\n  2 {\n    3: 4\n  }");
  expect(folded(4)).toBe("\n    3: 4");
  expect([folded(2), folded(3), folded(7), folded(8)]).toEqual([null, null, null, null]);
});
