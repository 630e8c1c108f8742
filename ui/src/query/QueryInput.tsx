import {
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { classes } from "../parts";
import type { Looked, Written } from "./checked";
import styles from "./QueryInput.module.css";
import { accepted, type Suggestion } from "./suggestions";

export interface QueryInputProps {
  label: string;
  placeholder: string;
  written: Written;
  onWrite: (written: Written) => void;
  looked: Looked | undefined;
  suggestions: readonly Suggestion[];
  /** Whether suggestions are wanted: somebody is writing. */
  isOpen: boolean;
  onOpen: (isOpen: boolean) => void;
  /** Enter, where no suggestion is chosen. */
  onEnter?: () => void;
  /** Escape, where no suggestions are shown. */
  onEscape?: () => void;
  /** A whole query was taken. */
  onFilter?: (query: string) => void;
  onLeave?: () => void;
  input?: RefObject<HTMLInputElement | null>;
  /** Before and behind the text, in its box. */
  before?: ReactNode;
  behind?: ReactNode;
  /** Between the box and what is wrong. */
  children?: ReactNode;
}

const HEADINGS: Record<Suggestion["kind"], string> = {
  filter: "Saved and used",
  field: "Fields",
  value: "Values",
  operator: "Instead of the colon",
  word: "Words",
};

/** Where a query is written: suggestions below it, and what is wrong with its place. */
export function QueryInput(props: QueryInputProps) {
  const { label, written, onWrite, looked, isOpen, onOpen } = props;
  const { text } = written;
  const [chosen, setChosen] = useState(-1);
  const [scrolled, setScrolled] = useState(0);
  const own = useRef<HTMLInputElement>(null);
  const input = props.input ?? own;
  const placed = useRef<number | null>(null);
  const id = useId();
  const suggestions = isOpen ? props.suggestions : [];
  const shown = suggestions[chosen];
  // What is known of the text as it stands there now.
  const found = looked?.of.text === text ? looked.answer.error : null;
  // A word that is being written, and can still become one of those offered, is no mistake yet.
  const problem = found && isBegun(found.at ?? null, written) && suggestions.length > 0 ? null : found;
  const [from, to] = problem?.at ?? [0, 0];

  // Before the next key: what is typed then stands behind the suggestion.
  useLayoutEffect(() => {
    if (placed.current === null) return;
    input.current?.setSelectionRange(placed.current, placed.current);
    placed.current = null;
  });

  useEffect(() => {
    if (chosen >= 0) document.getElementById(`${id}${chosen}`)?.scrollIntoView({ block: "nearest" });
  }, [chosen, id]);

  function take(one: Suggestion) {
    setChosen(-1);
    if (one.kind === "filter") {
      onOpen(false);
      props.onFilter?.(one.text);
      return;
    }
    const next = accepted(text, one);
    onWrite(next);
    placed.current = next.caret;
  }

  function pressed(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing) return;
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && suggestions.length > 0) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      // One place more than suggestions: none of them.
      setChosen((before) => ((before + 1 + step + suggestions.length + 1) % (suggestions.length + 1)) - 1);
    } else if (event.key === "ArrowDown") onOpen(true);
    else if ((event.key === "Enter" || event.key === "Tab") && shown) {
      event.preventDefault();
      take(shown);
    } else if (event.key === "Enter" && props.onEnter) {
      event.preventDefault();
      onOpen(false);
      if (!found) props.onEnter();
    } else if (event.key === "Escape" && (suggestions.length > 0 || props.onEscape)) {
      // A dialog around it stays.
      event.preventDefault();
      event.stopPropagation();
      if (suggestions.length > 0) onOpen(false);
      else props.onEscape?.();
    }
  }

  return (
    <div className={styles.query}>
      <div className={classes(styles.box, problem && styles.wrong)}>
        {props.before}
        <div className={styles.field}>
          {problem?.at && (
            <div className={styles.under} aria-hidden style={{ transform: `translateX(${-scrolled}px)` }}>
              {text.slice(0, from)}
              <span className={styles.mistake}>{text.slice(from, Math.max(to, from + 1)) || " "}</span>
            </div>
          )}
          <input
            ref={input}
            role="combobox"
            aria-label={label}
            aria-expanded={suggestions.length > 0}
            aria-controls={`${id}list`}
            aria-autocomplete="list"
            aria-invalid={problem !== null}
            {...(shown && { "aria-activedescendant": `${id}${chosen}` })}
            {...(problem && { "aria-describedby": `${id}problem` })}
            className={styles.input}
            placeholder={props.placeholder}
            value={text}
            maxLength={4096}
            spellCheck={false}
            autoComplete="off"
            autoCapitalize="off"
            onChange={({ target }) => {
              setChosen(-1);
              onWrite({ text: target.value, caret: target.selectionStart ?? target.value.length });
              onOpen(true);
            }}
            onSelect={({ currentTarget }) => onWrite({ text, caret: currentTarget.selectionStart ?? text.length })}
            onScroll={({ currentTarget }) => setScrolled(currentTarget.scrollLeft)}
            onFocus={() => onOpen(true)}
            onBlur={() => {
              onOpen(false);
              props.onLeave?.();
            }}
            onKeyDown={pressed}
          />
        </div>
        {props.behind}
      </div>
      {suggestions.length > 0 && (
        <div id={`${id}list`} role="listbox" aria-label="Suggestions" className={styles.suggestions}>
          {grouped(suggestions).map(({ kind, from, some }) => (
            // biome-ignore lint/a11y/useSemanticElements: of options, which a fieldset cannot hold
            <div key={`${kind}${from}`} role="group" aria-label={HEADINGS[kind]}>
              <div aria-hidden className={styles.heading}>
                {HEADINGS[kind]}
              </div>
              {some.map((one, place) => {
                const at = from + place;
                return (
                  <div
                    key={`${one.start} ${one.text}`}
                    id={`${id}${at}`}
                    role="option"
                    tabIndex={-1}
                    aria-selected={at === chosen}
                    className={classes(styles.suggestion, at === chosen && styles.chosen)}
                    // Not click: the field would lose the focus, and the list its reason.
                    onMouseDown={(event) => {
                      event.preventDefault();
                      take(one);
                    }}
                  >
                    <code title={one.text}>{one.text}</code>
                    <span>{one.help}</span>
                  </div>
                );
              })}
            </div>
          ))}
        </div>
      )}
      {props.children}
      {problem && (
        <p id={`${id}problem`} role="status" className={styles.problem}>
          {problem.message} {problem.hint}
        </p>
      )}
    </div>
  );
}

/** Whether the mistake is where the caret is. */
function isBegun(at: readonly [number, number] | null, { caret }: Written): boolean {
  return at !== null && at[0] <= caret && caret <= at[1] + 1;
}

function grouped(suggestions: readonly Suggestion[]) {
  const groups: Array<{ kind: Suggestion["kind"]; from: number; some: Suggestion[] }> = [];
  suggestions.forEach((one, at) => {
    const last = groups.at(-1);
    if (last?.kind === one.kind) last.some.push(one);
    else groups.push({ kind: one.kind, from: at, some: [one] });
  });
  return groups;
}
