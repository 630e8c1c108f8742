import { useQuery } from "@tanstack/react-query";
import { Search, X } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { ApiError, call } from "../api/client";
import type { Answers, Summary } from "../api/types";
import { IconButton } from "../parts";
import { QueryInput, type Suggestion, suggestionsOf, useChecked, type Written } from "../query";
import { useKeys } from "../shell";
import { Chips } from "./Chips";
import styles from "./FilterBar.module.css";
import { FilterMenu } from "./FilterMenu";
import { rememberFilter, usedFilters } from "./filterHistory";
import { useSavedFilters } from "./savedFilters";

const USED = 6; // of the filters that were used, below an empty field

export interface FilterBarProps {
  query: string;
  onQuery: (query: string) => void;
  /** Where the keys go when the filter is done. */
  onDone: () => void;
  /** What is loaded, whose values are suggested. */
  rows: readonly Summary[];
}

/** What is typed is the person's: it is applied when it can be read, and the list stays as it is until then. */
export function FilterBar({ query, onQuery, onDone, rows }: FilterBarProps) {
  const [written, setWritten] = useState<Written>({ text: query, caret: query.length });
  const [isOpen, setOpen] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const applied = useRef(query);
  const { text } = written;

  // The address bar has another filter: a link, the browser's way back, "only this".
  useEffect(() => {
    if (query === applied.current) return;
    applied.current = query;
    setWritten({ text: query, caret: query.length, isWhole: true });
  }, [query]);

  const { looked, failure } = useChecked(written);
  const checked = looked?.of.text === text ? looked.answer : null;

  // biome-ignore lint/correctness/useExhaustiveDependencies: when it has been looked at, and not when the address changes
  useEffect(() => {
    if (!checked?.tree || text === applied.current) return;
    apply(text);
    // Who has left the field meanwhile has used it.
    if (document.activeElement !== input.current) rememberFilter(text);
  }, [checked]);

  const suggestions = useSuggestions(written, looked, rows, isOpen);

  function apply(next: string) {
    applied.current = next;
    onQuery(next);
  }

  /** By a chip, a menu or the clear button: at once. */
  function replace(next: string) {
    setWritten({ text: next, caret: next.length, isWhole: true });
    apply(next);
    rememberFilter(next);
  }

  useKeys({
    filter: () => {
      input.current?.focus();
      input.current?.select();
    },
  });

  return (
    <search className={styles.bar}>
      <QueryInput
        label="Filter"
        placeholder="Filter: host:api.example.com status:5xx, or any word"
        input={input}
        written={written}
        onWrite={setWritten}
        looked={looked}
        suggestions={suggestions}
        isOpen={isOpen}
        onOpen={setOpen}
        onFilter={replace}
        onEnter={() => {
          if (checked?.tree) rememberFilter(text);
          onDone();
        }}
        onEscape={() => (text ? replace("") : onDone())}
        onLeave={() => rememberFilter(applied.current)}
        before={<Search aria-hidden className={styles.icon} />}
        behind={
          <>
            {text && (
              <IconButton label="Clear the filter" icon={<X />} onPress={() => replace("")} className={styles.button} />
            )}
            <FilterMenu query={query} onQuery={replace} />
          </>
        }
      >
        {looked && <Chips looked={looked} text={text} onQuery={replace} />}
      </QueryInput>
      {failure instanceof ApiError && <p className={styles.problem}>{failure.message}</p>}
    </search>
  );
}

/** Below an empty field what was saved and used; else what fits what is being written. */
function useSuggestions(
  written: Written,
  looked: Parameters<typeof suggestionsOf>[1],
  rows: readonly Summary[],
  isOpen: boolean,
): readonly Suggestion[] {
  const { data: stats } = useQuery({
    queryKey: ["stats", ""],
    queryFn: ({ signal }) => call<Answers["getStats"]>("GET", "/stats", { signal }),
    enabled: isOpen,
    staleTime: 10_000,
  });
  const saved = useSavedFilters();
  // What is loaded changes at every frame: it is looked at when something is typed, and when there is much more of it.
  const latest = useRef(rows);
  latest.current = rows;
  const magnitude = Math.ceil(Math.log2(rows.length + 1));
  // biome-ignore lint/correctness/useExhaustiveDependencies: as said above
  return useMemo(() => {
    if (!isOpen) return [];
    const offered = suggestionsOf(written, looked, { stats, rows: latest.current });
    if (written.text) return offered;
    const names = new Map(saved.map(({ name, query }) => [query, name]));
    for (const used of usedFilters().slice(0, USED)) if (!names.has(used)) names.set(used, "used before");
    const whole = { start: 0, end: 0, kind: "filter" } as const;
    return [...[...names].map(([text, help]) => ({ text, help, ...whole })), ...offered];
  }, [written, looked, stats, saved, isOpen, magnitude]);
}
