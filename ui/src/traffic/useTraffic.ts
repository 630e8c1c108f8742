import { useEffect, useState, useSyncExternalStore } from "react";
import { call } from "../api/client";
import { feedOf } from "../api/feed";
import type { Answers } from "../api/types";
import { nextFrame } from "../shell";
import type { Sources, TrafficState } from "./state";
import { TrafficStore } from "./store";

const PROGRAM: Sources = {
  load: ({ query, limit, order, cursor, signal }) =>
    call<Answers["listExchanges"]>("GET", "/exchanges", { query: { query, limit, order, cursor }, signal }),
  listen: (query, listener) => feedOf(query).listen(listener),
  nextFrame,
};

/** What `query` finds, live, while the component is there. */
export function useTraffic(query: string): [TrafficState, TrafficStore] {
  const [store] = useState(() => new TrafficStore(PROGRAM));
  useEffect(() => {
    store.open(query);
    return () => store.close();
  }, [store, query]);
  return [useSyncExternalStore(store.subscribe, store.snapshot), store];
}
