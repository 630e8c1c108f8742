import { useEffect, useRef } from "react";

/** All keys, and all that the `?` sheet says. `keys`: any one of them does it; a space is "then", as in `g t`. `isQuiet`:
 * it holds while somebody types, too. */
export const KEYS = {
  goTraffic: { keys: ["g t"], does: "Traffic", group: "Go to" },
  goHistory: { keys: ["g h"], does: "History", group: "Go to" },
  goOverview: { keys: ["g o"], does: "Overview", group: "Go to" },
  goSessions: { keys: ["g s"], does: "Sessions", group: "Go to" },
  goConnect: { keys: ["g c"], does: "Connect", group: "Go to" },
  goMissing: { keys: ["g m"], does: "Missing", group: "Go to" },
  goSettings: { keys: ["g ,"], does: "Settings", group: "Go to" },
  filter: { keys: ["/"], does: "Write a filter", group: "Traffic" },
  next: { keys: ["j", "ArrowDown"], does: "The next exchange", group: "Traffic" },
  previous: { keys: ["k", "ArrowUp"], does: "The exchange before", group: "Traffic" },
  first: { keys: ["Home"], does: "The first exchange", group: "Traffic" },
  last: { keys: ["End"], does: "The newest exchange", group: "Traffic" },
  open: { keys: ["Enter"], does: "Open the exchange", group: "Traffic" },
  close: { keys: ["Escape"], does: "Close it, or what is open above it", group: "Traffic" },
  sheet: { keys: ["?"], does: "This list of keys", group: "Everywhere" },
  theme: { keys: ["g d"], does: "Light, dark or the system's theme", group: "Everywhere" },
  navigation: { keys: ["["], does: "Narrow or wide navigation", group: "Everywhere" },
} as const satisfies Record<string, KeyEntry>;

export interface KeyEntry {
  keys: readonly string[];
  does: string;
  group: string;
}

export type KeyId = keyof typeof KEYS;
export type KeyHandlers = Partial<Record<KeyId, (event: KeyboardEvent) => void>>;

const THEN = 1000; // milliseconds in which the second key of a pair must come
const TYPED =
  "input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable]:not([contenteditable=false])";
/** What has keys of its own while it has the focus. */
const OWN =
  "[role=dialog], [role=alertdialog], [role=menu], [role=listbox], [role=tablist], [role=separator], [role=slider]";
const PRESSED = "button, a[href], summary, [role=button], [role=switch], [role=checkbox]";

const stack: Array<{ current: KeyHandlers }> = [];
let begun = "";
let begunAt = 0;

/** Handles these keys while the component is there; of several handlers the one that came last has it. */
export function useKeys(handlers: KeyHandlers): void {
  const latest = useRef(handlers);
  useEffect(() => {
    latest.current = handlers;
  });
  useEffect(() => {
    if (stack.length === 0) addEventListener("keydown", press);
    stack.push(latest);
    return () => {
      stack.splice(stack.indexOf(latest), 1);
      if (stack.length === 0) removeEventListener("keydown", press);
    };
  }, []);
}

function press(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  // An editor may stand in a shadow root: the event's target is its host then.
  const [target] = event.composedPath();
  if (!(target instanceof Element) || !isForUs(event.key, target)) return;
  const now = event.timeStamp;
  const pair = begun && now - begunAt < THEN ? `${begun} ${event.key}` : "";
  begun = "";
  const found = (pair && find(pair)) || find(event.key);
  if (found) {
    event.preventDefault();
    found(event);
  } else if (Object.values(KEYS).some(({ keys }) => keys.some((key) => key.startsWith(`${event.key} `)))) {
    begun = event.key;
    begunAt = now;
  }
}

function isForUs(key: string, target: Element): boolean {
  if (target.closest(TYPED) || target.closest(OWN)) return false;
  return !((key === "Enter" || key === " ") && target.closest(PRESSED));
}

function find(key: string): ((event: KeyboardEvent) => void) | undefined {
  const names: readonly KeyId[] = (Object.keys(KEYS) as KeyId[]).filter((id) =>
    (KEYS[id].keys as readonly string[]).includes(key),
  );
  for (const { current } of [...stack].reverse()) {
    for (const id of names) if (current[id]) return current[id];
  }
  return undefined;
}

const DRAWN: Record<string, string> = { ArrowDown: "↓", ArrowUp: "↑", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc" };

/** As it stands on the keyboard. */
export function drawn(keys: string): string {
  return keys
    .split(" ")
    .map((key) => DRAWN[key] ?? key)
    .join(" ");
}
