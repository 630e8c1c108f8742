import { useCallback, useMemo, useState } from "react";
import { remembered } from "../parts";
import { COLUMNS, type Column } from "./columns";

/** Which columns, in which order, how wide: kept in the browser. */
export interface Layout {
  shown: string[];
  widths: Record<string, number>;
}

const NAME = "traffic.columns";
const LEAST = 40; // pixels
const USUAL: Layout = { shown: COLUMNS.filter(({ isUsual }) => isUsual).map(({ id }) => id), widths: {} };

/** What is kept, as far as it can be read and means columns that there are. */
function readLayout(text: string | null): Layout {
  try {
    const given: unknown = JSON.parse(text ?? "");
    if (typeof given !== "object" || given === null || !("shown" in given) || !Array.isArray(given.shown)) return USUAL;
    const shown = given.shown.filter((id): id is string => COLUMNS.some((column) => column.id === id));
    const widths: Record<string, number> = {};
    if ("widths" in given && typeof given.widths === "object" && given.widths !== null) {
      for (const [id, width] of Object.entries(given.widths)) if (typeof width === "number") widths[id] = width;
    }
    return shown.length > 0 ? { shown: [...new Set(shown)], widths } : USUAL;
  } catch {
    return USUAL;
  }
}

/** `id` moved by `step` places, as far as there are any. */
export function moved(shown: readonly string[], id: string, step: number): string[] {
  const at = shown.indexOf(id);
  const to = Math.min(Math.max(at + step, 0), shown.length - 1);
  const rest = shown.filter((one) => one !== id);
  return at < 0 ? [...shown] : [...rest.slice(0, to), id, ...rest.slice(to)];
}

export interface ShownColumn extends Column {
  pixels: number;
}

export function useLayout() {
  const [layout, setLayout] = useState(() => readLayout(remembered.getItem(NAME)));
  const change = useCallback((next: (before: Layout) => Layout) => {
    setLayout((before) => {
      const after = next(before);
      remembered.setItem(NAME, JSON.stringify(after));
      return after;
    });
  }, []);
  const columns = useMemo(() => {
    const found = layout.shown.map((id) => COLUMNS.find((column) => column.id === id));
    return found
      .filter((column) => column !== undefined)
      .map((column) => ({
        ...column,
        pixels: Math.max(layout.widths[column.id] ?? column.width, LEAST),
        // Who says how wide it is wants it so.
        isWide: column.isWide === true && layout.widths[column.id] === undefined,
      }));
  }, [layout]);
  return {
    columns,
    toggle: (id: string) =>
      change(({ shown, widths }) => {
        if (!shown.includes(id)) return { shown: [...shown, id], widths };
        // A list without columns could not be brought back.
        return shown.length > 1 ? { shown: shown.filter((one) => one !== id), widths } : { shown, widths };
      }),
    move: (id: string, step: number) => change(({ shown, widths }) => ({ shown: moved(shown, id, step), widths })),
    resize: (id: string, width: number) =>
      change(({ shown, widths }) => ({ shown, widths: { ...widths, [id]: Math.max(Math.round(width), LEAST) } })),
    reset: () => change(() => USUAL),
  };
}

/** For `grid-template-columns`. */
export function template(columns: readonly ShownColumn[]): string {
  return columns.map(({ pixels, isWide }) => (isWide ? `minmax(${pixels}px, 1fr)` : `${pixels}px`)).join(" ");
}

/** As many, from the left, as there is room for, and one at least: beside a detail the others would be cut off. */
export function fitting(columns: readonly ShownColumn[], width: number): readonly ShownColumn[] {
  let room = width;
  const many = columns.findIndex(({ pixels }) => {
    room -= pixels;
    return room < 0;
  });
  return many < 0 ? columns : columns.slice(0, Math.max(many, 1));
}
