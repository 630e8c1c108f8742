import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Feed, type FeedListener, feedOf, type Socket } from "./feed";
import { takeToken } from "./token";
import type { Item, Said } from "./types";

class FakeSocket implements Socket {
  sent: unknown[] = [];
  isClosed = false;
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;

  send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
    this.sent.push(JSON.parse(String(data)));
  }

  close(): void {
    this.isClosed = true;
  }

  opens(): void {
    this.onopen?.call(this as unknown as WebSocket, new Event("open"));
  }

  says(said: Said): void {
    this.onmessage?.call(this as unknown as WebSocket, new MessageEvent("message", { data: JSON.stringify(said) }));
  }

  ends(code = 1006): void {
    this.onclose?.call(this as unknown as WebSocket, new CloseEvent("close", { code }));
  }
}

const item: Item = { what: "new", seq: 8, id: 3, exchange: { method: "GET", url: "http://a/", host: "a", started: 1 } };

function served(query = "") {
  const sockets: FakeSocket[] = [];
  const feed = new Feed(query, () => {
    const socket = new FakeSocket();
    sockets.push(socket);
    return socket;
  });
  const newest = () => {
    const socket = sockets.at(-1);
    if (!socket) throw new Error("nothing has connected");
    return socket;
  };
  return { feed, sockets, newest };
}

function listening() {
  const heard: unknown[] = [];
  const listener: FeedListener = {
    opened: (after) => heard.push(["opened", after]),
    changes: (items, to) => heard.push(["changes", items.map(({ id }) => id), to]),
    gap: (to) => heard.push(["gap", to]),
    heartbeat: (to, newest) => heard.push(["heartbeat", to, newest]),
    state: (state) => heard.push(state),
    refused: ({ code }) => heard.push(["refused", code]),
  };
  return { heard, listener };
}

describe("a feed", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    history.replaceState(null, "", "/#token=t");
    takeToken();
  });
  afterEach(() => vi.useRealTimers());

  it("sends the token first, and says what comes", () => {
    const { feed, newest } = served("status:5xx");
    const { heard, listener } = listening();
    feed.listen(listener);
    newest().opens();
    expect(newest().sent).toEqual([{ token: "t", query: "status:5xx", after: null }]);
    newest().says({ type: "subscribed", after: 7 });
    newest().says({ type: "changes", after: 7, to: 8, items: [item] });
    newest().says({ type: "heartbeat", to: 8, newest: 9 });
    newest().says({ type: "gap", after: 8, to: 20 });
    expect(heard).toEqual(["connecting", "live", ["opened", 7], ["changes", [3], 8], ["heartbeat", 8, 9], ["gap", 20]]);
  });

  it("goes on from where it was after a break", () => {
    const { feed, sockets, newest } = served();
    const { heard, listener } = listening();
    feed.listen(listener);
    newest().opens();
    newest().says({ type: "subscribed", after: 7 });
    newest().says({ type: "changes", after: 7, to: 8, items: [item] });
    newest().ends();
    expect(feed.state).toBe("lost");
    expect(sockets).toHaveLength(1);
    vi.runOnlyPendingTimers();
    newest().opens();
    expect(newest().sent).toEqual([{ token: "t", query: "", after: 8 }]);
    newest().says({ type: "subscribed", after: 8 });
    expect(heard.slice(-2)).toEqual(["lost", "live"]);
    expect(heard.filter((one) => Array.isArray(one) && one[0] === "opened")).toHaveLength(1);
  });

  it("is open for who comes during a break when it is back", () => {
    const { feed, newest } = served();
    const first = listening();
    const second = listening();
    feed.listen(first.listener);
    newest().says({ type: "subscribed", after: 7 });
    newest().ends();
    feed.listen(second.listener);
    expect(second.heard).toEqual(["lost"]);
    vi.runOnlyPendingTimers();
    newest().says({ type: "subscribed", after: 7 });
    expect(second.heard).toEqual(["lost", "live", ["opened", 7]]);
    expect(first.heard).toEqual(["connecting", "live", ["opened", 7], "lost", "live"]);
  });

  it("waits longer after each try that fails, and never more than seven seconds", () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    const { feed, sockets, newest } = served();
    feed.listen(listening().listener);
    for (const pause of [250, 500, 1000, 2000, 4000, 5000, 5000]) {
      const before = sockets.length;
      newest().ends();
      vi.advanceTimersByTime(pause - 1);
      expect(sockets).toHaveLength(before);
      vi.advanceTimersByTime(1);
      expect(sockets).toHaveLength(before + 1);
    }
  });

  it("takes silence for a loss", () => {
    const { feed, sockets, newest } = served();
    feed.listen(listening().listener);
    newest().opens();
    newest().says({ type: "subscribed", after: 1 });
    vi.advanceTimersByTime(14_000);
    newest().says({ type: "heartbeat", to: 1, newest: 1 });
    vi.advanceTimersByTime(14_000);
    expect(feed.state).toBe("live");
    vi.advanceTimersByTime(1_000);
    expect(feed.state).toBe("lost");
    expect(sockets[0]?.isClosed).toBe(true);
  });

  it.each([
    [4400, "a query that cannot be read"],
    [4401, "a wrong token"],
  ])("does not try again after %i, %s", (code) => {
    const { feed, sockets, newest } = served("(");
    const { heard, listener } = listening();
    feed.listen(listener);
    newest().opens();
    const problem = { code: "bad_query", message: "m", hint: "h", field: "", at: null };
    newest().says({ type: "error", problem });
    newest().ends(code);
    expect(heard).toEqual(["connecting", ["refused", "bad_query"], "refused"]);
    expect(vi.getTimerCount()).toBe(0);
    expect(sockets).toHaveLength(1);
  });

  it("is one for all who listen, and ends with the last of them", () => {
    const { feed, sockets, newest } = served();
    const first = listening();
    const second = listening();
    const leaveFirst = feed.listen(first.listener);
    newest().opens();
    newest().says({ type: "subscribed", after: 7 });
    const leaveSecond = feed.listen(second.listener);
    expect(second.heard).toEqual(["live", ["opened", 7]]);
    leaveFirst();
    newest().says({ type: "changes", after: 7, to: 8, items: [] });
    expect(second.heard.at(-1)).toEqual(["changes", [], 8]);
    expect(first.heard.at(-1)).not.toEqual(["changes", [], 8]);
    expect(sockets).toHaveLength(1);
    leaveSecond();
    expect(newest().isClosed).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("hears nothing of a connection that it has given up", () => {
    const { feed, sockets, newest } = served();
    const { heard, listener } = listening();
    feed.listen(listener);
    newest().ends();
    vi.runOnlyPendingTimers();
    const count = heard.length;
    sockets[0]?.says({ type: "gap", after: 1, to: 2 });
    sockets[0]?.ends();
    expect(heard).toHaveLength(count);
    expect(sockets).toHaveLength(2);
  });
});

it("each query has one feed", () => {
  expect(feedOf("a")).toBe(feedOf("a"));
});
