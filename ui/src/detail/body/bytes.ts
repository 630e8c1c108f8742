import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ask, call } from "../../api/client";
import type { Answers, Shown } from "../../api/types";
import type { Side } from "../exchange";

/** More is not shown, and can be saved: the server undoes the codings of so many bytes at most (`DECODED_LIMIT`). */
export const MOST = 64 * 1024 * 1024;

export interface BodyPlace {
  id: number;
  side: Side;
  /** Grows while the body comes. */
  size: number;
}

const KEPT = 30_000; // milliseconds that a body stays in memory when nothing shows it

/** `decoded`: with its content codings undone; refused (`usage`) where they cannot be. `raw`: as it passed. */
export function useBytes({ id, side, size }: BodyPlace, as: "raw" | "decoded", isWanted = true) {
  return useQuery({
    queryKey: ["bytes", id, side, size, as],
    queryFn: ({ signal }) => bytesOf(id, side, as, signal),
    enabled: isWanted,
    gcTime: KEPT,
    staleTime: Number.POSITIVE_INFINITY,
    // Comparing old and new would walk through all of it.
    structuralSharing: false,
  });
}

export async function bytesOf(
  id: number,
  side: Side,
  as: "raw" | "decoded",
  signal?: AbortSignal,
): Promise<ArrayBuffer> {
  return (await ask("GET", `/exchanges/${id}/${side}/body`, { query: { as }, signal })).arrayBuffer();
}

/** The views that there are, those that fit this body first. */
export function useViews({ id, side, size }: BodyPlace, isWanted: boolean) {
  return useQuery({
    queryKey: ["views", id, side, size],
    queryFn: ({ signal }) => call<Answers["listViews"]>("GET", `/exchanges/${id}/${side}/views`, { signal }),
    enabled: isWanted,
    gcTime: KEPT,
    staleTime: Number.POSITIVE_INFINITY,
    // While the body comes, the view stays.
    placeholderData: keepPreviousData,
  });
}

/** As a view of the server lays it out. */
export function useShown({ id, side, size }: BodyPlace, view: string) {
  return useQuery({
    queryKey: ["shown", id, side, size, view],
    queryFn: ({ signal }) =>
      call<Shown>("GET", `/exchanges/${id}/${side}/body`, { query: { as: "view", view }, signal }),
    gcTime: KEPT,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** As text in the charset that the Content-Type names, else UTF-8. */
export function textOf(bytes: ArrayBuffer, contentType: string): string {
  const charset = /charset\s*=\s*"?([^\s";]+)/i.exec(contentType)?.[1] ?? "utf-8";
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    // A charset that the browser does not know (RangeError).
    return new TextDecoder().decode(bytes);
  }
}
