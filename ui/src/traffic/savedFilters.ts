import { useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "../api/client";
import type { Answers, SavedFilter } from "../api/types";

const NONE: readonly SavedFilter[] = [];

/** The filters that the program keeps, by name. */
export function useSavedFilters(): readonly SavedFilter[] {
  const { data = NONE } = useQuery({
    queryKey: ["filters"],
    queryFn: ({ signal }) => call<Answers["listFilters"]>("GET", "/filters", { signal }),
  });
  return data;
}

export interface FilterActions {
  /** One of the same name is replaced. */
  save: (name: string, query: string) => Promise<void>;
  rename: (filter: SavedFilter, name: string) => Promise<void>;
  remove: (name: string) => Promise<void>;
}

/** All throw what the API says. */
export function useFilterActions(): FilterActions {
  const cache = useQueryClient();
  const changed = () => cache.invalidateQueries({ queryKey: ["filters"] });

  async function save(name: string, query: string) {
    await call<Answers["saveFilter"]>("PUT", "/filters", { body: { name, query } });
    await changed();
  }
  async function remove(name: string) {
    await call<Answers["removeFilter"]>("DELETE", "/filters", { query: { name } });
    await changed();
  }
  async function rename({ name: before, query }: SavedFilter, name: string) {
    // In this order it is never gone.
    await call<Answers["saveFilter"]>("PUT", "/filters", { body: { name, query } });
    await remove(before);
  }
  return { save, rename, remove };
}
