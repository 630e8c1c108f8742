import { ArrowDown, ArrowDownToLine, ArrowUp } from "lucide-react";
import {
  type KeyboardEvent,
  lazy,
  Suspense,
  useDeferredValue,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import type { ExchangeShape, MessageShape } from "../../api/types";
import {
  CopyButton,
  classes,
  EmptyState,
  ErrorText,
  SearchField,
  Select,
  Splitter,
  ToggleIconButton,
  Toolbar,
} from "../../parts";
import { clock, count, size } from "../../shell";
import { HexLines, TextLines } from "../body/TextLines";
import { JsonTree } from "../json/JsonTree";
import { foldedAtFirst } from "../json/lines";
import { NotJson, parse, type Tree } from "../json/parse";
import { Lines, type LinesHandle } from "../Lines";
import styles from "./Conversation.module.css";
import { MOST, useMessages } from "./useMessages";

const CodeText = lazy(() => import("../body/CodeText"));

const DIRECTIONS = [
  { value: "", label: "Both directions" },
  { value: "request", label: "Sent by the client" },
  { value: "response", label: "Sent by the server" },
] as const;

/** The messages of a WebSocket, an event stream or a gRPC call, as they come. */
export function Conversation({ exchange }: { exchange: ExchangeShape }) {
  const { id = 0, seq = 0, state } = exchange.summary;
  const { items, isComplete, error } = useMessages(id, seq);
  const [wanted, setWanted] = useState("");
  const [direction, setDirection] = useState<"" | "request" | "response">("");
  const [selected, setSelected] = useState(0);
  const [isFollowing, setFollowing] = useState(state === "open");
  const searched = useDeferredValue(wanted.toLowerCase());
  const seen = useMemo(
    () =>
      items.filter(
        (one) => (!direction || one.side === direction) && (!searched || wordsOf(one).toLowerCase().includes(searched)),
      ),
    [items, direction, searched],
  );
  const list = useRef<LinesHandle>(null);
  const name = useId();
  // Before the next scroll event, which would say that it is not at its end.
  useLayoutEffect(() => {
    if (isFollowing && seen.length > 0) list.current?.show(seen.length - 1);
  }, [isFollowing, seen.length]);

  function follow(isAtEnd: boolean, isUpwards: boolean) {
    if (state !== "open") return;
    if (isAtEnd) setFollowing(true);
    else if (isUpwards) setFollowing(false);
  }

  const message = items.find(({ number }) => number === selected);

  function press(event: KeyboardEvent) {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, Home: -seen.length, End: seen.length };
    const step = steps[event.key];
    if (step === undefined || seen.length === 0) return;
    event.preventDefault();
    event.stopPropagation();
    const now = seen.findIndex(({ number }) => number === selected);
    const at = Math.min(seen.length - 1, Math.max(0, now + step));
    setSelected(seen[at]?.number ?? 0);
    list.current?.show(at);
  }

  function row(at: number) {
    const one = seen[at];
    if (!one) return null;
    return (
      // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus, and names the active item
      // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the list's
      <div
        key={one.number}
        id={`${name}${one.number}`}
        role="treeitem"
        aria-level={1}
        aria-selected={one.number === selected}
        className={classes(styles.row, one.number === selected && styles.selected)}
        onClick={() => setSelected(one.number)}
      >
        <Direction side={one.side} />
        <span className={styles.time}>{one.time === null ? "" : clock(one.time)}</span>
        <span className={styles.kind}>{one.kind}</span>
        <span className={styles.text}>{wordsOf(one).slice(0, 300).replace(/\s+/g, " ")}</span>
        <span className={styles.size}>{size(one.size)}</span>
      </div>
    );
  }

  if (error && items.length === 0) return <ErrorText error={error} />;
  const all = (
    <>
      <Toolbar
        actions={
          state === "open" && (
            <ToggleIconButton
              label="Follow the newest message"
              icon={<ArrowDownToLine />}
              isOn={isFollowing}
              onChange={setFollowing}
            />
          )
        }
      >
        <SearchField
          label="Search in the messages"
          placeholder="Search messages"
          value={wanted}
          onChange={setWanted}
          className={styles.search ?? ""}
        />
        <Select label="Direction" isLabelHidden options={DIRECTIONS} value={direction} onChange={setDirection} />
        <span role="status" className={styles.note}>
          {seen.length === items.length
            ? count(items.length, "message")
            : `${seen.length} of ${count(items.length, "message")}`}
          {!isComplete && items.length >= MOST && ": the first ones"}
        </span>
      </Toolbar>
      {error !== null && <ErrorText error={error} />}
      {seen.length === 0 ? (
        <EmptyState
          title={items.length > 0 ? "No message matches" : state === "open" ? "No messages so far" : "No messages"}
        />
      ) : (
        <Lines
          ref={list}
          role="tree"
          label="Messages"
          count={seen.length}
          line={row}
          onKeyDown={press}
          onScrolled={follow}
          activeId={message && `${name}${selected}`}
        />
      )}
    </>
  );
  return (
    <Splitter
      id="messages"
      direction="vertical"
      label="Room for the selected message"
      first={all}
      second={message ? <MessageView key={message.number} message={message} /> : null}
    />
  );
}

