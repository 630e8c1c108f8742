import type { SessionOptions } from "../api/types";
import { count, duration, size } from "../shell";

/** What a session keeps, in a sentence. */
export function kept(options: SessionOptions): string {
  const { age, count: most, size: bytes } = options.retention ?? {};
  const parts = [matched(options.filter ?? "")];
  if (options.response_bodies === false) parts.push("no response bodies");
  if (options.skip_bodies?.length) parts.push(`no bodies of ${options.skip_bodies.join(", ")}`);
  if (options.cookies === false) parts.push("no values of cookies");
  if (age != null) parts.push(`for ${days(age)}`);
  if (most != null) parts.push(`at most ${count(most, "exchange")}`);
  if (bytes != null) parts.push(`at most ${size(bytes)} of bodies`);
  return `${parts.join("; ")}.`;
}

function matched(filter: string): string {
  if (!filter) return "Keeps everything";
  // One term, negated: what has more of them is said as it is written.
  const [, left] = /^(?:not |-)([^\s()]+)$/i.exec(filter) ?? [];
  return left ? `Leaves out ${left}` : `Keeps ${filter}`;
}

function days(seconds: number): string {
  const days = seconds / 86_400;
  return days >= 1 ? count(Math.round(10 * days) / 10, "day") : duration(1000 * seconds);
}
