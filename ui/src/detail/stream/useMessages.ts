import { useEffect, useRef, useState } from "react";
import { call } from "../../api/client";
import type { MessagePage, MessageShape } from "../../api/types";

/** The first page is there at once; each one costs the server a walk from the stream's beginning, so the next is all. */
const FIRST = 500;
/** A stream that has more is shown from its start up to here: what is behind can be had with `wireglass messages`. */
export const MOST = 50_000;

export interface Messages {
  items: readonly MessageShape[];
  /** All that came so far is there. */
  isComplete: boolean;
  error: unknown;
}

const NONE: Messages = { items: [], isComplete: false, error: null };

/** The messages of an exchange, page by page; `seq` is the exchange's, and says that there may be more. */
export function useMessages(id: number, seq: number): Messages {
  const [messages, setMessages] = useState<Messages & { of: number }>({ ...NONE, of: id });
  const again = useRef<() => void>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new `seq` is why it is asked again
  useEffect(() => {
    again.current?.();
  }, [seq]);

  useEffect(() => {
    const end = new AbortController();
    const items: MessageShape[] = [];
    let isLoading = false;
    let isStale = true;

    function tell(isComplete: boolean, error: unknown = null) {
      if (!end.signal.aborted) setMessages({ items: [...items], isComplete, error, of: id });
    }

    async function page(): Promise<boolean> {
      const query = { after: items.at(-1)?.number ?? 0, limit: items.length === 0 ? FIRST : MOST - items.length };
      const found = await call<MessagePage>("GET", `/exchanges/${id}/messages`, { query, signal: end.signal });
      items.push(...found.items);
      tell(found.next === null);
      return found.next === null || items.length >= MOST;
    }

    /** One load at a time: changes that come meanwhile are asked for behind it, or a busy stream would never be read. */
    async function load() {
      isStale = true;
      if (isLoading) return;
      isLoading = true;
      try {
        while (isStale && items.length < MOST && !end.signal.aborted) {
          isStale = false;
          const begun = performance.now();
          while (!(await page()));
          // A long stream takes the server long: it gets as much time for other things.
          if (isStale) await pause(performance.now() - begun, end.signal);
        }
      } catch (error) {
        tell(false, error);
      } finally {
        isLoading = false;
      }
    }

    again.current = load;
    load();
    return () => {
      again.current = null;
      end.abort();
    };
  }, [id]);
  return messages.of === id ? messages : NONE;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
