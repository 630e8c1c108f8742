import { type KeyboardEvent, type ReactNode, type Ref, useEffect, useImperativeHandle, useRef, useState } from "react";
import styles from "./Lines.module.css";

export const LINE = 20; // pixels
/** Browsers stop to place things right somewhere above ten million pixels; longer texts are scrolled by share. */
const TALLEST = 8_000_000;
const BESIDE = 10; // lines above and below those that are seen

export interface LinesHandle {
  show: (line: number) => void;
}

export interface LinesProps {
  label: string;
  count: number;
  line: (at: number) => ReactNode;
  role?: "tree" | "region" | "log";
  ref?: Ref<LinesHandle>;
  onKeyDown?: (event: KeyboardEvent<HTMLElement>) => void;
  activeId?: string | undefined;
  /** It was scrolled: whether it is at its end now, and whether that was upwards. */
  onScrolled?: (isAtEnd: boolean, isUpwards: boolean) => void;
}

/** Any number of lines of one height, of which those that are seen are made. */
export function Lines({ label, count, line, role = "region", ref, onKeyDown, activeId, onScrolled }: LinesProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const full = count * LINE;
  const drawn = Math.min(full, TALLEST);
  const share = drawn > height ? (full - height) / (drawn - height) : 1;
  const offset = top * share; // pixels into the full text
  const first = Math.max(0, Math.floor(offset / LINE) - BESIDE);
  const last = Math.min(count, Math.ceil((offset + height) / LINE) + BESIDE);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setHeight(element.clientHeight));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);

  useImperativeHandle(ref, () => ({
    show(at) {
      const element = scroller.current;
      if (!element) return;
      const now = element.scrollTop * share;
      const wanted = at * LINE;
      if (wanted >= now && wanted + 2 * LINE <= now + element.clientHeight) return;
      element.scrollTop = Math.max(0, wanted - element.clientHeight / 3) / share;
    },
  }));

  const seen: ReactNode[] = [];
  for (let at = first; at < last; at += 1) seen.push(line(at));
  return (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: a role that is chosen is given its own properties
    // biome-ignore lint/a11y/noStaticElementInteractions: it has a role, which is given
    <div
      ref={scroller}
      role={role}
      aria-label={label}
      aria-activedescendant={activeId}
      // What scrolls must be reached with keys (WCAG 2.1.1).
      tabIndex={0}
      className={styles.scroller}
      onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
        onScrolled?.(scrollHeight - clientHeight - scrollTop < LINE, scrollTop < top);
        setTop(scrollTop);
      }}
      onKeyDown={onKeyDown}
    >
      <div role="presentation" className={styles.all} style={{ height: drawn }}>
        <div role="presentation" className={styles.seen} style={{ top: first * LINE - offset + top }}>
          {seen}
        </div>
      </div>
    </div>
  );
}
