import { cleanup, render } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KEYS, type KeyHandlers, useKeys } from "./keys";

function With({ handlers }: { handlers: KeyHandlers }) {
  useKeys(handlers);
  return (
    <>
      <input />
      <button type="button">b</button>
      <div role="dialog">
        <p>d</p>
      </div>
    </>
  );
}

function press(key: string, on: Element = document.body, options: KeyboardEventInit = {}) {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, composed: true, ...options });
  on.dispatchEvent(event);
  return event.defaultPrevented;
}

function element(name: string): Element {
  const found = document.querySelector(name);
  if (!found) throw new Error(name);
  return found;
}

describe("keys", () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ["performance", "Date"] }));
  afterEach(() => {
    cleanup();
    vi.useRealTimers();
  });

  it("no two do different things", () => {
    const all = Object.values(KEYS).flatMap(({ keys }) => [...keys] as string[]);
    expect(new Set(all).size).toBe(all.length);
    for (const key of all) expect(all.filter((other) => other.startsWith(`${key} `))).toEqual([]);
  });

  it("calls the handler of the key, of those that came last", () => {
    const below = vi.fn();
    const above = vi.fn();
    render(<With handlers={{ next: below, sheet: below }} />);
    const over = render(<With handlers={{ next: above }} />);
    expect(press("j")).toBe(true);
    expect(press("ArrowDown")).toBe(true);
    expect(above).toHaveBeenCalledTimes(2);
    press("?");
    expect(below).toHaveBeenCalledTimes(1);
    over.unmount();
    press("j");
    expect(below).toHaveBeenCalledTimes(2);
  });

  it("knows pairs, and forgets the first key after a wrong one", () => {
    const go = vi.fn();
    render(<With handlers={{ goTraffic: go }} />);
    press("g");
    press("t");
    expect(go).toHaveBeenCalledTimes(1);
    press("t");
    press("g");
    press("x");
    press("t");
    expect(go).toHaveBeenCalledTimes(1);
  });

  it("leaves alone what is typed, what is for a dialog, what presses a button, and the browser's own", () => {
    const done = vi.fn();
    render(<With handlers={{ next: done, open: done, close: done }} />);
    expect(press("j", element("input"))).toBe(false);
    expect(press("j", element("[role=dialog] p"))).toBe(false);
    expect(press("Enter", element("button"))).toBe(false);
    expect(press("j", document.body, { ctrlKey: true })).toBe(false);
    expect(done).not.toHaveBeenCalled();
    expect(press("j", element("button"))).toBe(true);
  });
});
