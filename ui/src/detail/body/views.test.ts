import { expect, it } from "vitest";
import { bestOf, optionsOf, viewOfPart } from "./views";

function choices(...fitting: string[]) {
  const names = [...fitting, ...["json", "html", "hex", "image", "mine"].filter((name) => !fitting.includes(name))];
  return names.map((name) => ({ name, about: "", fits: fitting.includes(name) }));
}

it("takes what the server says, or what says the same here", () => {
  expect(bestOf(choices("json"))).toBe("tree");
  expect(bestOf(choices("mine", "json"))).toBe("mine");
  expect(bestOf(choices())).toBe("raw");
});

it("offers what fits first, then raw, then all others, plug-ins' too", () => {
  const values = (...fitting: string[]) => optionsOf(choices(...fitting)).map(({ value }) => value);
  expect(values("json")).toEqual(["best", "tree", "json", "text", "hex", "html", "preview", "image", "mine"]);
  expect(values("html").slice(0, 4)).toEqual(["best", "html", "preview", "text"]);
  expect(optionsOf(choices("mine"))[0]?.label).toBe("Best fit: mine");
  expect(optionsOf(choices())[0]?.label).toBe("Best fit: Raw text");
});

it("shows a part of a body by its type, and bytes as bytes", () => {
  expect(viewOfPart("application/json", new Uint8Array())).toBe("tree");
  expect(viewOfPart("image/png", new Uint8Array([0]))).toBe("image");
  expect(viewOfPart("", new Uint8Array([65]))).toBe("text");
  expect(viewOfPart("text/plain", new Uint8Array([65, 0]))).toBe("hex");
});
