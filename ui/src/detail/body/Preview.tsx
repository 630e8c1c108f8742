import { useEffect, useRef, useState } from "react";
import { EmptyState } from "../../parts";
import { number } from "../../shell";
import styles from "./Body.module.css";
import { Note } from "./Notes";

function useAddress(bytes: ArrayBuffer, type: string): string {
  const [address, setAddress] = useState("");
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([bytes], { type }));
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [bytes, type]);
  return address;
}

/** An image element runs no script, of SVG neither. */
export function ImagePreview({ bytes, type }: { bytes: ArrayBuffer; type: string }) {
  const address = useAddress(bytes, type);
  const [seen, setSeen] = useState("");
  return (
    <figure className={styles.figure}>
      {address && (
        <img
          src={address}
          alt="The body"
          onLoad={({ currentTarget }) =>
            setSeen(`${currentTarget.naturalWidth} × ${currentTarget.naturalHeight} pixels`)
          }
          onError={() => setSeen("The browser cannot show this image. Choose Hex to see its bytes.")}
        />
      )}
      <figcaption role="status">{seen}</figcaption>
    </figure>
  );
}

const PREVIEWED = 5_000_000; // characters

/** A frame inside of the one that `/preview` is: of no origin, without scripts (`sandbox`), and under the policy of
 * `/preview`, which lets styles stand inline and nothing be loaded or sent. */
export function HtmlPreview({ text }: { text: string }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const [isReady, setReady] = useState(false);
  useEffect(() => {
    const around = frame.current?.contentDocument;
    if (!isReady || !around?.defaultView) return;
    const inner = around.createElement("iframe");
    inner.title = "Captured page";
    inner.setAttribute("sandbox", "");
    // Its own parser: by the one of this page, this page's policy would be told of every style.
    inner.srcdoc = quietened(text, new around.defaultView.DOMParser());
    around.body.replaceChildren(inner);
  }, [isReady, text]);
  if (text.length > PREVIEWED) {
    return (
      <EmptyState title={`A page of ${number(text.length)} characters is too large to preview`}>
        <p>Choose HTML source or Raw text, or save the body.</p>
      </EmptyState>
    );
  }
  return (
    <>
      <Note>Scripts, forms, links and all that is elsewhere are off.</Note>
      <iframe ref={frame} title="Preview" src="/preview" className={styles.frame} onLoad={() => setReady(true)} />
    </>
  );
}

/** Elements that a preview is better without. No policy stops the connections that Chromium begins for links of the head
 * (`preconnect`) and for frames before it asks the policy; templates may hold more of them (declarative shadow roots).
 * Scripts would not run, and the console would say so. */
const LEFT_OUT = "link, template, script, iframe, frame, object, embed, meta[http-equiv]";

/** A captured page without what tells its server that it is looked at: links say where they lead, and lead nowhere. */
export function quietened(text: string, parser: DOMParser): string {
  const page = parser.parseFromString(text, "text/html");
  for (const element of page.querySelectorAll(LEFT_OUT)) element.remove();
  for (const link of page.querySelectorAll("a, area")) {
    for (const { name, value } of [...link.attributes]) {
      if (!/(^|:)href$/i.test(name) || value.startsWith("#")) continue;
      link.setAttribute(name, "#");
      link.setAttribute("title", value);
    }
  }
  return `${page.doctype ? "<!doctype html>" : ""}${page.documentElement.outerHTML}`;
}
