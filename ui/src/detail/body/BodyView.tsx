import { Download } from "lucide-react";
import { useState } from "react";
import type { ExchangeShape } from "../../api/types";
import { CopyButton, EmptyState, ErrorText, IconButton, Select, Toolbar } from "../../parts";
import { size } from "../../shell";
import { saveBody } from "../../take";
import { headerOf, mediaType, messageOf, type Side } from "../exchange";
import styles from "./Body.module.css";
import { OfBytes, OfServer } from "./BodyContent";
import { type BodyPlace, bytesOf, MOST, textOf, useViews } from "./bytes";
import { Waiting } from "./Notes";
import { bestOf, OWN, optionsOf } from "./views";

/** A body, in the view that fits it best or that was chosen. */
export function BodyView({ exchange, side }: { exchange: ExchangeShape; side: Side }) {
  const { headers, body } = messageOf(exchange, side);
  const { size: passed = 0, kept = 0, note = "" } = body;
  const type = mediaType(headers);
  const [wanted, setWanted] = useState("best");
  const id = exchange.summary.id ?? 0;
  const place: BodyPlace = { id, side, size: kept };
  const { data: choices, error } = useViews(place, kept > 0);
  if (kept === 0) {
    const isOpen = exchange.summary.state === "open";
    return (
      <EmptyState title={passed > 0 ? "The body was not kept" : isOpen ? "No body so far" : "No body"}>
        {passed > 0 && <p>{`${size(passed)} passed${note ? `: ${note}` : ""}.`}</p>}
      </EmptyState>
    );
  }
  if (error) return <ErrorText error={error} />;
  if (!choices) return <Waiting />;
  const options = optionsOf(choices);
  const chosen = options.some(({ value }) => value === wanted) ? wanted : "best";
  const view = chosen === "best" ? bestOf(choices) : chosen;

  const contentType = headerOf(headers, "content-type");
  const Content = view in OWN ? OfBytes : OfServer;
  return (
    <div className={styles.body}>
      <Toolbar
        actions={
          <>
            <CopyButton
              label="Copy the body"
              text={async () => textOf(await bytesOf(id, side, "decoded"), contentType)}
            />
            <IconButton label="Save the body" icon={<Download />} onPress={() => void saveBody(id, side)} />
          </>
        }
      >
        <Select label="View" isLabelHidden options={options} value={chosen} onChange={setWanted} />
        <span className={styles.facts} title={contentType}>
          {type || "no type"} · {size(passed)}
          {kept < passed && ` · ${size(kept)} kept${note && `: ${note}`}`}
        </span>
      </Toolbar>
      {kept > MOST ? (
        <EmptyState title={`${size(kept)} are too many to show`}>
          <p>Save the body, and open it with another program.</p>
        </EmptyState>
      ) : (
        <Content key={`${id} ${side} ${view}`} view={view} place={place} contentType={contentType} />
      )}
    </div>
  );
}
