import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { call } from "../api/client";
import type { Answers, Checked } from "../api/types";

const PAUSE = 120; // milliseconds without a key, after which what was typed is looked at

/** A query that is being written, and where the caret is. */
export interface Written {
  text: string;
  caret: number;
  /** Nobody is typing: it is looked at at once. */
  isWhole?: boolean;
}

export interface Looked {
  of: Written;
  answer: Checked;
}

/** What the program says of a query while it is written. `looked` may be of what stood there before. */
export function useChecked(written: Written): { looked: Looked | undefined; failure: Error | null } {
  const [asked, setAsked] = useState(written);
  const { text, caret, isWhole = false } = written;
  useEffect(() => {
    const timer = setTimeout(() => setAsked({ text, caret }), isWhole ? 0 : PAUSE);
    return () => clearTimeout(timer);
  }, [text, caret, isWhole]);
  const { data, error } = useQuery({
    queryKey: ["query", asked.text, asked.caret],
    queryFn: async ({ signal }) => ({ of: asked, answer: await check(asked, signal) }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    placeholderData: keepPreviousData,
  });
  return { looked: data, failure: error };
}

async function check({ text, caret }: Written, signal: AbortSignal): Promise<Checked> {
  const query = { text, cursor: [...text.slice(0, caret)].length };
  return inUnits(text, await call<Answers["checkQuery"]>("GET", "/query", { query, signal }));
}

/** The program counts characters, a browser UTF-16 units: an emoji is two. */
export function inUnits(text: string, checked: Checked): Checked {
  const units = [0];
  for (const character of text) units.push((units.at(-1) ?? 0) + character.length);
  if (units.length === text.length + 1) return checked;
  const unit = (at: number) => units[at] ?? text.length;
  const place = <Place extends { start: number; end: number }>(one: Place): Place => ({
    ...one,
    start: unit(one.start),
    end: unit(one.end),
  });
  const { terms, error, completions, writing } = checked;
  return {
    ...checked,
    terms: terms.map(([start, end]) => [unit(start), unit(end)]),
    error: error && { ...error, ...(error.at && { at: [unit(error.at[0]), unit(error.at[1])] as [number, number] }) },
    completions: completions.map(place),
    writing: writing && place(writing),
  };
}
