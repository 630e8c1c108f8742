import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { call } from "../api/client";
import { useStatus } from "../api/program";
import type { Answers, Session, SessionStart } from "../api/types";
import { Button } from "../parts";
import { tell, tellError, useGo } from "../shell";
import type { Reason } from "./reasons";

// The other reasons of connections have errors of their own, and are tunnels in the record as well.
const TUNNELS = "protocol:tunnel -error:client_distrust,refused_by_policy";

/** What can be done about a reason from here. */
export function Remedy({ reason }: { reason: Reason }) {
  const go = useGo();
  switch (reason) {
    case "certificate_rejected":
      return (
        <>
          <Button onPress={() => go("/traffic", { q: "error:client_distrust" })}>Show the connections</Button>
          <Button onPress={() => go("/connect")}>Trust the certificate</Button>
        </>
      );
    case "filtered":
      return <Button onPress={() => go("/sessions")}>See the capture filters</Button>;
    case "passed_through":
      return <Button onPress={() => go("/traffic", { q: TUNNELS })}>Show the tunnels</Button>;
    case "refused":
      return <Button onPress={() => go("/traffic", { q: "error:refused_by_policy" })}>Show the exchanges</Button>;
    case "store_full":
      return <Button onPress={() => go("/settings")}>Make room</Button>;
    case "paused":
      return <Resume />;
    case "no_session":
      return <Start />;
  }
}

function Resume() {
  const { data: status } = useStatus();
  const cache = useQueryClient();
  const resume = useMutation({
    mutationFn: ({ id }: Session) => call<Answers["controlSession"]>("POST", `/sessions/${id}/resume`),
    onSuccess: ({ name }) => {
      tell(`${name} records again.`);
      return cache.invalidateQueries({ queryKey: ["status"] });
    },
    onError: (failure) => tellError("Resume the session", failure),
  });
  const paused = status?.sessions.filter(({ state }) => state === "paused") ?? [];
  if (paused.length === 0) return <span>No session is paused now.</span>;
  return paused.map((session) => (
    <Button key={session.id} icon={<Play />} isDisabled={resume.isPending} onPress={() => resume.mutate(session)}>
      Resume {session.name}
    </Button>
  ));
}

function Start() {
  const { data: status } = useStatus();
  const cache = useQueryClient();
  const start = useMutation({
    mutationFn: (body: SessionStart) => call<Answers["startSession"]>("POST", "/sessions", { body }),
    onSuccess: ({ name }) => {
      tell(`${name} records from now on.`);
      return cache.invalidateQueries({ queryKey: ["status"] });
    },
    onError: (failure) => tellError("Start a session", failure),
  });
  if (!status || status.sessions.length > 0) return <span>A session is there now.</span>;
  return (
    <Button icon={<Play />} isDisabled={start.isPending} onPress={() => start.mutate({})}>
      Start a session
    </Button>
  );
}
