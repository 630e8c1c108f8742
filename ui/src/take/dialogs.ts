import { useSyncExternalStore } from "react";

/** The dialog that is open, if any: menus open it, which are gone by then. */
export type Taken = { kind: "code"; id: number } | { kind: "har"; ids: readonly number[]; isShared: boolean };

let taken: Taken | null = null;
const listeners = new Set<() => void>();

export function openTake(next: Taken | null): void {
  taken = next;
  for (const listener of listeners) listener();
}

export function useTaken(): Taken | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => taken,
  );
}
