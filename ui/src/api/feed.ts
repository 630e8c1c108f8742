import { ApiError } from "./client";
import { refuseToken, token } from "./token";
import type { Item, Problem, Said } from "./types";

/** `connecting`: for the first time; `lost`: it was there, and is tried again; `refused`: the query cannot be read, or
 * the token is wrong, and nothing is tried again. */
export type FeedState = "connecting" | "live" | "lost" | "refused" | "closed";

export interface FeedListener {
  /** It is live and complete from `after` on: load a page now, and apply what was buffered since. Said once. */
  opened?(after: number): void;
  /** By `seq`; each exchange once. */
  changes(items: Item[], to: number): void;
  /** Changes were left out: what is shown must be loaded anew. What follows is complete from `to` on. */
  gap(to: number): void;
  /** Nothing new; `newest` is more than `to` while the feed is behind. */
  heartbeat?(to: number, newest: number): void;
  state?(state: FeedState): void;
  refused?(error: ApiError): void;
}

/** The part of `WebSocket` that is used. */
export type Socket = Pick<WebSocket, "send" | "close" | "onopen" | "onmessage" | "onclose">;

const FIRST_PAUSE = 250; // milliseconds before the first new try; twice as many before each further one
const LONGEST_PAUSE = 5000;
const SILENCE = 15_000; // milliseconds: three heartbeats
const UNAUTHORIZED = 4401; // of wireglass.api.feed_socket, like the next one
const BAD_SUBSCRIPTION = 4400;

/** The changes of what a query finds: one WebSocket, for all who listen. */
export class Feed {
  readonly query: string;
  #connect: () => Socket;
  #listeners = new Set<FeedListener>();
  /** Those of them that have not been told yet that it is open. */
  #waiting = new Set<FeedListener>();
  #socket: Socket | null = null;
  #state: FeedState = "closed";
  #to: number | null = null;
  #tries = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #refusal: ApiError | null = null;

  constructor(query: string, connect: () => Socket = connectToProgram) {
    this.query = query;
    this.#connect = connect;
  }

  get state(): FeedState {
    return this.#state;
  }

  get isWanted(): boolean {
    return this.#listeners.size > 0;
  }

  /** Tells `listener` from now on, until the function that is returned is called. */
  listen(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    this.#waiting.add(listener);
    if (this.#state === "closed") this.#open();
    else {
      listener.state?.(this.#state);
      if (this.#state === "live" && this.#to !== null) this.#tellOpened(this.#to);
      if (this.#refusal) listener.refused?.(this.#refusal);
    }
    return () => {
      this.#listeners.delete(listener);
      this.#waiting.delete(listener);
      if (this.#listeners.size === 0) this.#close();
    };
  }

  #tell(what: (listener: FeedListener) => void): void {
    for (const listener of [...this.#listeners]) what(listener);
  }

  /** Who has come while the connection was lost is told when it is back. */
  #tellOpened(after: number): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const listener of waiting) listener.opened?.(after);
  }

  #become(state: FeedState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#tell((listener) => listener.state?.(state));
  }

  #open(): void {
    this.#become(this.#to === null && this.#tries === 0 ? "connecting" : "lost");
    const used = token();
    const socket = this.#connect();
    this.#socket = socket;
    socket.onopen = () => socket.send(JSON.stringify({ token: used, query: this.query, after: this.#to }));
    socket.onmessage = ({ data }) => {
      if (this.#socket === socket) this.#hear(JSON.parse(String(data)) as Said);
    };
    socket.onclose = ({ code }) => {
      if (this.#socket !== socket) return;
      if (code === UNAUTHORIZED) refuseToken(used);
      this.#lose(code === UNAUTHORIZED || code === BAD_SUBSCRIPTION);
    };
    this.#expect();
  }

  #hear(said: Said): void {
    this.#expect();
    switch (said.type) {
      case "subscribed": {
        this.#tries = 0;
        this.#to = said.after;
        this.#become("live");
        this.#tellOpened(said.after);
        return;
      }
      case "changes":
        this.#to = said.to;
        this.#tell((listener) => listener.changes(said.items, said.to));
        return;
      case "gap":
        this.#to = said.to;
        this.#tell((listener) => listener.gap(said.to));
        return;
      case "heartbeat":
        this.#to = said.to;
        this.#tell((listener) => listener.heartbeat?.(said.to, said.newest));
        return;
      case "error":
        this.#refuse(said.problem);
    }
  }

  #refuse(problem: Problem): void {
    const refusal = new ApiError(problem, 400);
    this.#refusal = refusal;
    this.#tell((listener) => listener.refused?.(refusal));
  }

  /** A program that hangs, or a machine that was asleep, leaves a connection that says nothing and does not end. */
  #expect(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lose(false), SILENCE);
  }

  #lose(isFinal: boolean): void {
    this.#drop();
    if (isFinal) {
      this.#become("refused");
      return;
    }
    this.#become("lost");
    // Spread, or all pages would ask a program that has just come back in the same moment.
    const pause = Math.min(FIRST_PAUSE * 2 ** this.#tries, LONGEST_PAUSE) * (0.75 + Math.random() / 2);
    this.#tries += 1;
    this.#retry = setTimeout(() => this.#open(), pause);
  }

  #drop(): void {
    clearTimeout(this.#silence);
    clearTimeout(this.#retry);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #close(): void {
    this.#drop();
    this.#to = null;
    this.#tries = 0;
    this.#refusal = null;
    this.#state = "closed";
  }
}

function connectToProgram(): Socket {
  return new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/feed`);
}

const feeds = new Map<string, Feed>();

/** The feed of this query that the page has: one for each distinct query. */
export function feedOf(query: string): Feed {
  let feed = feeds.get(query);
  if (!feed) {
    for (const [name, one] of feeds) if (!one.isWanted) feeds.delete(name);
    feed = new Feed(query);
    feeds.set(query, feed);
  }
  return feed;
}
