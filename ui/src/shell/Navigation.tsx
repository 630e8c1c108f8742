import { Keyboard, Monitor, Moon, PanelLeftClose, PanelLeftOpen, Sun } from "lucide-react";
import { useEffect, useState } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { classes, IconButton, Menu, remembered } from "../parts";
import iconUrl from "./icon.svg";
import { drawn, KEYS, useKeys } from "./keys";
import styles from "./Navigation.module.css";
import { NAVIGATION } from "./routes";
import { setTheme, THEMES, useTheme } from "./theme";

const THEME_ICONS = { system: Monitor, light: Sun, dark: Moon };

export function Navigation({ onKeys }: { onKeys: () => void }) {
  const [path] = useLocation();
  const search = useSearch();
  // Who comes back to a page finds it as it was: its filter and selection are in the address.
  const [addresses, setAddresses] = useState<Record<string, string>>({});
  useEffect(() => {
    setAddresses((before) => ({ ...before, [path]: search ? `${path}?${search}` : path }));
  }, [path, search]);

  const [isNarrow, setNarrow] = useState(() => remembered.getItem("navigation") === "narrow");
  function toggle() {
    setNarrow(!isNarrow);
    remembered.setItem("navigation", isNarrow ? "wide" : "narrow");
  }
  useKeys({ navigation: toggle });

  return (
    <nav aria-label="Pages" className={classes(styles.navigation, isNarrow && styles.narrow)}>
      <div className={styles.brand}>
        <img src={iconUrl} alt="" width={20} height={20} />
        {!isNarrow && "Wireglass"}
      </div>
      <ul>
        {NAVIGATION.map(({ path: to, label, icon: Icon, key }) => (
          <li key={to}>
            <Link
              href={addresses[to] ?? to}
              aria-current={path === to ? "page" : undefined}
              title={isNarrow ? label : `${label} (${drawn(KEYS[key].keys[0])})`}
              className={classes(styles.link, path === to && styles.here)}
            >
              <Icon aria-hidden />
              <span className={isNarrow ? "visually-hidden" : undefined}>{label}</span>
            </Link>
          </li>
        ))}
      </ul>
      <div className={styles.tools}>
        <ThemeMenu />
        <IconButton label="Keys" shortcut="?" icon={<Keyboard />} onPress={onKeys} />
        <IconButton
          label={isNarrow ? "Wide navigation" : "Narrow navigation"}
          shortcut="["
          icon={isNarrow ? <PanelLeftOpen /> : <PanelLeftClose />}
          onPress={toggle}
        />
      </div>
    </nav>
  );
}

function ThemeMenu() {
  const theme = useTheme();
  const Icon = THEME_ICONS[theme];
  const at = THEMES.findIndex(({ id }) => id === theme);
  useKeys({ theme: () => setTheme(THEMES[(at + 1) % THEMES.length]?.id ?? "system") });
  return (
    <Menu
      label="Theme"
      placement="top start"
      trigger={<IconButton label={`Theme: ${THEMES[at]?.label.toLowerCase()}`} icon={<Icon />} />}
      entries={THEMES.map(({ id, label }) => ({
        id,
        label,
        isChosen: id === theme,
        onAction: () => setTheme(id),
      }))}
    />
  );
}
