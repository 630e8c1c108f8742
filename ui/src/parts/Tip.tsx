import type { ReactElement } from "react";
import { Tooltip, TooltipTrigger } from "react-aria-components/Tooltip";
import { Shortcut } from "./Shortcut";
import styles from "./Tip.module.css";

export interface TipProps {
  text: string;
  shortcut?: string | undefined;
  /** A button of react-aria: what can have the focus, so that keys show the tip as well. */
  children: ReactElement;
}

export function Tip({ text, shortcut, children }: TipProps) {
  return (
    <TooltipTrigger delay={500} closeDelay={0}>
      {children}
      <Tooltip className={styles.tip ?? ""} offset={6}>
        {text}
        {shortcut && <Shortcut keys={shortcut} />}
      </Tooltip>
    </TooltipTrigger>
  );
}
