import type { ReactNode } from "react";
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from "react-aria-components/Button";
import { ToggleButton } from "react-aria-components/ToggleButton";
import styles from "./Button.module.css";
import { classes } from "./classes";
import { Tip } from "./Tip";

export interface IconButtonProps extends Omit<AriaButtonProps, "className" | "children" | "style" | "aria-label"> {
  /** What it does: its name for screen readers, and its tip. */
  label: string;
  /** The key that does the same, for the tip. */
  shortcut?: string | undefined;
  icon: ReactNode;
  className?: string | undefined;
}

export function IconButton({ label, shortcut, icon, className, ...rest }: IconButtonProps) {
  return (
    <Tip text={label} shortcut={shortcut}>
      <AriaButton {...rest} aria-label={label} className={classes(styles.button, styles.quiet, styles.icon, className)}>
        {icon}
      </AriaButton>
    </Tip>
  );
}

export interface ToggleIconButtonProps {
  label: string;
  shortcut?: string;
  icon: ReactNode;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
  isDisabled?: boolean;
}

/** A button that stays pressed: said to screen readers as well (`aria-pressed`). */
export function ToggleIconButton({ label, shortcut, icon, isOn, onChange, isDisabled = false }: ToggleIconButtonProps) {
  return (
    <Tip text={label} shortcut={shortcut}>
      <ToggleButton
        aria-label={label}
        isSelected={isOn}
        onChange={onChange}
        isDisabled={isDisabled}
        className={classes(styles.button, styles.quiet, styles.icon, isOn && styles.pressedIn)}
      >
        {icon}
      </ToggleButton>
    </Tip>
  );
}
