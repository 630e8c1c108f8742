import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { ApiError, call } from "./client";
import { useTokenState } from "./token";
import type { Answers, Lag, Status } from "./types";

const EVERY = 2000; // milliseconds
const SAMPLES = 3; // of the rate, which is so of the last four seconds

/** `live`: it answers; `lost`: it did, and does not now; `begun`: nothing is known yet. */
export type Connection = "begun" | "live" | "lost";

/** Who runs, its doors and sessions: asked every two seconds while the page is seen. */
export function useStatus() {
  const state = useTokenState();
  return useQuery({
    queryKey: ["status"],
    queryFn: ({ signal }) => call<Answers["getStatus"]>("GET", "/status", { signal }),
    refetchInterval: EVERY,
    enabled: state === "given",
    retry: false,
    staleTime: 0,
  });
}

/** All sessions, the oldest first. The feed tells of exchanges alone; so they are asked anew when the status says that
 * the record or the sessions that run have changed, and when somebody comes back to the page. */
export function useSessions() {
  const { data: status } = useStatus();
  const mark = status && [status.seq, ...status.sessions.map(({ id, name, state }) => `${id} ${name} ${state}`)].join();
  return useQuery({
    queryKey: ["sessions", mark],
    queryFn: ({ signal }) => call<Answers["listSessions"]>("GET", "/sessions", { signal }),
    enabled: mark !== undefined,
    placeholderData: keepPreviousData,
    gcTime: EVERY,
  });
}

export function useConnection(): Connection {
  const { error, data, failureCount } = useStatus();
  if (error instanceof ApiError && error.status !== 401) return "lost";
  if (failureCount > 0 && data === undefined) return "lost";
  return data ? "live" : "begun";
}

/** Calls `again` when the program answers once more after it did not, with everything on the page asked anew. */
export function useAgain(again: () => void): void {
  const connection = useConnection();
  const cache = useQueryClient();
  const before = useRef(connection);
  const latest = useRef(again);
  useEffect(() => {
    latest.current = again;
  });
  useEffect(() => {
    if (before.current === "lost" && connection === "live") {
      void cache.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "status" });
      latest.current();
    }
    before.current = connection;
  }, [connection, cache]);
}

/** How far the search index is behind the record. */
export function useLag(): Lag | undefined {
  const state = useTokenState();
  const { data } = useQuery({
    queryKey: ["lag"],
    queryFn: ({ signal }) => call<Answers["listExchanges"]>("GET", "/exchanges", { query: { limit: 1 }, signal }),
    refetchInterval: 2 * EVERY,
    enabled: state === "given",
    select: (page) => page.lag,
  });
  return data;
}

/** Ended exchanges that the running sessions keep, per second, between this status and one some seconds older. Undefined
 * while there is none to compare with. */
export function useRate(): number | undefined {
  const { data, dataUpdatedAt } = useStatus();
  const samples = useRef<Array<{ at: number; status: Status }>>([]);
  const [rate, setRate] = useState<number>();
  useEffect(() => {
    if (!data) return;
    const known = samples.current;
    known.push({ at: dataUpdatedAt, status: data });
    while (known.length > SAMPLES) known.shift();
    setRate(rateBetween(known));
  }, [data, dataUpdatedAt]);
  return rate;
}

function rateBetween(samples: ReadonlyArray<{ at: number; status: Status }>): number | undefined {
  const first = samples[0];
  const last = samples.at(-1);
  if (!first || !last || last.at <= first.at) return undefined;
  const before = new Map(first.status.sessions.map((session) => [session.id, session.exchanges]));
  let count = 0;
  for (const { id, exchanges } of last.status.sessions) {
    // One exchange may be in several sessions: the busiest one says how many there were.
    count = Math.max(count, exchanges - (before.get(id) ?? 0));
  }
  return (1000 * count) / (last.at - first.at);
}
