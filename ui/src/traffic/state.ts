import type { FeedListener } from "../api/feed";
import type { Page, Summary } from "../api/types";

export type Order = "newest" | "oldest";

export interface PageRequest {
  query: string;
  limit: number;
  order: Order;
  cursor: string | null;
  signal: AbortSignal;
}

/** What the store needs of the world: tests have another one. */
export interface Sources {
  load(request: PageRequest): Promise<Page>;
  listen(query: string, listener: FeedListener): () => void;
  /** Calls back before the browser paints again, or after so many milliseconds where it is more than 0; the function
   * that is returned takes it back. */
  nextFrame(flush: () => void, pause: number): () => void;
}

/** Where the list is to stand when all its rows were replaced: at an end, at this exchange, or as it stood. */
export type Landing = Order | "same" | number;

export interface TrafficState {
  query: string;
  /** By id, the oldest first. */
  rows: readonly Summary[];
  /** Counts how often all rows were replaced by others. */
  generation: number;
  landing: Landing;
  hasOlder: boolean;
  hasNewer: boolean;
  /** `begun`: nothing of this query is there yet, and `rows` are of the one before. */
  phase: "begun" | "ready" | "failed";
  isSearching: boolean;
  error: unknown;
}

export const NOTHING: Omit<TrafficState, "query"> = {
  rows: [],
  generation: 0,
  landing: "newest",
  hasOlder: false,
  hasNewer: false,
  phase: "begun",
  isSearching: false,
  error: null,
};
