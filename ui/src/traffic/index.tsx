import { Clock, Columns3 } from "lucide-react";
import { type KeyboardEvent, lazy, type MouseEvent, Suspense, useEffect, useMemo, useRef, useState } from "react";
import type { Summary } from "../api/types";
import { IconButton, Select, Splitter, useContextMenu } from "../parts";
import { isKey, tell, useFilter, useGo, useKeys, useNarrow, useParameter } from "../shell";
import { doByKey, entriesFor, type RowActions, type RowKey } from "./actions";
import { ColumnsDialog } from "./ColumnsDialog";
import { FilterBar } from "./FilterBar";
import { Foot } from "./Foot";
import { JumpDialog } from "./JumpDialog";
import { List } from "./List";
import { useLayout } from "./layout";
import { Failure, NoRows } from "./NoRows";
import { DeleteDialog, NoteDialog } from "./RowDialogs";
import { idOf, rowOf } from "./rows";
import { all, extended, headOf, NONE, only, stepped, toggled, whereIs } from "./selection";
import styles from "./Traffic.module.css";
import { useTraffic } from "./useTraffic";
import { entriesOf, GROUPINGS, isGroup, type Sorting, sorted } from "./view";

const Detail = lazy(() => import("../detail").then((room) => ({ default: room.Detail })));
const SETTLED = 80; // milliseconds; browsers refuse an address bar that changes as fast as a held key

