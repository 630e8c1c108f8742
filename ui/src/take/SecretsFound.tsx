import { useQuery } from "@tanstack/react-query";
import { ErrorText } from "../parts";
import { count, number } from "../shell";
import { queryOf } from "./files";
import { secretsIn } from "./secrets";
import styles from "./take.module.css";

const LISTED = 6;

/** What is redacted in these exchanges: how much, and where. */
export function SecretsFound({ ids }: { ids: readonly number[] }) {
  const { data, error } = useQuery({
    queryKey: ["secrets", ids],
    queryFn: ({ signal }) => secretsIn(queryOf(ids), signal),
    staleTime: 0,
    gcTime: 0,
  });
  if (error) return <ErrorText error={error} />;
  if (!data) {
    return (
      <p role="status" className={styles.about}>
        Looking for secrets …
      </p>
    );
  }
  const more = data.places.length - LISTED;
  return (
    <section aria-label="What is redacted" className={styles.redacted}>
      {data.secrets === 0 ? (
        <p>No secret is known in it by name or form.</p>
      ) : (
        <>
          <p>
            A placeholder stands in the place of <strong>{count(data.secrets, "secret")}</strong> in{" "}
            {count(data.exchanges, "exchange")}:
          </p>
          <ul>
            {data.places.slice(0, LISTED).map(({ place, kind, times }) => (
              <li key={`${place} ${kind}`}>
                <span>{place}</span>
                <code>{kind}</code>
                <span className={styles.times}>{number(times)}×</span>
              </li>
            ))}
          </ul>
          {more > 0 && <p className={styles.about}>{`and ${count(more, "other place")}`}</p>}
        </>
      )}
      <p className={styles.about}>No rule knows every secret: look the file through before you share it.</p>
    </section>
  );
}
