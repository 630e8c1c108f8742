import { Ban, Copy, GitCompare, MessageSquare, PanelRight, SquareMinus, SquarePlus, Star, Trash2 } from "lucide-react";
import { call } from "../api/client";
import { pathOf, pathTerm, termOf } from "../api/queryWords";
import type { Answers, MarkChange, Summary } from "../api/types";
import { classes, copy, type MenuAction, type MenuEntry } from "../parts";
import { count, type KeyId, shortcutOf, tell, tellError } from "../shell";
import { takeEntries } from "../take";
import { endpointOf } from "./facts";
import rowStyles from "./Row.module.css";
import styles from "./RowMenu.module.css";
import { idOf } from "./rows";

const COLORS = ["", "red", "orange", "yellow", "green", "blue", "purple", "grey"] as const;
const AT_ONCE = 500; // of DELETE, which takes ids in its address

export async function mark(ids: readonly number[], change: Omit<MarkChange, "ids">): Promise<void> {
  await call<Answers["markExchanges"]>("POST", "/exchanges/marks", { body: { ids, ...change } });
}

/** The same from a menu, which is closed by then. */
async function markFromMenu(ids: readonly number[], change: Omit<MarkChange, "ids">): Promise<void> {
  try {
    await mark(ids, change);
  } catch (error) {
    tellError(`Mark ${count(ids.length, "exchange")}`, error);
  }
}

/** Throws what the API says; what was deleted until then is. */
export async function remove(ids: readonly number[]): Promise<void> {
  let removed = 0;
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const query = { id: ids.slice(at, at + AT_ONCE) };
    removed += (await call<Answers["deleteExchanges"]>("DELETE", "/exchanges", { query })).exchanges;
  }
  tell(`${count(removed, "exchange")} deleted.`);
}

async function copyText(what: string, text: string): Promise<void> {
  try {
    await copy(text);
    tell(`${what} copied.`);
  } catch (error) {
    tellError(`Copy the ${what}`, error);
  }
}

export interface RowActions {
  open: (id: number) => void;
  compare: (a: number, b: number | null) => void;
  narrow: (term: string, isNegated: boolean) => void;
  askToDelete: () => void;
  askForNote: () => void;
}

/** Entries of the menu that have a key. */
const KEYED = {
  open: "open",
  url: "url",
  curl: "curl",
  compare: "compare",
  star: "star",
  note: "note",
  delete: "remove",
} as const satisfies Record<string, KeyId>;

export type RowKey = (typeof KEYED)[keyof typeof KEYED];

/** The key of an entry; undefined where it has none. */
function keyOf(entry: MenuEntry): KeyId | undefined {
  return typeof entry === "object" && "id" in entry ? (KEYED as Record<string, KeyId>)[entry.id] : undefined;
}

function withShortcut(entry: MenuEntry): MenuEntry {
  const key = keyOf(entry);
  return key && entry !== "line" ? { ...entry, shortcut: shortcutOf(key) } : entry;
}

/** Does what the menu's entry with this key does; nothing where the menu has it not. */
export function doByKey(key: RowKey, entries: readonly MenuEntry[]): void {
  const entry = entries.find((one) => keyOf(one) === key);
  if (typeof entry === "object" && "onAction" in entry && !entry.isDisabled) entry.onAction();
}

/** The menu of a row, for all that is selected. */
export function entriesFor(row: Summary, chosen: readonly Summary[], actions: RowActions): MenuEntry[] {
  const ids = chosen.map(idOf);
  const isOne = chosen.length === 1;
  const all = count(chosen.length, "exchange");
  const isStarred = chosen.every(({ star }) => star);
  const [first = null, second = null] = ids;
  const entries: MenuEntry[] = [
    { id: "open", label: "Open", icon: <PanelRight />, onAction: () => actions.open(idOf(row)) },
    {
      id: "url",
      label: isOne ? "Copy URL" : `Copy ${chosen.length} URLs`,
      icon: <Copy />,
      onAction: () => void copyText(isOne ? "URL" : "URLs", chosen.map(({ url }) => url).join("\n")),
    },
    {
      id: "compare",
      label: isOne ? "Compare with another…" : "Compare the two",
      icon: <GitCompare />,
      isDisabled: chosen.length > 2,
      onAction: () => first !== null && actions.compare(first, second),
    },
    "line",
    ...takeEntries(chosen),
    "line",
    { heading: "Filter", items: filterActions(row, actions.narrow) },
    "line",
    {
      id: "star",
      label: isStarred ? "Remove the star" : isOne ? "Star" : `Star ${all}`,
      icon: <Star />,
      onAction: () => void markFromMenu(ids, { star: !isStarred }),
    },
    {
      id: "note",
      label: isOne ? "Note…" : `Note on ${all}…`,
      icon: <MessageSquare />,
      onAction: actions.askForNote,
    },
    { heading: "Colour", items: colors(chosen), isRow: true },
    "line",
    {
      id: "delete",
      label: isOne ? "Delete…" : `Delete ${all}…`,
      icon: <Trash2 />,
      isDanger: true,
      onAction: actions.askToDelete,
    },
  ];
  return entries.map(withShortcut);
}

function colors(chosen: readonly Summary[]): MenuAction[] {
  const ids = chosen.map(idOf);
  return COLORS.map((color) => ({
    id: color || "no colour",
    label: color ? color.charAt(0).toUpperCase() + color.slice(1) : "No colour",
    icon: color ? <span className={classes(styles.dot, rowStyles[`mark-${color}`])} /> : <Ban />,
    isChosen: color !== "" && chosen.every((one) => one.color === color),
    onAction: () => void markFromMenu(ids, { color }),
  }));
}

function filterActions(row: Summary, narrow: RowActions["narrow"]): MenuAction[] {
  const endpoint = endpointOf(row);
  const values: Array<[name: string, shown: string, term: string]> = [["host", row.host, termOf("host", row.host)]];
  if (pathOf(row.url)) values.push(["path", endpoint, pathTerm(endpoint)]);
  return values.flatMap(([name, shown, term]) => [
    { id: `only ${name}`, label: `Only ${shown}`, icon: <SquarePlus />, onAction: () => narrow(term, false) },
    { id: `not ${name}`, label: `Not ${shown}`, icon: <SquareMinus />, onAction: () => narrow(term, true) },
  ]);
}
