import { useSyncExternalStore } from "react";

/**
 * The token of the running Wireglass: in memory alone. It comes behind the `#` of the address that `wireglass` prints,
 * which browsers send to nobody, and leaves the address bar at once, so that it is on no screenshot, and going back does
 * not lead to it. (Chromium's file of visited addresses keeps the one that was opened: the token holds for one start.)
 */
export type TokenState = "missing" | "given" | "refused";

let current = "";
let state: TokenState = "missing";
const listeners = new Set<() => void>();

function say() {
  for (const listener of listeners) listener();
}

/** Takes the token out of the address bar, where there is one. */
export function takeToken(): void {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return;
  history.replaceState(history.state, "", location.pathname + location.search);
  current = token;
  state = "given";
  say();
}

/** Takes the token now, and whenever the printed address is opened in this tab again: browsers load no page for that. */
export function watchToken(): void {
  takeToken();
  addEventListener("hashchange", takeToken);
}

export function token(): string {
  return current;
}

/** The program has refused this token: it is of an earlier start. */
export function refuseToken(refused: string): void {
  if (refused !== current || state !== "given") return;
  state = "refused";
  say();
}

export function useTokenState(): TokenState {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );
}
