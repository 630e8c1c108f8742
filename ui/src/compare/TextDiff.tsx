import { MergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import styles from "./Compare.module.css";

const LOOK = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "var(--bg)", fontSize: "12px" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "20px" },
  ".cm-gutters": { backgroundColor: "var(--bg)", color: "var(--text-faint)", border: "0" },
  "&.cm-merge-a .cm-changedLine": { backgroundColor: "var(--server-error-soft)" },
  "&.cm-merge-b .cm-changedLine": { backgroundColor: "var(--success-soft)" },
  ".cm-collapsedLines": { background: "var(--bg-sunken)", color: "var(--text-muted)" },
});

/** Two texts, line by line and inside of the lines. */
export default function TextDiff({ left, right, isShort }: { left: string; right: string; isShort: boolean }) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!host.current) return;
    // In a shadow root, as everywhere: the page's policy forbids style elements.
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: "open" });
    const part = (doc: string, label: string) => ({
      doc,
      extensions: [
        EditorState.readOnly.of(true),
        EditorView.contentAttributes.of({ "aria-label": label }),
        LOOK,
        lineNumbers(),
        EditorView.lineWrapping,
      ],
    });
    const view = new MergeView({
      a: part(left, "Body of A"),
      b: part(right, "Body of B"),
      root,
      parent: root,
      gutter: true,
      highlightChanges: true,
      // What differs everywhere is compared more coarsely, rather than for seconds.
      diffConfig: { scanLimit: 500, timeout: 100 },
      ...(isShort && { collapseUnchanged: { margin: 2, minSize: 4 } }),
    });
    return () => view.destroy();
  }, [left, right, isShort]);
  return <div ref={host} className={styles.text} />;
}
