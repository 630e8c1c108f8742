import { describe, expect, it, vi } from "vitest";
import type { Page } from "../api/types";
import { idOf } from "./rows";
import { MOST, TrafficStore } from "./store";
import { came, opened, settled, summary, upTo, World } from "./world";

describe("the window over the store", () => {
  it("begins with the newest page, the oldest above", async () => {
    const { ids, store } = await opened(1200);
    expect(ids()).toEqual(upTo(701, 1200));
    expect(store.state).toMatchObject({ phase: "ready", hasOlder: true, hasNewer: false });
  });

  it("loads no page before the feed is open, and takes what came meanwhile", async () => {
    const world = new World(3);
    world.isHolding = true;
    const store = new TrafficStore(world);
    store.open("");
    expect(world.requests).toEqual([]);
    world.listener?.opened?.(3);
    world.says(came(4), { what: "gone", id: 2, seq: 5, exchange: null }, came(3, 9));
    world.paint();
    world.letPagesCome();
    await settled();
    expect(store.state.rows.map(({ id, seq }) => [id, seq])).toEqual([
      [1, 1],
      [3, 9],
      [4, 4],
    ]);
  });

  it("changes once a frame, however much is said", async () => {
    const { world, store, ids } = await opened(10);
    let times = 0;
    store.subscribe(() => {
      times += 1;
    });
    for (let id = 11; id <= 510; id += 1) world.says(came(id));
    expect(times).toBe(0);
    expect(world.paint()).toBe(true);
    expect(times).toBe(1);
    expect(ids()).toEqual(upTo(1, 510));
    expect(world.paint()).toBe(false);
  });

  it("holds the newest 3,000 of many thousands while the person is at the end", async () => {
    const { world, store, ids } = await opened(100);
    for (let id = 101; id <= 20_100; id += 1) {
      world.says(came(id));
      if (id % 250 === 0) world.paint();
    }
    world.paint();
    expect(ids()).toEqual(upTo(20_100 - MOST + 1, 20_100));
    expect(store.state.hasOlder).toBe(true);
  });

  it("leaves the rows where they are while the person looks at older ones", async () => {
    const { world, store, ids } = await opened(500);
    store.anchor = 1;
    for (let id = 501; id <= 5000; id += 1) world.says(came(id));
    world.paint();
    expect(ids()).toEqual(upTo(1, MOST));
    expect(store.state).toMatchObject({ hasNewer: true });
    world.says(came(5001), { what: "changed", id: 7, seq: 6000, exchange: summary(7, 6000, { star: true }) });
    world.paint();
    expect(store.state.rows[6]?.star).toBe(true);
    expect(ids()).toHaveLength(MOST);
    await store.loadNewer();
    expect(ids()).toEqual(upTo(501, 3500));
  });

  it("loads older pages, and lets the newest rows go for them", async () => {
    const { store, ids } = await opened(9000);
    store.anchor = 1;
    for (let page = 0; page < 7; page += 1) await store.loadOlder();
    expect(ids()).toEqual(upTo(5001, 8000));
    expect(store.state).toMatchObject({ generation: 1, hasOlder: true, hasNewer: true });
    await store.loadNewer();
    await store.loadNewer();
    await store.loadNewer();
    expect(ids().at(-1)).toBe(9000);
    expect(store.state.hasNewer).toBe(false);
  });

  it("does not lose what comes while the last page is under way", async () => {
    const { world, store, ids } = await opened(500);
    store.anchor = 1;
    for (let id = 501; id <= 3200; id += 1) world.says(came(id));
    world.paint();
    world.isHolding = true;
    const loading = store.loadNewer();
    world.says(came(3201), came(3202));
    world.paint();
    world.letPagesCome();
    await loading;
    expect(ids().slice(-4)).toEqual([3199, 3200, 3201, 3202]);
  });

  it("an older state of a row never takes the place of a newer one", async () => {
    const { world, store } = await opened(3);
    world.says({ what: "changed", id: 2, seq: 9, exchange: summary(2, 9, { note: "new" }) });
    world.says({ what: "changed", id: 2, seq: 8, exchange: summary(2, 8, { note: "old" }) });
    world.paint();
    expect(store.state.rows[1]?.note).toBe("new");
  });

  it("what is gone goes, and is harmless where it never was", async () => {
    const { world, ids } = await opened(3);
    world.says({ what: "gone", id: 2, seq: 4, exchange: null }, { what: "gone", id: 77, seq: 5, exchange: null });
    world.paint();
    expect(ids()).toEqual([1, 3]);
  });

  it("a gap loads the window again", async () => {
    const { world, store, ids } = await opened(3);
    world.newest = 60;
    world.listener?.gap(60);
    await settled();
    expect(ids()).toEqual(upTo(1, 60));
    expect(store.state.landing).toBe("newest");
  });

  it("after a gap, older rows are still where they were for who looks at them", async () => {
    const { world, store, ids } = await opened(9000);
    await store.showAround(4000);
    store.anchor = 4100;
    world.newest = 20_000;
    world.listener?.gap(20_000);
    await settled();
    expect(ids()).toEqual(upTo(3600, 4599));
    expect(store.state).toMatchObject({ landing: "same", generation: 3, hasNewer: true });
  });

  it("keeps the rows of the query before until the new one's are there", async () => {
    const { world, store, ids } = await opened(3);
    world.isHolding = true;
    store.open("id:<2");
    expect(store.state).toMatchObject({ phase: "begun", query: "id:<2" });
    expect(ids()).toEqual([1, 2, 3]);
    world.listener?.opened?.(3);
    world.letPagesCome();
    await settled();
    expect(ids()).toEqual([1]);
  });

  it("says what failed, and can be asked again", async () => {
    const { world, store, ids } = await opened(3);
    const load = world.load.bind(world);
    world.load = () => Promise.reject(new Error("no room"));
    await store.showNewest();
    expect(store.state).toMatchObject({ phase: "failed", error: new Error("no room") });
    world.load = load;
    await store.showNewest();
    expect(store.state.phase).toBe("ready");
    expect(ids()).toEqual([1, 2, 3]);
  });

  it("shows the rows around one that is far away", async () => {
    const { store, ids } = await opened(9000);
    await store.showAround(2000);
    expect(ids()).toEqual(upTo(1500, 2499));
    expect(store.state).toMatchObject({ landing: 2000, hasOlder: true, hasNewer: true });
  });

  it("a link's exchange is shown at once, and what is there already moves nothing", async () => {
    const world = new World(9000);
    const store = new TrafficStore(world);
    store.open("");
    store.reveal(2000);
    world.listener?.opened?.(9000);
    await settled();
    expect(store.state.rows.map(idOf)).toEqual(upTo(1500, 2499));
    expect(world.requests).toHaveLength(2);
    store.reveal(1600);
    expect(world.requests).toHaveLength(2);
    store.reveal(8000);
    await settled();
    expect(store.state.rows.map(idOf)).toEqual(upTo(7500, 8499));
    expect(world.listener).not.toBeNull();
  });

  it("goes to the oldest of all, and on from there", async () => {
    const { store, ids } = await opened(9000);
    await store.showOldest();
    expect(ids()).toEqual(upTo(1, 500));
    expect(store.state).toMatchObject({ landing: "oldest", hasOlder: false, hasNewer: true });
    await store.loadNewer();
    expect(ids()).toEqual(upTo(1, 1000));
    await store.showNewest();
    expect(ids()).toEqual(upTo(8501, 9000));
  });

  it("finds the first one of a time, however many pages that takes", async () => {
    const { world, store } = await opened(3);
    const { signal } = new AbortController();
    const none: Page = { items: [], next: null, scanned_all: false, lag: { ready: true, changes: 0 } };
    const pages: Page[] = [{ ...none, next: "1" }, { ...none, items: [summary(2)] }, none];
    world.load = (request) => {
      world.requests.push(request);
      return Promise.resolve(pages.shift() ?? none);
    };
    expect(await store.firstFrom(1_780_000_000.5, signal)).toBe(2);
    expect(world.requests.slice(-2)).toMatchObject([
      { query: "started:>=@1780000000.5", order: "oldest", cursor: null },
      { query: "started:>=@1780000000.5", order: "oldest", cursor: "1" },
    ]);
    expect(await store.firstFrom(1_790_000_000, signal)).toBeNull();
  });

  it("what is sorted or grouped has as many rows as there may be, and changes calmly", async () => {
    const { world, store, ids } = await opened(9000);
    store.isArranged = true;
    await vi.waitFor(() => expect(store.state.rows).toHaveLength(MOST));
    expect(ids()).toEqual(upTo(6001, 9000));
    world.says(came(9001));
    expect(world.pauses.at(-1)).toBeGreaterThan(100);
    world.paint();
    expect(ids()).toEqual(upTo(6002, 9001));
    store.isArranged = false;
    world.says(came(9002));
    expect(world.pauses.at(-1)).toBe(0);
  });
});
