const NUMBER = new Intl.NumberFormat("en");

/** `1,234`. */
export function number(value: number): string {
  return NUMBER.format(value);
}

/** `1 exchange`, `1,234 exchanges`. */
export function count(value: number, noun: string, plural = `${noun}s`): string {
  return `${number(value)} ${value === 1 ? noun : plural}`;
}

const SIZES = ["B", "kB", "MB", "GB", "TB"];

/** `0 B`, `950 B`, `4.5 kB`, `12 MB`: powers of 1000, as the command line says them. */
export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < SIZES.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 9.95 ? value.toFixed(0) : value.toFixed(1)} ${SIZES[unit]}`;
}

/** `0.4 ms`, `85 ms`, `1.25 s`, `2 min 5 s`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 9.95) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds < 999.5) return `${milliseconds.toFixed(0)} ms`;
  if (milliseconds < 59_995) return `${(milliseconds / 1000).toFixed(2)} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** Where the browser is, such as `Europe/Berlin`: all times are told as clocks there say, and days begin at their midnight. */
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** `14:03:21.250`, in the time of this place. */
export function clock(seconds: number): string {
  const date = new Date(seconds * 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** `2026-11-21 14:03:21`, in the time of this place. */
export function moment(seconds: number): string {
  const date = new Date(seconds * 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock(seconds).slice(0, 8)}`;
}
