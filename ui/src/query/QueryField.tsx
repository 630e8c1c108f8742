import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { call } from "../api/client";
import type { Answers } from "../api/types";
import { useChecked } from "./checked";
import { QueryInput } from "./QueryInput";
import { suggestionsOf } from "./suggestions";

export interface QueryFieldProps {
  label: string;
  placeholder: string;
  text: string;
  onText: (text: string) => void;
  /** Told of what can be read, as soon as that is known. */
  onReadable?: (query: string) => void;
  before?: ReactNode;
}

/** A query in a form or above a page. */
export function QueryField({ label, placeholder, text, onText, onReadable, before }: QueryFieldProps) {
  const [caret, setCaret] = useState(text.length);
  const [isOpen, setOpen] = useState(false);
  const written = { text, caret: Math.min(caret, text.length) };
  const { looked, failure } = useChecked(written);
  const { data: stats } = useQuery({
    queryKey: ["stats", ""],
    queryFn: ({ signal }) => call<Answers["getStats"]>("GET", "/stats", { signal }),
    enabled: isOpen,
    staleTime: 10_000,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: when it has been looked at, and not when its owner changes
  useEffect(() => {
    if (looked?.of.text === text && !looked.answer.error) onReadable?.(text.trim());
  }, [looked]);
  return (
    <QueryInput
      label={label}
      placeholder={placeholder}
      written={written}
      onWrite={(next) => {
        setCaret(next.caret);
        if (next.text !== text) onText(next.text);
      }}
      looked={looked}
      suggestions={isOpen ? suggestionsOf(written, looked, { stats, rows: [] }) : []}
      isOpen={isOpen}
      onOpen={setOpen}
      before={before}
    >
      {failure && <p role="alert">{failure.message}</p>}
    </QueryInput>
  );
}

export interface PageFilterProps {
  label: string;
  query: string;
  onQuery: (query: string) => void;
  before?: ReactNode;
}

/** The filter of a page, which stands in the address: what is typed is the person's, and holds as soon as it can be
 * read. */
export function PageFilter({ label, query, onQuery, before }: PageFilterProps) {
  const [text, setText] = useState(query);
  const applied = useRef(query);
  useEffect(() => {
    if (query === applied.current) return;
    applied.current = query;
    setText(query);
  }, [query]);
  return (
    <QueryField
      label={label}
      placeholder="Filter: host:api.example.com status:5xx"
      text={text}
      onText={setText}
      before={before}
      onReadable={(readable) => {
        if (readable === applied.current) return;
        applied.current = readable;
        onQuery(readable);
      }}
    />
  );
}
