import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useId } from "react";
import { Link } from "wouter";
import { call } from "../api/client";
import { useStatus } from "../api/program";
import type { Answers, SettingShown } from "../api/types";
import { EmptyState, ErrorText, Fingerprint, type Property, PropertyTable, SearchField } from "../parts";
import { count, moment, PageLayout, size, useParameter } from "../shell";
import { Appearance } from "./Appearance";
import { Prune } from "./Prune";
import { SettingsTable } from "./SettingsTable";
import styles from "./settings.module.css";

const EVERY = 5000; // milliseconds: what the store holds grows

export default function SettingsPage() {
  const [wanted, setWanted] = useParameter("find");
  const { data, error } = useQuery({
    queryKey: ["settings"],
    queryFn: ({ signal }) => call<Answers["getSettings"]>("GET", "/settings", { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const found = (data ?? []).filter((setting) => holds(setting, wanted));
  const redaction = found.filter(({ name }) => name.startsWith("redact_"));
  const others = found.filter(({ name }) => !name.startsWith("redact_"));
  return (
    <PageLayout
      title="Settings"
      actions={
        <SearchField
          label="Find a setting"
          placeholder="Find a setting"
          value={wanted}
          onChange={(value) => setWanted(value, { replace: true })}
        />
      }
    >
      {wanted === "" && (
        <div className={styles.halves}>
          <Program />
          <div className={styles.column}>
            <Part title="Record">
              <Store />
              <div className={styles.row}>
                <Prune />
              </div>
            </Part>
            <Part title="Appearance, in this browser">
              <div className={styles.row}>
                <Appearance />
              </div>
            </Part>
          </div>
        </div>
      )}
      {error && <ErrorText error={error} />}
      {data && found.length === 0 && <EmptyState title={`No setting has “${wanted}” in its name or help`} />}
      {others.length > 0 && (
        <Part
          title="Settings"
          help="Read when Wireglass starts: from flags, then environment variables, then config.toml in its home. To change one, restart Wireglass."
        >
          <SettingsTable label="Settings" settings={others} />
        </Part>
      )}
      {redaction.length > 0 && (
        <Part
          title="Redaction"
          help="What counts as a secret beside what Wireglass knows, in redacted copies and, with --redact-at-rest, in the record itself."
        >
          <SettingsTable label="Redaction" settings={redaction} />
        </Part>
      )}
    </PageLayout>
  );
}

function holds({ name, help, flag }: SettingShown, wanted: string): boolean {
  const text = `${name} ${flag} ${help}`.toLowerCase();
  return text.includes(wanted.trim().toLowerCase());
}

function Part({ title, help, children }: { title: string; help?: string; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id} className={styles.part}>
      <h2 id={id}>{title}</h2>
      {help && <p className={styles.help}>{help}</p>}
      {children}
    </section>
  );
}

function Program() {
  const { data: status } = useStatus();
  const { data: ca, error } = useQuery({
    queryKey: ["ca"],
    queryFn: ({ signal }) => call<Answers["getCa"]>("GET", "/ca", { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const rows: Property[] = [];
  if (status) {
    const { version, home, pid, started, ui } = status.running;
    rows.push(
      { name: "Version", value: version },
      { name: "Home", value: home },
      { name: "Running since", value: `${moment(started)}, process ${pid}`, copied: null },
      {
        name: "Proxy",
        value: status.doors.map(({ listen, state }) => `${listen} (${state})`).join(", "),
        copied: null,
      },
      { name: "Web UI and API", value: ui },
    );
  }
  if (ca) {
    rows.push(
      { name: "Certificate", value: <Link href="/connect">{ca.name}</Link>, copied: ca.name },
      { name: "SHA-256", value: <Fingerprint text={ca.sha256} />, copied: ca.sha256 },
    );
  }
  return (
    <Part title="This Wireglass">
      {error && <ErrorText error={error} />}
      <PropertyTable label="This Wireglass" rows={rows} />
    </Part>
  );
}

function Store() {
  const { data, error } = useQuery({
    queryKey: ["store"],
    queryFn: ({ signal }) => call<Answers["getStore"]>("GET", "/store", { signal }),
    refetchInterval: EVERY,
  });
  if (!data) return error ? <ErrorText error={error} /> : null;
  return (
    <p>
      {count(data.exchanges, "exchange")}, {size(data.bytes)} on disk, not counting the search index.
    </p>
  );
}
