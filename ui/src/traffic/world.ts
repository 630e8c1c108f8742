/** A program for the tests of the store. */
import { expect } from "vitest";
import type { FeedListener } from "../api/feed";
import type { Item, Page, Summary } from "../api/types";
import { idOf } from "./rows";
import type { PageRequest, Sources } from "./state";
import { TrafficStore } from "./store";

export function summary(id: number, seq = id, more: Partial<Summary> = {}): Summary {
  return { id, seq, method: "GET", url: `http://a.test/${id}`, host: "a.test", started: id, state: "done", ...more };
}

export function came(id: number, seq = id): Item {
  return { what: "new", id, seq, exchange: summary(id, seq) };
}

/** A program with exchanges 1 … `newest`, whose pages come when they are let. */
export class World implements Sources {
  newest: number;
  requests: PageRequest[] = [];
  listener: FeedListener | null = null;
  #frame: (() => void) | null = null;
  #held: Array<() => void> = [];
  isHolding = false;
  pauses: number[] = [];

  constructor(newest: number) {
    this.newest = newest;
  }

  load(request: PageRequest): Promise<Page> {
    this.requests.push(request);
    const page = this.#page(request);
    if (!this.isHolding) return Promise.resolve(page);
    return new Promise((resolve) => this.#held.push(() => resolve(page)));
  }

  #page({ query, order, limit, cursor }: PageRequest): Page {
    const term = /^id:(<=|>=|<|>)(\d+)/.exec(query);
    const bound = Number(term?.[2]);
    const tests: Record<string, (id: number) => boolean> = {
      "<": (id) => id < bound,
      "<=": (id) => id <= bound,
      ">": (id) => id > bound,
      ">=": (id) => id >= bound,
    };
    const test = tests[term?.[1] ?? ""] ?? (() => true);
    const from = cursor === null ? null : Number(cursor);
    const items: Summary[] = [];
    const step = order === "newest" ? -1 : 1;
    let id = from === null ? (order === "newest" ? this.newest : 1) : from + step;
    for (; id >= 1 && id <= this.newest && items.length < limit; id += step) if (test(id)) items.push(summary(id));
    const rest = id >= 1 && id <= this.newest && (order === "newest" || test(id) || id < bound);
    const last = items.at(-1);
    return {
      items,
      next: rest && last && items.length === limit ? String(idOf(last)) : null,
      scanned_all: true,
      lag: { ready: true, changes: 0 },
    };
  }

  letPagesCome(): void {
    for (const go of this.#held.splice(0)) go();
  }

  listen(_query: string, listener: FeedListener): () => void {
    this.listener = listener;
    return () => {
      this.listener = null;
    };
  }

  nextFrame(flush: () => void, pause: number): () => void {
    expect(this.#frame).toBeNull();
    this.#frame = flush;
    this.pauses.push(pause);
    return () => {
      this.#frame = null;
    };
  }

  /** The browser paints; answers whether anything was waiting for that. */
  paint(): boolean {
    const flush = this.#frame;
    this.#frame = null;
    flush?.();
    return flush !== null;
  }

  says(...items: Item[]): void {
    for (const { id } of items) this.newest = Math.max(this.newest, id);
    this.listener?.changes(items, items.at(-1)?.seq ?? 0);
  }
}

export async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

export async function opened(newest: number) {
  const world = new World(newest);
  const store = new TrafficStore(world);
  store.open("");
  world.listener?.opened?.(newest);
  await settled();
  const ids = () => store.state.rows.map(idOf);
  return { world, store, ids };
}

export function upTo(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}
