import { type RefObject, useEffect, useLayoutEffect, useReducer, useRef, useState } from "react";
import type { Summary } from "../api/types";
import { ROW } from "./Row";
import { idOf, placeOf } from "./rows";
import { whereIs } from "./selection";
import type { TrafficState } from "./state";
import type { TrafficStore } from "./store";
import { type Entry, headingOf, isGroup, type Key } from "./view";

const NEAR = 60 * ROW; // pixels from an end of the window, where the next page is loaded
const MORE = 10; // rows above and below those in sight: what comes into sight before the next frame

/** How the list stands: at its end, with an exchange so many pixels above its upper edge, or so far down. */
type Stand = { at: "end" } | { at: "row"; id: number; above: number } | { at: "pixel"; top: number };

export interface Scrolled {
  scroller: RefObject<HTMLDivElement | null>;
  /** What is rendered: from `first`, `count` entries; and which of them are in sight. */
  first: number;
  count: number;
  /** The first one in sight. */
  upper: number;
  inSight: readonly Entry[];
  height: number;
  width: number;
  onScroll: () => void;
}

export interface ScrollOptions {
  entries: readonly Entry[];
  state: TrafficState;
  store: TrafficStore;
  /** Changes when rows are sorted or grouped in another way; empty: they are by arrival, and the newest can stay in sight. */
  arrangement: string;
  active: Key | null;
}

/** What of the list is in sight, and where it stands while rows come and go at both ends. All rows have one height. */
export function useScroll({ entries, state, store, arrangement, active }: ScrollOptions): Scrolled {
  const scroller = useRef<HTMLDivElement>(null);
  const [{ height, width }, setSize] = useState({ height: 0, width: 0 });
  const [, render] = useReducer((times: number) => times + 1, 0);
  const stand = useRef<Stand>({ at: "end" });
  const seen = useRef({ top: 0, generation: -1, arrangement, height: 0 });
  const isPlain = arrangement === "";
  const { rows } = state;

  const third = Math.floor(height / 3);
  const most = Math.max((entries.length + 1) * ROW - height, 0);
  if (seen.current.arrangement !== arrangement) {
    seen.current.arrangement = arrangement;
    const at = isPlain && active !== null ? whereIs(entries, active) : -1;
    if (at >= 0) stand.current = { at: "pixel", top: at * ROW - third };
    else stand.current = isPlain ? { at: "end" } : { at: "pixel", top: 0 };
  }
  if (seen.current.generation !== state.generation) {
    seen.current.generation = state.generation;
    stand.current = landed(stand.current, state, isPlain, third);
  }
  const top = Math.min(Math.max(topOf(stand.current, rows, most), 0), most);

  // Before the paint: rows that came or went above would make the others jump.
  useLayoutEffect(() => {
    const element = scroller.current;
    // Less than a pixel is what browsers round: to set it would end a scroll that is under way.
    if (!element || (Math.abs(seen.current.top - top) < 1 && seen.current.height === height)) return;
    element.scrollTop = top;
    seen.current.top = top;
    seen.current.height = height;
  }, [top, height]);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const measure = () => setSize({ height: element.clientHeight, width: element.clientWidth });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    store.isArranged = !isPlain;
  }, [isPlain, store]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: when another one is active, not when it moves
  useEffect(() => {
    const element = scroller.current;
    const at = active === null ? -1 : whereIs(entries, active);
    if (!element || at < 0) return;
    const lowest = (at + 2) * ROW - element.clientHeight;
    const entry = entries[at];
    // The heading of its group stays in sight, and would lie over it.
    const highest = (entry && headingOf(entries, at) !== null && !isGroup(entry) ? at - 1 : at) * ROW;
    if (element.scrollTop > highest) element.scrollTop = highest;
    else if (element.scrollTop < lowest) element.scrollTop = lowest;
  }, [active]);

  function page(scrollTop: number) {
    if (!isPlain || state.phase !== "ready") return;
    if (scrollTop < NEAR && state.hasOlder) void store.loadOlder();
    else if (most - scrollTop < NEAR && state.hasNewer) void store.loadNewer();
  }

  function onScroll() {
    const element = scroller.current;
    if (!element) return;
    const { scrollTop } = element;
    seen.current.top = scrollTop;
    const at = Math.floor(scrollTop / ROW);
    const row = rows[at];
    if (!isPlain || !row) stand.current = { at: "pixel", top: scrollTop };
    else if (most - scrollTop < 2 && !state.hasNewer) stand.current = { at: "end" };
    else stand.current = { at: "row", id: idOf(row), above: scrollTop - at * ROW };
    page(scrollTop);
    render();
  }

  // A page that brought little, or a window that is higher than what there is: nobody scrolls, and more is wanted.
  // biome-ignore lint/correctness/useExhaustiveDependencies: when the rows are others
  useEffect(() => page(top), [rows, state.hasOlder, state.hasNewer, height]);

  const upper = Math.floor(top / ROW);
  const highest = rows[upper];
  useEffect(() => {
    store.anchor = isPlain && stand.current.at !== "end" && highest ? idOf(highest) : null;
  });
  const lower = Math.ceil((top + height) / ROW);
  const first = Math.max(upper - MORE, 0);
  const count = Math.min(lower + MORE, entries.length) - first;
  return { scroller, first, count, upper, inSight: entries.slice(upper, lower), height, width, onScroll };
}

function topOf(stand: Stand, rows: readonly Summary[], most: number): number {
  if (stand.at === "end") return most;
  if (stand.at === "pixel") return stand.top;
  return placeOf(rows, stand.id) * ROW + stand.above;
}

/** All rows are others. */
function landed(stand: Stand, { landing, rows }: TrafficState, isPlain: boolean, third: number): Stand {
  const [first] = rows;
  if (!isPlain || landing === "same") return stand;
  if (landing === "newest" || !first) return { at: "end" };
  if (landing === "oldest") return { at: "row", id: idOf(first), above: 0 };
  return { at: "row", id: landing, above: -third };
}
