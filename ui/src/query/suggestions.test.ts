import { describe, expect, it } from "vitest";
import type { Checked, Stats, Summary } from "../api/types";
import { inUnits } from "./checked";
import { accepted, type Seen, stillFitting, suggestionsOf, valuesAt } from "./suggestions";

const bytes = { request_bytes: 0, response_bytes: 0 };
const stats: Stats = {
  exchanges: 5,
  failed: 0,
  ...bytes,
  exact: true,
  tallies: [
    { dimension: "domain", value: "api.example.com", exchanges: 4, ...bytes },
    { dimension: "domain", value: "cdn.test", exchanges: 1, ...bytes },
    { dimension: "method", value: "GET", exchanges: 5, ...bytes },
    { dimension: "status", value: "2xx", exchanges: 5, ...bytes },
  ],
};

function row(id: number, url: string, more: Partial<Summary> = {}): Summary {
  return { id, method: "GET", url, host: "a.test", started: id, ...more };
}

const rows = [
  row(1, "http://a.test/orders/1?page=2&q=a%20b", { status: 204, client: "127.0.0.1:5000", operation: "Get Me" }),
  row(2, "http://a.test/orders/1?page=3", { status: 204, client: "127.0.0.1:5001" }),
  row(3, "http://a.test/users?page=2"),
];
const seen: Seen = { stats, rows };

/** Of the value behind the last colon. */
function texts(text: string, field: string): string[] {
  const caret = text.length;
  const place = { field, start: text.lastIndexOf(":") + 1, end: caret };
  return valuesAt({ text, caret }, place, seen).map((one) => one.text);
}

describe("values", () => {
  it("are those of the traffic, the most frequent first, with how many have them", () => {
    const [first, ...more] = valuesAt({ text: "a host:exam", caret: 11 }, { field: "host", start: 7, end: 11 }, seen);
    expect(more).toEqual([]);
    expect(first).toMatchObject({ text: "api.example.com", start: 7, end: 11, help: "4 exchanges" });
    expect(first && accepted("a host:exam", first)).toEqual({ text: "a host:api.example.com", caret: 22 });
    expect(texts("path:", "path")).toEqual(["/orders/1", "/users"]);
    expect(texts("status:", "status")).toEqual(["2xx", "204"]);
    expect(texts("client:", "client")).toEqual(["127.0.0.1"]);
    expect(texts("operation:get", "operation")).toEqual(['"Get Me"']);
    expect(texts("size:", "size")).toEqual([]);
  });

  it("of parameters come behind their names", () => {
    expect(texts("param:", "param")).toEqual(["page=", "q="]);
    expect(texts("param:page=", "param")).toEqual(["page=2", "page=3"]);
    expect(texts("param:q=a", "param")).toEqual(['q="a b"']);
  });
});

describe("suggestions", () => {
  const answer: Checked = {
    text: "",
    tree: null,
    terms: [],
    error: null,
    writing: { field: "method", start: 7, end: 8 },
    completions: [
      { text: "get", help: "", start: 7, end: 8, kind: "value" },
      { text: "POST", help: "", start: 7, end: 8, kind: "value" },
    ],
  };

  it("are real values first, then what the language has, each once", () => {
    const of = { text: "method:", caret: 7 };
    const looked = { of, answer: { ...answer, writing: { field: "method", start: 7, end: 7 } } };
    expect(suggestionsOf(of, looked, seen).map(({ text }) => text)).toEqual(["GET", "POST"]);
    // What stands there already is no suggestion.
    const whole = { text: "method:GET", caret: 10 };
    const again = {
      of: whole,
      answer: { ...answer, completions: [], writing: { field: "method", start: 7, end: 10 } },
    };
    expect(suggestionsOf(whole, again, seen)).toEqual([]);
  });

  it("fit what was typed on since they were asked for, or are left out", () => {
    const offered = [{ text: "method:", help: "", start: 0, end: 0, kind: "field" as const }];
    const fits = (text: string) => stillFitting(offered, { text: "", caret: 0 }, { text, caret: text.length });
    expect(fits("Meth")).toMatchObject([{ text: "method:", start: 0, end: 4 }]);
    expect(fits("path")).toEqual([]);
    expect(fits("method:POST")).toEqual([]);
    const behind = [{ text: "status:", help: "", start: 9, end: 11, kind: "field" as const }];
    const before = { text: "host:a.b st", caret: 11 };
    expect(stillFitting(behind, before, { text: "host:a.b stat", caret: 13 })).toMatchObject([{ start: 9, end: 13 }]);
    expect(stillFitting(behind, before, { text: "host:a.c st", caret: 11 })).toEqual([]);
  });

  it("stand where the browser counts, behind an emoji too", () => {
    const [units] = inUnits("🦊 ge", { ...answer, terms: [[2, 4]] }).terms;
    expect(units).toEqual([3, 5]);
  });
});
