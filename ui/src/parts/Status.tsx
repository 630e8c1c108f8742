import {
  ArrowLeftRight,
  CircleCheck,
  CircleX,
  CornerUpRight,
  Info,
  LoaderCircle,
  Lock,
  type LucideIcon,
  ServerCrash,
  TriangleAlert,
} from "lucide-react";
import type { Summary } from "../api/types";
import { classes } from "./classes";
import styles from "./Status.module.css";

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

/** Gives `--tone` the colour of an outcome, and what it is on that colour. */
export function toneClass(tone: Outcome["tone"]): string | undefined {
  return styles[tone];
}

/** How an exchange ended, or that it has not. */
export function Status({ summary }: { summary: Summary }) {
  const { tone, icon: Icon, text, words } = outcomeOf(summary);
  return (
    <span className={classes(styles.status, toneClass(tone))} title={words}>
      <Icon aria-hidden />
      {text}
    </span>
  );
}
