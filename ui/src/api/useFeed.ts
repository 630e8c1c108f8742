import { useEffect, useRef, useState } from "react";
import { type FeedListener, type FeedState, feedOf } from "./feed";
import { useTokenState } from "./token";

/** Tells `listener` what changes of what `query` finds (null: of nothing), while the component is there. The listener may
 * be another one at each render. */
export function useFeed(query: string | null, listener: FeedListener): FeedState {
  const latest = useRef(listener);
  const [state, setState] = useState<FeedState>("closed");
  const isAllowed = useTokenState() === "given";
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => {
    if (query === null || !isAllowed) {
      setState("closed");
      return;
    }
    return feedOf(query).listen({
      opened: (after) => latest.current.opened?.(after),
      changes: (items, to) => latest.current.changes(items, to),
      gap: (to) => latest.current.gap(to),
      heartbeat: (to, newest) => latest.current.heartbeat?.(to, newest),
      refused: (error) => latest.current.refused?.(error),
      state: (state) => {
        setState(state);
        latest.current.state?.(state);
      },
    });
  }, [query, isAllowed]);
  return state;
}
