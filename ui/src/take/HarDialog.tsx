import { useState } from "react";
import { ConfirmDialog, Switch } from "../parts";
import { count } from "../shell";
import { saveHar } from "./files";
import { SecretsFound } from "./SecretsFound";
import styles from "./take.module.css";

export interface HarDialogProps {
  ids: readonly number[];
  /** For others: secrets cannot be kept. */
  isShared: boolean;
  onClose: () => void;
}

/** The file, and what is redacted in it before it is written. */
export function HarDialog({ ids, isShared, onClose }: HarDialogProps) {
  const [keepsSecrets, setKeepsSecrets] = useState(false);
  const what = count(ids.length, "exchange");
  return (
    <ConfirmDialog
      title={isShared ? `A redacted copy of ${what} to share` : `Save ${what} as HAR`}
      isOpen
      onClose={onClose}
      action={keepsSecrets ? "Save with secrets" : "Save redacted"}
      onConfirm={() => saveHar(ids, keepsSecrets ? "keep" : "redact")}
    >
      <div className={styles.content}>
        <p>Browsers and most tools for HTTP open this file (HTTP Archive 1.2).</p>
        {!isShared && (
          <Switch isOn={keepsSecrets} onChange={setKeepsSecrets}>
            Keep passwords, cookies, tokens and other secrets
          </Switch>
        )}
        {keepsSecrets ? (
          <p className={styles.about}>
            Whoever has the file can act as the people whose requests these are. Do not share it.
          </p>
        ) : (
          <SecretsFound ids={ids} />
        )}
      </div>
    </ConfirmDialog>
  );
}
