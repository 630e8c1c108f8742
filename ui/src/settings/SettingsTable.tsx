import { FileText } from "lucide-react";
import type { SettingShown } from "../api/types";
import { Badge, CodeWords, CopyButton, copy, type DataColumn, DataTable, IconButton } from "../parts";
import { tell, tellError } from "../shell";
import { fileLineOf, originOf, shownValue } from "./origins";
import styles from "./settings.module.css";

/** They are read at the start of Wireglass: none can be changed while it runs, so each says how it is set. */
export function SettingsTable({ label, settings }: { label: string; settings: readonly SettingShown[] }) {
  return <DataTable label={label} columns={COLUMNS} rows={settings} rowKey={({ name }) => name} />;
}

const COLUMNS: DataColumn<SettingShown>[] = [
  {
    id: "name",
    heading: "Setting",
    cell: ({ name, help }) => (
      <div className={styles.setting}>
        <code>{name}</code>
        <span className={styles.help}>
          <CodeWords text={help} />
        </span>
      </div>
    ),
  },
  {
    id: "value",
    heading: "Value",
    width: "20%",
    cell: (row) => (
      <div className={styles.setting}>
        <code>{shownValue(row)}</code>
        {row.origin !== "" && row.default && <span className={styles.help}>Default: {row.default}</span>}
      </div>
    ),
  },
  {
    id: "origin",
    heading: "From",
    width: "170px",
    cell: (row) => (
      <span title={row.origin}>
        {row.origin ? (
          <Badge tone="accent">{originOf(row)}</Badge>
        ) : (
          <span className={styles.help}>{originOf(row)}</span>
        )}
      </span>
    ),
  },
  { id: "how", heading: "How to set it", width: "230px", cell: (row) => <How setting={row} /> },
];

function How({ setting }: { setting: SettingShown }) {
  const line = fileLineOf(setting);

  async function copyLine() {
    try {
      await copy(line);
      tell(`Copied: ${line}`, { hint: "It holds from the next start on." });
    } catch (failure) {
      tellError("Copy the line", failure);
    }
  }

  return (
    <div className={styles.how} title={setting.unit}>
      <code>{setting.flag}</code>
      <CopyButton label={`Copy the flag ${setting.flag}`} text={setting.flag} />
      {line ? (
        <IconButton label={`Copy for config.toml: ${line}`} icon={<FileText />} onPress={copyLine} />
      ) : (
        <span className={styles.noFile} />
      )}
    </div>
  );
}
