import { call } from "../api/client";
import type { Answers, ExchangeSecrets } from "../api/types";

/** What redacting takes out of some exchanges: never the secrets themselves. */
export interface SecretsFound {
  secrets: number;
  exchanges: number;
  /** Most first; there may be more than are listed. */
  places: Array<{ place: string; kind: string; times: number }>;
}

/** Throws what the API says. */
export async function secretsIn(query: string, signal: AbortSignal): Promise<SecretsFound> {
  const items: ExchangeSecrets[] = [];
  let after: number | null = 0;
  while (after !== null) {
    const page: Answers["listSecrets"] = await call("GET", "/secrets", { query: { query, after, limit: 100 }, signal });
    items.push(...page.items);
    after = page.next;
  }
  return summed(items);
}

export function summed(items: readonly ExchangeSecrets[]): SecretsFound {
  const places = new Map<string, SecretsFound["places"][number]>();
  for (const { place, kind } of items.flatMap(({ secrets }) => secrets)) {
    const key = `${place}\n${kind}`;
    const known = places.get(key);
    if (known) known.times += 1;
    else places.set(key, { place, kind, times: 1 });
  }
  return {
    secrets: items.reduce((sum, { count }) => sum + count, 0),
    exchanges: items.length,
    places: [...places.values()].sort((a, b) => b.times - a.times),
  };
}
