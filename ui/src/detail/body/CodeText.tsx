import { css } from "@codemirror/lang-css";
import { html } from "@codemirror/lang-html";
import { javascript } from "@codemirror/lang-javascript";
import { json } from "@codemirror/lang-json";
import { xml } from "@codemirror/lang-xml";
import { codeFolding, foldGutter, foldKeymap, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import styles from "./CodeText.module.css";
import { notation } from "./notation";

const LANGUAGES: Record<string, () => Extension> = { css, html, javascript, json, xml, notation };

const COLOURS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.attributeName, tags.tagName], color: "var(--code-key)" },
  { tag: [tags.string, tags.attributeValue], color: "var(--code-string)" },
  { tag: [tags.number, tags.unit, tags.color], color: "var(--code-number)" },
  { tag: [tags.keyword, tags.bool, tags.null, tags.atom], color: "var(--code-word)" },
  { tag: [tags.comment, tags.processingInstruction, tags.documentMeta], color: "var(--code-comment)" },
]);

const LOOK = EditorView.theme({
  "&": { height: "100%", color: "var(--text)", backgroundColor: "var(--bg)", fontSize: "12px" },
  "&.cm-focused": { outline: "2px solid var(--focus)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "20px" },
  ".cm-gutters": { backgroundColor: "var(--bg)", color: "var(--text-faint)", border: "0" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-selectionBackground, &.cm-focused .cm-selectionBackground": { background: "var(--bg-selected) !important" },
  ".cm-panels": { backgroundColor: "var(--bg-sunken)", color: "var(--text)", borderColor: "var(--line)" },
  ".cm-textfield, .cm-button": {
    background: "var(--bg)",
    color: "var(--text)",
    border: "1px solid var(--line-strong)",
  },
  ".cm-searchMatch": { backgroundColor: "var(--client-error-soft)" },
});

/** Highlighted text to read, with folding and the editor's search (Ctrl+F). */
export default function CodeText({ label, text, language }: { label: string; text: string; language: string }) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!host.current) return;
    // In a shadow root CodeMirror gives its rules as sheets; elsewhere as a style element, which the page's policy forbids.
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: "open" });
    const state = EditorState.create({
      doc: text,
      extensions: [
        EditorState.readOnly.of(true),
        EditorView.contentAttributes.of({ "aria-label": label }),
        LOOK,
        syntaxHighlighting(COLOURS),
        LANGUAGES[language]?.() ?? [],
        lineNumbers(),
        codeFolding(),
        foldGutter(),
        drawSelection(),
        search({ top: true }),
        highlightSelectionMatches(),
        keymap.of([...searchKeymap, ...foldKeymap]),
        EditorView.lineWrapping,
      ],
    });
    const view = new EditorView({ state, root, parent: root });
    return () => view.destroy();
  }, [label, text, language]);
  return <div ref={host} className={styles.host} />;
}
