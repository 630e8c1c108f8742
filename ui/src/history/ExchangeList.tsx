import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useId, useLayoutEffect, useMemo, useRef } from "react";
import type { Day } from "../api/types";
import { Button, ErrorText } from "../parts";
import { count, useKeys } from "../shell";
import { dayInWords, entriesOf } from "./days";
import { ExchangeRow, HeadingRow } from "./ExchangeRow";
import styles from "./History.module.css";
import type { HistoryWindow, Shown } from "./window";

const HEIGHT = 28; // pixels of a row, as in the style sheet
const AHEAD = 30; // rows before an end at which more are asked for

interface ExchangeListProps {
  shown: Shown;
  window: HistoryWindow;
  days: readonly Day[];
  selected: number | null;
  onSelect: (id: number | null) => void;
}

export function ExchangeList({ shown, window, days, selected, onSelect }: ExchangeListProps) {
  const { rows, fresh, hasOlder, hasNewer, isLoading, error } = shown;
  const scroller = useRef<HTMLDivElement>(null);
  const prefix = useId();
  const entries = useMemo(() => entriesOf(rows), [rows]);
  const keys = useMemo(
    () => entries.map((entry) => (entry.kind === "exchange" ? (entry.exchange.id ?? 0) : entry.day)),
    [entries],
  );
  const virtual = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => HEIGHT,
    overscan: 20,
    getItemKey: (at) => keys[at] ?? at,
    scrollMargin: HEIGHT, // the headings of the columns
  });
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (isLoading) return;
    if (hasOlder && last >= entries.length - AHEAD) void window.older();
    else if (hasNewer && entries.length > 0 && first <= AHEAD) void window.newer();
  }, [first, last, entries.length, hasOlder, hasNewer, isLoading, window]);

  // Who is at the top sees what comes.
  useEffect(() => {
    if (fresh.length > 0 && (scroller.current?.scrollTop ?? 0) < HEIGHT) window.showFresh();
  }, [fresh.length, window]);

  // For others the rows before their eyes stay there, whatever comes or goes above.
  const anchor = useRef<{ key: string | number; offset: number } | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each time that it begins
  useLayoutEffect(() => {
    anchor.current = null;
    scroller.current?.scrollTo({ top: 0 });
  }, [shown.begun]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: after the rows have changed, and not with every place
  useLayoutEffect(() => {
    const element = scroller.current;
    const kept = anchor.current;
    const at = kept ? keys.indexOf(kept.key) : -1;
    if (element && kept && at >= 0) element.scrollTop = at * HEIGHT + kept.offset;
    else remember();
  }, [keys]);
  function remember() {
    const top = scroller.current?.scrollTop ?? 0;
    const at = Math.floor(top / HEIGHT);
    const key = keys[at];
    const isAtTheTop = top < HEIGHT && !hasNewer;
    anchor.current = isAtTheTop || key === undefined ? null : { key, offset: top - at * HEIGHT };
  }

  const place = entries.findIndex((entry) => entry.kind === "exchange" && entry.exchange.id === selected);
  function step(by: 1 | -1) {
    let at = place + by;
    if (place < 0) at = 0;
    while (entries[at]?.kind === "day") at += by;
    choose(at);
  }
  function choose(at: number) {
    const entry = entries[at];
    if (entry?.kind !== "exchange") return;
    onSelect(entry.exchange.id ?? null);
    // A day's heading is shown with its first row.
    virtual.scrollToIndex(entries[at - 1]?.kind === "day" && at < first + AHEAD ? at - 1 : at);
  }
  useKeys({
    next: () => step(1),
    previous: () => step(-1),
    first: () => choose(1),
    last: () => choose(entries.length - 1),
    ...(selected !== null && { close: () => onSelect(null) }),
  });

  const now = Date.now() / 1000;
  return (
    <div className={styles.list}>
      {fresh.length > 0 && (
        <div className={styles.fresh}>
          <Button
            kind="primary"
            onPress={() => {
              anchor.current = null;
              window.showFresh();
              scroller.current?.scrollTo({ top: 0 });
            }}
          >
            {count(fresh.length, "new exchange")}
          </Button>
        </div>
      )}
      {error !== null && (
        <div className={styles.problem}>
          <ErrorText error={error} />
          <Button onPress={() => window.tryAgain()}>Try again</Button>
        </div>
      )}
      {/* A grid whose rows are drawn where they are seen: a table cannot do that. */}
      {/* biome-ignore lint/a11y/useSemanticElements: see above */}
      <div
        ref={scroller}
        role="grid"
        aria-label="History"
        aria-rowcount={hasOlder || hasNewer ? -1 : entries.length + 1}
        aria-activedescendant={place < 0 ? undefined : `${prefix}${selected}`}
        aria-busy={isLoading}
        tabIndex={0}
        className={styles.grid}
        onScroll={remember}
      >
        <HeadingRow />
        <div role="presentation" style={{ height: virtual.getTotalSize() }} className={styles.all}>
          {items.map(({ index, key, start }) => {
            const entry = entries[index];
            if (!entry) return null;
            const style = { transform: `translateY(${start - HEIGHT}px)` };
            if (entry.kind === "day") {
              const day = days.find((one) => one.day === entry.day);
              return (
                // biome-ignore lint/a11y/useSemanticElements: see above
                <div key={key} role="row" aria-rowindex={index + 2} className={styles.day} style={style} tabIndex={-1}>
                  {/* biome-ignore lint/a11y/useSemanticElements: see above */}
                  <span role="rowheader" tabIndex={-1}>
                    {dayInWords(entry.day, now)}
                    {day && (
                      <span className={styles.count}>
                        {count(day.exchanges, "exchange")}
                        {day.failed > 0 && `, ${count(day.failed, "failed", "failed")}`}
                      </span>
                    )}
                  </span>
                </div>
              );
            }
            const { id = 0 } = entry.exchange;
            return (
              <ExchangeRow
                key={key}
                id={`${prefix}${id}`}
                at={index}
                exchange={entry.exchange}
                isSelected={id === selected}
                style={style}
                onPress={() => onSelect(id)}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}
