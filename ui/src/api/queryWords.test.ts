import { describe, expect, it } from "vitest";
import cases from "./queryTerms.json";
import * as words from "./queryWords";

const { allOf, cookieTerm, headerTerm, jsonTerm, narrowed, negated, pathOf, tallyQuery, termOf } = words;
const make = words as unknown as Record<string, (...given: string[]) => string>;

describe("terms from values", () => {
  it.each(cases)("$make $with", ({ make: name, with: given, term }) => {
    expect(make[name]?.(...given)).toBe(term);
  });

  it("of what is very long have its beginning", () => {
    const long = "x/".repeat(2000);
    const terms = [
      termOf("path", long),
      headerTerm("request", "a", long),
      cookieTerm("request", "a", long),
      jsonTerm("response", "", long),
    ];
    for (const term of terms) {
      expect(term).toMatch(/"(a=)?x\/x\//);
      expect(term.length).toBeLessThan(600);
    }
  });

  it("finds what a bar counts", () => {
    expect(tallyQuery({ dimension: "domain", value: "a.test" })).toBe("host:a.test");
    expect(tallyQuery({ dimension: "status", value: "4xx" })).toBe("status:4xx");
    expect(tallyQuery({ dimension: "status", value: "failed" })).toBe("is:failed");
    expect(tallyQuery({ dimension: "type", value: "" })).toBe("-type:?*");
  });

  it.each([
    ["https://a.test:81/b/c?d=/e#f", "/b/c"],
    ["http://a.test?x", ""],
    ["a.test:443", ""],
  ])("the path of %s is '%s'", (url, path) => {
    expect(pathOf(url)).toBe(path);
  });
});

describe("queries together", () => {
  it("keep their sense", () => {
    expect(allOf("", "status:404")).toBe("status:404");
    expect(allOf("a or b", "status:404")).toBe("(a or b) status:404");
    expect(allOf("it's OR he's", "x")).toBe("(it's OR he's) x");
    expect(allOf("a|b", "c")).toBe("(a|b) c");
    expect(allOf('session:"this or that"', "a b")).toBe('session:"this or that" a b');
    expect(allOf("", " ")).toBe("");
  });

  it("make no regular expression of two slashes that were none", () => {
    expect(allOf("/orders", "path:/i")).toBe("path:/i /orders");
    expect(allOf("path:/orders", "path:/i")).toBe("path:/orders path:/i");
    expect(allOf("url:/orders", 'header:x="a / b"')).toBe('header:x="a / b" url:/orders');
  });
});

describe("a query is narrowed", () => {
  it("by a term or its opposite, once", () => {
    expect(narrowed("", "host:a")).toBe("host:a");
    expect(narrowed("status:500", "host:a", true)).toBe("status:500 -host:a");
    expect(narrowed("status:500 host:a", "host:a")).toBe("status:500 host:a");
    expect(narrowed("a or b", "host:c")).toBe("(a or b) host:c");
    expect(narrowed("(a or host:c )", "host:c")).toBe("((a or host:c )) host:c");
    expect(narrowed("x", cookieTerm("request", "a", "1"), true)).toBe(
      "x -request_header:cookie=/(^|;)\\s*a=1\\s*(;|$)/",
    );
  });

  it("and what says the contrary goes", () => {
    expect(narrowed("-host:a status:500", "host:a")).toBe("status:500 host:a");
    expect(narrowed("host:a", "host:a", true)).toBe("-host:a");
    expect(narrowed('x operation="a b" y', 'operation="a b"', true)).toBe('x y -operation="a b"');
    expect(narrowed("x host:a or y", "host:a", true)).toBe("(x host:a or y) -host:a");
    expect(narrowed("not host:a", "host:a", true)).toBe("not host:a -host:a");
    expect(narrowed('"x host:a y"', "host:a", true)).toBe('"x host:a y" -host:a');
  });

  it("terms turn round", () => {
    expect(negated("host:a")).toBe("-host:a");
    expect(negated("-host:a")).toBe("host:a");
    expect(negated("not host:a")).toBe("host:a");
    expect(negated("!x")).toBe("x");
    expect(negated("(a or b)")).toBe("-(a or b)");
    expect(negated("nothing")).toBe("-nothing");
  });
});
