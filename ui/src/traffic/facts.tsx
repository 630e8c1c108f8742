import {
  Braces,
  CodeXml,
  File,
  FileText,
  Film,
  Image,
  type LucideIcon,
  Palette,
  Radio,
  SquareFunction,
  Type,
} from "lucide-react";
import type { Summary } from "../api/types";

export interface Kind {
  name: "json" | "html" | "script" | "style" | "image" | "media" | "font" | "stream" | "text" | "binary" | "none";
  icon: LucideIcon;
  /** Short enough for a column. */
  text: string;
}

const KINDS: ReadonlyArray<[RegExp, Kind["name"], LucideIcon]> = [
  [/json/, "json", Braces],
  [/html/, "html", CodeXml],
  [/javascript|ecmascript|wasm/, "script", SquareFunction],
  [/css/, "style", Palette],
  [/^image\//, "image", Image],
  [/^(audio|video)\//, "media", Film],
  [/font/, "font", Type],
  [/event-stream|grpc/, "stream", Radio],
  [/^text\/|xml|yaml|urlencoded/, "text", FileText],
];

export function kindOf({ type = "" }: Summary): Kind {
  if (!type) return { name: "none", icon: File, text: "" };
  const found = KINDS.find(([pattern]) => pattern.test(type));
  const text = type.replace(/^(application|text|image|audio|video|font)\/(x-|vnd\.)?/, "");
  return found ? { name: found[1], icon: found[2], text } : { name: "binary", icon: File, text };
}

/** Path and query of the URL; of a tunnel, which has neither, nothing. */
export function pathOf({ url, host }: Summary): string {
  const after = url.indexOf("://");
  if (after < 0) return url === host ? "" : url;
  const slash = url.indexOf("/", after + 3);
  return slash < 0 ? "" : url.slice(slash);
}

const NUMBER = /^\d+$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const HEX = /^(?=.*\d)[0-9a-f]{8,}$/i;
const DATE = /^\d{4}-\d{2}(-\d{2})?(T[\d:.]+(Z|[+-]\d{2}:?\d{2})?)?$/;

/** `/users/{id}/orders`: the path with what names single things folded, and without its query. */
export function endpointOf(summary: Summary): string {
  const path = pathOf(summary).split(/[?#]/, 1)[0] ?? "";
  const folded = path.split("/").map((part) => {
    if (DATE.test(part)) return "{date}";
    return NUMBER.test(part) || UUID.test(part) || HEX.test(part) ? "{id}" : part;
  });
  return folded.join("/");
}
