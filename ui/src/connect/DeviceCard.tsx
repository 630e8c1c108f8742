import { useMutation, useQueryClient } from "@tanstack/react-query";
import { DoorOpen, Smartphone, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { call } from "../api/client";
import type { Answers, DoorStart, OwnAddress } from "../api/types";
import { Button, ConfirmDialog, ErrorText, Select } from "../parts";
import { tell, tellError } from "../shell";
import { Card } from "./Card";
import { Choice } from "./Choice";
import styles from "./connect.module.css";
import { DEVICES } from "./devices";

export interface DeviceCardProps {
  query: string | null;
  addresses: readonly OwnAddress[] | undefined;
  error: unknown;
  /** Where the proxy listens for this machine, whose port is taken for others as well. */
  port: string;
}

const KINDS = { network: "", vpn: ", a VPN", virtual: ", containers and virtual machines" };

export function DeviceCard({ query, addresses, error, port }: DeviceCardProps) {
  const [chosen, setChosen] = useState("");
  const first = addresses?.find(({ door }) => door !== null) ?? addresses?.[0];
  const own = addresses?.find(({ address }) => address === chosen) ?? first;
  return (
    <Card
      title="A phone or another device"
      icon={<Smartphone />}
      query={query}
      told="Recognised by an address other than this machine's."
    >
      {error && !addresses ? <ErrorText error={error} /> : null}
      {addresses?.length === 0 && (
        <p>This machine has no address in a network. Connect it to the one that the device is in.</p>
      )}
      {addresses && own && addresses.length > 1 && (
        <Select
          label="Address in the device's network"
          options={addresses.map(({ address, interface: name, kind }) => ({
            value: address,
            label: `${address} (${name}${KINDS[kind]})`,
          }))}
          value={own.address}
          onChange={setChosen}
        />
      )}
      {own && (own.door === null ? <Closed own={own} port={port} /> : <Open own={own} door={own.door} />)}
    </Card>
  );
}

function Closed({ own, port }: { own: OwnAddress; port: string }) {
  const [isAsked, setAsked] = useState(false);
  const cache = useQueryClient();
  const host = own.address.includes(":") ? `[${own.address}]` : own.address;
  const body: DoorStart = { mode: `regular@${host}:${port}` };

  async function open() {
    const door = await call<Answers["startDoor"]>("POST", "/doors", { body });
    await cache.invalidateQueries({ queryKey: ["addresses"] });
    void cache.invalidateQueries({ queryKey: ["status"] });
    tell(`The proxy is open for other devices on ${door.listen}.`);
  }

  return (
    <>
      <p>The proxy does not listen on {own.address}: other devices cannot reach it.</p>
      <div className={styles.buttons}>
        <Button kind="primary" icon={<DoorOpen />} onPress={() => setAsked(true)}>
          Open a door for the network
        </Button>
      </div>
      <p className={styles.faint}>
        Or from the start:{" "}
        <code>
          wireglass --listen {host}:{port}
        </code>
      </p>
      <ConfirmDialog
        title="Open a door for the network"
        isOpen={isAsked}
        onClose={() => setAsked(false)}
        action={`Open ${host}:${port}`}
        onConfirm={open}
      >
        <p className={styles.warning}>
          <TriangleAlert aria-hidden />
          <span>
            Everybody who reaches {own.address} can then use this proxy, without a password unless one is set. What they
            send is recorded here. Do it in a network that you trust, and close the door afterwards.
          </span>
        </p>
      </ConfirmDialog>
    </>
  );
}

function Open({ own, door }: { own: OwnAddress; door: number }) {
  const cache = useQueryClient();
  const close = useMutation({
    mutationFn: () => call<Answers["removeDoor"]>("DELETE", `/doors/${door}`),
    onSuccess: () => {
      tell("The door is closed: other devices cannot reach the proxy there any more.");
      void cache.invalidateQueries({ queryKey: ["status"] });
      return cache.invalidateQueries({ queryKey: ["addresses"] });
    },
    onError: (failure) => tellError("Close the door", failure),
  });
  return (
    <>
      <div className={styles.device}>
        <img className={styles.qr} src={own.qr} alt={`QR code of ${own.url}`} width={132} height={132} />
        <div className={styles.scan}>
          <p>
            In the same network, scan the code, or open{" "}
            <a href={own.url} target="_blank" rel="noreferrer">
              {own.url}
            </a>
            . There is the certificate, with the steps for each system.
          </p>
          <p>
            Proxy: server <code>{own.address}</code>, port <code>{own.port}</code>
          </p>
          {/* The first door is the one that programs on this machine use, too. */}
          {door !== 1 && (
            <div className={styles.buttons}>
              <Button isDisabled={close.isPending} onPress={() => close.mutate()}>
                Close this door
              </Button>
            </div>
          )}
        </div>
      </div>
      <Choice
        label="System of the device"
        items={DEVICES.map(({ id, label, steps, note }) => ({
          id,
          label,
          content: () => (
            <>
              <ol className={styles.steps}>
                {steps.map((step) => (
                  <li key={step}>{step}</li>
                ))}
              </ol>
              <p>
                Then <code>https://wireglass.internal/trusted</code> says on the device whether all is well. {note}
              </p>
            </>
          ),
        }))}
      />
    </>
  );
}
