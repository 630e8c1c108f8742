import type { Timings } from "../api/types";
import { duration } from "../shell";
import styles from "./Waterfall.module.css";

const PHASES = [
  ["dns", "Name lookup"],
  ["connect", "Connecting"],
  ["tls", "TLS handshake"],
  ["send", "Sending"],
  ["wait", "Waiting for the server"],
  ["receive", "Receiving"],
] as const;

/** Each phase behind the one before, on one scale. */
export function Waterfall({ timings, total }: { timings: Timings; total: number | null }) {
  const seen = PHASES.flatMap(([name, label]) => {
    const took = timings[name];
    return took == null ? [] : [{ name, label, took }];
  });
  if (seen.length === 0)
    return (
      <p className={styles.none}>
        {total === null ? "No times are known so far." : "No times are known: it did not get to a server."}
      </p>
    );
  const sum = seen.reduce((before, { took }) => before + took, 0);
  const scale = Math.max(sum, total ?? 0, 0.001);
  let begin = 0;
  return (
    <table className={styles.table} aria-label="Timing">
      <tbody>
        {seen.map(({ name, label, took }) => {
          const left = (100 * begin) / scale;
          begin += took;
          return (
            <tr key={name}>
              <th scope="row">{label}</th>
              <td className={styles.track}>
                <div className={styles[name]} style={{ marginLeft: `${left}%`, width: `${(100 * took) / scale}%` }} />
              </td>
              <td className={styles.number}>{duration(took)}</td>
            </tr>
          );
        })}
        <tr>
          <th scope="row">Total</th>
          <td />
          <td className={styles.number}>{total === null ? "still open" : duration(total)}</td>
        </tr>
      </tbody>
    </table>
  );
}
