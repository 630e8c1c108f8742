import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "../api/client";
import type { Answers, Summary } from "../api/types";
import { useFeed } from "../api/useFeed";

/** The newest exchange that `query` finds; undefined until there is one, which is heard of at once and then stays. */
export function useFirstExchange(query: string | null): { found: Summary | undefined; error: unknown } {
  const cache = useQueryClient();
  const key = ["connect", "first", query];
  const { data, error } = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => newest(query, signal),
    enabled: query !== null,
    staleTime: Number.POSITIVE_INFINITY,
    // An address more or less in the query is no reason to show a card as if nothing had come.
    placeholderData: keepPreviousData,
  });
  const ask = () => void cache.invalidateQueries({ queryKey: key });
  // Once there is one, the feed is not wanted any more: a capture may be busy.
  useFeed(data || query === null ? null : query, { opened: ask, changes: ask, gap: ask });
  return { found: data ?? undefined, error };
}

/** A page ends early where its time does: then the next one goes on. */
async function newest(query: string | null, signal: AbortSignal): Promise<Summary | null> {
  let cursor: string | null = null;
  do {
    const page: Answers["listExchanges"] = await call("GET", "/exchanges", {
      query: { query, limit: 1, cursor },
      signal,
    });
    const [found] = page.items;
    if (found) return found;
    cursor = page.next;
  } while (cursor !== null);
  return null;
}
