import type { Side } from "../api/heads";

/** A name for a body as a file: the last part of the path, with an ending by its media type where it has none. What was
 * sent is named by its number: the path says what it was sent to. */
export function fileName(url: string, type: string, id: number, side: Side): string {
  const name = (side === "response" && lastPart(url)) || `exchange-${id}-${side}`;
  return /\.\w{1,5}$/.test(name) ? name : `${name}.${endingOf(type)}`;
}

function lastPart(url: string): string {
  try {
    return decodeURIComponent(new URL(url).pathname.split("/").at(-1) ?? "").replace(/[^\p{L}\p{N}_.-]+/gu, "_");
  } catch {
    return ""; // no URL, or percent signs that stand for nothing
  }
}

function endingOf(type: string): string {
  const subtype = type.split("/")[1]?.split("+").at(-1)?.replace(/^x-/, "") ?? "";
  return ENDINGS[subtype] ?? (/^\w{2,5}$/.test(subtype) ? subtype : "bin");
}

const ENDINGS: Record<string, string> = {
  plain: "txt",
  javascript: "js",
  jpeg: "jpg",
  "www-form-urlencoded": "txt",
};
