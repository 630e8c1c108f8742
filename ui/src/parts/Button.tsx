import type { ReactNode } from "react";
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from "react-aria-components/Button";
import styles from "./Button.module.css";
import { classes } from "./classes";

export interface ButtonProps extends Omit<AriaButtonProps, "className" | "children" | "style"> {
  /** `primary`: the one thing to do here; `danger`: what cannot be undone; `quiet`: without a frame. */
  kind?: "plain" | "primary" | "danger" | "quiet";
  icon?: ReactNode;
  children: ReactNode;
  className?: string | undefined;
}

export function Button({ kind = "plain", icon, children, className, ...rest }: ButtonProps) {
  return (
    <AriaButton {...rest} className={classes(styles.button, styles[kind], className)}>
      {icon}
      {children}
    </AriaButton>
  );
}
