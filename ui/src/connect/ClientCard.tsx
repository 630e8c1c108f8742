import { useQuery } from "@tanstack/react-query";
import { Download, Plug } from "lucide-react";
import { call } from "../api/client";
import type { Answers } from "../api/types";
import { Button, ErrorText, Fingerprint, PropertyTable, saveFile } from "../parts";
import { Card } from "./Card";
import { Choice } from "./Choice";
import { derOf } from "./certificate";
import styles from "./connect.module.css";
import { Line } from "./Line";
import { TRUST } from "./trust";

export function ClientCard({ query, listen }: { query: string | null; listen: string }) {
  const { data: ca, error } = useQuery({
    queryKey: ["ca"],
    queryFn: ({ signal }) => call<Answers["getCa"]>("GET", "/ca", { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Card title="Any client" icon={<Plug />} query={query} told="Any exchange that comes through the proxy." isWide>
      <p>
        Give it this address as its HTTP proxy, for HTTPS as well (SOCKS works too), and let it trust the certificate.
      </p>
      {error && <ErrorText error={error} />}
      {ca && (
        <div className={styles.halves}>
          <div>
            <PropertyTable
              label="Proxy and certificate"
              rows={[
                ...(listen ? [{ name: "Proxy", value: <code>{listen}</code>, copied: listen }] : []),
                { name: "Certificate", value: ca.name },
                { name: "SHA-256", value: <Fingerprint text={ca.sha256} />, copied: ca.sha256 },
                { name: "File", value: <code>{ca.path}</code>, copied: ca.path },
              ]}
            />
            <div className={styles.buttons}>
              <Button
                icon={<Download />}
                onPress={() => saveFile(new Blob([ca.pem], { type: "application/x-pem-file" }), "wireglass-ca.pem")}
              >
                Download PEM
              </Button>
              <Button
                icon={<Download />}
                onPress={() =>
                  saveFile(new Blob([derOf(ca.pem)], { type: "application/pkix-cert" }), "wireglass-ca.cer")
                }
              >
                Download DER
              </Button>
            </div>
          </div>
          <Choice
            label="System"
            items={TRUST.map(({ id, label, steps, line }) => ({
              id,
              label,
              content: () => (
                <>
                  {steps.map((step) => (
                    <p key={step}>{step}</p>
                  ))}
                  {line && <Line label={`Copy the command for ${label}`} text={line(ca)} />}
                </>
              ),
            }))}
          />
        </div>
      )}
    </Card>
  );
}
