import {
  ArrowLeftRight,
  Braces,
  CircleCheck,
  CircleX,
  CodeXml,
  CornerUpRight,
  File,
  FileText,
  Film,
  Image,
  Info,
  LoaderCircle,
  Lock,
  type LucideIcon,
  Palette,
  Radio,
  ServerCrash,
  SquareFunction,
  TriangleAlert,
  Type,
} from "lucide-react";
import type { Summary } from "../api/types";

/** What a row says by colour, icon and word together. */
export interface Outcome {
  tone: "open" | "failed" | "informational" | "success" | "redirect" | "client-error" | "server-error" | "stream";
  icon: LucideIcon;
  /** In the column. */
  text: string;
  /** For tips and screen readers. */
  words: string;
}

export function outcomeOf({ state, status, protocol, error }: Summary): Outcome {
  const code = status ? String(status) : "";
  if (state === "failed") {
    return { tone: "failed", icon: CircleX, text: code || "Failed", words: `Failed: ${error || "no reason is known"}` };
  }
  const isOpen = state === "open";
  if (protocol === "websocket" || protocol === "tunnel") {
    const word = protocol === "websocket" ? "WebSocket" : "Tunnel: not read";
    const icon = protocol === "websocket" ? ArrowLeftRight : Lock;
    return { tone: "stream", icon, text: code || "Open", words: `${word}, ${isOpen ? "open" : "ended"}` };
  }
  if (isOpen) return { tone: "open", icon: LoaderCircle, text: code || "Open", words: "Open: not answered wholly yet" };
  const kind = Math.floor((status ?? 0) / 100);
  if (kind === 1) return { tone: "informational", icon: Info, text: code, words: "Informational" };
  if (kind === 2) return { tone: "success", icon: CircleCheck, text: code, words: "Success" };
  if (kind === 3) return { tone: "redirect", icon: CornerUpRight, text: code, words: "Redirect" };
  if (kind === 4) return { tone: "client-error", icon: TriangleAlert, text: code, words: "Client error" };
  if (kind === 5) return { tone: "server-error", icon: ServerCrash, text: code, words: "Server error" };
  return { tone: "informational", icon: Info, text: code || "None", words: "No status" };
}

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
