import { SquareTerminal } from "lucide-react";
import { ErrorText } from "../parts";
import { Card } from "./Card";
import { Choice } from "./Choice";
import { commandOf, useEnvironment } from "./environment";
import { Line } from "./Line";
import { lineFor, SHELLS } from "./shells";

export function TerminalCard({ query, listen }: { query: string | null; listen: string }) {
  const { data, error } = useEnvironment(listen);
  const hasProxy = data && Object.keys(data.variables).length > 0;
  return (
    <Card
      title="This terminal"
      icon={<SquareTerminal />}
      query={query}
      told="Recognised by the names of command-line tools, such as curl."
    >
      {error && <ErrorText error={error} />}
      {data?.username ? (
        <>
          <p>
            The proxy wants the password of {data.username}, which this page does not know. This starts a shell that has
            it:
          </p>
          <Line label="Copy the line" text={commandOf("run bash", data.home)} />
        </>
      ) : (
        hasProxy && (
          <>
            <p>Copy this line into a terminal: what you start there afterwards is captured, until you close it.</p>
            <Choice
              label="Shell"
              items={SHELLS.map(({ id, label }) => ({
                id,
                label,
                content: () => (
                  <>
                    <Line label={`Copy the line for ${label}`} text={lineFor(id, data.variables)} />
                    {id === "cmd" && <p>Trust the certificate in Windows as well: see “Any client”.</p>}
                  </>
                ),
              }))}
            />
          </>
        )
      )}
    </Card>
  );
}
