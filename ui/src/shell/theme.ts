import { useSyncExternalStore } from "react";
import { remembered } from "../parts/remembered";

export type Theme = "system" | "light" | "dark";
export const THEMES: ReadonlyArray<{ id: Theme; label: string }> = [
  { id: "system", label: "Same as the system" },
  { id: "light", label: "Light" },
  { id: "dark", label: "Dark" },
];

const listeners = new Set<() => void>();
let current: Theme = THEMES.find(({ id }) => id === remembered.getItem("theme"))?.id ?? "system";

/** Before the first paint, so that nothing flashes. */
export function showTheme(): void {
  if (current === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = current;
}

export function setTheme(theme: Theme): void {
  current = theme;
  remembered.setItem("theme", theme);
  showTheme();
  for (const listener of listeners) listener();
}

export function useTheme(): Theme {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
