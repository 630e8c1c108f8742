import type { ExchangeShape } from "./types";

export type Side = "request" | "response";
export type Headers = ReadonlyArray<readonly [string, string]>;

/** The message of a side, in the form that both have. */
export function messageOf(exchange: ExchangeShape, side: Side) {
  return side === "request" ? exchange.request : exchange.response;
}

/** The first header of this name, letter case aside; empty where there is none. */
export function headerOf(headers: Headers, name: string): string {
  return headers.find(([one]) => one.toLowerCase() === name)?.[1] ?? "";
}

/** `application/json` of `application/json; charset=utf-8`. */
export function mediaType(headers: Headers): string {
  return (headerOf(headers, "content-type").split(";")[0] ?? "").trim().toLowerCase();
}
