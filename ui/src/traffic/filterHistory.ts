import { remembered } from "../parts";

const NAME = "traffic.filters";
const MOST = 20;
/** Fields whose values may be secrets, a click on a header being enough to have one in the filter. */
const SECRET = /\b(\w*headers?|\w*body|param\w*|query)\s*!?[:=~]/i;

/** Filters that were used, the newest first: kept in the browser, but for what may have a secret in it. */
export function usedFilters(): string[] {
  try {
    const given: unknown = JSON.parse(remembered.getItem(NAME) ?? "[]");
    return Array.isArray(given) ? given.filter((one): one is string => typeof one === "string").slice(0, MOST) : [];
  } catch {
    return [];
  }
}

export function forgetFilters(): void {
  remembered.setItem(NAME, "[]");
}

export function rememberFilter(query: string): void {
  const text = query.trim();
  if (!text || SECRET.test(text)) return;
  remembered.setItem(NAME, JSON.stringify([text, ...usedFilters().filter((one) => one !== text)].slice(0, MOST)));
}
