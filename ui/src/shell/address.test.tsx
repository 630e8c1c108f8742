import { act, renderHook } from "@testing-library/react";
import { beforeEach, expect, it } from "vitest";
import { addressOf, useParameter } from "./address";

beforeEach(() => history.replaceState(null, "", "/overview?group=host"));

function both() {
  return renderHook(() => ({ q: useParameter("q"), time: useParameter("time") })).result;
}

it("sets several parameters in one moment", () => {
  const result = both();
  act(() => {
    result.current.q[1]("status:5xx");
    result.current.time[1]("1..2");
  });
  expect([result.current.q[0], result.current.time[0]]).toEqual(["status:5xx", "1..2"]);
  expect(location.search).toBe("?group=host&q=status%3A5xx&time=1..2");
  act(() => {
    result.current.q[1]("");
    result.current.time[1](null);
  });
  expect(location.pathname + location.search).toBe("/overview?group=host");
});

it("leaves a step to go back, but where it replaces", () => {
  const result = both();
  const before = history.length;
  act(() => result.current.q[1]("a", { replace: true }));
  expect(history.length).toBe(before);
  act(() => result.current.q[1]("b"));
  expect(history.length).toBe(before + 1);
});

it("writes links without what is empty", () => {
  expect(addressOf("/traffic", { q: "status:5xx", id: null, session: "" })).toBe("/traffic?q=status%3A5xx");
});
