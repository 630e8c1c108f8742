import { Braces, Download, FileArchive, ShieldCheck, Terminal } from "lucide-react";
import type { Summary } from "../api/types";
import type { MenuAction, MenuEntry } from "../parts";
import { copyCode } from "./code";
import { openTake } from "./dialogs";
import { isRepeatable, saveBody } from "./files";

/** What can be taken away of these exchanges; a request as code of one alone. */
export function takeEntries(chosen: readonly Summary[]): MenuEntry[] {
  const ids = chosen.flatMap(({ id }) => (id ? [id] : []));
  const [first] = chosen;
  if (ids.length === 0 || !first) return [];
  const many = ids.length > 1 ? `${ids.length} exchanges` : "";
  const entries: MenuEntry[] = ids.length === 1 ? [...ofOne(first)] : [];
  return [
    ...entries,
    {
      id: "har",
      label: many ? `Save ${many} as HAR…` : "Save as HAR…",
      icon: <FileArchive />,
      onAction: () => openTake({ kind: "har", ids, isShared: false }),
    },
    {
      id: "share",
      label: "A redacted copy to share…",
      icon: <ShieldCheck />,
      onAction: () => openTake({ kind: "har", ids, isShared: true }),
    },
  ];
}

function ofOne(row: Summary): MenuAction[] {
  const id = row.id ?? 0;
  const actions: MenuAction[] = [];
  if (isRepeatable(row)) {
    actions.push(
      { id: "curl", label: "Copy as cURL", icon: <Terminal />, onAction: () => void copyCode(id, "curl", "cURL") },
      { id: "code", label: "Copy as code…", icon: <Braces />, onAction: () => openTake({ kind: "code", id }) },
    );
  }
  for (const side of ["request", "response"] as const) {
    if (!row[`${side}_size`] || row.protocol === "tunnel") continue;
    actions.push({
      id: `save-${side}`,
      label: `Save the ${side}'s body`,
      icon: <Download />,
      onAction: () => void saveBody(id, side),
    });
  }
  return actions;
}
