import { Terminal } from "lucide-react";
import { ErrorText } from "../parts";
import { Card } from "./Card";
import { Choice } from "./Choice";
import { commandOf, dockerOf, useEnvironment } from "./environment";
import { Line } from "./Line";

const EXAMPLES = [
  {
    id: "node",
    label: "Node",
    words: "run node server.js",
    note: "Node takes the proxy from 22.21 and 24.5 on; 24.0 to 24.4 for fetch alone.",
  },
  {
    id: "python",
    label: "Python",
    words: "run python app.py",
    note: "requests, httpx and urllib; aiohttp with trust_env=True.",
  },
  {
    id: "java",
    label: "Java",
    words: "run java -jar app.jar",
    note: "Each JVM says on standard error that it has read JAVA_TOOL_OPTIONS.",
  },
  {
    id: "go",
    label: "Go",
    words: "run go run .",
    note: "Go never asks a proxy for localhost: use another name of this machine.",
  },
] as const;

export function ProgramCard({ query, listen }: { query: string | null; listen: string }) {
  const { data, error } = useEnvironment(listen);
  return (
    <Card
      title="A program"
      icon={<Terminal />}
      query={query}
      told="Recognised by what it calls itself: neither a browser nor a tool."
    >
      <p>Put the command in front of what you start. Nothing else on this machine is changed.</p>
      {error && <ErrorText error={error} />}
      {data && (
        <Choice
          label="Program"
          items={[
            ...EXAMPLES.map(({ id, label, words, note }) => ({
              id,
              label,
              content: () => (
                <>
                  <Line label={`Copy the command for ${label}`} text={commandOf(words, data.home)} />
                  <p>{note}</p>
                </>
              ),
            })),
            {
              id: "docker",
              label: "Docker",
              content: () =>
                data.username ? (
                  <p>
                    The proxy wants the password of {data.username}. Give the container{" "}
                    <code>
                      http_proxy=http://{data.username}:PASSWORD@{listen}
                    </code>
                    , https_proxy with the same, and the certificate: see “Any client”.
                  </p>
                ) : (
                  <>
                    <Line label="Copy the command for Docker" text={dockerOf(data.variables)} />
                    <p>
                      On Linux. Docker Desktop needs a door for other devices, and its address in place of this one.
                    </p>
                  </>
                ),
            },
          ]}
        />
      )}
    </Card>
  );
}
