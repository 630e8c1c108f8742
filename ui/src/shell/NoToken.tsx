import { KeyRound } from "lucide-react";
import { EmptyState } from "../parts";
import styles from "./NoToken.module.css";

/** The page without a token, or with one of an earlier start. */
export function NoToken({ isRefused }: { isRefused: boolean }) {
  return (
    <main className={styles.page}>
      <EmptyState
        icon={<KeyRound />}
        title={isRefused ? "Wireglass was started again since" : "Open the address that Wireglass prints"}
      >
        <p>
          {isRefused
            ? "Each start has an address of its own. Open the one that it printed this time:"
            : "It holds the key to what is recorded, which this page does not keep: after a reload, open it again. It is the line “UI” in the terminal:"}
        </p>
        <pre className={styles.line}>
          UI: {"     "}http://{location.host}/#token=…
        </pre>
        <p>
          With <code>wireglass --open</code> it opens by itself at the start. The token is also in <code>run.json</code>{" "}
          in the home of Wireglass, which only you can read.
        </p>
      </EmptyState>
    </main>
  );
}
