import { useQuery } from "@tanstack/react-query";
import { DoorClosed } from "lucide-react";
import { useMemo } from "react";
import { Link } from "wouter";
import { call } from "../api/client";
import { useStatus } from "../api/program";
import type { Answers } from "../api/types";
import { PageLayout } from "../shell";
import { BrowserCard } from "./BrowserCard";
import { ClientCard } from "./ClientCard";
import styles from "./connect.module.css";
import { DeviceCard } from "./DeviceCard";
import { ProgramCard } from "./ProgramCard";
import { TerminalCard } from "./TerminalCard";
import { waysOf } from "./ways";

// No event tells of either: this machine's networks change, and doors are opened elsewhere.
const EVERY = 5000; // milliseconds

const USUAL_PORT = "8080"; // of --listen

export default function ConnectPage() {
  const { data: status } = useStatus();
  const { data: addresses, error } = useQuery({
    queryKey: ["addresses"],
    queryFn: ({ signal }) => call<Answers["listAddresses"]>("GET", "/addresses", { signal }),
    refetchInterval: EVERY,
  });
  const started = status?.running.started;
  const ways = useMemo(
    () => (started === undefined || !addresses ? null : waysOf(started, addresses)),
    [started, addresses],
  );
  // Not one in reverse mode, which leads to its server alone.
  const listen = status?.doors.find(({ state, target }) => state === "open" && !target)?.listen ?? "";
  // Where it listens on all addresses, programs on this machine come to this one.
  const here = listen.replace(/^0\.0\.0\.0:/, "127.0.0.1:").replace(/^\[::\]:/, "[::1]:");
  const port = listen.slice(listen.lastIndexOf(":") + 1) || USUAL_PORT;
  return (
    <PageLayout title="Connect">
      {status && !listen && (
        <p role="alert" className={styles.closed}>
          <DoorClosed aria-hidden />
          <span>
            No door is open: clients reach no proxy. <Link href="/sessions">Open one in Sessions.</Link>
          </span>
        </p>
      )}
      <div className={styles.cards}>
        <BrowserCard query={ways?.browser ?? null} />
        <TerminalCard query={ways?.terminal ?? null} listen={listen} />
        <ProgramCard query={ways?.program ?? null} listen={listen} />
        <DeviceCard query={ways?.device ?? null} addresses={addresses} error={error} port={port} />
        <ClientCard query={ways?.any ?? null} listen={here} />
      </div>
    </PageLayout>
  );
}
