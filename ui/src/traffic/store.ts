import { allOf } from "../api/queryWords";
import type { Item, Page, Summary } from "../api/types";
import { applyItems, idOf, merged, rowOf } from "./rows";
import { type Landing, NOTHING, type Order, type Sources, type TrafficState } from "./state";

/** So many rows are in the browser at most, however many the store has. */
export const MOST = 3000;
const PAGE = 500;
/** Rows that a search goes on for, where the time limit of the program comes first. */
const ENOUGH = 100;
/** Milliseconds between two changes of a list that is sorted or grouped: nobody could click on what moves at each frame. */
const CALM = 500;

interface Place {
  query: string;
  cursor: string | null;
}

interface Asked {
  place: Place;
  order: Order;
}

/** A window of some thousand rows over all that a query finds: pages at both ends as they are wanted, and the feed. */
export class TrafficStore {
  #sources: Sources;
  #state: TrafficState = { ...NOTHING, query: "" };
  #listeners = new Set<() => void>();
  #stop: (() => void) | null = null;
  #isOpen = false;
  #loading = new AbortController();
  #older: Place | null = null;
  #newer: Place | null = null;
  #pending: Item[] = [];
  #takeBack: (() => void) | null = null;
  /** What the feed said while a page was under way, which may have been read before that. */
  #since: Map<number, Item> | null = null;
  #anchor: number | null = null;
  #isArranged = false;
  #wanted: number | null = null;

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  get state(): TrafficState {
    return this.#state;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  snapshot = (): TrafficState => this.#state;

  /** Shows what `query` finds, the newest of it; the rows of the one before stay until then. */
  open(query: string): void {
    this.close();
    this.#anchor = null;
    this.#say({ query, phase: "begun", error: null });
    this.#stop = this.#sources.listen(query, {
      opened: () => {
        this.#isOpen = true;
        void (this.#wanted === null ? this.showNewest() : this.showAround(this.#wanted));
      },
      changes: (items) => this.#hear(items),
      gap: () => void this.#reload(),
      refused: (error) => this.#say({ phase: "failed", error, isSearching: false }),
    });
  }

  close(): void {
    this.#stop?.();
    this.#stop = null;
    this.#isOpen = false;
    this.#wanted = null;
    this.#takeBack?.();
    this.#takeBack = null;
    this.#loading.abort();
    this.#pending = [];
    this.#since = null;
  }

  /** The exchange that stays at its place on the screen. Null: the newest stays in sight, and the oldest go for it. */
  set anchor(id: number | null) {
    this.#anchor = id;
  }

  /** Whether what is shown is sorted or grouped: of as many rows as there may be, and not a new one at each frame. */
  set isArranged(value: boolean) {
    this.#isArranged = value;
    if (value) {
      this.#anchor = null;
      void this.#fill();
    }
  }

  showNewest(): Promise<void> {
    this.#anchor = null;
    return this.#replace([{ place: this.#all(), order: "newest" }], "newest");
  }

  showOldest(): Promise<void> {
    return this.#replace([{ place: this.#all(), order: "oldest" }], "oldest");
  }

  /** The rows around `id`, which need not be one of them. */
  showAround(id: number, landing: Landing = id): Promise<void> {
    this.#anchor = id;
    const { query } = this.#state;
    const older: Asked = { place: { query: allOf(`id:<${id}`, query), cursor: null }, order: "newest" };
    const newer: Asked = { place: { query: allOf(`id:>=${id}`, query), cursor: null }, order: "oldest" };
    return this.#replace([older, newer], landing);
  }

  /** Sees that `id` is among the rows, if the query finds it. */
  reveal(id: number): void {
    if (!this.#isOpen) this.#wanted = id;
    else if (this.#state.phase !== "ready" || !rowOf(this.#state.rows, id)) void this.showAround(id);
  }

  /** The first exchange that began then (Unix seconds) or later; null: none did. */
  async firstFrom(seconds: number, signal: AbortSignal): Promise<number | null> {
    const query = allOf(`started:>=@${seconds}`, this.#state.query);
    let cursor: string | null = null;
    do {
      const page: Page = await this.#sources.load({ query, cursor, order: "oldest", limit: 1, signal });
      const [found] = page.items;
      if (found) return idOf(found);
      cursor = page.next;
    } while (cursor !== null);
    return null;
  }

  async loadOlder(limit = PAGE): Promise<void> {
    const place = this.#older;
    if (!place || this.#since) return;
    await this.#load([{ place, order: "newest" }], limit, ([page]) => {
      if (!page) return [];
      this.#older = onward(place, page);
      return this.#cutLast(merged(page.items, this.#state.rows));
    });
  }

  async loadNewer(): Promise<void> {
    const place = this.#newer;
    if (!place || this.#since) return;
    await this.#load([{ place, order: "oldest" }], PAGE, ([page]) => {
      if (!page) return [];
      this.#newer = onward(place, page);
      return this.#cutFirst(merged(this.#state.rows, page.items));
    });
  }

  #all(): Place {
    return { query: this.#state.query, cursor: null };
  }

  /** What is sorted and grouped is what is here: as much as there may be, of the older ones. */
  async #fill(): Promise<void> {
    const room = MOST - this.#state.rows.length;
    if (this.#isArranged && this.#state.phase === "ready" && room > 0) await this.loadOlder(Math.min(PAGE, room));
  }

  /** After a gap: what changed in it is not known. */
  #reload(): Promise<void> {
    const [first] = this.#state.rows;
    const id = this.#anchor ?? (this.#newer && first ? idOf(first) : null);
    return id === null ? this.showNewest() : this.showAround(id, "same");
  }

