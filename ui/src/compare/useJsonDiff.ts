import { useEffect, useState } from "react";
import type { Compared } from "./worker";

/** What differs of two JSON bodies, found in a thread of its own; undefined until then. `error`: one of them is none. */
export function useJsonDiff(left: ArrayBuffer | undefined, right: ArrayBuffer | undefined): Compared | undefined {
  const [found, setFound] = useState<{ left: ArrayBuffer; right: ArrayBuffer; compared: Compared } | null>(null);
  useEffect(() => {
    if (!left || !right) return;
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    const tell = (compared: Compared) => {
      setFound({ left, right, compared });
      worker.terminate();
    };
    worker.onmessage = ({ data }: MessageEvent<Compared>) => tell(data);
    worker.onerror = ({ message }) =>
      tell({ error: message || "The browser does not start the thread that compares them." });
    worker.postMessage([left, right]);
    return () => worker.terminate();
  }, [left, right]);
  return found && found.left === left && found.right === right ? found.compared : undefined;
}
