import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef } from "react";
import { useFeed } from "./useFeed";

const OFTEN = 2000; // milliseconds between two looks at least
const SHARE = 10; // and a look takes at most a tenth of the time

export interface Followed<Answer> {
  /** Of the answers, in the cache. */
  name: string;
  /** What it is about. */
  query: string;
  load: (signal: AbortSignal) => Promise<Answer>;
  /** Asked again at once: there is more to come. */
  isPartial?: (answer: Answer) => boolean;
}

/** What is added up of many exchanges, which takes longer the more there are: asked anew after the feed has told of a
 * change, and never while nothing happens. */
export function useFollowed<Answer>({ name, query, load, isPartial }: Followed<Answer>) {
  const cache = useQueryClient();
  const pause = useRef(OFTEN);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const later = useCallback(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void cache.invalidateQueries({ queryKey: [name, query] });
    }, pause.current);
  }, [cache, name, query]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: with another query what was to come is of nobody's interest
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [later],
  );
  useFeed(query, { opened: later, changes: later, gap: later });
  return useQuery({
    queryKey: [name, query],
    queryFn: async ({ signal }) => {
      const begun = performance.now();
      const answer = await load(signal);
      pause.current = Math.max(OFTEN, SHARE * (performance.now() - begun));
      return answer;
    },
    refetchInterval: ({ state }) => (state.data && !state.error && isPartial?.(state.data) ? 100 : false),
    placeholderData: keepPreviousData,
  });
}
