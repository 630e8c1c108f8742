import { useQueryClient } from "@tanstack/react-query";
import { tellError } from "../shell";

/** Does something, says what failed, and asks for doors and sessions anew, so that nobody waits for the next look. */
export function useDo(): (what: string, action: () => Promise<unknown>) => Promise<void> {
  const changed = useChanged();
  return async (what, action) => {
    try {
      await action();
    } catch (error) {
      tellError(what, error);
    } finally {
      await changed();
    }
  };
}

export function useChanged(): () => Promise<unknown> {
  const cache = useQueryClient();
  return () =>
    Promise.all([
      cache.invalidateQueries({ queryKey: ["sessions"] }),
      cache.invalidateQueries({ queryKey: ["status"] }),
      cache.invalidateQueries({ queryKey: ["session-stats"] }),
    ]);
}
