import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { call } from "../api/client";
import { allOf } from "../api/queryWords";
import type { Answers, Item } from "../api/types";
import { useFeed } from "../api/useFeed";
import { useFollowed } from "../api/useFollowed";
import { nextFrame, ZONE } from "../shell";
import { type DaySpan, dayNear } from "./days";
import { HistoryWindow, PAGE, type Shown, type Wanted } from "./window";

/** The days on which a query finds anything. */
export function useDays(query: string) {
  return useFollowed({
    name: "days",
    query,
    load: (signal) => call<Answers["listDays"]>("GET", "/days", { query: { query, zone: ZONE }, signal }),
    // Of everything the next answer has more; of a query it would be the same.
    isPartial: ({ exact }) => query === "" && !exact,
  });
}

export interface History {
  shown: Shown;
  window: HistoryWindow;
  /** Begins anew. */
  reload: () => void;
}

/** The rows of what `query` finds, from the day `from` backwards. */
export function useHistory(query: string, days: readonly DaySpan[] | undefined, from: string): History {
  const window = useMemo(() => new HistoryWindow((wanted) => page(query, wanted)), [query]);
  const shown = useSyncExternalStore(window.subscribe, window.get);
  // Of which change on the feed tells all: what was there before is in the pages that are loaded then.
  const [opened, setOpened] = useState(-1);

  useEffect(() => {
    if (days) window.setDays(days);
  }, [window, days]);

  const first = days && dayNear(days, from);
  // Again where something was missed: it is `opened` anew.
  useEffect(() => {
    if (opened < 0 || first === undefined) return;
    window.begin(first);
    return () => window.end();
  }, [window, first, opened]);

  const pending = useRef<Item[]>([]);
  const takeBack = useRef<() => void>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what waits is of this window alone
  useEffect(
    () => () => {
      takeBack.current?.();
      takeBack.current = null;
      pending.current = [];
    },
    [window],
  );
  useFeed(query, {
    opened: setOpened,
    changes(items) {
      pending.current.push(...items);
      takeBack.current ??= nextFrame(() => {
        takeBack.current = null;
        const items = pending.current;
        pending.current = [];
        window.changes(items);
      });
    },
    gap: setOpened,
  });
  const reload = useCallback(() => setOpened((before) => before + 1), []);
  return { shown, window, reload };
}

function page(query: string, { span, isOlder, id, cursor, signal }: Wanted) {
  const beyond = id === null || cursor !== null ? "" : `id:${isOlder ? "<" : ">"}${id}`;
  const asked = {
    query: allOf(query, `started:${span.start}..${span.end}`, beyond),
    limit: PAGE,
    order: isOlder ? "newest" : "oldest",
    cursor,
  };
  return call<Answers["listExchanges"]>("GET", "/exchanges", { query: asked, signal });
}
