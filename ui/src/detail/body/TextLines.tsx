import { useMemo } from "react";
import { Lines } from "../Lines";
import styles from "./TextLines.module.css";

const LONGEST = 2000; // characters of a line; longer ones go on in the next, without a number

/** Where each line begins, and whether it goes on with the one before. */
export function linesOf(text: string): { starts: number[]; numbers: number[] } {
  const starts: number[] = [];
  const numbers: number[] = [];
  let number = 0;
  let at = 0;
  while (at <= text.length) {
    number += 1;
    const found = text.indexOf("\n", at);
    const end = found < 0 ? text.length : found;
    starts.push(at);
    numbers.push(number);
    for (let more = at + LONGEST; more < end; more += LONGEST) {
      starts.push(more);
      numbers.push(0);
    }
    if (found < 0) break;
    at = end + 1;
  }
  return { starts, numbers };
}

/** Text of any length, a line a line. */
export function TextLines({ label, text }: { label: string; text: string }) {
  const { starts, numbers } = useMemo(() => linesOf(text), [text]);
  const width = `${Math.max(3, String(numbers.length).length)}ch`;
  return (
    <Lines
      label={label}
      count={starts.length}
      line={(at) => (
        <div key={at} className={styles.line}>
          <span className={styles.number} style={{ minWidth: width }} aria-hidden>
            {numbers[at] || ""}
          </span>
          <span>{text.slice(starts[at], starts[at + 1]).replace(/[\r\n]+$/, "")}</span>
        </div>
      )}
    />
  );
}

const WIDTH = 16;

/** Bytes in hex and ASCII, 16 a line. */
export function HexLines({ bytes }: { bytes: ArrayBuffer }) {
  const all = new Uint8Array(bytes);
  return (
    <Lines
      label="Bytes"
      count={Math.ceil(all.length / WIDTH)}
      line={(at) => (
        <div key={at} className={styles.line}>
          {hexLine(all.subarray(at * WIDTH, (at + 1) * WIDTH), at * WIDTH)}
        </div>
      )}
    />
  );
}

export function hexLine(bytes: Uint8Array, at: number): string {
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0"));
  const seen = [...bytes].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
  const halves = [hex.slice(0, 8), hex.slice(8)].map((half) => half.join(" ").padEnd(23)).join("  ");
  return `${at.toString(16).padStart(8, "0")}  ${halves}  ${seen}`;
}
