import { ArrowDown, ArrowUp, ChevronDown, ChevronRight, ChevronsDownUp, ChevronsUpDown } from "lucide-react";
import { type KeyboardEvent, useDeferredValue, useId, useMemo, useRef, useState } from "react";
import { jsonTerm } from "../../api/queryWords";
import { classes, copy, IconButton, SearchField, Toolbar, useContextMenu } from "../../parts";
import { count, tell, tellError, useNarrow } from "../../shell";
import { Lines, type LinesHandle } from "../Lines";
import styles from "./JsonTree.module.css";
import {
  allFolded,
  type Folded,
  field,
  holdersOf,
  isContainer,
  keyText,
  linesOf,
  pathOf,
  placeOf,
  previewOf,
  readable,
  search,
  valueText,
} from "./lines";
import { ARRAY, COUNT, DEPTH, KIND, NUMBER, PARENT, STRING, type Tree } from "./parse";

const MOST_FOUND = 1000;
const LONGEST = 500; // characters of a value in its line

export interface JsonTreeProps {
  tree: Tree;
  /** What is folded at first. */
  first: Folded;
  side: "request" | "response";
}

export function JsonTree({ tree, first, side }: JsonTreeProps) {
  const [folded, setFolded] = useState(first);
  const [active, setActive] = useState(0);
  const [wanted, setWanted] = useState("");
  const searched = useDeferredValue(wanted);
  const lines = useMemo(() => linesOf(tree, folded), [tree, folded]);
  const found = useMemo(() => search(tree, searched, MOST_FOUND), [tree, searched]);
  const isFound = useMemo(() => new Set(found), [found]);
  const list = useRef<LinesHandle>(null);
  const name = useId();
  const narrow = useNarrow();
  const { open, menu } = useContextMenu("JSON value");

  function fold(node: number, isFolded: boolean) {
    const next = folded.slice();
    next[node] = isFolded ? 1 : 0;
    setFolded(next);
  }

  /** Makes a node the active one, unfolds what holds it, and scrolls to it. */
  function goTo(node: number) {
    const next = folded.slice();
    for (const holder of holdersOf(tree, node)) next[holder] = 0;
    setFolded(next);
    setActive(node);
    const line = linesOf(tree, next).indexOf(node);
    requestAnimationFrame(() => list.current?.show(line));
  }

  function step(direction: 1 | -1) {
    // Enter may come before what was typed has been searched for.
    const all = wanted === searched ? found : search(tree, wanted, MOST_FOUND);
    const next =
      direction > 0
        ? (all.find((node) => node > active) ?? all[0])
        : (all.findLast((node) => node < active) ?? all.at(-1));
    if (next !== undefined) goTo(next);
  }

  function press(event: KeyboardEvent) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const line = lines.indexOf(active);
    const move = (direction: 1 | -1) => {
      let at = line + direction;
      while (at >= 0 && at < lines.length && (lines[at] ?? 0) < 0) at += direction;
      const node = lines[at];
      if (node === undefined || node < 0) return;
      setActive(node);
      list.current?.show(at);
    };
    const isFolded = folded[active] === 1;
    const canFold = field(tree, active, COUNT) > 0;
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "ArrowRight") canFold && isFolded ? fold(active, false) : move(1);
    else if (event.key === "ArrowLeft") {
      const holder = field(tree, active, PARENT);
      if (canFold && !isFolded) fold(active, true);
      else if (holder >= 0) goTo(holder);
    } else if (event.key === "Enter" || event.key === " ") canFold && fold(active, !isFolded);
    else return;
    event.preventDefault();
    // The list of traffic behind it has the same keys.
    event.stopPropagation();
  }

  async function take(what: string, text: string) {
    try {
      await copy(text);
      tell(`${what} copied`);
    } catch (error) {
      tellError(`Copy the ${what.toLowerCase()}`, error);
    }
  }

  function entriesOf(node: number) {
    const key = keyText(tree, node);
    const value = valueText(tree, node);
    const plain = plainValue(tree, node);
    const term = jsonTerm(side, key, value);
    return [
      { id: "value", label: "Copy value", onAction: () => void take("Value", plain) },
      ...(key ? [{ id: "key", label: "Copy key", onAction: () => void take("Key", key.slice(1, -1)) }] : []),
      { id: "path", label: "Copy path", onAction: () => void take("Path", pathOf(tree, node)) },
      ...((isContainer(tree, node) ? key : value.length <= LONGEST)
        ? [
            "line" as const,
            { id: "only", label: "Only bodies with this", onAction: () => narrow(term, false) },
            { id: "not", label: "Not bodies with this", onAction: () => narrow(term, true) },
          ]
        : []),
    ];
  }

  function line(at: number) {
    const entry = lines[at] ?? 0;
    const node = entry < 0 ? ~entry : entry;
    const indent = { paddingLeft: 8 + 16 * field(tree, node, DEPTH) };
    const isList = field(tree, node, KIND) === ARRAY;
    if (entry < 0) {
      return (
        <div key={entry} role="presentation" className={styles.line} style={indent}>
          <span className={styles.toggle} />
          <span className={styles.sign}>{isList ? "]" : "}"}</span>
        </div>
      );
    }
    const children = field(tree, node, COUNT);
    const isFolded = folded[node] === 1;
    const key = readable(keyText(tree, node));
    const place = placeOf(tree, node);
    return (
      // biome-ignore lint/a11y/useFocusableInteractive: the tree has the focus, and names the active item
      // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the tree's
      <div
        key={entry}
        id={`${name}${node}`}
        role="treeitem"
        aria-level={field(tree, node, DEPTH) + 1}
        aria-expanded={children > 0 ? !isFolded : undefined}
        aria-selected={node === active}
        className={classes(styles.line, node === active && styles.active, isFound.has(node) && styles.found)}
        style={indent}
        onClick={() => setActive(node)}
        onContextMenu={(event) => {
          setActive(node);
          open(event, entriesOf(node));
        }}
      >
        {children > 0 ? (
          // biome-ignore lint/a11y/useKeyWithClickEvents: see above
          // biome-ignore lint/a11y/noStaticElementInteractions: see above
          <span className={styles.toggle} onClick={() => fold(node, !isFolded)}>
            {isFolded ? <ChevronRight aria-hidden /> : <ChevronDown aria-hidden />}
          </span>
        ) : (
          <span className={styles.toggle} />
        )}
        {key && (
          <>
            <span className={styles.key}>{key}</span>
            <span className={styles.sign}>: </span>
          </>
        )}
        {place >= 0 && <span className={styles.sign}>{place}: </span>}
        {isContainer(tree, node) ? (
          <>
            <span className={styles.sign}>{opening(isList, children, isFolded)}</span>
            {children > 0 && isFolded && (
              <>
                <span className={styles.preview}>{previewOf(tree, node)}</span>
                <span className={styles.sign}>{isList ? "] " : " } "}</span>
                <span className={styles.note}>{count(children, isList ? "item" : "key")}</span>
              </>
            )}
          </>
        ) : (
          <Scalar tree={tree} node={node} />
        )}
      </div>
    );
  }

  const place = found.indexOf(active);
  return (
    <div className={styles.view}>
      <Toolbar
        actions={
          <>
            <IconButton
              label="Unfold all"
              icon={<ChevronsUpDown />}
              onPress={() => setFolded(new Uint8Array(tree.count))}
            />
            <IconButton
              label="Fold all"
              icon={<ChevronsDownUp />}
              onPress={() => {
                setFolded(allFolded(tree));
                setActive(0);
              }}
            />
          </>
        }
      >
        <SearchField
          label="Search in the JSON"
          placeholder="Search keys and values"
          value={wanted}
          onChange={setWanted}
          onSubmit={() => step(1)}
          className={styles.search ?? ""}
        />
        <span role="status" className={styles.note}>
          {searched &&
            (found.length === 0
              ? "Not found"
              : `${place >= 0 ? `${place + 1} of ` : ""}${found.length}${found.length === MOST_FOUND ? " and more" : ""}`)}
        </span>
        {found.length > 0 && (
          <>
            <IconButton label="Previous match" icon={<ArrowUp />} onPress={() => step(-1)} />
            <IconButton label="Next match" shortcut="Enter" icon={<ArrowDown />} onPress={() => step(1)} />
          </>
        )}
      </Toolbar>
      <Lines
        ref={list}
        role="tree"
        label="JSON"
        count={lines.length}
        line={line}
        onKeyDown={press}
        activeId={`${name}${active}`}
      />
      {menu}
    </div>
  );
}

function opening(isList: boolean, children: number, isFolded: boolean): string {
  if (children === 0) return isList ? "[]" : "{}";
  if (isFolded && !isList) return "{ ";
  return isList ? "[" : "{";
}

function Scalar({ tree, node }: { tree: Tree; node: number }) {
  const kind = field(tree, node, KIND);
  const source = valueText(tree, node);
  // Escapes are six characters at most, so that of a long one no more is read than is shown.
  const text = source.length > 6 * LONGEST ? source : readable(source);
  const style = kind === STRING ? styles.string : kind === NUMBER ? styles.number : styles.word;
  return (
    <>
      <span className={style}>{text.length > LONGEST ? text.slice(0, LONGEST) : text}</span>
      {text.length > LONGEST && <span className={styles.note}>… {count(text.length - LONGEST, "more character")}</span>}
    </>
  );
}

/** What a person wants of it: a text without its quotes and escapes; the source of anything else. */
function plainValue(tree: Tree, node: number): string {
  const text = valueText(tree, node);
  if (field(tree, node, KIND) !== STRING) return text;
  try {
    return String(JSON.parse(text));
  } catch {
    // Control characters inside a text, which JSON forbids: as it stands.
    return text.slice(1, -1);
  }
}
