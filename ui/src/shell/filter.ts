import { useCallback } from "react";
import { useLocation, useSearch } from "wouter";
import { narrowed, termOf } from "../api/queryWords";
import { addressOf } from "./address";

/** The filter of the traffic in the address bar: `q`, and the session that a link has named beside it. */
function filterOf(parameters: URLSearchParams): string {
  const session = parameters.get("session");
  const query = parameters.get("q") ?? "";
  return session ? narrowed(query, termOf("session", session)) : query;
}

/** That filter, and what sets it: then it is all in `q`, as it stands in the filter bar. */
export function useFilter(): [string, (query: string, how?: { replace?: boolean }) => void] {
  const search = useSearch();
  const [, navigate] = useLocation();
  const set = useCallback(
    (query: string, { replace = false }: { replace?: boolean } = {}) => {
      const next = Object.fromEntries(new URLSearchParams(location.search));
      navigate(addressOf(location.pathname, { ...next, session: null, q: query }), { replace });
    },
    [navigate],
  );
  return [filterOf(new URLSearchParams(search)), set];
}

/** Shows the traffic that has a value, or has not, beside what is filtered already: given a term for it. What is open
 * stays open. */
export function useNarrow(): (term: string, isNegated: boolean) => void {
  const [, navigate] = useLocation();
  return useCallback(
    (term, isNegated) => {
      const before = new URLSearchParams(location.search);
      const q = narrowed(filterOf(before), term, isNegated);
      navigate(addressOf("/traffic", { q, id: before.get("id"), group: before.get("group") }));
    },
    [navigate],
  );
}
