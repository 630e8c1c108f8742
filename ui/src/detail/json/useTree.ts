import { useEffect, useState } from "react";
import type { Parsed } from "./worker";

/** A JSON body, read in a thread of its own; undefined until then, `error` where it is none. */
export function useTree(bytes: ArrayBuffer | undefined): Parsed | undefined {
  const [read, setRead] = useState<{ of: ArrayBuffer; parsed: Parsed } | null>(null);
  useEffect(() => {
    if (!bytes) return;
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    const tell = (parsed: Parsed) => {
      setRead({ of: bytes, parsed });
      worker.terminate();
    };
    worker.onmessage = ({ data }: MessageEvent<Parsed>) => tell(data);
    worker.onerror = ({ message }) =>
      tell({ error: message || "The browser does not start the thread that reads it." });
    worker.postMessage(bytes);
    return () => worker.terminate();
  }, [bytes]);
  return read && read.of === bytes ? read.parsed : undefined;
}
