import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "../api/client";
import type { Answers } from "../api/types";
import { Button, CopyButton, Dialog, ErrorText, Select, Switch } from "../parts";
import { codeOf, rememberedLanguage, rememberLanguage } from "./code";
import { saveBodyForCode } from "./files";
import styles from "./take.module.css";

export interface CodeDialogProps {
  id: number;
  onClose: () => void;
}

/** A request as code, in the language that was chosen last. */
export function CodeDialog({ id, onClose }: CodeDialogProps) {
  const [chosen, setChosen] = useState(rememberedLanguage);
  const [keepsSecrets, setKeepsSecrets] = useState(true);
  const languages = useQuery({
    queryKey: ["languages"],
    queryFn: ({ signal }) => call<Answers["listLanguages"]>("GET", "/languages", { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const known = languages.data ?? [];
  // One that was remembered, and is not there any more, is the first one.
  const language = known.find((one) => one.id === chosen) ?? known[0];
  const code = useQuery({
    queryKey: ["code", id, language?.id, keepsSecrets],
    queryFn: ({ signal }) => codeOf(id, language?.id ?? "", keepsSecrets ? "keep" : "redact", signal),
    enabled: language !== undefined,
  });
  const error = languages.error ?? code.error;
  const file = code.data?.file;

  function choose(next: string) {
    setChosen(next);
    rememberLanguage(next);
  }

  const footer = (
    <>
      {file && <Button onPress={() => void saveBodyForCode(id, file)}>Save {file}</Button>}
      <Button onPress={onClose}>Close</Button>
      {code.data && <CopyButton label="Copy the code" text={code.data.text} hasText kind="primary" />}
    </>
  );
  return (
    <Dialog title="Request as code" isOpen isWide onClose={onClose} footer={footer}>
      <div className={styles.content}>
        {language && (
          <div className={styles.choices}>
            <Select
              label="Language"
              isLabelHidden
              options={known.map(({ id: value, name: label }) => ({ value, label }))}
              value={language.id}
              onChange={choose}
            />
            <Switch isOn={keepsSecrets} onChange={setKeepsSecrets}>
              Keep passwords, cookies, tokens and other secrets
            </Switch>
          </div>
        )}
        {error && <ErrorText error={error} />}
        {code.data && (
          <>
            {code.data.notes.length > 0 && (
              <ul className={styles.notes} aria-label="What to know">
                {code.data.notes.map((note) => (
                  <li key={note}>{note}</li>
                ))}
              </ul>
            )}
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached with the keyboard */}
            <section className={styles.code} tabIndex={0} aria-label={`The code, in ${language?.name}`}>
              <pre>{code.data.text}</pre>
            </section>
            <p className={styles.about}>
              {keepsSecrets
                ? "Whoever has the code can act as the person whose request this is."
                : `A placeholder stands in the place of each secret that is known by its name or form${file ? `; ${file} has them` : ""}.`}
            </p>
          </>
        )}
      </div>
    </Dialog>
  );
}
