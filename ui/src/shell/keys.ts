import { useEffect, useRef } from "react";

/** All keys, and all that menus and the `?` sheet say. `keys`: any one of them does it; a space is "then", as in `g t`;
 * `Mod` is Ctrl, or Command on a Mac; Shift is written for keys that have a name (`Shift+ArrowDown`, but `?`). */
export const KEYS = {
  goTraffic: { keys: ["g t"], does: "Traffic", group: "Go to" },
  goHistory: { keys: ["g h"], does: "History", group: "Go to" },
  goOverview: { keys: ["g o"], does: "Overview", group: "Go to" },
  goSessions: { keys: ["g s"], does: "Sessions", group: "Go to" },
  goConnect: { keys: ["g c"], does: "Connect", group: "Go to" },
  goMissing: { keys: ["g m"], does: "Missing", group: "Go to" },
  goSettings: { keys: ["g ,"], does: "Settings", group: "Go to" },
  filter: { keys: ["/"], does: "Write a filter", group: "Traffic" },
  list: { keys: ["l"], does: "Go to the list", group: "Traffic" },
  next: { keys: ["j", "ArrowDown"], does: "The next exchange", group: "Traffic" },
  previous: { keys: ["k", "ArrowUp"], does: "The previous exchange", group: "Traffic" },
  first: { keys: ["Home"], does: "The first exchange", group: "Traffic" },
  last: { keys: ["End"], does: "The newest exchange", group: "Traffic" },
  pageDown: { keys: ["PageDown"], does: "A page down", group: "Traffic" },
  pageUp: { keys: ["PageUp"], does: "A page up", group: "Traffic" },
  time: { keys: ["t"], does: "Go to a time", group: "Traffic" },
  open: { keys: ["Enter"], does: "Open the exchange", group: "Traffic" },
  close: { keys: ["Escape"], does: "Close it, or what is open above it", group: "Traffic" },
  closeGroup: { keys: ["ArrowLeft"], does: "Close the group", group: "Traffic" },
  openGroup: { keys: ["ArrowRight"], does: "Open the group", group: "Traffic" },
  extendDown: { keys: ["Shift+ArrowDown"], does: "Select the next one too", group: "Selected exchanges" },
  extendUp: { keys: ["Shift+ArrowUp"], does: "Select the previous one too", group: "Selected exchanges" },
  select: { keys: ["Space"], does: "Select or deselect", group: "Selected exchanges" },
  selectAll: { keys: ["Mod+a"], does: "Select all that are loaded", group: "Selected exchanges" },
  menu: { keys: ["Shift+F10"], does: "Menu of everything to do with them", group: "Selected exchanges" },
  star: { keys: ["s"], does: "Star or unstar", group: "Selected exchanges" },
  note: { keys: ["n"], does: "Write a note", group: "Selected exchanges" },
  curl: { keys: ["c"], does: "Copy as cURL", group: "Selected exchanges" },
  url: { keys: ["u"], does: "Copy the URL", group: "Selected exchanges" },
  compare: { keys: ["d"], does: "Compare two", group: "Selected exchanges" },
  remove: { keys: ["Delete"], does: "Delete", group: "Selected exchanges" },
  sheet: { keys: ["?"], does: "This list of keys", group: "Everywhere" },
  theme: { keys: ["g d"], does: "Switch theme: light, dark, the system's", group: "Everywhere" },
  navigation: { keys: ["["], does: "Narrow or widen the navigation", group: "Everywhere" },
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
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  // An editor may stand in a shadow root: the event's target is its host then.
  const [target] = event.composedPath();
  if (!(target instanceof Element) || !isForUs(event.key, target)) return;
  const now = event.timeStamp;
  const key = pressedKey(event);
  const pair = begun && now - begunAt < THEN ? `${begun} ${key}` : "";
  begun = "";
  // Who moves with Shift extends: the handler looks at the event.
  const found = (pair && find(pair)) || find(key) || find(key.replace(/^Shift\+/, ""));
  if (found) {
    event.preventDefault();
    found(event);
  } else if (Object.values(KEYS).some(({ keys }) => keys.some((one) => one.startsWith(`${key} `)))) {
    begun = key;
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

/** As the table writes it. */
function pressedKey({
  key,
  ctrlKey,
  metaKey,
  shiftKey,
}: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey">) {
  const name = key === " " ? "Space" : key;
  return `${ctrlKey || metaKey ? "Mod+" : ""}${shiftKey && name.length > 1 ? "Shift+" : ""}${name}`;
}

/** For keys that one part of a page has to itself, while it has the focus. */
export function isKey(id: KeyId, event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey">): boolean {
  return (KEYS[id].keys as readonly string[]).includes(pressedKey(event));
}

const IS_MAC = /mac/i.test(navigator.userAgent);
const DRAWN: Record<string, string> = {
  ArrowDown: "↓",
  ArrowUp: "↑",
  ArrowLeft: "←",
  ArrowRight: "→",
  Escape: "Esc",
  Delete: "Del",
  PageDown: "PgDn",
  PageUp: "PgUp",
  Mod: IS_MAC ? "⌘" : "Ctrl",
};

/** As it stands on the keyboard. */
export function drawn(keys: string): string {
  return keys.replace(/[^ +]+/g, (key) => DRAWN[key] ?? key);
}

/** For the menu entry that does the same. */
export function shortcutOf(id: KeyId): string {
  return drawn(KEYS[id].keys[0]);
}
