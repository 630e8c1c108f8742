import { Bookmark } from "lucide-react";
import { useState } from "react";
import { IconButton, Menu, type MenuEntry } from "../parts";
import styles from "./FilterBar.module.css";
import { forgetFilters, usedFilters } from "./filterHistory";
import { SavedFilters, SaveFilter } from "./SavedFilters";
import { useSavedFilters } from "./savedFilters";

const SHOWN = 8;

/** Saved filters, which the program keeps, and those that were used in this browser. */
export function FilterMenu({ query, onQuery }: { query: string; onQuery: (query: string) => void }) {
  const [opened, setOpened] = useState<"" | "save" | "saved">("");
  const saved = useSavedFilters();
  const used = usedFilters().slice(0, SHOWN);
  const close = () => setOpened("");

  const entries: MenuEntry[] = [
    { id: "save", label: "Save this filter…", isDisabled: !query, onAction: () => setOpened("save") },
  ];
  if (saved.length > 0) {
    const items = saved.map(({ name, query: one }) => ({
      id: `saved ${name}`,
      label: name,
      isChosen: one === query,
      onAction: () => onQuery(one),
    }));
    entries.push({ id: "manage", label: "Rename or delete saved ones…", onAction: () => setOpened("saved") }, "line", {
      heading: "Saved",
      items,
    });
  }
  if (used.length > 0) {
    const items = used.map((one) => ({
      id: `used ${one}`,
      label: one,
      isChosen: one === query,
      onAction: () => onQuery(one),
    }));
    entries.push("line", { heading: "Used before", items }, "line", {
      id: "forget",
      label: "Forget those used before",
      onAction: forgetFilters,
    });
  }
  return (
    <>
      <Menu
        label="Filters"
        entries={entries}
        placement="bottom end"
        trigger={<IconButton label="Saved and used filters" icon={<Bookmark />} className={styles.button} />}
      />
      {opened === "save" && <SaveFilter query={query} saved={saved} onClose={close} />}
      {opened === "saved" && <SavedFilters saved={saved} onClose={close} />}
    </>
  );
}
