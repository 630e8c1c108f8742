import type { ReactNode } from "react";
import { Tabs as AriaTabs, Tab, TabList, TabPanel } from "react-aria-components/Tabs";
import styles from "./Tabs.module.css";

export interface TabItem {
  id: string;
  label: string;
  /** A count, or another word of few letters. */
  badge?: ReactNode;
  /** Made when the tab is shown, and not before. */
  content: () => ReactNode;
}

export interface TabsProps {
  /** Of all tabs, for screen readers. */
  label: string;
  items: TabItem[];
  selected: string;
  onSelect: (id: string) => void;
  /** At the end of the row of tabs. */
  actions?: ReactNode;
}

export function Tabs({ label, items, selected, onSelect, actions }: TabsProps) {
  return (
    <AriaTabs className={styles.tabs ?? ""} selectedKey={selected} onSelectionChange={(key) => onSelect(String(key))}>
      <div className={styles.bar}>
        <TabList aria-label={label} className={styles.list ?? ""}>
          {items.map((item) => (
            <Tab key={item.id} id={item.id} className={styles.tab ?? ""}>
              {item.label}
              {item.badge !== undefined && <span className={styles.badge}>{item.badge}</span>}
            </Tab>
          ))}
        </TabList>
        {actions && <div className={styles.actions}>{actions}</div>}
      </div>
      {items.map((item) => (
        <TabPanel key={item.id} id={item.id} className={styles.panel ?? ""}>
          {item.id === selected && item.content()}
        </TabPanel>
      ))}
    </AriaTabs>
  );
}