export default function TrafficPage() {
  const [query, setQuery] = useFilter();
  const [opened, setOpened] = useParameter("id");
  const narrow = useNarrow();
  const go = useGo();
  const [groupName, setGroup] = useParameter("group");
  const [state, store] = useTraffic(query);
  const layout = useLayout();
  const [sorting, setSorting] = useState<Sorting | null>(null);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [dialog, setDialog] = useState<"" | "columns" | "delete" | "jump" | "note">("");
  const rowMenu = useContextMenu("Exchange");
  const headerMenu = useContextMenu("Column");
  const moving = useRef<ReturnType<typeof setTimeout>>(undefined);
  const list = useRef<HTMLDivElement>(null);
  const isInList = useRef(false);

  const grouping = GROUPINGS.find(({ value }) => value === groupName)?.value ?? "none";
  const isGrouped = grouping !== "none";
  const arrangement = [isGrouped && grouping, sorting?.column, sorting?.isDescending && "downwards"]
    .filter(Boolean)
    .join(" ");
  const rows = useMemo(() => sorted(state.rows, sorting), [state.rows, sorting]);
  const entries = useMemo(() => entriesOf(rows, grouping, closed), [rows, grouping, closed]);
  const [selection, setSelection] = useState(NONE);
  const openId = /^\d+$/.test(opened) ? Number(opened) : null;
  const chosen = useMemo(
    () => [...selection.ids].map((id) => rowOf(state.rows, id)).filter((row): row is Summary => row !== undefined),
    [selection.ids, state.rows],
  );

  // A link, or the browser's way back.
  useEffect(() => {
    if (openId === null) return;
    setSelection((before) => (before.active === openId ? before : only(openId)));
    store.reveal(openId);
  }, [openId, store]);
  useEffect(() => () => clearTimeout(moving.current), []);

  const actions: RowActions = {
    open,
    narrow,
    compare: (a, b) => go("/compare", { a, b }),
    askToDelete: () => setDialog("delete"),
    askForNote: () => setDialog("note"),
  };

  function toList() {
    (list.current?.querySelector<HTMLElement>("[role=grid]") ?? list.current)?.focus();
  }

  function open(id: number) {
    clearTimeout(moving.current);
    setSelection(only(id));
    setOpened(id, { replace: openId !== null });
  }

  function move(step: number, isExtending: boolean) {
    const key = stepped(entries, selection.active, step);
    if (key === null) return;
    setSelection(isExtending ? extended(selection, entries, key) : only(key));
    clearTimeout(moving.current);
    if (openId === null || isExtending || typeof key === "string") return;
    moving.current = setTimeout(() => setOpened(key, { replace: true }), SETTLED);
  }

  function point(id: number, event: MouseEvent) {
    if (event.shiftKey) setSelection(extended(selection, entries, id));
    else if (event.ctrlKey || event.metaKey) setSelection(toggled(selection, id));
    else open(id);
  }

  function menu(id: number, event: MouseEvent) {
    const row = rowOf(state.rows, id);
    if (!row) return;
    const isChosen = selection.ids.has(id);
    if (!isChosen) setSelection(only(id));
    rowMenu.open(event, entriesFor(row, isChosen ? chosen : [row], actions));
  }

  /** The same as in the menu. */
  function byKey(key: RowKey) {
    const [first] = chosen;
    if (first) doByKey(key, entriesFor(first, chosen, actions));
  }

  /** To an end of all that the filter finds, which need not be loaded. */
  async function toEnd(isNewest: boolean, isExtending: boolean) {
    const isBeyond = !arrangement && (isNewest ? state.hasNewer : state.hasOlder);
    if (!isBeyond || isExtending) {
      move(isNewest ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY, isExtending);
      return;
    }
    await (isNewest ? store.showNewest() : store.showOldest());
    const row = store.state.rows.at(isNewest ? -1 : 0);
    if (row) choose(idOf(row));
  }

  /** The one where the keys are; shown beside the list if another one is. */
  function choose(id: number) {
    if (openId === null) setSelection(only(id));
    else open(id);
  }

  async function jump(seconds: number, signal: AbortSignal) {
    const id = await store.firstFrom(seconds, signal);
    if (id === null) {
      tell("Nothing began then or later: these are the newest.");
      await toEnd(true, false);
      return;
    }
    await store.showAround(id);
    choose(id);
  }

  useKeys({
    next: (event) => move(1, event.shiftKey),
    previous: (event) => move(-1, event.shiftKey),
    first: (event) => void toEnd(false, event.shiftKey),
    last: (event) => void toEnd(true, event.shiftKey),
    time: () => setDialog("jump"),
    list: toList,
    url: () => byKey("url"),
    curl: () => byKey("curl"),
    compare: () => byKey("compare"),
    star: () => byKey("star"),
    note: () => byKey("note"),
    remove: () => byKey("remove"),
    open: () => {
      if (typeof selection.active === "number") open(selection.active);
      else if (selection.active !== null) toggleGroup(selection.active);
    },
    close: () => {
      if (openId !== null) setOpened(null);
      else if (selection.ids.size > 1 && selection.active !== null) setSelection(only(selection.active));
    },
  });

  /** Of the list alone, while it has the focus. */
  function pressed(event: KeyboardEvent, rowsOnScreen: number) {
    const { active } = selection;
    if (isKey("selectAll", event)) setSelection(all(selection, entries));
    else if (isKey("pageDown", event)) move(rowsOnScreen, false);
    else if (isKey("pageUp", event)) move(-rowsOnScreen, false);
    else if (active === null) return;
    else if (isKey("select", event)) {
      if (typeof active === "number") setSelection(toggled(selection, active));
      else toggleGroup(active);
    } else if (isGrouped && (isKey("closeGroup", event) || isKey("openGroup", event))) {
      alongTree(whereIs(entries, active), isKey("openGroup", event));
    } else return;
    event.preventDefault();
  }

  function toggleGroup(group: string) {
    setSelection(only(group));
    setClosed((before) => {
      const next = new Set(before);
      if (!next.delete(group)) next.add(group);
      return next;
    });
  }

  /** As in every tree: to the right opens a group, then goes into it; to the left goes to the group, then closes it. */
  function alongTree(at: number, isInwards: boolean) {
    const entry = entries[at];
    if (!entry) return;
    if (!isGroup(entry)) {
      const head = headOf(entries, at);
      if (!isInwards && head !== null) setSelection(only(head));
    } else if (entry.isOpen !== isInwards) toggleGroup(entry.group);
    else if (isInwards) move(1, false);
  }

  const isEmpty = state.rows.length === 0;
  // Who has gone to the list before there was one is in it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: when there is one
  useEffect(() => {
    const { activeElement } = document;
    // The rows that had the focus are gone, or have come for what stood in their place.
    if (isInList.current && (activeElement === document.body || activeElement === list.current)) toList();
  }, [isEmpty]);
  const pane = (
    // biome-ignore lint/a11y/noStaticElementInteractions: it hears where the focus goes, and does nothing else
    <div
      className={styles.pane}
      ref={list}
      tabIndex={-1}
      onFocus={() => {
        isInList.current = true;
      }}
      onBlur={({ relatedTarget }) => {
        if (relatedTarget) isInList.current = false;
      }}
    >
      {state.phase === "failed" && <Failure error={state.error} onAgain={() => void store.showNewest()} />}
      {isEmpty && state.phase !== "failed" ? (
        <NoRows query={query} isSearching={state.isSearching} onClear={() => setQuery("")} />
      ) : (
        <List
          entries={entries}
          state={state}
          store={store}
          selection={selection}
          arrangement={arrangement}
          isBesideDetail={openId !== null}
          layout={layout}
          sorting={sorting}
          onSort={setSorting}
          onMenu={headerMenu.open}
          onPoint={point}
          onOpen={open}
          onRowMenu={menu}
          onGroup={toggleGroup}
          onKey={pressed}
        />
      )}
      <Foot
        query={query}
        state={state}
        arranged={arrangement && (sorting ? "Sorted" : "Grouped")}
        selected={chosen.length}
        onNewest={() => void store.showNewest()}
      />
    </div>
  );

  return (
    <>
      <h1 className="visually-hidden">Traffic</h1>
      <div className={styles.toolbar}>
        <FilterBar
          query={query}
          rows={state.rows}
          onQuery={(next) => setQuery(next, { replace: true })}
          onDone={toList}
        />
        <Select
          label="Groups"
          isLabelHidden
          options={GROUPINGS}
          value={grouping}
          onChange={(value) => setGroup(value === "none" ? null : value, { replace: true })}
        />
        <IconButton label="Go to a time" icon={<Clock />} onPress={() => setDialog("jump")} />
        <IconButton label="Columns" icon={<Columns3 />} onPress={() => setDialog("columns")} />
      </div>
      <Splitter
        id="traffic"
        direction="horizontal"
        first={pane}
        second={
          openId === null ? null : (
            <Suspense fallback={null}>
              <Detail id={openId} onClose={() => setOpened(null)} />
            </Suspense>
          )
        }
        label="Width of the detail"
      />
      {rowMenu.menu}
      {headerMenu.menu}
      {dialog === "jump" && (
        <JumpDialog seconds={state.rows.at(0)?.started} onJump={jump} onClose={() => setDialog("")} />
      )}
      {dialog === "columns" && (
        <ColumnsDialog layout={layout} sorting={sorting} onSort={setSorting} onClose={() => setDialog("")} />
      )}
      {dialog === "delete" && (
        <DeleteDialog
          chosen={chosen}
          isPart={chosen.length > 1 && (state.hasOlder || state.hasNewer)}
          onClose={() => setDialog("")}
          // Before it goes: the detail would ask for what is not there any more.
          onDelete={(ids) => {
            if (openId !== null && ids.includes(openId)) setOpened(null, { replace: true });
          }}
        />
      )}
      {dialog === "note" && <NoteDialog chosen={chosen} onClose={() => setDialog("")} />}
    </>
  );
}
