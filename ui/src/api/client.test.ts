import { beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, call, parameters, said } from "./client";
import { takeToken, token } from "./token";

function answers(status: number, body: string) {
  const fetched = vi.fn<typeof fetch>(async () => new Response(status === 204 ? null : body, { status }));
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

async function failure(promise: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApiError)) throw new Error(`an ApiError was expected, not ${error}`);
  return error;
}

describe("a call", () => {
  beforeEach(() => {
    history.replaceState(null, "", "/traffic?q=a#token=secret");
    takeToken();
  });

  it("takes the token out of the address bar, and sends it", async () => {
    expect(location.href).not.toContain("secret");
    expect(location.search).toBe("?q=a");
    expect(token()).toBe("secret");
    const fetched = answers(200, '{"a": 1}');
    await expect(call("POST", "/sessions", { query: { a: null, id: [1, 2] }, body: { name: "x" } })).resolves.toEqual({
      a: 1,
    });
    const [url, options] = fetched.mock.calls[0] ?? [];
    expect(url).toBe("/api/sessions?id=1&id=2");
    expect(options).toMatchObject({
      method: "POST",
      body: '{"name":"x"}',
      headers: { Authorization: "Bearer secret", "Content-Type": "application/json" },
    });
  });

  it("gives the API's own words for what failed", async () => {
    answers(400, '{"code":"bad_query","message":"m","hint":"h","field":"query","at":[1,2]}');
    const error = await failure(call("GET", "/exchanges"));
    expect(error).toMatchObject({
      code: "bad_query",
      message: "m",
      hint: "h",
      field: "query",
      at: [1, 2],
      status: 400,
    });
    expect(said(error)).toEqual({ message: "m", hint: "h" });
  });

  it("says what to do where nobody answers", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    const error = await failure(call("GET", "/status"));
    expect(error).toMatchObject({ code: "unreachable", status: 0 });
    expect(error.hint).toContain("Start it again");
  });

  it("says so where the answer is no JSON", async () => {
    answers(200, "<p>");
    expect(await failure(call("GET", "/status"))).toMatchObject({ code: "no_json", status: 200 });
    answers(502, "<p>");
    expect(await failure(call("GET", "/status"))).toMatchObject({ code: "no_json", status: 502 });
  });

  it("has nothing to give for 204", async () => {
    answers(204, "");
    await expect(call("DELETE", "/doors/2")).resolves.toBeUndefined();
  });

  it("throws the reason where it was given up", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new DOMException("", "AbortError")));
    const reason = new Error("another filter");
    await expect(call("GET", "/exchanges", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

it("leaves out parameters that are not there", () => {
  expect(parameters({ a: undefined, b: null, c: "x&y", d: 0, e: [], f: false })).toBe("?c=x%26y&d=0&f=false");
  expect(parameters({})).toBe("");
});
