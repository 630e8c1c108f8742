import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { AppWindow } from "lucide-react";
import { useState } from "react";
import { call } from "../api/client";
import type { Answers, Browser, BrowserStart } from "../api/types";
import { Button, ErrorText, TextField } from "../parts";
import { tell } from "../shell";
import { Card } from "./Card";
import styles from "./connect.module.css";

const EVERY = 2000; // milliseconds

export function BrowserCard({ query }: { query: string | null }) {
  const cache = useQueryClient();
  const [url, setUrl] = useState("");
  const { data, error } = useQuery({
    queryKey: ["browsers"],
    queryFn: ({ signal }) => call<Answers["listBrowsers"]>("GET", "/browsers", { signal }),
    refetchInterval: EVERY,
  });
  const start = useMutation({
    mutationFn: (body: BrowserStart) => call<Answers["startBrowser"]>("POST", "/browsers", { body }),
    onSuccess: ({ title }) => {
      tell(`${title} is starting.`);
      return cache.invalidateQueries({ queryKey: ["browsers"] });
    },
  });
  return (
    <Card title="A browser" icon={<AppWindow />} query={query} told="Recognised by the name browsers give themselves.">
      <p>
        It starts with a profile of its own, which trusts Wireglass and is removed at the end. Yours stays as it is.
      </p>
      {/* What was known stays; that Wireglass is away is said in the status bar. */}
      {error && !data && <ErrorText error={error} />}
      {data?.length === 0 && (
        <p>No browser was found on this machine. Chromium, Chrome, Edge, Brave or Firefox will do.</p>
      )}
      {data && data.length > 0 && (
        <>
          <TextField
            label="Address to open"
            value={url}
            onChange={setUrl}
            placeholder="The page of Wireglass, which is not recorded"
            isCode
          />
          <div className={styles.buttons}>
            {data.map((browser, at) => (
              <Button
                key={browser.name}
                kind={at === 0 ? "primary" : "plain"}
                isDisabled={start.isPending}
                onPress={() => start.mutate({ name: browser.name, url: url.trim() })}
              >
                Start {browser.title}
              </Button>
            ))}
          </div>
          {start.error && <ErrorText error={start.error} />}
          {data.map((browser) => (
            <BrowserState key={browser.name} browser={browser} />
          ))}
        </>
      )}
    </Card>
  );
}

function BrowserState({ browser: { title, running, problem } }: { browser: Browser }) {
  if (problem) return <ErrorText error={new Error(problem)} />;
  if (running === 0) return null;
  return (
    <p role="status" className={styles.faint}>
      {title} is open{running > 1 && `, ${running} times`}.
    </p>
  );
}
