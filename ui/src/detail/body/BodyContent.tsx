import { lazy, Suspense } from "react";
import { ApiError } from "../../api/client";
import { ErrorText } from "../../parts";
import styles from "./Body.module.css";
import { BytesView } from "./BytesView";
import { type BodyPlace, useBytes, useShown } from "./bytes";
import { Note, Waiting } from "./Notes";
import { HexLines, TextLines } from "./TextLines";
import { LANGUAGE_OF, labelOf } from "./views";

const CodeText = lazy(() => import("./CodeText"));
const HIGHLIGHTED = 2_000_000; // characters

export interface ContentProps {
  view: string;
  place: BodyPlace;
  contentType: string;
}

/** A view that is made here. */
export function OfBytes({ view, place, contentType }: ContentProps) {
  const { data, error } = useBytes(place, "decoded");
  if (isRefused(error)) {
    // The server gives the text as far as it goes, and says why; bytes are those that passed.
    if (view !== "hex") return <OfServer view="raw" place={place} />;
    return (
      <>
        <Note>{error.message} These are the bytes that passed.</Note>
        <AsItPassed place={place} />
      </>
    );
  }
  if (error) return <ErrorText error={error} />;
  return data ? <BytesView view={view} bytes={data} contentType={contentType} side={place.side} /> : <Waiting />;
}

/** A view of the server: text, what is known besides, and notes. */
export function OfServer({ view, place }: Pick<ContentProps, "view" | "place">) {
  const { data: shown, error } = useShown(place, view);
  if (error) return <ErrorText error={error} />;
  if (!shown) return <Waiting />;
  const { text, fields, notes, reason } = shown;
  const language = LANGUAGE_OF[shown.view];
  const label = `The body as ${labelOf(shown.view)}`;
  return (
    <>
      {[reason, ...notes].filter(Boolean).map((note) => (
        <Note key={note}>{note}</Note>
      ))}
      {Object.keys(fields).length > 0 && (
        <dl className={styles.fields}>
          {Object.entries(fields).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {text === null ? (
        <BytesInstead place={place} />
      ) : language && text.length < HIGHLIGHTED ? (
        <Suspense fallback={<Waiting />}>
          <CodeText label={label} text={text} language={language} />
        </Suspense>
      ) : (
        <TextLines label={shown.view === "raw" ? "Text of the body" : label} text={text} />
      )}
    </>
  );
}

/** Of what is no text the bytes say most; those that passed, where they cannot be decoded. */
function BytesInstead({ place }: { place: BodyPlace }) {
  const { data, error } = useBytes(place, "decoded");
  if (isRefused(error)) return <AsItPassed place={place} />;
  if (error) return <ErrorText error={error} />;
  return data ? <HexLines bytes={data} /> : <Waiting />;
}

function AsItPassed({ place }: { place: BodyPlace }) {
  const { data, error } = useBytes(place, "raw");
  if (error) return <ErrorText error={error} />;
  return data ? <HexLines bytes={data} /> : <Waiting />;
}

/** The content codings cannot be undone, or not wholly. */
function isRefused(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code === "usage";
}
