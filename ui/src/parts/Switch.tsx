import type { ReactNode } from "react";
import { Switch as AriaSwitch } from "react-aria-components/Switch";
import styles from "./Switch.module.css";

export interface SwitchProps {
  children: ReactNode;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
  isDisabled?: boolean;
  help?: string;
}

export function Switch({ children, isOn, onChange, isDisabled = false, help }: SwitchProps) {
  return (
    <AriaSwitch isSelected={isOn} onChange={onChange} isDisabled={isDisabled} className={styles.switch ?? ""}>
      <span className={styles.track} />
      <span>
        {children}
        {help && <span className={styles.help}>{help}</span>}
      </span>
    </AriaSwitch>
  );
}
