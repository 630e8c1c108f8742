import { useSyncExternalStore } from "react";
import { said } from "../api/client";

export interface Toast {
  id: number;
  text: string;
  hint: string;
  isError: boolean;
  action: { label: string; onPress: () => void } | undefined;
}

const STAYS = 6000; // milliseconds; errors stay until they are closed
const MOST = 4;

const listeners = new Set<() => void>();
let toasts: readonly Toast[] = [];
let newest = 0;

function change(next: readonly Toast[]) {
  toasts = next;
  for (const listener of listeners) listener();
}

export interface ToastOptions {
  hint?: string;
  /** Such as "Undo". */
  action?: { label: string; onPress: () => void };
}

/** A line about what has been done, which goes by itself. */
export function tell(text: string, { hint = "", action }: ToastOptions = {}): void {
  const id = show({ text, hint, isError: false, action });
  setTimeout(() => closeToast(id), STAYS);
}

/** What failed, until it is closed: `what` says what was to be done ("Delete 3 exchanges"). */
export function tellError(what: string, error: unknown): void {
  const { message, hint } = said(error);
  show({ text: `${what}: ${message}`, hint, isError: true, action: undefined });
}

export function closeToast(id: number): void {
  change(toasts.filter((toast) => toast.id !== id));
}

export function useToasts(): readonly Toast[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
}

function show(toast: Omit<Toast, "id">): number {
  newest += 1;
  const others = toasts.filter(({ text, hint }) => text !== toast.text || hint !== toast.hint);
  change([...others, { ...toast, id: newest }].slice(-MOST));
  return newest;
}
