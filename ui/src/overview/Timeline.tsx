import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Bucket } from "../api/types";
import { count, moment } from "../shell";
import styles from "./Overview.module.css";
import { series, stepped } from "./series";

interface TimelineProps {
  buckets: readonly Bucket[];
  /** Seconds of a bucket. */
  width: number;
  /** From and to, Unix seconds, of the bars that were chosen. */
  onChoose: (from: number, to: number) => void;
}

const HEIGHT = 150; // pixels
// Of the axis: a second is the shortest that its words can tell apart.
const STEPS = [1, 5, 10, 15, 30, 60, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800];
const LEAST = 5; // pixels: less is a click

export default function Timeline({ buckets, width, onChoose }: TimelineProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  // The bars that the keys have chosen: the one where they are, and where Shift was pressed.
  const [chosen, setChosen] = useState<{ at: number; from: number } | null>(null);
  const columns = series(buckets, width);
  const [times, all, failing] = columns;
  const latest = useRef({ onChoose, width });
  useEffect(() => {
    latest.current = { onChoose, width };
  });

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const made = new uPlot(
      options(element, () => latest.current),
      [[], [], []],
      element,
    );
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    // Colours are read at each drawing.
    const redraw = () => made.redraw(false);
    const themed = new MutationObserver(redraw);
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", redraw);
    return () => {
      resized.disconnect();
      themed.disconnect();
      dark.removeEventListener("change", redraw);
      made.destroy();
      plot.current = null;
    };
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the columns are made of these
  useEffect(() => plot.current?.setData(columns), [buckets, width]);

  const at = chosen && Math.min(chosen.at, times.length - 1);
  const from = chosen && Math.min(chosen.from, times.length - 1);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same
  useEffect(() => {
    const made = plot.current;
    if (!made) return;
    const ends = at === null || from === null ? null : [times[Math.min(at, from)], times[Math.max(at, from)]];
    const [first, last] = ends ?? [];
    const left = first === undefined ? 0 : made.valToPos(first, "x");
    const right = last === undefined ? 0 : made.valToPos(last + width, "x");
    made.setSelect({ left, width: right - left, top: 0, height: made.over.clientHeight }, false);
    const here = at === null ? undefined : times[at];
    made.setCursor(here === undefined ? { left: -10, top: -10 } : { left: made.valToPos(here, "x"), top: 0 });
  }, [at, from, buckets, width]);

  function pressed(event: KeyboardEvent) {
    if (event.key === "Enter" && at !== null && from !== null) {
      const [first, last] = [times[Math.min(at, from)], times[Math.max(at, from)]];
      if (first !== undefined && last !== undefined) onChoose(first, last + width);
      setChosen(null);
    } else if (event.key === "Escape" && chosen) setChosen(null);
    else {
      const next = stepped(at, event.key, times.length);
      if (next === null) return;
      setChosen({ at: next, from: event.shiftKey && from !== null ? from : next });
    }
    event.preventDefault();
  }

  const shown = at ?? all.indexOf(Math.max(...all));
  const words = `${moment(times[shown] ?? 0)}: ${count(all[shown] ?? 0, "request")}, ${failing[shown] ?? 0} failing`;
  return (
    <div
      ref={place}
      role="slider"
      tabIndex={0}
      aria-label="Requests over time"
      aria-valuemin={0}
      aria-valuemax={Math.max(times.length - 1, 0)}
      aria-valuenow={shown}
      aria-valuetext={at === null ? `Most at ${words}` : words}
      className={styles.plot}
      onKeyDown={pressed}
      onBlur={() => setChosen(null)}
    />
  );
}

function options(
  element: HTMLElement,
  now: () => { onChoose: (from: number, to: number) => void; width: number },
): uPlot.Options {
  const colour = (name: string) => () => colourOf(element, name);
  const bars = uPlot.paths.bars?.({ size: [0.9, 100], align: 1 });
  const axis: uPlot.Axis = {
    stroke: colour("--text-muted"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { stroke: colour("--line"), width: 1 },
    font: "11px system-ui, sans-serif",
  };
  /** All bars that these pixels touch; their edges are multiples of the width from the first one on. */
  function choose(plot: uPlot, left: number, right: number) {
    const [start] = plot.data[0];
    if (start === undefined) return;
    const { width, onChoose } = now();
    const bar = (pixel: number) => Math.floor((plot.posToVal(pixel, "x") - start) / width);
    onChoose(start + Math.max(bar(left), 0) * width, start + Math.min(bar(right) + 1, plot.data[0].length) * width);
  }
  const drawn = bars ? { paths: bars, points: { show: false } } : {};
  return {
    width: element.clientWidth,
    height: HEIGHT,
    scales: {
      x: { range: (_, low, high) => [low ?? 0, (high ?? 0) + now().width] },
      y: { range: (_, __, high) => [0, Math.max(high ?? 0, 4) * 1.08] },
    },
    legend: { show: true },
    cursor: { y: false, drag: { x: true, y: false, setScale: false, dist: LEAST } },
    axes: [
      { ...axis, size: 28, values: shortTimes, incrs: STEPS },
      { ...axis, size: 48, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 1e5] },
    ],
    series: [
      { label: "From", value: (_, time: number | null) => (time === null ? "–" : moment(time)) },
      {
        label: "Requests",
        value: shortCount,
        fill: colour("--accent"),
        stroke: colour("--accent"),
        width: 0,
        ...drawn,
      },
      {
        label: "Failing",
        value: shortCount,
        fill: colour("--server-error"),
        stroke: colour("--server-error"),
        width: 0,
        ...drawn,
      },
    ],
    hooks: {
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width < LEAST) return;
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          choose(plot, left, left + width);
        },
      ],
      ready: [
        (plot) => {
          let down = 0;
          plot.over.addEventListener("mousedown", ({ clientX }) => {
            down = clientX;
          });
          plot.over.addEventListener("click", ({ clientX, offsetX }) => {
            if (Math.abs(clientX - down) < LEAST) choose(plot, offsetX, offsetX);
          });
        },
      ],
    },
  };
}

/** A custom property as a canvas takes it: `light-dark()` is only settled where it is used. */
function colourOf(element: HTMLElement, name: string): string {
  const before = element.style.color;
  element.style.color = `var(${name})`;
  const { color } = getComputedStyle(element);
  element.style.color = before;
  return color;
}

function shortCount(_: uPlot, value: number | null): string {
  return value === null ? "–" : String(value);
}

function shortTimes(_: uPlot, times: number[], __: number, ___: number, step: number): string[] {
  return times.map((time) => {
    const text = moment(time);
    if (step >= 86_400 || text.endsWith("00:00:00")) return text.slice(5, 10);
    return step >= 60 ? text.slice(11, 16) : text.slice(11);
  });
}
