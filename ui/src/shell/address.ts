import { useCallback } from "react";
import { useLocation, useSearch } from "wouter";

/** What the address bar says beside the page: `q` filter, `id` selection, `session`, `group`. */
export type Parameters = Record<string, string | number | null>;

/** `/traffic?q=status%3A5xx`: for links from one room to another. Null and empty ones are left out. */
export function addressOf(path: string, parameters: Parameters = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

/** Goes to another page, as a link would. */
export function useGo(): (path: string, parameters?: Parameters) => void {
  const [, navigate] = useLocation();
  return useCallback((path, parameters) => navigate(addressOf(path, parameters)), [navigate]);
}

/** A parameter of the address bar, empty where it is not there, and what sets it. `replace`: without a step in the
 * browser's history, as for a selection that moves. */
export function useParameter(
  name: string,
): [string, (value: string | number | null, how?: { replace?: boolean }) => void] {
  const search = useSearch();
  const [, navigate] = useLocation();
  const set = useCallback(
    (value: string | number | null, { replace = false }: { replace?: boolean } = {}) => {
      // Of the address as it is now: what was set in the same moment is not rendered yet.
      const next = new URLSearchParams(location.search);
      if (value === null || value === "") next.delete(name);
      else next.set(name, String(value));
      const text = next.toString();
      navigate(text ? `${location.pathname}?${text}` : location.pathname, { replace });
    },
    [name, navigate],
  );
  return [new URLSearchParams(search).get(name) ?? "", set];
}
