import type { Door } from "../api/types";

export interface ModeForm {
  kind: "regular" | "reverse";
  listen: string;
  /** In reverse mode: `https://api.example.com`. */
  target: string;
}

export function formOf(door: Door | null): ModeForm {
  if (!door) return { kind: "regular", listen: "127.0.0.1:0", target: "" };
  return { kind: door.target ? "reverse" : "regular", listen: door.listen, target: door.target };
}

/** As `--mode` takes it. */
export function modeOf({ kind, listen, target }: ModeForm): string {
  return kind === "reverse" ? `reverse:${target.trim()}@${listen.trim()}` : `regular@${listen.trim()}`;
}
