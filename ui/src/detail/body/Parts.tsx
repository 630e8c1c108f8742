import { Download } from "lucide-react";
import { useMemo, useState } from "react";
import { Button, DataTable, EmptyState, IconButton, Splitter, saveFile } from "../../parts";
import { size } from "../../shell";
import type { Side } from "../exchange";
import styles from "./Body.module.css";
import { BytesView } from "./BytesView";
import { boundaryOf, type Part, partsOf } from "./multipart";
import { Note } from "./Notes";
import { viewOfPart } from "./views";

/** A multipart body: its parts, and what is in one of them. */
export function Parts({ bytes, contentType, side }: { bytes: ArrayBuffer; contentType: string; side: Side }) {
  const boundary = boundaryOf(contentType);
  const { parts, isWhole } = useMemo(() => partsOf(bytes, boundary), [bytes, boundary]);
  const [selected, setSelected] = useState(0);
  if (!boundary || parts.length === 0) {
    return (
      <EmptyState title="No parts are found in it">
        <p>{boundary ? "The boundary of the Content-Type is not there." : "The Content-Type names no boundary."}</p>
      </EmptyState>
    );
  }
  const rows = parts.map((part, at) => ({ part, at }));
  const chosen = parts[selected];
  return (
    <Splitter
      id="parts"
      direction="vertical"
      label="Room for the selected part"
      size="60%"
      first={
        <div className={styles.scrolled}>
          {!isWhole && <Note>The end is missing: the last part may be cut off, or there are more.</Note>}
          <DataTable
            label="Parts of the body"
            rows={rows}
            rowKey={({ at }) => at}
            isSelected={({ at }) => at === selected}
            columns={[
              {
                id: "name",
                heading: "Name",
                cell: ({ part, at }) => (
                  <Button
                    kind="quiet"
                    className={styles.part}
                    aria-pressed={at === selected}
                    onPress={() => setSelected(at)}
                  >
                    {part.name || `Part ${at + 1}`}
                  </Button>
                ),
              },
              { id: "file", heading: "File", cell: ({ part }) => part.file },
              { id: "type", heading: "Type", cell: ({ part }) => part.type || "not given" },
              { id: "size", heading: "Size", isNumber: true, cell: ({ part }) => size(part.bytes.length) },
              {
                id: "save",
                heading: "Save",
                isHeadingHidden: true,
                width: "40px",
                cell: ({ part, at }) => (
                  <IconButton
                    label={`Save ${part.name || `part ${at + 1}`}`}
                    icon={<Download />}
                    onPress={() => saveFile(new Blob([part.bytes]), part.file || part.name || `part-${at + 1}`)}
                  />
                ),
              },
            ]}
          />
        </div>
      }
      second={chosen ? <Chosen key={selected} part={chosen} side={side} /> : null}
    />
  );
}

function Chosen({ part, side }: { part: Part; side: Side }) {
  const bytes = useMemo(() => copied(part), [part]);
  if (bytes.byteLength === 0) return <EmptyState title="This part is empty" />;
  const said = part.headers.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
  return (
    <section aria-label={`Part ${part.name}`} className={styles.body}>
      <BytesView view={viewOfPart(part.type, part.bytes)} bytes={bytes} contentType={said} side={side} />
    </section>
  );
}

function copied(part: Part): ArrayBuffer {
  return part.bytes.slice().buffer;
}