  /** Pages in the place of all rows; the one with the oldest first, if there are two. */
  async #replace(asked: Asked[], landing: Landing): Promise<void> {
    this.#loading.abort();
    this.#since = null;
    await this.#load(asked, PAGE, (pages) => {
      this.#state = { ...this.#state, generation: this.#state.generation + 1, landing };
      this.#older = null;
      this.#newer = null;
      asked.forEach(({ place, order }, at) => {
        const page = pages[at];
        if (page && order === "newest") this.#older = onward(place, page);
        else if (page) this.#newer = onward(place, page);
      });
      return merged(
        [],
        pages.flatMap(({ items }) => items),
      );
    });
  }

  async #load(asked: Asked[], limit: number, take: (pages: Page[]) => Summary[]): Promise<void> {
    const loading = new AbortController();
    this.#loading = loading;
    const since = new Map<number, Item>();
    this.#since = since;
    this.#say({ isSearching: true });
    try {
      const { signal } = loading;
      const pages = await Promise.all(
        asked.map(({ place, order }) => this.#sources.load({ ...place, order, limit, signal })),
      );
      if (signal.aborted) return;
      const rows = take(pages);
      applyItems(rows, since.values(), this.#ends());
      this.#since = null;
      this.#say({ rows, phase: "ready", error: null, isSearching: false });
      // A rare thing is searched for page by page, each as long as the program's time limit.
      const isShort = pages.some(({ scanned_all, next }) => !scanned_all && next !== null);
      if (isShort && rows.length < ENOUGH) await (asked[0]?.order === "newest" ? this.loadOlder() : this.loadNewer());
      else await this.#fill();
    } catch (error) {
      if (loading.signal.aborted) return;
      this.#since = null;
      this.#say({ phase: "failed", error, isSearching: false });
    }
  }

  #hear(items: readonly Item[]): void {
    this.#pending.push(...items);
    this.#takeBack ??= this.#sources.nextFrame(() => this.#flush(), this.#isArranged ? CALM : 0);
  }

  #flush(): void {
    this.#takeBack = null;
    const items = this.#pending;
    this.#pending = [];
    if (this.#since) for (const item of items) this.#since.set(item.id, item);
    if (this.#state.phase !== "ready") return;
    const rows = [...this.#state.rows];
    applyItems(rows, items, this.#ends());
    this.#say({ rows: this.#anchor === null ? this.#cutFirst(rows) : this.#cutLast(rows) });
  }

  #ends() {
    return { takesOlder: this.#older === null, takesNewer: this.#newer === null };
  }

  #cutFirst(rows: Summary[]): Summary[] {
    if (rows.length <= MOST) return rows;
    rows.splice(0, rows.length - MOST);
    const [first] = rows;
    if (first) this.#older = this.#beyond(`id:<${idOf(first)}`);
    return rows;
  }

  /** The person looks at older rows: they stay, and what is new is loaded when it is wanted. */
  #cutLast(rows: Summary[]): Summary[] {
    if (rows.length <= MOST) return rows;
    rows.length = MOST;
    const last = rows.at(-1);
    if (last) this.#newer = this.#beyond(`id:>${idOf(last)}`);
    return rows;
  }

  #beyond(term: string): Place {
    return { query: allOf(term, this.#state.query), cursor: null };
  }

  #say(change: Partial<TrafficState>): void {
    this.#state = {
      ...this.#state,
      ...change,
      hasOlder: this.#older !== null,
      hasNewer: this.#newer !== null,
    };
    for (const listener of this.#listeners) listener();
  }
}

/** Where the next page begins; null: there is none. */
function onward({ query }: Place, { next }: Page): Place | null {
  return next === null ? null : { query, cursor: next };
}
