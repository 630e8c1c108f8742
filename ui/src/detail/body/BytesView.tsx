import { useMemo } from "react";
import { formTerm } from "../../api/queryWords";
import { PropertyTable } from "../../parts";
import type { Side } from "../exchange";
import { JsonTree } from "../json/JsonTree";
import { useTree } from "../json/useTree";
import { TermMenu } from "../TermMenu";
import { textOf } from "./bytes";
import { Note, Waiting } from "./Notes";
import { Parts } from "./Parts";
import { HtmlPreview, ImagePreview } from "./Preview";
import { HexLines, TextLines } from "./TextLines";

const LONGEST_FORM = 2_000_000; // bytes: of more, reading its fields alone takes seconds

export interface BytesViewProps {
  /** One of `OWN`. */
  view: string;
  bytes: ArrayBuffer;
  contentType: string;
  side: Side;
}

export function BytesView({ view, bytes, contentType, side }: BytesViewProps) {
  const parsed = useTree(view === "tree" ? bytes : undefined);
  const isText = view === "tree" ? parsed && !("tree" in parsed) : !["hex", "image", "parts"].includes(view);
  const text = useMemo(() => (isText ? textOf(bytes, contentType) : ""), [isText, bytes, contentType]);
  if (view === "hex") return <HexLines bytes={bytes} />;
  if (view === "image") return <ImagePreview bytes={bytes} type={contentType.split(";")[0] ?? ""} />;
  if (view === "preview") return <HtmlPreview text={text} />;
  if (view === "parts") return <Parts bytes={bytes} contentType={contentType} side={side} />;
  if (view === "form" && bytes.byteLength <= LONGEST_FORM) return <Form text={text} side={side} />;
  if (view === "tree" && !parsed) return <Waiting />;
  if (parsed && "tree" in parsed) return <JsonTree tree={parsed.tree} first={parsed.folded} side={side} />;
  return (
    <>
      {view === "form" && <Note>It is too large for a table, and shown as text.</Note>}
      {parsed && <Note>{`No JSON: ${parsed.error}. It is shown as text.`}</Note>}
      <TextLines label="Text of the body" text={text} />
    </>
  );
}

/** `application/x-www-form-urlencoded`, decoded. */
function Form({ text, side }: { text: string; side: Side }) {
  const rows = [...new URLSearchParams(text.trim())].map(([name, value]) => ({
    name,
    value,
    actions: <TermMenu name={name} term={formTerm(side, name, value)} />,
  }));
  return <PropertyTable label="Form" rows={rows} isCode />;
}