function Direction({ side }: { side: MessageShape["side"] }) {
  const isSent = side === "request";
  return (
    <span
      className={isSent ? styles.sent : styles.received}
      title={isSent ? "Sent by the client" : "Sent by the server"}
    >
      {isSent ? <ArrowUp aria-hidden /> : <ArrowDown aria-hidden />}
      <span className="visually-hidden">{isSent ? "sent" : "received"}</span>
    </span>
  );
}

function MessageView({ message }: { message: MessageShape }) {
  const { text, base64, decoded, fields, note, number, kind } = message;
  const tree = useMemo(() => treeOf(text), [text]);
  const bytes = useMemo(() => (base64 === null ? null : bytesOf(base64)), [base64]);
  const facts = [`Message ${number}`, kind, ...Object.entries(fields).map(fact)];
  return (
    <section className={styles.message} aria-label={`Message ${number}`}>
      <Toolbar actions={<CopyButton label="Copy the message" text={decoded ?? text ?? base64 ?? ""} />}>
        <span className={styles.note}>{[...facts, note].filter(Boolean).join(" · ")}</span>
      </Toolbar>
      {decoded !== null ? (
        <Suspense fallback={null}>
          <CodeText label="Text of the message" text={decoded} language="notation" />
        </Suspense>
      ) : tree ? (
        <JsonTree tree={tree} first={foldedAtFirst(tree)} side={message.side} />
      ) : bytes ? (
        <HexLines bytes={bytes} />
      ) : (
        <TextLines label="Text of the message" text={text ?? ""} />
      )}
    </section>
  );
}

function fact([name, value]: [string, string]): string {
  return name === "compressed" ? `compressed to ${size(Number(value))}` : `${name}: ${value}`;
}

/** What a list shows of it, and a search looks at. */
function wordsOf({ text, decoded, fields, size: bytes }: MessageShape): string {
  // How much it was on the way is of no interest in a list that says how long it is.
  const { compressed: _, ...others } = fields;
  const said = Object.values(others).join(" ");
  if (decoded !== null) return said ? `${said} ${decoded}` : decoded;
  if (text !== null) return said ? `${said} ${text}` : text;
  return said || `${bytes} bytes`;
}

/** A message has 64 kB at most: no thread is needed. Numbers and words alone are text. */
function treeOf(text: string | null): Tree | null {
  if (text === null || !/^\s*[[{]/.test(text)) return null;
  try {
    return parse(text);
  } catch (failure) {
    if (failure instanceof NotJson) return null;
    throw failure;
  }
}

function bytesOf(base64: string): ArrayBuffer {
  return Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0)).buffer;
}
