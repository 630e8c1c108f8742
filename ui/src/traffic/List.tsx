import { type CSSProperties, type KeyboardEvent, type MouseEvent, useMemo } from "react";
import type { Summary } from "../api/types";
import { Header, type HeaderProps } from "./Header";
import styles from "./List.module.css";
import { fitting, template } from "./layout";
import { GroupRow, ROW, Row, rowId } from "./Row";
import { idOf } from "./rows";
import type { Selection } from "./selection";
import type { TrafficState } from "./state";
import type { TrafficStore } from "./store";
import { useScroll } from "./useScroll";
import { type Entry, headingOf, isGroup, keyOf } from "./view";
import { scaleOf } from "./waterfall";

export interface ListProps extends HeaderProps {
  entries: readonly Entry[];
  state: TrafficState;
  store: TrafficStore;
  selection: Selection;
  /** How the entries are sorted and grouped; empty: by arrival. */
  arrangement: string;
  /** There is little room. */
  isBesideDetail: boolean;
  onPoint: (id: number, event: MouseEvent) => void;
  onOpen: (id: number) => void;
  onRowMenu: (id: number, event: MouseEvent) => void;
  onGroup: (group: string) => void;
  onKey: (event: KeyboardEvent, rowsOnScreen: number) => void;
}

export function List(props: ListProps) {
  const { entries, state, store, selection, arrangement, isBesideDetail, layout } = props;
  const { active, ids } = selection;
  const { scroller, first, count, upper, inSight, height, width, onScroll } = useScroll({
    entries,
    state,
    store,
    arrangement,
    active,
  });
  const columns = useMemo(
    () => (isBesideDetail && width > 0 ? fitting(layout.columns, width) : layout.columns),
    [layout.columns, isBesideDetail, width],
  );
  const scale = scaleOf(inSight.filter((entry): entry is Summary => !isGroup(entry)));
  const rendered = entries.slice(first, first + count);
  const highest = entries[upper];
  const heading = highest && !isGroup(highest) ? headingOf(entries, upper) : null;
  const isActiveThere = active !== null && rendered.some((entry) => keyOf(entry) === active);
  const style = useMemo(() => {
    const least = columns.reduce((sum, { pixels }) => sum + pixels, 0);
    return { "--columns": template(columns), "--least": `${least}px` } as CSSProperties;
  }, [columns]);

  return (
    // biome-ignore lint/a11y/useSemanticElements: rows of a table cannot be placed one by one
    <div
      ref={scroller}
      role="grid"
      tabIndex={0}
      aria-label="Exchanges"
      aria-multiselectable
      // -1: nobody knows how many.
      aria-rowcount={state.hasOlder || state.hasNewer ? -1 : entries.length + 1}
      aria-busy={state.phase === "begun"}
      {...(isActiveThere && { "aria-activedescendant": rowId(active) })}
      className={styles.list}
      style={style}
      onScroll={onScroll}
      onKeyDown={(event) => props.onKey(event, Math.max(Math.floor(height / ROW) - 2, 1))}
      onClick={(event) => {
        const group = groupAt(event.target);
        if (group !== null) props.onGroup(group);
        const id = idAt(event.target);
        if (id !== null) props.onPoint(id, event);
      }}
      onDoubleClick={(event) => {
        const id = idAt(event.target);
        if (id !== null) props.onOpen(id);
      }}
      onContextMenu={(event) => {
        const id = idAt(event.target) ?? (event.target === scroller.current ? active : null);
        if (typeof id !== "number") return;
        const box = document.getElementById(rowId(id))?.getBoundingClientRect();
        const isKey = idAt(event.target) === null && box;
        props.onRowMenu(id, isKey ? at(event, box.left + 24, box.bottom) : event);
      }}
    >
      <Header {...props} columns={columns} />
      {heading && (
        <div aria-hidden className={styles.pinned}>
          <GroupRow entry={heading} isActive={heading.group === active} />
        </div>
      )}
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      <div role="rowgroup" className={styles.rows} style={{ height: entries.length * ROW, paddingTop: first * ROW }}>
        {rendered.map((entry, place) => {
          const index = first + place + 2;
          if (isGroup(entry)) {
            const { group } = entry;
            return <GroupRow key={`group ${group}`} entry={entry} index={index} isActive={group === active} />;
          }
          const id = idOf(entry);
          return (
            <Row
              key={id}
              summary={entry}
              columns={columns}
              scale={scale}
              index={index}
              isActive={id === active}
              isSelected={ids.has(id)}
            />
          );
        })}
      </div>
    </div>
  );
}

function at(event: MouseEvent, clientX: number, clientY: number): MouseEvent {
  return { ...event, clientX, clientY, preventDefault: () => event.preventDefault() };
}

function closest(target: EventTarget, attribute: string): string | null {
  return target instanceof Element ? (target.closest(`[${attribute}]`)?.getAttribute(attribute) ?? null) : null;
}

function idAt(target: EventTarget): number | null {
  const id = closest(target, "data-id");
  return id === null ? null : Number(id);
}

function groupAt(target: EventTarget): string | null {
  return closest(target, "data-group");
}
